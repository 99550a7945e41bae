//! Sequences of a batch: how long they are, and where their keys lie.

use std::ops::Range;
use std::sync::Arc;

use super::{Arg, Check, OpKind, Role, Tensors};
use crate::{DType, Error, Result, TensorView};

/// Lengths of the sequences in a batch: on the device for kernels, and perhaps on the host for operators that ask for host arrays.
///
/// The numbers start with 0, never fall, and end within the rows there are. They are checked when the call executes.
#[derive(Clone, Debug)]
pub struct Lengths {
    /// `[B + 1]` i32: running sum, starting with 0.
    pub cumulative: TensorView,
    /// The same numbers on the host. Operators that ask for host arrays are used only where they are given; without them a device takes them from its memory when the call
    /// runs, and nobody waits. In a captured graph they may not change.
    pub host: Option<Arc<[i32]>>,
}

impl Lengths {
    /// Lengths given by their running sum `[B + 1]`.
    pub fn new(cumulative: TensorView) -> Self {
        Self { cumulative, host: None }
    }

    /// With the same numbers on the host.
    pub fn with_host(mut self, host: impl Into<Arc<[i32]>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Number of sequences `B`.
    pub fn sequences(&self) -> usize {
        self.cumulative.numel().saturating_sub(1)
    }

    /// The rows of each sequence, from the values of [`cumulative`](Self::cumulative) as they were read; there are `rows` rows in all.
    ///
    /// # Errors
    /// [`Error::Value`] naming `argument` when the values do not start with 0, fall, end beyond `rows`, or differ from the host's copy.
    pub fn ranges(&self, op: OpKind, argument: &'static str, values: &[i64], rows: usize) -> Result<Vec<Range<usize>>> {
        let refuse = |asked: String, found: String| Err(Error::Value { op, argument, asked, found });
        if let Some(host) = &self.host
            && let Some(at) = values.iter().zip(host.iter()).position(|(&v, &h)| v != i64::from(h))
        {
            return refuse("the same as on the host".into(), format!("{} at {at}, {} on the host", values[at], host[at]));
        }
        if values.first() != Some(&0) {
            return refuse("a running sum from 0".into(), format!("{:?} at 0", values.first()));
        }
        let mut ranges = Vec::with_capacity(values.len().saturating_sub(1));
        for (i, pair) in values.windows(2).enumerate() {
            if pair[1] < pair[0] {
                return refuse("a running sum that does not fall".into(), format!("{} after {} at {}", pair[1], pair[0], i + 1));
            }
            match usize::try_from(pair[1]) {
                Ok(end) if end <= rows => ranges.push(ranges.last().map_or(0, |r: &Range<usize>| r.end)..end),
                _ => return refuse(format!("a running sum up to {rows} rows"), format!("{} at {}", pair[1], i + 1)),
            }
        }
        Ok(ranges)
    }

    pub(super) fn check(&self, c: Check, argument: &'static str) -> Result<()> {
        c.dtype(argument, &self.cumulative, &[DType::I32])?;
        let [n] = c.rank(argument, &self.cumulative, "[B + 1]")?;
        c.that(n >= 1, argument, "[B + 1], at least the leading 0", self.cumulative.shape())?;
        let host = self.host.as_ref().map_or(n, |h| h.len());
        c.that(host == n, argument, format_args!("{n} numbers on the host, as on the device"), host)
    }

    /// Lengths of each sequence on the host, where they are known.
    fn known(&self) -> Option<impl Iterator<Item = f64>> {
        self.host.as_ref().map(|h| h.windows(2).map(|w| (f64::from(w[1]) - f64::from(w[0])).max(0.0)))
    }
}

impl Tensors for Lengths {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.cumulative.visit(name, role, f);
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(Self { cumulative: self.cumulative.map_tensors(name, role, f)?, host: self.host.clone() })
    }
}

/// Where the keys of each sequence lie: key `j` of sequence `b` is row [`row(b, j)`](Self::row) of the key tensor, pages counted through.
#[derive(Clone, Debug)]
pub struct KeyRows {
    lens: Vec<Range<usize>>,
    pages: Option<Pages>,
}

#[derive(Clone, Debug)]
struct Pages {
    ids: Vec<usize>,
    per_sequence: usize,
    size: usize,
}

impl KeyRows {
    /// Sequences one after the other.
    pub fn packed(lens: Vec<Range<usize>>) -> Self {
        Self { lens, pages: None }
    }

    /// Sequences in pages: `table: [B, max_pages]` holds ids of the cache's pages, `cache: [pages, P, ..]`.
    ///
    /// # Errors
    /// [`Error::Value`] naming `kv_lens` when a sequence is longer than its row of the table, or `table` when one of the `ceil(L / P)` ids that it needs is no page of the cache.
    pub fn paged(op: OpKind, lens: Vec<Range<usize>>, table: &TensorView, ids: &[i64], cache: &TensorView) -> Result<Self> {
        let (per_sequence, pages, size) = (table.dim(1), cache.dim(0), cache.dim(1).max(1));
        let mut checked = vec![0usize; ids.len()];
        for (b, len) in lens.iter().enumerate() {
            let needed = len.len().div_ceil(size);
            if needed > per_sequence {
                let asked = format!("lengths of at most {per_sequence} pages of {size}");
                return Err(Error::Value { op, argument: "kv_lens", asked, found: format!("{} in sequence {b}", len.len()) });
            }
            let from = b * per_sequence;
            for (i, (id, checked)) in ids.iter().zip(&mut checked).enumerate().skip(from).take(needed) {
                match usize::try_from(*id) {
                    Ok(id) if id < pages => *checked = id,
                    _ => {
                        let asked = format!("page ids below {pages} for the first {needed} pages of sequence {b}");
                        return Err(Error::Value { op, argument: "table", asked, found: format!("{id} at [{b}, {}]", i - from) });
                    }
                }
            }
        }
        Ok(Self { lens, pages: Some(Pages { ids: checked, per_sequence, size }) })
    }

    /// Number of sequences.
    pub fn sequences(&self) -> usize {
        self.lens.len()
    }

    /// Number of keys of sequence `b`.
    pub fn len(&self, b: usize) -> usize {
        self.lens[b].len()
    }

    /// Whether there are no keys at all.
    pub fn is_empty(&self) -> bool {
        self.lens.iter().all(|r| r.is_empty())
    }

    /// Number of keys of all sequences before `b`.
    pub fn start(&self, b: usize) -> usize {
        self.lens[b].start
    }

    /// The row of key `j` of sequence `b`; `j` must be below [`len(b)`](Self::len).
    #[inline]
    pub fn row(&self, b: usize, j: usize) -> usize {
        match &self.pages {
            None => self.lens[b].start + j,
            Some(p) => p.ids[b * p.per_sequence + j / p.size] * p.size + j % p.size,
        }
    }
}

/// Queries and keys of each sequence, values checked.
#[derive(Clone, Debug)]
pub struct Sequences {
    /// Rows of the queries.
    pub queries: Vec<Range<usize>>,
    /// Rows of the keys.
    pub keys: KeyRows,
}

/// How many (query, key) pairs see each other, for cost; and the number of keys. Exact with lengths on the host; else the `queries` and `keys` are taken to be spread evenly over the sequences.
pub(super) fn visible_pairs(
    (q_lens, queries): (&Lengths, usize),
    (kv_lens, keys): (&Lengths, f64),
    causal: bool,
    window: Option<usize>,
) -> (f64, f64) {
    if let (Some(s), Some(l)) = (q_lens.known(), kv_lens.known()) {
        return s.zip(l).fold((0.0, 0.0), |(pairs, keys), (s, l)| (pairs + pairs_of(s, l, causal, window), keys + l));
    }
    let b = q_lens.sequences().max(1) as f64;
    (b * pairs_of(queries as f64 / b, keys / b, causal, window), keys)
}

fn pairs_of(s: f64, l: f64, causal: bool, window: Option<usize>) -> f64 {
    if !causal {
        return s * l;
    }
    // Rows see a = l - n + 1, .., l keys, or w where that is less.
    let n = s.min(l);
    let (a, w) = (l - n + 1.0, window.map_or(l, |w| w as f64).min(l));
    if a >= w { n * w } else { (w - a + 1.0) * (a + w) / 2.0 + (l - w) * w }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    fn lengths(values: &[i32]) -> Lengths {
        Lengths::new(host::tensor(values, [values.len()]).unwrap())
    }

    fn fault(values: &[i64], host: Option<&[i32]>) -> String {
        let mut l = lengths(&vec![0; values.len()]);
        l.host = host.map(Into::into);
        let e = l.ranges(OpKind::Attention, "q_lens", values, 10).unwrap_err();
        assert!(matches!(e, Error::Value { argument: "q_lens", .. }), "{e}");
        e.to_string()
    }

    #[test]
    fn ranges_follow_the_running_sum() {
        let r = lengths(&[0; 4]).ranges(OpKind::Attention, "q_lens", &[0, 3, 3, 10], 10).unwrap();
        assert_eq!(r, [0..3, 3..3, 3..10]);
        assert!(lengths(&[0]).ranges(OpKind::Attention, "q_lens", &[0], 0).unwrap().is_empty());
    }

    #[test]
    fn bad_running_sums_are_refused() {
        assert!(fault(&[1, 2], None).contains("from 0"));
        assert!(fault(&[], None).contains("from 0"));
        assert!(fault(&[0, 5, 4], None).contains("4 after 5 at 2"));
        assert!(fault(&[0, 5, 11], None).contains("11 at 2"));
        assert!(fault(&[0, -1], None).contains("-1 after 0"));
        assert!(fault(&[0, 2, 3], Some(&[0, 1, 3])).contains("2 at 1, 1 on the host"));
    }

    #[test]
    fn pages_are_looked_up() {
        let table = host::tensor(&[2i32, 0, -1, 1, -1, -1], [2, 3]).unwrap();
        let ids = host::to_i64(&table).unwrap();
        let cache = host::zeros(DType::F32, [3, 4, 1]).unwrap();
        let rows = KeyRows::paged(OpKind::Attention, vec![0..6, 6..10], &table, &ids, &cache).unwrap();
        assert_eq!([rows.row(0, 0), rows.row(0, 3), rows.row(0, 4), rows.row(1, 2)], [8, 11, 0, 6]);
        let e = KeyRows::paged(OpKind::Attention, vec![0..9, 9..9], &table, &ids, &cache).unwrap_err();
        assert!(matches!(&e, Error::Value { argument: "table", found, .. } if found == "-1 at [0, 2]"), "{e}");
        let e = KeyRows::paged(OpKind::Attention, vec![0..0, 0..13], &table, &ids, &cache).unwrap_err();
        assert!(matches!(&e, Error::Value { argument: "kv_lens", .. }), "{e}");
        let e = KeyRows::paged(OpKind::Attention, vec![0..1, 1..1], &table, &[3, 0, 0, 0, 0, 0], &cache).unwrap_err();
        assert!(matches!(&e, Error::Value { argument: "table", .. }), "{e}");
    }

    #[test]
    fn pairs_are_counted() {
        let count = |s: usize, l: usize, w: Option<usize>| {
            let sees = |i: usize, j: usize| {
                let p = l as i64 - s as i64 + i as i64;
                j as i64 <= p && w.is_none_or(|w| p - (j as i64) < w as i64)
            };
            (0..s).flat_map(|i| (0..l).map(move |j| (i, j))).filter(|&(i, j)| sees(i, j)).count() as f64
        };
        for (s, l) in [(1, 1), (5, 5), (3, 9), (9, 3), (0, 4), (4, 0), (7, 30)] {
            for w in [None, Some(1), Some(4), Some(100)] {
                assert_eq!(pairs_of(s as f64, l as f64, true, w), count(s, l, w), "S={s} L={l} W={w:?}");
            }
            assert_eq!(pairs_of(s as f64, l as f64, false, None), (s * l) as f64);
        }
    }
}

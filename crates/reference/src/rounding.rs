//! Where the contracts round.

use ascend_hal::DType;

/// Which result is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    /// No rounding but that of `f64`.
    Exact,
    /// Every rounding point of the contract.
    Model,
    /// Every rounding point of the contract, with each inexact f32 result moved at random by up to one unit in the last place; the number is the seed.
    ///
    /// This is Monte Carlo arithmetic (D. S. Parker, 1997): how far such results lie apart is how far another order of summation, or another library's `exp`, may move a
    /// correct kernel's result. Equal values are moved alike, so ties stay ties.
    Shaken(u32),
}

/// The rounding points of a contract: does nothing in [`Precision::Exact`].
///
/// An f32 operation is modelled by doing it in `f64` and rounding: for sums, differences, products, quotients and roots of f32 values that is the f32 result to the bit.
#[derive(Clone, Copy, Debug)]
pub struct Rounding(pub Precision);

impl Rounding {
    /// `x` as an f32 register holds it.
    #[inline]
    pub fn f32(self, x: f64) -> f64 {
        self.to(DType::F32, x)
    }

    /// `x` rounded to `dtype`.
    #[inline]
    pub fn to(self, dtype: DType, x: f64) -> f64 {
        match self.0 {
            Precision::Exact => x,
            Precision::Shaken(seed) if dtype == DType::F32 => shaken(x, seed),
            _ => dtype.round(x),
        }
    }

    /// A quantised code as an integer: half to even, in every precision.
    ///
    /// A value near a half may become either code, by an error in f32 that is next to nothing; what follows then differs by a whole code. So where codes are not
    /// seen themselves, shaking shows both: the first two shaken results take the lower and the upper code at every near tie, further ones either.
    pub fn code(self, x: f64) -> f64 {
        let below = x.floor();
        match self.0 {
            Precision::Shaken(seed) if (x - below - 0.5).abs() <= NEAR_TIE => {
                let up = if seed < 2 { seed == 1 } else { hash(x, seed) & 1 == 1 };
                if up { below + 1.0 } else { below }
            }
            _ => x.round_ties_even(),
        }
    }

    /// The sum of `terms`, added up in f32 in their order.
    pub fn sum(self, terms: impl IntoIterator<Item = f64>) -> f64 {
        terms.into_iter().fold(0.0, |acc, x| self.f32(acc + x))
    }

    /// The dot product of two sequences, in f32 with fused multiply-adds in their order.
    pub fn dot(self, a: impl IntoIterator<Item = f64>, b: impl IntoIterator<Item = f64>) -> f64 {
        self.sum(a.into_iter().zip(b).map(|(a, b)| a * b))
    }
}

/// A code is a value in units of 1/127 of the row's largest: this is 16 units in the last place of that.
const NEAR_TIE: f64 = 1.0 / (1 << 13) as f64;

/// The murmur3 finaliser over the value's bits.
#[inline]
fn hash(x: f64, seed: u32) -> u64 {
    let mut h = x.to_bits() ^ (u64::from(seed) << 32 | 0x9e37_79b9);
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    h ^ (h >> 33)
}

/// `x` as f32, moved by up to one unit in the last place unless it is exact.
#[inline]
fn shaken(x: f64, seed: u32) -> f64 {
    let near = f64::from(x as f32);
    if near == x || !near.is_finite() {
        return near;
    }
    let unit = (hash(x, seed) >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
    // An f32 has 24 bits: its unit is at most 2^-23 of the value.
    let exponent = ((near.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let ulp = f64::from_bits(((exponent.max(-126) - 23 + 1023) as u64) << 52);
    f64::from((x + unit * ulp) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shaking_moves_inexact_results_by_at_most_a_unit_and_leaves_exact_ones() {
        let r = Rounding(Precision::Shaken(1));
        for x in [0.0, 1.0, -3.5, 16_777_216.0, f64::NEG_INFINITY] {
            assert_eq!(r.f32(x), x);
        }
        assert!(r.f32(f64::NAN).is_nan());
        let (mut moved, n) = (0, 1000);
        for i in 1..=n {
            let x = 1.0 + f64::from(i) / 1001.0;
            let off = (r.f32(x) - x).abs() / 2f64.powi(-23);
            assert!(off <= 1.5, "{x}: {off} units");
            moved += usize::from(r.f32(x) != Rounding(Precision::Model).f32(x));
        }
        assert!((300..700).contains(&moved), "{moved} of {n} moved");
    }

    #[test]
    fn codes_round_half_to_even_and_shaking_shows_both_codes_of_a_near_tie() {
        for precision in [Precision::Exact, Precision::Model] {
            assert_eq!([2.5, 3.5, -2.5, 2.4, -3.6].map(|x| Rounding(precision).code(x)), [2.0, 4.0, -2.0, 2.0, -4.0]);
        }
        let codes = |x| [0, 1].map(|seed| Rounding(Precision::Shaken(seed)).code(x));
        assert_eq!(codes(63.5 - 1e-5), [63.0, 64.0]);
        assert_eq!(codes(-63.5 + 1e-5), [-64.0, -63.0]);
        assert_eq!(codes(63.499), [63.0, 63.0]);
        let up = (2..102).filter(|&seed| Rounding(Precision::Shaken(seed)).code(0.5) == 1.0).count();
        assert!((30..70).contains(&up), "{up} of 100 up");
    }
}

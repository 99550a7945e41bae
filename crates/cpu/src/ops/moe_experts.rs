//! CPU kernel of [`MoeExperts`]: both products, the activation and the weighted sum in one go.
//!
//! Tokens are gathered as they are multiplied, so the rows of an expert are never copied together. All work is one list of pieces that threads take in order:
//! tiles of gate and up columns with their activation, expert by expert; with quantised activations then the codes of each row; tiles of the down product; sums
//! of each token's slots. A piece waits for what it needs, which was begun long before, and experts of any number of rows keep all threads busy.

use std::ops::Range;

use ascend_hal::host::HostAccess;
use ascend_hal::ops::{Group, MoeExperts, Weight, check_expert_ids};
use ascend_hal::{DType, OpKind, Result, Stretch, TensorView, Watcher, bf16, f16, watcher};

use super::activation::gate;
use crate::context::Context;
use crate::gemm::{
    Bias, COLS, Cut, Extent, Held, MAX_PART, Memory, Method, Pending, Product, Rows, Sheet, Stored, Weights, in_order, worthwhile,
};
use crate::isa::Isa;
use crate::scratch::Scratch;
use crate::simd::{Lane, convert, row};

const OP: OpKind = OpKind::MoeExperts;

/// Columns of a token's sum at a time.
const PART: usize = 128;
/// Rows that are few: their sums take hardly any room.
const FEW_ROWS: usize = 8;

pub(super) fn moe_experts(cx: &Context<'_>, op: &MoeExperts) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => run::<f16>(cx, op),
        DType::BF16 => run::<bf16>(cx, op),
        _ => run::<f32>(cx, op),
    }
}

fn run<T: Lane>(cx: &Context<'_>, op: &MoeExperts) -> Result<()> {
    let watcher = watcher();
    let routing = watcher.as_ref().map(|w| w.begin("routing", None));
    let stored = [Stored::of(&op.gate_up.data), Stored::of(&op.down.data)];
    let access = HostAccess::lock(OP, inputs(op, &stored), [("y", &op.y)])?;
    let ids = access.read::<i32>(&op.ids)?;
    check_expert_ids(OP, &ids, op.experts)?;
    let slot_weights = access.read::<f32>(&op.weights)?;
    let x = Held::read(OP, &access, &op.x)?;
    let gate_up = Weights::read(OP, &access, "gate_up", &op.gate_up, &stored[0])?;
    let down = Weights::read(OP, &access, "down", &op.down, &stored[1])?;
    let biases = [Bias::read(&access, op.gate_up_bias.as_ref())?, Bias::read(&access, op.down_bias.as_ref())?];
    let mut y = access.write::<T>(&op.y)?;
    if y.is_empty() {
        return Ok(());
    }
    let (tokens, hidden, inner) = (op.x.dim(0), op.x.dim(1), op.down.data.dim(1));
    let plan = Plan::new(op, &ids);
    let pairs = plan.tokens.len();
    let threads = worthwhile(cx, pairs.saturating_mul(hidden).saturating_mul(inner));
    let method = |weights| Method::new(cx.isa(), if op.quantize_activations { DType::I8 } else { T::DTYPE }, weights);
    let (first, second) = (method(&gate_up), method(&down));

    // Rows of the first product, and their scales as codes.
    let quantised = if op.quantize_activations { Some(Quantised::of(cx, threads, &first, &gate_up, &x, &plan)?) } else { None };
    let as_they_are = if quantised.is_none() { Some(first.activations(cx, &x, &gate_up)?) } else { None };
    let x_rows = match (&quantised, &as_they_are) {
        (Some(q), _) => Rows::new(&q.codes, first.row_bytes(&gate_up)),
        (_, Some(rows)) => rows.rows(),
        _ => Rows::new(&[], 0),
    };
    let x_scale = quantised.as_ref().map(|q| &q.scales[..]);
    let gates = Product { method: first, x: x_rows.gathered(&plan.tokens), weights: &gate_up, x_scale, bias: &biases[0] };

    // Between the products: activated values (f32, until they are codes), rows of the second product with their scales, its results.
    let mut values = cx.scratch::<f32>(if op.quantize_activations { pairs * inner } else { 0 })?;
    let row_bytes = second.row_bytes(&down);
    let mut rows = cx.scratch::<u8>(pairs * row_bytes)?;
    let mut scales = cx.scratch::<f32>(if op.quantize_activations { pairs } else { 0 })?;
    let mut results = cx.scratch::<T>(pairs * hidden)?;
    let work = Work {
        op,
        watcher: watcher.as_ref(),
        isa: cx.isa(),
        plan: &plan,
        gates,
        second,
        down: &down,
        down_bias: &biases[1],
        values: Sheet::new(&mut values, inner),
        rows: Sheet::new(&mut rows, row_bytes),
        scales: Sheet::new(&mut scales, 1),
        results: Sheet::new(&mut results, hidden),
        slot_weights: &slot_weights,
        y: Sheet::new(&mut y, hidden),
    };

    let wide = Extent { panels: MAX_PART / COLS, ..first.extent() };
    let gate_tiles = Cut::new(wide, &plan.groups, inner.div_ceil(COLS), threads);
    let code_blocks = Cut::new(second.extent(), if op.quantize_activations { &plan.groups } else { &[] }, 1, threads);
    let down_tiles = Cut::new(second.extent(), &plan.groups, hidden.div_ceil(COLS), threads);
    let activated: Vec<Pending> = (0..plan.groups.len()).map(|g| Pending::new(gate_tiles.tiles_of(g))).collect();
    let coded: Vec<Pending> =
        (0..plan.groups.len()).map(|g| Pending::new(if op.quantize_activations { code_blocks.tiles_of(g) } else { 0 })).collect();
    let multiplied = Pending::new(down_tiles.tiles);
    let tokens_at_once = tokens.div_ceil(8 * threads);

    drop(routing);
    let stages = [gate_tiles.tiles, code_blocks.tiles, down_tiles.tiles, tokens.div_ceil(tokens_at_once)];
    in_order(
        cx,
        threads,
        stages.iter().sum(),
        || Memory::take(cx),
        |memory, piece, crew| {
            let (stage, piece) = stage_of(&stages, piece);
            match stage {
                0 => {
                    let (g, rows, panels) = gate_tiles.at(piece);
                    let _seen = work.seen("gate_up", Some(g));
                    work.activate(memory, g, rows, panels.start * COLS..(panels.end * COLS).min(inner));
                    activated[g].done();
                }
                1 => {
                    let (g, rows, _) = code_blocks.at(piece);
                    if crew.wait(&activated[g]) {
                        let _seen = work.seen("quantize", Some(g));
                        work.quantise(rows);
                        coded[g].done();
                    }
                }
                2 => {
                    let (g, rows, panels) = down_tiles.at(piece);
                    if crew.wait(&activated[g]) && crew.wait(&coded[g]) {
                        let _seen = work.seen("down", Some(g));
                        work.multiply(memory, g, rows, panels.start * COLS..(panels.end * COLS).min(hidden));
                        multiplied.done();
                    }
                }
                _ => {
                    if crew.wait(&multiplied) {
                        let _seen = work.seen("finalize", None);
                        (piece * tokens_at_once..((piece + 1) * tokens_at_once).min(tokens)).for_each(|token| work.sum(token));
                    }
                }
            }
        },
    )
}

/// The stage that piece `piece` of all belongs to, and its number in there.
fn stage_of(stages: &[usize], mut piece: usize) -> (usize, usize) {
    for (stage, &pieces) in stages.iter().enumerate() {
        if piece < pieces {
            return (stage, piece);
        }
        piece -= pieces;
    }
    (stages.len(), piece)
}

/// Which pair goes to which row: pairs of local experts, sorted by expert.
struct Plan {
    /// The token of each row.
    tokens: Vec<u32>,
    /// The row of each pair; `u32::MAX` if it has none.
    rows: Vec<u32>,
    groups: Vec<Group>,
}

impl Plan {
    fn new(op: &MoeExperts, ids: &[i32]) -> Self {
        let k = op.ids.dim(1);
        let local = op.local();
        let expert = |id: i32| (id as usize).checked_sub(local.start).filter(|&e| e < local.len());
        let mut next = vec![0usize; local.len()];
        ids.iter().filter_map(|&id| expert(id)).for_each(|e| next[e] += 1);
        let (mut groups, mut pairs) = (Vec::new(), 0);
        for (expert, next) in next.iter_mut().enumerate() {
            let rows = pairs..pairs + *next;
            (pairs, *next) = (rows.end, rows.start);
            if !rows.is_empty() {
                groups.push(Group { expert, rows });
            }
        }
        let (mut tokens, mut rows) = (vec![0; pairs], vec![u32::MAX; ids.len()]);
        for (pair, &id) in ids.iter().enumerate() {
            if let Some(e) = expert(id) {
                tokens[next[e]] = (pair / k) as u32;
                rows[pair] = next[e] as u32;
                next[e] += 1;
            }
        }
        Self { tokens, rows, groups }
    }
}

/// Tokens as codes.
struct Quantised<'a> {
    /// `[T, ..]`, in the form of the product.
    codes: Scratch<'a, u8>,
    /// For each row of the product.
    scales: Vec<f32>,
}

impl<'a> Quantised<'a> {
    fn of(cx: &'a Context<'_>, threads: usize, method: &Method, weights: &Weights<'_>, x: &Held<'_>, plan: &Plan) -> Result<Self> {
        let (hidden, row_bytes) = (weights.depth(), method.row_bytes(weights));
        let tokens = x.elements().len() / hidden;
        let (mut codes, mut of_token) = (cx.scratch::<u8>(tokens * row_bytes)?, cx.scratch::<f32>(tokens)?);
        let (sheet, scales) = (Sheet::new(&mut codes, row_bytes), Sheet::new(&mut of_token, 1));
        let at_once = tokens.div_ceil(8 * threads);
        let begin = || Ok((cx.scratch::<f32>(hidden)?, cx.scratch::<i8>(hidden)?));
        in_order(cx, threads, tokens.div_ceil(at_once), begin, |(values, codes), piece, _| {
            for token in piece * at_once..((piece + 1) * at_once).min(tokens) {
                x.elements().load(token * hidden, values);
                let scale = row::quantize(cx.isa(), values, codes);
                #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
                // SAFETY: each token belongs to one piece, and is written once in it.
                unsafe {
                    scales.part(token, 0..1)[0] = scale;
                    method.encode_codes(codes, sheet.part(token, 0..row_bytes));
                }
            }
        })?;
        let scales = plan.tokens.iter().map(|&token| of_token[token as usize]).collect();
        Ok(Self { codes, scales })
    }
}

/// What the pieces work on. Rows are those of the plan.
struct Work<'a, T> {
    op: &'a MoeExperts,
    watcher: Option<&'a Watcher>,
    isa: Isa,
    plan: &'a Plan,
    gates: Product<'a>,
    second: Method,
    down: &'a Weights<'a>,
    down_bias: &'a Bias,
    /// `[rows, I]`, with quantised activations only.
    values: Sheet<'a, f32>,
    /// Rows of the down product in its form.
    rows: Sheet<'a, u8>,
    /// Their scales, with quantised activations only.
    scales: Sheet<'a, f32>,
    /// `[rows, H]`.
    results: Sheet<'a, T>,
    slot_weights: &'a [f32],
    y: Sheet<'a, T>,
}

impl<T: Lane> Work<'_, T> {
    /// Tells who watches of a stage's work, for rows of group `g`, until the result is dropped.
    fn seen(&self, stage: &'static str, g: Option<usize>) -> Option<Stretch<'_>> {
        self.watcher.map(|w| w.begin(stage, g.map(|g| self.plan.groups[g].expert)))
    }

    /// Activated values of rows and columns of one expert.
    fn activate(&self, memory: &mut Memory<'_>, g: usize, rows: Range<usize>, cols: Range<usize>) {
        let (expert, inner) = (self.plan.groups[g].expert, self.op.down.data.dim(1));
        // Of few rows the weights are read in longer runs.
        let part =
            if rows.len() > FEW_ROWS || self.op.interleaved { self.gates.method.extent().of_pairs().panels * COLS } else { MAX_PART };
        for start in cols.clone().step_by(part) {
            let cols = start..(start + part).min(cols.end);
            let mut pair = [[0f32; MAX_PART]; 2];
            let [gates, ups] = pair.each_mut().map(|part| &mut part[..cols.len()]);
            if self.op.interleaved {
                let both = self.gates.tile(memory, expert, rows.clone(), 2 * cols.start..2 * cols.end);
                for (i, row) in rows.clone().enumerate() {
                    for ((gate, up), pair) in gates.iter_mut().zip(&mut *ups).zip(both.row(i).as_chunks::<2>().0) {
                        [*gate, *up] = *pair;
                    }
                    self.glu(gates, ups);
                    self.put(row, cols.clone(), gates);
                }
            } else {
                let [gate_values, up_values] =
                    self.gates.pair(memory, expert, rows.clone(), cols.clone(), cols.start + inner..cols.end + inner);
                for (i, row) in rows.clone().enumerate() {
                    gates.copy_from_slice(gate_values.row(i));
                    ups.copy_from_slice(up_values.row(i));
                    self.glu(gates, ups);
                    self.put(row, cols.clone(), gates);
                }
            }
        }
    }

    /// The gated activation with its rounding points: `gates` become the results.
    fn glu(&self, gates: &mut [f32], ups: &mut [f32]) {
        let round = |values: &mut [f32]| {
            if T::DTYPE != DType::F32 && !self.op.quantize_activations {
                let mut rounded = [T::from_f32(0.0); MAX_PART];
                let rounded = &mut rounded[..values.len()];
                convert::narrow(self.isa, values, rounded);
                convert::widen(self.isa, rounded, values);
            }
        };
        round(gates);
        round(ups);
        gate(self.isa, self.op.glu, gates, ups);
        round(gates);
    }

    /// Puts activated values of a row where the next stage reads them.
    fn put(&self, row: usize, cols: Range<usize>, values: &[f32]) {
        #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
        // SAFETY: each row and column is activated in one tile; tiles begin at panels, so between elements of a row in any form.
        unsafe {
            if self.op.quantize_activations {
                return self.values.part(row, cols).copy_from_slice(values);
            }
            let last = cols.end == self.op.down.data.dim(1);
            let end = if last { self.second.row_bytes(self.down) } else { self.second.row_offset(cols.end) };
            self.second.encode(values, self.rows.part(row, self.second.row_offset(cols.start)..end));
        }
    }

    /// Codes of rows that are activated.
    fn quantise(&self, rows: Range<usize>) {
        let inner = self.op.down.data.dim(1);
        let mut codes = vec![0i8; inner];
        for row in rows {
            #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice, and read what others have written")]
            // SAFETY: the row's values are all written, and its codes and scale belong to this piece.
            unsafe {
                self.scales.part(row, 0..1)[0] = row::quantize(self.isa, self.values.shared(row..row + 1), &mut codes);
                self.second.encode_codes(&codes, self.rows.part(row, 0..self.second.row_bytes(self.down)));
            }
        }
    }

    /// The down product of rows and columns of one expert.
    fn multiply(&self, memory: &mut Memory<'_>, g: usize, rows: Range<usize>, cols: Range<usize>) {
        let group = &self.plan.groups[g];
        #[allow(unsafe_code, reason = "threads read what others have written")]
        // SAFETY: every row of the group, and its scale, is written.
        let (x, scales) =
            unsafe { (self.rows.shared(group.rows.clone()), self.op.quantize_activations.then(|| self.scales.shared(group.rows.clone()))) };
        let x = Rows::new(x, self.second.row_bytes(self.down));
        let product = Product { method: self.second, x, weights: self.down, x_scale: scales, bias: self.down_bias };
        let within = rows.start - group.rows.start..rows.end - group.rows.start;
        let values = product.tile(memory, group.expert, within, cols.clone());
        for (i, row) in rows.enumerate() {
            #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
            // SAFETY: each row and column belongs to one tile.
            let out = unsafe { self.results.part(row, cols.clone()) };
            convert::narrow(self.isa, values.row(i), out);
        }
    }

    /// The weighted sum of a token's slots, in their order.
    fn sum(&self, token: usize) {
        let (k, hidden) = (self.op.ids.dim(1), self.op.x.dim(1));
        let mut sums = [0f32; PART];
        for start in (0..hidden).step_by(PART) {
            let cols = start..(start + PART).min(hidden);
            let sums = &mut sums[..cols.len()];
            sums.fill(0.0);
            for pair in token * k..(token + 1) * k {
                let row = self.plan.rows[pair] as usize;
                if row < self.plan.tokens.len() {
                    #[allow(unsafe_code, reason = "threads read what others have written")]
                    // SAFETY: all results are written.
                    let result = unsafe { &self.results.shared(row..row + 1)[cols.clone()] };
                    let weight = self.slot_weights[pair];
                    row::add_weighted(self.isa, sums, weight, result, None);
                }
            }
            #[allow(unsafe_code, reason = "threads write to disjoint parts of one slice")]
            // SAFETY: each token belongs to one piece.
            let y = unsafe { self.y.part(token, cols) };
            convert::narrow(self.isa, sums, y);
        }
    }
}

fn inputs<'a>(op: &'a MoeExperts, stored: &'a [Stored; 2]) -> impl Iterator<Item = (&'static str, &'a TensorView)> {
    let of = |weight: &'a Weight, stored: &'a Stored| {
        let quant = weight.quant.as_ref();
        [Some(&stored.view), quant.map(|q| &q.scale), quant.and_then(|q| q.zero.as_ref())]
    };
    let [gate_up, gate_up_scale, gate_up_zero] = of(&op.gate_up, &stored[0]);
    let [down, down_scale, down_zero] = of(&op.down, &stored[1]);
    [
        ("x", Some(&op.x)),
        ("ids", Some(&op.ids)),
        ("weights", Some(&op.weights)),
        ("gate_up", gate_up),
        ("gate_up.scale", gate_up_scale),
        ("gate_up.zero", gate_up_zero),
        ("down", down),
        ("down.scale", down_scale),
        ("down.zero", down_zero),
        ("gate_up_bias", op.gate_up_bias.as_ref()),
        ("down_bias", op.down_bias.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, view)| view.map(|view| (name, view)))
}

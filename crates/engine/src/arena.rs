//! Memory for activations: one buffer, handed out from the front, given back as a stack.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_compute::{Buffer, DType, Device, Dims, Error, Layout, TensorView, TensorViewMut};

use crate::Result;

/// Tensors start at multiples of this many bytes, as vector units and copy engines like it.
const ALIGN_BYTES: usize = 512;

/// Activation memory of a model: a buffer that every forward pass uses from its start.
///
/// A pass that needs more than there is gets the rest in further pieces; when it ends they are replaced by one buffer of the size that was needed. So a pass
/// allocates nothing once one of its size has run. Passes follow each other on one stream, whose order keeps them apart.
#[derive(Debug)]
pub struct Arena {
    device: Arc<dyn Device>,
    pieces: Mutex<Vec<Buffer>>,
}

impl Arena {
    /// An arena that holds nothing yet.
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self { device, pieces: Mutex::new(Vec::new()) }
    }

    /// Runs a pass, with all of the memory free at its start. Its tensors stay valid until the next pass.
    pub fn pass<T>(&self, f: impl FnOnce(&Pass<'_>) -> Result<T>) -> Result<T> {
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let state = State { pieces: std::mem::take(&mut *pieces), at: Mark::default(), live_bytes: 0, peak_bytes: 0 };
        let pass = Pass { device: &self.device, state: RefCell::new(state) };
        let result = f(&pass);
        let State { pieces: used, peak_bytes, .. } = pass.state.into_inner();
        *pieces = if used.len() > 1 { vec![self.device.alloc(peak_bytes)?] } else { used };
        result
    }
}

/// The arena during one forward pass.
#[derive(Debug)]
pub struct Pass<'a> {
    device: &'a Arc<dyn Device>,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    pieces: Vec<Buffer>,
    at: Mark,
    live_bytes: usize,
    peak_bytes: usize,
}

/// How much was handed out at one moment.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    piece: usize,
    offset: usize,
}

impl Pass<'_> {
    /// A row-major tensor with undefined contents, from the arena.
    pub fn empty(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        let shape = shape.into();
        let layout = Layout::contiguous(shape)?;
        let overflow = || Error::Overflow { what: format!("the size of shape {shape} of {dtype}") };
        let bytes = dtype.bytes_for(layout.numel()).and_then(|n| n.checked_next_multiple_of(ALIGN_BYTES)).ok_or_else(overflow)?;
        let mut state = self.state.borrow_mut();
        let State { pieces, at, live_bytes, peak_bytes } = &mut *state;
        while pieces.get(at.piece).is_some_and(|piece| piece.size_bytes() - at.offset < bytes) {
            *at = Mark { piece: at.piece + 1, offset: 0 };
        }
        let piece = match pieces.get(at.piece) {
            Some(piece) => piece.clone(),
            None => {
                let piece = self.device.alloc(bytes)?;
                pieces.push(piece.clone());
                piece
            }
        };
        let start = at.offset;
        at.offset += bytes;
        *live_bytes += bytes;
        *peak_bytes = (*peak_bytes).max(*live_bytes);
        let offset = start * 8 / dtype.bits();
        let layout = Layout::strided(shape, *layout.strides(), offset)?;
        Ok(TensorView::new(piece, dtype, layout)?.to_mut())
    }

    /// Runs `f`, then takes back what was handed out in it. Nothing of that may be used afterwards.
    pub fn scoped<T>(&self, f: impl FnOnce() -> Result<T>) -> Result<T> {
        let before = {
            let state = self.state.borrow();
            (state.at, state.live_bytes)
        };
        let result = f();
        let mut state = self.state.borrow_mut();
        (state.at, state.live_bytes) = before;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> (Arc<dyn Device>, Arena) {
        let device = ascend_compute::open("cpu").unwrap();
        (device.clone(), Arena::new(device))
    }

    /// A pass that needs `3 * n` floats at once.
    fn pass(arena: &Arena, n: usize) {
        let body = |pass: &Pass<'_>| {
            let kept = pass.empty(DType::F32, [n])?;
            for _ in 0..4 {
                pass.scoped(|| {
                    let (a, b) = (pass.empty(DType::F32, [n])?, pass.empty(DType::F32, [n])?);
                    assert!(!a.may_overlap(&b) && !a.may_overlap(&kept) && !b.may_overlap(&kept));
                    Ok(())
                })?;
            }
            Ok(())
        };
        arena.pass(body).unwrap();
    }

    #[test]
    fn arena_settles_on_one_buffer_and_allocates_no_more() {
        let (device, arena) = arena();
        pass(&arena, 1000);
        let settled = device.memory().unwrap();
        assert_eq!((settled.allocations, settled.used_bytes), (1, 3 * 4096));
        for n in [1000, 1, 500, 1000] {
            pass(&arena, n);
            assert_eq!(device.memory().unwrap(), settled);
        }
        pass(&arena, 2000);
        let grown = device.memory().unwrap();
        assert_eq!((grown.allocations, grown.used_bytes), (1, 3 * 8192));
    }

    #[test]
    fn tensors_of_a_failed_scope_are_taken_back() {
        let (_, arena) = arena();
        let body = |pass: &Pass<'_>| {
            let refused = pass.scoped(|| {
                pass.empty(DType::F32, [5])?;
                pass.empty(DType::F32, [usize::MAX, 2])
            });
            assert!(matches!(refused, Err(crate::Error::Device(Error::Overflow { .. }))), "{refused:?}");
            let first = pass.scoped(|| pass.empty(DType::BF16, [3]))?;
            assert_eq!((first.byte_span().start, pass.empty(DType::I32, [7])?.byte_span().start), (0, 0));
            Ok(())
        };
        arena.pass(body).unwrap();
    }

    #[test]
    fn empty_tensors_need_no_memory() {
        let (device, arena) = arena();
        assert_eq!(arena.pass(|pass| Ok(pass.empty(DType::F32, [0, 8])?.numel())).unwrap(), 0);
        assert_eq!(device.memory().unwrap().used_bytes, 0);
    }
}

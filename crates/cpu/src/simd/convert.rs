//! Rows of f16 and bf16 to f32 and back.

use ascend_hal::Float;

use super::{LANES, Lane, simd};

simd! {
    /// Widens elements; `to` is as long as `from`.
    pub(crate) fn widen<S, T: Lane>(from: &[T], to: &mut [f32]) {
        let (from, from_rest) = from.as_chunks::<LANES>();
        let (to, to_rest) = to.as_chunks_mut::<LANES>();
        for (from, to) in from.iter().zip(to) {
            T::load::<S>(from).store(to);
        }
        for (from, to) in from_rest.iter().zip(to_rest) {
            *to = from.to_f32();
        }
    }
}

simd! {
    /// Rounds numbers to the nearest elements, ties to even; `to` is as long as `from`.
    pub(crate) fn narrow<S, T: Lane>(from: &[f32], to: &mut [T]) {
        let (from, from_rest) = from.as_chunks::<LANES>();
        let (to, to_rest) = to.as_chunks_mut::<LANES>();
        for (from, to) in from.iter().zip(to) {
            T::store(S::load(from), to);
        }
        for (from, to) in from_rest.iter().zip(to_rest) {
            *to = Float::from_f32(*from);
        }
    }
}

#[cfg(test)]
mod tests {
    use ascend_hal::{bf16, f16};

    use super::*;
    use crate::isa::Isa;

    /// Every element of a 16-bit type, and floats beside and between them.
    fn round_trip<T: Lane>(isa: Isa, from_bits: impl Fn(u16) -> T) {
        let all: Vec<T> = (0..=u16::MAX).map(from_bits).collect();
        let mut wide = vec![0f32; all.len()];
        widen(isa, &all, &mut wide);
        let numbers: Vec<f32> =
            wide.iter().flat_map(|x| [-1i32, 0, 1].map(|i| f32::from_bits(x.to_bits().wrapping_add_signed(i)))).collect();
        let halves = wide.windows(2).map(|w| w[0] / 2.0 + w[1] / 2.0);
        let numbers: Vec<f32> = numbers.into_iter().chain(halves).collect();
        let mut narrowed = vec![all[0]; numbers.len()];
        narrow(isa, &numbers, &mut narrowed);
        for (x, y) in all.iter().zip(&wide) {
            assert!(y.to_bits() == x.to_f32().to_bits() || (y.is_nan() && x.to_f32().is_nan()), "{isa}: {x:?} became {y}");
        }
        for (x, y) in numbers.iter().zip(&narrowed) {
            let want = T::from_f32(*x).to_f32();
            assert!(
                y.to_f32().to_bits() == want.to_bits() || (y.to_f32().is_nan() && want.is_nan()),
                "{isa}: {x:e} became {y:?}, not {want:e}"
            );
        }
    }

    #[test]
    fn elements_widen_exactly_and_round_as_one_by_one() {
        for isa in Isa::available() {
            round_trip(isa, bf16::from_bits);
            round_trip(isa, f16::from_bits);
        }
    }
}

//! Numbers as a person reads them.

/// What stands where there is no value.
pub(super) const NONE: &str = "–";

/// Metrics stay finite so that JSON can hold them; what has grown to this size stands for infinity.
const HUGE: f64 = 1e300;

/// A count with separated thousands.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// An error: two significant digits, whatever its size.
pub(super) fn error(x: f64) -> String {
    match x {
        x if x.is_nan() => NONE.into(),
        x if x.abs() >= HUGE => "∞".into(),
        0.0 => "0".into(),
        x if (1e-2..1e3).contains(&x.abs()) => significant(x, 2),
        x => format!("{x:.1e}"),
    }
}

/// A value near 1, like a ratio or a cosine: `digits` places.
pub(super) fn ratio(x: f64, digits: usize) -> String {
    match x {
        x if x.is_nan() => NONE.into(),
        x if x.abs() >= HUGE => "∞".into(),
        x if x.abs() >= 1e4 => format!("{x:.1e}"),
        x => format!("{x:.digits$}"),
    }
}

/// Effective bits, without the unit. No error at all has no logarithm.
pub(super) fn bits(x: f64) -> String {
    match x {
        x if x.is_nan() => NONE.into(),
        f64::INFINITY => "exact".into(),
        x => format!("{x:.1}"),
    }
}

/// A duration given in microseconds, with its unit.
pub(super) fn micros(us: f64) -> String {
    match us {
        us if !us.is_finite() => NONE.into(),
        us if us < 1e3 => format!("{} µs", significant(us, 3)),
        us if us < 1e6 => format!("{} ms", significant(us / 1e3, 3)),
        us => format!("{} s", significant(us / 1e6, 3)),
    }
}

/// A share, in percent. A share that is not all never reads 100 %, one that is not nothing never 0 %.
pub(super) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.into();
    }
    let p = 100.0 * part as f64 / whole as f64;
    match (part, p) {
        (0, _) => "0 %".into(),
        _ if part == whole => "100 %".into(),
        (_, p) if p > 99.99 => "> 99.99 %".into(),
        (_, p) if p < 0.01 => format!("{p:.0e} %"),
        (_, p) if !(1.0..=99.0).contains(&p) => format!("{p:.2} %"),
        (_, p) => format!("{p:.1} %"),
    }
}

/// `x` with `digits` significant digits, without exponent.
fn significant(x: f64, digits: i32) -> String {
    if x == 0.0 || !x.is_finite() {
        return x.to_string();
    }
    let places = (digits - 1 - x.abs().log10().floor() as i32).max(0) as usize;
    format!("{x:.places$}")
}

/// What bin `i` of `n` of a ULP histogram holds: `0`, `1`, `2`, `3–4`, ..., the last open-ended.
pub(super) fn ulp_bin(i: usize, n: usize) -> String {
    // From the third bin on, each ends at the next power of two.
    let end = |i: usize| 1u128.checked_shl(i.saturating_sub(1) as u32).unwrap_or(u128::MAX);
    match i {
        _ if i + 1 == n && i >= 1 => format!("> {}", if i == 1 { 0 } else { end(i - 1) }),
        0..=2 => i.to_string(),
        _ => format!("{}–{}", end(i - 1) + 1, end(i)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_separates_thousands() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn error_keeps_two_digits_of_any_size() {
        assert_eq!([error(0.0), error(1.234e-7), error(0.0125), error(12.0), error(4.5e6)], ["0", "1.2e-7", "0.013", "12", "4.5e6"]);
        assert_eq!([error(f64::NAN), error(f64::INFINITY)], [NONE, "∞"]);
    }

    #[test]
    fn percent_never_rounds_to_all_or_nothing() {
        assert_eq!(percent(0, 10), "0 %");
        assert_eq!(percent(10, 10), "100 %");
        assert_eq!(percent(999_999, 1_000_000), "> 99.99 %");
        assert_eq!(percent(1, 1_000_000), "1e-4 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(1, 0), NONE);
    }

    #[test]
    fn micros_picks_the_unit() {
        assert_eq!([micros(0.0), micros(1.5), micros(1500.0), micros(2.5e6)], ["0 µs", "1.50 µs", "1.50 ms", "2.50 s"]);
    }

    #[test]
    fn ulp_bins_are_powers_of_two_and_the_last_is_open() {
        let names: Vec<String> = (0..7).map(|i| ulp_bin(i, 7)).collect();
        assert_eq!(names, ["0", "1", "2", "3–4", "5–8", "9–16", "> 16"]);
        assert_eq!(ulp_bin(0, 1), "0");
        assert_eq!(ulp_bin(1, 2), "> 0");
    }
}

//! Compares JSON numbers by value, whichever way they are written: `2`, `2.0` and `2e0` are one integer.

use std::cmp::Ordering;

use serde_json::Number;

/// The number as an integer, if it is one.
pub(super) fn integer(number: &Number) -> Option<i128> {
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let float = number.as_f64()?;
    // Beyond 2^126 the cast would saturate; no machine integer of ours is that large.
    #[expect(clippy::cast_possible_truncation, reason = "integral and in range")]
    (float.fract() == 0.0 && float.abs() < 2_f64.powi(126)).then_some(float as i128)
}

pub(super) fn compare(left: &Number, right: &Number) -> Ordering {
    match (integer(left), integer(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => float(left).partial_cmp(&float(right)).unwrap_or(Ordering::Equal),
    }
}

/// Whether `number` is a multiple of `step`: exactly for integers, for decimals up to the rounding of binary fractions
/// (0.3 is a multiple of 0.1).
pub(super) fn is_multiple(number: &Number, step: &Number) -> bool {
    if let (Some(number), Some(step)) = (integer(number), integer(step)) {
        return step != 0 && number % step == 0;
    }
    let times = float(number) / float(step);
    times.is_finite() && (times - times.round()).abs() <= 1e-9 * times.abs().max(1.0)
}

fn float(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

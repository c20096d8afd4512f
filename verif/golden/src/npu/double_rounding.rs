//! gemmlowp's fixed-point arithmetic, of which TensorFlow Lite's reference kernels build their
//! requantisation: two roundings, each by a rule of its own.

/// `x * multiplier * 2^(shift - 31)`: shift left (which saturates) or multiply, then shift right.
pub(super) fn multiply(x: i32, multiplier: i32, shift: i8) -> i32 {
    let left = u32::from(shift.max(0).unsigned_abs());
    let right = u32::from(shift.min(0).unsigned_abs());
    divide_by_power_of_two(doubling_high_product(shift_left(x, left), multiplier), right)
}

/// Saturating. 32 places move all but 0 out of an int32.
fn shift_left(x: i32, places: u32) -> i32 {
    let shifted = i64::from(x) << places.min(32);
    shifted.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// The upper half of `2 * a * b`, saturating: to nearest, and of two as near the greater one.
fn doubling_high_product(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let product = i64::from(a) * i64::from(b);
    // Half of the divisor away from zero, but for a negative tie; then the division truncates.
    let nudge = if product < 0 { 1 - (1 << 30) } else { 1 << 30 };
    ((product + nudge) / (1 << 31)) as i32
}

/// `x / 2^exponent` to nearest, ties away from zero.
fn divide_by_power_of_two(x: i32, exponent: u32) -> i32 {
    // No int32 is more than a half of 2^32; the one that is a half of it rounds away from zero.
    if exponent > 32 {
        return 0;
    }
    let x = i64::from(x);
    let mask = (1i64 << exponent) - 1;
    let (floor, remainder) = (x >> exponent, x & mask);
    let most_kept = (mask >> 1) + i64::from(x < 0);
    (floor + i64::from(remainder > most_kept)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF: i32 = 1 << 30;

    #[test]
    fn the_product_rounds_ties_up() {
        let known = [(1, 1), (2, 1), (3, 2), (5, 3), (-1, 0), (-2, -1), (-3, -1), (-5, -2)];
        for (a, expected) in known {
            assert_eq!(doubling_high_product(a, HALF), expected, "{a} / 2");
        }
        // Next to a tie: 3 * (2^30 - 1) and 3 * (2^30 + 1) over 2^31.
        assert_eq!([HALF - 1, HALF, HALF + 1].map(|b| doubling_high_product(3, b)), [1, 2, 2]);
        assert_eq!([HALF - 1, HALF, HALF + 1].map(|b| doubling_high_product(-3, b)), [-1, -1, -2]);
    }

    #[test]
    fn the_product_saturates_in_one_case() {
        assert_eq!(doubling_high_product(i32::MIN, i32::MIN), i32::MAX);
        assert_eq!(doubling_high_product(i32::MIN, i32::MIN + 1), i32::MAX);
        // -2^62 + 2^31 over 2^31.
        assert_eq!(doubling_high_product(i32::MIN, i32::MAX), i32::MIN + 1);
        // 2^62 - 2^32 + 1 over 2^31 is 2^31 - 2 and a little.
        assert_eq!(doubling_high_product(i32::MAX, i32::MAX), i32::MAX - 1);
        assert_eq!(doubling_high_product(0, i32::MIN), 0);
    }

    #[test]
    fn the_quotient_rounds_ties_away_from_zero() {
        for (x, expected) in [(1, 0), (2, 1), (3, 1), (5, 1), (6, 2), (7, 2)] {
            assert_eq!(divide_by_power_of_two(x, 2), expected, "{x} / 4");
            assert_eq!(divide_by_power_of_two(-x, 2), -expected, "-{x} / 4");
        }
        for x in [i32::MIN, -1, 0, i32::MAX] {
            assert_eq!(divide_by_power_of_two(x, 0), x);
        }
        for (exponent, expected) in [(30, [-2, 2]), (31, [-1, 1]), (32, [-1, 0]), (33, [0, 0])] {
            let quotients = [i32::MIN, i32::MAX].map(|x| divide_by_power_of_two(x, exponent));
            assert_eq!(quotients, expected, "by 2^{exponent}");
        }
    }

    #[test]
    fn the_left_shift_saturates() {
        assert_eq!((shift_left(3, 29), shift_left(3, 30)), (3 << 29, i32::MAX));
        assert_eq!((shift_left(-1, 31), shift_left(-1, 32)), (i32::MIN, i32::MIN));
        assert_eq!((shift_left(1, 31), shift_left(-3, 30)), (i32::MAX, i32::MIN));
        assert_eq!([31, 32, 127].map(|places| shift_left(0, places)), [0; 3]);
    }

    fn any_or_extreme() -> impl Strategy<Value = i32> {
        let extremes = [0, 1, -1, HALF - 1, HALF, HALF + 1, i32::MAX, i32::MIN, i32::MIN + 1];
        prop_oneof![
            2 => any::<i32>(),
            2 => (any::<i32>(), 0u32..32).prop_map(|(x, shift)| x >> shift),
            1 => (0u32..31, -2..3i32).prop_map(|(shift, near)| (1 << shift) + near),
            1 => proptest::sample::select(extremes.to_vec()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(200_000)
        })]

        /// docs/npu.md with floors and unbounded integers.
        #[test]
        fn equals_the_formulas(
            acc in any_or_extreme(),
            multiplier in any_or_extreme(),
            shift in prop_oneof![3 => -33..33i8, 1 => any::<i8>()],
        ) {
            let multiplier = multiplier & i32::MAX;
            let power = |exponent: i8| 1i128 << exponent.clamp(0, 64);
            let x = (i128::from(acc) * power(shift)).clamp(-1 << 31, (1 << 31) - 1);
            let h = (x * i128::from(multiplier) + (1 << 30)) >> 31;
            let divisor = power(shift.saturating_neg());
            let v = (2 * h.abs() + divisor) / (2 * divisor) * h.signum();
            prop_assert_eq!(i128::from(multiply(acc, multiplier, shift)), v);
        }
    }

    #[test]
    fn both_roundings_show() {
        // 1/4 becomes 1: 1/2 becomes 1, and so does its half. -1/2 becomes 0.
        assert_eq!((multiply(3, HALF, -1), multiply(1, HALF, -1)), (1, 1));
        assert_eq!((multiply(-3, HALF, -1), multiply(-1, HALF, -1)), (-1, 0));
        // 1000 * 0.75 * 2^-3 = 93.75, and * 2^3 = 6000.
        assert_eq!((multiply(1000, 3 << 29, -3), multiply(1000, 3 << 29, 3)), (94, 6000));
        assert_eq!([-128, -33, 127].map(|shift| multiply(i32::MIN, 1, shift)), [0, 0, -1]);
    }
}

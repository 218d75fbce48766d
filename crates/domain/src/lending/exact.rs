//! The arithmetic of schedules: integers, and fractions of them that are rounded once.

use crate::cents::Cents;
use crate::percent::Percent;

/// One, as a fixed-point number. With the largest amount there is, 15 digits of cents, it still has room in an `i128`.
pub(super) const ONE: i128 = 10_i128.pow(22);

/// Of which parts a yearly rate in hundredths of a percent, taken for one month, is a number.
pub(super) const MONTHLY: i128 = 12 * 10_000;

/// `numerator / denominator`, rounded half to even: so a half is rounded up as often as down, and many roundings favour nobody. Neither may
/// be negative, and the denominator not zero.
pub(super) const fn half_even(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    // The rest is below the denominator, so that its double fits.
    if 2 * rest > denominator || (2 * rest == denominator && whole % 2 == 1) { whole + 1 } else { whole }
}

/// Cents that were computed from others and are not much more than those.
pub(super) fn cents(number: i128) -> Cents {
    Cents(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The interest on `principal` at a yearly rate for so many months, each a twelfth of a year.
pub(crate) fn interest(principal: Cents, rate: Percent, months: u8) -> Cents {
    cents(half_even(i128::from(principal.0) * i128::from(rate.hundredths()) * i128::from(months), MONTHLY))
}

/// That share of an amount.
pub(super) fn share(amount: Cents, share: Percent) -> Cents {
    cents(half_even(i128::from(amount.0) * i128::from(share.hundredths()), 10_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (numerator, denominator, rounded) in
            [(0, 7, 0), (1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (149, 100, 1), (151, 100, 2), (6, 3, 2)]
        {
            assert_eq!(half_even(numerator, denominator), rounded, "{numerator}/{denominator}");
        }
    }

    #[test]
    fn interest_is_by_the_twelfth_of_a_year() {
        let rate = Percent::from_hundredths(999).unwrap();
        // 1,000.00 × 9.99 % ÷ 12 is 8.325, and its even neighbour 8.32.
        assert_eq!(interest(Cents(100_000), rate, 1), Cents(832));
        assert_eq!(interest(Cents(100_000), rate, 12), Cents(9_990));
        assert_eq!(interest(Cents(999_999_999_999_999), rate, 144), Cents(1_198_799_999_999_999));
        assert_eq!(share(Cents(1_050), rate), Cents(105));
    }
}

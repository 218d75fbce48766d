//! Check digits, over ASCII digits that a caller has already told from other characters.

/// The value of an ASCII digit.
fn value(digit: u8) -> u32 {
    u32::from(digit - b'0')
}

/// The sum of each digit times its weight; digits without a weight do not count.
pub(crate) fn weighted_sum(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| value(*digit) * weight).sum()
}

/// Luhn, ISO/IEC 7812-1 annex B: whether the last digit is the check digit of those before it.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    digits.split_last().is_none_or(|(last, base)| char::from(*last) == luhn_digit(base))
}

/// The check digit by Luhn that follows `base`.
pub(crate) fn luhn_digit(base: &[u8]) -> char {
    let sum: u32 = base
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match value(*digit) << ((place + 1) % 2) {
            doubled @ 10.. => doubled - 9,
            single => single,
        })
        .sum();
    to_ten(sum)
}

/// What is missing to the next multiple of ten.
fn to_ten(sum: u32) -> char {
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// Norway: the second kind of check digit of a KID, by the weights 2 to 7 from the right; a hyphen stands for ten.
pub(crate) fn kid_modulo_11(base: &[u8]) -> char {
    let sum: u32 =
        base.iter().rev().zip([2, 3, 4, 5, 6, 7].iter().cycle()).map(|(digit, weight)| value(*digit) * weight).sum();
    char::from_digit((11 - sum % 11) % 11, 10).unwrap_or('-')
}

/// Finland: the eight digits of a Y-tunnus. A base that leaves the remainder 1 has no check digit at all.
pub(crate) fn finnish(digits: &[u8]) -> bool {
    weighted_sum(digits, &[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11)
}

/// Norway: the nine digits of an organisasjonsnummer.
pub(crate) fn norwegian(digits: &[u8]) -> bool {
    weighted_sum(digits, &[3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Denmark: the eight digits of a CVR number.
pub(crate) fn danish(digits: &[u8]) -> bool {
    weighted_sum(digits, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// Estonia: the eight digits of a registrikood. Where the first weights leave 10, the second ones decide, and 10 again is 0.
pub(crate) fn estonian(digits: &[u8]) -> bool {
    let Some((last, base)) = digits.split_last() else { return false };
    let check = match weighted_sum(base, &[1, 2, 3, 4, 5, 6, 7]) % 11 {
        10 => weighted_sum(base, &[3, 4, 5, 6, 7, 8, 9]) % 11 % 10,
        check => check,
    };
    value(*last) == check
}

/// Estonia: the nine digits of a VAT number, which are not those of the registrikood.
pub(crate) fn estonian_vat(digits: &[u8]) -> bool {
    weighted_sum(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// GS1: the thirteen digits of a GLN, weights 1 and 3 from the right.
pub(crate) fn gs1(digits: &[u8]) -> bool {
    let sum: u32 = digits.iter().rev().zip([1, 3].iter().cycle()).map(|(digit, weight)| value(*digit) * weight).sum();
    sum.is_multiple_of(10)
}

/// The check digit of a Finnish payment reference: weights 7, 3, 1 from the right.
pub(crate) fn seven_three_one(digits: &[u8]) -> char {
    let sum: u32 =
        digits.iter().rev().zip([7, 3, 1].iter().cycle()).map(|(digit, weight)| value(*digit) * weight).sum();
    to_ten(sum)
}

/// ISO/IEC 7064 MOD 97-10 over digits and upper-case letters, where A is 10 and Z is 35.
pub(crate) fn modulo_97(text: impl IntoIterator<Item = char>) -> u32 {
    text.into_iter().filter_map(|character| character.to_digit(36)).fold(0, |remainder, number| {
        let shift = if number < 10 { 10 } else { 100 };
        (remainder * shift + number) % 97
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finnish_bases_with_remainder_one_have_no_check_digit() {
        for base in ["0000006", "0000014", "0000022"] {
            assert!((0..10).all(|digit| !finnish(format!("{base}{digit}").as_bytes())), "{base}");
        }
    }

    #[test]
    fn estonian_takes_the_second_weights_after_ten_and_zero_after_ten_again() {
        for right in ["12345678", "10000062", "10000640"] {
            assert!(estonian(right.as_bytes()), "{right}");
        }
        assert_eq!(weighted_sum(b"1000006", &[1, 2, 3, 4, 5, 6, 7]) % 11, 10);
        assert_eq!(weighted_sum(b"1000064", &[3, 4, 5, 6, 7, 8, 9]) % 11, 10);
    }

    #[test]
    fn kid_numbers_of_modulo_11_may_end_in_a_hyphen() {
        // 5·2 + 4·3 + 3·4 + 2·5 + 1·6 = 50, which leaves 6; 6·2 leaves 1.
        assert_eq!([kid_modulo_11(b"12345"), kid_modulo_11(b"6"), kid_modulo_11(b"0")], ['5', '-', '0']);
    }

    proptest! {
        #[test]
        fn one_wrong_digit_never_passes(base in "[0-9]{7}", place in 0_usize..8, shift in 1_u8..10) {
            for rule in [luhn, finnish, danish, gs1] {
                let Some(right) = (b'0'..=b'9').map(|digit| [base.as_bytes(), &[digit]].concat()).find(|all| rule(all))
                else { continue };
                let mut wrong = right.clone();
                wrong[place] = b'0' + (right[place] - b'0' + shift) % 10;
                prop_assert!(!rule(&wrong), "{:?} and {:?}", right, wrong);
            }
        }

        #[test]
        fn every_luhn_and_estonian_base_has_one_check_digit(base in "[0-9]{7}") {
            for rule in [luhn, estonian, gs1] {
                let fitting = (b'0'..=b'9').filter(|digit| rule(&[base.as_bytes(), &[*digit]].concat())).count();
                prop_assert_eq!(fitting, 1);
            }
        }
    }
}

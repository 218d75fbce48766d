//! Which receipt belongs to which message, though the provider spells the id in another way.

/// The normal form of a provider's message id: without white space around it, in lower case, without `0x` and without leading zeros.
/// Keep this one of a message, and of a receipt that waits for its message.
#[must_use]
pub fn normal_id(id: &str) -> String {
    let lower = id.trim_matches(|character: char| character.is_whitespace() || character == '\0').to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").filter(|rest| is_number(rest, 16)).unwrap_or(&lower);
    let short = digits.trim_start_matches(|character: char| character == '0' || character.is_whitespace());
    // Nothing but zeros is the number zero.
    if short.is_empty() && !digits.is_empty() { "0".to_owned() } else { short.to_owned() }
}

/// Every normal form under which the other side of `id` may be kept: first its own; then, where it can be read as a decimal number,
/// that in hexadecimal; and where it can be read as a hexadecimal number, that in decimal. At most three, without repetition.
///
/// One side keeps [`normal_id`] as its key, the other looks all forms up and takes the first that matches. The relation is the same in
/// both directions, so a receipt that came first is found by the forms of the id in the submit answer.
///
/// Two different ids can meet: `10` and `16`, where one provider gives out both, `10` meant in hexadecimal and `16` in decimal. No form
/// of a bare number tells its base, so this is accepted. It is rare: both must be open at one provider at a time, and a hexadecimal id
/// of the length that providers use (8 digits or more) has, read in the other base, another length than its neighbours. The exact form
/// comes first, and a receipt names the recipient, which the caller should compare where more than one message matches. Leading zeros
/// and case are never taken to tell two ids apart.
#[must_use]
pub fn id_forms(id: &str) -> Vec<String> {
    let normal = normal_id(id);
    let mut forms = vec![normal.clone()];
    if is_number(&normal, 10) {
        forms.extend(normal.parse::<u128>().ok().map(|number| format!("{number:x}")));
    }
    if is_number(&normal, 16) {
        forms.extend(u128::from_str_radix(&normal, 16).ok().map(|number| number.to_string()));
    }
    forms.dedup();
    forms
}

fn is_number(text: &str, base: u32) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_digit(base))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meet(submitted: &str, receipt: &str) -> bool {
        id_forms(receipt).contains(&normal_id(submitted))
    }

    #[test]
    fn another_spelling_is_the_same_id() {
        for (one, other) in [
            ("00FF12ab", "ff12AB"),
            ("1A2B3C4D", "439041101"),
            ("439041101", "1a2b3c4d"),
            ("439041101", "001A2B3C4D"),
            ("0x1a2b3c4d", "439041101"),
            ("0000", "0"),
            (" 17\0", "017"),
            ("0 5", "5"),
            ("6B1F-77-x", "6b1f-77-X"),
            ("f81d4fae7dec11d0a76500a0c91e6bf6", "329800735698586629295641978511506172918"),
        ] {
            assert!(meet(one, other), "{one} {other}");
            assert!(meet(other, one), "{other} {one}");
        }
    }

    #[test]
    fn another_id_is_another_id() {
        for (one, other) in [("12", "13"), ("abc-1", "abc-2"), ("xyz", ""), ("1a2b3c4d", "439041102"), ("0x10", "b")] {
            assert!(!meet(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_exact_form_comes_first() {
        assert_eq!(id_forms("0016"), ["16", "10", "22"]);
        assert_eq!(id_forms("7"), ["7"]);
        assert_eq!(id_forms("0xAB"), ["ab", "171"]);
        assert_eq!(id_forms("AB-1"), ["ab-1"]);
        // Beyond what fits 128 bits only the spelling counts.
        assert_eq!(id_forms(&"9".repeat(60)), ["9".repeat(60)]);
    }

    proptest! {
        #[test]
        fn any_number_is_found_in_both_bases(number: u128, zeros in 0_usize..5) {
            let (decimal, hexadecimal) = (number.to_string(), format!("{}{number:X}", "0".repeat(zeros)));
            prop_assert!(meet(&decimal, &hexadecimal));
            prop_assert!(meet(&hexadecimal, &decimal));
        }

        #[test]
        fn meeting_is_mutual(one in "[0-9a-fA-F]{1,6}", other in "[0-9a-fA-F]{1,6}") {
            prop_assert_eq!(meet(&one, &other), meet(&other, &one));
        }

        #[test]
        fn the_normal_form_is_stable(text in "\\PC{0,40}") {
            let normal = normal_id(&text);
            prop_assert!(id_forms(&text).len() <= 3);
            prop_assert!(meet(&normal, &text), "{:?}", normal);
        }
    }
}

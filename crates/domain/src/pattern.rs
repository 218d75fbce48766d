//! Templates of codes: `d` a digit, `n` a digit but zero, `a` a letter A to Z, `x` a letter or a digit; a space or a hyphen may
//! be left out or be the other one; anything else stands for itself.

/// `text` written as `template` wants it, or `None` when it does not fit. Letters of `text` must be upper-case already.
pub(crate) fn fit(template: &str, text: &str) -> Option<String> {
    let mut rest = text.chars().peekable();
    let mut fitted = String::with_capacity(template.len());
    for wanted in template.chars() {
        if matches!(wanted, ' ' | '-') {
            rest.next_if(|character| matches!(character, ' ' | '-'));
            fitted.push(wanted);
            continue;
        }
        let fits = |character: &char| match wanted {
            'd' => character.is_ascii_digit(),
            'n' => character.is_ascii_digit() && *character != '0',
            'a' => character.is_ascii_uppercase(),
            'x' => character.is_ascii_digit() || character.is_ascii_uppercase(),
            literal => *character == literal,
        };
        fitted.push(rest.next_if(fits)?);
    }
    rest.next().is_none().then_some(fitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_may_be_missing_or_swapped_but_not_elsewhere() {
        for text in ["123 45", "12345", "123-45"] {
            assert_eq!(fit("ddd dd", text).as_deref(), Some("123 45"), "{text}");
        }
        for text in ["12 345", "123  45", "123 4", "123 456", "١٢٣ 45", ""] {
            assert_eq!(fit("ddd dd", text), None, "{text}");
        }
    }

    #[test]
    fn classes_and_literals() {
        assert_eq!(fit("Undax", "U10AZ").as_deref(), Some("U10AZ"));
        assert_eq!(fit("Undax", "U00AZ"), None);
        assert_eq!(fit("Undax", "V10AZ"), None);
        assert_eq!(fit("Undax", "U10aZ"), None);
    }
}

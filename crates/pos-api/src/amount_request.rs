//! Amounts in requests: numbers of dollars, or texts of them.

use std::borrow::Cow;

use domain::cents::Cents;
use domain::decimal::DecimalFault;
use domain::money::MoneyFault;
use http_kit::TextOrNumber;

use crate::lang::{Lang, of_two};
use crate::problem::FieldError;

/// The longest value that an error repeats.
const LONGEST_VALUE: usize = 64;

/// Reads an amount above zero: a number, or a text of one, since the published examples have both. What is wrong with it becomes a field error.
pub(crate) fn read_amount(
    param: &'static str,
    member: TextOrNumber,
    lang: Lang,
    errors: &mut Vec<FieldError>,
) -> Option<Cents> {
    let mut wrong = |en, fr, value: Option<&str>| {
        let value = value.map(|value| value.chars().take(LONGEST_VALUE).collect());
        errors.push(FieldError { param, msg: Cow::Borrowed(of_two(lang, en, fr)), value });
        None
    };
    let text = match member {
        TextOrNumber::Given(text) if !text.trim().is_empty() => text,
        TextOrNumber::Wrong(_) => {
            return wrong(
                "must be a number of dollars, or a text of one, such as 10.50",
                "doit être un nombre de dollars, ou le texte d'un nombre, par exemple 10.50",
                None,
            );
        }
        _ => {
            return wrong(
                "must be there: an amount in dollars, such as 10.50",
                "doit être présent : un montant en dollars, par exemple 10.50",
                None,
            );
        }
    };
    match Cents::parse(text.trim()) {
        Ok(amount) if amount.is_positive() => Some(amount),
        Ok(_) => wrong("must be more than 0", "doit être supérieur à 0", Some(&text)),
        Err(MoneyFault::TooLarge | MoneyFault::Number(DecimalFault::TooLarge)) => {
            wrong(TOO_LARGE[0], TOO_LARGE[1], Some(&text))
        }
        Err(MoneyFault::Decimals { .. } | MoneyFault::Number(DecimalFault::Precision)) => wrong(
            "must have two decimals at most, and fifteen digits in all: round it",
            "doit avoir deux décimales au plus, et quinze chiffres en tout : arrondissez-le",
            Some(&text),
        ),
        Err(_) => wrong(
            "must be an amount in dollars: digits with a decimal point, such as 10.50",
            "doit être un montant en dollars : des chiffres avec un point décimal, par exemple 10.50",
            Some(&text),
        ),
    }
}

/// Of a number that is too large for an amount, in both languages.
pub(crate) const TOO_LARGE: [&str; 2] =
    ["is too large: give 9999999999999.99 at most", "est trop grand : donnez 9999999999999.99 au plus"];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: serde_json::Value) -> Result<i64, String> {
        let member: TextOrNumber = serde_json::from_value(json).unwrap();
        let mut errors = Vec::new();
        match read_amount("amount", member, Lang::English, &mut errors) {
            Some(amount) => Ok(amount.0),
            None => Err(errors.pop().unwrap().msg.into_owned()),
        }
    }

    #[test]
    fn an_amount_is_a_number_or_a_text_of_one() {
        for (sent, cents) in [
            (json!(10.5), 1_050),
            (json!("10.00"), 1_000),
            (json!(" 0.01 "), 1),
            (json!(7), 700),
            (json!(234.45), 23_445),
            (json!("9999999999999.99"), 999_999_999_999_999),
        ] {
            assert_eq!(read(sent.clone()), Ok(cents), "{sent}");
        }
    }

    #[test]
    fn what_is_wrong_with_one_is_told() {
        for (sent, told) in [
            (json!(null), "must be there"),
            (json!(" "), "must be there"),
            (json!([1]), "must be a number of dollars"),
            (json!(0), "must be more than 0"),
            (json!(-1.5), "must be more than 0"),
            (json!(10.505), "must have two decimals"),
            (json!(0.1 + 0.2), "must have two decimals"),
            (json!("1e400"), "is too large"),
            (json!(1e70), "is too large"),
            (json!("10000000000000"), "is too large"),
            (json!("ten"), "must be an amount in dollars"),
            (json!("10,50"), "must be an amount in dollars"),
            (json!("$10"), "must be an amount in dollars"),
        ] {
            let error = read(sent.clone()).unwrap_err();
            assert!(error.starts_with(told), "{sent}: {error}");
        }
    }
}

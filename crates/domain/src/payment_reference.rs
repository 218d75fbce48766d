//! Payment references: the Finnish reference (check digit by the weights 7, 3, 1) and the RF creditor reference (ISO 11649).

use crate::check_digit::{modulo_97, seven_three_one};
use crate::fault_code::Coded;
use crate::identifier::ReferencePrefix;
use crate::stored_text::stored_text;

/// A Finnish reference of 4 to 20 digits, check digit included, without leading zeros, which do not count: `1234561`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FinnishReference(String);

stored_text!(FinnishReference);

/// A creditor reference: `RF`, two check digits and 1 to 21 letters or digits: `RF341234561`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RfReference(String);

stored_text!(RfReference);

/// What is wrong with a payment reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceFault {
    /// It does not have the form of its kind.
    #[error("The payment reference is not valid: write it like 1234561 or RF34 1234 561")]
    Format,
    /// Its check digit or digits do not match.
    #[error("The check digit of the payment reference does not match: copy the reference again")]
    CheckDigit,
    /// What it would be built from is not 3 to 19 digits, or does not begin with a digit of 1 to 9.
    #[error("A payment reference is built from 3 to 19 digits, the first not zero: shorten or lengthen its number")]
    Length,
}

impl Coded for ReferenceFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format | Self::Length => "reference_format",
            Self::CheckDigit => "reference_check_digit",
        }
    }
}

impl FinnishReference {
    /// The reference of `number` for the client whose references begin with `prefix`: both, and the check digit.
    ///
    /// Different numbers of one prefix have different references. So have different prefixes when all have as many digits.
    ///
    /// # Errors
    /// [`ReferenceFault::Length`], when prefix and number together have fewer than 3 or more than 19 digits, or the prefix is not
    /// positive.
    pub fn build(prefix: ReferencePrefix, number: u64) -> Result<Self, ReferenceFault> {
        Self::with_check_digit(&format!("{prefix}{number}"))
    }

    /// `digits` and their check digit.
    ///
    /// # Errors
    /// [`ReferenceFault::Length`], unless `digits` are 3 to 19 digits that do not begin with zero.
    pub fn with_check_digit(digits: &str) -> Result<Self, ReferenceFault> {
        let fits = (3..=19).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if !fits {
            return Err(ReferenceFault::Length);
        }
        Ok(Self(format!("{digits}{}", seven_three_one(digits.as_bytes()))))
    }

    /// Reads a reference; spaces and leading zeros are dropped.
    ///
    /// # Errors
    /// [`ReferenceFault`], when it is not 4 to 20 digits or its check digit does not match.
    pub fn parse(text: &str) -> Result<Self, ReferenceFault> {
        let given = Self::unverified(text)?;
        let right = Self::with_check_digit(&given.0[..given.0.len() - 1])?;
        if right == given { Ok(right) } else { Err(ReferenceFault::CheckDigit) }
    }

    /// What has the form of a reference, whatever its check digit.
    fn unverified(text: &str) -> Result<Self, ReferenceFault> {
        let plain = without_spaces(text).ok_or(ReferenceFault::Format)?;
        let digits = plain.trim_start_matches('0');
        if !(4..=20).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ReferenceFault::Format);
        }
        Ok(Self(digits.to_owned()))
    }

    /// The same reference as an RF creditor reference.
    #[must_use]
    pub fn to_rf(&self) -> RfReference {
        let check = 98 - modulo_97(self.0.chars().chain("RF00".chars()));
        RfReference(format!("RF{check:02}{}", self.0))
    }
}

impl RfReference {
    /// Reads a reference in either case; spaces are dropped.
    ///
    /// # Errors
    /// [`ReferenceFault`], when it does not have the form of ISO 11649 or its check digits do not match.
    pub fn parse(text: &str) -> Result<Self, ReferenceFault> {
        let Self(plain) = Self::unverified(text)?;
        // 00, 01 and 99 can leave the remainder 1 as well, but no reference is given them (ISO/IEC 7064).
        let given = matches!(&plain[2..4], "00" | "01" | "99");
        if given || modulo_97(plain.chars().cycle().skip(4).take(plain.len())) != 1 {
            return Err(ReferenceFault::CheckDigit);
        }
        Ok(Self(plain))
    }

    /// What has the form of a reference, whatever its check digits.
    fn unverified(text: &str) -> Result<Self, ReferenceFault> {
        let mut plain = without_spaces(text).ok_or(ReferenceFault::Format)?;
        plain.make_ascii_uppercase();
        let rest = plain.strip_prefix("RF").ok_or(ReferenceFault::Format)?;
        let fits = (3..=23).contains(&rest.len())
            && rest.bytes().take(2).all(|byte| byte.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(plain)) } else { Err(ReferenceFault::Format) }
    }

    /// The Finnish reference in it, when there is one.
    #[must_use]
    pub fn finnish(&self) -> Option<FinnishReference> {
        FinnishReference::parse(&self.0[4..]).ok()
    }
}

/// The reference of an invoice, of either kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PaymentReference {
    /// A Finnish reference.
    Finnish(FinnishReference),
    /// A creditor reference.
    Rf(RfReference),
}

/// Which kind of reference is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The Finnish reference: what Finnish banks and their bar code take.
    Finnish,
    /// The creditor reference, which every bank of the SEPA takes.
    Rf,
}

/// What is wrong with a reference that is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaymentReferenceFault {
    /// It has the form of no kind.
    #[error(
        "The payment reference is not valid: write it like 1234561 or RF34 1234 561, or leave it out to have one made"
    )]
    Format,
    /// It has the form of one, but its check digit or digits do not match.
    #[error(
        "The check digit of the payment reference does not match: copy the reference again, or leave it out to have one made"
    )]
    CheckDigit {
        /// The reference all the same: the sandbox takes it.
        reference: PaymentReference,
    },
}

impl Coded for PaymentReferenceFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "reference_format",
            Self::CheckDigit { .. } => "reference_check_digit",
        }
    }
}

impl PaymentReference {
    /// Reads a reference of either kind: one that begins with `RF` is a creditor reference, any other a Finnish one.
    ///
    /// # Errors
    /// [`PaymentReferenceFault`], with wrong check digits apart from a wrong form.
    pub fn parse(text: &str) -> Result<Self, PaymentReferenceFault> {
        let rf = text.trim_start().get(..2).is_some_and(|start| start.eq_ignore_ascii_case("RF"));
        let (read, given) = if rf {
            (RfReference::parse(text).map(Self::Rf), RfReference::unverified(text).map(Self::Rf))
        } else {
            (FinnishReference::parse(text).map(Self::Finnish), FinnishReference::unverified(text).map(Self::Finnish))
        };
        match (read, given) {
            (Ok(reference), _) => Ok(reference),
            (Err(_), Ok(reference)) => Err(PaymentReferenceFault::CheckDigit { reference }),
            (Err(_), Err(_)) => Err(PaymentReferenceFault::Format),
        }
    }

    /// The reference of the invoice `number` of the client whose references begin with `prefix`.
    ///
    /// # Errors
    /// [`ReferenceFault::Length`], as [`FinnishReference::build`]: both kinds hold the same digits.
    pub fn build(kind: ReferenceKind, prefix: ReferencePrefix, number: u64) -> Result<Self, ReferenceFault> {
        let finnish = FinnishReference::build(prefix, number)?;
        Ok(match kind {
            ReferenceKind::Finnish => Self::Finnish(finnish),
            ReferenceKind::Rf => Self::Rf(finnish.to_rf()),
        })
    }

    /// The form in which it is stored: digits, or `RF` and what follows.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Finnish(reference) => reference.as_str(),
            Self::Rf(reference) => reference.as_str(),
        }
    }
}

impl std::fmt::Display for PaymentReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `text` without spaces; `None` when it is longer than any reference is written.
fn without_spaces(text: &str) -> Option<String> {
    (text.len() <= 64).then(|| text.replace(' ', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_references() {
        for (digits, finnish, rf) in [
            ("123456", "1234561", "RF341234561"),
            ("123", "1232", ""),
            ("100", "1009", "RF181009"),
            ("123456712345678", "1234567123456784", "RF301234567123456784"),
        ] {
            let reference = FinnishReference::with_check_digit(digits).unwrap();
            assert_eq!(reference.as_str(), finnish);
            if !rf.is_empty() {
                assert_eq!(reference.to_rf().as_str(), rf);
            }
        }
    }

    #[test]
    fn prefix_and_number_make_a_reference() {
        assert_eq!(FinnishReference::build(ReferencePrefix(123), 456).unwrap().as_str(), "1234561");
        assert_eq!(FinnishReference::build(ReferencePrefix(100_000), u64::MAX), Err(ReferenceFault::Length));
        assert_eq!(FinnishReference::build(ReferencePrefix(1), 2), Err(ReferenceFault::Length));
        assert_eq!(FinnishReference::build(ReferencePrefix(-12), 34), Err(ReferenceFault::Length));
        assert_eq!(FinnishReference::build(ReferencePrefix(0), 1234), Err(ReferenceFault::Length));
    }

    #[test]
    fn reads_what_is_printed() {
        assert_eq!(FinnishReference::parse("00000 12345 61").unwrap().as_str(), "1234561");
        assert_eq!(RfReference::parse("rf34 1234 561").unwrap().as_str(), "RF341234561");
        assert_eq!(RfReference::parse("RF18539007547034").unwrap().as_str(), "RF18539007547034");
        assert_eq!(FinnishReference::parse("1234562"), Err(ReferenceFault::CheckDigit));
        assert_eq!(RfReference::parse("RF351234561"), Err(ReferenceFault::CheckDigit));
        for text in
            ["", "0", "000", "123", "0123", "123456789012345678901", "12345-61", "RF341234561", "１２３４５６１"]
        {
            assert_eq!(FinnishReference::parse(text), Err(ReferenceFault::Format), "{text}");
        }
        for text in
            ["", "RF", "RF34", "1234561", "RF3A1234561", "RF34123456ä", "RF34-1234561", "RF181234567890123456789012"]
        {
            assert_eq!(RfReference::parse(text), Err(ReferenceFault::Format), "{text}");
        }
    }

    #[test]
    fn either_kind_is_told_by_its_letters() {
        let made = |kind| PaymentReference::build(kind, ReferencePrefix(123), 456).unwrap();
        for (text, kind) in [("00 123 4561", ReferenceKind::Finnish), ("rf34 1234 561", ReferenceKind::Rf)] {
            assert_eq!(PaymentReference::parse(text), Ok(made(kind)), "{text}");
        }
        for (text, stored) in
            [("2516000017", "2516000017"), ("RF35 1234561", "RF351234561"), ("RF991234561", "RF991234561")]
        {
            match PaymentReference::parse(text) {
                Err(PaymentReferenceFault::CheckDigit { reference }) => assert_eq!(reference.as_str(), stored),
                other => panic!("{text}: {other:?}"),
            }
        }
        for text in ["", "RF", "INV-17", "123", "000000000000000000000", "RF1", "R\u{17f}1234561"] {
            assert_eq!(PaymentReference::parse(text), Err(PaymentReferenceFault::Format), "{text}");
        }
        assert_eq!(
            PaymentReference::build(ReferenceKind::Rf, ReferencePrefix(1_000_000), 9_999_999_999_999),
            Err(ReferenceFault::Length)
        );
    }

    proptest! {
        #[test]
        fn what_is_built_is_read_again(prefix in 1_i64..1_000_000_000, number in 100_u64..1_000_000_000) {
            let reference = FinnishReference::build(ReferencePrefix(prefix), number).unwrap();
            prop_assert!(reference.as_str().starts_with(&prefix.to_string()));
            prop_assert_eq!(FinnishReference::parse(reference.as_str()), Ok(reference.clone()));
            let rf = reference.to_rf();
            prop_assert_eq!(RfReference::parse(rf.as_str()), Ok(rf.clone()));
            prop_assert_eq!(rf.finnish(), Some(reference));
        }

        #[test]
        fn one_wrong_digit_never_passes(number in 100_u64..10_000_000_000, place in any::<proptest::sample::Index>(), shift in 1_u8..10) {
            let right = FinnishReference::with_check_digit(&number.to_string()).unwrap();
            let rf = right.to_rf().into_string();
            for (text, first) in [(right.into_string(), 0), (rf, 2)] {
                let mut wrong = text.into_bytes();
                let place = first + place.index(wrong.len() - first);
                wrong[place] = b'0' + (wrong[place] - b'0' + shift) % 10;
                let wrong = String::from_utf8(wrong).unwrap();
                prop_assert!(FinnishReference::parse(&wrong).is_err() && RfReference::parse(&wrong).is_err(), "{}", wrong);
            }
        }

        #[test]
        fn arbitrary_texts_do_not_panic(text in any::<String>()) {
            let _ = (FinnishReference::parse(&text), RfReference::parse(&text), RfReference::parse(&format!("RF{text}")));
            let _ = (PaymentReference::parse(&text), PaymentReference::parse(&format!("RF{text}")));
        }
    }
}

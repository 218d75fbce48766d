//! Payment references: the Finnish reference (check digit by the weights 7, 3, 1), the RF creditor reference (ISO
//! 11649), and those that only Swedish, Norwegian and Danish accounts take.

use crate::check_digit::{kid_modulo_11, luhn_digit, modulo_97, seven_three_one};
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
    /// It has the form of no kind that its account takes.
    #[error(
        "The payment reference is none of its account: write it like 1234561 or RF34 1234 561, or in the form of a \
         Swedish, Norwegian or Danish account (OCR, KID, FIK), or leave it out to have one made"
    )]
    Format,
    /// It has the form of one, but its check digit or digits do not match.
    #[error("The check digit of the payment reference does not match: copy it again, or leave it out to have one made")]
    CheckDigit {
        /// The reference all the same: of an invoice the sandbox takes it.
        reference: PaymentReference,
    },
    /// What it would be built from is not 3 to 19 digits, or does not begin with a digit of 1 to 9.
    #[error("A payment reference is built from 3 to 19 digits, the first not zero: shorten or lengthen its number")]
    Length,
    /// References of this kind are not made here.
    #[error("A reference of this kind is agreed with the bank: give one")]
    NotMade,
}

impl Coded for ReferenceFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format | Self::Length | Self::NotMade => "reference_format",
            Self::CheckDigit { .. } => "reference_check_digit",
        }
    }
}

/// The text does not have the form of a kind.
struct FormFault;

impl From<FormFault> for ReferenceFault {
    fn from(FormFault: FormFault) -> Self {
        Self::Format
    }
}

/// `prefix` and `number` together, when they are 3 to 19 digits that do not begin with zero.
fn digits_of(prefix: ReferencePrefix, number: u64) -> Result<String, ReferenceFault> {
    let digits = format!("{prefix}{number}");
    let fits = (3..=19).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    if fits { Ok(digits) } else { Err(ReferenceFault::Length) }
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
        let digits = digits_of(prefix, number)?;
        Ok(Self(format!("{digits}{}", seven_three_one(digits.as_bytes()))))
    }

    /// Reads a reference; spaces and leading zeros are dropped.
    ///
    /// # Errors
    /// [`ReferenceFault`], when it is not 4 to 20 digits or its check digit does not match.
    pub fn parse(text: &str) -> Result<Self, ReferenceFault> {
        let given = Self::unverified(text)?;
        if given.is_right() {
            Ok(given)
        } else {
            Err(ReferenceFault::CheckDigit { reference: PaymentReference::Finnish(given) })
        }
    }

    /// What has the form of a reference, whatever its check digit.
    fn unverified(text: &str) -> Result<Self, FormFault> {
        let plain = without_spaces(text)?;
        let digits = plain.trim_start_matches('0');
        if !(4..=20).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FormFault);
        }
        Ok(Self(digits.to_owned()))
    }

    fn is_right(&self) -> bool {
        let (base, last) = self.0.split_at(self.0.len() - 1);
        last.starts_with(seven_three_one(base.as_bytes()))
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
        let given = Self::unverified(text)?;
        if given.is_right() {
            Ok(given)
        } else {
            Err(ReferenceFault::CheckDigit { reference: PaymentReference::Rf(given) })
        }
    }

    /// What has the form of a reference, whatever its check digits.
    fn unverified(text: &str) -> Result<Self, FormFault> {
        let mut plain = without_spaces(text)?;
        plain.make_ascii_uppercase();
        let rest = plain.strip_prefix("RF").ok_or(FormFault)?;
        let fits = (3..=23).contains(&rest.len())
            && rest.bytes().take(2).all(|byte| byte.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if fits { Ok(Self(plain)) } else { Err(FormFault) }
    }

    fn is_right(&self) -> bool {
        // 00, 01 and 99 can leave the remainder 1 as well, but no reference is given them (ISO/IEC 7064).
        let given = !matches!(&self.0[2..4], "00" | "01" | "99");
        given && modulo_97(self.0.chars().cycle().skip(4).take(self.0.len())) == 1
    }

    /// The Finnish reference in it, when there is one.
    #[must_use]
    pub fn finnish(&self) -> Option<FinnishReference> {
        FinnishReference::parse(&self.0[4..]).ok()
    }
}

/// A reference that only the accounts of one country take, digit by digit as sent: its zeros count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DomesticReference(String);

stored_text!(DomesticReference);

/// The reference of an invoice, of whichever kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PaymentReference {
    /// A Finnish reference.
    Finnish(FinnishReference),
    /// A creditor reference.
    Rf(RfReference),
    /// A Swedish, Norwegian or Danish one.
    Domestic(DomesticReference),
}

/// The kinds of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    /// The Finnish reference: what Finnish banks and their bar code take.
    Finnish,
    /// The creditor reference, which every bank of the SEPA takes.
    Rf,
    /// Sweden: the OCR number of a bankgiro or plusgiro, 2 to 25 digits of which the last is a check digit by Luhn.
    Ocr,
    /// Norway: the KID, 2 to 25 digits of which the last is a check digit modulo 10 (Luhn) or modulo 11, there perhaps
    /// a hyphen.
    Kid,
    /// Denmark: the payment identifier of a FIK form, with 15 digits (form 71) or 16 (forms 04, 15 and 75) of which the
    /// last is a check digit by Luhn. The number of the form is not part of it.
    Fik,
}

impl ReferenceKind {
    /// Reads a reference of this kind. The inner result is whether its check digits are right.
    fn read(self, text: &str) -> Result<(PaymentReference, bool), FormFault> {
        Ok(match self {
            Self::Finnish => {
                let given = FinnishReference::unverified(text)?;
                let right = given.is_right();
                (PaymentReference::Finnish(given), right)
            }
            Self::Rf => {
                let given = RfReference::unverified(text)?;
                let right = given.is_right();
                (PaymentReference::Rf(given), right)
            }
            Self::Ocr | Self::Kid | Self::Fik => {
                let (given, right) = self.domestic(text)?;
                (PaymentReference::Domestic(given), right)
            }
        })
    }

    fn domestic(self, text: &str) -> Result<(DomesticReference, bool), FormFault> {
        let plain = without_spaces(text)?;
        let (lengths, hyphen) = match self {
            Self::Fik => (15..=16, false),
            kind => (2..=25, kind == Self::Kid),
        };
        let Some((base, last)) = plain.split_at_checked(plain.len().wrapping_sub(1)) else { return Err(FormFault) };
        let fits = lengths.contains(&plain.len())
            && base.bytes().all(|byte| byte.is_ascii_digit())
            && (last.bytes().all(|byte| byte.is_ascii_digit()) || hyphen && last == "-");
        if !fits {
            return Err(FormFault);
        }
        let right = last.starts_with(luhn_digit(base.as_bytes()))
            || self == Self::Kid && last.starts_with(kid_modulo_11(base.as_bytes()));
        Ok((DomesticReference(plain), right))
    }
}

impl PaymentReference {
    /// Reads a Finnish reference or a creditor reference.
    ///
    /// # Errors
    /// [`ReferenceFault`], as [`PaymentReference::parse_as`].
    pub fn parse(text: &str) -> Result<Self, ReferenceFault> {
        Self::parse_as(text, &[ReferenceKind::Rf, ReferenceKind::Finnish])
    }

    /// Reads a reference of one of `kinds`. Digits can be right by more than one rule: the first of `kinds` counts, so
    /// that it should be that of the account.
    ///
    /// # Errors
    /// [`ReferenceFault::CheckDigit`], when it has the form of one of them and is right by none;
    /// [`ReferenceFault::Format`], when it has the form of none.
    pub fn parse_as(text: &str, kinds: &[ReferenceKind]) -> Result<Self, ReferenceFault> {
        let mut wrong = None;
        for kind in kinds {
            match kind.read(text) {
                Ok((reference, true)) => return Ok(reference),
                Ok((reference, false)) => {
                    wrong.get_or_insert(reference);
                }
                Err(FormFault) => {}
            }
        }
        Err(wrong.map_or(ReferenceFault::Format, |reference| ReferenceFault::CheckDigit { reference }))
    }

    /// The reference of the invoice `number` of the client whose references begin with `prefix`.
    ///
    /// # Errors
    /// [`ReferenceFault::Length`], when prefix and number together have fewer than 3 or more than 19 digits, or the
    /// prefix is not positive. [`ReferenceFault::NotMade`] for a KID or a FIK reference: which digits mean what in them
    /// is agreed with the bank.
    pub fn build(kind: ReferenceKind, prefix: ReferencePrefix, number: u64) -> Result<Self, ReferenceFault> {
        match kind {
            ReferenceKind::Finnish => FinnishReference::build(prefix, number).map(Self::Finnish),
            // Both kinds hold the same digits.
            ReferenceKind::Rf => FinnishReference::build(prefix, number).map(|finnish| Self::Rf(finnish.to_rf())),
            ReferenceKind::Ocr => {
                // As many digits as of the Finnish one, so that a client may change its account.
                let digits = digits_of(prefix, number)?;
                let check = luhn_digit(digits.as_bytes());
                Ok(Self::Domestic(DomesticReference(format!("{digits}{check}"))))
            }
            ReferenceKind::Kid | ReferenceKind::Fik => Err(ReferenceFault::NotMade),
        }
    }

    /// The form in which it is stored: digits, or `RF` and what follows.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Finnish(reference) => reference.as_str(),
            Self::Rf(reference) => reference.as_str(),
            Self::Domestic(reference) => reference.as_str(),
        }
    }
}

impl std::fmt::Display for PaymentReference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `text` without spaces, unless it is longer than any reference is written.
fn without_spaces(text: &str) -> Result<String, FormFault> {
    if text.len() <= 64 { Ok(text.replace(' ', "")) } else { Err(FormFault) }
}

#[cfg(test)]
mod tests;

//! What has been found of an invoice so far, and how members of common forms are read.

use std::fmt::Display;

use crate::bic::Bic;
use crate::business_code::{BusinessCode, BusinessCodeFault};
use crate::calendar::CalendarDate;
use crate::country::CountryCode;
use crate::currency::CurrencyCode;
use crate::fault_code::{Coded, OUT_OF_RANGE, REQUIRED};
use crate::gln::{Gln, GlnFault};
use crate::iban::{Iban, IbanFault};
use crate::money::Money;
use crate::telephone::{Telephone, TelephoneFault};
use crate::text;
use crate::vat_number::{VatNumber, VatNumberFault};
use crate::{Environment, Faults};

/// The most characters of a reference, a code or another short text.
pub(super) const LONGEST_CODE: usize = 70;

/// The most characters of a text of several lines.
pub(super) const LONGEST_TEXT: usize = 2_000;

/// The years of which dates are taken: a slip of a digit should not wait a thousand years.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// The faults and warnings found so far.
pub(super) struct Report {
    pub(super) faults: Faults,
    pub(super) warnings: Faults,
    environment: Environment,
}

/// The text of a member, unless it is blank; without white space around it.
pub(super) fn present(member: &Option<String>) -> Option<&str> {
    member.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// The path of an element of a list.
pub(super) fn element(list: &str, place: usize) -> String {
    format!("{list}[{place}]")
}

impl Report {
    pub(super) const fn new(environment: Environment) -> Self {
        Self { faults: Faults::new(), warnings: Faults::new(), environment }
    }

    pub(super) fn fault(&mut self, at: impl Display, fault: &impl Coded) {
        self.faults.add(at.to_string(), fault.code(), fault.to_string());
    }

    pub(super) fn add(&mut self, at: impl Display, code: &'static str, message: impl Into<String>) {
        self.faults.add(at.to_string(), code, message.into());
    }

    /// A fault in production, a warning in sandbox.
    pub(super) fn warn(&mut self, at: impl Display, code: &'static str, message: impl Into<String>) {
        let list = match self.environment {
            Environment::Production => &mut self.faults,
            Environment::Sandbox => &mut self.warnings,
        };
        list.add(at.to_string(), code, message.into());
    }

    /// A wrong check digit: a fault in production, a warning in sandbox, where `value` is taken all the same.
    fn check_digit<T>(&mut self, at: impl Display, fault: &impl Coded, value: T) -> Option<T> {
        self.warn(at, fault.code(), fault.to_string());
        (self.environment == Environment::Sandbox).then_some(value)
    }

    pub(super) fn missing(&mut self, at: impl Display, message: &'static str) {
        self.faults.add(at.to_string(), REQUIRED, message);
    }

    /// The value of a member of some form, when it is given and right.
    pub(super) fn optional<T, E: Coded>(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        parse(present(member)?).map_err(|fault| self.fault(at, &fault)).ok()
    }

    /// The value of a member that must be given.
    pub(super) fn required<T, E: Coded>(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if present(member).is_none() {
            self.missing(at, missing);
            return None;
        }
        self.optional(at, member, parse)
    }

    /// A text of one line, kept exactly as sent.
    pub(super) fn line(&mut self, at: impl Display, member: &Option<String>, most: usize) -> Option<String> {
        self.text(at, member, most, "The text contains a line break or another control character: remove it", |c| {
            !c.is_control()
        })
    }

    /// A text of one line that must be there.
    pub(super) fn needed(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: &Option<String>,
        most: usize,
    ) -> Option<String> {
        if present(member).is_none() {
            self.missing(at, missing);
            return None;
        }
        self.line(at, member, most)
    }

    /// A text that may have several lines, kept exactly as sent.
    pub(super) fn lines(&mut self, at: impl Display, member: &Option<String>) -> Option<String> {
        self.text(
            at,
            member,
            LONGEST_TEXT,
            "The text contains a control character that is no line break: remove it",
            |c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'),
        )
    }

    /// A text of characters that can be printed and can stand in XML (XML 1.0 section 2.2): it goes into Finvoice.
    fn text(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        most: usize,
        message: &'static str,
        takes: impl Fn(char) -> bool,
    ) -> Option<String> {
        present(member)?;
        let text = member.as_deref()?;
        if let Err(fault) = text::check(text, most) {
            self.fault(at, &fault);
            return None;
        }
        if text.chars().any(|c| !takes(c) || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            self.add(at, "control_character", message);
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn date(&mut self, at: impl Display, member: &Option<String>) -> Option<CalendarDate> {
        let date = match CalendarDate::parse(present(member)?) {
            Ok(date) => date,
            Err(fault) => {
                self.fault(at, &fault);
                return None;
            }
        };
        if !YEARS.contains(&date.year()) {
            self.add(at, OUT_OF_RANGE, "The date must lie in the years 2000 to 2099: check its year");
            return None;
        }
        Some(date)
    }

    pub(super) fn money(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        currency: Option<CurrencyCode>,
    ) -> Option<Money> {
        let currency = currency?;
        self.optional(at, member, |text| Money::parse(text, currency))
    }

    pub(super) fn business_id(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        country: Option<CountryCode>,
    ) -> Option<BusinessCode> {
        let read = BusinessCode::parse(present(member)?, country?);
        self.verified(at, read, |fault| match fault {
            BusinessCodeFault::CheckDigit { code } => Some(code.clone()),
            _ => None,
        })
    }

    pub(super) fn vat_code(&mut self, at: impl Display, member: &Option<String>) -> Option<VatNumber> {
        let read = VatNumber::parse(present(member)?);
        self.verified(at, read, |fault| match fault {
            VatNumberFault::CheckDigits { number } => Some(number.clone()),
            _ => None,
        })
    }

    pub(super) fn gln(&mut self, at: impl Display, member: &Option<String>) -> Option<Gln> {
        let read = Gln::parse(present(member)?);
        self.verified(at, read, |fault| match fault {
            GlnFault::CheckDigit { gln } => Some(gln.clone()),
            GlnFault::Format => None,
        })
    }

    /// An account. In sandbox, one with wrong check digits or of a wrong length is a warning and left out, so that no
    /// account that does not exist is ever printed: the documentation's own example has one.
    pub(super) fn iban(&mut self, at: impl Display, member: &Option<String>) -> Option<Iban> {
        match Iban::parse(present(member)?) {
            Ok(iban) => Some(iban),
            Err(fault @ (IbanFault::CheckDigits | IbanFault::Length { .. })) => {
                self.warn(at, fault.code(), fault.to_string());
                None
            }
            Err(fault) => {
                self.fault(at, &fault);
                None
            }
        }
    }

    pub(super) fn bic(&mut self, at: impl Display, member: &Option<String>) -> Option<Bic> {
        self.optional(at, member, Bic::parse)
    }

    pub(super) fn telephone(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        country: Option<CountryCode>,
    ) -> Option<Telephone> {
        match Telephone::parse(present(member)?, country) {
            Ok(number) => Some(number),
            // That the country is missing or wrong has a fault of its own, where one is needed.
            Err(TelephoneFault::NoCountry) => None,
            Err(fault) => {
                self.fault(at, &fault);
                None
            }
        }
    }

    /// A value of a form of which the sandbox takes wrong check digits, as `split` finds them in the fault.
    pub(super) fn verified<T, E: Coded>(
        &mut self,
        at: impl Display,
        read: Result<T, E>,
        split: impl FnOnce(&E) -> Option<T>,
    ) -> Option<T> {
        read.or_else(|fault| match split(&fault) {
            Some(value) => self.check_digit(at, &fault, value).ok_or(()),
            None => {
                self.fault(at, &fault);
                Err(())
            }
        })
        .ok()
    }
}

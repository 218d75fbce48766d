//! What has been found of an input so far, and how members of common forms are read.

use std::fmt::{self, Display};

use crate::business_code::{BusinessCode, BusinessCodeFault};
use crate::country::CountryCode;
use crate::fault_code::{Coded, REQUIRED};
use crate::telephone::{Telephone, TelephoneFault};
use crate::text::TextFault;
use crate::vat_number::{VatNumber, VatNumberFault};
use crate::{Environment, Faults};

/// What every text of an input must be: of so many characters at most, and of which.
type TextRule = fn(&str, usize) -> Result<(), TextFault>;

/// The faults and warnings found so far.
pub(crate) struct Report {
    pub(crate) faults: Faults,
    pub(crate) warnings: Faults,
    environment: Environment,
    rule: TextRule,
}

/// The path of a member of what stands at another path. It becomes a text only where there is a fault to tell.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a, P = &'a str>(pub(crate) P, pub(crate) &'a str);

impl<P: Display> Display for Member<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The text of a member, unless it is blank; without white space around it.
pub(crate) fn present(member: &Option<String>) -> Option<&str> {
    let text = member.as_deref()?;
    // What most texts are: with printable ASCII at both ends, where there is nothing to take off.
    if let [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] = text.as_bytes() {
        return Some(text);
    }
    Some(text.trim()).filter(|text| !text.is_empty())
}

impl Report {
    pub(crate) const fn new(environment: Environment, rule: TextRule) -> Self {
        Self { faults: Faults::new(), warnings: Faults::new(), environment, rule }
    }

    #[cold]
    pub(crate) fn fault(&mut self, at: impl Display, fault: &impl Coded) {
        self.faults.add(at.to_string(), fault.code(), fault.to_string());
    }

    #[cold]
    pub(crate) fn add(&mut self, at: impl Display, code: &'static str, message: impl Into<String>) {
        self.faults.add(at.to_string(), code, message.into());
    }

    /// A fault in production, a warning in sandbox.
    pub(crate) fn warn(&mut self, at: impl Display, code: &'static str, message: impl Into<String>) {
        match self.environment {
            Environment::Production => self.add(at, code, message),
            Environment::Sandbox => self.note(at, code, message),
        }
    }

    /// A warning in both environments.
    pub(crate) fn note(&mut self, at: impl Display, code: &'static str, message: impl Into<String>) {
        self.warnings.add(at.to_string(), code, message.into());
    }

    #[cold]
    pub(crate) fn missing(&mut self, at: impl Display, message: &'static str) {
        self.faults.add(at.to_string(), REQUIRED, message);
    }

    /// The text of a member that must be given, or its fault.
    pub(crate) fn given<'a>(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: &'a Option<String>,
    ) -> Option<&'a str> {
        let text = present(member);
        if text.is_none() {
            self.missing(at, missing);
        }
        text
    }

    /// The value of a member of some form, when it is given and right.
    pub(crate) fn optional<T, E: Coded>(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.parsed(at, present(member)?, parse)
    }

    fn parsed<T, E: Coded>(
        &mut self,
        at: impl Display,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(text) {
            Ok(value) => self.ruled(at, text, value),
            Err(fault) => {
                self.fault(at, &fault);
                None
            }
        }
    }

    /// The value of a member that must be given.
    pub(crate) fn required<T, E: Coded>(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match present(member) {
            Some(text) => self.parsed(at, text, parse),
            None => {
                self.missing(at, missing);
                None
            }
        }
    }

    /// A text of `most` characters at most, kept exactly as sent.
    pub(crate) fn text(&mut self, at: impl Display, member: &Option<String>, most: usize) -> Option<String> {
        present(member)?;
        let text = member.as_deref()?;
        (self.rule)(text, most).map_err(|fault| self.fault(at, &fault)).ok()?;
        Some(text.to_owned())
    }

    /// As [`Report::text`], and takes the text out of the member where nothing is wrong with it.
    pub(crate) fn take_text(&mut self, at: impl Display, member: &mut Option<String>, most: usize) -> Option<String> {
        let text = present(member).and(member.as_deref())?;
        (self.rule)(text, most).map_err(|fault| self.fault(at, &fault)).ok()?;
        member.take()
    }

    /// As [`Report::needed`], and takes the text out of the member where nothing is wrong with it.
    pub(crate) fn take_needed(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: &mut Option<String>,
        most: usize,
    ) -> Option<String> {
        if present(member).is_none() {
            self.missing(at, missing);
            return None;
        }
        self.take_text(at, member, most)
    }

    /// A text that must be there.
    pub(crate) fn needed(
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
        self.text(at, member, most)
    }

    /// `value`, when the text that it was read of has only characters that the rule of texts allows. Forms that say how
    /// something looks in one country let much pass in others.
    fn ruled<T>(&mut self, at: impl Display, text: &str, value: T) -> Option<T> {
        (self.rule)(text, usize::MAX).map_err(|fault| self.fault(at, &fault)).ok()?;
        Some(value)
    }

    /// A value of a form of which the sandbox takes wrong check digits, as `split` finds them in the fault.
    pub(crate) fn verified<T, E: Coded>(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
        split: impl FnOnce(&E) -> Option<T>,
    ) -> Option<T> {
        let text = present(member)?;
        let fault = match parse(text) {
            Ok(value) => return self.ruled(at, text, value),
            Err(fault) => fault,
        };
        let Some(value) = split(&fault) else {
            self.fault(at, &fault);
            return None;
        };
        self.warn(at, fault.code(), fault.to_string());
        (self.environment == Environment::Sandbox).then_some(value)
    }

    /// A number in the trade register of one of `countries`, of which the first is the likeliest: its fault is told
    /// when the number is of none. Nothing without a country, whose absence has a fault of its own.
    pub(crate) fn business_code(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        countries: &[CountryCode],
    ) -> Option<BusinessCode> {
        let (first, others) = countries.split_first()?;
        let parse = |text: &str| {
            others.iter().fold(BusinessCode::parse(text, *first), |read, country| {
                let fault = match read {
                    Ok(code) => return Ok(code),
                    Err(fault) => fault,
                };
                match (BusinessCode::parse(text, *country), fault) {
                    (Ok(code), _) => Ok(code),
                    // That all but the check digit is right tells more than that the form is wrong.
                    (Err(other @ BusinessCodeFault::CheckDigit { .. }), BusinessCodeFault::Format { .. }) => Err(other),
                    (Err(_), fault) => Err(fault),
                }
            })
        };
        self.verified(at, member, parse, |fault| match fault {
            BusinessCodeFault::CheckDigit { code } => Some(code.clone()),
            _ => None,
        })
    }

    pub(crate) fn vat_number(&mut self, at: impl Display, member: &Option<String>) -> Option<VatNumber> {
        self.verified(at, member, VatNumber::parse, |fault| match fault {
            VatNumberFault::CheckDigits { number } => Some(number.clone()),
            _ => None,
        })
    }

    pub(crate) fn telephone(
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
}

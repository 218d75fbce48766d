//! Reads the members of a body, the parameters of a query and those of a path, and gathers every fault of them in the language of the answer.

use axum::extract::RawPathParams;
use domain::applicant::ApplicantFaults;
use domain::calendar::CalendarDate;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, CardNumber, CustomerNumber};
use domain::sku_data::SkuData;
use domain::{Faults, Timestamp};
use http_kit::{Flag, Problem, Query, Section, TextOrNumber};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::amount_request::read_amount;
use crate::lang::{Lang, of_two};
use crate::problem::{FieldError, wrong_inputs};

/// The longest value that an error repeats.
const LONGEST_VALUE: usize = 64;

/// What is wrong so far.
pub(crate) struct Inputs {
    lang: Lang,
    errors: Vec<FieldError>,
}

impl Inputs {
    pub(crate) const fn new(lang: Lang) -> Self {
        Self { lang, errors: Vec::new() }
    }

    /// Adds a fault of a parameter, unless it has one. `value` is what was sent, where it may be repeated.
    pub(crate) fn fault(&mut self, param: &'static str, en: &'static str, fr: &'static str, value: Option<&str>) {
        if self.errors.iter().all(|error| error.param != param) {
            let value = value.map(|value| value.chars().take(LONGEST_VALUE).collect());
            self.errors.push(FieldError { param, msg: of_two(self.lang, en, fr).into(), value });
        }
    }

    /// Members that were there twice.
    pub(crate) fn repeated(&mut self, faults: &Faults) {
        if !faults.is_empty() {
            self.fault("body", "must have each member once", "doit avoir chaque membre une seule fois", None);
        }
    }

    /// 409 with every fault, where there is any.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() { Ok(()) } else { Err(wrong_inputs(self.lang, &self.errors)) }
    }

    /// 409 with every fault, and those of an applicant.
    pub(crate) fn and(mut self, faults: ApplicantFaults) -> Problem {
        let lang = self.lang;
        self.errors.extend(faults.into_vec().into_iter().map(|fault| FieldError::of_fault(fault, lang)));
        wrong_inputs(lang, &self.errors)
    }

    /// A text or a number; a blank one is none.
    pub(crate) fn text(&mut self, param: &'static str, member: TextOrNumber, most: usize) -> Option<String> {
        match member {
            TextOrNumber::Given(text) if text.trim().is_empty() => None,
            TextOrNumber::Given(text) if text.chars().count() > most || text.chars().any(char::is_control) => {
                let (en, fr) = (
                    "must be a shorter text, without control characters",
                    "doit être un texte plus court, sans caractères de commande",
                );
                // Not repeated: it may be a code or a card.
                self.fault(param, en, fr, None);
                None
            }
            TextOrNumber::Given(text) => Some(text.trim().to_owned()),
            TextOrNumber::Absent => None,
            TextOrNumber::Wrong(_) => {
                self.fault(param, "must be a text", "doit être un texte", None);
                None
            }
        }
    }

    /// The same, which must be there.
    pub(crate) fn required(&mut self, param: &'static str, member: TextOrNumber, most: usize) -> Option<String> {
        let text = self.text(param, member, most);
        if text.is_none() {
            self.fault(param, "must be there", "doit être présent", None);
        }
        text
    }

    /// An amount above zero; none where it is not there.
    pub(crate) fn amount(&mut self, param: &'static str, member: TextOrNumber) -> Option<Cents> {
        if member == TextOrNumber::Absent { None } else { self.required_amount(param, member) }
    }

    /// An amount that must be there.
    pub(crate) fn required_amount(&mut self, param: &'static str, member: TextOrNumber) -> Option<Cents> {
        read_amount(param, member, self.lang, &mut self.errors)
    }

    /// A boolean.
    pub(crate) fn flag(&mut self, param: &'static str, member: Flag) -> Option<bool> {
        match member {
            Flag::Given(flag) => Some(flag),
            Flag::Absent => None,
            Flag::Wrong(_) => {
                self.fault(param, "must be true or false", "doit être true ou false", None);
                None
            }
        }
    }

    /// A small whole number. One that is too large for a byte is the largest: no plan and no term has it.
    pub(crate) fn small(&mut self, param: &'static str, member: TextOrNumber) -> Option<u8> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().unwrap_or(u8::MAX));
        if number.is_none() {
            self.fault(param, "must be a whole number", "doit être un nombre entier", Some(&text));
        }
        number
    }

    /// The number of an account.
    pub(crate) fn account(&mut self, param: &'static str, member: TextOrNumber) -> Option<AccountNumber> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let number = AccountNumber::parse(&text).ok();
        if number.is_none() {
            let (en, fr) = (
                "must be the 14 digits of an account number, the last of which is a check digit",
                "doit être les 14 chiffres d'un numéro de compte, dont le dernier est un chiffre de contrôle",
            );
            self.fault(param, en, fr, Some(&text));
        }
        number
    }

    /// Digits, so many at most.
    pub(crate) fn digits(&mut self, param: &'static str, member: TextOrNumber, most: usize) -> Option<i64> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let is_number = (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number);
        if number.is_none() {
            let msg = match self.lang {
                Lang::English => format!("must be a number of at most {most} digits"),
                Lang::French => format!("doit être un numéro d'au plus {most} chiffres"),
            };
            // Not repeated: it may be a card.
            self.errors.push(FieldError { param, msg: msg.into(), value: None });
        }
        number
    }

    /// The number that a list is filtered by: of so many digits at most. One that there can't be is of no record, as one that there is not.
    pub(crate) fn filter(&mut self, query: &mut Query, param: &'static str, most: usize) -> Option<i64> {
        let member = self.query(query, param);
        self.digits(param, member, most)
    }

    /// What is told of goods: an object of any members.
    pub(crate) fn sku_data(&mut self, member: Section<Map<String, Value>>) -> Option<SkuData> {
        const PARAM: &str = "sku_data";
        match member {
            Section::Absent => None,
            Section::Given(members) => SkuData::new(*members).unwrap_or_else(|_| {
                let (en, fr) =
                    ("is too large: send 16 KiB of JSON at most", "est trop grand : envoyez au plus 16 Kio de JSON");
                self.fault(PARAM, en, fr, None);
                None
            }),
            Section::Wrong(_) => {
                self.fault(PARAM, "must be an object", "doit être un objet", None);
                None
            }
        }
    }

    /// The number of a card. It is a secret, and not repeated.
    pub(crate) fn card(&mut self, param: &'static str, member: TextOrNumber) -> Option<CardNumber> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let number = CardNumber::parse(&text).ok();
        if number.is_none() {
            let (en, fr) = (
                "must be the 16 digits of a card, the last of which is a check digit",
                "doit être les 16 chiffres d'une carte, dont le dernier est un chiffre de contrôle",
            );
            self.fault(param, en, fr, None);
        }
        number
    }

    /// The number of a customer.
    pub(crate) fn customer(&mut self, param: &'static str, member: TextOrNumber) -> Option<CustomerNumber> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let number = CustomerNumber::parse(&text).ok();
        if number.is_none() {
            let (en, fr) = (
                "must be the 10 digits of a customer number, the last of which is a check digit",
                "doit être les 10 chiffres d'un numéro de client, dont le dernier est un chiffre de contrôle",
            );
            self.fault(param, en, fr, Some(&text));
        }
        number
    }

    /// A GUID.
    pub(crate) fn guid(&mut self, param: &'static str, member: TextOrNumber) -> Option<Uuid> {
        let text = self.text(param, member, LONGEST_VALUE)?;
        let guid = Uuid::try_parse(&text).ok();
        if guid.is_none() {
            self.fault(param, "must be a GUID", "doit être un GUID", Some(&text));
        }
        guid
    }

    /// A parameter of a query.
    pub(crate) fn query(&mut self, query: &mut Query, param: &'static str) -> TextOrNumber {
        query.text(param).map_or(TextOrNumber::Absent, TextOrNumber::Given)
    }

    /// A boolean of a query.
    pub(crate) fn choice(&mut self, query: &mut Query, param: &'static str) -> Option<bool> {
        let text = query.text(param)?;
        let choice = text.parse().ok();
        if choice.is_none() {
            self.fault(param, "must be true or false", "doit être true ou false", Some(&text));
        }
        choice
    }

    /// What of a query could not be read.
    pub(crate) fn query_faults(&mut self, query: Query, params: &[&'static str]) {
        for fault in query.into_faults().as_slice() {
            if let Some(param) = params.iter().copied().find(|param| *param == fault.field) {
                let (en, fr) =
                    ("must be there once, in percent-encoding", "doit être présent une seule fois, en codage pourcent");
                self.fault(param, en, fr, None);
            }
        }
    }

    /// A whole number of a query, from 1 on.
    pub(crate) fn count(&mut self, query: &mut Query, param: &'static str, (usual, most): (u32, u32)) -> u32 {
        let Some(text) = query.text(param) else { return usual };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number) && !text.starts_with('+'));
        if number.is_none() {
            let (en, fr) = (
                "must be a whole number from 1 on, and not beyond the most",
                "doit être un nombre entier à partir de 1, sans dépasser le maximum",
            );
            self.fault(param, en, fr, Some(&text));
        }
        number.unwrap_or(usual)
    }

    /// When a day of a query begins, in UTC.
    pub(crate) fn day(&mut self, query: &mut Query, param: &'static str, after: u32) -> Option<Timestamp> {
        let text = query.text(param)?;
        let date = CalendarDate::parse(&text).ok();
        if date.is_none() {
            let (en, fr) = ("must be a date, YYYY-MM-DD", "doit être une date, AAAA-MM-JJ");
            self.fault(param, en, fr, Some(&text));
        }
        let seconds = date?.days_after(after).date().midnight().assume_utc().unix_timestamp();
        Some(Timestamp::from_micros(seconds.saturating_mul(1_000_000)))
    }
}

/// A part of the path.
pub(crate) fn part<'p>(parameters: &'p RawPathParams, name: &str) -> &'p str {
    parameters.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value)
}

//! What an invoice is: its number, type, dates, currency and language.

use std::fmt;

use super::draft::HeaderDraft;
use super::report::{LONGEST_TEXT, Report, present};
use crate::calendar::CalendarDate;
use crate::client::NewClient;
use crate::currency::CurrencyCode;
use crate::fault_code::{Coded, OUT_OF_RANGE};
use crate::language::LanguageCode;
use crate::money::Money;

/// The number that a client gives its invoice: unique among its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct InvoiceNumber(i64);

/// The number is none of 1 to 9007199254740991.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("An invoice number is 1 to {}: use one of these", InvoiceNumber::LARGEST)]
pub struct InvoiceNumberFault;

impl Coded for InvoiceNumberFault {
    fn code(&self) -> &'static str {
        OUT_OF_RANGE
    }
}

impl InvoiceNumber {
    /// The largest number: that up to which every reader of JSON tells integers apart (RFC 8259 section 6).
    pub const LARGEST: i64 = 9_007_199_254_740_991;

    /// Takes a number of 1 to [`InvoiceNumber::LARGEST`].
    ///
    /// # Errors
    /// [`InvoiceNumberFault`] for any other.
    pub const fn new(number: i64) -> Result<Self, InvoiceNumberFault> {
        if number >= 1 && number <= Self::LARGEST { Ok(Self(number)) } else { Err(InvoiceNumberFault) }
    }

    /// The number, as it is stored.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for InvoiceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InvoiceType {
    /// An invoice (380 of UNTDID 1001).
    Invoice,
    /// A credit note (381), whose amounts are positive.
    CreditNote,
}

/// The text is none of [`InvoiceType::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The invoice type is unknown: use INVOICE or CREDIT_NOTE")]
pub struct UnknownInvoiceType;

impl Coded for UnknownInvoiceType {
    fn code(&self) -> &'static str {
        "unknown_invoice_type"
    }
}

impl InvoiceType {
    /// Every type.
    pub const ALL: [Self; 2] = [Self::Invoice, Self::CreditNote];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownInvoiceType`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownInvoiceType> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownInvoiceType)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "INVOICE",
            Self::CreditNote => "CREDIT_NOTE",
        }
    }
}

impl fmt::Display for InvoiceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The header of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its number.
    pub number: InvoiceNumber,
    /// Its type.
    pub kind: InvoiceType,
    /// The day that it is of.
    pub date: CalendarDate,
    /// The day on which it must be paid; not before `date`.
    pub due_date: CalendarDate,
    /// What it is for, as sent.
    pub description: Option<String>,
    /// What else is to be said, as sent.
    pub additional_information: Option<String>,
    /// The currency of all its amounts, which has a minor unit.
    pub currency: CurrencyCode,
    /// The language that it is written in.
    pub language: LanguageCode,
}

/// What of a header is right, for the rules that depend on it.
pub(super) struct HeaderParts {
    pub(super) kind: Option<InvoiceType>,
    pub(super) number: Option<InvoiceNumber>,
    pub(super) date: Option<CalendarDate>,
    pub(super) due_date: Option<CalendarDate>,
    pub(super) currency: Option<CurrencyCode>,
    pub(super) header: Option<Header>,
}

/// `credits` tells whether an invoice is named that is credited: the documentation leaves the type of such a one open,
/// so that without a type it is a credit note.
pub(super) fn read(draft: &HeaderDraft, credits: bool, client: &NewClient, report: &mut Report) -> HeaderParts {
    let number = match draft.number.map(InvoiceNumber::new) {
        None => {
            report.missing("invoice.header.number", "An invoice needs a number");
            None
        }
        Some(Err(fault)) => {
            report.fault("invoice.header.number", &fault);
            None
        }
        Some(Ok(number)) => Some(number),
    };
    let kind = match present(&draft.kind) {
        None if credits => Some(InvoiceType::CreditNote),
        None => Some(InvoiceType::Invoice),
        Some(_) => report.optional("invoice.header.type", &draft.kind, InvoiceType::parse),
    };
    if present(&draft.date).is_none() {
        report.missing("invoice.header.date", "An invoice needs a date");
    }
    let date = report.date("invoice.header.date", &draft.date);
    let due_date = if present(&draft.due_date).is_some() {
        report.date("invoice.header.dueDate", &draft.due_date)
    } else if kind == Some(InvoiceType::CreditNote) {
        date
    } else {
        report.missing("invoice.header.dueDate", "An invoice needs a due date");
        None
    };
    if let (Some(date), Some(due_date)) = (date, due_date)
        && due_date < date
    {
        report.add(
            "invoice.header.dueDate",
            "due_date_before_date",
            format!("The due date is before the date of the invoice, {date}: set it to that day or later"),
        );
    }
    let description = report.text("invoice.header.description", &draft.description, LONGEST_TEXT);
    let additional_information =
        report.text("invoice.header.additionalInformation", &draft.additional_information, LONGEST_TEXT);
    let currency = match present(&draft.currency_code) {
        None => Some(client.currency_code),
        Some(_) => report.optional("invoice.header.currencyCode", &draft.currency_code, CurrencyCode::parse),
    };
    let currency = currency.filter(|currency| match Money::zero(*currency) {
        Ok(_) => true,
        Err(fault) => {
            report.fault("invoice.header.currencyCode", &fault);
            false
        }
    });
    let language = match present(&draft.language_code) {
        None => Some(client.language_code),
        Some(_) => report.optional("invoice.header.languageCode", &draft.language_code, LanguageCode::parse),
    };
    let header = (|| {
        Some(Header {
            number: number?,
            kind: kind?,
            date: date?,
            due_date: due_date?,
            description,
            additional_information,
            currency: currency?,
            language: language?,
        })
    })();
    HeaderParts { kind, number, date, due_date, currency, header }
}

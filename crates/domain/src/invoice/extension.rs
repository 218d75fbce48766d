//! What the seller wants to happen after the due date, and who has bought the claim: ours, since the documentation
//! names only the members.

use super::draft::{CollectionDraft, ExtensionsDraft, FactoringDraft, InterestDraft};
use super::report::{LONGEST_CODE, LONGEST_TEXT, Member, Report, present};
use crate::bic::Bic;
use crate::currency::CurrencyCode;
use crate::fault_code::{Coded, NOT_COMBINABLE, OUT_OF_RANGE};
use crate::iban::Iban;
use crate::money::Money;
use crate::percent::Percent;
use crate::text::LONGEST_LINE;

/// The longest span that may be waited, in days.
const LONGEST_WAIT: u16 = 365;

/// The extensions of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Extensions {
    /// How it is collected; as agreed with the client when there is nothing.
    pub collection: Option<Collection>,
    /// What a late payment costs; what the law says when there is nothing.
    pub interest: Option<Interest>,
    /// Who has bought the claim.
    pub factoring: Option<Factoring>,
}

/// How an unpaid invoice is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Collection {
    /// Whether it is collected at all.
    pub enabled: bool,
    /// Days from the due date to the first reminder, 1 to 365.
    pub reminder_after_days: Option<u16>,
    /// Days from the due date to the transfer to collection, 1 to 365; after the reminder.
    pub collection_after_days: Option<u16>,
    /// What a reminder costs the buyer.
    pub reminder_fee: Option<Money>,
}

/// The interest on a late payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Interest {
    /// What the law of the seller's country says.
    Statutory,
    /// This much a year.
    Fixed(Percent),
    /// None.
    None,
}

/// The kind of interest is unknown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The kind of interest is unknown: use STATUTORY, FIXED or NONE")]
struct UnknownInterest;

impl Coded for UnknownInterest {
    fn code(&self) -> &'static str {
        "unknown_interest_type"
    }
}

impl Interest {
    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Statutory => "STATUTORY",
            Self::Fixed(_) => "FIXED",
            Self::None => "NONE",
        }
    }

    /// Its rate, where the invoice says one.
    #[must_use]
    pub const fn percent(self) -> Option<Percent> {
        match self {
            Self::Fixed(percent) => Some(percent),
            Self::Statutory | Self::None => None,
        }
    }
}

/// A claim that was sold: the buyer pays the financier.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Factoring {
    /// The financier's number of the agreement, as sent.
    pub agreement: String,
    /// The financier, as sent.
    pub financier: String,
    /// Its account, to which the invoice is paid; the seller's when there is none.
    pub iban: Option<Iban>,
    /// The bank of that account.
    pub bic: Option<Bic>,
    /// The notice of the transfer that stands on the invoice, as sent.
    pub notice: Option<String>,
}

/// `collects` is whether an invoice of which nothing is said is collected: the buyer may rule it out.
pub(super) fn read(
    draft: &ExtensionsDraft,
    collects: bool,
    currency: Option<CurrencyCode>,
    report: &mut Report,
) -> Extensions {
    Extensions {
        collection: collection(&draft.collection, collects, currency, report),
        interest: interest(&draft.interest, report),
        factoring: factoring(&draft.factoring, report),
    }
}

fn collection(
    draft: &CollectionDraft,
    collects: bool,
    currency: Option<CurrencyCode>,
    report: &mut Report,
) -> Option<Collection> {
    let nothing = draft.enabled.is_none()
        && draft.reminder_after_days.is_none()
        && draft.collection_after_days.is_none()
        && draft.reminder_fee.is_none();
    if nothing {
        return None;
    }
    let mut days = |name: &str, days: Option<i64>| {
        let days = days?;
        let read = u16::try_from(days).ok().filter(|days| (1..=LONGEST_WAIT).contains(days));
        if read.is_none() {
            let at = Member("invoice.extensions.collection", name);
            report.add(at, OUT_OF_RANGE, format!("The number of days is 1 to {LONGEST_WAIT}"));
        }
        read
    };
    let reminder_after_days = days("reminderAfterDays", draft.reminder_after_days);
    let collection_after_days = days("collectionAfterDays", draft.collection_after_days);
    if let (Some(reminder), Some(collection)) = (reminder_after_days, collection_after_days)
        && collection <= reminder
    {
        report.add(
            "invoice.extensions.collection.collectionAfterDays",
            OUT_OF_RANGE,
            format!("An invoice is collected after its reminder: use more than {reminder} days"),
        );
    }
    let at = "invoice.extensions.collection.reminderFee";
    let reminder_fee = report.money(at, draft.reminder_fee, currency);
    if reminder_fee.is_some_and(Money::is_negative) {
        report.add(at, "negative_amount", "A fee can't be negative: use zero or more");
    }
    Some(Collection {
        enabled: draft.enabled.unwrap_or(collects),
        reminder_after_days,
        collection_after_days,
        reminder_fee,
    })
}

fn interest(draft: &InterestDraft, report: &mut Report) -> Option<Interest> {
    const PERCENT: &str = "invoice.extensions.interest.percent";
    let percent = report.number(PERCENT, draft.percent, Percent::exact);
    let given = draft.percent.is_some();
    let kind = match present(&draft.kind) {
        // A rate alone says enough.
        None if given => "FIXED",
        None => return None,
        Some(kind) => kind,
    };
    let interest = match kind {
        "STATUTORY" => Interest::Statutory,
        "NONE" => Interest::None,
        "FIXED" => {
            if !given {
                report.missing(PERCENT, "Fixed interest needs its rate");
            }
            return percent.map(Interest::Fixed);
        }
        _ => {
            report.fault("invoice.extensions.interest.type", &UnknownInterest);
            return None;
        }
    };
    if given {
        report.add(PERCENT, NOT_COMBINABLE, "Only fixed interest has a rate: leave it out, or make the type FIXED");
    }
    Some(interest)
}

fn factoring(draft: &FactoringDraft, report: &mut Report) -> Option<Factoring> {
    let all = [&draft.agreement, &draft.financier, &draft.iban, &draft.bic, &draft.notice];
    if all.into_iter().all(|member| present(member).is_none()) {
        return None;
    }
    let agreement = report.needed(
        "invoice.extensions.factoring.agreement",
        "A claim that was sold needs the number of the agreement",
        &draft.agreement,
        LONGEST_CODE,
    );
    let financier = report.needed(
        "invoice.extensions.factoring.financier",
        "A claim that was sold needs the name of the financier",
        &draft.financier,
        LONGEST_LINE,
    );
    let iban = report.optional("invoice.extensions.factoring.iban", &draft.iban, Iban::parse);
    let bic = report.optional("invoice.extensions.factoring.bic", &draft.bic, Bic::parse).filter(|_| iban.is_some());
    let notice = report.text("invoice.extensions.factoring.notice", &draft.notice, LONGEST_TEXT);
    Some(Factoring { agreement: agreement?, financier: financier?, iban, bic, notice })
}

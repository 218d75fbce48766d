//! Where an invoice is paid to.

use super::draft::PaymentDraft;
use super::report::{Report, present};
use crate::bic::Bic;
use crate::client::NewClient;
use crate::country::CountryCode;
use crate::fault_code::{Coded, NOT_COMBINABLE, REQUIRED};
use crate::giro::{Bankgiro, Plusgiro};
use crate::iban::{Iban, IbanFault};
use crate::payment_reference::ReferenceKind;

/// The accounts of the seller. An invoice has one at least, in production, unless the claim was sold to a financier who
/// is paid instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentDetails {
    /// A bank account.
    pub iban: Option<Iban>,
    /// Its bank.
    pub bic: Option<Bic>,
    /// A Swedish bankgiro number.
    pub bankgiro: Option<Bankgiro>,
    /// A Swedish plusgiro number: `postgiro` of the documentation.
    pub plusgiro: Option<Plusgiro>,
}

impl PaymentDetails {
    /// Whether there is no account.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.iban.is_none() && self.bankgiro.is_none() && self.plusgiro.is_none()
    }

    /// The country whose references a payment to them has: that of the bank account, or of the seller, `country`, who
    /// has none at all. A giro has its own.
    fn reference_country(&self, country: CountryCode) -> &str {
        match &self.iban {
            Some(iban) => &iban.as_str()[..2],
            None if self.is_empty() => country.as_str(),
            None => "",
        }
    }

    const fn has_giro(&self) -> bool {
        self.bankgiro.is_some() || self.plusgiro.is_some()
    }

    /// The kind of reference that is made for a payment to them, by a seller of `country`: the Finnish one for a
    /// Finnish account, and for a Finnish seller without one; an OCR number where there is but a giro, which takes
    /// nothing else; otherwise the creditor reference.
    #[must_use]
    pub fn reference_kind(&self, country: CountryCode) -> ReferenceKind {
        match self.reference_country(country) {
            "FI" | "AX" => ReferenceKind::Finnish,
            _ if self.iban.is_none() && self.has_giro() => ReferenceKind::Ocr,
            _ => ReferenceKind::Rf,
        }
    }

    /// The kinds of references that may be given for a payment to them, by a seller of `country`: the creditor
    /// reference and the Finnish one everywhere, and what is usual for the account. Digits that are right by two kinds
    /// are of the earlier one.
    #[must_use]
    pub fn reference_kinds(&self, country: CountryCode) -> Vec<ReferenceKind> {
        let mut kinds = vec![ReferenceKind::Rf];
        kinds.extend(match self.reference_country(country) {
            "FI" | "AX" => Some(ReferenceKind::Finnish),
            "SE" => Some(ReferenceKind::Ocr),
            "NO" => Some(ReferenceKind::Kid),
            "DK" => Some(ReferenceKind::Fik),
            _ => None,
        });
        kinds.extend(self.has_giro().then_some(ReferenceKind::Ocr));
        kinds.push(ReferenceKind::Finnish);
        kinds
    }
}

const IBAN: &str = "invoice.parties.sellerParty.paymentDetails.iban";
const BIC: &str = "invoice.parties.sellerParty.paymentDetails.bic";
const BANKGIRO: &str = "invoice.parties.sellerParty.paymentDetails.bankgiro";
const PLUSGIRO: &str = "invoice.parties.sellerParty.paymentDetails.postgiro";

/// The accounts that the invoice names, or the client's own where it names none.
///
/// One that is none of those that the client has registered is taken, with a warning: companies have more accounts than
/// they tell, and pledge them. But whoever has stolen a key could so have invoices paid to a stranger, so that the
/// warning is there in both environments. To refuse such invoices is to be a setting of the operator.
pub(super) fn read(draft: &PaymentDraft, needed: bool, client: &NewClient, report: &mut Report) -> PaymentDetails {
    let iban = iban(draft, report);
    let bic = report.optional(BIC, &draft.bic, Bic::parse);
    let bankgiro = report.optional(BANKGIRO, &draft.bankgiro, Bankgiro::parse);
    let plusgiro = report.optional(PLUSGIRO, &draft.postgiro, Plusgiro::parse);
    if bic.is_some() && present(&draft.iban).is_none() {
        let message = "A BIC is that of an account: give its IBAN as well, or leave the BIC out";
        report.add(BIC, NOT_COMBINABLE, message);
    }
    // A bank belongs to its account.
    let bic = bic.filter(|_| iban.is_some());
    let given = PaymentDetails { iban, bic, bankgiro, plusgiro };
    let own = PaymentDetails {
        iban: client.iban_account.clone(),
        bic: client.bic.clone(),
        bankgiro: client.bankgiro.clone(),
        plusgiro: client.plusgiro.clone(),
    };
    if !given.is_empty() {
        compare(&given, &own, report);
        return given;
    }
    if needed && own.is_empty() {
        report.warn(
            IBAN,
            REQUIRED,
            "An invoice needs an account to be paid to: give an IBAN, a bankgiro or a postgiro",
        );
    }
    own
}

/// The bank account. One of a wrong length is in sandbox a warning and left out, so that no account that does not exist
/// is ever printed: the example of the documentation has one.
fn iban(draft: &PaymentDraft, report: &mut Report) -> Option<Iban> {
    let fault = match Iban::parse(present(&draft.iban)?) {
        Ok(iban) => return Some(iban),
        Err(fault) => fault,
    };
    match fault {
        IbanFault::Length { .. } => report.warn(IBAN, fault.code(), fault.to_string()),
        _ => report.fault(IBAN, &fault),
    }
    None
}

fn compare(given: &PaymentDetails, own: &PaymentDetails, report: &mut Report) {
    // There is nothing to compare with.
    if own.is_empty() {
        return;
    }
    let differs = [
        (IBAN, given.iban.is_some() && given.iban != own.iban),
        (BANKGIRO, given.bankgiro.is_some() && given.bankgiro != own.bankgiro),
        (PLUSGIRO, given.plusgiro.is_some() && given.plusgiro != own.plusgiro),
    ];
    for (at, _) in differs.into_iter().filter(|(_, differs)| *differs) {
        let message = "The account is none that the client has registered: register it, or use one that is";
        report.note(at, "account_differs", message);
    }
}

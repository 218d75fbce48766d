//! Where an invoice is paid to.

use super::draft::PaymentDraft;
use super::report::{Report, present};
use crate::bic::Bic;
use crate::client::NewClient;
use crate::fault_code::{NOT_COMBINABLE, REQUIRED};
use crate::giro::{Bankgiro, Plusgiro};
use crate::iban::Iban;
use crate::payment_reference::ReferenceKind;

/// The accounts of the seller. An invoice has one at least, in production.
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

    /// The kind of reference that is made for a payment to them, by a seller of `country`: the Finnish one for a
    /// Finnish account, and for a Finnish seller without one, else the creditor reference.
    #[must_use]
    pub fn reference_kind(&self, country: crate::country::CountryCode) -> ReferenceKind {
        let of = self.iban.as_ref().map_or(country.as_str(), |iban| &iban.as_str()[..2]);
        if matches!(of, "FI" | "AX") { ReferenceKind::Finnish } else { ReferenceKind::Rf }
    }
}

const IBAN: &str = "invoice.parties.sellerParty.paymentDetails.iban";

/// The accounts that the invoice names, or the client's own where it names none, or in sandbox only a wrong one.
pub(super) fn read(draft: &PaymentDraft, needed: bool, client: &NewClient, report: &mut Report) -> PaymentDetails {
    let iban = report.iban(IBAN, &draft.iban);
    let bic = report.bic("invoice.parties.sellerParty.paymentDetails.bic", &draft.bic);
    let bankgiro =
        report.optional("invoice.parties.sellerParty.paymentDetails.bankgiro", &draft.bankgiro, Bankgiro::parse);
    let plusgiro =
        report.optional("invoice.parties.sellerParty.paymentDetails.postgiro", &draft.postgiro, Plusgiro::parse);
    if bic.is_some() && present(&draft.iban).is_none() {
        report.add(
            "invoice.parties.sellerParty.paymentDetails.bic",
            NOT_COMBINABLE,
            "A BIC is that of an account: give its IBAN as well, or leave the BIC out",
        );
    }
    // A bank belongs to its account.
    let bic = bic.filter(|_| iban.is_some());
    let given = PaymentDetails { iban, bic, bankgiro, plusgiro };
    if !given.is_empty() {
        return given;
    }
    let own = PaymentDetails {
        iban: client.iban_account.clone(),
        bic: client.bic.clone(),
        bankgiro: client.bankgiro.clone(),
        plusgiro: client.plusgiro.clone(),
    };
    if needed && own.is_empty() {
        report.warn(
            IBAN,
            REQUIRED,
            "An invoice needs an account to be paid to: give an IBAN, a bankgiro or a postgiro",
        );
    }
    own
}

//! Why there is no Finvoice message.

use domain::currency::CurrencyCode;
use domain::money::MoneyFault;

/// An invoice could not be made into a Finvoice message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinvoiceFault {
    /// It names no account that it is paid to, and the format wants one, of credit notes too (`EpiAccountID`).
    #[error("An e-invoice needs an account to be paid to: give an IBAN, a bankgiro or a postgiro")]
    NoAccount,
    /// What is to be paid has more than two decimals, which the format can't say (`EpiInstructedAmount`).
    #[error("An e-invoice asks for amounts of two decimals at most: round what is to be paid in {currency}")]
    Decimals {
        /// The currency, which has more.
        currency: CurrencyCode,
    },
    /// Its amounts don't add up to something that is an amount: it was not checked.
    #[error(transparent)]
    Amount(#[from] MoneyFault),
    /// The document could not be written. The input can't be the cause: it is a fault of ours.
    #[error("the Finvoice message could not be written: {0}")]
    Xml(String),
}

//! Invoices: what a client sends of one, and what it is when every rule holds (the contract's section "Invoices and
//! distribution"). [`check()`] leads from one to the other and tells every fault at once, by the path of its member:
//! `invoice.rows.3.amount`, the first of a list being 0.
//!
//! The documented members keep their names. Where the documentation ends, these are the rules:
//!
//! - Amounts of a row are without VAT; a row's `amount` is its quantity times its unit price less its discount, rounded
//!   once. A discount is given in percent or as an amount, or as both when they agree; zero is none.
//! - VAT is reckoned per rate and category over the sum of their rows, not per row (EN 16931-1 rule BR-CO-17). How
//!   amounts are rounded is in [`crate::money`].
//! - `amounts.grossAmount` must be given, so that the sender and we agree on what the buyer is asked for; every other
//!   total and amount may be left out and is checked to the cent when it is given.
//! - A price is never negative. A quantity may be: a return, a deposit, an estimate that is settled. The total is never
//!   negative, of an invoice or of a credit note: a credit note has positive amounts and its type says the direction,
//!   as type 381 of EN 16931.
//! - 1 to [`MOST_ROWS`] rows. An invoice of more is split; that many fill some forty pages.
//! - An invoice needs a date of 2000 to 2099 and a due date on that day or later; a credit note without a due date has
//!   its own date.
//! - What the seller does not say of itself is taken from the client's own data. It must be the client: the business id
//!   is compared. Its account need not be one that the client has registered, but then there is a warning.
//! - A payment reference is of a kind that the account takes ([`PaymentDetails::reference_kinds`]), or is made.
//! - Texts are kept exactly as sent, line breaks and tabs included. What XML can't hold is refused
//!   ([`crate::text::check_xml`]).

mod amounts;
mod attachment;
mod check;
mod delivery;
mod draft;
mod extension;
mod header;
mod party;
mod payment;
mod reference;
mod report;
mod row;
mod term;

pub use amounts::{Totals, VatTotal};
pub use attachment::{Attachment, MOST_ATTACHMENT_BYTES, MOST_ATTACHMENTS};
pub use check::{Checked, Issuer, NewInvoice, Processing, check};
pub use delivery::{Delivery, EInvoiceAddress, EInvoiceAddressFault, EInvoiceCode};
pub use draft::{
    AddressDraft, AmountsDraft, AttachmentDraft, BuyerDraft, CollectionDraft, ContactDraft, DeliveryPartyDraft,
    DistributionDraft, ExtensionsDraft, FactoringDraft, HeaderDraft, InterestDraft, InvoiceDraft, NumberDraft,
    PaymentDraft, ProcessingDraft, RecipientDraft, ReferencesDraft, RowDraft, SellerDraft, TermsDraft, VatTotalDraft,
};
pub use extension::{Collection, Extensions, Factoring, Interest};
pub use header::{Header, InvoiceNumber, InvoiceNumberFault, InvoiceType, UnknownInvoiceType};
pub use party::{Address, Buyer, Contact, DeliveryParty, EntityType, Parties, Recipient, Seller, UnknownEntityType};
pub use payment::PaymentDetails;
pub use reference::References;
pub use row::{MOST_ROWS, Row, Vat};
pub use term::{CashDiscount, Terms};

#[cfg(test)]
mod tests;

//! How and where an invoice is sent.

use super::draft::{DistributionDraft, InvoiceDraft};
use super::party::{Address, BUYER, Buyer, RECIPIENT, Recipient, has_lines};
use super::report::{Member, Report, present};
use crate::distribution::DistributionMethod;
use crate::email::Email;
use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The most characters of a code: `EInvoiceAddress` of Finvoice 3.0.
const LONGEST: usize = 35;

/// An e-invoice address or the identifier of an operator, as sent: `003707375462`, `0216:003707375462`,
/// `FI2112345600000785`, `DABAFIHH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EInvoiceCode(String);

stored_text!(EInvoiceCode);

/// The text is no e-invoice address and no operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "The e-invoice address or operator is not valid: write its 1 to {LONGEST} letters, digits and : . _ - like 003707375462"
)]
pub struct EInvoiceAddressFault;

impl Coded for EInvoiceAddressFault {
    fn code(&self) -> &'static str {
        "e_invoice_address_format"
    }
}

impl EInvoiceCode {
    /// Reads an address or operator. Spaces are dropped, since IBANs are among them.
    ///
    /// # Errors
    /// [`EInvoiceAddressFault`], unless it is 1 to 35 ASCII letters, digits and `: . _ -`.
    pub fn parse(text: &str) -> Result<Self, EInvoiceAddressFault> {
        let code: String = text.chars().filter(|c| *c != ' ').take(LONGEST + 1).collect();
        let fits = (1..=LONGEST).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'_' | b'-'));
        if fits { Ok(Self(code)) } else { Err(EInvoiceAddressFault) }
    }
}

/// Where an e-invoice goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EInvoiceAddress {
    /// The recipient's address.
    pub account: EInvoiceCode,
    /// The operator that serves it.
    pub operator: EInvoiceCode,
}

/// How an invoice is sent, with all that is needed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// By mail: to the recipient's address, that of its contact or of its contact person, else that of the buyer's
    /// contact or of its contact person.
    Email(Email),
    /// By an operator: to the recipient's e-invoice address, else the buyer's.
    EInvoice(EInvoiceAddress),
    /// On paper.
    Print {
        /// The name on the envelope: the recipient's, else the buyer's.
        name: String,
        /// The recipient's address, else the buyer's.
        address: Address,
    },
    /// Not at all: `method` is `NONE`, or `enabled` is false.
    None,
}

impl Delivery {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> DistributionMethod {
        match self {
            Self::Email(_) => DistributionMethod::Email,
            Self::EInvoice(_) => DistributionMethod::EInvoice,
            Self::Print { .. } => DistributionMethod::Print,
            Self::None => DistributionMethod::None,
        }
    }
}

/// The method that is asked for.
pub(super) fn method(draft: &DistributionDraft, report: &mut Report) -> Option<DistributionMethod> {
    const METHOD: &str = "distribution.method";
    if draft.enabled == Some(false) {
        // A method that is switched off must exist all the same.
        report.optional(METHOD, &draft.method, DistributionMethod::parse);
        return Some(DistributionMethod::None);
    }
    report.required(
        METHOD,
        "Say how the invoice is to be sent: EMAIL, EINVOICE, PRINT or NONE",
        &draft.method,
        DistributionMethod::parse,
    )
}

/// What `method` needs of the parties, or the fault that names what is missing. What is given but wrong has its fault
/// already, and nobody else gets the invoice in its place.
pub(super) fn resolve(
    method: DistributionMethod,
    draft: &InvoiceDraft,
    buyer: Option<&Buyer>,
    recipient: Option<&Recipient>,
    report: &mut Report,
) -> Option<Delivery> {
    match method {
        DistributionMethod::None => Some(Delivery::None),
        DistributionMethod::Email => email(draft, buyer, recipient, report).map(Delivery::Email),
        DistributionMethod::EInvoice => e_invoice(draft, buyer, recipient, report).map(Delivery::EInvoice),
        DistributionMethod::Print => print(draft, buyer, recipient, report),
    }
}

fn email(
    draft: &InvoiceDraft,
    buyer: Option<&Buyer>,
    recipient: Option<&Recipient>,
    report: &mut Report,
) -> Option<Email> {
    let (of_recipient, of_buyer) = (&draft.recipient.contact, &draft.buyer.contact);
    // As they are sent, and as they are read.
    let addresses = [
        (&draft.recipient.email, recipient.and_then(|recipient| recipient.email.as_ref())),
        (&of_recipient.email, recipient.and_then(|recipient| recipient.contact.email.as_ref())),
        (&of_recipient.person_email, recipient.and_then(|recipient| recipient.contact.person_email.as_ref())),
        (&of_buyer.email, buyer.and_then(|buyer| buyer.contact.email.as_ref())),
        (&of_buyer.person_email, buyer.and_then(|buyer| buyer.contact.person_email.as_ref())),
    ];
    let Some((_, read)) = addresses.into_iter().find(|(sent, _)| present(sent).is_some()) else {
        report.missing(
            Member(BUYER, "contact.email"),
            "An invoice that goes by EMAIL needs an e-mail address: give the buyer's or the recipient's",
        );
        return None;
    };
    read.cloned()
}

fn e_invoice(
    draft: &InvoiceDraft,
    buyer: Option<&Buyer>,
    recipient: Option<&Recipient>,
    report: &mut Report,
) -> Option<EInvoiceAddress> {
    let of_recipient = (&draft.recipient.electronic_invoice_account, &draft.recipient.electronic_routing_address);
    // Address and operator are those of one party.
    let to_recipient = present(of_recipient.0).is_some() || present(of_recipient.1).is_some();
    let (party, sent, account, operator) = if to_recipient {
        (
            RECIPIENT,
            of_recipient,
            recipient.and_then(|recipient| recipient.electronic_invoice_account.as_ref()),
            recipient.and_then(|recipient| recipient.electronic_routing_address.as_ref()),
        )
    } else {
        (
            BUYER,
            (&draft.buyer.electronic_invoice_account, &draft.buyer.electronic_routing_address),
            buyer.and_then(|buyer| buyer.electronic_invoice_account.as_ref()),
            buyer.and_then(|buyer| buyer.electronic_routing_address.as_ref()),
        )
    };
    report.given(
        Member(party, "electronicInvoiceAccount"),
        "An invoice that goes as EINVOICE needs the recipient's e-invoice address",
        sent.0,
    );
    report.given(
        Member(party, "electronicRoutingAddress"),
        "An invoice that goes as EINVOICE needs the operator of the recipient's e-invoice address",
        sent.1,
    );
    Some(EInvoiceAddress { account: account?.clone(), operator: operator?.clone() })
}

fn print(
    draft: &InvoiceDraft,
    buyer: Option<&Buyer>,
    recipient: Option<&Recipient>,
    report: &mut Report,
) -> Option<Delivery> {
    let address = if has_lines(&draft.recipient.address) {
        recipient?.address.as_ref()
    } else if has_lines(&draft.buyer.address) {
        buyer?.address.as_ref()
    } else {
        report.missing(
            Member(BUYER, "address.street"),
            "An invoice that goes by PRINT needs a postal address: give the buyer's or the recipient's",
        );
        None
    };
    let name = recipient.and_then(|recipient| recipient.name.as_ref()).or(buyer.map(|buyer| &buyer.name));
    Some(Delivery::Print { name: name?.clone(), address: address?.clone() })
}

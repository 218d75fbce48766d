//! From a draft to an invoice, with every fault told at once.

use std::mem;

use super::amounts::{self, Totals};
use super::attachment::{self, Attachment};
use super::delivery::{self, Delivery};
use super::draft::{InvoiceDraft, RowDraft};
use super::extension::{self, Extensions};
use super::header::{self, Header, InvoiceType};
use super::party::{self, BUYER, BuyerParts, EntityType, Parties, SellerParts};
use super::payment::{self, PaymentDetails};
use super::reference::{self, PaymentRules, References};
use super::report::{Member, Report, present};
use super::row::{self, Row, RowRules};
use super::term::{self, Terms};
use crate::client::NewClient;
use crate::country::CountryCode;
use crate::fault_code::NOT_COMBINABLE;
use crate::iban::Iban;
use crate::identifier::ReferencePrefix;
use crate::text;
use crate::vat::VatCategory;
use crate::{Environment, Fault, Faults};

/// The client that sends an invoice.
#[derive(Clone, Copy, Debug)]
pub struct Issuer<'a> {
    /// Its data.
    pub client: &'a NewClient,
    /// What its payment references begin with.
    pub reference_prefix: ReferencePrefix,
}

/// What is to be done with an invoice. All that is not asked for is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Processing {
    /// Whether its payment is watched.
    pub payment_control: bool,
    /// Whether a person approves it before it is sent.
    pub manual_approval: bool,
    /// Whether it is posted to the books.
    pub accounting_invoice: bool,
    /// Whether product codes are shown on it.
    pub show_product_code: bool,
}

/// An invoice that follows every rule.
///
/// Where it is kept, members are known by their places: a new one comes behind the others, here and in all that it holds,
/// and has a `#[serde(default)]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewInvoice {
    /// What is to be done with it.
    pub processing: Processing,
    /// How it is sent.
    pub delivery: Delivery,
    /// What it is.
    pub header: Header,
    /// What it refers to and is paid with.
    pub references: References,
    /// Who sells and buys.
    pub parties: Parties,
    /// What was sold.
    pub rows: Vec<Row>,
    /// What it comes to.
    pub totals: Totals,
    /// On which terms.
    pub terms: Terms,
    /// The files that go with it.
    #[serde(skip)]
    pub attachments: Vec<Attachment>,
    /// What happens after the due date.
    pub extensions: Extensions,
}

/// A draft in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The invoice.
    pub invoice: NewInvoice,
    /// What would be a fault in production, and in both environments what somebody should look at.
    pub warnings: Vec<Fault>,
}

/// Checks `draft`, sent by `issuer`, by the rules of `environment`. In sandbox these are warnings: wrong check digits
/// of business ids, VAT numbers and the payment reference; an IBAN of the seller of a wrong length, in whose place the
/// client's own account is taken; no account at all; and a seller that is not the client. That an account is none of
/// those that the client has registered is a warning in both environments.
///
/// Every text of the invoice can stand in XML as [`crate::text::check_xml`] says: a writer of XML has to escape it, a
/// carriage return included, but never has to refuse it. That holds of texts of the client that stand in for those of
/// the seller, too.
///
/// What needs other invoices is not looked at: that the number is new, and what a credit note credits
/// ([`crate::credit_note`]).
///
/// # Errors
/// Every fault of the draft, by the path of its member in the JSON body; of rows with faults the first hundred. A rule
/// that depends on a member that is wrong or missing is left out.
pub fn check(mut draft: InvoiceDraft, issuer: Issuer<'_>, environment: Environment) -> Result<Checked, Faults> {
    let mut report = Report::new(environment, text::check_xml);
    let rows = mem::take(&mut draft.rows);
    let assembled = read(&draft, rows, issuer, &mut report);
    match assembled {
        Some(invoice) if report.faults.is_empty() => Ok(Checked { invoice, warnings: report.warnings.into_vec() }),
        _ => Err(report.faults),
    }
}

/// `drafts` are the rows of `draft`: there are many, so that their texts are not copied but taken.
fn read(
    draft: &InvoiceDraft,
    mut drafts: Vec<RowDraft>,
    issuer: Issuer<'_>,
    report: &mut Report,
) -> Option<NewInvoice> {
    let client = issuer.client;
    let method = delivery::method(&draft.distribution, report);
    let header = header::read(&draft.header, reference::credits(&draft.references), client, report);
    // Who has bought the claim may have its own account for it.
    let financier = &draft.extensions.factoring.iban;
    let needs_account = header.kind == Some(InvoiceType::Invoice) && present(financier).is_none();
    // The reference is made by the account, so that the seller is read first.
    let payment = payment::read(&draft.seller.payment, needs_account, client, report);
    let paid_to = match present(financier).and_then(|text| Iban::parse(text).ok()) {
        Some(iban) => PaymentDetails { iban: Some(iban), ..PaymentDetails::default() },
        None => payment.clone(),
    };
    let seller = party::seller(&draft.seller, payment, client, report);
    let rules = PaymentRules {
        prefix: issuer.reference_prefix,
        made: paid_to.reference_kind(seller.country),
        given: paid_to.reference_kinds(seller.country),
    };
    let references = reference::read(&draft.references, &header, &rules, report);
    let language = header.header.as_ref().map_or(Some(client.language_code), |header| Some(header.language));
    let buyer = party::buyer(&draft.buyer, language, client.country_code, report);
    let recipient = party::recipient(&draft.recipient, &buyer, report);
    let delivery_party = party::delivery(&draft.delivery, &buyer, report);
    let delivery =
        method.and_then(|method| delivery::resolve(method, draft, buyer.buyer.as_ref(), recipient.as_ref(), report));
    let rules = RowRules {
        kind: header.kind,
        date: header.date,
        currency: header.currency,
        countries: vat_countries(&seller, &buyer),
    };
    let rows = row::read(&mut drafts, &rules, report);
    if let Some(rows) = &rows {
        buyers_vat_number(draft, rows, report);
    }
    let totals = amounts::read(&draft.amounts, &drafts, rows.as_deref(), header.kind, header.currency, report);
    let terms = term::read(&draft.terms, header.date.zip(header.due_date), report);
    let attachments = attachment::read(&draft.attachments, method, report);
    let collects = draft.buyer.disable_collection != Some(true);
    let extensions = extension::read(&draft.extensions, collects, header.currency, report);
    if !collects && draft.extensions.collection.enabled == Some(true) {
        report.add(
            "invoice.extensions.collection.enabled",
            NOT_COMBINABLE,
            "The buyer has disableCollection: leave that out, or do not collect the invoice",
        );
    }
    let asked = &draft.processing;
    Some(NewInvoice {
        processing: Processing {
            payment_control: asked.payment_control_enabled.unwrap_or(false),
            manual_approval: asked.manual_approval_enabled.unwrap_or(false),
            accounting_invoice: asked.accounting_invoice_enabled.unwrap_or(false),
            show_product_code: asked.show_product_code_enabled.unwrap_or(false),
        },
        delivery: delivery?,
        header: header.header?,
        references: references?,
        parties: Parties { seller: seller.seller?, buyer: buyer.buyer?, recipient, delivery: delivery_party },
        rows: rows?,
        totals: totals?,
        terms,
        attachments,
        extensions,
    })
}

/// The countries whose rates a row may have: that of the seller's VAT number, else of its address; and that of a person
/// who buys from abroad, to whom goods and electronic services are taxed at home (Directive 2006/112/EC articles 33 and
/// 58).
fn vat_countries(seller: &SellerParts, buyer: &BuyerParts) -> Vec<CountryCode> {
    let Some(vat_country) = seller.vat_country else { return Vec::new() };
    let mut countries = vec![vat_country];
    if buyer.entity_type == Some(EntityType::Person)
        && let Some(country) = buyer.country
        && country != vat_country
    {
        countries.push(country);
    }
    countries
}

/// Where the buyer owes the tax, it must be told by its number: the VAT number, or for a reverse charge at home the
/// business id.
fn buyers_vat_number(draft: &InvoiceDraft, rows: &[Row], report: &mut Report) {
    let named = |category| match category {
        VatCategory::ReverseCharge => {
            present(&draft.buyer.vat_code).is_some() || present(&draft.buyer.business_id).is_some()
        }
        _ => present(&draft.buyer.vat_code).is_some(),
    };
    let needy = rows
        .iter()
        .map(|row| row.vat.category)
        .find(|category| category.needs_buyers_vat_number() && !named(*category));
    if needy.is_some() {
        report.missing(
            Member(BUYER, "vatCode"),
            "Rows of category AE or K need the buyer's VAT number, since the buyer owes the tax",
        );
    }
}

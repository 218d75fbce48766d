//! The body of `POST /invoice`. The names are those of the documentation. Nothing is checked here: the server reports all faults at once.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::distribution_answer::DistributionMethod;

/// Declares objects of the body. What is empty, `None` or `false` is left out, as is an invoice number of 0, and the server takes that
/// for the same; an amount of `Some` zero is sent. Reading one from JSON refuses unknown names.
macro_rules! objects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident: $kind:ty,)+ })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase", default, deny_unknown_fields)]
            pub struct $name {
                $(
                    $(#[$member_doc])*
                    #[serde(skip_serializing_if = "is_default")]
                    pub $member: $kind,
                )+
            }
        )+
    };
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

objects! {
    /// The body of [`Client::submit_invoice`](crate::Client::submit_invoice).
    ///
    /// An empty text is an absent value. Dates are `YYYY-MM-DD`. Amounts are exact ([`Decimal`]); totals and VAT must add up to the cent.
    SubmitInvoice {
        /// What is to be done with it.
        processing: InvoiceProcessing,
        /// How it is sent.
        distribution: InvoiceDistribution,
        /// The invoice itself.
        invoice: Invoice,
    }

    /// What is to be done with an invoice.
    InvoiceProcessing {
        /// Whether its payment is watched.
        payment_control_enabled: bool,
        /// Whether a person approves it before it is sent.
        manual_approval_enabled: bool,
        /// Whether it is posted to the books.
        accounting_invoice_enabled: bool,
        /// Whether product codes are shown on it.
        show_product_code_enabled: bool,
    }

    /// How an invoice is sent.
    InvoiceDistribution {
        /// The way it goes. Required.
        method: Option<DistributionMethod>,
        /// `Some(false)` is the same as [`DistributionMethod::None`].
        enabled: Option<bool>,
    }

    /// The invoice itself.
    Invoice {
        /// Number, type, dates, currency and language.
        header: InvoiceHeader,
        /// What it refers to and is paid with.
        references: InvoiceReferences,
        /// Who sells, buys, and gets the invoice and the goods.
        parties: InvoiceParties,
        /// What was sold: 1 to 1,000 rows.
        rows: Vec<InvoiceRow>,
        /// What it comes to.
        amounts: InvoiceAmounts,
        /// The terms in words, and a discount for an early payment.
        terms: InvoiceTerms,
        /// Files that go with it: 10 at most, 10 MiB together.
        attachments: Vec<Attachment>,
        /// What happens after the due date, and who has bought the claim.
        extensions: InvoiceExtensions,
    }

    /// Number, type, dates, currency and language of an invoice.
    InvoiceHeader {
        /// Your number for it, 1 to 9007199254740991; each once. Required.
        number: u64,
        /// Without it: a credit note where `credited_invoice_number` is given, else an invoice.
        #[serde(rename = "type")]
        invoice_type: Option<InvoiceType>,
        /// The date of the invoice. Required.
        date: String,
        /// The last day of payment. Required of an invoice; a credit note may leave it out.
        due_date: String,
        /// What it is for, shown above the rows.
        description: String,
        /// Further words, shown below the rows.
        additional_information: String,
        /// ISO 4217; without it the client's own.
        currency_code: String,
        /// The language of the invoice (ISO 639-1, in either case); without it the client's own.
        language_code: String,
    }

    /// What an invoice refers to and is paid with.
    InvoiceReferences {
        /// The seller's reference.
        sales: String,
        /// The buyer's reference.
        buyer: String,
        /// The agreement it is under.
        agreement: String,
        /// The payment reference, with its check digits. Without it one is made of the client's prefix and the invoice number.
        payment: String,
        /// The buyer's order.
        order_number: String,
        /// The date of that order.
        order_date: String,
        /// A code of a payment service.
        electronic_payment_code: String,
        /// The invoice that a credit note credits.
        credited_invoice_number: Option<u64>,
        /// Where the buyer finds the invoice on the web.
        invoice_copy_url: String,
    }

    /// Who sells, buys, and gets the invoice and the goods.
    InvoiceParties {
        /// The seller: the client itself. What is left out is taken from what is known of the client.
        seller_party: InvoiceSeller,
        /// Who buys and owes the money. Required.
        buyer_party: InvoiceBuyer,
        /// Who gets the invoice in the buyer's place.
        invoice_recipient_party: InvoiceRecipient,
        /// Where the goods go, when not to the buyer.
        delivery_party: DeliveryParty,
    }

    /// The seller of an invoice.
    InvoiceSeller {
        /// Its number in the trade register: that of the client.
        business_id: String,
        /// Its name.
        name: String,
        /// Its VAT number.
        vat_code: String,
        /// Its address.
        address: InvoiceAddress,
        /// Whom to ask.
        contact: InvoiceContact,
        /// Where it is paid; without it, the client's own account.
        payment_details: PaymentDetails,
    }

    /// Where an invoice is paid.
    PaymentDetails {
        /// A bank account. Its check digits are always enforced.
        iban: String,
        /// Its bank.
        bic: String,
        /// A Swedish bankgiro number.
        bankgiro: String,
        /// A Swedish plusgiro number.
        postgiro: String,
    }

    /// Who buys.
    InvoiceBuyer {
        /// A business or a person. Required.
        entity_type: Option<EntityType>,
        /// The name. Required.
        name: String,
        /// The buyer's number with you.
        customer_account_id: String,
        /// A person's identity number. The server keeps it sealed, and it stands on no invoice.
        #[serde(serialize_with = "exposed")]
        personal_identity_number: Option<Secret>,
        /// A business's number in the trade register.
        business_id: String,
        /// The VAT number.
        vat_code: String,
        /// The e-invoice address.
        electronic_invoice_account: String,
        /// The operator of that address.
        electronic_routing_address: String,
        /// The location number (GS1).
        gln_number: String,
        /// The language to write to the buyer in; without it that of the invoice.
        language_code: String,
        /// Whether the buyer must not be collected from.
        disable_collection: bool,
        /// The postal address: a business's whole, a person's country at least. Required.
        address: InvoiceAddress,
        /// Whom to ask.
        contact: InvoiceContact,
    }

    /// Who gets the invoice in the buyer's place.
    InvoiceRecipient {
        /// The name.
        name: String,
        /// The number in the trade register.
        business_id: String,
        /// The VAT number.
        vat_code: String,
        /// The e-invoice address.
        electronic_invoice_account: String,
        /// The operator of that address.
        electronic_routing_address: String,
        /// The location number (GS1).
        gln_number: String,
        /// The e-mail address.
        email: String,
        /// The language to write in.
        language_code: String,
        /// The postal address.
        address: InvoiceAddress,
        /// Whom to ask.
        contact: InvoiceContact,
    }

    /// Where the goods go.
    DeliveryParty {
        /// The name.
        name: String,
        /// The number in the trade register.
        business_id: String,
        /// The location number (GS1).
        gln_number: String,
        /// The address.
        address: InvoiceAddress,
        /// Whom to ask.
        contact: InvoiceContact,
    }

    /// A postal address.
    InvoiceAddress {
        /// Street or box.
        street: String,
        /// A second line.
        street2: String,
        /// A third line.
        street3: String,
        /// The postal code, in the form of the country.
        postal_code: String,
        /// The town.
        postal_district: String,
        /// ISO 3166-1 alpha-2.
        country_code: String,
        /// The country's name, as it shall be printed.
        country_name: String,
    }

    /// Whom to ask.
    InvoiceContact {
        /// The person.
        contact_person: ContactPerson,
        /// The e-mail address of the party.
        email: String,
        /// E.164, or national in the country of the address.
        phone: String,
    }

    /// A person to ask.
    ContactPerson {
        /// The name.
        name: String,
        /// The person's own e-mail address.
        email: String,
    }

    /// A row of an invoice. Amounts are without VAT.
    InvoiceRow {
        /// Your number of what was sold.
        product_code: String,
        /// What was sold. Required.
        name: String,
        /// More about it.
        description: String,
        /// How much; negative where something is taken back. Six decimals at most. Required.
        quantity: Option<Decimal>,
        /// In which unit.
        unit: String,
        /// The price of one unit; not negative. Six decimals at most. Required.
        unit_price: Option<Decimal>,
        /// The discount on the row in percent.
        discount_percent: Option<Decimal>,
        /// The discount on the whole row. Beside `discount_percent` only as what that comes to.
        discount_amount: Option<Decimal>,
        /// The VAT rate in percent: one that the country has on the day of delivery. Required.
        vat_rate: Option<Decimal>,
        /// Why the rate is what it is. Required where it is zero; [`VatCategory::Standard`] where it is not.
        vat_category: Option<VatCategory>,
        /// Why there is no VAT.
        vat_exemption_reason: String,
        /// The day of delivery or performance, which decides the rate; without it the date of the invoice.
        delivery_date: String,
        /// Quantity times price less discount, to the cent. Compared when it is given.
        amount: Option<Decimal>,
    }

    /// What an invoice comes to. Each is compared to the cent when it is given.
    InvoiceAmounts {
        /// The sum of the rows without VAT.
        net_amount: Option<Decimal>,
        /// The VAT of all rates.
        vat_amount: Option<Decimal>,
        /// The total with VAT. Required.
        gross_amount: Option<Decimal>,
        /// What is added to come to a round sum to pay.
        rounding_amount: Option<Decimal>,
        /// What was paid before.
        paid_amount: Option<Decimal>,
        /// What is to be paid.
        payable_amount: Option<Decimal>,
        /// What the rows of each rate and category come to.
        vat: Vec<VatTotal>,
    }

    /// What the rows of one rate and category come to.
    VatTotal {
        /// The rate in percent.
        rate: Option<Decimal>,
        /// The category.
        category: Option<VatCategory>,
        /// The sum of the rows without VAT.
        net_amount: Option<Decimal>,
        /// The VAT on that sum.
        vat_amount: Option<Decimal>,
    }

    /// The terms of an invoice in words, and a discount for an early payment.
    InvoiceTerms {
        /// The terms of payment.
        payment: String,
        /// The terms of delivery.
        delivery: String,
        /// How the goods go.
        delivery_method: String,
        /// What the buyer may take off, in percent, when it pays early.
        cash_discount_percent: Option<Decimal>,
        /// Until when.
        cash_discount_date: String,
    }

    /// What happens after the due date, and who has bought the claim.
    InvoiceExtensions {
        /// How an unpaid invoice is collected; without it as agreed with the client.
        collection: CollectionTerms,
        /// The interest on a late payment; without it what the law says.
        interest: InterestTerms,
        /// Who has bought the claim.
        factoring: Factoring,
    }

    /// How an unpaid invoice is collected.
    CollectionTerms {
        /// Whether it is collected at all.
        enabled: Option<bool>,
        /// Days from the due date to the first reminder, 1 to 365.
        reminder_after_days: Option<u32>,
        /// Days from the due date to the transfer to collection, 1 to 365.
        collection_after_days: Option<u32>,
        /// What a reminder costs the buyer.
        reminder_fee: Option<Decimal>,
    }

    /// The interest on a late payment.
    InterestTerms {
        /// What decides it.
        #[serde(rename = "type")]
        interest_type: Option<InterestType>,
        /// The rate a year, of [`InterestType::Fixed`].
        percent: Option<Decimal>,
    }

    /// A claim that was sold: the buyer pays the financier.
    Factoring {
        /// The financier's number of the agreement.
        agreement: String,
        /// The financier.
        financier: String,
        /// The financier's account.
        iban: String,
        /// Its bank.
        bic: String,
        /// The notice of assignment, printed on the invoice.
        notice: String,
    }
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum InvoiceType {
    /// An invoice.
    Invoice,
    /// A credit note. Its amounts are positive.
    CreditNote,
}

/// What kind of buyer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum EntityType {
    /// A business, an association or an authority.
    Business,
    /// A natural person.
    Person,
}

/// Why a VAT rate is what it is: the codes of UNCL5305 that EN 16931 takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum VatCategory {
    /// `S`: a rate above zero, standard or reduced.
    #[serde(rename = "S")]
    Standard,
    /// `Z`: taxed at zero.
    #[serde(rename = "Z")]
    Zero,
    /// `E`: exempt. The row needs the reason.
    #[serde(rename = "E")]
    Exempt,
    /// `AE`: the buyer owes the tax (reverse charge).
    #[serde(rename = "AE")]
    ReverseCharge,
    /// `K`: goods delivered to a business in another member state of the EU.
    #[serde(rename = "K")]
    IntraCommunity,
    /// `G`: exported out of the EU.
    #[serde(rename = "G")]
    Export,
    /// `O`: outside the scope of VAT.
    #[serde(rename = "O")]
    OutOfScope,
}

/// What decides the interest on a late payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum InterestType {
    /// The law of the seller's country.
    Statutory,
    /// The invoice: so much a year.
    Fixed,
    /// There is none.
    None,
}

/// A file that goes with an invoice: a PDF. It goes out in Base64; `Debug` shows its length only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Its name, which ends in `.pdf`.
    pub name: String,
    /// Its bytes.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub content: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = format_args!("{} bytes", self.content.len());
        f.debug_struct("Attachment").field("name", &self.name).field("content", &content).finish()
    }
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn exposed<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(Secret::expose).serialize(serializer)
}

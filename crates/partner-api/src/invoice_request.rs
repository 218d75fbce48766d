//! The body of `POST /invoice`. These types are what is read and what the API document shows.
//!
//! Every member is read whatever it holds, so that all faults come in one answer; the rules themselves are in [`domain::invoice`].
//! What is documented keeps its names; where the documentation ends, they are ours (docs/api-design.md).

use std::fmt;

use domain::Faults;
use domain::invoice::{
    AddressDraft, AmountsDraft, AttachmentDraft, BuyerDraft, CollectionDraft, ContactDraft, DeliveryPartyDraft,
    DistributionDraft, ExtensionsDraft, FactoringDraft, HeaderDraft, InterestDraft, InvoiceDraft, MOST_ATTACHMENTS,
    MOST_ROWS, PaymentDraft, ProcessingDraft, RecipientDraft, ReferencesDraft, RowDraft, SellerDraft, TermsDraft,
    VatTotalDraft,
};
use http_kit::{Flag, Integer, List, Number, Section, Text};
use serde::Deserialize;
use utoipa::ToSchema;

/// The most entries of `amounts.vat` that are read: one more than an invoice may have.
const MOST_VAT_TOTALS: usize = 51;

/// An object of the body.
trait IntoDraft: Default {
    type Draft;
    /// The draft of it, which stands at `at`. Members of a wrong type are faults and left out of it.
    fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> Self::Draft;
}

/// Declares an object of the body whose members are plain values, and how it becomes a draft.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $name:ident => $draft:ident {
            $($(#[$member_doc:meta])* $member:ident $wire:literal: $kind:ident($shown:ident) = $example:tt,)+
        }
        $(with { $($(#[$inner_doc:meta])* $inner:ident $inner_wire:literal: $section:ident,)+ })?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize, ToSchema)]
        pub(crate) struct $name {
            $(
                $(#[$member_doc])*
                #[serde(rename = $wire)]
                #[schema(rename = $wire, value_type = Option<$shown>, example = json!($example))]
                $member: $kind,
            )+
            $($(
                $(#[$inner_doc])*
                #[serde(rename = $inner_wire)]
                #[schema(rename = $inner_wire, value_type = Option<$section>)]
                $inner: Section<$section>,
            )+)?
        }

        impl IntoDraft for $name {
            type Draft = $draft;

            fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> $draft {
                $draft {
                    $($member: self.$member.take(format_args!(concat!("{}.", $wire), at), faults),)+
                    $($($inner: self.$inner.take(format_args!(concat!("{}.", $inner_wire), at), faults)
                        .into_draft(format_args!(concat!("{}.", $inner_wire), at), faults),)+)?
                }
            }
        }
    };
}

/// An invoice to be sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SubmitInvoiceRequest {
    /// What is to be done with it.
    #[schema(value_type = Option<ProcessingSection>)]
    processing: Section<ProcessingSection>,
    /// How it is sent.
    #[schema(value_type = DistributionSection)]
    distribution: Section<DistributionSection>,
    /// The invoice itself.
    #[schema(value_type = InvoiceSection)]
    invoice: Section<InvoiceSection>,
}

object! {
    /// What is to be done with an invoice. What is left out is off.
    ProcessingSection => ProcessingDraft {
        /// Whether its payment is to be watched. It is kept with the invoice; nothing here watches payments yet.
        payment_control_enabled "paymentControlEnabled": Flag(bool) = true,
        /// Whether a person approves it before it is sent. Then its delivery stays `PENDING`, with a `statusReason` that says so, until the
        /// operator of this server has approved it; one that is not approved becomes `CANCELLED`.
        manual_approval_enabled "manualApprovalEnabled": Flag(bool) = false,
        /// Whether it is to be posted to the books. It is kept with the invoice; nothing here keeps books yet.
        accounting_invoice_enabled "accountingInvoiceEnabled": Flag(bool) = false,
        /// Whether product codes are shown on it.
        show_product_code_enabled "showProductCodeEnabled": Flag(bool) = true,
    }
}

object! {
    /// How an invoice is sent.
    DistributionSection => DistributionDraft {
        /// `EMAIL`, `EINVOICE`, `PRINT` or `NONE`.
        method "method": Text(String) = "EMAIL",
        /// `false` is the same as the method `NONE`.
        enabled "enabled": Flag(bool) = true,
    }
}

/// The invoice itself.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct InvoiceSection {
    /// Number, type, dates, currency and language.
    #[schema(value_type = HeaderSection)]
    header: Section<HeaderSection>,
    /// What it refers to and is paid with.
    #[schema(value_type = Option<ReferencesSection>)]
    references: Section<ReferencesSection>,
    /// Who sells, buys, and gets the invoice and the goods.
    #[schema(value_type = PartiesSection)]
    parties: Section<PartiesSection>,
    /// What was sold: 1 to 1,000 rows.
    #[schema(value_type = Vec<RowSection>, min_items = 1, max_items = 1000)]
    rows: List<Section<RowSection>>,
    /// What it comes to.
    #[schema(value_type = AmountsSection)]
    amounts: Section<AmountsSection>,
    /// The terms in words, and a discount for an early payment.
    #[schema(value_type = Option<TermsSection>)]
    terms: Section<TermsSection>,
    /// Files that go with it: 10 at most, 10 MiB together.
    #[schema(value_type = Option<Vec<AttachmentSection>>, max_items = 10)]
    attachments: List<Section<AttachmentSection>>,
    /// What happens after the due date, and who has bought the claim.
    #[schema(value_type = Option<ExtensionsSection>)]
    extensions: Section<ExtensionsSection>,
}

object! {
    /// Number, type, dates, currency and language of an invoice.
    HeaderSection => HeaderDraft {
        /// The sender's number for it, 1 to 9007199254740991; each once.
        number "number": Integer(i64) = 251_601_000,
        /// `INVOICE` or `CREDIT_NOTE`. Without it: a credit note where `creditedInvoiceNumber` is given, else an invoice.
        kind "type": Text(String) = "INVOICE",
        /// The date of the invoice: `YYYY-MM-DD`.
        date "date": Text(String) = "2026-11-21",
        /// The last day of payment. A credit note may leave it out.
        due_date "dueDate": Text(String) = "2026-12-05",
        /// What it is for, shown above the rows.
        description "description": Text(String) = "Autumn deliveries",
        /// Further words, shown below the rows.
        additional_information "additionalInformation": Text(String) = "Thank you for your order",
        /// ISO 4217; without it the client's own.
        currency_code "currencyCode": Text(String) = "EUR",
        /// The language of the invoice (ISO 639-1, in either case); without it the client's own.
        language_code "languageCode": Text(String) = "FI",
    }
}

object! {
    /// What an invoice refers to and is paid with.
    ReferencesSection => ReferencesDraft {
        /// The seller's reference.
        sales "sales": Text(String) = "SF0001",
        /// The buyer's reference.
        buyer "buyer": Text(String) = "BR0002",
        /// The agreement it is under.
        agreement "agreement": Text(String) = "AN456",
        /// The payment reference, with its check digits. Without it one is made of the client's prefix and the invoice number.
        payment "payment": Text(String) = null,
        /// The buyer's order.
        order_number "orderNumber": Text(String) = "ON798",
        /// The date of that order.
        order_date "orderDate": Text(String) = "2026-11-10",
        /// A code of a payment service.
        electronic_payment_code "electronicPaymentCode": Text(String) = null,
        /// The invoice that a credit note credits.
        credited_invoice_number "creditedInvoiceNumber": Integer(i64) = null,
        /// Where the buyer finds the invoice on the web.
        invoice_copy_url "invoiceCopyUrl": Text(String) = null,
    }
}

/// Who sells, buys, and gets the invoice and the goods.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartiesSection {
    /// The seller: the client itself. What is left out is taken from what is known of the client.
    #[schema(value_type = Option<SellerSection>)]
    seller_party: Section<SellerSection>,
    /// Who buys and owes the money.
    #[schema(value_type = BuyerSection)]
    buyer_party: Section<BuyerSection>,
    /// Who gets the invoice in the buyer's place.
    #[schema(value_type = Option<RecipientSection>)]
    invoice_recipient_party: Section<RecipientSection>,
    /// Where the goods go, when not to the buyer.
    #[schema(value_type = Option<DeliveryPartySection>)]
    delivery_party: Section<DeliveryPartySection>,
}

object! {
    /// The seller of an invoice.
    SellerSection => SellerDraft {
        /// Its number in the trade register: that of the client.
        business_id "businessId": Text(String) = "0646115-8",
        /// Its name.
        name "name": Text(String) = "Test Customer Oy",
        /// Its VAT number.
        vat_code "vatCode": Text(String) = "FI06461158",
    } with {
        /// Its address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
        /// Where it is paid.
        payment "paymentDetails": PaymentSection,
    }
}

object! {
    /// Where an invoice is paid.
    PaymentSection => PaymentDraft {
        /// A bank account. Its check digits are always enforced.
        iban "iban": Text(String) = "FI2112345600000785",
        /// Its bank.
        bic "bic": Text(String) = "DABAFIHH",
        /// A Swedish bankgiro number.
        bankgiro "bankgiro": Text(String) = null,
        /// A Swedish plusgiro number.
        postgiro "postgiro": Text(String) = null,
    }
}

object! {
    /// Who buys.
    BuyerSection => BuyerDraft {
        /// `BUSINESS` or `PERSON`.
        entity_type "entityType": Text(String) = "BUSINESS",
        /// The name.
        name "name": Text(String) = "Buyer Company Oy",
        /// The buyer's number with the seller.
        customer_account_id "customerAccountId": Text(String) = "1001",
        /// A person's identity number. It is kept sealed and stands on no invoice.
        personal_identity_number "personalIdentityNumber": Text(String) = null,
        /// A business's number in the trade register.
        business_id "businessId": Text(String) = "2077474-0",
        /// The VAT number.
        vat_code "vatCode": Text(String) = "FI20774740",
        /// The e-invoice address.
        electronic_invoice_account "electronicInvoiceAccount": Text(String) = null,
        /// The operator of that address.
        electronic_routing_address "electronicRoutingAddress": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
        /// The language to write to the buyer in; without it that of the invoice.
        language_code "languageCode": Text(String) = "FI",
        /// Whether the buyer must not be collected from.
        disable_collection "disableCollection": Flag(bool) = false,
    } with {
        /// The postal address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// Who gets the invoice in the buyer's place. All null is nobody.
    RecipientSection => RecipientDraft {
        /// The name.
        name "name": Text(String) = null,
        /// The number in the trade register.
        business_id "businessId": Text(String) = null,
        /// The VAT number.
        vat_code "vatCode": Text(String) = null,
        /// The e-invoice address.
        electronic_invoice_account "electronicInvoiceAccount": Text(String) = null,
        /// The operator of that address.
        electronic_routing_address "electronicRoutingAddress": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
        /// The e-mail address.
        email "email": Text(String) = null,
        /// The language to write in.
        language_code "languageCode": Text(String) = null,
    } with {
        /// The postal address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// Where the goods go. All null is the buyer.
    DeliveryPartySection => DeliveryPartyDraft {
        /// The name.
        name "name": Text(String) = null,
        /// The number in the trade register.
        business_id "businessId": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
    } with {
        /// The address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// A postal address.
    AddressSection => AddressDraft {
        /// Street or box.
        street "street": Text(String) = "Kauppakatu 1",
        /// A second line.
        street2 "street2": Text(String) = null,
        /// A third line.
        street3 "street3": Text(String) = null,
        /// The postal code, by the pattern of the country.
        postal_code "postalCode": Text(String) = "00100",
        /// The town.
        postal_district "postalDistrict": Text(String) = "HELSINKI",
        /// ISO 3166-1 alpha-2.
        country_code "countryCode": Text(String) = "FI",
        /// The country's name, as it shall be printed.
        country_name "countryName": Text(String) = "FINLAND",
    }
}

/// Whom to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactSection {
    /// The person.
    #[schema(value_type = Option<ContactPersonSection>)]
    contact_person: Section<ContactPersonSection>,
    /// The e-mail address of the party.
    #[schema(value_type = Option<String>, example = "invoices@buyer.example")]
    email: Text,
    /// A telephone number: E.164, or national in the country of the address.
    #[schema(value_type = Option<String>, example = "+358401234567")]
    phone: Text,
}

/// A person to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ContactPersonSection {
    /// The name.
    #[schema(value_type = Option<String>, example = "Matti Meikäläinen")]
    name: Text,
    /// The person's own e-mail address.
    #[schema(value_type = Option<String>, example = "matti@buyer.example")]
    email: Text,
}

object! {
    /// A row of an invoice. Amounts are without VAT.
    RowSection => RowDraft {
        /// The seller's number of what was sold.
        product_code "productCode": Text(String) = "P-100",
        /// What was sold.
        name "name": Text(String) = "Office chair",
        /// More about it.
        description "description": Text(String) = "Black, with castors",
        /// How much; negative where something is taken back. Six decimals at most.
        quantity "quantity": Number(f64) = 2,
        /// In which unit.
        unit "unit": Text(String) = "pcs",
        /// The price of one unit; not negative. Six decimals at most.
        unit_price "unitPrice": Number(f64) = 149.5,
        /// The discount on the row in percent. Not together with another `discountAmount`.
        discount_percent "discountPercent": Number(f64) = 10,
        /// The discount on the whole row.
        discount_amount "discountAmount": Number(f64) = null,
        /// The VAT rate in percent: one that the country has on the day of delivery.
        vat_rate "vatRate": Number(f64) = 25.5,
        /// The category of EN 16931: `S` (the usual one where a rate is given), `Z`, `E`, `AE`, `K`, `G` or `O`.
        vat_category "vatCategory": Text(String) = "S",
        /// Why there is no VAT.
        vat_exemption_reason "vatExemptionReason": Text(String) = null,
        /// The day of delivery or performance, which decides the rate; without it the date of the invoice.
        delivery_date "deliveryDate": Text(String) = "2026-11-18",
        /// Quantity times price less discount, to the cent. Compared when it is given.
        amount "amount": Number(f64) = 269.1,
    }
}

/// What an invoice comes to. All but `grossAmount` may be left out, and each is compared to the cent when it is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AmountsSection {
    /// The sum of the rows without VAT.
    #[schema(value_type = Option<f64>, example = 269.1)]
    net_amount: Number,
    /// The VAT of all rates.
    #[schema(value_type = Option<f64>, example = 68.62)]
    vat_amount: Number,
    /// The total with VAT.
    #[schema(value_type = f64, example = 337.72)]
    gross_amount: Number,
    /// What is added to come to a round sum to pay.
    #[schema(value_type = Option<f64>, example = 0)]
    rounding_amount: Number,
    /// What was paid before.
    #[schema(value_type = Option<f64>, example = 0)]
    paid_amount: Number,
    /// What is to be paid.
    #[schema(value_type = Option<f64>, example = 337.72)]
    payable_amount: Number,
    /// What the rows of each rate and category come to.
    #[schema(value_type = Option<Vec<VatTotalSection>>, max_items = 50)]
    vat: List<Section<VatTotalSection>>,
}

object! {
    /// What the rows of one rate and category come to.
    VatTotalSection => VatTotalDraft {
        /// The rate in percent.
        rate "rate": Number(f64) = 25.5,
        /// The category.
        category "category": Text(String) = "S",
        /// The sum of the rows without VAT.
        net_amount "netAmount": Number(f64) = 269.1,
        /// The VAT on that sum.
        vat_amount "vatAmount": Number(f64) = 68.62,
    }
}

object! {
    /// The terms of an invoice in words, and a discount for an early payment.
    TermsSection => TermsDraft {
        /// The terms of payment.
        payment "payment": Text(String) = "14 days net",
        /// The terms of delivery.
        delivery "delivery": Text(String) = "DAP Helsinki",
        /// How the goods go.
        delivery_method "deliveryMethod": Text(String) = "Courier",
        /// What the buyer may take off, in percent, when it pays early.
        cash_discount_percent "cashDiscountPercent": Number(f64) = 2,
        /// Until when.
        cash_discount_date "cashDiscountDate": Text(String) = "2026-11-28",
    }
}

object! {
    /// A file that goes with an invoice.
    AttachmentSection => AttachmentDraft {
        /// Its name, which ends in `.pdf`.
        name "name": Text(String) = "delivery-note.pdf",
        /// The PDF in Base64.
        content "content": Text(String) = "JVBERi0xLjcK…",
    }
}

/// What happens after the due date, and who has bought the claim.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ExtensionsSection {
    /// How an unpaid invoice is collected; without it as agreed with the client.
    #[schema(value_type = Option<CollectionSection>)]
    collection: Section<CollectionSection>,
    /// The interest on a late payment; without it what the law says.
    #[schema(value_type = Option<InterestSection>)]
    interest: Section<InterestSection>,
    /// Who has bought the claim.
    #[schema(value_type = Option<FactoringSection>)]
    factoring: Section<FactoringSection>,
}

object! {
    /// How an unpaid invoice is collected.
    CollectionSection => CollectionDraft {
        /// Whether it is collected at all.
        enabled "enabled": Flag(bool) = true,
        /// Days from the due date to the first reminder, 1 to 365.
        reminder_after_days "reminderAfterDays": Integer(i64) = 7,
        /// Days from the due date to the transfer to collection, 1 to 365.
        collection_after_days "collectionAfterDays": Integer(i64) = 21,
        /// What a reminder costs the buyer.
        reminder_fee "reminderFee": Number(f64) = 5,
    }
}

object! {
    /// The interest on a late payment.
    InterestSection => InterestDraft {
        /// `STATUTORY`, `FIXED` or `NONE`.
        kind "type": Text(String) = "STATUTORY",
        /// The rate a year, of `FIXED`.
        percent "percent": Number(f64) = null,
    }
}

object! {
    /// A claim that was sold: the buyer pays the financier.
    FactoringSection => FactoringDraft {
        /// The financier's number of the agreement.
        agreement "agreement": Text(String) = "F-77",
        /// The financier.
        financier "financier": Text(String) = "Rahoitus Oy",
        /// The financier's account.
        iban "iban": Text(String) = "FI1410093000123458",
        /// Its bank.
        bic "bic": Text(String) = "NDEAFIHH",
        /// The notice of assignment, printed on the invoice.
        notice "notice": Text(String) = "The claim has been assigned to Rahoitus Oy",
    }
}

impl SubmitInvoiceRequest {
    /// The draft of the invoice. Members of a wrong type are faults and left out of it.
    pub(crate) fn into_draft(self, faults: &mut Faults) -> InvoiceDraft {
        let processing = self.processing.take("processing", faults).into_draft("processing", faults);
        let distribution = self.distribution.take("distribution", faults).into_draft("distribution", faults);
        let invoice = self.invoice.take("invoice", faults);
        let header = invoice.header.take("invoice.header", faults).into_draft("invoice.header", faults);
        let references = invoice.references.take("invoice.references", faults);
        let references = references.into_draft("invoice.references", faults);
        let parties = invoice.parties.take("invoice.parties", faults);
        macro_rules! party {
            ($party:ident, $wire:literal) => {
                parties
                    .$party
                    .take(concat!("invoice.parties.", $wire), faults)
                    .into_draft(concat!("invoice.parties.", $wire), faults)
            };
        }
        InvoiceDraft {
            processing,
            distribution,
            header,
            references,
            seller: party!(seller_party, "sellerParty"),
            buyer: party!(buyer_party, "buyerParty"),
            recipient: party!(invoice_recipient_party, "invoiceRecipientParty"),
            delivery: party!(delivery_party, "deliveryParty"),
            rows: list(invoice.rows, "invoice.rows", MOST_ROWS + 1, faults),
            amounts: invoice.amounts.take("invoice.amounts", faults).into_draft(faults),
            terms: invoice.terms.take("invoice.terms", faults).into_draft("invoice.terms", faults),
            attachments: list(invoice.attachments, "invoice.attachments", MOST_ATTACHMENTS + 1, faults),
            extensions: invoice.extensions.take("invoice.extensions", faults).into_draft(faults),
        }
    }
}

/// The drafts of a list at `at`. Of a list that is too long as many are read as show that.
fn list<T: IntoDraft>(list: List<Section<T>>, at: &str, most: usize, faults: &mut Faults) -> Vec<T::Draft> {
    let entries = list.take(at, faults).into_iter().take(most).enumerate();
    entries
        .map(|(place, entry)| {
            let entry = entry.take(format_args!("{at}.{place}"), faults);
            entry.into_draft(format_args!("{at}.{place}"), faults)
        })
        .collect()
}

impl IntoDraft for ContactSection {
    type Draft = ContactDraft;

    fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> ContactDraft {
        let person = self.contact_person.take(format_args!("{at}.contactPerson"), faults);
        ContactDraft {
            person_name: person.name.take(format_args!("{at}.contactPerson.name"), faults),
            person_email: person.email.take(format_args!("{at}.contactPerson.email"), faults),
            email: self.email.take(format_args!("{at}.email"), faults),
            phone: self.phone.take(format_args!("{at}.phone"), faults),
        }
    }
}

impl AmountsSection {
    fn into_draft(self, faults: &mut Faults) -> AmountsDraft {
        let vat = list(self.vat, "invoice.amounts.vat", MOST_VAT_TOTALS, faults);
        AmountsDraft {
            net_amount: self.net_amount.take("invoice.amounts.netAmount", faults),
            vat_amount: self.vat_amount.take("invoice.amounts.vatAmount", faults),
            gross_amount: self.gross_amount.take("invoice.amounts.grossAmount", faults),
            rounding_amount: self.rounding_amount.take("invoice.amounts.roundingAmount", faults),
            paid_amount: self.paid_amount.take("invoice.amounts.paidAmount", faults),
            payable_amount: self.payable_amount.take("invoice.amounts.payableAmount", faults),
            vat,
        }
    }
}

impl ExtensionsSection {
    fn into_draft(self, faults: &mut Faults) -> ExtensionsDraft {
        macro_rules! extension {
            ($extension:ident) => {
                self.$extension
                    .take(concat!("invoice.extensions.", stringify!($extension)), faults)
                    .into_draft(concat!("invoice.extensions.", stringify!($extension)), faults)
            };
        }
        ExtensionsDraft {
            collection: extension!(collection),
            interest: extension!(interest),
            factoring: extension!(factoring),
        }
    }
}

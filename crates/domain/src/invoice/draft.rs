//! An invoice as it is sent: texts and numbers that may be anything. `None` and a blank text are absent values.
//!
//! Amounts, quantities and rates are what a JSON number was read as ([`NumberDraft`]); who reads the body refuses a JSON
//! string in its place. None of the objects has a `Debug`: they hold personal identity numbers and whole files.

use crate::decimal::{Decimal, DecimalFault};

/// Declares drafts whose members are all named as in the body.
macro_rules! drafts {
    ($($(#[$doc:meta])* $name:ident { $($member:ident: $kind:ty),+ $(,)? })+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Default)]
            #[expect(
                missing_docs,
                reason = "each is the member of the same name in the body of POST /invoice, and is typed where that is checked"
            )]
            pub struct $name {
                $(pub $member: $kind,)+
            }
        )+
    };
}

/// A number of a draft: an exact one, or what is wrong with what was sent.
///
/// It is read once, where the body is, and of a number no text is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberDraft(Result<Decimal, DecimalFault>);

impl NumberDraft {
    /// The number, or its fault.
    ///
    /// # Errors
    /// [`DecimalFault`], when what was sent is no number that is taken.
    pub const fn get(self) -> Result<Decimal, DecimalFault> {
        self.0
    }
}

impl From<Result<Decimal, DecimalFault>> for NumberDraft {
    fn from(read: Result<Decimal, DecimalFault>) -> Self {
        Self(read)
    }
}

/// Of the text of a JSON number.
impl From<&str> for NumberDraft {
    fn from(text: &str) -> Self {
        Self(Decimal::parse(text))
    }
}

type Text = Option<String>;
type Number = Option<NumberDraft>;
type Flag = Option<bool>;
type Integer = Option<i64>;

drafts! {
    /// The whole body.
    InvoiceDraft {
        processing: ProcessingDraft,
        distribution: DistributionDraft,
        header: HeaderDraft,
        references: ReferencesDraft,
        seller: SellerDraft,
        buyer: BuyerDraft,
        recipient: RecipientDraft,
        delivery: DeliveryPartyDraft,
        rows: Vec<RowDraft>,
        amounts: AmountsDraft,
        terms: TermsDraft,
        attachments: Vec<AttachmentDraft>,
        extensions: ExtensionsDraft,
    }
    /// `processing`.
    ProcessingDraft {
        payment_control_enabled: Flag,
        manual_approval_enabled: Flag,
        accounting_invoice_enabled: Flag,
        show_product_code_enabled: Flag,
    }
    /// `distribution`.
    DistributionDraft { method: Text, enabled: Flag }
    /// `invoice.header`.
    HeaderDraft {
        number: Integer,
        kind: Text,
        date: Text,
        due_date: Text,
        description: Text,
        additional_information: Text,
        currency_code: Text,
        language_code: Text,
    }
    /// `invoice.references`.
    ReferencesDraft {
        sales: Text,
        buyer: Text,
        agreement: Text,
        payment: Text,
        order_number: Text,
        order_date: Text,
        electronic_payment_code: Text,
        credited_invoice_number: Integer,
        invoice_copy_url: Text,
    }
    /// `invoice.parties.sellerParty`.
    SellerDraft {
        business_id: Text,
        name: Text,
        vat_code: Text,
        address: AddressDraft,
        contact: ContactDraft,
        payment: PaymentDraft,
    }
    /// `invoice.parties.sellerParty.paymentDetails`.
    PaymentDraft { iban: Text, bic: Text, bankgiro: Text, postgiro: Text }
    /// `invoice.parties.buyerParty`.
    BuyerDraft {
        entity_type: Text,
        name: Text,
        customer_account_id: Text,
        personal_identity_number: Text,
        business_id: Text,
        vat_code: Text,
        electronic_invoice_account: Text,
        electronic_routing_address: Text,
        gln_number: Text,
        language_code: Text,
        disable_collection: Flag,
        address: AddressDraft,
        contact: ContactDraft,
    }
    /// `invoice.parties.invoiceRecipientParty`: who gets the invoice in the buyer's place. There is none when nothing
    /// but its language is given.
    RecipientDraft {
        name: Text,
        business_id: Text,
        vat_code: Text,
        electronic_invoice_account: Text,
        electronic_routing_address: Text,
        gln_number: Text,
        email: Text,
        language_code: Text,
        address: AddressDraft,
        contact: ContactDraft,
    }
    /// `invoice.parties.deliveryParty`: where the goods go. There is none when nothing is given.
    DeliveryPartyDraft {
        name: Text,
        business_id: Text,
        gln_number: Text,
        address: AddressDraft,
        contact: ContactDraft,
    }
    /// `address` of a party.
    AddressDraft {
        street: Text,
        street2: Text,
        street3: Text,
        postal_code: Text,
        postal_district: Text,
        country_code: Text,
        country_name: Text,
    }
    /// `contact` of a party; the person is its `contactPerson`.
    ContactDraft { person_name: Text, person_email: Text, email: Text, phone: Text }
    /// One of `invoice.rows`.
    RowDraft {
        product_code: Text,
        name: Text,
        description: Text,
        quantity: Number,
        unit: Text,
        unit_price: Number,
        discount_percent: Number,
        discount_amount: Number,
        vat_rate: Number,
        vat_category: Text,
        vat_exemption_reason: Text,
        delivery_date: Text,
        amount: Number,
    }
    /// `invoice.amounts`.
    AmountsDraft {
        net_amount: Number,
        vat_amount: Number,
        gross_amount: Number,
        rounding_amount: Number,
        paid_amount: Number,
        payable_amount: Number,
        vat: Vec<VatTotalDraft>,
    }
    /// One of `invoice.amounts.vat`.
    VatTotalDraft { rate: Number, category: Text, net_amount: Number, vat_amount: Number }
    /// `invoice.terms`.
    TermsDraft {
        payment: Text,
        delivery: Text,
        delivery_method: Text,
        cash_discount_percent: Number,
        cash_discount_date: Text,
    }
    /// One of `invoice.attachments`.
    AttachmentDraft { name: Text, content: Text }
    /// `invoice.extensions`.
    ExtensionsDraft {
        collection: CollectionDraft,
        interest: InterestDraft,
        factoring: FactoringDraft,
    }
    /// `invoice.extensions.collection`.
    CollectionDraft {
        enabled: Flag,
        reminder_after_days: Integer,
        collection_after_days: Integer,
        reminder_fee: Number,
    }
    /// `invoice.extensions.interest`.
    InterestDraft { kind: Text, percent: Number }
    /// `invoice.extensions.factoring`.
    FactoringDraft { agreement: Text, financier: Text, iban: Text, bic: Text, notice: Text }
}

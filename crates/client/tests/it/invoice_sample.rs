//! Invoices to submit.

use tallystick_client::{
    Attachment, CollectionTerms, ContactPerson, Decimal, DeliveryParty, DistributionMethod, EntityType, Factoring,
    InterestTerms, InterestType, Invoice, InvoiceAddress, InvoiceAmounts, InvoiceBuyer, InvoiceContact,
    InvoiceDistribution, InvoiceExtensions, InvoiceHeader, InvoiceParties, InvoiceProcessing, InvoiceRecipient,
    InvoiceReferences, InvoiceRow, InvoiceSeller, InvoiceTerms, InvoiceType, PaymentDetails, Secret, SubmitInvoice,
    VatCategory, VatTotal,
};

/// A Finnish personal identity number of nobody.
pub(crate) const IDENTITY_NUMBER: &str = "131052-308T";

pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

pub(crate) fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n".to_vec()
}

/// An invoice of 337.72 euros that nobody sends.
pub(crate) fn invoice(number: u64, date: &str) -> SubmitInvoice {
    SubmitInvoice {
        distribution: InvoiceDistribution { method: Some(DistributionMethod::None), ..Default::default() },
        invoice: Invoice {
            header: InvoiceHeader {
                number,
                date: date.into(),
                due_date: "2026-12-05".into(),
                ..InvoiceHeader::default()
            },
            parties: InvoiceParties {
                seller_party: InvoiceSeller {
                    payment_details: PaymentDetails { iban: "FI2112345600000785".into(), ..Default::default() },
                    ..InvoiceSeller::default()
                },
                buyer_party: InvoiceBuyer {
                    entity_type: Some(EntityType::Business),
                    name: "Buyer Company Oy".into(),
                    business_id: "2077474-0".into(),
                    address: address(),
                    ..InvoiceBuyer::default()
                },
                ..InvoiceParties::default()
            },
            rows: vec![InvoiceRow {
                name: "Chair".into(),
                quantity: Some(2.into()),
                unit_price: decimal("149.50"),
                discount_percent: Some(10.into()),
                vat_rate: decimal("25.5"),
                ..InvoiceRow::default()
            }],
            amounts: InvoiceAmounts { gross_amount: decimal("337.72"), ..Default::default() },
            ..Invoice::default()
        },
        ..SubmitInvoice::default()
    }
}

fn address() -> InvoiceAddress {
    InvoiceAddress {
        street: "Kauppakatu 1".into(),
        street2: "B 2".into(),
        street3: "3rd floor".into(),
        postal_code: "00100".into(),
        postal_district: "HELSINKI".into(),
        country_code: "FI".into(),
        country_name: "FINLAND".into(),
    }
}

fn contact() -> InvoiceContact {
    InvoiceContact {
        contact_person: ContactPerson { name: "Matti Meikäläinen".into(), email: "matti@buyer.example".into() },
        email: "invoices@buyer.example".into(),
        phone: "+358401234567".into(),
    }
}

/// A credit note of [`invoice`] with every member. No struct is filled up from its default: whoever adds a member has to give it here.
pub(crate) fn every_member(number: u64, credits: u64) -> SubmitInvoice {
    SubmitInvoice {
        processing: InvoiceProcessing {
            payment_control_enabled: true,
            manual_approval_enabled: true,
            accounting_invoice_enabled: true,
            show_product_code_enabled: true,
        },
        distribution: InvoiceDistribution { method: Some(DistributionMethod::None), enabled: Some(true) },
        invoice: Invoice {
            header: InvoiceHeader {
                number,
                invoice_type: Some(InvoiceType::CreditNote),
                date: "2026-01-02".into(),
                due_date: "2026-12-05".into(),
                description: "Autumn deliveries".into(),
                additional_information: "Thank you for your order".into(),
                currency_code: "EUR".into(),
                language_code: "FI".into(),
            },
            references: InvoiceReferences {
                sales: "SF0001".into(),
                buyer: "BR0002".into(),
                agreement: "AN456".into(),
                payment: "1009".into(),
                order_number: "ON798".into(),
                order_date: "2025-12-10".into(),
                electronic_payment_code: "EP1".into(),
                credited_invoice_number: Some(credits),
                invoice_copy_url: "https://seller.example/invoices/1".into(),
            },
            parties: every_party(),
            rows: vec![InvoiceRow {
                product_code: "P-100".into(),
                name: "Chair".into(),
                description: "Black, with castors".into(),
                quantity: Some(2.into()),
                unit: "pcs".into(),
                unit_price: decimal("149.50"),
                discount_percent: Some(10.into()),
                discount_amount: decimal("29.90"),
                vat_rate: decimal("25.5"),
                vat_category: Some(VatCategory::Standard),
                vat_exemption_reason: "None applies".into(),
                delivery_date: "2025-12-18".into(),
                amount: decimal("269.10"),
            }],
            amounts: InvoiceAmounts {
                net_amount: decimal("269.10"),
                vat_amount: decimal("68.62"),
                gross_amount: decimal("337.72"),
                rounding_amount: decimal("0.28"),
                paid_amount: Some(100.into()),
                payable_amount: Some(238.into()),
                vat: vec![VatTotal {
                    rate: decimal("25.5"),
                    category: Some(VatCategory::Standard),
                    net_amount: decimal("269.10"),
                    vat_amount: decimal("68.62"),
                }],
            },
            terms: InvoiceTerms {
                payment: "14 days net".into(),
                delivery: "DAP Helsinki".into(),
                delivery_method: "Courier".into(),
                cash_discount_percent: Some(2.into()),
                cash_discount_date: "2026-01-09".into(),
            },
            attachments: vec![Attachment { name: "delivery-note.pdf".into(), content: pdf() }],
            extensions: InvoiceExtensions {
                collection: CollectionTerms {
                    enabled: Some(false),
                    reminder_after_days: Some(7),
                    collection_after_days: Some(21),
                    reminder_fee: Some(5.into()),
                },
                interest: InterestTerms { interest_type: Some(InterestType::Fixed), percent: decimal("11.5") },
                factoring: Factoring {
                    agreement: "F-77".into(),
                    financier: "Rahoitus Oy".into(),
                    iban: "FI1410093000123458".into(),
                    bic: "NDEAFIHH".into(),
                    notice: "The claim has been assigned to Rahoitus Oy".into(),
                },
            },
        },
    }
}

fn every_party() -> InvoiceParties {
    InvoiceParties {
        seller_party: InvoiceSeller {
            business_id: "0646115-8".into(),
            name: "Test Customer Oy".into(),
            vat_code: "FI06461158".into(),
            address: address(),
            contact: contact(),
            payment_details: PaymentDetails {
                iban: "FI2112345600000785".into(),
                bic: "DABAFIHH".into(),
                bankgiro: "5050-1055".into(),
                postgiro: "4984-1".into(),
            },
        },
        buyer_party: InvoiceBuyer {
            entity_type: Some(EntityType::Business),
            name: "Buyer Company Oy".into(),
            customer_account_id: "1001".into(),
            personal_identity_number: Some(Secret::from(IDENTITY_NUMBER.to_owned())),
            business_id: "2077474-0".into(),
            vat_code: "FI20774740".into(),
            electronic_invoice_account: "003720774740".into(),
            electronic_routing_address: "DABAFIHH".into(),
            gln_number: "4012345000009".into(),
            language_code: "FI".into(),
            disable_collection: true,
            address: address(),
            contact: contact(),
        },
        invoice_recipient_party: InvoiceRecipient {
            name: "Accounting Oy".into(),
            business_id: "2077474-0".into(),
            vat_code: "FI20774740".into(),
            electronic_invoice_account: "003720774740".into(),
            electronic_routing_address: "DABAFIHH".into(),
            gln_number: "4012345000009".into(),
            email: "accounting@buyer.example".into(),
            language_code: "SV".into(),
            address: address(),
            contact: contact(),
        },
        delivery_party: DeliveryParty {
            name: "Buyer's warehouse".into(),
            business_id: "2077474-0".into(),
            gln_number: "4012345000009".into(),
            address: address(),
            contact: contact(),
        },
    }
}

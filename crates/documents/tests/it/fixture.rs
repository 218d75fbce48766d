//! Invoices to print.

use domain::client::{self, ClientDraft, NewClient};
use domain::currency::CurrencyCode;
use domain::identifier::ReferencePrefix;
use domain::invoice::{
    AddressDraft, AmountsDraft, BuyerDraft, CollectionDraft, ContactDraft, Delivery, DeliveryPartyDraft,
    DistributionDraft, EInvoiceAddress, EInvoiceCode, ExtensionsDraft, FactoringDraft, HeaderDraft, InterestDraft,
    InvoiceDraft, Issuer, NewInvoice, NumberDraft, RecipientDraft, ReferencesDraft, RowDraft, TermsDraft, check,
};
use domain::money::Money;
use domain::percent::Percent;
use domain::{Environment, Timestamp};
use uuid::Uuid;

/// A text or a number of a draft.
pub(crate) fn some<T: for<'t> From<&'t str>>(text: &str) -> Option<T> {
    Some(text.into())
}

/// The time that every document here was made at.
pub(crate) fn made_at() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-21T10:15:30Z").unwrap()
}

fn finnish_client() -> NewClient {
    let draft = ClientDraft {
        service_type: some("LIFECYCLE"),
        partner_code: some("QUICK3"),
        name: some("Pohjanmaan Kiinteistöpalvelu Oy"),
        business_code: some("0646115-8"),
        vat_reg_nbr: some("FI06461158"),
        postal_address: some("Teirinkatu 6"),
        postal_code: some("65100"),
        postal_district: some("VAASA"),
        country_code: some("FI"),
        email: some("laskutus@example.fi"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        iban_account: some("FI2112345600000785"),
        bic: some("NDEAFIHH"),
        primary: client::ContactDraft {
            name: some("Teppo Testaaja"),
            email: some("teppo@example.fi"),
            ..client::ContactDraft::default()
        },
        ..ClientDraft::default()
    };
    client::check(&draft, Environment::Production).unwrap().client
}

fn swedish_client() -> NewClient {
    let draft = ClientDraft {
        service_type: some("LIFECYCLE"),
        partner_code: some("QUICK3"),
        name: some("Mälardalens Måleri & Fasad AB"),
        business_code: some("556016-0680"),
        vat_reg_nbr: some("SE556016068001"),
        postal_address: some("Storgatan 12"),
        postal_code: some("111 29"),
        postal_district: some("STOCKHOLM"),
        country_code: some("SE"),
        email: some("faktura@example.se"),
        language_code: some("SV"),
        currency_code: some("SEK"),
        bankgiro: some("5805-6201"),
        plusgiro: some("4-2"),
        primary: client::ContactDraft {
            name: some("Åsa Öberg"),
            email: some("asa@example.se"),
            ..client::ContactDraft::default()
        },
        ..ClientDraft::default()
    };
    client::check(&draft, Environment::Production).unwrap().client
}

pub(crate) fn row(name: &str, quantity: &str, unit: &str, price: &str, rate: &str) -> RowDraft {
    RowDraft {
        name: some(name),
        quantity: some(quantity),
        unit: some(unit),
        unit_price: some(price),
        vat_rate: some(rate),
        ..RowDraft::default()
    }
}

/// The total with VAT that the rows come to.
fn gross(rows: &[RowDraft], currency: &str) -> NumberDraft {
    let currency = CurrencyCode::parse(currency).unwrap();
    let mut sums = std::collections::BTreeMap::new();
    for row in rows {
        let number = |member: Option<NumberDraft>| member.unwrap().get().unwrap();
        let (quantity, price) = (number(row.quantity), number(row.unit_price));
        let mut net = Money::of_quantity(quantity, price, currency).unwrap();
        if row.discount_percent.is_some() {
            let percent = Percent::exact(number(row.discount_percent)).unwrap();
            net = Money::share_of_quantity(quantity, price, percent.rest(), currency).unwrap();
        }
        if row.discount_amount.is_some() {
            net = net.minus(Money::exact(number(row.discount_amount), currency).unwrap()).unwrap();
        }
        let rate = Percent::exact(number(row.vat_rate)).unwrap();
        let sum = sums.entry(rate).or_insert_with(|| Money::zero(currency).unwrap());
        *sum = sum.plus(net).unwrap();
    }
    let all = sums.into_iter().map(|(rate, net)| net.plus(net.share(rate)).unwrap());
    Money::sum(all, currency).unwrap().to_string().as_str().into()
}

/// The invoice of `draft`, sent by a client of the country of its currency, with the total that its rows come to.
pub(crate) fn invoice(mut draft: InvoiceDraft) -> NewInvoice {
    let currency = draft.header.currency_code.clone().unwrap();
    let client = if currency == "SEK" { swedish_client() } else { finnish_client() };
    draft.amounts.gross_amount = Some(gross(&draft.rows, &currency));
    let issuer = Issuer { client: &client, reference_prefix: ReferencePrefix(12_345_678) };
    match check(draft, issuer, Environment::Production) {
        Ok(checked) => checked.invoice,
        Err(faults) => panic!("{:?}", faults.into_vec()),
    }
}

/// A small invoice to a Finnish business, to which the others below are changes.
pub(crate) fn plain(language: &str) -> InvoiceDraft {
    InvoiceDraft {
        distribution: DistributionDraft { method: some("NONE"), enabled: None },
        header: HeaderDraft {
            number: Some(251_601_000),
            date: some("2026-12-01"),
            due_date: some("2026-12-15"),
            currency_code: some("EUR"),
            language_code: some(language),
            ..HeaderDraft::default()
        },
        buyer: BuyerDraft {
            entity_type: some("BUSINESS"),
            name: some("Rakennusliike Meikäläinen Oy"),
            business_id: some("0737546-2"),
            address: AddressDraft {
                street: some("Kauppakatu 1"),
                postal_code: some("00100"),
                postal_district: some("HELSINKI"),
                country_code: some("FI"),
                ..AddressDraft::default()
            },
            ..BuyerDraft::default()
        },
        rows: vec![row("Konsultointi", "2", "h", "50.00", "25.5")],
        amounts: AmountsDraft::default(),
        ..InvoiceDraft::default()
    }
}

/// An invoice with all that a Finnish one usually has.
pub(crate) fn finnish() -> InvoiceDraft {
    let mut draft = plain("FI");
    draft.processing.show_product_code_enabled = Some(true);
    draft.header.description = some("Kiinteistöhuollon palvelut marraskuulta 2026, kohde Kauppakatu 1 A–C.");
    draft.header.additional_information =
        some("Huomautukset kahdeksan päivän kuluessa.\nKiitos, että asioitte kanssamme!");
    draft.references = ReferencesDraft {
        sales: some("SF0001"),
        buyer: some("BR0002 / Maija Virtanen"),
        agreement: some("AN456"),
        order_number: some("ON798"),
        order_date: some("2026-11-02"),
        ..ReferencesDraft::default()
    };
    draft.seller.contact = ContactDraft {
        person_name: some("Teppo Testaaja"),
        email: some("laskutus@example.fi"),
        phone: some("+358501234567"),
        ..ContactDraft::default()
    };
    draft.buyer.customer_account_id = some("10042");
    draft.buyer.vat_code = some("FI07375462");
    draft.buyer.contact.person_name = some("Matti Meikäläinen");
    draft.delivery = DeliveryPartyDraft {
        name: some("Työmaa Länsisatama"),
        address: AddressDraft {
            street: some("Tyynenmerenkatu 14"),
            postal_code: some("00220"),
            postal_district: some("HELSINKI"),
            country_code: some("FI"),
            ..AddressDraft::default()
        },
        ..DeliveryPartyDraft::default()
    };
    draft.terms = TermsDraft {
        payment: some("14 pv netto"),
        delivery: some("DAP Helsinki"),
        delivery_method: some("Oma kuljetus"),
        cash_discount_percent: some("2"),
        cash_discount_date: some("2026-12-08"),
    };
    draft.extensions = ExtensionsDraft {
        interest: InterestDraft { kind: some("FIXED"), percent: some("11.5") },
        collection: CollectionDraft { enabled: Some(true), reminder_fee: some("5.00"), ..CollectionDraft::default() },
        ..ExtensionsDraft::default()
    };
    let mut rows = vec![
        row("Kiinteistönhoito, kuukausimaksu marraskuu", "1", "kk", "1250.00", "25.5"),
        row("Lumityöt ja hiekoitus", "12.5", "h", "48.00", "25.5"),
        row("Hiekoitushiekka 3/6 mm, suursäkki", "4", "kpl", "79.90", "25.5"),
        row("Työmaan muonitus", "36", "annos", "11.2345", "13.5"),
        row("Alan lehti, vuosikerta", "1", "kpl", "120.00", "10"),
        row("Palautus: lava", "-2", "kpl", "18.00", "25.5"),
    ];
    for (place, row) in rows.iter_mut().enumerate() {
        row.product_code = Some(format!("KP-{:04}", 1001 + place));
    }
    rows[1].description = some("Päivystys viikonloppuisin ja arkisin kello 16 jälkeen. Työraportit liitteenä.");
    rows[1].delivery_date = some("2026-11-28");
    rows[1].discount_percent = some("10");
    rows[2].discount_amount = some("19.60");
    draft.rows = rows;
    draft
}

/// A Swedish invoice in kronor to a bankgiro.
pub(crate) fn swedish() -> InvoiceDraft {
    let mut draft = plain("SV");
    draft.header.currency_code = some("SEK");
    draft.header.number = Some(40_117);
    draft.references.buyer = some("Anna Ångström");
    draft.references.sales = some("Åsa Öberg");
    draft.seller.contact = ContactDraft {
        person_name: some("Åsa Öberg"),
        email: some("faktura@example.se"),
        phone: some("+46812345678"),
        ..ContactDraft::default()
    };
    draft.buyer = BuyerDraft {
        entity_type: some("BUSINESS"),
        name: some("Bostadsrättsföreningen Sjöutsikten"),
        customer_account_id: some("2208"),
        business_id: some("556036-0793"),
        address: AddressDraft {
            street: some("Strandvägen 7 B"),
            postal_code: some("114 56"),
            postal_district: some("STOCKHOLM"),
            country_code: some("SE"),
            ..AddressDraft::default()
        },
        ..BuyerDraft::default()
    };
    draft.terms.payment = some("30 dagar netto");
    draft.extensions.interest = InterestDraft { kind: some("STATUTORY"), percent: None };
    draft.rows = vec![
        row("Fasadmålning, västra gaveln", "1", "st", "84500.00", "25"),
        row("Ställning, hyra per vecka", "3", "v", "2950.50", "25"),
        row("Facklitteratur", "2", "st", "349.00", "6"),
    ];
    draft.rows[1].discount_percent = some("12.5");
    draft
}

/// An invoice in English without VAT to a business in another member state, whose claim belongs to a financier.
pub(crate) fn english() -> InvoiceDraft {
    let mut draft = plain("EN");
    draft.references.payment = some("RF341234561");
    draft.references.buyer = some("PO 4500012345");
    draft.buyer = BuyerDraft {
        entity_type: some("BUSINESS"),
        name: some("Nordic Components GmbH"),
        vat_code: some("DE136695976"),
        address: AddressDraft {
            street: some("Hafenstraße 25"),
            postal_code: some("20457"),
            postal_district: some("Hamburg"),
            country_code: some("DE"),
            ..AddressDraft::default()
        },
        ..BuyerDraft::default()
    };
    draft.recipient = RecipientDraft {
        name: some("Nordic Components GmbH c/o Invoice Center"),
        address: AddressDraft {
            street: some("Postfach 1120"),
            postal_code: some("20402"),
            postal_district: some("Hamburg"),
            country_code: some("DE"),
            ..AddressDraft::default()
        },
        ..RecipientDraft::default()
    };
    draft.terms.payment = some("30 days net");
    draft.terms.delivery = some("FCA Vaasa (Incoterms 2020)");
    draft.header.due_date = some("2026-12-31");
    draft.extensions.factoring = FactoringDraft {
        agreement: some("F-7781"),
        financier: some("Example Finance Plc"),
        iban: some("FI7944052020036082"),
        bic: some("NDEAFIHH"),
        notice: None,
    };
    draft.rows = vec![
        row("Gear wheel M8, hardened", "1200", "pcs", "14.375", "0"),
        row("Technical documentation", "1", "set", "650.00", "0"),
    ];
    draft.rows[0].vat_category = some("K");
    draft.rows[1].vat_category = some("AE");
    draft
}

/// The credit note for one row of [`finnish`].
pub(crate) fn credit_note() -> InvoiceDraft {
    let mut draft = finnish();
    draft.header.number = Some(251_601_001);
    draft.header.kind = some("CREDIT_NOTE");
    draft.header.description = some("Hyvitys: lumityöt laskutettu kahteen kertaan.");
    draft.header.additional_information = None;
    draft.references.credited_invoice_number = Some(251_601_000);
    draft.rows = vec![draft.rows[1].clone()];
    draft
}

/// An invoice of `count` rows.
pub(crate) fn long(language: &str, count: usize) -> InvoiceDraft {
    let mut draft = plain(language);
    draft.rows = (1..=count)
        .map(|place| {
            let mut row = row(&format!("Tarvike {place}, sinkitty"), &place.to_string(), "kpl", "12.50", "25.5");
            if place % 7 == 0 {
                row.description = some("Toimitetaan kahdessa erässä.\nToinen erä jälkitoimituksena joulukuussa.");
            }
            row
        })
        .collect();
    draft
}

/// Everything as long and as odd as it may be.
pub(crate) fn odd() -> InvoiceDraft {
    let mut draft = finnish();
    let long = "Erittäin pitkä nimi jolla ei ole loppua ".repeat(6);
    draft.seller.name = Some(long.clone());
    draft.buyer.name = Some("Ääkkösyhtiö株式会社😀".repeat(15));
    draft.buyer.contact.person_name = Some("Matti".repeat(40));
    draft.buyer.address.street = Some("Katu".repeat(60));
    draft.buyer.address.street2 = some("c/o Toinen");
    draft.buyer.address.street3 = some("3. krs");
    draft.terms.payment = Some(long.clone());
    draft.references.buyer = Some("R".repeat(70));
    draft.rows[0].name = Some("x".repeat(255));
    draft.rows[0].description = Some("Sana toinen kolmas. ".repeat(100));
    draft.rows[3].quantity = some("123456789.12345");
    draft.rows[3].unit_price = some("1234.56789");
    draft.rows[3].unit = some("WWWWWWWWWWWWWW");
    draft.rows[4].product_code = Some("W".repeat(70));
    draft.header.additional_information = Some("Rivi\n".repeat(100));
    draft
}

/// An invoice with names that are hard on a character set and on markup.
pub(crate) fn letters() -> InvoiceDraft {
    let mut draft = swedish();
    draft.header.number = Some(40_118);
    draft.seller.name = some("Åkes Öl & Ägg <Café> \"Š\" AB");
    draft.buyer.name = some("O'Learys Šťastná Œuvre 😀 株式会社");
    draft.buyer.address.postal_district = some("Å");
    draft.header.description = some("Pris i € eller kr.\r\nTack – för köpet!");
    draft.rows = vec![row("Räksmörgås »stor« 😀", "2", "st", "99.50", "12"), row("1 € = ½ ¤", "1", "m²", "10", "25")];
    draft
}

/// An invoice with what the others lack.
pub(crate) fn full() -> InvoiceDraft {
    let mut draft = finnish();
    draft.header.number = Some(251_601_002);
    draft.references.electronic_payment_code = some("Vuokra 11/2026");
    draft.references.invoice_copy_url = some("https://example.fi/laskut/251601000?a=1&b=2");
    draft.buyer.gln_number = some("6410000000001");
    draft.buyer.language_code = some("SV");
    let contact = &mut draft.buyer.contact;
    contact.person_email = some("matti@example.fi");
    contact.phone = some("+358401234567");
    draft.seller.contact.person_email = some("teppo@example.fi");
    draft.recipient = RecipientDraft {
        name: some("Tilitoimisto Ääninen Oy"),
        business_id: some("0646115-8"),
        vat_code: some("FI06461158"),
        electronic_invoice_account: some("003706461158"),
        electronic_routing_address: some("NDEAFIHH"),
        gln_number: some("6410000000001"),
        email: some("laskut@example.fi"),
        language_code: some("EN"),
        ..RecipientDraft::default()
    };
    draft.delivery.gln_number = some("6410000000001");
    draft.delivery.business_id = some("0737546-2");
    draft.delivery.contact.person_name = some("Ville Vastaanottaja");
    draft.rows.iter_mut().for_each(|row| row.delivery_date = some("2026-11-28"));
    draft.rows[0].unit_price = some("0.000375");
    draft.rows[0].quantity = some("123456789.12345");
    draft.amounts.rounding_amount = some("0.02");
    draft.amounts.paid_amount = some("100");
    draft
}

/// The drafts that are compared with files, sent as e-invoices.
pub(crate) fn e_invoices() -> [(&'static str, InvoiceDraft); 7] {
    let drafts = [
        ("plain", plain("FI")),
        ("finnish", finnish()),
        ("credit_note", credit_note()),
        ("english", english()),
        ("swedish", swedish()),
        ("letters", letters()),
        ("full", full()),
    ];
    drafts.map(|(name, draft)| (name, as_e_invoice(draft)))
}

/// The draft, to be sent as e-invoice.
pub(crate) fn as_e_invoice(mut draft: InvoiceDraft) -> InvoiceDraft {
    draft.distribution.method = some("EINVOICE");
    draft.buyer.electronic_invoice_account = some("003707375462");
    draft.buyer.electronic_routing_address = some("DABAFIHH");
    draft
}

/// Who sends every e-invoice here.
pub(crate) fn sender() -> EInvoiceAddress {
    let code = |text| EInvoiceCode::parse(text).unwrap();
    EInvoiceAddress { account: code("003712345671"), operator: code("OKOYFIHH") }
}

/// Who gets `invoice`, which is sent as e-invoice.
pub(crate) fn receiver(invoice: &NewInvoice) -> &EInvoiceAddress {
    match &invoice.delivery {
        Delivery::EInvoice(address) => address,
        other => panic!("not an e-invoice: {other:?}"),
    }
}

/// The identifier of every message here.
pub(crate) fn message_id() -> Uuid {
    Uuid::from_u128(0x0190_a5f2_7c3b_7d4e_8f60_1234_5678_9abc)
}

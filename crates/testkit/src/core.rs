//! The use cases on a database of their own, with a clock that stands still and seeded randomness.

use std::sync::Arc;

use domain::applicant::ApplicantDraft;
use domain::client::{ClientDraft, ContactDraft};
use domain::invoice::{InvoiceDraft, RowDraft};
use service::api_key::Principal;
use service::partner::AddedPartner;
use service::{Context, Core, MasterKeys, Settings};

use crate::clock::TestClock;
use crate::database::TestDatabase;
use crate::random::TestRandom;

/// The master key of tests.
pub const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A core and what was handed to it.
pub struct TestCore {
    /// The core.
    pub core: Core,
    /// Its clock.
    pub clock: Arc<TestClock>,
}

impl TestCore {
    /// Opens a core with default settings on the database. Each core is like a process of its own: a second one on the same
    /// database shares nothing with the first but the database.
    ///
    /// # Panics
    /// When it does not open.
    pub async fn open(database: &TestDatabase) -> Self {
        Self::with(database, Settings::default()).await
    }

    /// The same with settings.
    ///
    /// # Panics
    /// When it does not open.
    pub async fn with(database: &TestDatabase, settings: Settings) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        // Two cores of one test must not draw the same bytes.
        static SEED: AtomicU64 = AtomicU64::new(0);
        let clock = Arc::new(TestClock::new());
        let random = Arc::new(TestRandom::new(SEED.fetch_add(1, Ordering::Relaxed) << 32));
        let keys = MasterKeys::parse(MASTER_KEY).expect("the master key of tests is one");
        let handed: Arc<TestClock> = Arc::clone(&clock);
        let core = Core::open(database.open().await, handed, random, keys, settings).await.expect("the core opens");
        Self { core, clock }
    }

    /// Adds a partner of this code.
    ///
    /// # Panics
    /// When that fails.
    pub async fn partner(&self, code: &str) -> AddedPartner {
        let any = domain::api_key::AllowedNetworks::default();
        self.core.add_partner(code, "Quick Software Oy", &any, &operator()).await.expect("the partner is added")
    }

    /// Who presents this partner's provisioning token.
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn provisioner(&self, partner: &AddedPartner) -> Principal {
        let token = partner.provisioning_token.value.expose().to_text();
        self.core.authenticate(Some(&token), None).await.expect("the token is taken")
    }
}

/// The context of an operator.
#[must_use]
pub fn operator() -> Context {
    Context::operator("test")
}

/// The seed's example, as a draft, with a business code of one's own: `number` makes it different.
#[must_use]
pub fn draft(partner_code: &str, number: u32) -> ClientDraft {
    let text = |text: &str| Some(text.to_owned());
    ClientDraft {
        service_type: text("LIFECYCLE"),
        partner_code: text(partner_code),
        name: text("Test Customer Oy"),
        business_code: Some(format!("{number:07}-7")),
        postal_address: text("Testikuja 7"),
        postal_code: text("12345"),
        postal_district: text("HELSINKI"),
        country_code: text("FI"),
        email: text("email@testcustomer.fi"),
        language_code: text("FI"),
        currency_code: text("EUR"),
        primary: ContactDraft {
            name: text("Matti Meikäläinen"),
            mobile: text("+358441234567"),
            email: text("matti@testcustomer.fi"),
            ..ContactDraft::default()
        },
        ..ClientDraft::default()
    }
}

/// An invoice to a person, of one row of 100.00 and VAT, by `method`.
#[must_use]
pub fn invoice(number: i64, method: &str) -> InvoiceDraft {
    let text = |text: &str| Some(text.to_owned());
    let mut draft = InvoiceDraft::default();
    draft.distribution.method = text(method);
    draft.header.number = Some(number);
    draft.header.date = text("2026-01-02");
    draft.header.due_date = text("2026-01-16");
    draft.seller.payment.iban = text("FI2112345600000785");
    draft.buyer.entity_type = text("PERSON");
    draft.buyer.name = text("Matti Meikäläinen");
    draft.buyer.contact.email = text("matti@buyer.example");
    draft.buyer.address.street = text("Kauppakatu 1");
    draft.buyer.address.postal_code = text("00100");
    draft.buyer.address.postal_district = text("HELSINKI");
    draft.buyer.address.country_code = text("FI");
    draft.rows = vec![RowDraft {
        name: text("Chair"),
        quantity: Some("1".into()),
        unit_price: Some("100".into()),
        vat_rate: Some("25.5".into()),
        ..RowDraft::default()
    }];
    draft.amounts.gross_amount = Some("125.5".into());
    draft
}

/// An applicant of this first name with whom nothing is wrong, who lives in Ottawa and is rated L.
#[must_use]
pub fn applicant(first_name: &str) -> ApplicantDraft {
    let text = |text: &str| Some(text.to_owned());
    ApplicantDraft {
        first_name: text(first_name),
        last_name: text("Tremblay"),
        dob: text("1985-02-14"),
        email: text("marie@example.ca"),
        phone_number: text("6135550123"),
        address_1: text("55 Queen St W"),
        city: text("Ottawa"),
        province: text("ON"),
        postal_code: text("K1A 0B1"),
        housing_type: text("Rent"),
        housing_payment: text("1450.00"),
        occupation_id: text("FE"),
        employer: text("Example Inc."),
        annual_income: text("72000"),
        govid_type: text("CADL"),
        govid_issued_by: text("ON"),
        govid_number: text("T1234-56789-50214"),
        govid_expiry: text("2029-02-14"),
        security_qid: text("4"),
        security_answer: text("Snowball"),
        tos_agreement: Some(true),
        ..ApplicantDraft::default()
    }
}

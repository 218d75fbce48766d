//! The rows of one client, as the program makes them, but without its work: what would be hashed or sealed is random.

use domain::api_key::{KeyId, KeyKind};
use domain::audit::{AuditRecord, Outcome};
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::random::{OrderedIds, uuid_v4};
use domain::{Random, Timestamp};
use store::api_key::ApiKeyRow;
use store::client::{ClientRow, ContactRow};
use testkit::random::TestRandom;

use crate::body::BusinessCode;

/// The rows of one client.
pub(crate) struct Rows {
    pub(crate) client: ClientRow,
    pub(crate) contact: ContactRow,
    pub(crate) key: ApiKeyRow,
    pub(crate) record: AuditRecord,
}

/// The rows of clients that differ, without end.
pub(crate) fn rows() -> impl Iterator<Item = Rows> {
    let (random, ids) = (TestRandom::new(1), OrderedIds::default());
    BusinessCode::after(0).map(move |code| Rows::of(code, &random, &ids))
}

impl Rows {
    fn of(code: BusinessCode, random: &TestRandom, ids: &OrderedIds) -> Self {
        // Any time will do: the identifiers go up as they do in the program.
        let now = Timestamp::from_micros(1_767_323_045_000_000);
        let number = i64::from(code.base);
        let bytes = |count: usize| {
            let mut bytes = vec![0; count];
            random.fill(&mut bytes);
            bytes
        };
        let partner = PartnerId(1);
        let key = KeyId(ids.next(now, random));
        let text = str::to_owned;
        Self {
            client: ClientRow {
                partner,
                client: ClientIdentifier(100_000 + number),
                customer_code: CustomerCode(500_000 + number),
                reference_prefix: ReferencePrefix(10_000_000 + number),
                service_type: text("LIFECYCLE"),
                name: text("Test Customer Oy"),
                business_code: format!("{:07}-{}", code.base, code.check),
                vat_number: Some(format!("FI{:07}{}", code.base, code.check)),
                postal_address: text("Testikuja 7"),
                postal_code: text("12345"),
                postal_district: text("HELSINKI"),
                country_code: text("FI"),
                telephone: None,
                email: text("email@testcustomer.fi"),
                website: None,
                language_code: text("FI"),
                currency_code: text("EUR"),
                iban: None,
                bic: None,
                bankgiro: None,
                plusgiro: None,
                created_at: now,
                name_folded: domain::text::folded("Test Customer Oy"),
                status: text("ACTIVE"),
                expiry_notices: 1,
                sms_sender: None,
                version: 1,
                agreements_version: 1,
                changed_at: None,
            },
            contact: ContactRow {
                role: text("primary"),
                name: text("Matti Meikäläinen"),
                telephone: None,
                mobile: Some(text("+358441234567")),
                email: Some(text("matti@testcustomer.fi")),
            },
            key: ApiKeyRow {
                partner,
                key,
                client_id: 100_000 + number,
                kind: KeyKind::Client.name().to_owned(),
                lookup: bytes(32),
                // A nonce of 24 bytes, 16 of the value and 16 of the tag.
                sealed: bytes(56),
                master_key_version: 1,
                networks: String::new(),
                created_at: now,
                expires_at: None,
                revoked_at: None,
                overlap_until: None,
                successor_id: None,
            },
            record: AuditRecord {
                partner,
                id: ids.next(now, random),
                at: now,
                actor: format!("provisioning:{}", uuid_v4(random)),
                action: text("client.create"),
                subject: format!("client:{}", 100_000 + number),
                source: text("127.0.0.1"),
                request_id: text("01JD7Q4M8T3N5R6S7V8W9X0Y1Z"),
                outcome: Outcome::Done.name().to_owned(),
                detail: format!("FI {:07}-{}, key {key}", code.base, code.check),
            },
        }
    }
}

//! The story of merchants, their locations and users.

use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};
use store::merchant::{self, MerchantRow};
use store::merchant_location::{self, LocationRow};
use store::merchant_user::{self, UserRow};
use store::number::{self, Series};
use store::oauth_client::{self, OauthClientRow};
use testkit::on_both_engines;

use crate::{client, insert, keep, now, partner, run};

const PARTNER: PartnerId = PartnerId(1);

pub(crate) fn row(number: i64) -> MerchantRow {
    MerchantRow {
        partner: PARTNER,
        client: ClientIdentifier(number),
        merchant: MerchantId(300_000 + number),
        name: "Flexiti Démo \u{1F980}".into(),
        trust_url: None,
        password_grant: None,
        default_language: "en".into(),
        merchant_override: 0,
        created_at: now(),
        changed_at: None,
        lender: None,
        standard_accounts: 0,
        business_accounts: 0,
        preauthorization: 1,
    }
}

pub(crate) fn oauth(number: i64, id: &str) -> OauthClientRow {
    OauthClientRow {
        partner: PARTNER,
        client: ClientIdentifier(number),
        oauth_client_id: id.into(),
        lookup: vec![1; 32],
        sealed: vec![2; 40],
        master_key_version: 1,
        created_at: now(),
        revoked_at: None,
    }
}

fn shop(number: i64, id: &str) -> LocationRow {
    LocationRow {
        partner: PARTNER,
        client: ClientIdentifier(number),
        location: id.into(),
        name: "Côté meubles".into(),
        province: "QC".into(),
        created_at: now(),
    }
}

fn user(number: i64, name: &str, location: Option<&str>) -> UserRow {
    UserRow {
        partner: PARTNER,
        client: ClientIdentifier(number),
        name_folded: domain::text::folded(name),
        name: name.into(),
        password: "$argon2id$hunter22".into(),
        location: location.map(str::to_owned),
        created_at: now(),
        disabled_at: None,
        last_login_at: None,
        failed_count: 0,
        locked_until: None,
        tokens_version: 1,
    }
}

/// A client of the point-of-sale service of this number, with its OAuth client and without its merchant.
async fn pos_client(db: &store::Db, number: i64, id: &str) {
    let (row, oauth) = (client(PARTNER.0, number, &format!("merchant-{number}")), oauth(number, id));
    keep!(db, |tx| partner(tx)).unwrap();
    keep!(db, [row], |tx| insert(tx, row)).unwrap();
    keep!(db, [oauth], |tx| oauth_client::insert(tx, &oauth)).unwrap();
}

on_both_engines! {
    async fn a_merchant_is_kept_found_and_changed(database: TestDatabase) {
        let db = database.open().await;
        for (number, id) in [(7, "flexitidemo"), (8, "pos-8"), (9, "FlexitiDemo")] {
            pos_client(&db, number, id).await;
        }
        let without = async || merchant::without(&mut db.reader().await.unwrap(), 10).await.unwrap();
        assert_eq!(without().await.len(), 3);
        for number in [7, 8] {
            let row = row(number);
            keep!(db, [row], |tx| merchant::insert(tx, &row)).unwrap();
        }
        assert_eq!(without().await, [ClientIdentifier(9)]);
        let second = row(7);
        assert!(keep!(db, [second], |tx| merchant::insert(tx, &second)).is_err(), "a client is one merchant");

        let mut reader = db.reader().await.unwrap();
        let found = merchant::by_oauth_client_id(&mut reader, "flexitidemo").await.unwrap().unwrap();
        assert_eq!((&found.row, found.oauth_client_id.as_str(), found.revoked_at), (&row(7), "flexitidemo", None));
        assert_eq!(merchant::by_client(&mut reader, PARTNER, ClientIdentifier(7)).await.unwrap(), Some(found));
        for other in ["FLEXITIDEMO", "FlexitiDemo", "pos-9", ""] {
            assert_eq!(merchant::by_oauth_client_id(&mut reader, other).await.unwrap(), None, "{other}");
        }
        assert_eq!(merchant::by_client(&mut reader, PartnerId(2), ClientIdentifier(7)).await.unwrap(), None);
        let page = async |reader: &mut store::Reader, partner, after, limit| {
            let page = merchant::page(reader, partner, ClientIdentifier(after), limit).await.unwrap();
            page.iter().map(|known| known.row.client.0).collect::<Vec<_>>()
        };
        assert_eq!(page(&mut reader, None, 0, 10).await, [7, 8]);
        assert_eq!(page(&mut reader, None, 0, 1).await, [7]);
        assert_eq!(page(&mut reader, Some(PARTNER), 7, 10).await, [8]);
        assert_eq!(page(&mut reader, Some(PartnerId(2)), 0, 10).await, [0; 0]);
        drop(reader);

        let changed = MerchantRow {
            name: "Autre".into(),
            trust_url: Some("https://shop.example".into()),
            password_grant: Some("old tills".into()),
            default_language: "fr".into(),
            merchant_override: 1,
            changed_at: Some(now().micros()),
            lender: Some(8),
            standard_accounts: 1,
            business_accounts: 1,
            preauthorization: 0,
            ..row(7)
        };
        let after = changed.clone();
        keep!(db, [after], |tx| merchant::update(tx, &after)).unwrap();
        keep!(db, |tx| oauth_client::revoke(tx, PARTNER, ClientIdentifier(7), now())).unwrap();
        let mut reader = db.reader().await.unwrap();
        let found = merchant::by_client(&mut reader, PARTNER, ClientIdentifier(7)).await.unwrap().unwrap();
        assert_eq!((found.row, found.revoked_at), (changed, Some(now().micros())));
        assert_eq!(merchant::by_client(&mut reader, PARTNER, ClientIdentifier(8)).await.unwrap().unwrap().row, row(8));
    }

    async fn a_client_id_is_of_one_merchant_of_the_installation(database: TestDatabase) {
        let db = database.open().await;
        pos_client(&db, 7, "flexitidemo").await;
        let other = client(2, 8, "merchant-8");
        keep!(db, [other], |tx| insert(tx, other)).unwrap();
        let taken = OauthClientRow { partner: PartnerId(2), ..oauth(8, "flexitidemo") };
        assert!(keep!(db, [taken], |tx| oauth_client::insert(tx, &taken)).is_err());
        let mut reader = db.reader().await.unwrap();
        let found = oauth_client::by_oauth_client_id(&mut reader, "flexitidemo").await.unwrap();
        assert_eq!(found, Some(oauth(7, "flexitidemo")));
        assert_eq!(oauth_client::by_oauth_client_id(&mut reader, "Flexitidemo").await.unwrap(), None);
    }

    async fn locations_and_users_are_a_merchants_own(database: TestDatabase) {
        let db = database.open().await;
        for number in [7, 8] {
            pos_client(&db, number, &format!("pos-{number}")).await;
            let row = row(number);
            keep!(db, [row], |tx| merchant::insert(tx, &row)).unwrap();
        }
        let add_shop = async |row: LocationRow| keep!(db, [row], |tx| merchant_location::insert(tx, &row)).unwrap();
        assert!(add_shop(shop(7, "STORE-1")).await && add_shop(shop(7, "store-1")).await && add_shop(shop(8, "STORE-1")).await);
        assert!(!add_shop(LocationRow { name: "Other".into(), ..shop(7, "STORE-1") }).await);
        let add = async |row: UserRow| keep!(db, [row], |tx| merchant_user::insert(tx, &row));
        assert!(add(user(7, "Anna", Some("STORE-1"))).await.unwrap());
        assert!(add(user(7, "bert", None)).await.unwrap() && add(user(8, "anna", None)).await.unwrap());
        assert!(!add(user(7, "ANNA", None)).await.unwrap(), "case does not tell two apart");
        assert!(add(user(7, "carl", Some("STORE-2"))).await.is_err(), "there is no such location");

        let (client, mut reader) = (ClientIdentifier(7), db.reader().await.unwrap());
        assert_eq!(merchant_location::list(&mut reader, PARTNER, client).await.unwrap(), [shop(7, "STORE-1"), shop(7, "store-1")]);
        assert_eq!(merchant_location::count(&mut reader, PARTNER, client).await.unwrap(), 2);
        let found = merchant_location::by_id(&mut reader, PARTNER, client, "STORE-1").await.unwrap();
        assert_eq!(found, Some(shop(7, "STORE-1")));
        let users = merchant_user::list(&mut reader, PARTNER, client).await.unwrap();
        assert_eq!(users, [user(7, "Anna", Some("STORE-1")), user(7, "bert", None)]);
        assert_eq!(merchant_user::count(&mut reader, PARTNER, client).await.unwrap(), 2);
        assert_eq!(merchant_user::count_at(&mut reader, PARTNER, client, "STORE-1").await.unwrap(), 1);
        assert_eq!(merchant_user::by_name(&mut reader, PARTNER, client, "Anna").await.unwrap(), None, "it asks for the folded name");
        let anna = merchant_user::by_name(&mut reader, PARTNER, client, "anna").await.unwrap().unwrap();
        assert!(!format!("{anna:?}").contains("hunter22"));
        drop(reader);

        let after = UserRow {
            password: "$argon2id$other".into(),
            location: None,
            disabled_at: Some(1),
            last_login_at: Some(2),
            failed_count: 3,
            locked_until: Some(4),
            tokens_version: 5,
            ..anna
        };
        let changed = after.clone();
        keep!(db, [changed], |tx| merchant_user::update(tx, &changed)).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(merchant_user::by_name(&mut reader, PARTNER, client, "anna").await.unwrap(), Some(after));
        let other = merchant_user::by_name(&mut reader, PARTNER, ClientIdentifier(8), "anna").await.unwrap();
        assert_eq!(other, Some(user(8, "anna", None)));
        drop(reader);
        let delete = async || keep!(db, |tx| merchant_location::delete(tx, PARTNER, ClientIdentifier(7), "STORE-1")).unwrap();
        assert!(delete().await && !delete().await);
    }

    async fn the_migration_makes_merchants_of_the_clients_that_there_are(database: TestDatabase) {
        let db = database.open().await;
        pos_client(&db, 7, "pos-7").await;
        let long = store::client::ClientRow {
            service_type: "POS_FINANCING".into(),
            language_code: "FR".into(),
            name: "é".repeat(255),
            ..client(PARTNER.0, 8, "8")
        };
        keep!(db, [long], |tx| insert(tx, long)).unwrap();
        let of_eight = oauth(8, "pos-8");
        keep!(db, [of_eight], |tx| oauth_client::insert(tx, &of_eight)).unwrap();
        db.close().await;
        run(
            &database,
            [
                "DROP TABLE sku_data",
                "DROP TABLE verification",
                "DROP INDEX outbox_code",
                "DROP TABLE account_credit",
                "DROP TABLE ledger_entry",
                "DROP TABLE ledger_movement",
                "DROP TABLE capture_return",
                "DROP TABLE credit_capture",
                "DROP TABLE credit_authorization",
                "DROP TABLE credit_application",
                "DROP TABLE credit_account",
                "DROP TABLE merchant_user",
                "DROP TABLE merchant_location",
                "DROP TABLE merchant",
                "DELETE FROM number_block WHERE kind = 'merchant'",
                "DROP INDEX oauth_client_number",
                "CREATE INDEX oauth_client_number ON oauth_client (oauth_client_id)",
                "UPDATE client SET service_type = 'POS_FINANCING' WHERE client_id = 7",
                "DELETE FROM _sqlx_migrations WHERE version IN (12, 15, 16, 17, 18, 26)",
            ],
        )
        .await;
        let db = database.open().await;
        let page = merchant::page(&mut db.reader().await.unwrap(), None, ClientIdentifier(0), 10).await.unwrap();
        let numbers: Vec<_> = page.iter().map(|known| (known.row.client.0, known.row.merchant.0)).collect();
        assert_eq!(numbers, [(7, 300_001), (8, 300_002)]);
        assert_eq!((page[0].row.default_language.as_str(), page[1].row.default_language.as_str()), ("en", "fr"));
        assert_eq!(page[1].row.name, "é".repeat(130));
        assert_eq!(keep!(db, |tx| number::lease(tx, Series::Merchant, 16)).unwrap(), 300_003);
    }
}

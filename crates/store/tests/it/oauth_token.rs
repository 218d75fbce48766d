//! The story of token pairs.

use std::time::Duration;

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};
use domain::oauth_token::{FamilyEnd, FamilyId, TokenId};
use store::merchant::MerchantRow;
use store::merchant_user::UserRow;
use store::oauth_client::OauthClientRow;
use store::oauth_token::{self, FoundToken, OauthTokenRow};
use store::{Db, StoreError, Tx};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{client, insert, keep, now};

const LIFETIME: Duration = Duration::from_secs(1200);

fn pair(number: u8, family: u8) -> OauthTokenRow {
    OauthTokenRow {
        partner: PartnerId(1),
        client: ClientIdentifier(7),
        token: TokenId(Uuid::from_bytes([number; 16])),
        family: FamilyId(Uuid::from_bytes([family; 16])),
        access_lookup: vec![number; 20],
        refresh_lookup: vec![number + 100; 20],
        scope: "merchant".into(),
        username: None,
        user_version: None,
        secret_mark: vec![1; 8],
        created_at: now(),
        expires_at: now().after(LIFETIME),
    }
}

async fn a_client(tx: &mut Tx) -> Result<(), StoreError> {
    store::partner::insert(tx, PartnerId(1), "QUICK3", "Quick Software Oy", now()).await?;
    let client = OauthClientRow {
        partner: PartnerId(1),
        client: ClientIdentifier(7),
        oauth_client_id: "flexitidemo".into(),
        lookup: vec![1; 32],
        sealed: vec![2; 40],
        master_key_version: 1,
        created_at: now(),
        revoked_at: None,
    };
    store::oauth_client::insert(tx, &client).await
}

async fn add(tx: &mut Tx, row: OauthTokenRow) -> Result<(), StoreError> {
    oauth_token::insert(tx, &row).await
}

async fn found(db: &Db, number: u8) -> Option<FoundToken> {
    let mut reader = db.reader().await.unwrap();
    let found = oauth_token::by_access(&mut reader, &[number; 20]).await.unwrap();
    assert_eq!(found, oauth_token::by_refresh(&mut reader, &[number + 100; 20]).await.unwrap());
    found
}

async fn refreshed(db: &Db, found: &FoundToken) -> bool {
    let found = found.clone();
    keep!(db, [found], |tx| async move { oauth_token::note_refresh(tx, &found, now()).await }).unwrap()
}

async fn revoked(db: &Db, found: &FoundToken) -> bool {
    let found = found.clone();
    keep!(db, [found], |tx| async move { oauth_token::revoke_access(tx, &found, now()).await }).unwrap()
}

async fn ended(db: &Db, found: &FoundToken) -> bool {
    let found = found.clone();
    keep!(db, [found], |tx| async move { oauth_token::end_family(tx, &found, FamilyEnd::Reused, now()).await }).unwrap()
}

async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    oauth_token::purge(tx, before, limit).await
}

async fn purge_family_ends(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    oauth_token::purge_family_ends(tx, before, 10).await
}

async fn new_secret(tx: &mut Tx) -> Result<(), StoreError> {
    let client = store::oauth_client::by_oauth_client_id(tx, "flexitidemo").await?.unwrap();
    store::oauth_client::replace_secret(tx, &OauthClientRow { lookup: vec![3; 32], ..client }).await
}

/// Client 8, a merchant that allows the grant `password`, with a user.
async fn a_user(tx: &mut Tx) -> Result<(), StoreError> {
    a_client(tx).await?;
    let row = client(1, 8, "merchant-8");
    insert(tx, row).await?;
    let first = store::oauth_client::by_oauth_client_id(tx, "flexitidemo").await?.unwrap();
    let of_eight = OauthClientRow { client: ClientIdentifier(8), oauth_client_id: "shop".into(), ..first };
    store::oauth_client::insert(tx, &of_eight).await?;
    let merchant = MerchantRow {
        partner: PartnerId(1),
        client: ClientIdentifier(8),
        merchant: MerchantId(300_001),
        name: "Flexiti Demo".into(),
        trust_url: None,
        password_grant: Some("old tills".into()),
        default_language: "en".into(),
        merchant_override: 0,
        created_at: now(),
        changed_at: None,
        lender: None,
        standard_accounts: 0,
        business_accounts: 0,
        preauthorization: 1,
    };
    store::merchant::insert(tx, &merchant).await?;
    let user = UserRow {
        partner: PartnerId(1),
        client: ClientIdentifier(8),
        name_folded: "zoé".into(),
        name: "Zoé".into(),
        password: "$argon2id$".into(),
        location: None,
        created_at: now(),
        disabled_at: None,
        last_login_at: None,
        failed_count: 0,
        locked_until: None,
        tokens_version: 1,
    };
    store::merchant_user::insert(tx, &user).await.map(drop)
}

async fn change_user(tx: &mut Tx, tokens_version: i64, disabled_at: Option<i64>) -> Result<(), StoreError> {
    let user = store::merchant_user::by_name(tx, PartnerId(1), ClientIdentifier(8), "zoé").await?.unwrap();
    store::merchant_user::update(tx, &UserRow { tokens_version, disabled_at, ..user }).await
}

async fn set_grant(tx: &mut Tx, password_grant: Option<String>) -> Result<(), StoreError> {
    let known = store::merchant::by_client(tx, PartnerId(1), ClientIdentifier(8)).await?.unwrap();
    store::merchant::update(tx, &MerchantRow { password_grant, ..known.row }).await
}

on_both_engines! {
    async fn it_is_found_by_either_token_and_ends_with_its_family(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| a_client(tx)).unwrap();
        for (number, family) in [(1, 1), (2, 1), (3, 3)] {
            keep!(db, |tx| add(tx, pair(number, family))).unwrap();
        }
        assert!(keep!(db, |tx| add(tx, pair(1, 9))).is_err(), "the tokens of two pairs differ");
        let first = found(&db, 1).await.unwrap();
        assert_eq!((first.oauth_client_id.as_str(), first.scope.as_str()), ("flexitidemo", "merchant"));
        assert_eq!(first.expires_at, now().after(LIFETIME));
        assert!(first.client_works() && first.life().can_be_refreshed(now()));
        assert_eq!(found(&db, 4).await, None);

        assert!(revoked(&db, &first).await);
        assert!(!revoked(&db, &first).await, "it was revoked before");
        assert!(refreshed(&db, &first).await);
        assert!(!refreshed(&db, &first).await, "it was refreshed before");
        let first = found(&db, 1).await.unwrap();
        assert_eq!((first.revoked_at, first.refreshed_at), (Some(now().micros()), Some(now().micros())));
        assert_eq!(found(&db, 2).await.unwrap().revoked_at, None);

        assert!(ended(&db, &first).await);
        assert!(!ended(&db, &first).await, "it had ended");
        let time_of_end = async |number| found(&db, number).await.unwrap().family_ended_at;
        assert_eq!(time_of_end(1).await, Some(now().micros()));
        assert_eq!(time_of_end(2).await, Some(now().micros()));
        assert_eq!(time_of_end(3).await, None);
    }

    async fn it_does_not_outlive_the_secret_of_its_client(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| a_client(tx)).unwrap();
        keep!(db, |tx| add(tx, pair(1, 1))).unwrap();
        keep!(db, |tx| new_secret(tx)).unwrap();
        assert!(!found(&db, 1).await.unwrap().client_works());
    }

    async fn it_ends_with_the_merchant_user_that_it_was_given_to(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| a_user(tx)).unwrap();
        let of_user = |number, version| OauthTokenRow {
            client: ClientIdentifier(8),
            username: Some("zoé".into()),
            user_version: version,
            ..pair(number, number)
        };
        for (number, version) in [(1, Some(1)), (2, Some(2)), (3, None)] {
            let row = of_user(number, version);
            keep!(db, [row], |tx| add(tx, row)).unwrap();
        }
        let nobody = OauthTokenRow { username: Some("anna".into()), ..of_user(4, Some(1)) };
        keep!(db, [nobody], |tx| add(tx, nobody)).unwrap();
        let works = async || {
            let mut works = Vec::new();
            for number in 1..=4 {
                works.push(found(&db, number).await.unwrap().client_works());
            }
            works
        };
        assert_eq!(works().await, [true, false, false, false]);
        assert_eq!(found(&db, 1).await.unwrap().user_name.as_deref(), Some("Zoé"));
        keep!(db, |tx| change_user(tx, 2, None)).unwrap();
        assert_eq!(works().await, [false, true, false, false]);
        keep!(db, |tx| change_user(tx, 2, Some(1))).unwrap();
        assert_eq!(works().await, [false; 4], "disabled");
        keep!(db, |tx| change_user(tx, 2, None)).unwrap();
        keep!(db, |tx| set_grant(tx, None)).unwrap();
        assert_eq!(works().await, [false; 4], "the merchant does not allow it any more");
    }

    async fn what_has_had_its_time_is_removed_in_batches(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| a_client(tx)).unwrap();
        for number in 1..=5 {
            keep!(db, |tx| add(tx, pair(number, 1))).unwrap();
        }
        let last = OauthTokenRow { expires_at: now().after(2 * LIFETIME), ..pair(6, 1) };
        keep!(db, [last], |tx| add(tx, last)).unwrap();
        let first = found(&db, 1).await.unwrap();
        assert!(ended(&db, &first).await);
        let expiry = now().after(LIFETIME);
        assert_eq!(oauth_token::first_expiry(&mut db.reader().await.unwrap()).await.unwrap(), Some(expiry));
        assert_eq!(keep!(db, |tx| purge(tx, expiry, 3)).unwrap(), 0, "it expires now");
        let after = expiry.after(Duration::from_secs(1));
        assert_eq!(keep!(db, |tx| purge(tx, after, 3)).unwrap(), 3);
        assert_eq!(keep!(db, |tx| purge(tx, after, 3)).unwrap(), 2);
        assert_eq!(keep!(db, |tx| purge(tx, after, 3)).unwrap(), 0);
        assert_eq!(oauth_token::first_expiry(&mut db.reader().await.unwrap()).await.unwrap(), Some(expiry.after(LIFETIME)));
        assert!(found(&db, 6).await.unwrap().family_ended_at.is_some());
        assert_eq!(keep!(db, |tx| purge_family_ends(tx, now())).unwrap(), 0);
        assert_eq!(keep!(db, |tx| purge_family_ends(tx, after)).unwrap(), 1);
    }
}

//! Credit accounts as an application opens them, without one.

use domain::credit_account::AccountNumber;
#[cfg(feature = "core")]
use domain::credit_account::CardNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Clock as _, Timestamp};
use store::Db;
use store::credit_account::{AccountKey, CreditAccountRow};

use crate::clock::TestClock;
use crate::random::TestRandom;

/// Opens an account with a credit limit in cents on the book of a lender. `number` makes it another account of another person. Its card's
/// number is found by `card_hash`.
///
/// # Panics
/// When it can't be opened.
pub async fn add_account(
    db: &Db,
    (partner, lender): (PartnerId, ClientIdentifier),
    number: u32,
    credit_limit: i64,
    card_hash: Vec<u8>,
) -> AccountKey {
    let random = TestRandom::new(u64::from(number) << 40);
    let account = AccountNumber::generate(&random);
    let mut identity = vec![0; 28];
    identity.extend_from_slice(&number.to_be_bytes());
    let now: Timestamp = TestClock::new().now();
    let row = CreditAccountRow {
        partner,
        lender,
        number: account.get(),
        client: lender,
        customer_number: 1_000_000_000 + i64::from(number),
        account_type: "consumer".into(),
        status: "N".into(),
        status_reason: "NNOR".into(),
        risk_rating: "L".into(),
        province: "ON".into(),
        preferred_language: "en".into(),
        identity_hash: identity,
        identity_number: 0,
        card_hash,
        card_ending: "7982".into(),
        sealed: vec![0; 40],
        master_key_version: 1,
        credit_limit,
        principal: 0,
        interest: 0,
        held: 0,
        holds_until: None,
        created_at: now,
        changed_at: now,
        closed_at: None,
    };
    let key = row.key();
    let added = db.write(move |tx| {
        let row = row.clone();
        Box::pin(async move { store::credit_account::insert(tx, &row).await })
    });
    assert!(added.await.expect("the account is added"), "account {number} is there already");
    key
}

/// The same through the use cases, with its card.
///
/// # Panics
/// When it can't be opened.
#[cfg(feature = "core")]
pub async fn open_account(
    core: &service::Core,
    lender: (PartnerId, ClientIdentifier),
    number: u32,
    credit_limit: i64,
) -> (AccountKey, CardNumber) {
    let card = CardNumber::generate(core.random());
    let key = add_account(core.db(), lender, number, credit_limit, core.card_hash(&card)).await;
    (key, card)
}

//! The story of credit accounts.

use std::sync::Arc;
use std::time::Duration;

use domain::cents::Cents;
use domain::credit_account::{AccountNumber, Balances};
use domain::identifier::{ClientIdentifier, PartnerId};
use store::credit_account::{self, AccountKey, CreditAccountRow};
use store::{Db, StoreError, Tx};
use testkit::on_both_engines;

use crate::merchant::{oauth, row as merchant};
use crate::{client, insert, keep, now, partner};

const LENDER: (PartnerId, ClientIdentifier) = (PartnerId(1), ClientIdentifier(7));

/// The merchant 7 lends on its own book, and 8 on that of 7.
pub(crate) async fn two_merchants(tx: &mut Tx) -> Result<(), StoreError> {
    partner(tx).await?;
    for (number, lender) in [(7, None), (8, Some(7))] {
        insert(tx, client(1, number, &format!("merchant-{number}"))).await?;
        store::oauth_client::insert(tx, &oauth(number, &format!("shop-{number}"))).await?;
        store::merchant::insert(tx, &store::merchant::MerchantRow { lender, ..merchant(number) }).await?;
    }
    Ok(())
}

pub(crate) fn row(lender: i64, number: i64, mark: u8) -> CreditAccountRow {
    CreditAccountRow {
        partner: LENDER.0,
        lender: ClientIdentifier(lender),
        number,
        client: ClientIdentifier(8),
        customer_number: 1_000_000_000 + i64::from(mark),
        account_type: "consumer".into(),
        status: "N".into(),
        status_reason: "NNOR".into(),
        risk_rating: "L".into(),
        province: "QC".into(),
        preferred_language: "fr".into(),
        identity_hash: vec![mark; 32],
        identity_number: 0,
        card_hash: vec![mark; 32],
        card_ending: "7982".into(),
        sealed: vec![mark; 40],
        master_key_version: 1,
        credit_limit: 100_000,
        principal: 0,
        interest: 0,
        held: 0,
        holds_until: None,
        created_at: now(),
        changed_at: now(),
        closed_at: None,
    }
}

async fn add(db: &Db, row: CreditAccountRow) -> bool {
    keep!(db, [row], |tx| async move { credit_account::insert(tx, &row).await }).unwrap()
}

async fn found(db: &Db, row: &CreditAccountRow) -> Option<CreditAccountRow> {
    credit_account::by_number(&mut db.reader().await.unwrap(), row.key()).await.unwrap()
}

/// Holds a cent more, of what the row says when this has it.
async fn hold_a_cent(tx: &mut Tx, key: AccountKey) -> Result<(), StoreError> {
    let row = credit_account::take(tx, key).await?.unwrap();
    let to = Balances { held: Cents(row.held + 1), ..row.balances() };
    credit_account::keep_balances(tx, key, &to, now()).await
}

on_both_engines! {
    async fn an_account_is_opened_once_found_moved_and_closed(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| two_merchants(tx)).unwrap();
        let mut reader = db.reader().await.unwrap();
        let lends_on = store::merchant::by_client(&mut reader, LENDER.0, ClientIdentifier(8)).await.unwrap().unwrap();
        assert_eq!(lends_on.row.lends_on(), LENDER.1);
        drop(reader);

        let one = row(7, 12_345_678_901_237, 1);
        assert!(add(&db, one.clone()).await);
        // The same person, the same card, the same customer, the same number: each is taken.
        let other = row(7, 22_345_678_901_236, 2);
        for taken in [
            CreditAccountRow { identity_hash: one.identity_hash.clone(), ..other.clone() },
            CreditAccountRow { card_hash: one.card_hash.clone(), ..other.clone() },
            CreditAccountRow { customer_number: one.customer_number, ..other.clone() },
            CreditAccountRow { number: one.number, ..other.clone() },
        ] {
            assert!(!add(&db, taken).await);
        }
        // Somebody else of the same name and day of birth, and the same person at another lender.
        let namesake = CreditAccountRow { identity_hash: one.identity_hash.clone(), identity_number: 1, ..other };
        assert!(add(&db, namesake.clone()).await);
        assert!(add(&db, row(8, one.number, 1)).await);

        let mut reader = db.reader().await.unwrap();
        let by_card = credit_account::by_card(&mut reader, LENDER, &one.card_hash).await.unwrap();
        let by_customer = credit_account::by_customer(&mut reader, LENDER, one.customer_number).await.unwrap();
        assert_eq!((by_card, by_customer), (Some(one.clone()), Some(one.clone())));
        let of_identity = credit_account::by_identity(&mut reader, LENDER, &one.identity_hash, 10).await.unwrap();
        assert_eq!(of_identity, [namesake.clone(), one.clone()]);
        assert_eq!(credit_account::by_identity(&mut reader, LENDER, &[9; 32], 10).await.unwrap(), []);
        let elsewhere = AccountKey { lender: ClientIdentifier(9), ..one.key() };
        assert_eq!(credit_account::by_number(&mut reader, elsewhere).await.unwrap(), None);
        drop(reader);
        assert!(keep!(db, |tx| credit_account::take(tx, elsewhere)).unwrap().is_none());

        let later = now().after(Duration::from_secs(60));
        let to = Balances { limit: Cents(1), principal: Cents(-5), interest: Cents(7), held: Cents(9) };
        let key = one.key();
        keep!(db, |tx| credit_account::keep_balances(tx, key, &to, later)).unwrap();
        keep!(db, |tx| credit_account::keep_state(tx, key, ("C", "FCQC"), later, Some(later.micros()))).unwrap();
        let moved = CreditAccountRow {
            principal: -5,
            interest: 7,
            held: 9,
            status: "C".into(),
            status_reason: "FCQC".into(),
            changed_at: later,
            closed_at: Some(later.micros()),
            ..one
        };
        assert_eq!(found(&db, &moved).await, Some(moved.clone()), "and the limit is as it was");
        assert_eq!(found(&db, &namesake).await, Some(namesake));

        let mut reader = db.reader().await.unwrap();
        assert_eq!(credit_account::count_not_sealed_under(&mut reader, 2).await.unwrap(), 3);
        assert_eq!(credit_account::not_sealed_under(&mut reader, 2, 2).await.unwrap().len(), 2);
        drop(reader);
        keep!(db, |tx| credit_account::reseal(tx, key, &[3; 60], 2)).unwrap();
        assert_eq!(credit_account::count_not_sealed_under(&mut db.reader().await.unwrap(), 2).await.unwrap(), 2);
        let resealed = CreditAccountRow { sealed: vec![3; 60], master_key_version: 2, ..moved };
        assert_eq!(found(&db, &resealed).await, Some(resealed.clone()));
    }

    async fn movements_of_one_account_come_one_after_the_other(database: TestDatabase) {
        let db = Arc::new(database.open().await);
        keep!(db, |tx| two_merchants(tx)).unwrap();
        let account = row(7, AccountNumber::parse("12345678901237").unwrap().get(), 1);
        assert!(add(&db, account.clone()).await);
        let key = account.key();
        let moves: Vec<_> = (0..40)
            .map(|_| {
                let db = Arc::clone(&db);
                tokio::spawn(async move { db.take(move |tx| Box::pin(hold_a_cent(tx, key))).await })
            })
            .collect();
        for one in moves {
            one.await.unwrap().unwrap();
        }
        assert_eq!(found(&db, &account).await.unwrap().held, 40);
    }
}

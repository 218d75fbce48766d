//! The story of applications for credit.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use store::credit_account::AccountKey;
use store::credit_application::{self, CreditApplicationRow};
use store::{Db, Tx};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::merchant::{oauth, row as merchant};
use crate::{client, insert, keep, now};

const PARTNER: PartnerId = PartnerId(1);
const LENDER: (PartnerId, ClientIdentifier) = (PARTNER, ClientIdentifier(7));
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn two_merchants(tx: &mut Tx) -> Result<(), store::StoreError> {
    for number in [7, 8] {
        insert(tx, client(1, number, &format!("merchant-{number}"))).await?;
        store::oauth_client::insert(tx, &oauth(number, &format!("shop-{number}"))).await?;
        store::merchant::insert(tx, &merchant(number)).await?;
    }
    Ok(())
}

fn family(mark: u8) -> FamilyId {
    FamilyId(Uuid::from_bytes([mark; 16]))
}

/// An application of merchant 8, on the book of 7, that waits. `mark` makes the person.
fn row(number: u8, mark: u8) -> CreditApplicationRow {
    CreditApplicationRow {
        partner: PARTNER,
        client: ClientIdentifier(8),
        application: Uuid::from_bytes([number; 16]),
        lender: LENDER.1,
        reference: Uuid::from_bytes([9; 16]),
        family: family(mark),
        scope: "customer".into(),
        widget_session: Some(Uuid::from_bytes([8; 16])),
        location: Some("00-12345".into()),
        identity_hash: vec![mark; 32],
        status: "pending".into(),
        reasons: "housing_too_dear".into(),
        bars_until: None,
        account_number: None,
        terms_version: "roc-2026-07-01".into(),
        terms_language: "fr".into(),
        sealed: vec![number; 40],
        master_key_version: 1,
        created_at: now(),
        decided_at: None,
        decided_by: None,
    }
}

async fn add(db: &Db, row: CreditApplicationRow) {
    keep!(db, [row], |tx| async move { credit_application::insert(tx, &row).await }).unwrap();
}

async fn decide(db: &Db, row: CreditApplicationRow) -> bool {
    db.add(move |tx| {
        let row = row.clone();
        Box::pin(async move { credit_application::decide(tx, &row).await })
    })
    .await
    .unwrap()
}

async fn found(db: &Db, of: &CreditApplicationRow) -> Option<CreditApplicationRow> {
    let mut reader = db.reader().await.unwrap();
    credit_application::by_key(&mut reader, (of.partner, of.client), of.application).await.unwrap()
}

on_both_engines! {
    async fn an_application_is_kept_found_decided_and_sealed_anew(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| two_merchants(tx)).unwrap();
        let (one, two) = (row(1, 1), row(2, 2));
        let declined = CreditApplicationRow {
            status: "declined".into(),
            bars_until: Some(now().after(DAY).micros()),
            scope: "merchant".into(),
            created_at: now().after(DAY),
            widget_session: None,
            location: None,
            ..row(3, 3)
        };
        for row in [&one, &two, &declined] {
            add(&db, row.clone()).await;
        }
        assert_eq!((found(&db, &one).await, found(&db, &declined).await), (Some(one.clone()), Some(declined.clone())));
        let elsewhere = CreditApplicationRow { client: ClientIdentifier(7), ..one.clone() };
        assert_eq!(found(&db, &elsewhere).await, None, "it is the merchant's that took it");

        let mut reader = db.reader().await.unwrap();
        assert_eq!(credit_application::by_id(&mut reader, two.application).await.unwrap(), Some(two.clone()));
        let page = async |reader: &mut store::Reader, status, after: u8, limit| {
            let page = credit_application::page(reader, status, Uuid::from_bytes([after; 16]), limit).await.unwrap();
            page.iter().map(|row| row.application.as_bytes()[0]).collect::<Vec<_>>()
        };
        assert_eq!(page(&mut reader, None, 0, 10).await, [1, 2, 3]);
        assert_eq!(page(&mut reader, None, 1, 1).await, [2]);
        assert_eq!(page(&mut reader, Some("pending"), 0, 10).await, [1, 2]);

        assert!(credit_application::is_pending(&mut reader, LENDER, &one.identity_hash).await.unwrap());
        assert!(!credit_application::is_pending(&mut reader, LENDER, &declined.identity_hash).await.unwrap());
        assert!(!credit_application::is_pending(&mut reader, (PARTNER, ClientIdentifier(8)), &one.identity_hash).await.unwrap());
        let barred = async |reader: &mut store::Reader, mark: u8, at: Timestamp| {
            credit_application::is_barred(reader, LENDER, &[mark; 32], at).await.unwrap()
        };
        assert!(barred(&mut reader, 3, now()).await && !barred(&mut reader, 1, now()).await);
        assert!(!barred(&mut reader, 3, now().after(DAY)).await, "until then, and not then");

        let merchant = (PARTNER, ClientIdentifier(8));
        let before = Timestamp::from_micros(now().micros() - 1);
        let since = async |reader: &mut store::Reader, scope, since, most| {
            credit_application::count_since(reader, merchant, scope, since, most).await.unwrap()
        };
        assert_eq!((since(&mut reader, "customer", before, 10).await, since(&mut reader, "customer", before, 1).await), (2, 1));
        assert_eq!((since(&mut reader, "customer", now(), 10).await, since(&mut reader, "merchant", now(), 10).await), (0, 1));
        let of_family = async |reader: &mut store::Reader, mark| {
            let of = ("customer", family(mark));
            credit_application::count_of_family_since(reader, merchant, of, before, 10).await.unwrap()
        };
        assert_eq!((of_family(&mut reader, 1).await, of_family(&mut reader, 3).await), (1, 0));
        drop(reader);

        let account = AccountNumber::parse("12345678901237").unwrap();
        let approved = CreditApplicationRow {
            status: "approved".into(),
            reasons: "decided_by_hand".into(),
            account_number: Some(account.get()),
            sealed: vec![9; 50],
            master_key_version: 2,
            decided_at: Some(now().micros()),
            decided_by: Some("operator:anna".into()),
            ..one.clone()
        };
        assert!(decide(&db, approved.clone()).await);
        assert!(!decide(&db, CreditApplicationRow { status: "declined".into(), ..one.clone() }).await, "only once");
        assert_eq!(found(&db, &one).await, Some(approved.clone()));
        let mut reader = db.reader().await.unwrap();
        let key = AccountKey { partner: PARTNER, lender: LENDER.1, number: account };
        assert!(credit_application::opened_by_family(&mut reader, key, family(1)).await.unwrap());
        assert!(!credit_application::opened_by_family(&mut reader, key, family(2)).await.unwrap());

        assert_eq!(credit_application::count_not_sealed_under(&mut reader, 2).await.unwrap(), 2);
        assert_eq!(credit_application::not_sealed_under(&mut reader, 2, 1).await.unwrap().len(), 1);
        drop(reader);
        let resealed = two.clone();
        keep!(db, [resealed], |tx| async move { credit_application::reseal(tx, &resealed, &[7; 60], 2).await }).unwrap();
        let again = CreditApplicationRow { sealed: vec![7; 60], master_key_version: 2, ..two.clone() };
        assert_eq!(found(&db, &two).await, Some(again.clone()));
        // What was decided meanwhile is not overwritten by what was read before.
        let stale = two;
        keep!(db, [stale], |tx| async move { credit_application::reseal(tx, &stale, &[6; 60], 3).await }).unwrap();
        assert_eq!(found(&db, &again).await, Some(again.clone()));
    }

    async fn of_two_who_decide_at_once_one_does(database: TestDatabase) {
        let db = Arc::new(database.open().await);
        keep!(db, |tx| two_merchants(tx)).unwrap();
        add(&db, row(1, 1)).await;
        let deciders: Vec<_> = (0..20)
            .map(|number| {
                let db = Arc::clone(&db);
                let by = CreditApplicationRow {
                    status: if number % 2 == 0 { "approved" } else { "declined" }.into(),
                    decided_by: Some(format!("operator:{number}")),
                    ..row(1, 1)
                };
                tokio::spawn(async move { decide(&db, by).await })
            })
            .collect();
        let mut won = 0;
        for decider in deciders {
            won += u8::from(decider.await.unwrap());
        }
        assert_eq!(won, 1);
    }
}

//! The story of partners and clients.

use domain::identifier::{ClientIdentifier, PartnerId};
use store::client::ContactRow;
use store::number::Series;
use store::{StoreError, client, number, partner};
use testkit::on_both_engines;

use crate::{client as row, count, insert, keep, now};

on_both_engines! {
    async fn a_partner_is_added_found_and_revoked(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| partner::insert(tx, PartnerId(1), "QUICK3", "Quick Software Oy", now())).unwrap();
        keep!(db, |tx| insert(tx, row(1, 100_001, "0123456-7"))).unwrap();

        let mut reader = db.reader().await.unwrap();
        let found = partner::by_code(&mut reader, "QUICK3").await.unwrap().unwrap();
        assert_eq!((found.partner, found.name.as_str(), found.revoked_at), (PartnerId(1), "Quick Software Oy", None));
        assert_eq!(partner::by_id(&mut reader, PartnerId(1)).await.unwrap(), Some(found.clone()));
        assert_eq!(partner::by_code(&mut reader, "quick3").await.unwrap(), None);
        let listed = partner::list(&mut reader).await.unwrap();
        assert_eq!((listed.len(), listed[0].clients, &listed[0].partner), (1, 1, &found));
        drop(reader);

        assert!(keep!(db, |tx| partner::revoke(tx, PartnerId(1), now())).unwrap());
        assert!(!keep!(db, |tx| partner::revoke(tx, PartnerId(1), now())).unwrap());
        let again = keep!(db, |tx| partner::insert(tx, PartnerId(2), "QUICK3", "Another", now()));
        assert!(matches!(again, Err(StoreError::Broken { .. })), "{again:?}");
    }

    async fn a_client_is_kept_as_it_was_given(database: TestDatabase) {
        let db = database.open().await;
        let given = row(1, 100_001, "0123456-7");
        let contact = ContactRow {
            role: "primary".into(),
            name: "Matti Meikäläinen".into(),
            telephone: None,
            mobile: Some("+358441234567".into()),
            email: None,
        };
        let (job, person) = (given.clone(), contact.clone());
        db.write(move |tx| {
            let (job, person) = (job.clone(), person.clone());
            Box::pin(async move {
                client::insert(tx, &job).await?;
                client::insert_contact(tx, job.partner, job.client, &person).await
            })
        })
        .await
        .unwrap();

        let mut reader = db.reader().await.unwrap();
        assert_eq!(client::by_number(&mut reader, given.client).await.unwrap(), Some(given.clone()));
        assert_eq!(client::contacts(&mut reader, given.partner, given.client).await.unwrap(), [contact]);
        let found = client::by_business_code(&mut reader, given.partner, "FI", "0123456-7").await.unwrap();
        assert_eq!(found, Some(given.client));
        for (partner, country, code) in [(2, "FI", "0123456-7"), (1, "SE", "0123456-7"), (1, "FI", "0123456-8")] {
            let none = client::by_business_code(&mut reader, PartnerId(partner), country, code).await.unwrap();
            assert_eq!(none, None, "{partner} {country} {code}");
        }
    }

    async fn one_partner_has_a_business_code_once(database: TestDatabase) {
        let db = database.open().await;
        assert!(keep!(db, |tx| insert(tx, row(1, 100_001, "0123456-7"))).unwrap());
        let twice = keep!(db, |tx| insert(tx, row(1, 100_002, "0123456-7")));
        assert!(!twice.unwrap());
        keep!(db, |tx| insert(tx, row(2, 100_003, "0123456-7"))).unwrap();
        assert_eq!((count(&db, 1).await, count(&db, 2).await), (1, 1));
    }

    async fn pages_follow_each_other(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=5 {
            keep!(db, |tx| insert(tx, row(1 + number % 2, number, &format!("code {number}")))).unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        let mut seen = Vec::new();
        let mut after = ClientIdentifier(0);
        loop {
            let page = client::page(&mut reader, None, after, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.client;
            seen.extend(page.iter().map(|row| row.client.0));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let of_one = client::page(&mut reader, Some(PartnerId(1)), ClientIdentifier(2), 10).await.unwrap();
        assert_eq!(of_one.iter().map(|row| row.client.0).collect::<Vec<_>>(), [4]);
    }

    async fn numbers_are_never_given_twice(database: TestDatabase) {
        let db = database.open().await;
        let leases = futures_util::future::join_all((1..=20).map(|size| {
            let db = db.clone();
            async move { (keep!(db, |tx| number::lease(tx, Series::Client, size)).unwrap(), size) }
        }))
        .await;
        let mut numbers: Vec<i64> = leases.iter().flat_map(|(first, size)| *first..first + size).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (100_001..100_001 + 210).collect::<Vec<_>>());
        assert_eq!(keep!(db, |tx| number::lease(tx, Series::ReferencePrefix, 1)).unwrap(), 10_000_001);
    }
}

//! Authorizations whose time is over: they hold nothing for whoever buys or asks, however many there are.

use std::time::Duration;

use domain::cents::Cents;
use domain::purchase::{AuthorizationId, Financing, MOST_OPEN, Refusal};
use service::Core;
use store::authorization::{AuthorizationRow, Told};
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::core::TestCore;
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books, refusal};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Of how many authorizations of an account the time is over.
async fn due(core: &Core, account: AccountKey) -> usize {
    let mut reader = core.db().reader().await.unwrap();
    store::authorization::due_of_account(&mut reader, account, core.clock().now(), 1_000).await.unwrap().len()
}

/// Has as many authorizations of a cent open as there may be, without their movements.
async fn fill(core: &Core, shop: Shop, account: AccountKey) {
    let now = core.clock().now();
    let added = core.db().take(move |tx| {
        Box::pin(async move {
            let mut book = store::account_book::take(tx, account).await?.unwrap();
            for number in 0..MOST_OPEN {
                let purchase = domain::purchase::Purchase {
                    financing: Financing::Regular,
                    amount: Cents(1),
                    charge: domain::purchase::FinanceCharge::NONE,
                    earned: domain::purchase::EarningTime::default(),
                    late_rate: domain::percent::Percent::ZERO,
                };
                let state = domain::credit_account::AccountState::NORMAL;
                let done = purchase.authorize(&book.book(), state, now, 30 * DAY).unwrap();
                let id = (shop.caller.client, AuthorizationId(1_000_000_000_000_000 + number));
                let row = AuthorizationRow::new(account, id, &done.outcome, Told::default(), now);
                assert!(store::authorization::insert(tx, &row).await?);
                book.set(&done.book);
                book.opened(row.expires_at);
            }
            store::account_book::keep(tx, &book).await
        })
    });
    added.await.unwrap();
}

on_both_engines! {
    async fn more_than_a_batch_of_them_keep_nobody_from_buying(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 12_000).await;
        for _ in 0..120 {
            shop.authorize(core, account, (100, None)).await.unwrap();
        }
        assert!(matches!(refusal(shop.authorize(core, account, (1, None)).await), Refusal::CreditExceeded { .. }));
        test.clock.advance(30 * DAY);
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(12_000)));
        let bought = shop.authorize(core, account, (12_000, None)).await.unwrap();
        assert_eq!((bought.available_credit, due(core, account).await), (Some(Cents::ZERO), 20), "a hundred were ended");
        assert_books(core).await;
        let exceeded = Refusal::CreditExceeded { needed: Cents(1), available: Cents::ZERO };
        assert_eq!(refusal(shop.authorize(core, account, (1, None)).await), exceeded);
        assert_eq!(due(core, account).await, 0, "what was due is ended by the next call, also by one that is refused");
        assert_books(core).await;
    }

    async fn the_job_ends_all_of_them_a_batch_at_a_time(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (many, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let (one, _) = open_account(core, shop.lender(), 2, 100_000).await;
        fill(core, shop, many).await;
        shop.authorize(core, one, (300, None)).await.unwrap();
        test.clock.advance(30 * DAY);
        // Two processes at once end each of them once.
        let ended = tokio::join!(core.expire_authorizations(), core.expire_authorizations());
        assert_eq!(ended.0.unwrap() + ended.1.unwrap(), u64::try_from(MOST_OPEN).unwrap() + 1);
        assert_eq!((due(core, many).await, due(core, one).await), (0, 0));
        assert_eq!(core.available_credit(many).await.unwrap(), Some(Cents(100_000)));
    }

    async fn one_that_can_not_be_read_keeps_no_other_from_ending(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (broken, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let (sound, _) = open_account(core, shop.lender(), 2, 100_000).await;
        shop.authorize(core, broken, (300, None)).await.unwrap();
        let held = shop.authorize(core, sound, (300, None)).await.unwrap();
        // A plan that can't be, in an authorization that comes first.
        let mut reader = core.db().reader().await.unwrap();
        let id = AuthorizationId(held.authorization);
        let row = store::authorization::by_number(&mut reader, shop.lender(), id).await.unwrap().unwrap();
        drop(reader);
        let row = AuthorizationRow {
            number: broken.number.get(),
            authorization: AuthorizationId(2_000_000_000_000_000),
            transaction_type: "promotional_purchase".to_owned(),
            plan: Some(999),
            expires_at: core.clock().now(),
            ..row
        };
        let added = core.db().take(move |tx| {
            let row = row.clone();
            Box::pin(async move { store::authorization::insert(tx, &row).await })
        });
        assert!(added.await.unwrap());
        test.clock.advance(30 * DAY);
        assert!(core.expire_authorizations().await.is_err());
        assert_eq!(due(core, sound).await, 0);
    }

    async fn an_account_has_so_many_open_at_most(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        fill(core, shop, account).await;
        assert_eq!(refusal(shop.authorize(core, account, (1, None)).await), Refusal::TooManyAuthorizations);
        shop.release(core, 1_000_000_000_000_000, None).await.unwrap();
        shop.authorize(core, account, (1, None)).await.unwrap();
        assert_eq!(refusal(shop.authorize(core, account, (1, None)).await), Refusal::TooManyAuthorizations);
        // Those whose time is over count no more.
        test.clock.advance(30 * DAY);
        let bought = shop.authorize(core, account, (100_000, None)).await.unwrap();
        assert_eq!(bought.available_credit, Some(Cents::ZERO));
    }

    async fn every_answer_tells_the_credit_that_a_look_up_would(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let mut accounts = Vec::new();
        for number in 1..=4 {
            let (account, _) = open_account(core, shop.lender(), number, 10_000).await;
            shop.authorize(core, account, (6_000, None)).await.unwrap();
            accounts.push(account);
        }
        test.clock.advance(29 * DAY);
        let later = shop.authorize(core, accounts[3], (1_000, None)).await.unwrap();
        test.clock.advance(DAY);
        let told = [
            shop.authorize(core, accounts[0], (1_000, None)).await.unwrap().available_credit.unwrap(),
            shop.refund(core, accounts[1], 500).await.unwrap().available_credit,
            shop.pay(core, accounts[2], 700).await.unwrap().available_credit,
            shop.release(core, later.authorization, Some(400)).await.unwrap().available_credit.unwrap(),
        ];
        assert_eq!(told, [Cents(9_000), Cents(10_500), Cents(10_700), Cents(9_400)]);
        for (account, told) in accounts.into_iter().zip(told) {
            assert_eq!(core.available_credit(account).await.unwrap(), Some(told));
        }
        assert_books(core).await;
    }
}

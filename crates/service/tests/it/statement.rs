//! Statements of accounts: they follow on each other, and end with what is owed.

use std::time::Duration;

use domain::calendar::CalendarDate;
use service::AdminError;
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn day(text: &str) -> CalendarDate {
    CalendarDate::parse(text).unwrap()
}

on_both_engines! {
    async fn statements_follow_on_each_other(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 1_000_000).await;
        // 2 January 2026: a purchase by plan, and a regular one.
        let held = shop.authorize(core, account, (30_000, Some(4))).await.unwrap();
        let captured = shop.capture(core, held.authorization, 30_000).await.unwrap();
        let regular = shop.authorize(core, account, (20_000, None)).await.unwrap();
        shop.capture(core, regular.authorization, 20_000).await.unwrap();
        test.clock.advance(40 * DAY);
        // 11 February, with interest of the days before.
        shop.bring_back(core, &captured, Some(10_000)).await.unwrap();
        shop.pay(core, account, 5_000).await.unwrap();
        assert_books(core).await;

        let of = async |from: &str, until: &str| {
            let mut statements = core.account_statements(account.number, (day(from), day(until)), &operator()).await.unwrap();
            assert_eq!(statements.len(), 1);
            statements.remove(0)
        };
        let (january, february) = (of("2026-01-01", "2026-01-31").await, of("2026-02-01", "2026-02-28").await);
        let charge = held.finance_charge.0;
        assert_eq!((january.opening, january.purchases, january.closing), (0, 50_000 + charge, 50_000 + charge));
        let entries: Vec<_> = january.entries.iter().map(|it| (it.kind.as_str(), it.amount, it.finance_charge, it.balance)).collect();
        assert_eq!(entries, [
            ("capture", 30_000 + charge, charge, 30_000 + charge), ("capture", 20_000, 0, 50_000 + charge),
        ]);
        assert!(january.entries.iter().all(|it| it.merchant.is_some()), "{january:?}");
        assert_eq!(february.opening, january.closing);
        assert_eq!((february.purchases, february.paid), (0, 5_000));
        assert!(february.interest > 0 && february.returned > 10_000, "{february:?}");
        assert_eq!(february.closing, february.opening + february.interest - february.returned - february.paid);
        let story = &core.account_stories(account.number, 1).await.unwrap()[0];
        assert_eq!(february.closing, story.principal + story.interest);
        let both = of("2026-01-01", "2026-12-31").await;
        assert_eq!((both.entries.len(), both.closing), (january.entries.len() + february.entries.len(), february.closing));
        let after = of("2026-03-01", "2026-03-31").await;
        assert_eq!((after.opening, after.closing, after.entries.len()), (february.closing, february.closing, 0));

        let wrong = core.account_statements(account.number, (day("2026-02-01"), day("2026-01-31")), &operator()).await;
        assert!(matches!(wrong, Err(AdminError::State(_))), "{wrong:?}");
        let none = core.account_statements(domain::credit_account::AccountNumber::of_stored(1), (day("2026-01-01"), day("2026-01-31")), &operator()).await;
        assert!(matches!(none, Err(AdminError::NotFound(_))), "{none:?}");
    }
}

//! What was bought: kept sealed, and shown on statements.

use std::sync::Arc;

use domain::calendar::CalendarDate;
use domain::cents::Cents;
use domain::purchase::{AuthorizationId, CaptureId};
use domain::sku_data::SkuData;
use serde_json::{Value, json};
use service::account_book::Till;
use service::capture::ReturnRequest;
use service::refund::RefundRequest;
use service::{Core, MasterKeys, Settings};
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, operator};
use testkit::on_both_engines;
use testkit::random::TestRandom;

use crate::purchase::{Shop, purchase};
use crate::sql::execute;

const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn told(what: &str) -> Till {
    let members = json!({"products": [{"description": what}]}).as_object().unwrap().clone();
    Till { sku_data: SkuData::new(members).unwrap(), ..Till::default() }
}

/// What the statement of an account shows of each entry.
async fn shown(core: &Core, account: AccountKey) -> Vec<(String, Value)> {
    let day = |text: &str| CalendarDate::parse(text).unwrap();
    let statements =
        core.account_statements(account.number, (day("2026-01-01"), day("2026-12-31")), &operator()).await.unwrap();
    let entries = statements.into_iter().flat_map(|statement| statement.entries);
    let what = |told: Option<serde_json::Map<String, Value>>| {
        told.map_or(Value::Null, |told| told["products"][0]["description"].clone())
    };
    entries.map(|entry| (entry.kind, what(entry.sku_data))).collect()
}

on_both_engines! {
    async fn a_statement_shows_what_was_bought_and_brought_back(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 1_000_000).await;
        let mut asked = purchase(core, shop.caller, account, (3_000, Some(4))).await;
        asked.till = told("a lamp and a chair");
        let held = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.unwrap().value;
        let id = AuthorizationId(held.authorization);
        // The second part tells what is in it, the first one does not.
        let first = shop.capture(core, held.authorization, 1_000).await.unwrap();
        core.capture(&shop.caller, (id, Cents(2_000)), &told("a chair"), None, &operator()).await.unwrap();
        let back = ReturnRequest {
            authorization: id, capture: CaptureId(first.capture), amount: Some(Cents(500)), full: false, card: None,
            till: told("a shade"),
        };
        core.return_capture(&shop.caller, &back, None, &operator()).await.unwrap();
        let mut asked = purchase(core, shop.caller, account, (700, None)).await;
        (asked.till, asked.auto_capture) = (told("a book"), true);
        core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.unwrap();
        let refund = RefundRequest {
            account: account.number, amount: Cents(100), card: None, capture: Some(346_123), till: told("goodwill"),
        };
        core.refund(&shop.caller, &refund, None, &operator()).await.unwrap();
        shop.refund(core, account, 1).await.unwrap();

        let entry = |kind: &str, what: Value| (kind.to_owned(), what);
        let all = [
            entry("capture", json!("a lamp and a chair")),
            entry("capture", json!("a chair")),
            entry("return", json!("a shade")),
            entry("capture", json!("a book")),
            entry("refund", json!("goodwill")),
            entry("refund", Value::Null),
        ];
        assert_eq!(shown(core, account).await, all);
        let looks = core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        assert_eq!(looks.iter().filter(|record| record.action == "account.statement").count(), 1);
        let movements = store::ledger::latest(&mut core.db().reader().await.unwrap(), account, 2).await.unwrap();
        let subjects: Vec<_> = movements.iter().map(|movement| movement.subject.as_str()).collect();
        assert!(subjects.contains(&"capture:346123"), "{subjects:?}");

        let row = store::sku_data::by_movement(&mut core.db().reader().await.unwrap(), account, 1).await.unwrap().unwrap();
        assert!(!row.sealed.windows(4).any(|bytes| bytes == b"lamp"));
        let open = async |keys: &str| {
            let (random, keys) = (Arc::new(TestRandom::new(u64::MAX / 3)), MasterKeys::parse(keys).unwrap());
            Core::open(database.open().await, Arc::new(TestClock::new()), random, keys, Settings::default()).await.unwrap()
        };
        // The account and the sessions were made without a key, by the tests' own helpers.
        execute(&database, "DELETE FROM widget_session").await;
        execute(&database, "UPDATE credit_account SET master_key_version = 2").await;
        let both = open(&format!("1:{MASTER_KEY},2:{NEW_KEY}")).await;
        both.reseal(&operator(), |_| {}).await.unwrap();
        assert_eq!(both.under_older_keys().await.unwrap().secrets, 0);
        assert_eq!(shown(&open(&format!("2:{NEW_KEY}")).await, account).await, all);
    }
}

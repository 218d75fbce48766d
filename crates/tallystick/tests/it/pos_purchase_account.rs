//! Accounts on which not everything may be moved: closed and frozen ones, and those of another merchant.

use http::StatusCode;
use serde_json::{Value, json};
use service::ledger::AccountStory;
use testkit::app::{POS, TestAnswer, TestApp};
use testkit::on_both_engines;

use crate::pos_calculate_interest::{ONTARIO, Till, is, refused, tills};

/// A call about an account.
#[derive(Clone, Copy, Debug)]
enum Call {
    Authorization,
    Verify,
    Transactions,
    Refund,
}

impl Call {
    const ALL: [Self; 4] = [Self::Authorization, Self::Verify, Self::Transactions, Self::Refund];

    /// With the code 2222 of the request 1, where one is needed.
    async fn ask(self, till: &Till, number: i64, lang: &str) -> TestAnswer {
        let (path, body): (String, Value) = match self {
            Self::Authorization => (
                "/authorization".to_owned(),
                json!({
                    "account_number": number, "financing_option": {"transaction_type": "regular_purchase"},
                    "amount": 1, "auto_capture": true, "verification_code": 2222, "request_id": "1",
                }),
            ),
            Self::Verify => (format!("/account/{number}/verify"), json!({"format": "sms", "request_id": "1"})),
            Self::Transactions => (
                "/transactions".to_owned(),
                json!({
                    "transaction_type": "instore_payment", "amount": "3.00", "account_number": number,
                    "verification_code": 2222, "request_id": "1",
                }),
            ),
            Self::Refund => (format!("/accounts/{number}/refund"), json!({"amount": 12.5})),
        };
        till.call(POS, &format!("{path}?lang={lang}")).json(&body).send().await
    }

    /// It is refused so, in both languages.
    async fn assert_refused(self, till: &Till, number: i64, (status, error): (u16, &str)) {
        let (english, french) = (self.ask(till, number, "en").await, self.ask(till, number, "fr").await);
        assert_eq!((refused(&english), refused(&french)), (is(status, error), is(status, error)), "{self:?}");
        assert_ne!(english.json()["message"], french.json()["message"], "{self:?}");
    }

    async fn assert_done(self, till: &Till, number: i64) {
        let answer = self.ask(till, number, "en").await;
        assert_eq!(answer.status, StatusCode::OK, "{self:?}: {}", answer.text());
    }
}

/// An account, and a code that was sent to its customer for the request 1.
async fn verified(till: &Till) -> i64 {
    let number = till.account("Anne", "L", ONTARIO).await;
    Call::Verify.assert_done(till, number).await;
    number
}

async fn story(till: &Till, number: i64) -> AccountStory {
    let core = &till.app.test.core;
    assert_eq!(core.check_ledger().await.unwrap().faults, Vec::<String>::new());
    core.account_stories(till.key(number).await.number, 99).await.unwrap().remove(0)
}

on_both_engines! {
    async fn on_a_closed_account_nothing_is_moved_but_what_is_due_to_the_shopper(database: TestDatabase) {
        let [till, ..] = tills(TestApp::open(&database).await).await;
        let number = verified(&till).await;
        till.set(number, ("C", "FCQC")).await;
        Call::Authorization.assert_refused(&till, number, (409, "user_not_able_to_purchase")).await;
        Call::Verify.assert_refused(&till, number, (409, "user_not_active")).await;
        Call::Transactions.assert_refused(&till, number, (409, "user_not_active")).await;
        assert_eq!(story(&till, number).await.movement_count, 0);
        Call::Refund.assert_done(&till, number).await;
        let shown = story(&till, number).await;
        assert_eq!((shown.status.as_str(), shown.principal, shown.interest, shown.movement_count), ("C", -1_250, 0, 1));
        // The credit opens nothing.
        Call::Authorization.assert_refused(&till, number, (409, "user_not_able_to_purchase")).await;
    }

    async fn an_account_that_may_not_buy_is_paid_and_credited(database: TestDatabase) {
        let [till, ..] = tills(TestApp::open(&database).await).await;
        let number = verified(&till).await;
        for (count, state) in (1..).zip([("A", "AAUT"), ("F", "FFRD"), ("Z", "ZCOP")]) {
            till.set(number, state).await;
            // The code is not used up by what is refused.
            Call::Verify.assert_done(&till, number).await;
            Call::Authorization.assert_refused(&till, number, (409, "user_not_able_to_purchase")).await;
            Call::Transactions.assert_done(&till, number).await;
            Call::Refund.assert_done(&till, number).await;
            let shown = story(&till, number).await;
            assert_eq!((shown.status.as_str(), shown.principal), (state.0, -1_550 * count), "{state:?}");
        }
    }

    async fn an_account_of_another_merchant_is_not_there(database: TestDatabase) {
        let [till, other, outside] = tills(TestApp::open(&database).await).await;
        let number = verified(&till).await;
        for stranger in [&other, &outside] {
            for call in Call::ALL {
                call.assert_refused(stranger, number, (404, "not_found")).await;
                // One that is nobody's is answered alike.
                let nobodys = call.ask(stranger, 12_345_678_901_237, "en").await.json();
                assert_eq!(call.ask(stranger, number, "en").await.json()["message"], nobodys["message"], "{call:?}");
            }
        }
        assert_eq!(story(&till, number).await.movement_count, 0);
        // Whose it is does all of it: the code that was sent at first is good yet, and each is used once.
        for call in Call::ALL {
            call.assert_done(&till, number).await;
        }
    }
}

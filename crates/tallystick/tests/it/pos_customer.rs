//! Customers of a lender: searched, looked up, and their accounts closed.

use std::sync::Arc;

use domain::credit_account::AccountNumber;
use domain::identifier::ClientIdentifier;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::credit_account::AccountKey;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// A merchant with an access token.
#[derive(Clone)]
struct Till {
    app: Arc<TestApp>,
    merchant: Merchant,
    token: String,
}

impl Till {
    async fn get(&self, rest: &str) -> TestAnswer {
        let path = format!("{POS}/client-id/{}{rest}", self.merchant.id);
        self.app.request(Method::GET, &path).bearer(&self.token).header("x-reference-id", FLOW).send().await
    }

    async fn post(&self, rest: &str, body: &Value) -> TestAnswer {
        let path = format!("{POS}/client-id/{}{rest}", self.merchant.id);
        let request = self.app.request(Method::POST, &path).bearer(&self.token).header("x-reference-id", FLOW);
        request.json(body).send().await
    }

    /// Opens an account in Quebec and gives its number.
    async fn account(&self, first_name: &str) -> i64 {
        let mut body = application(first_name);
        body["province"] = "QC".into();
        body["postal_code"] = "H2X 1Y4".into();
        let answer = self.post("/apply", &body).await;
        answer.json()["account_number"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()))
    }

    async fn close(&self, number: i64) -> TestAnswer {
        let path = format!("{POS}/client-id/{}/accounts/{number}/close", self.merchant.id);
        self.app.request(Method::POST, &path).bearer(&self.token).header("x-reference-id", FLOW).send().await
    }

    /// Gives an account another state.
    async fn set(&self, number: i64, state: (&'static str, &'static str)) {
        let key = self.key(number).await;
        let now = self.app.test.core.clock().now();
        let db = self.app.test.core.db().clone();
        db.write(move |tx| Box::pin(store::credit_account::keep_state(tx, key, state, now, None))).await.unwrap();
    }

    async fn key(&self, number: i64) -> AccountKey {
        let partner = self.app.test.core.partner_of_code("QUICK3").await.unwrap();
        let number = AccountNumber::of_stored(number);
        AccountKey { partner, lender: ClientIdentifier(self.merchant.creditor), number }
    }
}

/// Two merchants of one partner, each on its own book, and one of another partner.
async fn tills(database: &TestDatabase) -> [Till; 3] {
    let app = Arc::new(TestApp::open(database).await);
    let (partner, other) = (app.partner("QUICK3").await, app.partner("OTHER1").await);
    let merchants = [app.merchant(&partner, 1).await, app.merchant(&partner, 2).await, app.merchant(&other, 1).await];
    let mut tills = Vec::new();
    for merchant in merchants {
        let token = app.token(&merchant, &[]).await["access_token"].as_str().unwrap().to_owned();
        tills.push(Till { app: Arc::clone(&app), merchant, token });
    }
    tills.try_into().ok().unwrap()
}

#[track_caller]
fn refused(answer: &TestAnswer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap().to_owned())
}

fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

const SEARCH: &str = "/customers/search?first_name=zoe&last_name=Tremblay&dob=1985-02-14";

on_both_engines! {
    async fn a_customer_is_found_by_name_however_it_is_typed(database: TestDatabase) {
        let [till, other, outside] = tills(&database).await;
        let number = till.account("Zoé").await;
        let answer = till.get(SEARCH).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
        let found = answer.json();
        let (customer, card) = (found[0]["customer_id"].clone(), found[0]["card_ending_in"].clone());
        assert_eq!((customer.as_str().unwrap().len(), card.as_str().unwrap().len()), (10, 4));
        assert_eq!(
            found,
            json!([{
                "customer_id": customer, "account_status": "N", "account_status_reason_code": "NNOR", "tos_agreement": true,
                "risk_rating": "L", "account_number": number, "credit_limit": "15000.00", "available_credit": "15000.00",
                "originating_merchant_id": "300001", "originating_merchant_name": "Test Customer Oy", "creation_date": "2026-01-02",
                "first_name": "Zoé", "last_name": "Tremblay", "card_ending_in": card, "preferred_language": "en-CA",
                "customer_account_type": "consumer",
            }])
        );
        let near = format!("{SEARCH}&postal_code=h2x1y4");
        assert_eq!(till.get(&near).await.json(), found);
        let elsewhere = format!("{SEARCH}&postal_code=K1A0B1");
        assert_eq!(refused(&till.get(&elsewhere).await), is(404, "not_found"));
        for stranger in [&other, &outside] {
            assert_eq!(refused(&stranger.get(SEARCH).await), is(404, "not_found"));
        }
        let french = till.get(&format!("{elsewhere}&lang=fr")).await;
        assert!(french.json()["message"].as_str().unwrap().starts_with("Il n'y a pas de client"), "{}", french.text());

        let wrong = till.get("/customers/search?first_name=1&last_name=&dob=1985&dob=1985&postal_code=90210").await;
        assert_eq!(refused(&wrong), is(409, "wrong_inputs"));
        let body = wrong.json();
        let params: Vec<_> = body["field_errors"].as_array().unwrap().iter().map(|error| error["param"].clone()).collect();
        assert_eq!(params, ["first_name", "last_name", "dob", "postal_code"]);
        let twice = till.get(&format!("{SEARCH}&first_name=zoe")).await;
        assert_eq!((refused(&twice), &twice.json()["field_errors"][0]["param"]), (is(409, "wrong_inputs"), &json!("first_name")));
    }

    async fn a_customer_who_may_buy_is_looked_up_by_each_number(database: TestDatabase) {
        let [till, other, outside] = tills(&database).await;
        let number = till.account("Marie").await;
        let by_account = format!("/customers/lookup?account_number={number}");
        let answer = till.get(&by_account).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
        let found = answer.json();
        assert_eq!(
            found,
            json!({
                "available_credit": 15000, "account_number": number, "customer_id": found["customer_id"],
                "security_qid": {"id": "4", "text": found["security_qid"]["text"]}, "address_1": "55 Queen St W", "address_2": null,
                "city": "Ottawa", "postal_code": "H2X 1Y4", "province": "QC", "payment_protection": false, "risk_rating": "L",
                "offer_types": found["offer_types"], "card_ending_in": found["card_ending_in"], "preferred_language": "en-CA",
                "email": "marie@example.ca", "phone_number": "6135550123", "account_type": "consumer",
            })
        );
        let offers = found["offer_types"].as_array().unwrap();
        let plans: Vec<_> = offers.iter().map(|offer| offer["plan_id"].as_u64().unwrap()).collect();
        assert_eq!(plans, [1, 2, 4, 5, 7, 9]);
        assert_eq!(
            offers[2],
            json!({
                "plan_id": 4, "plan_name": "EMP - Regular Interest", "offer_category": "preferred", "term_options": [3, 6, 9, 12, 18, 24, 36],
            })
        );
        assert!(!answer.text().contains("Snowball") && !answer.text().contains("T1234"), "{}", answer.text());
        let by_customer = format!("/customers/lookup?customer_id={}", found["customer_id"].as_str().unwrap());
        assert_eq!(till.get(&by_customer).await.json(), found);
        let card = till.app.test.core.reveal_card(till.key(number).await, &operator()).await.unwrap();
        let by_card = format!("/customers/lookup?vcc_number={}", card.expose());
        assert_eq!(till.get(&by_card).await.json(), found);
        for path in [&by_account, &by_customer, &by_card] {
            for stranger in [&other, &outside] {
                assert_eq!(refused(&stranger.get(path).await), is(404, "not_found"), "{path}");
            }
        }
        for nobody in ["account_number=12345678901237", "account_number=12345678901230", "account_number=x", "vcc_number=1",
            "customer_id=123321"]
        {
            assert_eq!(refused(&till.get(&format!("/customers/lookup?{nobody}")).await), is(404, "not_found"), "{nobody}");
        }
        for wrong in ["", "account_number=1&customer_id=2", "account_number=1&account_number=1"] {
            assert_eq!(refused(&till.get(&format!("/customers/lookup?{wrong}")).await), is(409, "wrong_inputs"), "{wrong}");
        }
        assert_eq!(refused(&till.get("/customers/lookup?account_number=0001").await), is(504, "GATEWAY_TIMEOUT"));

        for (state, error) in [
            (("F", "FFRD"), "user_not_able_to_purchase"),
            (("A", "AAUT"), "user_not_able_to_purchase"),
            (("Z", "ZCOP"), "user_not_able_to_purchase"),
            (("C", "FCQC"), "user_not_active"),
        ] {
            till.set(number, state).await;
            let english = till.get(&by_account).await;
            assert_eq!(refused(&english), is(409, error), "{state:?}");
            let french = till.get(&format!("{by_account}&lang=fr")).await;
            assert_ne!(english.json()["message"], french.json()["message"]);
        }
        assert_eq!(till.get("/customers/search?first_name=Marie&last_name=Tremblay&dob=1985-02-14").await.json()[0]["account_status"], "C");
    }

    async fn an_account_of_quebec_is_closed_when_nothing_is_owed(database: TestDatabase) {
        let [till, other, outside] = tills(&database).await;
        let number = till.account("Marie").await;
        for stranger in [&other, &outside] {
            assert_eq!(refused(&stranger.close(number).await), is(404, "not_found"));
        }
        assert_eq!(refused(&till.close(12_345_678_901_237).await), is(404, "not_found"));
        assert_eq!(refused(&till.close(1).await), is(404, "not_found"));

        let key = till.key(number).await;
        let owe = async |principal: i64, interest: i64, held: i64| {
            use domain::cents::Cents;
            let limit = Cents::ZERO;
            let to = domain::credit_account::Balances {
                limit, principal: Cents(principal), interest: Cents(interest), held: Cents(held),
            };
            let (db, now) = (till.app.test.core.db().clone(), till.app.test.core.clock().now());
            db.write(move |tx| {
                Box::pin(async move { store::credit_account::keep_balances(tx, key, &to, now).await })
            }).await.unwrap();
        };
        for (principal, interest, held) in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (-500, 1, 0)] {
            owe(principal, interest, held).await;
            let english = till.close(number).await;
            assert_eq!(refused(&english), is(409, "account_not_settled"));
            assert!(english.json()["message"].as_str().unwrap().contains("0.01"), "{}", english.text());
        }
        owe(-500, 0, 0).await;
        let english = till.close(number).await;
        let french = till.post(&format!("/accounts/{number}/close?lang=fr"), &json!({})).await;
        for (answer, words) in [(&english, "a credit of 5.00 dollars"), (&french, "un crédit de 5.00 dollars")] {
            assert_eq!(refused(answer), is(409, "account_not_settled"));
            assert!(answer.json()["message"].as_str().unwrap().contains(words), "{}", answer.text());
        }
        owe(0, 0, 0).await;
        till.set(number, ("F", "FFRD")).await;
        assert_eq!(refused(&till.close(number).await), is(409, "user_not_active"));
        till.set(number, ("A", "AAUT")).await;
        for _ in 0..2 {
            let closed = till.close(number).await;
            assert_eq!((closed.status, closed.json()), (StatusCode::OK, json!({})), "{}", closed.text());
        }
        let records = till.app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let closings: Vec<_> = records.iter().filter(|record| record.action == "credit_account.close").collect();
        assert_eq!((closings.len(), closings[0].subject.as_str()), (1, format!("credit_account:{number}").as_str()));

        let ontario = till.post("/apply", &application("Anne")).await.json()["account_number"].as_i64().unwrap();
        assert_eq!(refused(&till.close(ontario).await), is(409, "account_not_in_quebec"));
    }

    async fn a_shopper_closes_the_account_that_it_applied_for(database: TestDatabase) {
        let [till, ..] = tills(&database).await;
        let shopper = async || {
            let pair = till.app.token(&till.merchant, &[("scope", "customer")]).await;
            Till { token: pair["access_token"].as_str().unwrap().to_owned(), ..till.clone() }
        };
        let (one, two) = (shopper().await, shopper().await);
        let number = one.account("Marie").await;
        assert_eq!(refused(&two.close(number).await), is(404, "not_found"));
        assert_eq!(one.close(number).await.status, StatusCode::OK);
        let merchants = till.account("Anne").await;
        assert_eq!(refused(&one.close(merchants).await), is(404, "not_found"));
    }

    async fn merchants_of_one_lender_reach_the_same_customers(database: TestDatabase) {
        let [till, other, _] = tills(&database).await;
        till.app.test.core.set_lender(&other.merchant.id, &till.merchant.id, &operator()).await.unwrap();
        let number = other.account("Zoé").await;
        let found = till.get(SEARCH).await.json();
        assert_eq!((&found[0]["account_number"], &found[0]["originating_merchant_id"]), (&json!(number), &json!("300002")));
        assert_eq!(till.get(&format!("/customers/lookup?account_number={number}")).await.status, StatusCode::OK);
        assert_eq!(till.close(number).await.status, StatusCode::OK);
    }
}

//! `POST …/calculate-interest`: what a purchase would cost, in both published shapes, and every way in which it is refused.

use std::sync::Arc;

use domain::credit_account::AccountNumber;
use domain::identifier::ClientIdentifier;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::credit_account::AccountKey;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";
const NEWER: &str = "/flexiti/pos-api/v2.5.1";

/// A merchant with an access token.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) app: Arc<TestApp>,
    pub(crate) merchant: Merchant,
    pub(crate) token: String,
}

impl Till {
    /// The same merchant with another token, of this scope.
    async fn with_scope(&self, scope: &str) -> Self {
        let pair = self.app.token(&self.merchant, &[("scope", scope)]).await;
        Self { token: pair["access_token"].as_str().unwrap().to_owned(), ..self.clone() }
    }

    pub(crate) fn call(&self, prefix: &str, rest: &str) -> TestRequest<'_> {
        let path = format!("{prefix}/client-id/{}{rest}", self.merchant.id);
        self.app.request(Method::POST, &path).bearer(&self.token).header("x-reference-id", FLOW)
    }

    /// Opens an account for somebody of this rating and province, and gives its number.
    pub(crate) async fn account(&self, first_name: &str, rating: &str, [province, postal_code]: [&str; 2]) -> i64 {
        let mut body = application(first_name);
        body["middle_name"] = format!("A-RR_{rating}").into();
        body["province"] = province.into();
        body["postal_code"] = postal_code.into();
        let answer = self.call(POS, "/apply").json(&body).send().await;
        answer.json()["account_number"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()))
    }

    async fn ask(&self, prefix: &str, number: i64, query: &str, amount: Value) -> TestAnswer {
        let rest = format!("/accounts/{number}/calculate-interest{query}");
        self.call(prefix, &rest).json(&json!({"amount": amount})).send().await
    }

    /// The numbers of the plans for a price, and the terms of each.
    async fn plans(&self, number: i64, amount: Value) -> Vec<(i64, Vec<i64>)> {
        let answer = self.ask(NEWER, number, "", amount).await.json();
        let plans = answer["promotional_purchase"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
        let terms =
            |plan: &Value| plan["terms"].as_array().unwrap().iter().map(|it| it["term"].as_i64().unwrap()).collect();
        plans.map(|plan| (plan["plan_id"].as_i64().unwrap(), terms(plan))).collect()
    }

    /// An account on the book of this merchant.
    pub(crate) async fn key(&self, number: i64) -> AccountKey {
        let partner = self.app.test.core.partner_of_code("QUICK3").await.unwrap();
        let lender = ClientIdentifier(self.merchant.creditor);
        AccountKey { partner, lender, number: AccountNumber::of_stored(number) }
    }

    pub(crate) async fn set(&self, number: i64, state: (&'static str, &'static str)) {
        let key = self.key(number).await;
        let (db, now) = (self.app.test.core.db().clone(), self.app.test.core.clock().now());
        db.write(move |tx| Box::pin(store::credit_account::keep_state(tx, key, state, now, None))).await.unwrap();
    }
}

pub(crate) const ONTARIO: [&str; 2] = ["ON", "K1A 0B1"];
pub(crate) const QUEBEC: [&str; 2] = ["QC", "H2X 1Y4"];

/// Two merchants of one partner, each on its own book, and one of another partner.
pub(crate) async fn tills(app: TestApp) -> [Till; 3] {
    let app = Arc::new(app);
    let (partner, other) = (app.partner("QUICK3").await, app.partner("OTHER1").await);
    let merchants = [app.merchant(&partner, 1).await, app.merchant(&partner, 2).await, app.merchant(&other, 1).await];
    let mut tills = Vec::new();
    for merchant in merchants {
        let token = app.token(&merchant, &[]).await["access_token"].as_str().unwrap().to_owned();
        tills.push(Till { app: Arc::clone(&app), merchant, token });
    }
    tills.try_into().ok().unwrap()
}

async fn till(database: &TestDatabase) -> Till {
    let [till, ..] = tills(TestApp::open(database).await).await;
    till
}

/// The plan of this number in an answer.
fn plan(answer: &Value, number: i64) -> &Value {
    let plans = answer["promotional_purchase"].as_array().unwrap();
    plans.iter().find(|plan| plan["plan_id"] == number).unwrap_or_else(|| panic!("{answer}"))
}

#[track_caller]
pub(crate) fn refused(answer: &TestAnswer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned())
}

pub(crate) fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

/// What must be in an answer by the API document: what each part of its schema needs. A choice of schemas would be none.
fn needed(document: &Value, schema: &Value) -> Vec<String> {
    assert!(schema.get("oneOf").is_none() && schema.get("anyOf").is_none(), "{schema}");
    if let Some(place) = schema["$ref"].as_str() {
        return needed(document, document.pointer(place.trim_start_matches('#')).unwrap());
    }
    let own = schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| needed(document, part))).collect()
}

on_both_engines! {
    async fn every_payment_is_told_to_who_asks(database: TestDatabase) {
        let till = till(&database).await;
        let number = till.account("Flexiti", "M", ONTARIO).await;
        let plain = till.ask(POS, number, "?schedule=false", json!(10.5)).await.json();
        assert_eq!(plain, till.ask(POS, number, "", json!(10.5)).await.json());
        assert!(!plain.to_string().contains("payments"));
        let document = serde_json::to_value(tallystick::app::document()).unwrap();
        let needed = needed(&document, &document["components"]["schemas"]["InterestTerm"]);
        let term = &plan(&plain, 4)["terms"][0];
        assert!(!needed.is_empty() && needed.iter().all(|name| term.get(name).is_some()), "{needed:?}: {term}");
        let answer = till.ask(POS, number, "?schedule=true", json!(10.5)).await.json();
        let payment = |month, amount, interest, principal| {
            json!({"month": month, "amount": amount, "interest": interest, "principal": principal, "fee": 0})
        };
        let payments = [payment(1, 3.56, 0.09, 3.47), payment(2, 3.56, 0.06, 3.5), payment(3, 3.56, 0.03, 3.53)];
        assert_eq!(
            plan(&answer, 4)["terms"][0],
            json!({"term": 3, "term_amount": 3.56, "fees": [], "apr": 0.0999, "finance_charge": 0.18, "total_amount": 10.68, "payments": payments})
        );
        for plan in answer["promotional_purchase"].as_array().unwrap() {
            for term in plan["terms"].as_array().unwrap() {
                let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round() as i64;
                let payments = term["payments"].as_array().unwrap();
                let sum = |part: &str| payments.iter().map(|payment| cents(&payment[part])).sum::<i64>();
                assert_eq!((sum("principal"), sum("amount")), (1_050, cents(&term["total_amount"])), "{term}");
                assert_eq!(sum("interest") + sum("fee"), cents(&term["finance_charge"]), "{term}");
                assert_eq!(payments[0]["amount"], term["term_amount"], "{term}");
            }
        }
        let wrong = till.ask(POS, number, "?schedule=yes", json!(0)).await;
        assert_eq!(refused(&wrong), is(409, "wrong_inputs"));
        let params: Vec<_> = wrong.json()["field_errors"].as_array().unwrap().iter().map(|it| it["param"].clone()).collect();
        assert_eq!(params, ["amount", "schedule"]);
    }

    async fn the_published_example_is_answered_in_both_shapes(database: TestDatabase) {
        let till = till(&database).await;
        let number = till.account("Flexiti", "M", ONTARIO).await;
        let newer = till.ask(NEWER, number, "?lang=en", json!(10.5)).await;
        assert_eq!((newer.status, newer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", newer.text());
        let mut answer = newer.json();
        let credit = answer["customer"]["available_credit"].clone();
        assert_eq!(
            plan(&answer, 4)["terms"][0],
            json!({
                "term": 3, "term_amount": 3.56, "fees": [],
                "annual_rates": {
                    "description": "Annual Percentage Rate (APR)", "rate": 0.0999, "type": "apr",
                    "message": "Interest and fees of a year, when every payment is made in time",
                },
            })
        );
        assert_eq!(plan(&answer, 4)["plan_name"], "EMP - Regular Interest");
        let older = till.ask(POS, number, "", json!(10.5)).await.json();
        assert_eq!(plan(&older, 4)["terms"][0], json!({"term": 3, "term_amount": 3.56, "fees": [], "apr": 0.0999}));
        assert_eq!(plan(&older, 4).get("plan_name"), None);
        // What is the same as cash tells what it costs otherwise, in both shapes, and no other plan does.
        for answer in [&newer.json(), &older] {
            for plan in answer["promotional_purchase"].as_array().unwrap() {
                for term in plan["terms"].as_array().unwrap() {
                    assert_eq!(term.get("late_interest").is_some(), plan["plan_id"] == 6, "{plan}");
                }
            }
            let late: Vec<_> = plan(answer, 6)["terms"].as_array().unwrap().iter().map(|term| &term["late_interest"]).collect();
            assert_eq!(late, [&json!(1.63), &json!(3.25), &json!(4.88)]);
        }
        answer.as_object_mut().unwrap().remove("promotional_purchase");
        assert!(credit.as_i64().unwrap() > 0, "{credit}");
        assert_eq!(
            answer,
            json!({
                "account_number": number, "account_type": "consumer", "amount": 10.5,
                "customer": {
                    "air": 0.3099, "available_credit": credit, "first_name": "Flexiti", "last_name": "Tremblay", "category_type": "preferred",
                },
                "regular_purchase": {"term_amount": 10.5, "air": 0.3099, "fees": [], "verify": true},
            })
        );
        // As a text, and in French.
        let french = till.ask(NEWER, number, "?lang=fr", json!("10.50")).await.json();
        assert_eq!(french["amount"], json!(10.5));
        assert_eq!(plan(&french, 4)["plan_name"], "VE - Intérêt ordinaire");
        let rates = &plan(&french, 4)["terms"][0]["annual_rates"];
        assert_eq!(rates["description"], "Taux annuel du coût d'emprunt (TAC)");
        assert_eq!(rates["message"], "Intérêt et frais d'une année, lorsque chaque versement est fait à temps");
    }

    async fn category_and_province_decide_which_plans_there_are(database: TestDatabase) {
        let till = till(&database).await;
        let prime = till.account("Anne", "L", ONTARIO).await;
        let numbers = |plans: Vec<(i64, Vec<i64>)>| plans.into_iter().map(|plan| plan.0).collect::<Vec<_>>();
        let plans = till.plans(prime, json!(1000)).await;
        assert_eq!(plans[2], (4, vec![3, 6, 9, 12, 18, 24, 36]));
        assert_eq!(numbers(plans), [1, 2, 4, 5, 6, 9]);
        let quebec = till.account("Luc", "H", QUEBEC).await;
        assert_eq!(numbers(till.plans(quebec, json!(1000)).await), [1, 2, 4, 5, 7, 9]);
        let answer = till.ask(POS, quebec, "", json!(200.01)).await.json();
        assert_eq!(answer["customer"]["category_type"], "premium");
        // No code is left out above 200.00.
        assert_eq!(answer["regular_purchase"]["verify"], false);
        assert_eq!(till.ask(POS, quebec, "", json!(200)).await.json()["regular_purchase"]["verify"], true);
    }

    async fn what_the_operator_has_set_is_offered(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.lending = toml::from_str(
            "[[plan]]\nid = 5\nfees = [{ amount = \"49.00\", charged = \"once\" }, { amount = \"0.50\", charged = \"monthly\" }]\n\
             [[plan]]\nid = 4\nleast-amount = \"500.00\"\n[regular-purchases]\nrate = \"19.9%\"\n[merchants]\nnobody = [1]\n",
        )
        .unwrap();
        let [till, ..] = tills(TestApp::with(&database, settings).await).await;
        let number = till.account("Anne", "L", ONTARIO).await;
        let answer = till.ask(NEWER, number, "", json!(2000)).await.json();
        assert_eq!(answer["regular_purchase"]["air"], json!(0.199));
        let first = &plan(&answer, 5)["terms"][1];
        assert_eq!((&first["term"], &first["term_amount"]), (&json!(6), &json!(333.33)));
        assert_eq!(
            first["fees"],
            json!([
                {"description": "Administration fee", "amount": 49, "type": "admin_total", "message": "Charged once, with the first payment"},
                {"description": "Administration fee", "amount": 0.5, "type": "admin_monthly", "message": "Charged with each payment"},
            ])
        );
        let rate = first["annual_rates"]["rate"].as_f64().unwrap();
        assert!((0.08..0.10).contains(&rate), "{rate}");
        // Its fees would cost more than the law allows, over a short time and of a small price.
        let plans = till.plans(number, json!(400)).await;
        assert!(!plans.iter().any(|plan| plan.0 == 4), "{plans:?}");
        assert_eq!(plans.iter().find(|plan| plan.0 == 5).unwrap().1, [12, 18, 24]);
        assert!(!till.plans(number, json!(50)).await.iter().any(|plan| plan.0 == 5));
    }

    async fn a_merchant_offers_the_plans_that_were_chosen_for_it(database: TestDatabase) {
        // The client_id of the next merchant is known once it is there.
        let first = tills(TestApp::open(&database).await).await;
        let number = first[0].account("Anne", "L", ONTARIO).await;
        let mut settings = TestApp::settings();
        settings.lending = toml::from_str(&format!("[merchants]\n\"{}\" = [5, 4]\n", first[0].merchant.id)).unwrap();
        let app = Arc::new(TestApp::with(&database, settings).await);
        let again = Till { app, ..first[0].clone() };
        let plans: Vec<_> = again.plans(number, json!(1000)).await.into_iter().map(|plan| plan.0).collect();
        assert_eq!(plans, [4, 5]);
    }

    async fn only_the_merchants_of_the_lender_reach_an_account(database: TestDatabase) {
        let [till, other, outside] = tills(TestApp::open(&database).await).await;
        let number = till.account("Anne", "L", ONTARIO).await;
        for stranger in [&other, &outside] {
            let english = stranger.ask(POS, number, "", json!(10)).await;
            assert_eq!(refused(&english), is(404, "not_found"));
            let french = stranger.ask(NEWER, number, "?lang=fr", json!(10)).await;
            assert_eq!(refused(&french), is(404, "not_found"));
            assert!(french.json()["message"].as_str().unwrap().starts_with("Il n'y a pas de compte"), "{}", french.text());
            // One that is nobody's is answered alike.
            let nobodys = stranger.ask(POS, 12_345_678_901_237, "", json!(10)).await;
            assert_eq!(nobodys.json()["message"], english.json()["message"]);
        }
        till.app.test.core.set_lender(&other.merchant.id, &till.merchant.id, &operator()).await.unwrap();
        assert_eq!(other.ask(POS, number, "", json!(10)).await.status, StatusCode::OK);
        for wrong in ["0001", "1234", "x", "12345678901230", "123456789012345678901234"] {
            let rest = format!("/accounts/{wrong}/calculate-interest");
            let answer = till.call(POS, &rest).json(&json!({"amount": 10})).send().await;
            assert_eq!(refused(&answer), is(404, "not_found"), "{wrong}");
        }
    }

    async fn a_shopper_asks_for_the_account_that_it_applied_for(database: TestDatabase) {
        let till = till(&database).await;
        let (one, two) = (till.with_scope("customer").await, till.with_scope("customer").await);
        let number = one.account("Marie", "L", ONTARIO).await;
        assert_eq!(one.ask(POS, number, "", json!(10)).await.status, StatusCode::OK);
        assert_eq!(refused(&two.ask(POS, number, "", json!(10)).await), is(404, "not_found"));
        assert_eq!(till.ask(POS, number, "", json!(10)).await.status, StatusCode::OK);
    }

    async fn an_account_that_may_not_buy_has_no_price(database: TestDatabase) {
        let till = till(&database).await;
        let number = till.account("Anne", "L", ONTARIO).await;
        for (state, error) in [
            (("F", "FFRD"), "user_not_able_to_purchase"),
            (("A", "AAUT"), "user_not_able_to_purchase"),
            (("Z", "ZCOP"), "user_not_able_to_purchase"),
            (("C", "FCQC"), "user_not_active"),
        ] {
            till.set(number, state).await;
            assert_eq!(refused(&till.ask(POS, number, "", json!(10)).await), is(409, error), "{state:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_amount_is_told_with_its_name_in_both_languages() {
    let till = till(&TestDatabase::sqlite()).await;
    let number = till.account("Anne", "L", ONTARIO).await;
    let rest = |lang: &str| format!("/accounts/{number}/calculate-interest?lang={lang}");
    let more = "must be more than 0";
    for (body, english, value) in [
        (r#"{"amount":0}"#, more, json!("0")),
        (r#"{"amount":-10.5}"#, more, json!("-10.5")),
        (r#"{"amount":"0.00"}"#, more, json!("0.00")),
        (r#"{"amount":10.505}"#, "must have two decimals", json!("10.505")),
        (r#"{"amount":1e400}"#, "is too large", json!(null)),
        (r#"{"amount":"1e400"}"#, "is too large", json!("1e400")),
        (r#"{"amount":10000000000000}"#, "is too large", json!("10000000000000")),
        (r#"{"amount":"ten"}"#, "must be an amount in dollars", json!("ten")),
        (r#"{"amount":true}"#, "must be a number of dollars", json!(null)),
        (r#"{"amount":null}"#, "must be there", json!(null)),
        ("{}", "must be there", json!(null)),
    ] {
        let answer = till.call(POS, &rest("en")).bytes(body).header("content-type", "application/json").send().await;
        assert_eq!(refused(&answer), is(409, "wrong_inputs"), "{body}");
        let errors = answer.json()["field_errors"].clone();
        assert_eq!((&errors[0]["param"], &errors[0]["value"]), (&json!("amount"), &value), "{body}: {errors}");
        let message = errors[0]["msg"].as_str().unwrap();
        assert!(message.starts_with(english), "{body}: {message}");
        let french = till.call(NEWER, &rest("fr")).bytes(body).header("content-type", "application/json").send().await;
        let french = french.json()["field_errors"][0]["msg"].as_str().unwrap().to_owned();
        assert!(["doit", "est trop"].iter().any(|word| french.starts_with(word)), "{body}: {french}");
    }
    let twice =
        till.call(POS, &rest("en")).bytes(r#"{"amount":1,"amount":2}"#).header("content-type", "application/json");
    let twice = twice.send().await;
    assert_eq!((refused(&twice), &twice.json()["field_errors"][0]["param"]), (is(409, "wrong_inputs"), &json!("body")));
    // The largest amount that there is has a price as well.
    let largest = till.ask(POS, number, "", json!("9999999999999.99")).await;
    assert_eq!((largest.status, &largest.json()["amount"]), (StatusCode::OK, &json!(9_999_999_999_999.99)));
}

//! The widget of a web shop: begun by the shop, opened by its page, and what it proves to purchases and applications.

use std::sync::Arc;
use std::time::Duration;

use domain::cents::Cents;
use domain::credit_account::{AccountNumber, RiskRating};
use domain::identifier::ClientIdentifier;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::application_admin::ByHand;
use store::credit_account::AccountKey;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::task::JoinSet;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";
const MINUTE: Duration = Duration::from_secs(60);

/// A web shop with a customer who has an account, and a browser that has nothing to do with it.
#[derive(Clone)]
struct Shop {
    app: Arc<TestApp>,
    merchant: Merchant,
    other: Merchant,
    office: String,
    browser: String,
    account: i64,
}

/// A session whose page is open.
#[derive(Clone)]
struct Page {
    shop: Shop,
    session: String,
    key: String,
    opened: Value,
}

/// Session and token of the address of a page.
fn parts(address: &str) -> (String, String) {
    let (path, query) = address.split_once('?').unwrap();
    let session = query.split('&').find_map(|pair| pair.strip_prefix("widget_session_id=")).unwrap();
    (session.to_owned(), path.rsplit_once('/').unwrap().1.to_owned())
}

#[track_caller]
fn refused(answer: &TestAnswer) -> (u16, String) {
    let body = answer.json();
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (answer.status.as_u16(), body["error"].as_str().unwrap().to_owned())
}

#[track_caller]
fn wrong(answer: &TestAnswer) -> Vec<String> {
    assert_eq!(refused(answer), is(409, "wrong_inputs"), "{}", answer.text());
    let errors = answer.json()["field_errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["param"].as_str().unwrap().to_owned()).collect()
}

fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

fn marie() -> Value {
    json!({"first_name": "Marie", "last_name": "Tremblay", "dob": "1985-02-14", "postal_code": "k1a0b1"})
}

fn of_person() -> Value {
    json!({"flow": "purchase", "customer_identification": {"personal_information": marie()}})
}

/// What `apply` needs of a person, as the application of this first name tells it.
fn to_apply(first_name: &str) -> Value {
    let whole = application(first_name);
    let mut body = json!({"flow": "apply", "tos_agreement": true});
    for name in ["email", "phone_number", "address_1", "city", "province"] {
        body[name] = whole[name].clone();
    }
    let mut person = marie();
    person["first_name"] = first_name.into();
    body["customer_identification"] = json!({"personal_information": person});
    body
}

impl Shop {
    async fn open(database: &TestDatabase) -> Self {
        let app = Arc::new(TestApp::open(database).await);
        let partner = app.partner("QUICK3").await;
        let (merchant, other) = (app.merchant(&partner, 1).await, app.merchant(&partner, 2).await);
        let (office, browser) = (String::new(), String::new());
        let mut shop = Self { app, merchant, other, office, browser, account: 0 };
        shop.log_in().await;
        let applied = shop.by(&shop.office, "/apply", &application("Marie")).await;
        shop.account = applied.json()["account_number"].as_i64().unwrap_or_else(|| panic!("{}", applied.text()));
        shop
    }

    async fn log_in(&mut self) {
        (self.office, self.browser) = (self.token("merchant").await, self.token("customer").await);
    }

    async fn token(&self, scope: &str) -> String {
        let pair = self.app.token(&self.merchant, &[("scope", scope)]).await;
        pair["access_token"].as_str().unwrap().to_owned()
    }

    async fn by(&self, token: &str, path: &str, body: &Value) -> TestAnswer {
        let path = format!("{POS}/client-id/{}{path}", self.merchant.id);
        let request = self.app.request(Method::POST, &path).bearer(token).header("x-reference-id", FLOW);
        request.header("host", "pos.example").json(body).send().await
    }

    async fn init(&self, body: &Value) -> TestAnswer {
        self.by(&self.browser, "/widget/init", body).await
    }

    async fn begin(&self, body: &Value) -> (String, String) {
        let answer = self.init(body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        parts(answer.json()["redirection_url"].as_str().unwrap())
    }

    async fn open_token(&self, merchant: &Merchant, token: &str) -> TestAnswer {
        let path = format!("{POS}/client-id/{}/widget/session", merchant.id);
        self.app.request(Method::POST, &path).json(&json!({"token": token})).send().await
    }

    async fn page(&self, body: &Value) -> Page {
        let (session, token) = self.begin(body).await;
        let answer = self.open_token(&self.merchant, &token).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let opened = answer.json();
        assert_eq!(opened["widget_session_id"], session);
        Page { shop: self.clone(), session, key: opened["session_key"].as_str().unwrap().to_owned(), opened }
    }

    /// A session in which the customer of the account was verified by short message and chose it.
    async fn verified(&self) -> String {
        let page = self.page(&of_person()).await;
        page.done("/code", &json!({"option": 0})).await;
        page.done("/check", &json!({"answer": "2222"})).await;
        page.done("/choice", &json!({"account_number": self.account})).await;
        page.session
    }

    async fn buy(&self, token: &str, session: Option<&str>) -> TestAnswer {
        let body = json!({
            "account_number": self.account, "financing_option": {"transaction_type": "regular_purchase"}, "amount": 1,
            "auto_capture": false, "widget_session_id": session,
        });
        self.by(token, "/authorization", &body).await
    }

    async fn price(&self, token: &str) -> TestAnswer {
        self.by(token, &format!("/accounts/{}/calculate-interest", self.account), &json!({"amount": 10.5})).await
    }

    async fn set_status(&self, status: &'static str, reason: &'static str) {
        let partner = self.app.test.core.partner_of_code("QUICK3").await.unwrap();
        let (lender, number) = (ClientIdentifier(self.merchant.creditor), AccountNumber::of_stored(self.account));
        let (key, at) = (AccountKey { partner, lender, number }, domain::Clock::now(self.app.clock().as_ref()));
        let kept = self.app.test.core.db().write(move |tx| {
            Box::pin(async move { store::credit_account::keep_state(tx, key, (status, reason), at, None).await })
        });
        kept.await.unwrap();
    }
}

impl Page {
    async fn send(&self, method: Method, rest: &str, body: Option<&Value>) -> TestAnswer {
        let path = format!("{POS}/client-id/{}/widget/session/{}{rest}", self.shop.merchant.id, self.session);
        let mut request = self.shop.app.request(method, &path).bearer(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    async fn post(&self, rest: &str, body: &Value) -> TestAnswer {
        self.send(Method::POST, rest, Some(body)).await
    }

    async fn done(&self, rest: &str, body: &Value) -> Value {
        let answer = self.post(rest, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    async fn shown(&self) -> Value {
        let answer = self.send(Method::GET, "", None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }
}

on_both_engines! {
    async fn a_customer_is_verified_and_buys(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let answer = shop.init(&of_person()).await;
        let address = answer.json()["redirection_url"].as_str().unwrap().to_owned();
        let (session, token) = parts(&address);
        let expected = format!(
            "/#/widget/{}/{token}?lang=en&x-reference-id={FLOW}&widget_session_id={session}", shop.merchant.id
        );
        assert_eq!(address, format!("http://pos.example{expected}"));
        assert_eq!((token.len(), answer.header("cache-control")), (40, "no-store"));

        // Before anything is proved the browser sees nothing of the account.
        assert_eq!(refused(&shop.price(&shop.browser).await), is(404, "not_found"));
        assert_eq!(refused(&shop.buy(&shop.browser, Some(&session)).await), is(404, "customer_identity_not_found"));

        let page = shop.page(&of_person()).await;
        let options = json!([
            {"option": 0, "format": "sms", "shown": "(•••) •••-••23"},
            {"option": 1, "format": "email", "shown": "m•••@e•••.ca"},
            {"option": 2, "format": "security_question", "shown": page.opened["mfa_options"][2]["shown"]},
        ]);
        assert_eq!(page.opened["mfa_options"], options);
        let (step, may_apply) = (&page.opened["step"], &page.opened["may_apply"]);
        assert_eq!((step, may_apply, &page.opened["event"]), (&json!("opened"), &json!(true), &Value::Null));
        assert_eq!(page.opened["accounts"], json!([]));
        assert_eq!(refused(&page.post("/choice", &json!({"account_number": shop.account})).await), is(409, "widget_step"));
        assert_eq!(refused(&page.post("/check", &json!({"answer": "2222"})).await), is(409, "widget_step"));

        page.done("/code", &json!({"option": 1})).await;
        assert_eq!(refused(&page.post("/check", &json!({"answer": "1111"})).await), is(409, "wrong_verification_code"));
        let verified = page.done("/check", &json!({"answer": 2222})).await;
        assert_eq!((&verified["step"], &verified["mfa_option_chosen"]), (&json!("verified"), &json!("email")));
        assert_eq!(verified["accounts"][0]["account_number"], shop.account);
        assert_eq!(verified["accounts"].as_array().unwrap().len(), 1);
        // Not chosen yet: nothing is proved to the shop.
        assert_eq!(refused(&shop.buy(&shop.browser, Some(&page.session)).await), is(404, "customer_identity_not_found"));
        assert_eq!(wrong(&page.post("/choice", &json!({"account_number": "12345678901237"})).await), ["account_number"]);

        let ended = page.done("/choice", &json!({"account_number": shop.account})).await;
        let event = &ended["event"];
        assert_eq!(event["eventType"], "flx-success");
        assert_eq!(
            event["eventData"],
            json!({
                "accountNumber": shop.account, "verified": true, "action": "purchase", "mfaOptionSelected": "email",
                "widget_session_id": page.session, "customerId": event["eventData"]["customerId"], "accountType": "consumer",
            })
        );
        assert_eq!(event["eventData"]["customerId"].as_str().unwrap().len(), 10);
        assert_eq!(page.done("/choice", &json!({"account_number": shop.account})).await, ended);
        assert_eq!(page.shown().await, ended);
        assert_eq!(refused(&page.post("/choice", &json!({"action": "cancel"})).await), is(409, "widget_step"));

        assert_eq!(shop.price(&shop.browser).await.status, StatusCode::OK);
        let bought = shop.buy(&shop.browser, Some(&page.session)).await;
        assert_eq!(bought.status, StatusCode::OK, "{}", bought.text());
        // Once.
        assert_eq!(refused(&shop.buy(&shop.browser, Some(&page.session)).await), is(409, "not_verified"));
        assert_eq!(refused(&shop.buy(&shop.browser, None).await), is(404, "customer_identity_not_found"));
        assert_eq!(shop.price(&shop.browser).await.status, StatusCode::OK);
        // The token is enough to say which session, and the shop's own server may name it as well.
        shop.verified().await;
        assert_eq!(shop.buy(&shop.browser, None).await.status, StatusCode::OK);
        let session = shop.verified().await;
        assert_eq!(shop.buy(&shop.office, Some(&session)).await.status, StatusCode::OK);
    }

    async fn a_token_opens_one_page_once_in_its_time(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let (session, token) = shop.begin(&of_person()).await;
        let gone = is(404, "widget_session_not_found");
        assert_eq!(refused(&shop.open_token(&shop.other, &token).await), gone);
        let wrong_tokens = ["x".to_owned(), "0".repeat(40), session.clone()];
        for unknown in wrong_tokens {
            assert_eq!(refused(&shop.open_token(&shop.merchant, &unknown).await), gone);
        }
        // Of many at once one opens it.
        let mut tries = JoinSet::new();
        for _ in 0..12 {
            let (shop, token) = (shop.clone(), token.clone());
            tries.spawn(async move {
                let answer = shop.open_token(&shop.merchant, &token).await;
                if answer.status == StatusCode::OK { None } else { Some(refused(&answer)) }
            });
        }
        let mut refusals: Vec<_> = tries.join_all().await.into_iter().flatten().collect();
        refusals.dedup();
        assert_eq!(refusals, [is(409, "widget_token_used")]);
        let (_, late) = shop.begin(&of_person()).await;
        let (_, in_time) = shop.begin(&of_person()).await;
        shop.app.clock().advance(20 * MINUTE - Duration::from_secs(1));
        assert_eq!(shop.open_token(&shop.merchant, &in_time).await.status, StatusCode::OK);
        shop.app.clock().advance(Duration::from_secs(1));
        assert_eq!(refused(&shop.open_token(&shop.merchant, &late).await), is(409, "widget_session_expired"));

        let shop = { let mut shop = shop; shop.log_in().await; shop };
        let page = shop.page(&of_person()).await;
        // Another session's key, none, and another merchant's address.
        let other = shop.page(&of_person()).await;
        let stolen = Page { key: other.key.clone(), ..page.clone() };
        assert_eq!(refused(&stolen.send(Method::GET, "", None).await), gone);
        let keyless = Page { key: "x".into(), ..page.clone() };
        assert_eq!(refused(&keyless.send(Method::GET, "", None).await), is(401, "unauthorized"));
        let elsewhere = Page { shop: Shop { merchant: shop.other.clone(), ..shop.clone() }, ..page.clone() };
        assert_eq!(refused(&elsewhere.send(Method::GET, "", None).await), gone);
        shop.app.clock().advance(20 * MINUTE);
        assert_eq!(refused(&page.send(Method::GET, "", None).await), is(409, "widget_session_expired"));
    }

    async fn what_was_proved_is_of_one_family_one_account_and_one_hour(database: TestDatabase) {
        let mut shop = Shop::open(&database).await;
        let session = shop.verified().await;
        let stranger = shop.token("customer").await;
        assert_eq!(refused(&shop.buy(&stranger, Some(&session)).await), is(404, "customer_identity_not_found"));
        let foreign = shop.app.token(&shop.other, &[]).await["access_token"].as_str().unwrap().to_owned();
        let theirs = Shop { merchant: shop.other.clone(), ..shop.clone() };
        assert_eq!(refused(&theirs.buy(&foreign, Some(&session)).await), is(404, "not_found"));
        let second = shop.by(&shop.office, "/apply", &application("Jeanne")).await.json()["account_number"].as_i64().unwrap();
        let wrong_account = Shop { account: second, ..shop.clone() };
        assert_eq!(refused(&wrong_account.buy(&shop.office, Some(&session)).await), is(409, "not_verified"));
        let made_up = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
        assert_eq!(refused(&shop.buy(&shop.office, Some(made_up)).await), is(409, "not_verified"));
        shop.app.clock().advance(60 * MINUTE);
        shop.log_in().await;
        assert_eq!(refused(&shop.buy(&shop.office, Some(&session)).await), is(409, "not_verified"));
        // Nobody else's purchase is made of one verification by being quick.
        let session = shop.verified().await;
        let mut buys = JoinSet::new();
        for _ in 0..12 {
            let (shop, session) = (shop.clone(), session.clone());
            buys.spawn(async move { shop.buy(&shop.browser, Some(&session)).await.status });
        }
        let bought = buys.join_all().await.into_iter().filter(|status| *status == StatusCode::OK).count();
        assert_eq!(bought, 1);
    }

    async fn codes_and_answers_are_few(database: TestDatabase) {
        let mut shop = Shop::open(&database).await;
        let page = shop.page(&json!({"flow": "purchase", "customer_identification": {"account_number": shop.account}})).await;
        assert_eq!(wrong(&page.post("/code", &json!({"option": 3})).await), ["option"]);
        assert_eq!(wrong(&page.post("/code", &json!({})).await), ["option"]);
        assert_eq!(wrong(&page.post("/choice", &json!({"action": "buy"})).await), ["action"]);
        // Three wrong answers at once or more count like three.
        page.done("/code", &json!({"option": 0})).await;
        let mut guesses = JoinSet::new();
        for guess in 0..12 {
            let page = page.clone();
            guesses.spawn(async move { refused(&page.post("/check", &json!({"answer": 3000 + guess})).await) });
        }
        assert!(guesses.join_all().await.into_iter().all(|refusal| refusal == is(409, "wrong_verification_code")));
        assert_eq!(refused(&page.post("/check", &json!({"answer": "2222"})).await), is(409, "wrong_verification_code"));
        page.done("/code", &json!({"option": 1})).await;
        shop.app.clock().advance(10 * MINUTE);
        let late = page.post("/check", &json!({"answer": "2222"})).await;
        assert!(late.json()["message"].as_str().unwrap().contains("expired"), "{}", late.text());
        // The answer to the question, however it is typed, is as good; but not the third wrong one.
        let question = shop.page(&of_person()).await;
        question.done("/code", &json!({"option": 2})).await;
        assert_eq!(refused(&question.post("/check", &json!({"answer": "Boule"})).await), is(409, "wrong_verification_code"));
        let answered = question.done("/check", &json!({"answer": "  SNOWBALL "})).await;
        assert_eq!(answered["accounts"][0]["account_number"], shop.account);
        page.done("/code", &json!({"option": 2})).await;
        for _ in 0..3 {
            assert_eq!(refused(&page.post("/check", &json!({"answer": "Boule"})).await), is(409, "wrong_verification_code"));
        }
        // The shop has named the account itself, and is told that it failed.
        let failed = page.shown().await;
        let data = &failed["event"]["eventData"];
        assert_eq!((&data["accountNumber"], &data["verified"], &data["action"]), (&json!(shop.account), &json!(false), &json!("purchase")));
        assert_eq!(refused(&shop.buy(&shop.office, Some(&page.session)).await), is(409, "not_verified"));
        // Ten codes in an hour to one address, whatever the session.
        shop.app.clock().advance(60 * MINUTE);
        shop.log_in().await;
        let mut sent = 0;
        for _ in 0..4 {
            let page = shop.page(&of_person()).await;
            for _ in 0..3 {
                let answer = page.post("/code", &json!({"option": 0})).await;
                if answer.status == StatusCode::OK {
                    sent += 1;
                } else {
                    assert_eq!(refused(&answer), is(409, "too_many_verifications"));
                }
            }
            assert_eq!(refused(&page.post("/code", &json!({"option": 0})).await), is(409, "too_many_verifications"));
        }
        assert_eq!(sent, 10);
    }

    async fn who_is_not_known_or_may_not_buy_is_told_to_the_shop_as_published(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let data = |ended: &Value| {
            let data = &ended["event"]["eventData"];
            (data["accountNumber"].clone(), data["verified"].clone(), data["action"].clone())
        };
        // Nobody of this name, with another postal code, of this number or card, or of two that do not fit: the page says the same of all.
        let whom = [
            json!({"personal_information": {"first_name": "Nobody", "last_name": "Tremblay", "dob": "1985-02-14", "postal_code": "K1A 0B1"}}),
            json!({"personal_information": {"first_name": "Marie", "last_name": "Tremblay", "dob": "1985-02-14", "postal_code": "M1M 1M1"}}),
            json!({"account_number": "12345678901237"}),
            json!({"account_number": 20_009_100}),
            json!({"vcc_number": "1070015210367982"}),
            json!({"account_number": shop.account, "vcc_number": "1070015210367982"}),
        ];
        for whom in whom {
            let page = shop.page(&json!({"flow": "purchase", "customer_identification": whom})).await;
            assert_eq!((&page.opened["mfa_options"], &page.opened["may_apply"]), (&json!([]), &json!(true)));
            let ended = page.done("/choice", &json!({"action": "apply"})).await;
            assert_eq!(data(&ended), (Value::Null, json!(false), json!("apply")));
        }
        let both = json!({"flow": "purchase", "customer_identification": {"account_number": shop.account, "personal_information": marie()}});
        assert_eq!(shop.page(&both).await.opened["mfa_options"].as_array().unwrap().len(), 3);
        let page = shop.page(&of_person()).await;
        assert_eq!(page.done("/choice", &json!({"action": "cancel"})).await["event"], json!({"eventType": "flx-cancel"}));
        // Frozen: known only to who has proved who they are, and then they may not go on.
        shop.set_status("F", "FAGN").await;
        let page = shop.page(&of_person()).await;
        assert_eq!(page.opened["mfa_options"].as_array().unwrap().len(), 3);
        page.done("/code", &json!({"option": 0})).await;
        let ended = page.done("/check", &json!({"answer": "2222"})).await;
        assert_eq!((data(&ended), &ended["step"]), ((Value::Null, json!(false), Value::Null), &json!("ended")));
        // Closed is as if there were none.
        shop.set_status("C", "FCQC").await;
        assert_eq!(shop.page(&of_person()).await.opened["mfa_options"], json!([]));
    }

    async fn who_applies_is_verified_first_and_tells_the_same(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let page = shop.page(&to_apply("Jeanne")).await;
        let formats: Vec<_> = page.opened["mfa_options"].as_array().unwrap().iter().map(|it| it["format"].clone()).collect();
        assert_eq!((formats, &page.opened["may_apply"]), (vec![json!("sms"), json!("email")], &json!(false)));
        assert_eq!(refused(&page.post("/choice", &json!({"action": "apply"})).await), is(409, "widget_step"));
        let apply = async |change: fn(&mut Value)| {
            let mut body = application("Jeanne");
            body["widget_session_id"] = page.session.clone().into();
            change(&mut body);
            shop.by(&shop.browser, "/apply", &body).await
        };
        assert_eq!(refused(&apply(|_| {}).await), is(409, "not_verified"));
        page.done("/code", &json!({"option": 0})).await;
        let verified = page.done("/check", &json!({"answer": "2222"})).await;
        assert_eq!((&verified["may_apply"], &verified["accounts"]), (&json!(true), &json!([])));
        let ended = page.done("/choice", &json!({"action": "apply"})).await;
        let event = &ended["event"]["eventData"];
        assert_eq!((&event["verified"], &event["action"], &event["accountNumber"]), (&json!(true), &json!("apply"), &Value::Null));
        let changes: [fn(&mut Value); 7] = [
            |body| body["first_name"] = "Jean".into(),
            |body| body["dob"] = "1985-02-15".into(),
            |body| body["email"] = "jeanne@example.ca".into(),
            |body| body["phone_number"] = "6135550124".into(),
            |body| body["address_1"] = "56 Queen St W".into(),
            |body| body["city"] = "Toronto".into(),
            |body| body["postal_code"] = "K1A 0B2".into(),
        ];
        for change in changes {
            assert_eq!(refused(&apply(change).await), is(409, "not_verified"));
        }
        let stranger = shop.token("customer").await;
        let mut body = application("Jeanne");
        body["widget_session_id"] = page.session.clone().into();
        assert_eq!(refused(&shop.by(&stranger, "/apply", &body).await), is(409, "not_verified"));
        let applied = apply(|body| body["first_name"] = "JEANNE".into()).await;
        let account = applied.json()["account_number"].as_i64().unwrap_or_else(|| panic!("{}", applied.text()));
        // The session was for this one, and is good for the first purchase.
        assert_eq!(refused(&apply(|_| {}).await), is(409, "not_verified"));
        let shop = Shop { account, ..shop.clone() };
        assert_eq!(shop.buy(&shop.browser, Some(&page.session)).await.status, StatusCode::OK);
        assert_eq!(refused(&shop.buy(&shop.browser, Some(&page.session)).await), is(409, "not_verified"));
        // Who has an account, and is reached where it is known that they are, may buy with it.
        let known = shop.page(&to_apply("Jeanne")).await;
        known.done("/code", &json!({"option": 1})).await;
        let verified = known.done("/check", &json!({"answer": "2222"})).await;
        assert_eq!(verified["accounts"][0]["account_number"], account);
        let mut elsewhere = to_apply("Jeanne");
        elsewhere["email"] = "somebody@else.example".into();
        let unknown = shop.page(&elsewhere).await;
        unknown.done("/code", &json!({"option": 1})).await;
        assert_eq!(unknown.done("/check", &json!({"answer": "2222"})).await["accounts"], json!([]));
    }

    async fn an_application_is_enough_to_buy_for_a_day(database: TestDatabase) {
        let mut shop = Shop::open(&database).await;
        let applied = shop.by(&shop.browser, "/apply", &application("Jeanne")).await.json();
        shop.account = applied["account_number"].as_i64().unwrap();
        let refresh = async |shop: &Shop, pair: &Value| {
            let token = pair["refresh_token"].as_str().unwrap().to_owned();
            shop.app.token(&shop.merchant, &[("grant_type", "refresh_token"), ("refresh_token", &token)]).await
        };
        assert_eq!(shop.buy(&shop.browser, None).await.status, StatusCode::OK);
        // The family goes on for as long as it is refreshed.
        let mut pair = shop.app.token(&shop.merchant, &[("scope", "customer")]).await;
        shop.browser = pair["access_token"].as_str().unwrap().to_owned();
        let applied = shop.by(&shop.browser, "/apply", &application("Simone")).await.json();
        shop.account = applied["account_number"].as_i64().unwrap();
        for _ in 0..24 * 60 / 15 {
            assert_eq!(shop.buy(&shop.browser, None).await.status, StatusCode::OK);
            shop.app.clock().advance(15 * MINUTE);
            pair = refresh(&shop, &pair).await;
            shop.browser = pair["access_token"].as_str().unwrap().to_owned();
        }
        assert_eq!(refused(&shop.buy(&shop.browser, None).await), is(404, "customer_identity_not_found"));
        assert_eq!(shop.price(&shop.browser).await.status, StatusCode::OK);
    }

    async fn what_a_shop_tells_wrongly_is_named(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        assert_eq!(wrong(&shop.init(&json!({})).await), ["flow"]);
        assert_eq!(wrong(&shop.init(&json!({"flow": "buy", "lang": "de"})).await), ["flow", "lang"]);
        assert_eq!(wrong(&shop.init(&json!({"flow": "purchase"})).await), ["customer_identification"]);
        let with = |whom: Value| json!({"flow": "purchase", "customer_identification": whom});
        assert_eq!(wrong(&shop.init(&with(json!([]))).await), ["customer_identification"]);
        assert_eq!(wrong(&shop.init(&with(json!({"account_number": "12a", "vcc_number": "1".repeat(17)}))).await), ["account_number", "vcc_number"]);
        assert_eq!(wrong(&shop.init(&with(json!({"personal_information": {"first_name": "Marie"}}))).await), ["last_name", "dob", "postal_code"]);
        let mut person = marie();
        (person["dob"], person["postal_code"]) = (json!("2999-01-01"), json!("00100"));
        assert_eq!(wrong(&shop.init(&with(json!({"personal_information": person}))).await), ["dob", "postal_code"]);
        let mut body = to_apply("Jeanne");
        body["tos_agreement"] = json!(false);
        body["email"] = Value::Null;
        let mut faults = wrong(&shop.init(&body).await);
        faults.sort();
        assert_eq!(faults, ["email", "tos_agreement"]);
        // A purchase does not need this one, but a caller who writes it like that wants to know.
        let mut body = of_person();
        body["tos_agreement"] = json!({});
        assert_eq!(wrong(&shop.init(&body).await), ["tos_agreement"]);
        // As published, with all three ways at once.
        let published = json!({"customer_identification": {"account_number": 20_009_100, "vcc_number": "1070015210367982", "personal_information": {"first_name": "John", "last_name": "Smith", "dob": "1988-07-24", "postal_code": "m1m1m1"}}, "flow": "purchase"});
        let answer = shop.by(&shop.browser, "/widget/init?lang=fr", &published).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert!(answer.json()["redirection_url"].as_str().unwrap().contains("?lang=fr&"));
        // A browser begins twenty in a day at most, whatever becomes of them.
        for _ in 1..20 {
            assert_eq!(shop.init(&of_person()).await.status, StatusCode::OK);
        }
        assert_eq!(refused(&shop.init(&of_person()).await), is(409, "too_many_flows"));
        assert_eq!(shop.by(&shop.office, "/widget/init", &of_person()).await.status, StatusCode::OK);
        let other = Shop { browser: shop.token("customer").await, ..shop.clone() };
        assert_eq!(other.init(&of_person()).await.status, StatusCode::OK);
        shop.app.clock().advance(19 * MINUTE);
        assert_eq!(refused(&shop.init(&of_person()).await), is(409, "too_many_flows"));
    }

    async fn a_session_is_of_its_merchant_and_lets_a_browser_see_its_own_alone(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let theirs = Shop { merchant: shop.other.clone(), ..shop.clone() };
        let their_pair = shop.app.token(&shop.other, &[]).await;
        let their_office = their_pair["access_token"].as_str().unwrap().to_owned();
        // On another book the account is as none, however it is named.
        for whom in [json!({"account_number": shop.account}), json!({"personal_information": marie()})] {
            let body = json!({"flow": "purchase", "customer_identification": whom});
            let answer = theirs.by(&their_office, "/widget/init", &body).await;
            let (_, token) = parts(answer.json()["redirection_url"].as_str().unwrap());
            assert_eq!(theirs.open_token(&shop.other, &token).await.json()["mfa_options"], json!([]));
        }
        // On the same book it is known, and a session is its merchant's all the same.
        let core = &shop.app.test.core;
        core.set_lender(&shop.other.id, &shop.merchant.id, &operator()).await.unwrap();
        let session = shop.verified().await;
        assert_eq!(refused(&theirs.buy(&their_office, Some(&session)).await), is(409, "not_verified"));
        assert_eq!(shop.buy(&shop.office, Some(&session)).await.status, StatusCode::OK);

        // A browser's token that was refreshed from the shop's own sees nothing of what the shop's own has begun.
        let pair = shop.app.token(&shop.merchant, &[("scope", "merchant")]).await;
        let own = Shop { browser: pair["access_token"].as_str().unwrap().to_owned(), ..shop.clone() };
        own.verified().await;
        let refresh = pair["refresh_token"].as_str().unwrap();
        let narrow = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", "customer")];
        let narrowed = shop.app.token(&shop.merchant, &narrow).await["access_token"].as_str().unwrap().to_owned();
        assert_eq!(refused(&shop.price(&narrowed).await), is(404, "not_found"));
        assert_eq!(refused(&shop.buy(&narrowed, None).await), is(404, "customer_identity_not_found"));
    }

    async fn what_happens_meanwhile_counts_and_a_refusal_uses_nothing_up(database: TestDatabase) {
        let shop = Shop::open(&database).await;
        let page = shop.page(&of_person()).await;
        page.done("/code", &json!({"option": 0})).await;
        page.done("/check", &json!({"answer": "2222"})).await;
        shop.set_status("F", "FAGN").await;
        assert_eq!(page.shown().await["accounts"], json!([]));
        assert_eq!(wrong(&page.post("/choice", &json!({"account_number": shop.account})).await), ["account_number"]);
        shop.set_status("N", "NNOR").await;
        page.done("/choice", &json!({"account_number": shop.account})).await;
        shop.set_status("F", "FAGN").await;
        assert_eq!(refused(&shop.buy(&shop.browser, Some(&page.session)).await), is(409, "user_not_able_to_purchase"));
        shop.set_status("N", "NNOR").await;
        let body = json!({
            "account_number": shop.account, "financing_option": {"transaction_type": "regular_purchase"}, "amount": 1_000_000,
            "auto_capture": false, "widget_session_id": page.session,
        });
        assert_eq!(refused(&shop.by(&shop.browser, "/authorization", &body).await), is(409, "credit_exceeded"));
        assert_eq!(shop.buy(&shop.browser, Some(&page.session)).await.status, StatusCode::OK);

        // What was decided later is as good as what was decided at once.
        let mut applicant = to_apply("Jeanne");
        applicant["customer_identification"]["personal_information"]["first_name"] = "Jeanne".into();
        let page = shop.page(&applicant).await;
        page.done("/code", &json!({"option": 1})).await;
        page.done("/check", &json!({"answer": "2222"})).await;
        page.done("/choice", &json!({"action": "apply"})).await;
        let mut body = application("Jeanne");
        body["middle_name"] = "P-REVIEW_MISC".into();
        body["widget_session_id"] = page.session.clone().into();
        let applied = shop.by(&shop.browser, "/apply", &body).await.json();
        assert_eq!(applied["status"], "pending", "{applied}");
        let id = applied["application_id"].as_str().unwrap().parse().unwrap();
        let approve = ByHand::Approve { rating: Some(RiskRating::Low), limit: Some(Cents(100_000)), is_another: false };
        let decided = shop.app.test.core.decide_application(id, approve, "seen", &operator()).await.unwrap();
        let account = decided.account_number.unwrap();
        let shop = Shop { account: account.get(), ..shop.clone() };
        assert_eq!(shop.buy(&shop.office, Some(&page.session)).await.status, StatusCode::OK);
        assert_eq!(refused(&shop.buy(&shop.office, Some(&page.session)).await), is(409, "not_verified"));
    }

    async fn a_browser_has_few_codes_sent_and_few_guesses_at_a_question(database: TestDatabase) {
        let mut shop = Shop::open(&database).await;
        // To as many numbers and addresses as it likes: twenty in an hour in all.
        let mut sent = 0;
        for number in 0..9 {
            let mut body = to_apply("Jeanne");
            (body["phone_number"], body["email"]) = (format!("613555{:04}", 1000 + number).into(), format!("a{number}@example.ca").into());
            let page = shop.page(&body).await;
            for option in [0, 1, 0] {
                let answer = page.post("/code", &json!({"option": option})).await;
                if answer.status == StatusCode::OK {
                    sent += 1;
                } else {
                    assert_eq!(refused(&answer), is(409, "too_many_verifications"));
                }
            }
        }
        assert_eq!(sent, 20);
        // Five wrong answers to a question in a day, and then not the right one either.
        shop.log_in().await;
        let ask = async |shop: &Shop, answers: &[&str]| {
            let page = shop.page(&of_person()).await;
            let asked = page.post("/code", &json!({"option": 2})).await;
            if asked.status != StatusCode::OK {
                return Some(refused(&asked));
            }
            for answer in answers {
                let told = page.post("/check", &json!({"answer": answer})).await;
                if told.status == StatusCode::OK {
                    return None;
                }
                assert!([is(409, "wrong_verification_code"), is(409, "too_many_verifications")].contains(&refused(&told)));
            }
            Some(is(409, "wrong_verification_code"))
        };
        assert_eq!(ask(&shop, &["Rex", "Minou", "Boule"]).await, Some(is(409, "wrong_verification_code")));
        assert_eq!(ask(&shop, &["Rex", "Minou", "Snowball"]).await, Some(is(409, "wrong_verification_code")));
        shop.app.clock().advance(23 * 60 * MINUTE);
        shop.log_in().await;
        assert_eq!(ask(&shop, &["Snowball"]).await, Some(is(409, "too_many_verifications")));
        shop.app.clock().advance(61 * MINUTE);
        shop.log_in().await;
        assert_eq!(ask(&shop, &["Snowball"]).await, None);
    }
}

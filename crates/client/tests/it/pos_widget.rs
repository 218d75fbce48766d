//! The widget against the server itself: the shop begins a session, its customer goes through the page, and the purchase is told by it.

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_client::pos::{
    ApplicantDraft, ApplicationStatus, CustomerIdentification, CustomerKey, ErrorName, Financing, Lang,
    PersonalInformation, PosError, Proof, Province, Purchase, Scope, Widget, WidgetRequest,
};
use testkit::app::{Merchant, POS, TestApp};
use testkit::on_both_engines;

use crate::pos::client;
use crate::pos_in_store::{applicant, dollars, open};
use crate::relay::Relay;

/// The page of a session, as its customer uses it.
struct Page<'a> {
    app: &'a TestApp,
    path: String,
    key: String,
}

impl<'a> Page<'a> {
    /// Opens it by its address.
    async fn open(app: &'a TestApp, merchant: &Merchant, widget: &Widget) -> (Self, Value) {
        let address = widget.redirection_url.expose();
        let token = address.split(['/', '?']).find(|part| part.len() == 40).unwrap();
        let path = format!("{POS}/client-id/{}/widget/session", merchant.id);
        let opened = app.request(Method::POST, &path).json(&json!({"token": token})).send().await;
        assert_eq!(opened.status.as_u16(), 200, "{}", opened.text());
        let opened = opened.json();
        let key = opened["session_key"].as_str().unwrap().to_owned();
        (Self { app, path: format!("{path}/{}", widget.widget_session_id), key }, opened)
    }

    async fn post(&self, rest: &str, body: &Value) -> Value {
        let path = format!("{}{rest}", self.path);
        let answer = self.app.request(Method::POST, &path).bearer(&self.key).json(body).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
        answer.json()
    }

    /// Proves who the customer is, and chooses.
    async fn verify(&self, choice: &Value) -> Value {
        self.post("/code", &json!({"option": 0})).await;
        self.post("/check", &json!({"answer": "2222"})).await;
        self.post("/choice", choice).await["event"]["eventData"].clone()
    }
}

on_both_engines! {
    async fn a_customer_who_is_known_buys_by_the_widget(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, office) = client(&relay.url, &merchant, Scope::Merchant);
        let account = office.flow().apply(&applicant("Marie", Province::On)).await.unwrap().account_number.unwrap();
        let shop = office.with_scope(Scope::Customer);
        let flow = shop.flow().in_language(Lang::French);
        let person = PersonalInformation {
            first_name: "Marie".to_owned(),
            last_name: "Tremblay".to_owned(),
            dob: "1985-02-14".to_owned(),
            postal_code: "k1a 0b1".to_owned(),
        };
        let card = office.flow().look_up_customer(&CustomerKey::Account(account)).await.unwrap().card_ending_in;
        // Tokens that have proved nothing yet reach no account at all.
        let early = [ErrorName::CustomerIdentityNotFound, ErrorName::NotVerified];
        let customers = [CustomerIdentification::Account(account), CustomerIdentification::Person(person)];
        for (customer, early) in customers.into_iter().zip(early) {
            relay.lose(1);
            let widget = flow.init_widget(&WidgetRequest::Purchase(customer)).await.unwrap();
            let address = widget.redirection_url.expose();
            assert!(address.starts_with(&format!("{}/#/widget/{}/", relay.url, merchant.id)), "{address}");
            assert!(address.contains("?lang=fr") && address.contains(&flow.reference_id().to_string()), "{address}");
            let purchase = Purchase::new(account, dollars("10.5"), Financing::Regular, Proof::Widget(widget.widget_session_id));
            assert_eq!(flow.authorize(&purchase).await.unwrap_err().name(), Some(early));

            let (page, opened) = Page::open(&app, &merchant, &widget).await;
            assert_eq!((&opened["flow"], &opened["lang"]), (&json!("purchase"), &json!("fr")));
            let event = page.verify(&json!({"account_number": account})).await;
            assert_eq!((&event["accountNumber"], &event["verified"]), (&json!(account), &json!(true)), "{event}");
            relay.lose(1);
            let held = flow.authorize(&purchase).await.unwrap();
            assert_eq!(held.account_number, account);
            let again = flow.authorize(&purchase).await.unwrap_err();
            assert_eq!(again.name(), Some(ErrorName::NotVerified), "it is for one purchase");
        }
        // Who is not there is not told before the page is open.
        let nobody = CustomerIdentification::Card(format!("400000000000{card}").into());
        flow.init_widget(&WidgetRequest::Purchase(nobody)).await.unwrap();
    }

    async fn whoever_applies_is_verified_first(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let (_, shop) = client(&served.url, &merchant, Scope::Customer);
        let flow = shop.flow();
        let marie = applicant("Marie", Province::On);
        let bare = WidgetRequest::Apply(Box::new(ApplicantDraft { email: None, ..marie.clone() }));
        let wrong = flow.init_widget(&bare).await.unwrap_err();
        assert!(matches!(&wrong, PosError::WrongInputs(problem) if problem.field_errors[0].param == "email"), "{wrong:?}");
        let widget = flow.init_widget(&WidgetRequest::Apply(Box::new(marie.clone()))).await.unwrap();
        let session = Some(widget.widget_session_id);
        let told = ApplicantDraft { widget_session_id: session, ..marie };
        assert_eq!(flow.apply(&told).await.unwrap_err().name(), Some(ErrorName::NotVerified));
        let (page, opened) = Page::open(&app, &merchant, &widget).await;
        assert_eq!((&opened["flow"], &opened["lang"]), (&json!("apply"), &json!("en")));
        let event = page.verify(&json!({"action": "apply"})).await;
        assert_eq!((&event["action"], &event["verified"]), (&json!("apply"), &json!(true)), "{event}");
        let other = ApplicantDraft { email: Some("somebody.else@example.ca".to_owned()), ..told.clone() };
        assert_eq!(flow.apply(&other).await.unwrap_err().name(), Some(ErrorName::NotVerified));
        let applied = flow.apply(&told).await.unwrap();
        assert_eq!(applied.status, ApplicationStatus::Approved);
        let account = applied.account_number.unwrap();
        let purchase = Purchase::new(account, dollars("10.5"), Financing::Regular, Proof::OwnTokens);
        assert_eq!(flow.authorize(&purchase).await.unwrap().account_number, account);
    }
}

//! The calls that the public pages of the POS API print, to the letter but for two things. The secret is the server's to give, and not the
//! printed one. And each page prints its addresses with another host and with its own names for what is to be filled in.

use domain::Secret;
use domain::merchant::{MerchantChange, MerchantDraft};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::merchant_user::NewMerchantUser;
use testkit::app::{TestAnswer, TestApp};
use testkit::core::operator;
use testkit::on_both_engines;

const CLIENT_ID: &str = "flexitidemo";

const TOKEN: &str = "/flexiti/pos-api/v2.5/oauth/token";
const LOGIN: &str = "/flexiti/pos-api/v2.5/client-id/flexitidemo/merchants/login?lang=en";
const I18N: &str = "/flexiti/pos-api/v2.5/client-id/flexitidemo/i18n";

/// The printed body of the log-in.
const LOGIN_BODY: &str = r#"{
"merchant_username": "merchantonline",
"merchant_password": "dice-manila-purism"
}"#;

/// The merchant of the pages, and its secret.
async fn merchant(app: &TestApp) -> String {
    let settings = MerchantChange { name: Some("Flexiti Demo".into()), ..MerchantChange::default() };
    let draft = MerchantDraft { client_id: CLIENT_ID.into(), settings };
    let added = app.test.core.add_merchant(None, &draft, &operator()).await.unwrap();
    let password = Secret::new("dice-manila-purism".to_owned());
    let user = NewMerchantUser { username: "merchantonline".into(), password, location: None };
    app.test.core.add_merchant_user(CLIENT_ID, user, &operator()).await.unwrap();
    added.secret.expose().to_text()
}

/// The members of the page's success response; the second page has `scope` as well.
fn pair(answer: &TestAnswer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let pair = answer.json();
    let members: Vec<_> = pair.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(
        (&pair["token_type"], &pair["expires_in"], &pair["scope"]),
        (&json!("bearer"), &json!(1200), &json!("merchant"))
    );
    let token = |name: &str| {
        let token = pair[name].as_str().unwrap();
        assert!(token.len() == 40 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{token}");
        token.to_owned()
    };
    (token("access_token"), token("refresh_token"))
}

on_both_engines! {
    async fn the_printed_calls_of_the_pos_api_succeed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let secret = merchant(&app).await;
        // "The service is expecting an application/x-www-form-urlencoded payload", with what the page prints as an object.
        let own = [("client_id", CLIENT_ID), ("client_secret", secret.as_str())];
        let printed = [&own[..], &[("grant_type", "client_credentials"), ("scope", "merchant")]].concat();
        let (first, refresh) = pair(&app.request(Method::POST, TOKEN).form(&printed).send().await);
        // "Add the refresh token and change the grant_type to refresh_token."
        let printed = [&own[..], &[("grant_type", "refresh_token"), ("scope", "merchant"), ("refresh_token", &refresh)]].concat();
        let (second, next) = pair(&app.request(Method::POST, TOKEN).form(&printed).send().await);
        assert!(second != first && next != refresh);

        for access in [&first, &second] {
            // The table of the log-in has no x-reference-id.
            let login = app.request(Method::POST, LOGIN).header("authorization", format!("Bearer {access}"));
            let login = login.header("content-type", "application/json").bytes(LOGIN_BODY).send().await;
            assert_eq!(login.status, StatusCode::OK, "{}", login.text());
            let login = login.json();
            assert_eq!(login["merchant_name"], "Flexiti Demo");
            assert!(login["merchant_id"].as_i64().is_some_and(|id| (1..10_000_000_000).contains(&id)), "{login}");

            let get = async |path: &str| {
                let request = app.request(Method::GET, path).header("authorization", format!("Bearer {access}"));
                let answer = request.header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684").send().await;
                assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
                answer.json()
            };
            let all = get(I18N).await;
            assert_eq!(login["form_values"]["province"]["options"], all["provinces"], "the same parameters");
            is_as_printed(&all);
            for key in all.as_object().unwrap().keys() {
                assert_eq!(get(&format!("{I18N}/{key}")).await, json!({ key.as_str(): all[key] }));
            }
        }
    }
}

/// What can be read of the page's success response of `i18n`.
fn is_as_printed(all: &Value) {
    let groups = [
        ("salutations", json!({"mr": "Mr.", "ms": "Ms.", "mrs": "Mrs.", "mss": "Miss."})),
        ("security_ids", json!({"9": "What is your favourite movie?"})),
        ("provinces", json!({"NL": "Newfoundland & Labrador", "PE": "Prince Edward Island", "YT": "Yukon Territory"})),
        ("govid_types", json!({"CADL": "Driver's Licence", "CAP": "Passport"})),
        (
            "transaction_types",
            json!({"promotional_purchase": "Financed Purchase", "regular_purchase": "Revolving Purchase"}),
        ),
        ("plan_ids", json!({"5": "Equal Payments, No Interest", "7": "No Interest, No Payments"})),
        (
            "housing_type",
            json!({"Rent": "Rent", "Owned": "Owned", "Relatives": "Lives with Relatives", "Other": "Other"}),
        ),
    ];
    for (group, printed) in groups {
        for (code, label) in printed.as_object().unwrap() {
            assert_eq!(&all[group][code], label, "{group}.{code}");
        }
    }
    assert_eq!(all["govid_issued_bys"]["option_depends"]["CAHC"]["BC"], "British Columbia");
    assert_eq!(all["occupation_ids"]["options"]["SW"], "Seasonal Worker");
    for text in ["qcpa_disclosure", "insurance", "insurance_tc", "annual_fees"] {
        assert!(all[text].as_str().is_some_and(|text| !text.is_empty()), "{text}");
    }
}

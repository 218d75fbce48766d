//! What a whole session logs at the level `trace`: no secret.

use http::StatusCode;
use serde_json::{Value, json};
use testkit::app::{CLIENT, POS, RENEW, TOKEN, VALIDATE, body};
use testkit::core::MASTER_KEY;
use testkit::on_both_engines;
use testkit::process::within;
use uuid::Uuid;

use super::api::{Api, builder};
use super::installation;

/// How the master key of tests begins, as a list of its bytes.
const MASTER_KEY_BYTES: &str = "0, 1, 2, 3, 4, 5, 6, 7, 8";
const METRICS_TOKEN: &str = "for-the-scraper-only";
const DATABASE_PASSWORD: &str = "let-me-in-4711";
/// A key of another installation, sent to this one.
const STRANGE_KEY: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// The forms in which a log may show a key.
fn forms(key: &str) -> Vec<String> {
    let uuid = Uuid::parse_str(key).unwrap();
    let bytes = format!("{:?}", uuid.as_bytes());
    vec![key.to_owned(), key.to_uppercase(), uuid.simple().to_string(), bytes.trim_matches(['[', ']']).to_owned()]
}

/// What is private of an applicant.
const PRIVATE: [&str; 4] = ["Tremblay-Beaulieu", "1985-02-14", "T1234-56789-50214", "hunter2 hunter2"];

/// Has the till of a merchant tell something of an applicant, and gives what nobody may see.
async fn tell_information(url: &str, merchant: &Value) -> Vec<String> {
    let http = builder().build().unwrap();
    let [id, secret] = ["oauthClientId", "oauthClientSecret"].map(|name| merchant[name].as_str().unwrap());
    let form = format!("client_id={id}&client_secret={secret}");
    let token = http.post(format!("{url}{TOKEN}")).header("content-type", "application/x-www-form-urlencoded");
    let token: Value = token.body(form).send().await.unwrap().json().await.unwrap();
    let access = token["access_token"].as_str().unwrap();
    let [name, dob, number, answer] = PRIVATE;
    let mut body = json!({"last_name": name, "dob": dob, "govid_number": number, "security_answer": answer});
    for status in [StatusCode::OK, StatusCode::CONFLICT] {
        let call = http.post(format!("{url}{POS}/client-id/{id}/information")).bearer_auth(access);
        let call = call.header("x-reference-id", "3f2504e0-4f89-41d3-9a0c-0305e82c3301").json(&body);
        assert_eq!(call.send().await.unwrap().status(), status);
        body["email"] = answer.into();
    }
    let tokens = ["access_token", "refresh_token"].map(|name| token[name].as_str().unwrap());
    tokens.into_iter().chain(PRIVATE).map(str::to_owned).collect()
}

on_both_engines! {
    async fn no_secret_is_logged(database: TestDatabase) {
        within(120, async {
            let url = database.url().replace("postgres@", &format!("postgres:{DATABASE_PASSWORD}@"));
            let installation = installation(&url)
                .with("TALLYSTICK_MASTER_KEY", MASTER_KEY)
                .with("TALLYSTICK_METRICS_TOKEN", METRICS_TOKEN)
                .with("TALLYSTICK_LOG", "trace");
            let mut logs = String::new();
            let add = ["partner", "add", "--code", "QUICK3", "--name", "Quick Software Oy", "--json"];
            let added = installation.run(&add).await.done();
            logs += &added.stderr;
            let added = added.json();
            let text = |name: &str| added[name].as_str().unwrap().to_owned();
            let (token, partner_key) = (text("provisioningToken"), text("partnerKey"));
            let mut keys = vec![token.clone(), partner_key.clone(), STRANGE_KEY.to_owned()];
            let others = [MASTER_KEY, MASTER_KEY.trim_end_matches('='), MASTER_KEY_BYTES, METRICS_TOKEN, DATABASE_PASSWORD];
            let mut others = others.map(str::to_owned).to_vec();

            let server = installation.serve(&[]).await;
            for (number, builder) in [builder(), builder().http2_prior_knowledge()].into_iter().enumerate() {
                let api = Api::with(builder, &server.url);
                let mut body = body("QUICK3", u32::try_from(number).unwrap());
                // Such a client has a second secret.
                body["service"]["type"] = "POS_FINANCING".into();
                let name = format!("create-{number}");
                let created = api.create(&token, &name, &body).await;
                let (_, key) = created.created();
                others.push(created.json()["oauthClientSecret"].as_str().unwrap().to_owned());
                others.extend(tell_information(&server.url, &created.json()).await);
                assert!(api.create(&token, &name, &body).await.is_replayed());
                assert_eq!(api.create(&token, &format!("again-{number}"), &body).await.status, StatusCode::CONFLICT);
                assert_eq!(api.create(&key, "wrong-kind", &body).await.status, StatusCode::FORBIDDEN);
                let mut with_a_key_in_it = body.clone();
                with_a_key_in_it["client"]["email"] = key.clone().into();
                with_a_key_in_it["service"]["partnerCode"] = token.clone().into();
                assert!(api.create(&token, "faulty", &with_a_key_in_it).await.status.is_client_error());
                let renewed = api.get(RENEW, &key).await.json()["apiAccessToken"].as_str().unwrap().to_owned();
                for key in [&key, &renewed, &token, &partner_key] {
                    assert_eq!(api.validate(key).await, StatusCode::OK);
                }
                for (path, key) in [(VALIDATE, STRANGE_KEY), (RENEW, STRANGE_KEY), (CLIENT, &token), ("/nowhere", &key)] {
                    assert!(api.get(path, key).await.status.is_client_error());
                }
                // Where a key does not belong.
                drop(api.get(&format!("{VALIDATE}?key={key}"), &format!("{key} {renewed}")).await);
                keys.extend([key, renewed]);
            }
            let rotated = installation.run(&["partner", "rotate", "QUICK3", "--kind", "partner", "--json"]).await.done();
            logs += &rotated.stderr;
            keys.push(rotated.json()["key"].as_str().unwrap().to_owned());
            let id = text("provisioningTokenId");
            for command in [
                &["key", "show", &id, "--reveal"][..],
                &["key", "revoke", &id],
                &["key", "reseal"],
                &["audit"],
                &["doctor"],
            ] {
                logs += &installation.run(command).await.done().stderr;
            }
            server.process.signal("TERM");
            let ended = server.process.ended().await;
            assert_eq!(ended.code, Some(0));
            logs += &ended.stderr;

            for told in ["TRACE", "answered", id.as_str()] {
                assert!(logs.contains(told), "the log says too little: `{told}` is missing");
            }
            let forms = keys.iter().flat_map(|key| forms(key)).chain(others);
            for secret in forms {
                let line = logs.lines().find(|line| line.contains(&secret));
                assert_eq!(line, None, "the log shows {secret}");
            }
        })
        .await;
    }
}

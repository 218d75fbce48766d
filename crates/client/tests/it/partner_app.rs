//! The example program: its first run, its later runs, and what it does when something is lost in between.

use std::path::Path;
use std::sync::Arc;

use tallystick_client::Runtime;

use crate::example;
use crate::peer::{Peer, Step, problem, problem_with};
use crate::support::{NEW, OLD, Still, TOKEN, created, renewed_to, scripted, valid_until};

/// Runs the program once: what it printed, and its error.
async fn run(peer: &Peer, still: &Arc<Still>, database: &Path, further: &[&str]) -> (String, Option<String>) {
    let args = ["--server", &peer.url, "--database", database.to_str().unwrap()];
    let args = args.iter().chain(further).map(|arg| (*arg).to_owned());
    let options = example::Options::read(args, None).unwrap_or_else(|usage| panic!("{usage}")).unwrap();
    let mut out = Vec::new();
    let result = example::run(&options, Arc::clone(still) as Arc<dyn Runtime>, &mut out).await;
    let out = String::from_utf8(out).unwrap();
    for key in [TOKEN, OLD, NEW] {
        assert!(!out.contains(key), "{out}");
    }
    (out, result.err().map(|error| error.to_string()))
}

const LATER: &str = "2026-12-06T08:49:00Z";

#[tokio::test]
async fn creates_once_then_validates_then_renews_when_due() {
    let soon = "2026-11-10T00:00:00Z";
    let script =
        [created(), valid_until(LATER), valid_until(LATER), valid_until(soon), renewed_to(NEW), valid_until(LATER)];
    let (peer, still) = scripted(script).await;
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("partner.db");

    let (out, error) = run(&peer, &still, &database, &["--token", TOKEN]).await;
    assert_eq!(error, None);
    assert_eq!(
        out,
        "Test Customer Oy: created as client 7, customer 8, payment reference prefix 9\n\
         warning: client.businessCode: The check digit does not match\n\
         the token is valid until 2026-12-06T08:49:00Z\n"
    );
    let (out, error) = run(&peer, &still, &database, &[]).await;
    assert_eq!(error, None);
    assert!(out.starts_with("Test Customer Oy: credentials found in "), "{out}");
    let (out, error) = run(&peer, &still, &database, &[]).await;
    assert_eq!(error, None);
    assert!(out.ends_with("the token is renewed until 2027-01-01T00:00:00Z\n"), "{out}");
    let (_, error) = run(&peer, &still, &database, &[]).await;
    assert_eq!(error, None);

    let keys: Vec<String> = peer.requests().iter().map(|request| request.key().to_owned()).collect();
    assert_eq!(keys, [TOKEN, OLD, OLD, OLD, OLD, NEW]);
    assert!(peer.is_done());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_credentials() {
    use std::os::unix::fs::PermissionsExt;

    let (peer, still) = scripted([created(), valid_until(LATER)]).await;
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("partner.db");
    assert_eq!(run(&peer, &still, &database, &["--token", TOKEN]).await.1, None);
    assert_eq!(std::fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn the_threshold_of_renewal_is_an_option() {
    let (peer, still) = scripted([created(), valid_until(LATER), renewed_to(NEW)]).await;
    let directory = tempfile::tempdir().unwrap();
    let further = ["--token", TOKEN, "--renew-before", "31d"];
    let (out, error) = run(&peer, &still, &directory.path().join("partner.db"), &further).await;
    assert_eq!(error, None);
    assert!(out.contains("the token is renewed until"), "{out}");
}

#[tokio::test]
async fn an_expired_token_is_renewed() {
    let (peer, still) = scripted([created(), problem(401, "token_expired"), renewed_to(NEW)]).await;
    let directory = tempfile::tempdir().unwrap();
    let (out, error) = run(&peer, &still, &directory.path().join("partner.db"), &["--token", TOKEN]).await;
    assert_eq!(error, None);
    assert!(out.contains("the token has expired\nthe token is renewed until"), "{out}");
}

#[tokio::test]
async fn a_create_without_an_answer_is_completed_by_the_next_run() {
    let lost = [Step::Lose, Step::Lose, Step::Lose, Step::Lose, created(), valid_until(LATER)];
    let (peer, still) = scripted(lost).await;
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("partner.db");
    assert!(run(&peer, &still, &database, &["--token", TOKEN]).await.1.is_some());
    assert_eq!(run(&peer, &still, &database, &["--token", TOKEN]).await.1, None);

    let requests = peer.requests();
    assert!(requests[0].header("idempotency-key").is_some());
    assert!(
        requests[..5].iter().all(|request| request.header("idempotency-key") == requests[0].header("idempotency-key"))
    );
}

#[tokio::test]
async fn a_corrected_form_is_a_new_request() {
    let errors = r#","errors":[{"field":"client.ibanAccount","code":"iban","message":"The IBAN is too short"}]"#;
    let script = [problem_with(400, "validation_failed", "", errors), created(), valid_until(LATER)];
    let (peer, still) = scripted(script).await;
    let directory = tempfile::tempdir().unwrap();
    let (database, form) = (directory.path().join("partner.db"), directory.path().join("form.json"));
    let mut data = example::sample();
    data.client.iban_account = "FI21".to_owned();
    std::fs::write(&form, serde_json::to_string(&data).unwrap()).unwrap();
    let further =
        ["--token", TOKEN, "--form", form.to_str().unwrap(), "--partner-code", "OTHER", "--service-type", "COOP"];

    let (out, error) = run(&peer, &still, &database, &further).await;
    assert_eq!(out, "client.ibanAccount: The IBAN is too short\n");
    assert!(error.is_some());
    data.client.iban_account.clear();
    std::fs::write(&form, serde_json::to_string(&data).unwrap()).unwrap();
    assert_eq!(run(&peer, &still, &database, &further).await.1, None);

    let requests = peer.requests();
    assert_ne!(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
    assert!(
        requests[0].body.starts_with(r#"{"service":{"type":"COOP","partnerCode":"OTHER"}"#),
        "{}",
        requests[0].body
    );
}

#[tokio::test]
async fn an_existing_client_is_told_and_its_token_can_be_brought() {
    let script =
        [problem_with(409, "client_exists", "", r#","clientIdentifier":42"#), valid_until(LATER), valid_until(LATER)];
    let (peer, still) = scripted(script).await;
    let directory = tempfile::tempdir().unwrap();
    let database = directory.path().join("partner.db");
    let (_, error) = run(&peer, &still, &database, &["--token", TOKEN]).await;
    assert!(error.is_some_and(|text| text.contains("as 42") && text.contains("--client-token")));

    assert_eq!(run(&peer, &still, &database, &["--client-token", OLD]).await.1, None);
    assert_eq!(run(&peer, &still, &database, &[]).await.1, None);
    assert_eq!(peer.requests()[2].key(), OLD);
}

#[tokio::test]
async fn a_revoked_token_stops_with_the_remedy() {
    let (peer, still) = scripted([created(), problem(401, "key_revoked")]).await;
    let directory = tempfile::tempdir().unwrap();
    let (_, error) = run(&peer, &still, &directory.path().join("partner.db"), &["--token", TOKEN]).await;
    assert!(error.is_some_and(|text| text.contains("key_revoked") && text.contains("--client-token")));
}

#[test]
fn wrong_usage_is_told() {
    let read = |args: &[&str]| example::Options::read(args.iter().map(|arg| (*arg).to_owned()), None).err();
    assert_eq!(read(&["--server", "http://127.0.0.1", "--database", "partner.db", "--watch", "90s"]), None);
    for wrong in [
        &["--server"][..],
        &["--server", "a"],
        &["--wrong", "a"],
        &["--watch", "1w"],
        &["--watch", "é"],
        &["--watch", ""],
    ] {
        assert!(read(wrong).is_some(), "{wrong:?}");
    }
}

#[test]
fn help_is_given_and_names_every_option() {
    let help = |args: &[&str]| example::Options::read(args.iter().map(|arg| (*arg).to_owned()), None);
    assert!(matches!(help(&["--help"]), Ok(None)));
    assert!(matches!(help(&["--server", "http://127.0.0.1", "-h"]), Ok(None)));
    for option in
        include_str!("../../examples/partner_app.rs").lines().filter_map(|line| line.strip_prefix("//! | `--"))
    {
        let option = option.split([' ', '`']).next().unwrap();
        assert!(example::USAGE.contains(&format!("\n  --{option} ")), "{option}");
    }
}

#[test]
fn the_form_is_one_that_production_takes_too() {
    let client = example::sample().client;
    let digits: Vec<u32> = client.business_code.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let sum: u32 = digits.iter().zip([7, 9, 10, 5, 8, 4, 2]).map(|(digit, weight)| digit * weight).sum();
    assert_eq!((digits.len(), (11 - sum % 11) % 11), (8, digits[7]), "{}", client.business_code);
    assert_eq!(client.vat_reg_nbr, format!("FI{}", client.business_code.replace('-', "")));
}

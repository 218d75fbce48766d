//! `tallystick client import` beside a server on the same database.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::{installation, sql};

const HEADER: &str = "name,businessCode,postalAddress,postalCode,postalDistrict,countryCode,email,languageCode,currencyCode,\
                      ibanAccount,primaryName,primaryEmail";

/// One name has a line of its own in its middle, so that from there on a row stands one line further down.
const TWO_LINES: usize = 5;

/// The bad rows, and on which line they stand.
const BAD: [(usize, usize); 4] = [(3, 5), (50, 53), (150, 153), (200, 203)];

/// A file of so many rows; `mended` without the bad ones.
fn file(rows: usize, mended: bool) -> Vec<u8> {
    let mut text = format!("{HEADER}\n").into_bytes();
    for row in 0..rows {
        let mut line = String::new();
        let name = if row == TWO_LINES { "\"Two\nLines, \"\"Oy\"\"\"" } else { "Mäkinen Oy" };
        let is = |bad: usize| !mended && row == BAD[bad].0;
        let email = if is(1) { "nobody" } else { "office@example.fi" };
        let currency = if is(1) { "QQQ" } else { "EUR" };
        let iban = if is(0) { "FI2112345600000786" } else { "FI2112345600000785" };
        let number = 2_000_000 + row;
        write!(line, "{name},{number}-7,Testikuja 7,00100,HELSINKI,FI,{email},FI,{currency},{iban},Aino Virtanen")
            .unwrap();
        if !is(2) {
            line += ",aino@example.fi";
        }
        let mut line = line.into_bytes();
        if is(3) {
            line[1] = 0xff;
        }
        text.extend(line);
        text.push(b'\n');
    }
    text
}

async fn import(database: &TestDatabase, rows: usize) {
    let installation = installation(database.url());
    drop(installation.partner("QUICK3").await);
    let server = installation.serve(&[]).await;
    let credentials = installation.directory().join("credentials.csv");
    let good = rows - BAD.len();
    let command = [
        "client",
        "import",
        "clients.csv",
        "--partner",
        "QUICK3",
        "--output",
        "credentials.csv",
        "--service-type",
        "LIFECYCLE",
    ];
    let with_json = [&command[..], &["--json"]].concat();

    std::fs::write(installation.directory().join("clients.csv"), file(rows, false)).unwrap();
    let first = installation.run(&command).await;
    assert_eq!(first.code, Some(1), "{first:?}");
    assert_eq!(first.stdout, format!("{good} created, 0 already there, 4 bad; credentials in credentials.csv\n"));
    for said in [
        "line 5: ibanAccount: ",
        "line 53: email: ",
        "line 53: currencyCode: ",
        "line 153: row: ",
        "line 203: name: ",
        "4 of ",
    ] {
        assert!(first.stderr.contains(said), "{said}: {}", first.stderr);
    }
    assert_eq!(std::fs::metadata(&credentials).unwrap().permissions().mode() & 0o777, 0o600);
    let written = std::fs::read_to_string(&credentials).unwrap();

    let second = installation.run(&with_json).await;
    assert_eq!(second.code, Some(1), "{second:?}");
    let summary = second.json();
    for (member, number) in [("rows", rows), ("created", 0), ("alreadyThere", good), ("bad", 4)] {
        assert_eq!(summary[member], number, "{member}");
    }
    let faults = summary["faults"].as_array().unwrap();
    let at: Vec<_> =
        faults.iter().map(|fault| (fault["line"].as_u64().unwrap(), fault["field"].as_str().unwrap())).collect();
    let expected = [(5, "ibanAccount"), (53, "currencyCode"), (53, "email"), (153, "row"), (203, "name")];
    assert_eq!(at.iter().copied().collect::<HashSet<_>>(), HashSet::from(expected), "{summary}");
    assert!(at.is_sorted_by_key(|(line, _)| *line), "{summary}");
    let error: Value = serde_json::from_str(&second.stderr).unwrap();
    assert_eq!(error["error"]["code"], "rows_refused");
    assert_eq!(std::fs::read_to_string(&credentials).unwrap(), written, "nothing was written again");

    // The part of the file with the bad rows, mended.
    std::fs::write(installation.directory().join("clients.csv"), file(250, true)).unwrap();
    let third = installation.run(&with_json).await.done().json();
    assert_eq!((&third["created"], &third["alreadyThere"], &third["faults"]), (&json!(4), &json!(246), &json!([])));
    let clients = sql::whole_clients(database.url()).await;
    assert_eq!(clients.len(), rows);

    let mut written = csv::Reader::from_path(&credentials).unwrap();
    let written: Vec<Credential> = written.deserialize().map(Result::unwrap).collect();
    assert_eq!(written.len(), rows, "each has one line");
    let told: HashSet<_> = written.iter().map(|line| (line.business_code.clone(), line.client_identifier)).collect();
    assert_eq!(told, clients.into_iter().collect());
    assert!(written.iter().any(|line| line.name == "Two\nLines, \"Oy\""));
    let api = Api::new(&server.url);
    let checks = stream::iter(written.iter().step_by(17)).map(async |line| {
        assert_eq!(api.validate(&line.api_access_token).await, StatusCode::OK);
    });
    checks.buffer_unordered(32).collect::<()>().await;
}

/// A line of the credentials file.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Credential {
    client_identifier: i64,
    business_code: String,
    name: String,
    api_access_token: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_rows_are_imported_once() {
    within(180, import(&TestDatabase::sqlite(), 3_000)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_imported_once_on_postgresql() {
    let Some(database) = TestDatabase::postgres().await else { return };
    within(120, import(&database, 300)).await;
}

on_both_engines! {
    async fn a_file_that_is_none_changes_nothing(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            drop(installation.partner("QUICK3").await);
            let import = async |file: &str, partner: &str, said: &[&str]| {
                let arguments = ["client", "import", file, "--partner", partner, "--output", "out.csv"];
                drop(installation.run(&arguments).await.failed(said));
            };
            std::fs::write(installation.directory().join("odd.csv"), "name,colour\nx,blue\n").unwrap();
            std::fs::write(installation.directory().join("few.csv"), "name,email\n").unwrap();
            import("nowhere.csv", "QUICK3", &["nowhere.csv"]).await;
            import("odd.csv", "QUICK3", &["`colour`"]).await;
            import("few.csv", "QUICK3", &["businessCode"]).await;
            import("few.csv", "NOBODY", &["NOBODY"]).await;
            assert!(!installation.directory().join("out.csv").exists());
            assert_eq!(sql::number(database.url(), "SELECT COUNT(*) FROM client").await, 0);
        })
        .await;
    }
}

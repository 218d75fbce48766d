//! `tallystick demo`: what it prints works when pasted, and a second start makes nothing twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use testkit::app::TOKEN;
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Process, until, within};

use super::api::{Api, builder};
use super::{installation, misconfigured};

/// Whether there is a curl to paste into.
fn has_curl() -> bool {
    let has_curl = Command::new("curl").arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(has_curl || std::env::var("CI").as_deref() != Ok("true"), "this test needs curl");
    has_curl
}

/// Runs one printed line as a shell in `directory` does.
async fn run(line: &str, directory: &Path) -> Output {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line).env("NO_PROXY", "*").env("no_proxy", "*").current_dir(directory);
    let output = tokio::task::spawn_blocking(move || shell.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
    output
}

/// Runs one printed line, and gives the answer.
async fn paste(line: &str) -> Value {
    let output = run(line, Path::new(".")).await;
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {output:?}"))
}

/// The number, the method and the status of each delivery of a page.
fn deliveries(page: &Value) -> BTreeMap<i64, [String; 2]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let records = page["records"].as_array().unwrap_or_else(|| panic!("{page}")).iter();
    let told = |record: &Value| {
        (record["invoiceNumber"].as_i64().unwrap(), [text(&record["method"]), text(&record["status"])])
    };
    records.map(told).collect()
}

/// What becomes of the invoices of the first client, when nothing is under way any more.
fn in_every_state() -> BTreeMap<i64, [String; 2]> {
    let states = [
        (1001, "EMAIL", "SENT"),
        (1002, "PRINT", "SENT"),
        (1003, "EINVOICE", "DELIVERED"),
        (1004, "EMAIL", "SENT"),
        (1005, "EMAIL", "SENT"),
        (1006, "EMAIL", "FAILED"),
        (1007, "EMAIL", "PENDING"),
        (1008, "EMAIL", "FAILED"),
        (1009, "EINVOICE", "FAILED"),
        (1010, "PRINT", "SENT"),
        (1011, "NONE", "CANCELLED"),
        (1012, "EMAIL", "SENT"),
    ];
    states.map(|(number, method, status)| (number, [method.to_owned(), status.to_owned()])).into()
}

/// The files in `folder` whose names end so.
fn files(folder: &Path, end: &str) -> Vec<Vec<u8>> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_str().unwrap().ends_with(end)).map(|path| std::fs::read(path).unwrap()).collect()
}

/// What stands on the page behind this word.
fn told<'p>(page: &'p str, word: &str) -> &'p str {
    let found = page.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix("  "));
    found.unwrap_or_else(|| panic!("{word}: {page}")).trim()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_lines_work_when_pasted_and_nothing_is_left_behind() {
    if !has_curl() {
        return;
    }
    within(80, async {
        // The demo finds no database set, and makes a temporary one.
        let installation = installation("");
        let temporary = installation.directory().join("tmp");
        std::fs::create_dir(&temporary).unwrap();
        let installation = installation.with("TMPDIR", temporary.to_str().unwrap()).without("TALLYSTICK_DATABASE");
        let demo = installation.start(&["demo", "--listen", "127.0.0.1:0"]);
        let page = demo.printed("Ctrl-C ends the demo.\n").await;
        let url = page.lines().find_map(|line| line.strip_prefix("listening on ")).unwrap();
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);

        let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("curl ")).collect();
        assert_eq!(lines.len(), 33, "{page}");
        let (lines, of_the_till) = lines.split_at(16);
        assert!(lines.iter().all(|line| line.contains(url)), "{page}");
        let [of_clients @ .., submit, own, failed, summary, table] = lines else { panic!("{page}") };
        let &[create, validate, renew, list, find, agreements, revoked, rotate, messages, longest, text] = of_clients
        else {
            panic!("{page}")
        };
        // Before anything is changed.
        let all = paste(list).await;
        let creditors = all["creditors"].as_array().unwrap();
        assert_eq!(creditors.len(), 5, "{all}");
        let found = paste(find).await;
        assert_eq!(found["creditors"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["creditors"][0]["name"], "Pihapuu Oy", "{found}");
        let agreed = paste(agreements).await;
        let agreed: Vec<_> = agreed.as_array().unwrap().iter().map(|one| one["identifier"].as_str().unwrap()).collect();
        assert_eq!(agreed, ["W-2025-17", "W-2026-17"]);
        let left = paste(revoked).await;
        assert_eq!(left["creditors"].as_array().unwrap().len(), 1, "{left}");
        assert_eq!(paste(rotate).await["clientIdentifier"], left["creditors"][0]["clientIdentifier"]);
        assert_eq!(paste(revoked).await["creditors"], json!([]), "it has credentials again");

        let longest = paste(longest).await;
        assert_eq!((&longest["state"], &longest["encoding"]), (&json!("DELIVERED"), &json!("UCS2")), "{longest}");
        assert!(
            longest["parts"].as_u64().unwrap() > 2 && longest["text"].as_str().unwrap().contains('🙏'),
            "{longest}"
        );
        let reports = longest["deliveryReports"].as_array().unwrap();
        let delivered = reports.iter().filter(|report| report["state"] == "DELIVERED").count();
        assert_eq!(delivered as u64, longest["parts"].as_u64().unwrap(), "{longest}");
        let mut states = Vec::new();
        until(async || {
            let there = paste(messages).await;
            let there = there["messages"].as_array().unwrap();
            states = there.iter().rev().map(|sms| sms["state"].as_str().unwrap().to_owned()).collect();
            states.iter().all(|state| state != "QUEUED" && state != "SENT")
        })
        .await;
        assert_eq!(states, ["DELIVERED", "UNDELIVERABLE", "DELIVERED", "DELIVERED"]);
        demo.logged("🙏").await;

        let created = paste(create).await;
        assert_eq!(created["message"], "New client created", "{created}");
        assert_eq!(paste(create).await["code"], "client_exists");
        let validated = paste(validate).await;
        assert_eq!((&validated["isValid"], &validated["kind"]), (&true.into(), &"client".into()), "{validated}");
        let renewed = paste(renew).await;
        assert!(renewed["apiAccessToken"].is_string(), "{renewed}");
        assert_eq!(paste(renew).await, renewed, "a renewal is told again");
        let sms = paste(text).await;
        assert_eq!(sms["state"], "DELIVERED", "{sms}");
        let docs = told(&page, "reference page");
        assert!(Api::new(docs).get("", "").await.text.contains("<html"), "{docs}");

        let submitted = paste(submit).await;
        assert_eq!(
            (&submitted["status"], &submitted["invoiceNumber"], &submitted["warnings"]),
            (&json!("PENDING"), &json!(1101), &json!([])),
            "{submitted}"
        );
        assert_eq!(paste(submit).await["code"], "invoice_exists");
        let mut expected = in_every_state();
        expected.insert(1101, ["EMAIL", "SENT"].map(str::to_owned));
        let mut page_of_own = json!(null);
        until(async || {
            page_of_own = paste(own).await;
            let record = |number: i64| {
                page_of_own["records"].as_array().unwrap().iter().find(move |record| record["invoiceNumber"] == number)
            };
            // That one waits for its next try.
            deliveries(&page_of_own) == expected && record(1007).unwrap()["attempts"] != 0
        })
        .await;
        // Again: an answer counts and lists at two moments, and the last invoice may have moved in between.
        page_of_own = paste(own).await;
        let sums = json!({"totalCount": 13, "successfulCount": 8, "failedCount": 3});
        for (name, sum) in sums.as_object().unwrap() {
            assert_eq!(page_of_own["metaData"][name], *sum, "{page_of_own}");
        }
        let failed = paste(failed).await;
        let reasons: BTreeMap<_, _> = failed["records"]
            .as_array()
            .unwrap()
            .iter()
            .map(|record| (record["invoiceNumber"].as_i64().unwrap(), record["statusReason"].as_str().unwrap()))
            .collect();
        let mail = "check the e-mail address";
        let operator = "check the e-invoice address and its operator";
        assert_eq!(
            reasons,
            BTreeMap::from([
                (1006, format!("The mail server refused it with 550 5.1.1: {mail}").as_str()),
                (1008, format!("The mail came back with 5.1.1: {mail}").as_str()),
                (1009, format!("The e-invoice operator refused it with 2: {operator}").as_str()),
            ])
        );
        // The second client's are sent, and the operator takes the e-invoice of it.
        until(async || {
            let output = run(table, Path::new(".")).await;
            let text = String::from_utf8(output.stdout).unwrap();
            let mut lines = text.lines();
            assert!(lines.next().unwrap().starts_with("invoiceNumber,invoiceId,"), "{text}");
            let lines: Vec<_> = lines.collect();
            assert_eq!(lines.len(), 15, "{text}");
            let count = |status: &str| lines.iter().filter(|line| line.contains(status)).count();
            (count(",DELIVERED,"), count(",PENDING,")) == (2, 1)
        })
        .await;
        let summary = paste(summary).await;
        assert_eq!(summary["totals"], json!({"totalCount": 15, "successfulCount": 10, "failedCount": 3}), "{summary}");
        assert_eq!(
            summary["creditors"].as_array().unwrap().iter().filter(|one| one["totals"]["totalCount"] != 0).count(),
            2,
            "{summary}"
        );

        // A merchant's till, in a shell that keeps the token.
        let &[token, all, group, login, terms, information, licence, ref buying @ ..] = of_the_till else {
            panic!("{page}")
        };
        assert_eq!(paste(token).await["expires_in"], 1200);
        let keep = page.lines().find(|line| line.starts_with("TOKEN=")).unwrap();
        let call = async |line: &str| paste(&format!("{keep}\n{line}")).await;
        assert_eq!(call(all).await["provinces"]["QC"], "Québec");
        assert_eq!(call(group).await["provinces"]["QC"], "Quebec");
        let merchant = call(login).await;
        assert_eq!((&merchant["merchant_name"], &merchant["merchant_id"]), (&json!("Flexiti Demo"), &json!(300_001)));
        let terms = call(terms).await;
        assert!(terms["version"].as_str().is_some_and(|version| version.starts_with("qc-")), "{terms}");
        let known = call(information).await;
        let names = ["first_name", "last_name", "dob", "province", "postal_code", "annual_income"];
        assert_eq!(known["known"], json!(names), "{known}");
        let licence = call(licence).await;
        assert_eq!((&licence["last_name"], &licence["province"]), (&json!("TREMBLAY"), &json!("ON")), "{licence}");

        // A customer who applies and buys.
        let &[apply, search, prices, verify, capture, listed, send, check, choose, online] = buying else { panic!("{page}") };
        let keep_account = page.lines().find(|line| line.starts_with("ACCOUNT=")).unwrap();
        let keep_authorization = page.lines().find(|line| line.starts_with("AUTHORIZATION=")).unwrap();
        assert_eq!(call(apply).await["status"], "approved");
        assert_eq!(call(apply).await["error"], "customer_already_exists");
        let account = call(search).await[0]["account_number"].clone();
        let with_account = format!("{keep}\n{keep_account}");
        let priced = paste(&format!("{with_account}\n{prices}")).await;
        assert_eq!(priced["account_number"], account, "{priced}");
        assert!(priced["promotional_purchase"].as_array().is_some_and(|plans| plans.len() > 3), "{priced}");
        let sent = paste(&format!("{with_account}\n{verify}")).await;
        assert_eq!(sent["verification_code"], "verification_sent_to_sms");
        let captured = paste(&format!("{with_account}\n{keep_authorization}\n{capture}")).await;
        assert_eq!(captured["remaining_authorization_amount"], 134.45, "{captured}");
        // The same in a web shop, in one shell that keeps what it is told.
        let keeps = ["CUSTOMER=", "WIDGET=", "SESSION=", "KEY=", "ONLINE="];
        let kept = |name| page.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {page}"));
        let [customer, widget, session, key, authorization] = keeps.map(kept);
        let one_by_one = format!(
            "{with_account}\n{customer}\n{widget}\n{session}\n{key}\n{send} >/dev/null\n{check} >/dev/null\n{choose} >/dev/null\n\
             {authorization}\n{online}"
        );
        let captured = paste(&one_by_one).await;
        assert_eq!(captured["remaining_authorization_amount"], 0, "{captured}");
        for (name, state) in [("Anne Normand", "N NNOR"), ("Alain Retard", "A AAUT"), ("Félix Gelé", "F FFRD"), ("Zoé Perte", "Z ZCOP"), ("Claire Adieu", "C FCQC")] {
            assert!(page.lines().any(|line| line.starts_with("  account ") && line.ends_with(&format!(" {name}, {state}"))), "{name}: {page}");
        }
        let listed = call(listed).await;
        assert_eq!(listed["authorizations"][0]["authorization_status"], "closed", "{listed}");
        assert_eq!(listed["authorizations"][1]["authorization_status"], "opened", "{listed}");

        // What a person opens.
        let mails = files(Path::new(told(&page, "mails")), ".eml");
        assert_eq!(mails.len(), 7, "five of the first client, that of the second, and the one that was submitted");
        let mails: Vec<_> = mails.into_iter().map(|mail| String::from_utf8(mail).unwrap()).collect();
        for subject in ["Lasku 1001 ", "Faktura 1004 ", "Invoice 1101 ", "Kreditfaktura 1012 "] {
            let line = format!("\nSubject: {subject}");
            assert!(mails.iter().any(|mail| mail.contains(&line) && mail.contains("application/pdf")), "{subject}");
        }
        let prints = Path::new(told(&page, "prints"));
        let papers = files(prints, ".pdf");
        assert_eq!((papers.len(), files(prints, ".json").len()), (2, 2));
        let e_invoices = Path::new(told(&page, "e-invoices"));
        assert_eq!((files(e_invoices, ".xml").len(), files(e_invoices, ".json").len()), (3, 3));
        let pdf = page.lines().find(|line| line.contains(" invoice pdf --client ")).unwrap();
        let into = installation.directory().join("pdf");
        std::fs::create_dir(&into).unwrap();
        drop(run(pdf, &into).await);
        for written in files(&into, "lasku-1003.pdf").iter().chain(&papers) {
            assert!(written.starts_with(b"%PDF-"));
        }
        assert_eq!(files(&into, ".pdf").len(), 1);

        demo.signal("INT");
        assert_eq!(demo.ended().await.code, Some(0));
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the temporary database and folders are removed");
        let refused = installation.run(&["demo", "--environment", "production"]).await;
        misconfigured(&refused, &["sandbox"]);
    })
    .await;
}

on_both_engines! {
    async fn a_second_start_goes_on_with_what_is_there(database: TestDatabase) {
        within(80, async {
            let installation = installation(database.url());
            let start = async || {
                let demo = installation.start(&["demo", "--json"]);
                let told: Value = serde_json::from_str(&demo.printed("\n}\n").await).unwrap();
                let first = told["clients"][0]["clientIdentifier"].to_string();
                let sms = told["smsIds"].as_array().unwrap().last().unwrap().as_str().unwrap().to_owned();
                // Nothing is under way any more when it ends.
                let api = Api::new(told["listening"].as_str().unwrap());
                let key = told["partnerKey"].as_str().unwrap().to_owned();
                let last = api.get(&format!("/api/v1/partner/sms/{sms}?wait=30"), &key).await.json();
                assert_eq!(last["state"], "DELIVERED", "{last}");
                let of_first = format!("/api/v1/partner/creditors/{first}/distribution");
                until(async || deliveries(&api.get(&of_first, &key).await.json()) == in_every_state()).await;
                (demo, told, first, api, key)
            };
            let end = async |demo: Process| {
                demo.signal("INT");
                assert_eq!(demo.ended().await.code, Some(0));
            };
            let (demo, told, first, api, key) = start().await;
            let secret = told["merchant"]["clientSecret"].as_str().unwrap();
            let token = builder().build().unwrap().post(format!("{}{TOKEN}", told["listening"].as_str().unwrap()));
            let token = token
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("client_id=flexitidemo&client_secret={secret}"));
            assert_eq!(token.send().await.unwrap().status(), 200);
            let statuses: Vec<_> = told["clients"].as_array().unwrap().iter().map(|client| client["status"].as_str().unwrap()).collect();
            assert_eq!(statuses, ["ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", "REVOKED"]);
            assert_eq!((&told["clients"][4]["apiAccessToken"], told["smsIds"].as_array().unwrap().len()), (&json!(null), 4));
            assert_eq!(told["clients"][1]["agreements"][0]["identifier"], "40017", "{told}");
            let history = api.get(&format!("/api/v1/partner/creditors/{first}/history"), &key).await.json();
            assert_eq!(history["changes"].as_array().unwrap().len(), 1, "{history}");
            // What somebody has changed meanwhile stays.
            let last = told["clients"][4]["clientIdentifier"].to_string();
            let rotated = api.post(&format!("/api/v1/partner/creditors/{last}/credentials/rotate"), &key, &json!({})).await;
            assert_eq!(rotated.status, 200, "{rotated:?}");
            end(demo).await;

            let (demo, again, _, api, key) = start().await;
            assert_eq!(again["clients"][4]["status"], "ACTIVE", "{again}");
            for same in ["partnerKey", "provisioningToken", "smsIds", "invoiceNumbers", "merchant"] {
                assert_eq!(again[same], told[same], "{same}");
            }
            for number in 0..4 {
                assert_eq!(again["clients"][number], told["clients"][number]);
            }
            let after = api.get(&format!("/api/v1/partner/creditors/{first}/history"), &key).await.json();
            assert_eq!(after, history);
            let all = api.get("/api/v1/partner/distribution", &key).await.json();
            assert_eq!(all["metaData"]["totalCount"], 14, "no invoice is made twice: {all}");
            // Nothing was asked for that is there already.
            let trail = installation.run(&["audit", "list", "--partner", "QUICK3", "--limit", "1000", "--json"]).await.done().stdout;
            assert!(trail.contains("number 1001, EMAIL") && !trail.contains("invoice_exists"), "{trail}");
            end(demo).await;
            // Beside a file they are kept; otherwise they were the demo's alone.
            let mails = Path::new(told["folders"]["mails"].as_str().unwrap());
            assert_eq!(again["folders"]["mails"] == told["folders"]["mails"], mails.exists());
            assert_eq!(mails.exists(), database.url().starts_with("sqlite"));
        })
        .await;
    }

    async fn nothing_is_sent_to_a_real_provider(database: TestDatabase) {
        within(60, async {
            let mut smsc = Peer::smsc(json!({})).await;
            let installation = installation(database.url());
            let file = installation.directory().join("tallystick.toml");
            let text = format!(
                "[messages]\nsms-channel = 'main'\nmail-channel = 'post'\nmail-from = 'a@tally.example'\n\
                 operator-mail = 'b@tally.example'\n\
                 [channels.post]\nkind = 'smtp'\nhost = '127.0.0.1'\nport = 1\ntls = 'none'\nmessage-id-domain = 'a.example'\n\
                 [channels.main]\nkind = 'smpp'\nhost = '127.0.0.1'\nport = {}\n\
                 system-id = 'tally'\npassword = 'hunter22'\n",
                smsc.port
            );
            std::fs::write(&file, text).unwrap();
            let demo = installation.start(&["demo", "--json"]);
            let told: Value = serde_json::from_str(&demo.printed("\n}\n").await).unwrap();
            assert_eq!((&told["smsIds"], &told["invoiceNumbers"]), (&json!([]), &json!([])), "{told}");
            smsc.event("bind").await;
            demo.signal("INT");
            assert_eq!(demo.ended().await.code, Some(0));
            assert_eq!(smsc.events_until("submit", "unbind").await, [Value::Null; 0]);
        })
        .await;
    }
}

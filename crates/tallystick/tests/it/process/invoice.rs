//! Invoices by mail, from a running server to a mail server that nobody here wrote: taken, refused, put off, and sent once more by the next
//! server when one is killed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use testkit::app::body;
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::postfix::Postfix;
use testkit::process::{Installation, until, within};

use super::api::Api;
use super::installation;
use crate::invoice::{INVOICE, invoice};

const OWN: &str = "/api/v1/partner/invoice/distribution";

/// A configuration by which mail goes to this port.
fn configured(installation: &Installation, port: u16) -> String {
    configured_at(installation, "127.0.0.1", port, "")
}

fn configured_at(installation: &Installation, host: &str, port: u16, further: &str) -> String {
    let file = installation.directory().join("mail.toml");
    let text = format!(
        "[messages]\nmail-channel = 'post'\nmail-from = 'Operator Oy <invoices@operator.example>'\noperator-mail = 'desk@operator.example'\n\
         [channels.post]\nkind = 'smtp'\nhost = '{host}'\nport = {port}\nmessage-id-domain = 'tally.example'\ntls = 'none'\n{further}"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn by_mail(number: i64, address: &str) -> Value {
    let mut body = invoice(number);
    body["distribution"]["method"] = json!("EMAIL");
    body["invoice"]["parties"]["buyerParty"]["contact"] = json!({"email": address});
    body["invoice"]["parties"]["buyerParty"]["languageCode"] = json!("SV");
    body["invoice"]["parties"]["sellerParty"]["contact"] = json!({"email": "sales@seller.example"});
    let pdf = STANDARD.encode(include_bytes!("../../../../domain/src/pdf_file/table.pdf"));
    body["invoice"]["attachments"] = json!([{"name": "följesedel.pdf", "content": pdf}]);
    body
}

/// The delivery of this invoice, once it has this status.
async fn came_to(api: &Api, key: &str, number: i64, status: &str) -> Value {
    let mut record = json!(null);
    until(async || {
        record = api.get(&format!("{OWN}?invoiceNumber={number}"), key).await.json()["records"][0].clone();
        record["status"] == status
    })
    .await;
    record
}

/// The delivery of this invoice, once it has a status other than `PENDING` or was tried.
async fn tried(api: &Api, key: &str, number: i64) -> Value {
    let mut record = json!(null);
    until(async || {
        record = api.get(&format!("{OWN}?invoiceNumber={number}"), key).await.json()["records"][0].clone();
        record["status"] != "PENDING" || record["attempts"] != 0
    })
    .await;
    record
}

on_both_engines! {
    async fn an_invoice_reaches_its_buyer_by_mail(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let mut post = Peer::mail_server(json!({})).await;
            let file = configured(&installation, post.port);
            let server = installation.serve(&["--config", &file]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            let made = api.post(INVOICE, &key, &by_mail(1001, "buyer@buyer.example")).await.json();
            assert_eq!(made["status"], "PENDING", "{made}");
            let mail = post.event("mail").await;
            assert_eq!(mail["recipients"], json!(["buyer@buyer.example"]));
            let headers = &mail["headers"];
            let subject = headers["Subject"].as_str().unwrap();
            assert!(subject.starts_with("Faktura 1001 – ") && headers["From"].as_str().unwrap().contains("invoices@operator.example"), "{headers}");
            assert_eq!(headers["Reply-To"], "sales@seller.example", "{headers}");
            let text = mail["text"].as_str().unwrap();
            for told in ["337,72", "2026-12-05", "FI21 1234 5600 0007 85"] {
                assert!(text.contains(told), "{told}: {text}");
            }
            assert!(mail["html"].as_str().unwrap().starts_with("<!doctype html><html lang=\"sv\">"), "{mail}");
            let files = mail["attachments"].as_array().unwrap();
            let names: Vec<_> = files.iter().map(|file| (&file[0], &file[1])).collect();
            let pdf = json!("application/pdf");
            assert_eq!(names, [(&json!("faktura-1001.pdf"), &pdf), (&json!("följesedel.pdf"), &pdf)]);
            assert!(STANDARD.decode(files[0][2].as_str().unwrap()).unwrap().starts_with(b"%PDF-"));

            let record = tried(&api, &key, 1001).await;
            assert_eq!((&record["status"], &record["attempts"], &record["distributionId"]), (&json!("SENT"), &json!(1), &made["distributionId"]), "{record}");
            assert!(record["sentAt"].is_string() && record["statusReason"].is_null(), "{record}");

            // One that is refused has failed, and says what to do; one that is put off waits.
            drop(api.post(INVOICE, &key, &by_mail(1002, "refused@buyer.example")).await);
            let record = tried(&api, &key, 1002).await;
            assert_eq!(record["status"], "FAILED", "{record}");
            let reason = record["statusReason"].as_str().unwrap();
            assert_eq!(reason, "The mail server refused it with 550 5.1.1: check the e-mail address");
            drop(api.post(INVOICE, &key, &by_mail(1003, "later@buyer.example")).await);
            let record = tried(&api, &key, 1003).await;
            assert_eq!((&record["status"], &record["attempts"]), (&json!("PENDING"), &json!(1)), "{record}");
            let summary = api.get("/api/v1/partner/distribution/summary?fromInvDate=2026-01-01&toInvDate=2026-01-31", &partner.partner).await.json();
            assert_eq!(summary["totals"], json!({"totalCount": 3, "successfulCount": 1, "failedCount": 1}), "{summary}");
            let meta = &api.get(&format!("{OWN}?fetchType=FAILED&fromInvDate=2026-01-01"), &key).await.json();
            assert_eq!((&meta["metaData"]["failedCount"], &meta["records"][0]["invoiceNumber"]), (&json!(1), &json!(1002)), "{meta}");

            // The same by the command line, beside the server.
            let client = record["clientIdentifier"].to_string();
            let named = |command: &'static str, number: &'static str| ["invoice", command, "--client", &client, number, "--config", &file].map(ToOwned::to_owned);
            let run = async |arguments: &[String]| installation.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await;
            let shown = run(&[&named("show", "1002")[..], &["--json".to_owned()]].concat()).await.done().json();
            assert_eq!((&shown["deliveries"][0]["status"], &shown["deliveries"][0]["attempts"][0]["status"]), (&json!("FAILED"), &json!("FAILED")), "{shown}");
            let written = installation.directory().join("invoice.pdf");
            let output = ["--output".to_owned(), written.to_str().unwrap().to_owned()];
            drop(run(&[&named("pdf", "1001")[..], &output].concat()).await.done());
            assert_eq!(STANDARD.encode(std::fs::read(&written).unwrap()), files[0][2], "it is the file that was sent");
            drop(run(&[&named("pdf", "1001")[..], &output].concat()).await.failed(&["invoice.pdf is there already", "--output"]));
            drop(run(&named("resend", "1003")).await.failed(&["still on its way"]));
            drop(run(&named("show", "7")).await.failed(&["invoice 7"]));
            let sheet = run(&named("show", "1001")).await.done().stdout;
            assert!(sheet.contains("\ntotal 337.72 EUR\n"), "{sheet}");
            // Without the server's configuration it is not known how it would go.
            let resend = ["invoice", "resend", "--client", &client, "1002"];
            drop(installation.run(&resend).await.failed(&["EMAIL", "mail-channel", "--config FILE"]));
            drop(run(&named("resend", "1001")).await.done());
            assert_eq!(post.event("mail").await["recipients"], json!(["buyer@buyer.example"]));
            until(async || {
                let shown = run(&[&named("show", "1001")[..], &["--json".to_owned()]].concat()).await.done().json();
                let deliveries = shown["deliveries"].as_array().unwrap();
                let is_replaced = deliveries.len() == 2 && deliveries[1]["replacedBy"] == deliveries[0]["distributionId"];
                is_replaced && deliveries.iter().all(|delivery| delivery["status"] == "SENT" && delivery["deliveredAt"].is_null())
            })
            .await;
            let summary = ["distribution", "summary", "--partner", "QUICK3", "--from", "2026-01-01", "--to", "2026-01-31", "--json"];
            let summary = installation.run(&summary).await.done().json();
            assert_eq!((&summary["totalCount"], &summary["successfulCount"]), (&json!(4), &json!(2)), "{summary}");
            let wrong = installation.run(&["distribution", "summary", "--partner", "QUICK3", "--from", "2026-13-01"]).await;
            assert!(wrong.code == Some(2) && wrong.stderr.contains("--from"), "{wrong:?}");
            let turned = ["distribution", "summary", "--partner", "QUICK3", "--from", "2026-02-01", "--to", "2026-01-31"];
            drop(installation.run(&turned).await.failed(&["--to: "]));
            let recount = ["distribution", "recount", "--partner", "QUICK3", "--json"];
            assert_eq!(installation.run(&recount).await.done().json()["items"], json!([]));

            server.process.signal("TERM");
            let ended = server.process.ended().await;
            for private in ["buyer@buyer.example", "refused@buyer.example", "Buyer Company", "337,72"] {
                assert!(!ended.stderr.contains(private), "{private} is in the log: {}", ended.stderr);
            }
        })
        .await;
    }

    async fn an_invoice_of_another_client_is_told_like_none(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let server = installation.serve(&[]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            let other = api.client(&partner.provisioning, &body("QUICK3", 2)).await;
            let made = api.post(INVOICE, &key, &invoice(1001)).await.json();
            assert_eq!(made["invoiceNumber"], 1001, "{made}");
            drop(api.post(INVOICE, &other, &invoice(7)).await);
            let list = api.get(&format!("{OWN}?invoiceNumber=1001"), &other).await.json();
            assert_eq!((&list["records"], &list["metaData"]["totalCount"]), (&json!([]), &json!(0)), "{list}");
            let client = api.get(&format!("{OWN}?invoiceNumber=7"), &other).await.json()["records"][0]["clientIdentifier"].to_string();
            let none = format!("there is no invoice 1001 of client {client}");
            for command in ["show", "pdf", "resend"] {
                drop(installation.run(&["invoice", command, "--client", &client, "1001"]).await.failed(&[&none]));
            }
        })
        .await;
    }

    async fn an_invoice_leaves_when_it_is_approved(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let mut post = Peer::mail_server(json!({})).await;
            let file = configured(&installation, post.port);
            let server = installation.serve(&["--config", &file]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            let mut ids = Vec::new();
            for (number, address) in [(1001, "approved@buyer.example"), (1002, "cancelled@buyer.example")] {
                let mut invoice = by_mail(number, address);
                invoice["processing"] = json!({"manualApprovalEnabled": true});
                let made = api.post(INVOICE, &key, &invoice).await.json();
                assert_eq!(made["status"], "PENDING", "{made}");
                assert_eq!(came_to(&api, &key, number, "PENDING").await["statusReason"], "It waits for approval");
                ids.push(made["invoiceId"].as_str().unwrap().to_owned());
            }
            let decide = async |command: &str, id: &str| installation.run(&["invoice", command, id, "--config", &file]).await;
            drop(decide("cancel", &ids[1]).await.done());
            drop(decide("approve", &ids[0]).await.done());
            assert_eq!(post.event("mail").await["recipients"], json!(["approved@buyer.example"]));
            assert_eq!(came_to(&api, &key, 1001, "SENT").await["statusReason"], json!(null));
            assert_eq!(came_to(&api, &key, 1002, "CANCELLED").await["statusReason"], "It was not approved");
            drop(decide("approve", &ids[0]).await.failed(&["does not wait for approval"]));
            drop(decide("cancel", "00000000-0000-0000-0000-000000000000").await.failed(&["there is no invoice"]));
            drop(server);
        })
        .await;
    }

    async fn an_invoice_of_a_killed_server_is_sent_by_the_next_one(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url()).with("TALLYSTICK_OUTBOX_LEASE", "2s");
            let partner = installation.partner("QUICK3").await;
            let mut post = Peer::mail_server(json!({})).await;
            let file = configured(&installation, post.port);
            let first = installation.serve(&["--config", &file]).await;
            let api = Api::new(&first.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            // The mail server has it, and never says so.
            drop(api.post(INVOICE, &key, &by_mail(1, "silent@buyer.example")).await);
            let before = post.event("mail").await;
            first.process.signal("KILL");
            drop(first.process.ended().await);
            let second = installation.serve(&["--config", &file]).await;
            let after = post.event("mail").await;
            assert_eq!(before["headers"]["Message-ID"], after["headers"]["Message-ID"], "so that the buyer's side can drop the second");
            assert_eq!(before["attachments"], after["attachments"], "the same files, to the byte");
            drop(second);
        })
        .await;
    }

    async fn an_invoice_that_comes_back_has_failed(database: TestDatabase) {
        let Some(postfix) = Postfix::start(&["bounces", "buyer"]).await else {
            assert!(std::env::var_os("CI").is_none(), "Postfix runs as root only");
            return;
        };
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let file = configured_at(&installation, &postfix.host.to_string(), postfix.port, &format!(
                "bounce-address = 'bounces@example.com'\nbounces = '{}'\n", postfix.maildir("bounces").display()
            ));
            let server = installation.serve(&["--config", &file]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            drop(api.post(INVOICE, &key, &by_mail(1001, "nobody@example.com")).await);
            drop(api.post(INVOICE, &key, &by_mail(1002, "buyer@example.com")).await);
            let record = came_to(&api, &key, 1001, "FAILED").await;
            assert_eq!(record["statusReason"], "The mail came back with 5.1.1: check the e-mail address", "{record}");
            assert!(record["sentAt"].is_string() && record["attempts"] == 1, "{record}");
            postfix.delivered("buyer").await;
            assert_eq!(came_to(&api, &key, 1002, "SENT").await["statusReason"], json!(null));
            server.process.signal("TERM");
            let ended = server.process.ended().await;
            assert!(!ended.stderr.contains("nobody@example.com"), "{}", ended.stderr);
        })
        .await;
    }

    async fn paper_and_e_invoices_leave_by_folders(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let folder = |name: &str| {
                let path = installation.directory().join(name);
                std::fs::create_dir(&path).unwrap();
                path
            };
            let (paper, out, answers) = (folder("paper"), folder("out"), folder("answers"));
            let file = installation.directory().join("folders.toml");
            let text = format!(
                "[invoices]\nprint-channel = 'paper'\ne-invoice-channel = 'operator'\ne-invoice-account = '003707375462'\n\
                 e-invoice-operator = '003721291126'\n[channels.paper]\nkind = 'drop'\nfolder = '{}'\n\
                 [channels.operator]\nkind = 'drop'\nfolder = '{}'\nacknowledgements = '{}'\n",
                paper.display(), out.display(), answers.display()
            );
            std::fs::write(&file, text).unwrap();
            let server = installation.serve(&["--config", file.to_str().unwrap()]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            let by = |number: i64, method: &str| {
                let mut body = invoice(number);
                body["distribution"]["method"] = json!(method);
                let buyer = &mut body["invoice"]["parties"]["buyerParty"];
                buyer["electronicInvoiceAccount"] = json!("003712345671");
                buyer["electronicRoutingAddress"] = json!("BAWCFI22");
                body
            };
            let printed = api.post(INVOICE, &key, &by(1001, "PRINT")).await.json();
            let mut sent = Vec::new();
            for number in [1002, 1003] {
                sent.push(api.post(INVOICE, &key, &by(number, "EINVOICE")).await.json());
            }
            came_to(&api, &key, 1001, "SENT").await;
            let id = printed["distributionId"].as_str().unwrap();
            let pdf = std::fs::read(paper.join(format!("{id}-1.pdf"))).unwrap();
            assert!(pdf.starts_with(b"%PDF-"), "{printed}");
            let manifest: Value = serde_json::from_slice(&std::fs::read(paper.join(format!("{id}.json"))).unwrap()).unwrap();
            assert_eq!((&manifest["id"], &manifest["files"][0]["size"]), (&json!(id), &json!(pdf.len())));
            for (answer, number) in [("1", 1002), ("2", 1003)] {
                came_to(&api, &key, number, "SENT").await;
                let id = sent[usize::from(number == 1003)]["distributionId"].as_str().unwrap().to_owned();
                assert!(out.join(format!("{id}-1.xml")).exists());
                let text = format!(
                    "<Finvoiceack Version='1.0'><Acknowledgement><MessageData><MessageId>{id}</MessageId></MessageData>\
                     <Reason><Code>{answer}</Code></Reason></Acknowledgement></Finvoiceack>"
                );
                // Whole at once, as the document asks of whoever writes there.
                std::fs::write(answers.join(".ack"), text).unwrap();
                std::fs::rename(answers.join(".ack"), answers.join(format!("{number}.xml"))).unwrap();
            }
            let delivered = came_to(&api, &key, 1002, "DELIVERED").await;
            assert!(delivered["deliveredAt"].is_string(), "{delivered}");
            let client = delivered["clientIdentifier"].to_string();
            let show = ["invoice", "show", "--client", &client, "1002", "--json"];
            let shown = installation.run(&show).await.done().json();
            assert_eq!(shown["deliveries"][0]["deliveredAt"], delivered["deliveredAt"], "{shown}");
            let failed = came_to(&api, &key, 1003, "FAILED").await;
            let why = "The e-invoice operator refused it with 2: check the e-invoice address and its operator";
            assert_eq!(failed["statusReason"], why);
        })
        .await;
    }
}

//! What the demo prints once it is ready.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::creditor::CreditorStatus;
use domain::distribution::DistributionMethod;
use serde_json::{Value, json};

use super::accounts::DemoAccount;
use super::data::{Demo, DemoMerchant, PARTNER};
use super::folders::Folders;
use super::purchase;
use crate::cli::{CommandError, Output};
use crate::config::Settings;
use crate::serve::Ready;

/// The published example of a new client, in one line for `curl -d`.
const BODY: &str = r#"{"service":{"type":"LIFECYCLE","partnerCode":"QUICK3"},"client":{"name":"Test Customer Oy","businessCode":"123456-7","vatRegNbr":"FI1234567","postalAddress":"Testikuja 7","postalCode":"12345","postalDistrict":"HELSINKI","countryCode":"FI","telephone":"","email":"email@testcustomer.fi","website":"","languageCode":"FI","currencyCode":"EUR","ibanAccount":"","bic":"","bankgiro":"","plusgiro":""},"contacts":{"primary":{"name":"Matti Meikäläinen","telephone":"","mobile":"+358441234567","email":"matti@testcustomer.fi"},"technical":{"name":"","email":""},"accountant":{"name":"","email":""}}}"#;

/// What a merchant's till says of an applicant.
const APPLICANT: &str = r#"{"first_name":"Marie","last_name":"Tremblay","dob":"1985-02-14","province":"QC","postal_code":"H2X 1Y4","annual_income":72000}"#;

/// The decoded bar code of a licence that nobody has.
const LICENCE: &str = r#"{"code":"@\n\u001e\rANSI 636012080102DL00410223ZO03190008DLDAQT1234-56789-50214\nDCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\nDDEN\nDBD20240214\nDBB19850214\nDBA20290214\nDBC2\nDAU165 cm\nDAYBRO\nDAG55 QUEEN ST W\nDAITORONTO\nDAJON\nDAKM5H 2M9  \nDCFAB1234567\nDCGCAN\nDCAG\nDCBX\nDCDNONE\rZOZOAX\r"}"#;

/// The flow of the merchant's lines.
const REFERENCE: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// What is told, and of what.
pub(super) struct Page<'p> {
    pub(super) demo: &'p Demo,
    pub(super) ready: &'p Ready,
    pub(super) settings: &'p Settings,
    pub(super) folders: &'p Folders,
    /// Whether the database is there after the end.
    pub(super) is_kept: bool,
    /// Whether the folders are.
    pub(super) has_kept_folders: bool,
}

impl Page<'_> {
    pub(super) fn print(&self, output: Output) -> Result<(), CommandError> {
        output.answer(&document(self), || page(self))
    }

    fn database(&self) -> String {
        self.settings.database.options().url_without_password()
    }
}

fn document(told: &Page<'_>) -> Value {
    let Page { demo, ready, folders, .. } = told;
    let clients: Vec<_> = demo
        .clients
        .iter()
        .map(|client| {
            json!({
                "name": client.name,
                "clientIdentifier": client.client,
                "status": client.status.as_str(),
                "agreements": client.agreements,
                "apiAccessToken": client.key,
            })
        })
        .collect();
    let merchant = demo.merchant.as_ref().map(|merchant| {
        json!({
            "clientId": merchant.client_id,
            "clientSecret": merchant.secret,
            "merchantId": merchant.number,
            "name": merchant.name,
            "accounts": merchant.accounts,
        })
    });
    let messages: Vec<_> = demo.messages.iter().map(|sms| sms.id).collect();
    json!({
        "listening": ready.url,
        "docs": format!("{}/docs/", ready.url),
        "database": told.database(),
        "partnerCode": PARTNER,
        "provisioningToken": demo.provisioning_token,
        "partnerKey": demo.partner_key,
        "clients": clients,
        "merchant": merchant,
        "smsIds": messages,
        "invoiceNumbers": demo.invoices,
        "folders": {
            "mails": folders.mails,
            "prints": folders.prints,
            "eInvoices": folders.e_invoices,
            "acknowledgements": folders.acknowledgements,
        },
    })
}

fn page(told: &Page<'_>) -> String {
    let Page { demo, ready: Ready { url, .. }, is_kept, .. } = told;
    let database = told.database();
    let (token, partner_key) = (&demo.provisioning_token, &demo.partner_key);
    let kept = if *is_kept { "kept" } else { "removed at the end; keep one with --database sqlite:demo.db" };
    // A certificate of one's own is not known to curl.
    let curl = if url.starts_with("https") { "curl -sSk" } else { "curl -sS" };
    let mut page = format!(
        "listening on {url}\n\n\
         reference page      {url}/docs/\n\
         database            {database} ({kept})\n\n\
         partner {PARTNER}\n  provisioning token  {token}\n  partner key         {partner_key}\n"
    );
    for client in &demo.clients {
        let key = client.key.as_deref().unwrap_or("(no key works any more)");
        let _ = write!(page, "client {} {}\n  API access token    {key}\n", client.client, client.name);
        for agreement in &client.agreements {
            let until = agreement.valid_to.map(|last| format!(" until {last}")).unwrap_or_default();
            let (system, identifier, from) = (&agreement.system, &agreement.identifier, agreement.valid_from);
            let _ = writeln!(page, "  agreement           {system} {identifier} from {from}{until}");
        }
    }
    if let Some(DemoMerchant { name, number, client_id, secret, accounts }) = &demo.merchant {
        let _ = write!(
            page,
            "merchant {number} {name}\n  client id           {client_id}\n  client secret       {secret}\n"
        );
        for DemoAccount { name, number, state } in accounts {
            let _ = writeln!(page, "  account             {number} {name}, {state}");
        }
    }
    let _ = write!(
        page,
        "\nCreate a client, as the published example does (again: 409 client_exists):\n\n\
         {curl} {url}/api/v1/partner/client -H 'X-Api-Key: {token}' -H 'Content-Type: application/json' -d '{BODY}'\n"
    );
    if let Some(key) = demo.clients.iter().find_map(|client| client.key.as_deref()) {
        let _ = write!(
            page,
            "\nValidate a client's token:\n\n\
             {curl} {url}/api/v1/partner/validate -H 'X-Api-Key: {key}'\n\n\
             Renew it (again: the same new token, for 15 minutes):\n\n\
             {curl} {url}/api/v1/partner/renew -H 'X-Api-Key: {key}'\n"
        );
    }
    page + &portfolio(demo, curl, url)
        + &messages(demo, curl, url)
        + &invoices(told, curl)
        + &till(told, curl)
        + "\nCtrl-C ends the demo.\n"
}

/// What a partner does with its creditors.
fn portfolio(demo: &Demo, curl: &str, url: &str) -> String {
    let (key, creditors) = (&demo.partner_key, format!("{url}/api/v1/partner/creditors"));
    let mut page = format!("\nList the partner's creditors:\n\n{curl} {creditors} -H 'X-Api-Key: {key}'\n");
    let agreed = demo.clients.iter().find_map(|client| Some((client.client, client.agreements.last()?)));
    if let Some((client, agreement)) = agreed {
        let identifier = &agreement.identifier;
        let _ = write!(
            page,
            "\nFind one by an agreement, and list its agreements:\n\n\
             {curl} '{creditors}?agreement={identifier}' -H 'X-Api-Key: {key}'\n\
             {curl} {creditors}/{client}/agreements -H 'X-Api-Key: {key}'\n"
        );
    }
    if let Some(revoked) = demo.clients.iter().find(|client| client.status == CreditorStatus::Revoked) {
        let (name, client) = (&revoked.name, revoked.client);
        let _ = write!(
            page,
            "\nFind those whose credentials are revoked, and give {name} new ones:\n\n\
             {curl} '{creditors}?status=REVOKED' -H 'X-Api-Key: {key}'\n\
             {curl} -X POST {creditors}/{client}/credentials/rotate -H 'X-Api-Key: {key}'\n"
        );
    }
    page
}

/// What it does with short messages.
fn messages(demo: &Demo, curl: &str, url: &str) -> String {
    let (key, sms) = (&demo.partner_key, format!("{url}/api/v1/partner/sms"));
    let mut page = String::new();
    let told = demo.clients.first().zip(demo.messages.iter().max_by_key(|message| message.parts));
    if let Some((client, longest)) = told {
        let (name, client, count, id) = (&client.name, client.client, demo.messages.len(), longest.id);
        let _ = write!(
            page,
            "\nRead the messages on behalf of {name} (there are {count}), and the longest with the report of each part:\n\n\
             {curl} '{sms}?creditor={client}' -H 'X-Api-Key: {key}'\n\
             {curl} '{sms}/{id}?wait=10' -H 'X-Api-Key: {key}'\n"
        );
    }
    let _ = write!(
        page,
        "\nText a debtor, and wait for the delivery report (it is printed here; a number that ends in 0001 is undeliverable):\n\n\
         {curl} '{sms}?wait=10' -H 'X-Api-Key: {key}' -H 'Content-Type: application/json' \
         -d '{{\"recipient\":\"+358441234567\",\"text\":\"Your invoice 1001 is due on Friday.\"}}'\n"
    );
    page
}

/// What a client and its partner do with invoices.
fn invoices(told: &Page<'_>, curl: &str) -> String {
    let Page { demo, ready: Ready { url, .. }, settings, folders, has_kept_folders, .. } = told;
    let Some(client) = demo.clients.first() else { return String::new() };
    let (name, partner_key, api) = (&client.name, &demo.partner_key, format!("{url}/api/v1/partner"));
    let mut page = String::new();
    let kept = if *has_kept_folders { "are kept" } else { "are removed at the end" };
    let whose = if demo.invoices.is_empty() {
        String::new()
    } else {
        format!(
            "{name} has an invoice in every state; the log tells of those that are refused, put off or come back.\n"
        )
    };
    let before = format!("\n{whose}What is sent goes no further than into these folders, which {kept}:\n\n");
    let shown = [
        (DistributionMethod::Email, "mails", folders.mails.join("new")),
        (DistributionMethod::Print, "prints", folders.prints.clone()),
        (DistributionMethod::EInvoice, "e-invoices", folders.e_invoices.clone()),
    ];
    let held = shown
        .into_iter()
        .filter(|(method, ..)| folders.hold(settings, *method))
        .map(|(_, what, folder)| (what, folder));
    for (place, (what, folder)) in held.enumerate() {
        let before = if place == 0 { before.as_str() } else { "" };
        let _ = writeln!(page, "{before}{what:<20}{}", folder.display());
    }
    if let Some(key) = &client.key {
        let body = invoice(told);
        let _ = write!(
            page,
            "\nSubmit an invoice of {name} (again: 409 invoice_exists), and look what has become of all of them:\n\n\
             {curl} {api}/invoice -H 'X-Api-Key: {key}' -H 'Content-Type: application/json' -d '{body}'\n\
             {curl} {api}/invoice/distribution -H 'X-Api-Key: {key}'\n"
        );
    }
    let _ = write!(
        page,
        "\nThe partner sees those of all its creditors: what has failed, the sums, and a table:\n\n\
         {curl} '{api}/distribution?fetchType=FAILED' -H 'X-Api-Key: {partner_key}'\n\
         {curl} {api}/distribution/summary -H 'X-Api-Key: {partner_key}'\n\
         {curl} {api}/distribution -H 'X-Api-Key: {partner_key}' -H 'Accept: text/csv'\n"
    );
    if let Some(number) = demo.invoices.get(2) {
        let (program, client, installation) = (program(), client.client, installation(settings));
        let _ = write!(
            page,
            "\nWrite the PDF of an invoice into this directory, to be opened:\n\n\
             {program} invoice pdf --client {client} {number} {installation}\n"
        );
    }
    page
}

/// What a merchant's till does.
fn till(told: &Page<'_>, curl: &str) -> String {
    let Page { demo, ready: Ready { url, .. }, settings, .. } = told;
    let Some(DemoMerchant { name, client_id, secret, .. }) = &demo.merchant else {
        return "\nThere are no lines of a till: its merchant is revoked, or a vendor has the code MERCHANTS.\n"
            .to_owned();
    };
    let prefix = &settings.point_of_sale.pos_prefix.0;
    let token = format!(
        "{curl} {url}{prefix}/oauth/token -d grant_type=client_credentials -d client_id={client_id} -d client_secret={secret}"
    );
    let api = format!("{url}{prefix}/client-id/{client_id}");
    let call = |path: &str, body: Option<&str>| {
        let body = body.map(|body| format!(" -H 'Content-Type: application/json' -d '{body}'")).unwrap_or_default();
        format!("{curl} '{api}{path}' -H \"Authorization: Bearer $TOKEN\" -H 'x-reference-id: {REFERENCE}'{body}\n")
    };
    format!(
        "\nGet an access token of {name}; then keep one for the lines below, for 20 minutes:\n\n\
         {token}\n\
         TOKEN=$({token} | sed 's/.*\"access_token\":\"\\([0-9a-f]*\\).*/\\1/')\n\
         \nShow what its forms offer, all of it in French, and one group:\n\n"
    ) + &call("/i18n?lang=fr", None)
        + &call("/i18n/provinces", None)
        + "\nLog it in, and show the terms in force in Quebec:\n\n"
        + &call("/merchants/login", Some("{}"))
        + &call("/terms-and-conditions?province=QC", None)
        + "\nTell what is known of an applicant (it is kept for a short time, and only names are answered), and read a driver's licence:\n\n"
        + &call("/information", Some(APPLICANT))
        + &call("/customers/driverslicense", Some(LICENCE))
        + &purchase::lines(call)
        + &purchase::online(&format!("{token} -d scope=customer"), call, |path, body| {
            let key = if path.is_empty() { "" } else { " -H \"Authorization: Bearer $KEY\"" };
            format!("{curl} '{api}/widget/session{path}'{key} -H 'Content-Type: application/json' -d '{body}'\n")
        })
}

/// The program, as it can be called from anywhere.
fn program() -> String {
    let path = std::env::current_exe().ok();
    quoted(path.as_deref().and_then(Path::to_str).unwrap_or("tallystick"))
}

/// The flags by which another command works on the same installation.
fn installation(settings: &Settings) -> String {
    let options = settings.database.options();
    let database = match options.sqlite_path().map(std::path::absolute) {
        Some(Ok(path)) => format!("sqlite:{}", path.display()),
        // Whoever has a password gives it as they did here: it is not to be shown.
        _ => options.url_without_password(),
    };
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string();
    let mut flags = format!("--database {}", quoted(&database));
    for (flag, path) in [("--master-key-file", &settings.keys.master_key_file), ("--config", &settings.file)] {
        if let Some(path) = path {
            flags = format!("{flags} {flag} {}", quoted(&absolute(path)));
        }
    }
    flags
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b"/._-:@+=,".contains(&octet);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An invoice of today, in one line for `curl -d`.
fn invoice(told: &Page<'_>) -> Value {
    let Page { demo, settings, folders, .. } = told;
    // The address may be somebody's.
    let method = if folders.hold(settings, DistributionMethod::Email) { "EMAIL" } else { "NONE" };
    json!({
        "distribution": {"method": method},
        "invoice": {
            "header": {
                "number": demo.free_number,
                "date": demo.today,
                "dueDate": demo.today.days_after(14),
                "languageCode": "EN",
            },
            "parties": {"buyerParty": {
                "entityType": "PERSON",
                "name": "Emily Clarke",
                "address": {
                    "street": "Puistokatu 5 B",
                    "postalCode": "00140",
                    "postalDistrict": "HELSINKI",
                    "countryCode": "FI",
                },
                "contact": {"email": "emily.clarke@example.com"},
            }},
            "rows": [{"name": "Pruning", "quantity": 2, "unit": "h", "unitPrice": 52, "vatRate": 25.5}],
            "amounts": {"grossAmount": 130.52},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for (text, word) in [
            ("/usr/bin/tallystick", "/usr/bin/tallystick"),
            ("sqlite:/tmp/demo.db", "sqlite:/tmp/demo.db"),
            ("/home/my files/a", "'/home/my files/a'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("/home/äiti/a", "'/home/äiti/a'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(text), word);
        }
    }

    #[test]
    fn the_bodies_can_stand_in_quotes_of_a_shell() {
        for body in [BODY, APPLICANT, LICENCE] {
            assert!(!body.contains('\''));
            serde_json::from_str::<Value>(body).unwrap();
        }
        assert!(serde_json::from_str::<Value>(BODY).unwrap()["client"]["businessCode"] == "123456-7");
    }
}

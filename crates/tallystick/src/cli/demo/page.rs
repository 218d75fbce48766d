//! What the demo prints once it is ready.

use std::fmt::Write as _;

use domain::creditor::CreditorStatus;
use serde_json::{Value, json};

use super::data::{Demo, PARTNER};
use crate::cli::{CommandError, Output};
use crate::config::Settings;
use crate::serve::Ready;

/// The published example of a new client, in one line for `curl -d`.
const BODY: &str = r#"{"service":{"type":"LIFECYCLE","partnerCode":"QUICK3"},"client":{"name":"Test Customer Oy","businessCode":"123456-7","vatRegNbr":"FI1234567","postalAddress":"Testikuja 7","postalCode":"12345","postalDistrict":"HELSINKI","countryCode":"FI","telephone":"","email":"email@testcustomer.fi","website":"","languageCode":"FI","currencyCode":"EUR","ibanAccount":"","bic":"","bankgiro":"","plusgiro":""},"contacts":{"primary":{"name":"Matti Meikäläinen","telephone":"","mobile":"+358441234567","email":"matti@testcustomer.fi"},"technical":{"name":"","email":""},"accountant":{"name":"","email":""}}}"#;

pub(super) fn print(
    output: Output,
    demo: &Demo,
    ready: &Ready,
    settings: &Settings,
    is_temporary: bool,
) -> Result<(), CommandError> {
    let database = settings.database.options().url_without_password();
    output.answer(&document(demo, ready, &database), || page(demo, ready, &database, is_temporary))
}

fn document(demo: &Demo, ready: &Ready, database: &str) -> Value {
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
    let messages: Vec<_> = demo.messages.iter().map(|sms| sms.id).collect();
    json!({
        "listening": ready.url,
        "docs": format!("{}/docs/", ready.url),
        "database": database,
        "partnerCode": PARTNER,
        "provisioningToken": demo.provisioning_token,
        "partnerKey": demo.partner_key,
        "clients": clients,
        "smsIds": messages,
    })
}

fn page(demo: &Demo, ready: &Ready, database: &str, is_temporary: bool) -> String {
    let Ready { url, .. } = ready;
    let (token, partner_key) = (&demo.provisioning_token, &demo.partner_key);
    let kept = if is_temporary { "removed at the end; keep one with --database sqlite:demo.db" } else { "kept" };
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
    page + &portfolio(demo, curl, url) + &messages(demo, curl, url) + "\nCtrl-C ends the demo.\n"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_can_stand_in_quotes_of_a_shell() {
        assert!(!BODY.contains('\''));
        assert!(serde_json::from_str::<Value>(BODY).unwrap()["client"]["businessCode"] == "123456-7");
    }
}

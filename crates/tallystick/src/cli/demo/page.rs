//! What the demo prints once it is ready.

use std::fmt::Write as _;

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
        .map(|client| json!({ "name": client.name, "clientIdentifier": client.client, "apiAccessToken": client.key }))
        .collect();
    json!({
        "listening": ready.url,
        "docs": format!("{}/docs/", ready.url),
        "database": database,
        "partnerCode": PARTNER,
        "provisioningToken": demo.provisioning_token,
        "partnerKey": demo.partner_key,
        "clients": clients,
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
    let _ = write!(
        page,
        "\nText a debtor, and wait for the delivery report (it is printed here; a number that ends in 0001 is undeliverable):\n\n\
         {curl} '{url}/api/v1/partner/sms?wait=10' -H 'X-Api-Key: {partner_key}' -H 'Content-Type: application/json' \
         -d '{{\"recipient\":\"+358441234567\",\"text\":\"Your invoice 1001 is due on Friday.\"}}'\n"
    );
    page + "\nCtrl-C ends the demo.\n"
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

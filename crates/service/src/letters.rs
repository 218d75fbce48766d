//! The texts of the mail that the program writes. Plain text is the master; the HTML part says the same.

use std::fmt::Write as _;

use domain::Timestamp;
use domain::client::{ClientDraft, ContactRole};

use crate::deployment::Deployment;
use crate::mail::Letter;

/// A letter to `to`.
pub(crate) fn letter(to: impl Into<String>, subject: &str, text: String) -> Letter {
    let html = Some(html(&text, "en"));
    Letter { to: to.into(), subject: one_line(subject), text, html }
}

/// Tells the operator of a request.
pub(crate) fn requested(deployment: &Deployment) -> (String, String) {
    let client = &deployment.client;
    let name = client.name.as_deref().unwrap_or_default();
    let mut text = format!(
        "A deployment request was received{}.\n\n",
        match &deployment.partner_code {
            Some(code) => format!(" from the partner {code}"),
            None => " by the public form".to_owned(),
        }
    );
    for (what, value) in lines(deployment) {
        let _ = writeln!(text, "{what}: {}", one_line(&value));
    }
    let id = deployment.id;
    let _ = write!(
        text,
        "\nTo see it:     tallystick deployment show {id}\nTo approve it: tallystick deployment approve {id}\nTo reject it:  tallystick \
         deployment reject {id} --reason '…'\n"
    );
    (format!("Deployment request: {name}"), text)
}

/// What a request says, line by line. What is not there is left out.
#[must_use]
pub fn lines(deployment: &Deployment) -> Vec<(&'static str, String)> {
    let client: &ClientDraft = &deployment.client;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let mut lines = Vec::new();
    let mut add = |what: &'static str, value: Option<String>| lines.extend(value.map(|value| (what, value)));
    add("Service", given(&client.service_type));
    add("Business name", given(&client.name));
    add("Business code", given(&client.business_code));
    add("VAT number", given(&client.vat_reg_nbr));
    add("Postal address", given(&client.postal_address));
    add("Postal code", given(&client.postal_code));
    add("Postal district", given(&client.postal_district));
    add("Country", given(&client.country_code));
    add("Telephone", given(&client.telephone));
    add("E-mail", given(&client.email));
    add("Website", given(&client.website));
    add("Language", given(&client.language_code));
    add("Currency", given(&client.currency_code));
    add("IBAN", given(&client.iban_account));
    add("BIC", given(&client.bic));
    add("Bankgiro", given(&client.bankgiro));
    add("Plusgiro", given(&client.plusgiro));
    for role in ContactRole::ALL {
        let contact = client.contact(role);
        let parts = [&contact.name, &contact.email, &contact.mobile, &contact.telephone];
        let parts: Vec<String> = parts.into_iter().filter_map(given).collect();
        let what = match role {
            ContactRole::Primary => "Primary contact",
            ContactRole::Technical => "Technical contact",
            ContactRole::Accountant => "Accountant",
        };
        add(what, Some(parts.join(", ")).filter(|text| !text.is_empty()));
    }
    add("Accounting system", deployment.accounting_system.clone());
    add("Completes the onboarding", Some(format!("{}, {}", deployment.responsible_name, deployment.responsible_email)));
    lines
}

/// Brings the responsible person the one-time link.
pub(crate) fn credentials(deployment: &Deployment, link: &str, expires_at: Timestamp) -> (String, String) {
    let name = one_line(deployment.client.name.as_deref().unwrap_or_default());
    let text = format!(
        "Hello {},\n\nThe onboarding of {name} was approved. Its credentials are behind this link:\n\n{link}\n\nThe link works once, until \
         {expires_at}. Open it when you are ready to store the credentials in a safe place: they are shown after one more click, and \
         not again.\n\nWho has the link has the credentials: do not pass this mail on. If the link does not work any more and you have not \
         seen the credentials, ask us for a new one, because somebody else may have.\n",
        one_line(&deployment.responsible_name),
    );
    (format!("Credentials of {name}"), text)
}

/// Tells the responsible person of a rejection.
pub(crate) fn rejected(deployment: &Deployment, reason: &str) -> (String, String) {
    let name = one_line(deployment.client.name.as_deref().unwrap_or_default());
    let text = format!(
        "Hello {},\n\nThe request to onboard {name} was not approved:\n\n{reason}\n\nYou may send a new request once this is mended.\n",
        one_line(&deployment.responsible_name),
    );
    (format!("Your request to onboard {name}"), text)
}

/// Tells a client that its key will expire. It names the key, and does not hold it.
pub(crate) fn expiring(name: &str, client: i64, key: &str, expires_at: Timestamp, days: u64) -> (String, String) {
    let name = one_line(name);
    let when = match days {
        0 => "in less than a day".to_owned(),
        1 => "in about 1 day".to_owned(),
        days => format!("in about {days} days"),
    };
    let text = format!(
        "Hello,\n\nAn API key of {name} (client {client}) expires {when}, at {expires_at}. Its identifier is\n\n{key}\n\nTo renew it, call GET \
         /api/v1/partner/renew with the key in the header X-Api-Key. The answer holds the new key; the old one goes on working for a short \
         while, so that you can change over. A program that renews its key by itself needs nothing of you.\n\nThis mail does not hold the \
         key, and nobody will ask you for it by mail.\n",
    );
    (format!("An API key of {name} expires {when}"), text)
}

/// Tells the operator that a webhook endpoint was disabled.
pub(crate) fn webhook_disabled(endpoint: &str, reason: &str) -> (String, String) {
    let text = format!(
        "The webhook endpoint\n\n{endpoint}\n\nwas disabled: {}\n\nNo more events are written for it. When its receiver works again:\n\n\
         tallystick webhook test {endpoint}\ntallystick webhook enable {endpoint}\ntallystick outbox replay --endpoint {endpoint}\n\nThe last \
         command sends what was given up. If the endpoint is not needed any more: tallystick webhook remove {endpoint}\n",
        one_line(reason),
    );
    ("A webhook endpoint was disabled".to_owned(), text)
}

/// A value as one line: whoever wrote it can't add lines or headers to what the program says.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The same text in HTML, in the language of this tag (RFC 5646): paragraphs at blank lines, and addresses of the web as links.
pub(crate) fn html(text: &str, language: &str) -> String {
    let mut html = format!("<!doctype html><html lang=\"{language}\"><body>");
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let lines: Vec<String> = paragraph.trim_end().lines().map(line).collect();
        let _ = write!(html, "<p>{}</p>", lines.join("<br>"));
    }
    html + "</body></html>"
}

fn line(text: &str) -> String {
    let safe = escaped(text);
    if text.starts_with("https://") || text.starts_with("http://") {
        format!("<a href=\"{safe}\">{safe}</a>")
    } else {
        safe
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_adds_neither_lines_nor_markup() {
        assert_eq!(one_line("A\r\nBcc: b@example.com\u{0}"), "A  Bcc: b@example.com");
        let html = html("Hello <b>,\n\nhttps://a.example/?a=1&b=2\n", "en");
        assert_eq!(
            html,
            "<!doctype html><html lang=\"en\"><body><p>Hello &lt;b&gt;,</p>\
             <p><a href=\"https://a.example/?a=1&amp;b=2\">https://a.example/?a=1&amp;b=2</a></p></body></html>"
        );
    }

    #[test]
    fn the_notice_says_which_key_when_and_how() {
        let at = Timestamp::from_micros(0);
        let (subject, text) = expiring("A\nOy", 7, "the-key-id", at, 7);
        assert_eq!(subject, "An API key of A Oy expires in about 7 days");
        for part in ["client 7", "the-key-id", "1970-01-01T00:00:00.000Z", "/api/v1/partner/renew"] {
            assert!(text.contains(part), "{part}");
        }
    }
}

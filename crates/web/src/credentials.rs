//! `/onboarding/credentials/{token}`: the page behind a one-time link.
//!
//! A GET shows one button and changes nothing, because programs that look through mail open every link in it. The POST of that button
//! uses the link up. A guessed token and one that never was look the same.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use http_kit::{HttpState, Visitor};
use service::credentials_link::{LinkError, ShownCredentials};

use crate::html::Html;
use crate::page::{Failure, Page};

/// The name of this page in the audit trail.
const PAGE: &str = "credentials_link";

/// Asks for the click.
pub(crate) async fn ask(
    State(state): State<HttpState>,
    visitor: Visitor,
    token: Result<Path<String>, PathRejection>,
) -> Result<Page, Failure> {
    let token = text(token);
    state.core().look_at_link(&token).await.map_err(|error| refusal(error, &visitor, &state))?;
    // The form goes to the address that it stands at, so the token is not written into the page.
    let body = Html::raw(
        "<p>This page shows your credentials once. When you have pressed the button, the link is used up.</p>\n\
         <p>Have a safe place ready to store them in, such as a password manager.</p>\n\
         <form method=\"post\"><button type=\"submit\">Show the credentials</button></form>",
    );
    Ok(Page::new("Your credentials", body))
}

/// Shows the credentials, and uses the link up.
pub(crate) async fn show(
    State(state): State<HttpState>,
    visitor: Visitor,
    token: Result<Path<String>, PathRejection>,
) -> Result<Page, Failure> {
    let token = text(token);
    let shown = state.core().open_link(&token, &visitor.context(PAGE)).await;
    let shown = shown.map_err(|error| refusal(error, &visitor, &state))?;
    Ok(Page::new("Your credentials", credentials(&shown)))
}

/// The token as it stands in the address. What is no text is no token, and looks like any other guess.
fn text(token: Result<Path<String>, PathRejection>) -> String {
    token.map(|Path(token)| token).unwrap_or_default()
}

fn credentials(shown: &ShownCredentials) -> Html {
    let mut html = Html::raw(
        "<p><strong>Store these now.</strong> They are not shown again, and this link no longer works.</p>\n<dl>\n",
    );
    let mut entry = |name: &str, value: &str| {
        html.push_raw("<dt>").push_text(name).push_raw("</dt><dd><code>").push_text(value).push_raw("</code></dd>\n");
    };
    entry("Client", &shown.name);
    entry("clientIdentifier", &shown.client.to_string());
    entry("confirmaFinanceCustomerCode", &shown.customer_code.to_string());
    entry("paymentReferencePrefix", &shown.reference_prefix.to_string());
    entry("apiAccessToken", &shown.key.expose().to_text());
    if let Some(at) = shown.key_expires_at {
        entry("apiAccessTokenExpiresAt", &at.to_string());
    }
    if let Some(oauth) = &shown.oauth {
        entry("oauthClientId", &oauth.id);
        entry("oauthClientSecret", &oauth.secret.expose().to_text());
    }
    html.push_raw("</dl>\n<p>Your program sends <code>apiAccessToken</code> in the header <code>X-Api-Key</code> of each request.</p>");
    html
}

fn refusal(error: LinkError, visitor: &Visitor, state: &HttpState) -> Failure {
    let page = match error {
        LinkError::Unknown => {
            visitor.guessed(state);
            Page::notice(
                StatusCode::NOT_FOUND,
                "There is no such link",
                &[
                    "Open the link of the mail whole, as it stands there: some programs break long lines.",
                    "If that does not help, ask whoever approved your request for a new link.",
                ],
            )
        }
        LinkError::Used => Page::notice(
            StatusCode::GONE,
            "This link was used",
            &[
                "The credentials were shown, and are not shown again.",
                "If it was not you who saw them, tell whoever approved your request at once: the key can be revoked, and you get a new link.",
            ],
        ),
        LinkError::Expired => Page::notice(
            StatusCode::GONE,
            "This link has expired",
            &["Nobody has opened it. Ask whoever approved your request for a new link."],
        ),
        LinkError::NoKey => Page::notice(
            StatusCode::GONE,
            "There is nothing to show any more",
            &["The key of this client was revoked or has expired. Ask whoever approved your request."],
        ),
        LinkError::Store(error) => return Failure::Problem(error.into()),
    };
    Failure::Page(page)
}

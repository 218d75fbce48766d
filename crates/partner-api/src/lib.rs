//! The Partner API front: `/api/v1/partner`.
//!
//! A file for each resource: the types of the wire, which are the documentation, the handlers, and the translation of the use case's
//! errors into problems. What the fronts share is in [`http_kit`].

mod agreement;
mod api_key;
mod client;
mod client_request;
mod code;
mod credentials;
mod creditor;
mod creditor_answer;
mod creditor_history;
mod creditor_list;
mod creditor_path;
mod creditor_request;
pub mod deployment;
mod distribution;
mod distribution_answer;
mod distribution_summary;
mod document;
mod invoice;
mod invoice_request;
mod sms;
mod sms_answer;
mod uuid_path;
mod warnings;

use http_kit::{HttpState, openapi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use client_request::{ClientSection, Contact, Contacts, CreateClientRequest, PrimaryContact, ServiceSection};
pub use creditor_request::{AgreementSection, CreateCreditorRequest, SettingsSection};

/// The routes of the Partner API, with their part of the API document.
#[must_use]
pub fn router() -> OpenApiRouter<HttpState> {
    let mut router = OpenApiRouter::with_openapi(document::base())
        .routes(routes!(client::create_client))
        .routes(routes!(api_key::validate_token))
        .routes(routes!(api_key::renew_token).map(|route| {
            // A GET route takes HEAD as well, which would renew a key and drop the answer; and the router would name it in Allow.
            route.head(api_key::renewal_needs_get).fallback(api_key::renewal_needs_get)
        }))
        .routes(routes!(creditor::create_creditor, creditor_list::list_creditors))
        .routes(routes!(creditor::show_creditor, creditor::change_creditor))
        .routes(routes!(creditor_history::show_creditor_history))
        .routes(routes!(credentials::show_credentials, credentials::revoke_credentials))
        .routes(routes!(credentials::rotate_credentials))
        .routes(routes!(agreement::show_agreements, agreement::replace_agreements))
        .routes(routes!(sms::send_sms, sms::list_sms))
        .routes(routes!(sms::get_sms))
        .routes(routes!(distribution::list_creditor_distribution))
        .routes(routes!(distribution::list_distribution))
        .routes(routes!(distribution_summary::summarize_distribution))
        .routes(routes!(invoice::submit_invoice))
        .routes(routes!(distribution::list_invoice_distribution))
        .routes(routes!(deployment::request_deployment))
        .routes(routes!(deployment::get_deployment));
    openapi::add_common_headers(router.get_openapi_mut());
    router
}

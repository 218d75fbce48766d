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

use axum::Router;
use http_kit::{HttpState, Operation, openapi, operation};
use utoipa::openapi::OpenApi;

pub use client_request::{ClientSection, Contact, Contacts, CreateClientRequest, PrimaryContact, ServiceSection};
pub use creditor_request::{AgreementSection, CreateCreditorRequest, SettingsSection};

/// The routes of the Partner API.
pub fn router() -> Router<HttpState> {
    operation::routes(operations())
}

/// The Partner API's part of the API document.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = document::base();
    operation::describe(&mut document, operations());
    openapi::add_common_headers(&mut document);
    document
}

fn operations() -> [Operation; 23] {
    [
        operation!(client::create_client),
        operation!(api_key::validate_token),
        operation!(api_key::renew_token).map(|route| {
            // A GET route takes HEAD as well, which would renew a key and drop the answer; and the router would name it in Allow.
            route.head(api_key::renewal_needs_get).fallback(api_key::renewal_needs_get)
        }),
        operation!(creditor::create_creditor),
        operation!(creditor_list::list_creditors),
        operation!(creditor::show_creditor),
        operation!(creditor::change_creditor),
        operation!(creditor_history::show_creditor_history),
        operation!(credentials::show_credentials),
        operation!(credentials::revoke_credentials),
        operation!(credentials::rotate_credentials),
        operation!(agreement::show_agreements),
        operation!(agreement::replace_agreements),
        operation!(sms::send_sms),
        operation!(sms::list_sms),
        operation!(sms::get_sms),
        operation!(distribution::list_creditor_distribution),
        operation!(distribution::list_distribution),
        operation!(distribution_summary::summarize_distribution),
        operation!(invoice::submit_invoice),
        operation!(distribution::list_invoice_distribution),
        operation!(deployment::request_deployment),
        operation!(deployment::get_deployment),
    ]
}

//! The Partner API front: `/api/v1/partner`.
//!
//! A file for each resource: the types of the wire, which are the documentation, the handlers, and the translation of the use case's
//! errors into problems. What the fronts share is in [`http_kit`].

mod api_key;
mod client;
mod client_request;
mod code;
pub mod deployment;
mod document;
mod sms;

use http_kit::{HttpState, openapi};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

pub use client_request::{ClientSection, Contact, Contacts, CreateClientRequest, PrimaryContact, ServiceSection};

/// The routes of the Partner API, with their part of the API document.
#[must_use]
pub fn router() -> OpenApiRouter<HttpState> {
    let mut router = OpenApiRouter::with_openapi(document::base())
        .routes(routes!(client::create_client))
        .routes(routes!(api_key::validate_token))
        // A GET route takes HEAD as well, which would renew a key and drop the answer.
        .routes(routes!(api_key::renew_token).map(|route| route.head(api_key::renewal_needs_get)));
    router = router.routes(routes!(sms::send_sms, sms::list_sms)).routes(routes!(sms::get_sms));
    router = router
        .routes(routes!(deployment::request_deployment))
        .routes(routes!(deployment::get_deployment));
    openapi::add_common_headers(router.get_openapi_mut());
    router
}

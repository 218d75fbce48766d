//! The point-of-sale front: `/flexiti/pos-api/v2.5`, and the same endpoints under `v2.5.1`.
//!
//! The table of [`mod@endpoint`] says which endpoints there are and for which scopes; the router, the API
//! document and the tests go by it. `oauth` is the token endpoint with what belongs to it; `login`, `reference_data`, `terms`,
//! `drivers_licence`, `information`, `apply`, `customer_search`, `customer_lookup`, `account_close`, `calculate_interest`
//! and so on are what is served behind a token; `widget` is what the page of the widget calls. What the fronts share is in [`http_kit`].

mod account_close;
mod account_transaction;
mod amount;
mod amount_request;
mod applicant_request;
mod apply;
mod authorization;
mod authorizations;
mod base_address;
mod calculate_interest;
mod call;
mod capture;
mod capture_return;
mod captures;
mod code;
mod customer_lookup;
mod customer_search;
mod document;
mod drivers_licence;
pub mod endpoint;
mod idempotency;
mod information;
mod inputs;
mod lang;
mod login;
mod money_move;
mod oauth;
mod prefix;
mod problem;
mod rate;
mod reference_data;
mod refund;
mod release;
mod responses;
mod sku_data;
mod terms;
mod verify;
mod version;
mod widget;
mod widget_init;

use std::collections::BTreeMap;

use axum::routing::{MethodRouter, any};
use axum::{Extension, Router};
use endpoint::{ENDPOINTS, Endpoint};
use http::Method;
use http_kit::{HttpState, Operation, openapi, operation};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::HttpMethod;

pub use prefix::Prefix;

use version::Version;

/// The routes of the point-of-sale front below `prefix`. The newer version has the same routes, and answers a few of them in another shape
/// (`version.rs`).
pub fn router(prefix: &Prefix) -> Router<HttpState> {
    let newer = prefix.newer();
    let mut router = Router::new();
    for Operation { path, route, .. } in oauth::operations() {
        let route = route.fallback(oauth::method_not_allowed);
        router = router.route(&newer.path(&path), route.clone()).route(&prefix.path(&path), route);
    }
    // The page of the widget is of this program, so that one version is enough for it.
    for Operation { path, route, .. } in widget::operations() {
        router = router.route(&prefix.path(&path), route.fallback(problem::method_not_allowed));
    }
    for (path, route) in endpoints() {
        // Only the newer version says so, because a layer costs each request something.
        router = router.route(&newer.path(path), route.clone().layer(Extension(Version::V2_5_1)));
        router = router.route(&prefix.path(path), route);
    }
    for prefix in [prefix, &newer] {
        router = router.route(&prefix.path("/{*rest}"), any(problem::not_found));
    }
    router
}

/// The front's part of the API document, below `prefix`: of the older version alone.
#[must_use]
pub fn document(prefix: &Prefix) -> OpenApi {
    let operations = oauth::operations().into_iter().chain(widget::operations()).chain(operations());
    let below_prefix = operations.map(|mut operation| {
        operation.path = prefix.path(&operation.path);
        operation
    });
    let mut document = document::base();
    operation::describe(&mut document, below_prefix);
    openapi::add_common_headers(&mut document);
    document
}

/// The routes of the table, each address once with all its methods.
fn endpoints() -> BTreeMap<&'static str, MethodRouter<HttpState>> {
    let mut operations = Vec::from(operations());
    let mut routes: BTreeMap<_, MethodRouter<HttpState>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        let at = operations.iter().position(|operation| answers(operation, endpoint));
        let at = at.expect("each row of the table has a handler, which a test looks for");
        let routes = routes.entry(endpoint.path).or_default();
        *routes = std::mem::take(routes).merge(operations.swap_remove(at).route);
    }
    routes.into_iter().map(|(path, route)| (path, route.fallback(problem::method_not_allowed))).collect()
}

/// The endpoints of the table. The handler of each takes a [`call::Call`], which lets in whom the table lets in.
fn operations() -> [Operation; 25] {
    [
        operation!(account_transaction::pay),
        operation!(authorization::authorize),
        operation!(authorizations::list),
        operation!(authorizations::show),
        operation!(capture::capture),
        operation!(capture_return::return_capture),
        operation!(captures::list_captures),
        operation!(account_close::close_account),
        operation!(apply::apply),
        operation!(apply::show_application),
        operation!(calculate_interest::calculate_interest),
        operation!(customer_lookup::look_up_customer),
        operation!(customer_search::search_customers),
        operation!(drivers_licence::read_licence),
        operation!(information::tell_information),
        operation!(login::log_in),
        operation!(reference_data::show_all),
        operation!(reference_data::ask_for_all),
        operation!(reference_data::show_group),
        operation!(refund::refund),
        operation!(release::release),
        operation!(terms::show_terms),
        operation!(verify::verify_customer),
        operation!(verify::verify_customer_of_accounts),
        operation!(widget_init::init_widget),
    ]
}

/// Whether it is the operation of an endpoint: that of the same method and path.
fn answers(operation: &Operation, endpoint: &Endpoint) -> bool {
    let method = match endpoint.method {
        Method::GET => HttpMethod::Get,
        Method::POST => HttpMethod::Post,
        _ => return false,
    };
    operation.path == endpoint.path && operation.methods.contains(&method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_has_a_handler() {
        for endpoint in ENDPOINTS {
            let operations = operations().into_iter().filter(|operation| answers(operation, endpoint));
            assert_eq!(operations.count(), 1, "{} {}", endpoint.method, endpoint.path);
        }
        assert_eq!(ENDPOINTS.len(), operations().len());
    }

    #[test]
    fn no_two_routes_are_in_each_others_way() {
        // The router panics where they are.
        let _ = router(&Prefix::default());
        let _ = router(&"/pos".parse().unwrap());
    }
}

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
mod terms;
mod verify;
mod version;
mod widget;
mod widget_init;

use std::collections::BTreeMap;

use axum::Extension;
use axum::routing::{MethodRouter, any};
use endpoint::{ENDPOINTS, Endpoint};
use http::Method;
use http_kit::{HttpState, openapi};
use utoipa::openapi::path::{PathItem, Paths};
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

pub use prefix::Prefix;

use version::Version;

/// The routes of the point-of-sale front below `prefix`, with their part of the API document. The newer version has the same routes, and
/// answers a few of them in another shape (`version.rs`); the document tells of the one.
#[must_use]
pub fn router(prefix: &Prefix) -> OpenApiRouter<HttpState> {
    let mut router = OpenApiRouter::with_openapi(document::base());
    for (schemas, mut paths, methods) in oauth_operations() {
        paths.paths = paths.paths.into_iter().map(|(path, item)| (prefix.path(&path), item)).collect();
        router = router.routes((schemas, paths, methods.fallback(oauth::method_not_allowed)));
    }
    for (path, methods) in oauth_routes() {
        router = router.route(&prefix.newer().path(&path), methods);
    }
    // The page of the widget is of this program, so that one version is enough for it.
    for (schemas, mut paths, methods) in widget::operations() {
        paths.paths = paths.paths.into_iter().map(|(path, item)| (prefix.path(&path), item)).collect();
        router = router.routes((schemas, paths, methods.fallback(problem::method_not_allowed)));
    }
    for (schemas, paths, _) in operations() {
        describe(router.get_openapi_mut(), prefix, schemas, paths);
    }
    let newer = prefix.newer();
    for (path, methods) in endpoints() {
        // Only the newer version says so, because a layer costs each request something.
        router = router.route(&newer.path(path), methods.clone().layer(Extension(Version::V2_5_1)));
        router = router.route(&prefix.path(path), methods);
    }
    for prefix in [prefix, &newer] {
        router = router.route(&prefix.path("/{*rest}"), any(problem::not_found));
    }
    openapi::add_common_headers(router.get_openapi_mut());
    router
}

/// The token endpoint, and what belongs to it.
fn oauth_operations() -> [UtoipaMethodRouter<HttpState>; 4] {
    [
        routes!(oauth::token::issue_token),
        routes!(oauth::introspect::introspect_token),
        routes!(oauth::revoke::revoke_token),
        routes!(oauth::metadata::show_metadata),
    ]
}

/// The same without their part of the document.
fn oauth_routes() -> impl Iterator<Item = (String, MethodRouter<HttpState>)> {
    oauth_operations().into_iter().flat_map(|(_, paths, methods)| {
        let methods = methods.fallback(oauth::method_not_allowed);
        paths.paths.into_keys().map(move |path| (path, methods.clone()))
    })
}

/// The routes of the table, each address once with all its methods.
fn endpoints() -> BTreeMap<&'static str, MethodRouter<HttpState>> {
    let mut routes: BTreeMap<_, MethodRouter<HttpState>> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        let route = handler(endpoint).expect("each row of the table has a handler, which a test looks for");
        let routes = routes.entry(endpoint.path).or_default();
        *routes = std::mem::take(routes).merge(route);
    }
    routes.into_iter().map(|(path, methods)| (path, methods.fallback(problem::method_not_allowed))).collect()
}

/// The endpoints of the table. The handler of each takes a [`call::Call`], which lets in whom the table lets in.
fn operations() -> [UtoipaMethodRouter<HttpState>; 25] {
    [
        routes!(account_transaction::pay),
        routes!(authorization::authorize),
        routes!(authorizations::list),
        routes!(authorizations::show),
        routes!(capture::capture),
        routes!(capture_return::return_capture),
        routes!(captures::list_captures),
        routes!(account_close::close_account),
        routes!(apply::apply),
        routes!(apply::show_application),
        routes!(calculate_interest::calculate_interest),
        routes!(customer_lookup::look_up_customer),
        routes!(customer_search::search_customers),
        routes!(drivers_licence::read_licence),
        routes!(information::tell_information),
        routes!(login::log_in),
        routes!(reference_data::show_all),
        routes!(reference_data::ask_for_all),
        routes!(reference_data::show_group),
        routes!(refund::refund),
        routes!(release::release),
        routes!(terms::show_terms),
        routes!(verify::verify_customer),
        routes!(verify::verify_customer_of_accounts),
        routes!(widget_init::init_widget),
    ]
}

/// The handler of an endpoint: that of the same method and path.
fn handler(endpoint: &Endpoint) -> Option<MethodRouter<HttpState>> {
    let is_of = |item: &PathItem| match endpoint.method {
        Method::GET => item.get.is_some(),
        Method::POST => item.post.is_some(),
        _ => false,
    };
    let found = operations().into_iter().find(|(_, paths, _)| paths.paths.get(endpoint.path).is_some_and(is_of));
    found.map(|(_, _, methods)| methods)
}

/// Adds an endpoint to the API document. The router adds the routes, of all endpoints alike.
fn describe(document: &mut OpenApi, prefix: &Prefix, schemas: Vec<(String, RefOr<Schema>)>, paths: Paths) {
    for (path, item) in paths.paths {
        document.paths.paths.entry(prefix.path(&path)).or_default().merge_operations(item);
    }
    document.components.get_or_insert_default().schemas.extend(schemas);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_has_a_handler() {
        for endpoint in ENDPOINTS {
            assert!(handler(endpoint).is_some(), "{} {}", endpoint.method, endpoint.path);
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

//! The table of the contract: every endpoint behind a token, and whom it lets in. The router, the API document
//! and the tests go by it.

use domain::oauth_token::Scope;
use http::Method;

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its method.
    pub method: Method,
    /// Its address below the prefix.
    pub path: &'static str,
    /// The scopes that it lets in.
    pub scopes: &'static [Scope],
    /// Whether it works without `x-reference-id`; then one is made.
    pub reference_optional: bool,
}

const BOTH: &[Scope] = &[Scope::Customer, Scope::Merchant];
const MERCHANT: &[Scope] = &[Scope::Merchant];

const fn endpoint(method: Method, path: &'static str, scopes: &'static [Scope]) -> Endpoint {
    Endpoint { method, path, scopes, reference_optional: false }
}

/// Every endpoint, in the order of the contract.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: Method::POST,
        path: "/client-id/{client_id}/merchants/login",
        scopes: BOTH,
        reference_optional: true,
    },
    endpoint(Method::GET, "/client-id/{client_id}/i18n", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/i18n", BOTH),
    endpoint(Method::GET, "/client-id/{client_id}/i18n/{key}", BOTH),
    endpoint(Method::GET, "/client-id/{client_id}/terms-and-conditions", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/information", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/customers/driverslicense", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/widget/init", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/apply", BOTH),
    endpoint(Method::GET, "/client-id/{client_id}/apply/{application_id}", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/accounts/{account_number}/calculate-interest", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/account/{account_number}/verify", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/accounts/{account_number}/verify", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/accounts/{account_number}/close", BOTH),
    endpoint(Method::POST, "/client-id/{client_id}/authorization", BOTH),
    endpoint(Method::GET, "/client-id/{client_id}/customers/search", MERCHANT),
    endpoint(Method::GET, "/client-id/{client_id}/customers/lookup", MERCHANT),
    endpoint(Method::POST, "/client-id/{client_id}/authorization/{authorization_id}/capture", MERCHANT),
    endpoint(Method::POST, "/client-id/{client_id}/authorization/{authorization_id}/release", MERCHANT),
    endpoint(
        Method::POST,
        "/client-id/{client_id}/authorization/{authorization_id}/capture/{capture_id}/return",
        MERCHANT,
    ),
    endpoint(Method::POST, "/client-id/{client_id}/accounts/{account_number}/refund", MERCHANT),
    endpoint(Method::POST, "/client-id/{client_id}/transactions", MERCHANT),
    endpoint(Method::GET, "/client-id/{client_id}/authorizations", MERCHANT),
    endpoint(Method::GET, "/client-id/{client_id}/authorization/{authorization_id}", MERCHANT),
    endpoint(Method::GET, "/client-id/{client_id}/captures", MERCHANT),
];

/// The endpoint of a route, whichever version it is of. A HEAD is a GET whose body is left out.
pub(crate) fn of_route(method: &Method, route: &str) -> Option<&'static Endpoint> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let of_path = |endpoint: &&Endpoint| endpoint.method == *method && route.ends_with(endpoint.path);
    ENDPOINTS.iter().find(of_path)
}

impl Endpoint {
    /// Whether it lets in a token of this scope.
    #[must_use]
    pub fn admits(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_finds_its_own_endpoint() {
        for endpoint in ENDPOINTS {
            for prefix in ["/flexiti/pos-api/v2.5", "/flexiti/pos-api/v2.5.1", "/pos"] {
                let found = of_route(&endpoint.method, &format!("{prefix}{}", endpoint.path));
                assert_eq!(found, Some(endpoint));
            }
        }
        assert_eq!(of_route(&Method::HEAD, "/pos/client-id/{client_id}/i18n").map(|it| &it.method), Some(&Method::GET));
        assert_eq!(of_route(&Method::PUT, "/pos/client-id/{client_id}/i18n"), None);
    }

    #[test]
    fn a_merchants_token_opens_everything() {
        assert_eq!(ENDPOINTS.len(), 25);
        assert!(ENDPOINTS.iter().all(|endpoint| endpoint.admits(Scope::Merchant)));
        assert_eq!(ENDPOINTS.iter().filter(|endpoint| endpoint.admits(Scope::Customer)).count(), 15);
    }
}

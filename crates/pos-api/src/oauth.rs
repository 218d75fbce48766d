//! The token endpoint, and what belongs to it: RFC 6749, 7009, 7662 and 8414, as the contract's section "Tokens" narrows them.

mod client;
mod error;
mod introspect;
mod metadata;
mod revoke;
mod token;

use http::Method;
use http_kit::{Operation, Problem, fallback, operation};

pub(crate) use error::{ErrorBody, Here};

/// The tag of its operations in the API document.
pub(crate) const TAG: &str = "Point of sale: tokens";

/// What it answers.
pub(crate) fn operations() -> [Operation; 4] {
    [
        operation!(token::issue_token),
        operation!(introspect::introspect_token),
        operation!(revoke::revoke_token),
        operation!(metadata::show_metadata),
    ]
}

/// 405 for a method that an address does not take.
pub(crate) async fn method_not_allowed(_: Here, method: Method) -> Problem {
    fallback::method_not_allowed(method).await
}

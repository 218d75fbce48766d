//! The token endpoint, and what belongs to it: RFC 6749, 7009, 7662 and 8414, as the contract's section "Tokens" narrows them.

mod client;
mod error;
pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod revoke;
pub(crate) mod token;

use http::Method;
use http_kit::{Problem, fallback};

pub(crate) use error::{ErrorBody, Here};

/// The tag of its operations in the API document.
pub(crate) const TAG: &str = "Point of sale: tokens";

/// 405 for a method that an address does not take.
pub(crate) async fn method_not_allowed(_: Here, method: Method) -> Problem {
    fallback::method_not_allowed(method).await
}

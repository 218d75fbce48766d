//! The answers to what no route takes.

use http::Method;

use crate::{Problem, code};

/// 404 `not_found`, for an address that no route has.
pub async fn not_found() -> Problem {
    Problem::new(code::NOT_FOUND, "There is nothing at this address")
}

/// 405 `method_not_allowed`. The router adds the header `Allow`.
pub async fn method_not_allowed(method: Method) -> Problem {
    Problem::new(
        code::METHOD_NOT_ALLOWED,
        format!("This address does not take {method}. The header Allow lists what it takes"),
    )
}

//! Endpoints that are part of the API and come later: whoever would be let in is told so, and anybody else is refused as always.

use http_kit::Problem;

use crate::call::Call;
use crate::code::NOT_SERVED;
use crate::lang::of_two;

/// 404 `not_served`.
pub(crate) async fn not_served(call: Call) -> Problem {
    let message = of_two(
        call.lang,
        "This endpoint is part of the API, but it is not served yet",
        "Ce point d'accès fait partie de l'API, mais il n'est pas encore offert",
    );
    Problem::new(NOT_SERVED, message)
}

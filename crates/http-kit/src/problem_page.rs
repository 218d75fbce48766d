//! Problems that a person reads. A front of pages says how they are shown, and the outermost layer keeps to that: also for a panic and for
//! the deadline, of which the front learns nothing.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;

use crate::Problem;
use crate::request_info::RequestInfo;

/// Shows a problem to a person, with the identifier of the request.
pub type ProblemPage = fn(&Problem, request_id: &str) -> Response;

/// These routes, with their problems shown by `page`.
pub fn shown_by<S>(page: ProblemPage, routes: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        if let Some(info) = request.extensions().get::<RequestInfo>() {
            info.show_problems_by(page);
        }
        next.run(request)
    }))
}

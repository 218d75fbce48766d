//! Problems that have a form of their own: pages that a person reads, or the bodies of another front. The front says how they are shown,
//! and the outermost layer keeps to that: also for a panic and for the deadline, of which the front learns nothing.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::Uri;
use http::request::Parts;

use crate::Problem;
use crate::request_info::RequestInfo;

/// Shows a problem, with the identifier of the request and its address.
pub type ProblemPage = fn(&Problem, request_id: &str, uri: &Uri) -> Response;

/// These routes, with their problems shown by `page`.
pub fn shown_by<S>(page: ProblemPage, routes: Router<S>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        if let Some(info) = request.extensions().get::<RequestInfo>() {
            info.show_problems_by(page, request.uri());
        }
        next.run(request)
    }))
}

/// Has the problems of this request shown by `page` from here on: for a front whose extractors come first anyway, and save a layer.
pub fn show_by(page: ProblemPage, parts: &Parts) {
    if let Some(info) = parts.extensions.get::<RequestInfo>() {
        info.show_problems_by(page, &parts.uri);
    }
}

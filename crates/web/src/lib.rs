//! The pages that people open: plain HTML, without scripts.
//!
//! `credentials` is the page behind a one-time link, `request` the public form of the deployment request. Both are written by small
//! functions over [`mod@html`], which escapes what it is given; a template engine would be more than these few pages need.

mod credentials;
mod form;
pub mod html;
mod page;
mod request;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use http_kit::{HttpState, problem_page};

/// The most bytes of a form.
const FORM_LIMIT: usize = 64 * 1024;

/// Which pages there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// The public form of the deployment request.
    pub deployment_form: bool,
}

/// The routes of the pages.
pub fn router(pages: Pages) -> Router<HttpState> {
    let mut router = Router::new()
        .route(page::STYLE_PATH, get(page::style))
        .route("/onboarding/credentials/{token}", get(credentials::ask).post(credentials::show));
    if pages.deployment_form {
        router = router
            .route(request::PATH, get(request::form).post(request::send))
            .route(request::RECEIVED, get(request::received));
    }
    problem_page::shown_by(page::of_problem, router.layer(DefaultBodyLimit::max(FORM_LIMIT)))
}

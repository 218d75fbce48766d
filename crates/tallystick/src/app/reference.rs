//! `/docs`: the reference page, from files inside the program. It asks no other host for anything.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http_kit::{HttpState, Problem};
use utoipa_swagger_ui::Config;

/// Everything from this server alone. The page styles its parts by attributes, and its pictures stand in its style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    // Without this the page would send the document to a validator on another host.
    let config = Config::new(["/openapi.json"]).validator_url("none");
    // Without the bar on top, which asks for the address of a document and could only fetch this one.
    Arc::new(config.use_base_layout().display_request_duration(true).doc_expansion("list"))
});

pub(super) fn router() -> Router<HttpState> {
    Router::new()
        // The page's own addresses are relative, so it stands behind a slash.
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || file("index.html")))
        .route("/docs/{*file}", get(async |Path(name): Path<String>| file(&name)))
}

fn file(name: &str) -> Result<Response, Problem> {
    match utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)) {
        Ok(Some(file)) => {
            let kind = HeaderValue::from_str(&file.content_type).map_err(Problem::internal)?;
            let headers = [
                (CONTENT_TYPE, kind),
                (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
                (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
                (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            ];
            Ok((headers, file.bytes.into_owned()).into_response())
        }
        Ok(None) => Err(Problem::new(http_kit::code::NOT_FOUND, "There is nothing at this address")),
        Err(error) => Err(Problem::internal(error)),
    }
}

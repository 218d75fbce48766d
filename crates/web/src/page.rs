//! A page: its frame, its style sheet, and the headers that keep what is on it to its reader.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode};
use http_kit::Problem;

use crate::html::Html;

/// Where the style sheet is.
pub(crate) const STYLE_PATH: &str = "/onboarding/style.css";

/// Nothing but the style sheet of this server, and forms to it. No script at all.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;line-height:1.25}
fieldset{border:1px solid #888;border-radius:.25rem;margin:0 0 1.5rem;padding:0 1rem 1rem}
legend{font-weight:bold;padding:0 .25rem}
label{display:block;margin-top:.75rem}
input,select{font:inherit;width:100%;box-sizing:border-box;padding:.4rem;border:1px solid #777;border-radius:.25rem}
input[aria-invalid=true],select[aria-invalid=true]{border:2px solid #c00}
button{font:inherit;font-weight:bold;padding:.6rem 1.2rem;border:2px solid #0b5;border-radius:.25rem;background:#064;color:#fff;cursor:pointer}
:focus-visible{outline:3px solid #06c;outline-offset:2px}
.error{color:#b00;font-weight:bold;margin:.25rem 0 0}
.summary{border:2px solid #c00;border-radius:.25rem;padding:.5rem 1rem;margin-bottom:1.5rem}
.hint{margin:.25rem 0 0;opacity:.8;font-size:.9rem}
.trap{position:absolute;left:-100rem}
dt{font-weight:bold;margin-top:.75rem}
dd{margin:0}
code{font:1rem ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}
@media (prefers-color-scheme:dark){.error{color:#f99}}
";

/// A page to be answered with.
#[derive(Debug)]
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    body: Html,
    retry_after: Option<HeaderValue>,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, body: Html) -> Self {
        Self { status: StatusCode::OK, title: title.into(), body, retry_after: None }
    }

    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// A page that says one thing.
    pub(crate) fn notice(status: StatusCode, title: &str, sentences: &[&str]) -> Self {
        let mut body = Html::new();
        for sentence in sentences {
            body.push_raw("<p>").push_text(sentence).push_raw("</p>");
        }
        Self::new(title, body).with_status(status)
    }
}

impl From<Problem> for Page {
    /// The problem in words. What really happened goes to the log.
    fn from(problem: Problem) -> Self {
        let status = problem.status();
        if let Some(cause) = problem.cause() {
            let code = problem.code().name;
            if status == StatusCode::INTERNAL_SERVER_ERROR {
                tracing::error!(code, cause, "a page failed");
            } else {
                tracing::warn!(code, cause, "a page could not be served");
            }
        }
        let title = if status == StatusCode::TOO_MANY_REQUESTS { "Please wait" } else { "This did not work" };
        let mut page = Self::notice(status, title, &[problem.detail()]);
        page.retry_after = problem.retry_after().cloned();
        page
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut html = Html::raw(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex,nofollow\">\n<link rel=\"stylesheet\" href=\"/onboarding/style.css\">\n<title>",
        );
        html.push_text(&self.title).push_raw("</title>\n</head>\n<body>\n<main>\n<h1>").push_text(&self.title);
        html.push_raw("</h1>\n").push(&self.body).push_raw("\n</main>\n</body>\n</html>\n");
        let mut response = Response::new(Body::from(html.into_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(X_ROBOTS_TAG, HeaderValue::from_static("noindex, nofollow"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// The style sheet.
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, STYLE)
}

//! A page: its frame, its style sheet, and the headers that keep what is on it to its reader.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, StatusCode, Uri};
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

impl Page {
    /// What is on it, for a test.
    #[cfg(test)]
    pub(crate) fn into_text(self) -> String {
        self.body.into_string()
    }

    /// A problem in words for a person: its own are meant for programs. What really happened stands in the log, where the operator finds
    /// it by the identifier of the request.
    fn of_problem(problem: &Problem, request_id: &str) -> Self {
        let (status, retry_after) = (problem.status(), problem.retry_after());
        let mut page = match status {
            StatusCode::TOO_MANY_REQUESTS => Self::notice(
                status,
                "Please wait",
                &["Too many requests came from your network in a short time.", &again(retry_after)],
            ),
            StatusCode::SERVICE_UNAVAILABLE => Self::notice(
                status,
                "This did not work",
                &["The service cannot work at the moment.", &again(retry_after)],
            ),
            _ if status.is_server_error() => Self::notice(
                status,
                "This did not work",
                &["The server failed. The fault is ours, and not in what you have done."],
            ),
            _ => Self::notice(
                status,
                "This did not work",
                &["The server did not take this request: go back, check it, and try again."],
            ),
        };
        // Whoever was refused has nothing to ask the operator.
        if status.is_server_error() {
            page.body.push_raw("<p>If you ask the operator for help, tell the identifier of this request: <code>");
            page.body.push_text(request_id).push_raw("</code></p>");
        }
        page.retry_after = retry_after.cloned();
        page
    }
}

/// What [`http_kit::problem_page`] asks for.
pub(crate) fn of_problem(problem: &Problem, request_id: &str, _: &Uri) -> Response {
    Page::of_problem(problem, request_id).into_response()
}

/// Why the page that was asked for is not shown.
pub(crate) enum Failure {
    /// Told by a page.
    Page(Page),
    /// Told by [`of_problem`].
    Problem(Problem),
}

impl From<Page> for Failure {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => page.into_response(),
            Self::Problem(problem) => problem.into_response(),
        }
    }
}

/// When to try again, by the header `Retry-After`, which has seconds here.
fn again(retry_after: Option<&HeaderValue>) -> String {
    let seconds = retry_after.and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    match seconds {
        None => "Try again later.".to_owned(),
        Some(0 | 1) => "Try again in a second.".to_owned(),
        Some(seconds) if seconds < 100 => format!("Try again in {seconds} seconds."),
        Some(seconds) => format!("Try again in {} minutes.", seconds.div_ceil(60)),
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

#[cfg(test)]
mod tests {
    use http_kit::code;

    use super::*;

    fn unavailable(seconds: u64) -> Problem {
        Problem::new(code::UNAVAILABLE, "Repeat after the time in Retry-After").with_retry_after(seconds)
    }

    #[test]
    fn a_fault_of_the_server_names_the_request_and_not_the_cause() {
        for problem in [Problem::internal("the disk is on fire"), unavailable(5).with_cause("the disk is on fire")] {
            let page = Page::of_problem(&problem, "01J<7>");
            assert_eq!(page.status, problem.status());
            let text = page.into_text();
            assert!(text.contains("<code>01J&lt;7&gt;</code>") && !text.contains("fire"), "{text}");
            assert!(!text.contains(problem.detail()), "{text}");
        }
    }

    #[test]
    fn a_refusal_has_a_sentence_of_its_own_and_says_when_to_try_again() {
        let refused = Problem::new(code::RATE_LIMITED, "Too many requests with wrong keys came from this address");
        let page = Page::of_problem(&refused.with_retry_after(40), "01J");
        assert_eq!(page.retry_after, Some(HeaderValue::from(40)));
        let text = page.into_text();
        assert!(text.contains("<p>Try again in 40 seconds.</p>") && !text.contains("key"), "{text}");
        assert!(!text.contains("01J"), "{text}");
    }

    #[test]
    fn a_time_is_told_in_a_unit_that_a_person_reads() {
        let said = |seconds| again(unavailable(seconds).retry_after());
        assert_eq!(again(None), "Try again later.");
        assert_eq!(said(1), "Try again in a second.");
        assert_eq!(said(99), "Try again in 99 seconds.");
        assert_eq!(said(121), "Try again in 3 minutes.");
    }
}

//! The outermost layer, the only one that every request passes: it gives the request its identifier, keeps the deadline, catches panics,
//! writes problems out, sets the headers that every answer has, and logs and counts the answer.
//!
//! It is one layer and not seven, because each layer of a router costs every request two allocations and a virtual call.

use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse, Response};
use domain::{Clock, Random};
use futures_util::FutureExt;
use http::header::{ACCEPT_ENCODING, ALLOW, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Method};
use tower::{Layer, Service};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::compress::compress;
use crate::measure::{CALLER_LEFT, Measures};
use crate::request_id::{self, RequestId, RequestIds};
use crate::request_info::RequestInfo;
use crate::trace_context::TraceId;
use crate::{HttpSettings, Problem, code, reference_id, stopwatch};

const X_REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);

/// After how many seconds a request that took too long may be repeated.
const TIMED_OUT_SECONDS: u64 = 2;

/// The layer. [`crate::layers::assemble`] puts it around a router.
#[derive(Clone)]
pub struct ObserveLayer(Arc<Observer>);

struct Observer {
    ids: RequestIds,
    measures: Measures,
    deadline: Duration,
    compression: bool,
}

impl ObserveLayer {
    /// A layer with a seed of its own. Install the recorder of metrics first: the handles are taken from it now.
    pub fn new(clock: Arc<dyn Clock>, random: &dyn Random, settings: &HttpSettings) -> Self {
        Self(Arc::new(Observer {
            ids: RequestIds::new(clock, random),
            measures: Measures::new(),
            deadline: settings.deadline,
            compression: settings.compression,
        }))
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Observe<S> {
        Observe { inner, observer: Arc::clone(&self.0) }
    }
}

/// The service that [`ObserveLayer`] makes.
#[derive(Clone)]
pub struct Observe<S> {
    inner: S,
    observer: Arc<Observer>,
}

impl<S> Service<Request> for Observe<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let exchange = Exchange::begin(&self.observer, &mut request);
        let accept = request.headers().get(ACCEPT_ENCODING).filter(|_| self.observer.compression).cloned();
        let span = exchange.span();
        let answer = self.inner.call(request);
        let work = async move {
            let response = match within(exchange.observer.deadline, answer).await {
                Ok(response) => response,
                Err(Cut::Deadline) => timed_out().into_response(),
                Err(Cut::Panic(panic)) => Problem::internal(said(&*panic)).into_response(),
            };
            let mut response = compress(accept, response).await;
            exchange.finish(&mut response);
            Ok(response)
        };
        Box::pin(work.instrument(span))
    }
}

/// Why there is no answer of the handler.
enum Cut {
    Deadline,
    Panic(Box<dyn Any + Send>),
}

/// The answer, unless it panics or takes longer than `deadline`. Most answers are there at once, and need no timer.
async fn within(
    deadline: Duration,
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> Result<Response, Cut> {
    let mut answer = pin!(AssertUnwindSafe(answer).catch_unwind());
    let outcome = match poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => tokio::time::timeout(deadline, answer).await.map_err(|_| Cut::Deadline)?,
    };
    match outcome {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(panic) => Err(Cut::Panic(panic)),
    }
}

pub(crate) fn timed_out() -> Problem {
    Problem::new(
        code::TIMED_OUT,
        "The answer took too long. The work may still be done: repeat with the same Idempotency-Key to learn how it ended",
    )
    .with_retry_after(TIMED_OUT_SECONDS)
    .with_cause("the deadline of the request passed")
}

/// What a panic has said.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a text"))
}

/// One request under way. Dropped unfinished, its caller has left.
struct Exchange {
    observer: Arc<Observer>,
    info: RequestInfo,
    method: Method,
    route: Option<MatchedPath>,
    trace: Option<TraceId>,
    finished: bool,
}

impl Exchange {
    fn begin(observer: &Arc<Observer>, request: &mut Request) -> Self {
        let id = RequestId::given(request.headers()).unwrap_or_else(|| observer.ids.make());
        let info = RequestInfo::new(id, stopwatch::now());
        observer.measures.underway.increment(1);
        let exchange = Self {
            observer: Arc::clone(observer),
            info: info.clone(),
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            trace: TraceId::given(request.headers()),
            finished: false,
        };
        request.extensions_mut().insert(info);
        exchange
    }

    fn route(&self) -> Option<&str> {
        self.route.as_ref().map(MatchedPath::as_str)
    }

    /// The span of the request. Reads are the many, so theirs is made at the level `debug` only.
    fn span(&self) -> Span {
        let (id, trace) = (self.info.id(), self.trace.map(tracing::field::display));
        if self.method.is_safe() {
            tracing::debug_span!("request", request_id = %id, trace_id = trace, reference_id = Empty, method = %self.method, route = self.route())
        } else {
            tracing::info_span!("request", request_id = %id, trace_id = trace, reference_id = Empty, method = %self.method, route = self.route())
        }
    }

    fn finish(mut self, response: &mut Response) {
        self.finished = true;
        let id = self.info.id();
        let problem = response.extensions_mut().remove::<Problem>();
        let code = problem.as_ref().map(|problem| problem.code().name);
        if let Some(problem) = problem {
            self.log_cause(&problem);
            match self.info.problem_page() {
                Some((page, uri)) => {
                    let allowed = response.headers_mut().remove(ALLOW);
                    *response = page(&problem, id.as_str(), uri);
                    // The router's, of a method that the address does not take.
                    response.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
                }
                None => problem.write(id.as_str(), response),
            }
        }
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, id.header());
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(reference) = self.info.reference() {
            headers.insert(reference_id::HEADER, reference.header());
        }
        if let Some(quota) = self.info.caller().and_then(|caller| caller.quota) {
            quota.write(headers);
        }
        self.tell(response.status().as_u16(), code);
    }

    fn log_cause(&self, problem: &Problem) {
        let Some(cause) = problem.cause() else { return };
        let (request_id, route, code) = (self.info.id(), self.route(), problem.code().name);
        if problem.code() == code::INTERNAL_ERROR {
            tracing::error!(%request_id, route, code, cause, "request failed");
        } else if problem.status().is_server_error() {
            tracing::warn!(%request_id, route, code, cause, "request could not be served");
        } else {
            tracing::debug!(%request_id, route, code, cause, "request refused");
        }
    }

    /// Logs and counts the end of the request. Never the query, which may hold what is private, and never a key's value.
    fn tell(&self, status: u16, code: Option<&'static str>) {
        let took = self.info.started().elapsed();
        self.observer.measures.count(self.route(), &self.method, status, took);
        macro_rules! access {
            ($level:ident) => {
                tracing::$level!(
                    target: "access",
                    // The event says all that the span does.
                    parent: None,
                    method = %self.method,
                    route = self.route().unwrap_or(crate::measure::UNMATCHED),
                    status,
                    code,
                    duration_us = stopwatch::micros(took),
                    request_id = %self.info.id(),
                    key_id = self.info.caller().and_then(|caller| caller.key).map(tracing::field::display),
                    token_id = self.info.caller().and_then(|caller| caller.token).map(tracing::field::display),
                    reference_id = self.info.reference().map(tracing::field::display),
                    trace_id = self.trace.map(tracing::field::display),
                    "answered"
                )
            };
        }
        if status >= 400 || !self.method.is_safe() {
            access!(info);
        } else {
            access!(debug);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.observer.measures.underway.decrement(1);
        if !self.finished {
            self.tell(CALLER_LEFT, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::routing::{get, post};
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;
    use crate::request_id::tests::Fixed;
    use crate::{layers, problem_page};

    async fn slow() {
        std::future::pending::<()>().await;
    }

    async fn panics() -> Result<(), Problem> {
        panic!("with a secret")
    }

    fn app(settings: &HttpSettings) -> Router {
        let routes = Router::new()
            .route("/fine", get(|| async { "fine" }))
            .route("/large", get(|| async { "x".repeat(5000) }))
            .route("/panics", post(panics))
            .route("/slow", post(slow))
            .route("/broken", get(|| async { Err::<(), _>(Problem::internal("disk full")) }))
            .merge(problem_page::shown_by(
                |problem, request_id, _| {
                    (problem.status(), format!("<p>{} {request_id}", problem.code().name)).into_response()
                },
                Router::new().route("/page/panics", post(panics)).route("/page/slow", post(slow)),
            ));
        let layer = ObserveLayer::new(Arc::new(Fixed), &Fixed, settings);
        layers::around(routes, layer, settings)
    }

    struct Answer {
        status: u16,
        headers: http::HeaderMap,
        body: String,
    }

    impl Answer {
        fn header(&self, name: &str) -> Option<&str> {
            self.headers.get(name).map(|value| value.to_str().unwrap())
        }

        fn json(&self) -> serde_json::Value {
            serde_json::from_str(&self.body).unwrap()
        }
    }

    async fn send(settings: &HttpSettings, request: http::request::Builder) -> Answer {
        let response = app(settings).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    #[tokio::test]
    async fn an_answer_has_its_headers() {
        let answer = send(&HttpSettings::default(), Request::get("/fine").header("x-request-id", "mine")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
        assert_eq!(answer.header("x-request-id"), Some("mine"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("ratelimit-limit"), None);
        let answer = send(&HttpSettings::default(), Request::get("/fine").header("x-request-id", "not fit")).await;
        assert_eq!(answer.header("x-request-id").unwrap().len(), 26);
    }

    #[tokio::test]
    async fn what_no_route_takes_is_a_problem() {
        let answer =
            send(&HttpSettings::default(), Request::get("/nowhere?secret=1").header("x-request-id", "mine")).await;
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/problem+json")));
        assert_eq!(answer.json()["code"], "not_found");
        assert_eq!(answer.json()["requestId"], "mine");
        let answer = send(&HttpSettings::default(), Request::delete("/fine")).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
        assert_eq!(answer.json()["code"], "method_not_allowed");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_that_tells_nothing() {
        let answer = send(&HttpSettings::default(), Request::post("/panics")).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("internal_error")));
        assert!(!answer.body.contains("secret"));
        let answer = send(&HttpSettings::default(), Request::get("/broken")).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR.as_u16());
        assert!(!answer.body.contains("disk"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_cut() {
        let answer = send(&HttpSettings::default(), Request::post("/slow")).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("timed_out")));
        assert!(answer.header("retry-after").is_some());
    }

    #[tokio::test]
    async fn a_large_answer_is_compressed_unless_that_is_off() {
        let request = || Request::get("/large").header("accept-encoding", "gzip");
        assert_eq!(send(&HttpSettings::default(), request()).await.header("content-encoding"), Some("gzip"));
        let off = HttpSettings { compression: false, ..HttpSettings::default() };
        assert_eq!(send(&off, request()).await.header("content-encoding"), None);
    }

    #[tokio::test]
    async fn other_origins_are_let_in_by_name_only() {
        let preflight = || {
            Request::options("/fine")
                .header("origin", "https://partner.example")
                .header("access-control-request-method", "GET")
        };
        let answer = send(&HttpSettings::default(), preflight()).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (405, None));
        let open = HttpSettings {
            cors_origins: vec![HeaderValue::from_static("https://partner.example")],
            ..HttpSettings::default()
        };
        let answer = send(&open, preflight()).await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (200, Some("https://partner.example"))
        );
        assert!(answer.header("x-request-id").is_some());
        let stranger = send(&open, Request::get("/nowhere").header("origin", "https://stranger.example")).await;
        assert_eq!((stranger.status, stranger.header("access-control-allow-origin")), (404, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_front_of_pages_shows_also_what_it_learns_nothing_of() {
        for (path, status, code) in [("/page/panics", 500, "internal_error"), ("/page/slow", 503, "timed_out")] {
            let answer = send(&HttpSettings::default(), Request::post(path).header("x-request-id", "mine")).await;
            assert_eq!((answer.status, answer.body), (status, format!("<p>{code} mine")), "{path}");
        }
    }

    #[tokio::test]
    async fn a_caller_who_leaves_is_counted_out() {
        let settings = HttpSettings::default();
        let layer = ObserveLayer::new(Arc::new(Fixed), &Fixed, &settings);
        let observer = Arc::clone(&layer.0);
        let app = layers::around(Router::new().route("/slow", post(slow)), layer, &settings);
        let request = Request::post("/slow").body(Body::empty()).unwrap();
        assert!(app.oneshot(request).now_or_never().is_none());
        assert_eq!(observer.measures.counted(), [("/slow".to_owned(), "POST", CALLER_LEFT)]);
    }
}

//! The metrics of requests. Labels are bounded: routes as they are declared, known methods, statuses.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use http::Method;
use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

const REQUESTS: &str = "http_requests_total";
const DURATION: &str = "http_request_duration_seconds";
const UNDERWAY: &str = "http_requests_in_flight";

/// The route label of requests that match no route.
pub(crate) const UNMATCHED: &str = "unmatched";

/// The status that is counted when the caller leaves before the answer.
pub(crate) const CALLER_LEFT: u16 = 499;

/// The handles of the metrics, kept so that a request looks none of them up by its labels.
pub(crate) struct Measures {
    pub(crate) underway: Gauge,
    routes: RwLock<HashMap<String, Vec<Series>>>,
}

struct Series {
    method: &'static str,
    status: u16,
    requests: Counter,
    duration: Histogram,
}

impl Measures {
    /// The handles of the recorder that is installed now.
    pub(crate) fn new() -> Self {
        describe_counter!(REQUESTS, "Requests answered, by route, method and status");
        describe_histogram!(
            DURATION,
            metrics::Unit::Seconds,
            "Time from the head of a request to its answer, by route and method"
        );
        describe_gauge!(UNDERWAY, "Requests under way");
        Self { underway: gauge!(UNDERWAY), routes: RwLock::default() }
    }

    /// Counts one answer.
    pub(crate) fn count(&self, route: Option<&str>, method: &Method, status: u16, took: Duration) {
        let route = route.unwrap_or(UNMATCHED);
        let method = label(method);
        let is_it = |series: &&Series| series.method == method && series.status == status;
        {
            let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(series) = routes.get(route).and_then(|series| series.iter().find(is_it)) {
                series.requests.increment(1);
                series.duration.record(took);
                return;
            }
        }
        let new = Series::new(route, method, status);
        new.requests.increment(1);
        new.duration.record(took);
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let series = routes.entry(route.to_owned()).or_default();
        if !series.iter().any(|series| is_it(&series)) {
            series.push(new);
        }
    }
}

#[cfg(test)]
impl Measures {
    /// What was counted: route, method and status.
    pub(crate) fn counted(&self) -> Vec<(String, &'static str, u16)> {
        let routes = self.routes.read().unwrap();
        let of = |(route, series): (&String, &Vec<Series>)| {
            series.iter().map(|series| (route.clone(), series.method, series.status)).collect::<Vec<_>>()
        };
        let mut counted: Vec<_> = routes.iter().flat_map(of).collect();
        counted.sort();
        counted
    }
}

impl Series {
    fn new(route: &str, method: &'static str, status: u16) -> Self {
        Self {
            method,
            status,
            requests: counter!(REQUESTS, "route" => route.to_owned(), "method" => method, "status" => status.to_string()),
            duration: histogram!(DURATION, "route" => route.to_owned(), "method" => method),
        }
    }
}

/// Anyone can make up a method, so only the known ones are labels.
fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_made_once_and_its_labels_are_bounded() {
        let measures = Measures::new();
        for method in ["GET", "GET", "FROB", "GRUB"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            measures.count(Some("/a/{id}"), &method, 200, Duration::ZERO);
            measures.count(None, &method, 404, Duration::ZERO);
        }
        let expected = [
            ("/a/{id}", "GET", 200),
            ("/a/{id}", "other", 200),
            ("unmatched", "GET", 404),
            ("unmatched", "other", 404),
        ];
        assert_eq!(measures.counted(), expected.map(|(route, method, status)| (route.to_owned(), method, status)));
    }
}

//! Lists as tables (CSV, RFC 4180), for callers that ask for `text/csv`.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::OptionalFromRequestParts;
use axum::response::{IntoResponse, Response};
use csv::{Terminator, WriterBuilder};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LINK};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use serde::Serialize;

use crate::Problem;

/// The media type of a table, for the API document.
pub const MEDIA_TYPE: &str = "text/csv";

/// A request that wants its list as a table: its `Accept` names `text/csv`, and not `application/json` as well with the same or a greater
/// weight (RFC 9110 section 12.5.1). Whoever asks for neither gets JSON.
#[derive(Debug)]
pub struct WantsCsv {
    /// The query as it was sent, without the cursor.
    query: String,
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for WantsCsv {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        if !prefers_csv(&parts.headers) {
            return Ok(None);
        }
        let query = parts.uri.query().unwrap_or_default().split('&');
        let kept = query.filter(|pair| !pair.is_empty() && *pair != "cursor" && !pair.starts_with("cursor="));
        Ok(Some(Self { query: kept.collect::<Vec<_>>().join("&") }))
    }
}

/// The weight of `text/csv` and of `application/json`, in thousandths, where they are named.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let (mut table, mut json) = (None, None);
    let values = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let named = match parts.next() {
            Some(name) if name.eq_ignore_ascii_case(MEDIA_TYPE) => &mut table,
            Some(name) if name.eq_ignore_ascii_case("application/json") => &mut json,
            _ => continue,
        };
        let weight = parts.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
        });
        *named = Some(weight.unwrap_or(1000));
    }
    table.unwrap_or(0) > json.unwrap_or(0)
}

/// A weight: `1`, `0.8`, `0.125`; 0 for what is none.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let is_weight = matches!(whole, "0" | "1") && fraction.len() <= 3 && fraction.bytes().all(|c| c.is_ascii_digit());
    let read = is_weight.then(|| format!("{whole}{fraction:0<3}").parse().ok()).flatten();
    read.filter(|weight| *weight <= 1000).unwrap_or(0)
}

impl WantsCsv {
    /// 200 with a table of `records` under `names`, one for each member, that must not be stored on the way. The next page is told by a link
    /// (RFC 8288), since a table has no place for a cursor.
    #[must_use]
    pub fn answer<T: Serialize>(
        &self,
        names: &[&str],
        records: impl IntoIterator<Item = T>,
        next_cursor: Option<&str>,
    ) -> Response {
        let bytes = match table(names, records) {
            Ok(bytes) => bytes,
            Err(error) => return Problem::internal(error).into_response(),
        };
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(cursor) = next_cursor {
            let and = if self.query.is_empty() { "" } else { "&" };
            // A cursor has no character that needs an escape.
            match HeaderValue::try_from(format!("<?{}{and}cursor={cursor}>; rel=\"next\"", self.query)) {
                Ok(link) => drop(headers.insert(LINK, link)),
                Err(error) => return Problem::internal(error).into_response(),
            }
        }
        response
    }
}

fn table<T: Serialize>(names: &[&str], records: impl IntoIterator<Item = T>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).has_headers(false).from_writer(Vec::new());
    // Of their own, so that a table without records has them too.
    writer.write_record(names)?;
    for record in records {
        writer.serialize(record)?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http_body_util::BodyExt as _;

    use super::*;

    fn prefers(accept: &[&'static str]) -> bool {
        let headers = accept.iter().map(|value| (ACCEPT, HeaderValue::from_static(value)));
        prefers_csv(&headers.collect())
    }

    #[test]
    fn a_table_is_for_those_who_ask_for_it() {
        for yes in [
            "text/csv",
            "Text/CSV; charset=utf-8",
            "text/csv, */*",
            "application/json;q=0.9, text/csv",
            "text/csv;q=0.125,application/json;q=0.1",
        ] {
            assert!(prefers(&[yes]), "{yes}");
        }
        assert!(prefers(&["application/json;q=0.5", "text/csv;q=0.8"]));
        for no in [
            "",
            "*/*",
            "text/*",
            "application/json",
            "text/csv;q=0",
            "text/csv, application/json",
            "text/csv;q=0.5, application/json",
            "text/csv;q=7",
            "text/csv;q=-1",
        ] {
            assert!(!prefers(&[no]), "{no}");
        }
    }

    #[derive(Serialize)]
    struct Row {
        number: i64,
        words: Option<&'static str>,
    }

    async fn wanted(uri: &str) -> WantsCsv {
        let (mut parts, ()) = Request::get(uri).header(ACCEPT, MEDIA_TYPE).body(()).unwrap().into_parts();
        WantsCsv::from_request_parts(&mut parts, &()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn what_has_commas_quotes_or_lines_is_quoted() {
        let rows = [
            Row { number: 7, words: Some("a, \"b\"\nc") },
            Row { number: -1, words: None },
            Row { number: 0, words: Some("ä") },
        ];
        let answer = wanted("/list").await.answer(&["number", "words"], rows, None);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/csv; charset=utf-8; header=present");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(answer.headers().get(LINK), None);
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "number,words\r\n7,\"a, \"\"b\"\"\nc\"\r\n-1,\r\n0,ä\r\n");
        let empty = wanted("/list").await.answer(&["number"], Vec::<Row>::new(), None);
        assert_eq!(empty.into_body().collect().await.unwrap().to_bytes(), "number\r\n");
    }

    #[tokio::test]
    async fn the_next_page_is_a_link_with_the_same_query() {
        for (uri, link) in [
            ("/list", "<?cursor=c2>; rel=\"next\""),
            ("/list?limit=2&cursor=c1&x=%20", "<?limit=2&x=%20&cursor=c2>; rel=\"next\""),
        ] {
            let answer = wanted(uri).await.answer(&["number"], Vec::<Row>::new(), Some("c2"));
            assert_eq!(answer.headers()[LINK], link);
        }
    }
}

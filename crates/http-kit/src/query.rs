//! The query of an address: read whole, so that all faults of it come in one answer.

use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Faults;
use http::request::Parts;

use crate::Problem;

/// The least and the most records of a page.
pub const PAGE: RangeInclusive<i64> = 1..=500;
/// How many records a page has when the caller does not say.
pub const USUAL_PAGE: i64 = 100;

/// The parameters of a query. Those that nobody takes are passed over.
#[derive(Debug)]
pub struct Query {
    parameters: Vec<(String, String)>,
    faults: Faults,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let mut faults = Faults::new();
        let parameters = read.map(|query| query.0).unwrap_or_else(|_| {
            faults.add("query", "query_format", "The query is not UTF-8 in percent-encoding");
            Vec::new()
        });
        Ok(Self { parameters, faults })
    }
}

impl Query {
    /// The value of a parameter; an empty one is none.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.parameters.iter().filter(|(given, _)| given == name);
        let first = values.next();
        if values.next().is_some() {
            self.faults.add(name, "duplicate_member", "This parameter is given twice: send it once");
        }
        first.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }

    /// The whole number of a parameter.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(name)?;
        match text.parse::<i64>() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let (least, most) = (range.start(), range.end());
                self.faults.add(name, "out_of_range", format!("This must be a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// How many records the page shall have: `limit`.
    pub fn limit(&mut self) -> u32 {
        let limit = self.number("limit", PAGE).unwrap_or(USUAL_PAGE);
        u32::try_from(limit).unwrap_or(100)
    }

    /// What an earlier answer gave as `nextCursor`, read by `read`.
    pub fn cursor<T>(&mut self, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
        let text = self.text("cursor")?;
        let cursor = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| read(&bytes));
        if cursor.is_none() {
            self.faults.add("cursor", "cursor_format", "Send `nextCursor` of the page before as it is, or no cursor");
        }
        cursor
    }

    /// Notes a fault of a parameter.
    pub fn fault(&mut self, name: &'static str, code: &'static str, message: &'static str) {
        self.faults.add(name, code, message);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 400 with every fault.
    pub fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::validation(self.faults.into_vec())) }
    }
}

/// The text of a cursor that [`Query::cursor`] reads again.
#[must_use]
pub fn cursor(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    async fn query(text: &str) -> Query {
        let request = Request::get(format!("/?{text}")).body(()).unwrap();
        Query::from_request_parts(&mut request.into_parts().0, &()).await.unwrap()
    }

    #[tokio::test]
    async fn parameters_are_read_and_every_fault_is_told() {
        let mut good = query("limit=7&name=a%20b&empty=&other=1").await;
        assert_eq!((good.limit(), good.text("name"), good.text("empty")), (7, Some("a b".to_owned()), None));
        assert!(good.finish().is_ok());
        let mut bad = query("limit=501&cursor=%21&name=a&name=b&wait=x").await;
        assert_eq!((bad.limit(), bad.cursor(|bytes| Some(bytes.to_vec()))), (100, None));
        bad.text("name");
        assert_eq!(bad.number("wait", 0..=30), None);
        let body = serde_json::to_value(bad.finish().unwrap_err().body("id")).unwrap();
        let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].clone()).collect();
        assert_eq!(fields, ["limit", "cursor", "name", "wait"]);
    }

    #[tokio::test]
    async fn a_cursor_comes_back_as_it_went() {
        let mut query = query(&format!("cursor={}", cursor(b"\x00\xff?"))).await;
        assert_eq!(query.cursor(|bytes| Some(bytes.to_vec())), Some(b"\x00\xff?".to_vec()));
        assert!(query.finish().is_ok());
        assert_eq!(USUAL_PAGE, 100);
    }
}

//! The query of an address: read whole, so that all faults of it come in one answer.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use domain::{Fault, Faults};
use http::request::Parts;
use service::cursor::BadCursor;

use crate::Problem;
use crate::json_reader::DUPLICATE_MEMBER;

/// The least and the most entries of a page.
pub const PAGE: RangeInclusive<i64> = 1..=500;
/// How many entries a page has when the caller does not say.
pub const USUAL_PAGE: u32 = 100;

/// The code of a parameter that can't be decoded.
pub const QUERY_FORMAT: &str = "query_format";

/// The parameters of a query. Those that nobody takes are passed over, and so is what is wrong with them.
#[derive(Debug)]
pub struct Query {
    /// Names and values; `None` for a value that can't be decoded.
    parameters: Vec<(String, Option<String>)>,
    faults: Faults,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let read = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)))
        });
        Ok(Self { parameters: read.collect(), faults: Faults::new() })
    }
}

/// The text that is written in percent-encoding, with `+` for a space (application/x-www-form-urlencoded). `None` when an escape is
/// broken or the text is not UTF-8: read loosely, it would be another text than was meant.
pub(crate) fn decoded(written: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(written.len());
    let mut rest = written.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(octets).ok()
}

impl Query {
    /// The value of a parameter; an empty one is none.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.parameters.iter().filter(|(given, _)| given == name);
        let (_, first) = values.next()?;
        if values.next().is_some() {
            self.faults.add(name, DUPLICATE_MEMBER, "This parameter is given twice: send it once");
        }
        if first.is_none() {
            self.faults.add(name, QUERY_FORMAT, "This is no UTF-8 in percent-encoding: encode the value, % as %25");
        }
        first.clone().filter(|value| !value.is_empty())
    }

    /// The whole number of a parameter: digits, perhaps after a minus.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(name)?;
        let number = text.parse().ok().filter(|number| !text.starts_with('+') && range.contains(number));
        if number.is_none() {
            self.faults.extend([out_of_range(name, &range)]);
        }
        number
    }

    /// How many entries the page shall have: `limit`.
    pub fn limit(&mut self) -> u32 {
        let limit = self.number("limit", PAGE).and_then(|limit| u32::try_from(limit).ok());
        limit.unwrap_or(USUAL_PAGE)
    }

    /// What an earlier answer gave as `nextCursor`, read by `read`, which gives `None` for a text that is no cursor of the list.
    pub fn cursor<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let text = self.text("cursor")?;
        let cursor = read(&text);
        if cursor.is_none() {
            self.faults.extend([BadCursor.into()]);
        }
        cursor
    }

    /// Ends the reading with every fault, for a handler that has further ones to tell.
    #[must_use]
    pub fn into_faults(self) -> Faults {
        self.faults
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 400 with every fault.
    pub fn finish(self) -> Result<(), Problem> {
        self.finish_with(Faults::new())
    }

    /// Ends the reading, with what else is wrong.
    ///
    /// # Errors
    /// 400 with every fault, those of the query first.
    pub fn finish_with(self, further: Faults) -> Result<(), Problem> {
        let mut faults = self.faults;
        faults.extend(further.into_vec());
        if faults.is_empty() { Ok(()) } else { Err(Problem::validation(faults.into_vec())) }
    }
}

/// The fault of a number that is outside of `range`, or none.
#[must_use]
pub fn out_of_range(name: &'static str, range: &RangeInclusive<i64>) -> Fault {
    let (least, most) = (range.start(), range.end());
    Fault {
        field: name.into(),
        code: "out_of_range".into(),
        message: format!("This must be a whole number from {least} to {most}").into(),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;
    use proptest::prelude::*;

    use super::*;

    async fn query(text: &str) -> Query {
        let request = Request::get(format!("/?{text}")).body(()).unwrap();
        let Ok(query) = Query::from_request_parts(&mut request.into_parts().0, &()).await;
        query
    }

    fn told(faults: Faults) -> Vec<(String, String)> {
        let faults = faults.into_vec().into_iter();
        faults.map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    fn pairs<const N: usize>(faults: [(&str, &str); N]) -> [(String, String); N] {
        faults.map(|(field, code)| (field.to_owned(), code.to_owned()))
    }

    #[tokio::test]
    async fn parameters_are_read_and_every_fault_is_told() {
        let mut good = query("limit=7&name=a%20b+c%C3%A4&empty=&other=1&none&&=").await;
        assert_eq!((good.limit(), good.text("name"), good.text("empty")), (7, Some("a b cä".to_owned()), None));
        assert_eq!((good.text("none"), good.cursor(|_| Some(()))), (None, None));
        assert!(good.finish().is_ok());
        let mut bad = query("limit=501&cursor=%21&name=a&name=b&wait=x").await;
        assert_eq!((bad.limit(), bad.cursor(|_| None::<()>)), (100, None));
        bad.text("name");
        assert_eq!(bad.number("wait", 0..=30), None);
        let expected = pairs([
            ("limit", "out_of_range"),
            ("cursor", "cursor_invalid"),
            ("name", "duplicate_member"),
            ("wait", "out_of_range"),
        ]);
        assert_eq!(told(bad.into_faults()), expected);
    }

    #[tokio::test]
    async fn a_number_has_one_form() {
        for limit in ["0", "-1", "+1", "%2B1", "1e2", "501", "99999999999999999999", "%20", "1.0"] {
            let mut query = query(&format!("limit={limit}")).await;
            assert_eq!(query.limit(), USUAL_PAGE, "{limit}");
            assert_eq!(told(query.into_faults()), pairs([("limit", "out_of_range")]), "{limit}");
        }
    }

    #[tokio::test]
    async fn what_can_not_be_decoded_is_told_where_it_is_taken() {
        for wrong in ["%FF", "%C3", "%", "%2", "%zz", "a%-1"] {
            let mut query = query(&format!("search={wrong}&other={wrong}&{wrong}=1")).await;
            assert_eq!(query.text("search"), None, "{wrong}");
            assert_eq!(told(query.into_faults()), pairs([("search", "query_format")]), "{wrong}");
        }
    }

    #[tokio::test]
    async fn faults_of_the_query_and_others_come_together() {
        let mut query = query("wait=99").await;
        query.number("wait", 0..=30);
        let mut further = Faults::new();
        further.add("text", "required", "It is needed");
        let problem = query.finish_with(further).unwrap_err();
        let fields: Vec<_> = problem.faults().iter().map(|fault| &*fault.field).collect();
        assert_eq!(fields, ["wait", "text"]);
    }

    proptest! {
        #[test]
        fn every_text_comes_as_it_was_written(text in any::<String>()) {
            let written: String = text.bytes().map(|octet| format!("%{octet:02x}")).collect();
            prop_assert_eq!(decoded(&written), Some(text));
        }
    }
}

//! A body of `application/x-www-form-urlencoded`, read whole and strictly: nothing twice, nothing loosely decoded.

use axum::body::Body;
use domain::Secret;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::json_body::{BodyLimit, collect};
use crate::query::decoded;
use crate::{Problem, code};

/// The most bytes of a form.
pub const FORM_LIMIT: usize = 16 * 1024;

/// The most parameters of a form. Each name is compared with all before it, and whoever sends them is unknown still.
pub const MOST_PARAMETERS: usize = 64;

/// The parameters of a form. They may be secrets.
#[derive(Debug)]
pub struct FormBody {
    parameters: Vec<(String, Secret<String>)>,
}

/// Why a body is no form.
#[derive(Debug)]
pub enum FormFault {
    /// It is announced as JSON.
    Json,
    /// It is announced as something else, or as nothing, or is encoded.
    NoForm,
    /// It has more than [`FORM_LIMIT`] bytes.
    TooLarge,
    /// It has more than [`MOST_PARAMETERS`].
    TooMany,
    /// It broke off.
    Incomplete,
    /// Something in it is no UTF-8 in percent-encoding.
    Encoding,
    /// A parameter is there twice. Its name, cut where it is long.
    Twice(String),
}

impl FormBody {
    /// Reads the body of a request with these headers.
    ///
    /// # Errors
    /// [`FormFault`].
    pub async fn read(headers: &HeaderMap, body: Body) -> Result<Self, FormFault> {
        check_media_type(headers)?;
        let bytes = collect(body, BodyLimit(FORM_LIMIT)).await.map_err(|problem: Problem| {
            if problem.code() == code::BODY_TOO_LARGE { FormFault::TooLarge } else { FormFault::Incomplete }
        })?;
        let text = str::from_utf8(&bytes).map_err(|_| FormFault::Encoding)?;
        let pairs = || text.split('&').filter(|pair| !pair.is_empty());
        if pairs().nth(MOST_PARAMETERS).is_some() {
            return Err(FormFault::TooMany);
        }
        let mut parameters: Vec<(String, Secret<String>)> = Vec::new();
        for pair in pairs() {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name).ok_or(FormFault::Encoding)?;
            let value = Secret::new(decoded(value).ok_or(FormFault::Encoding)?);
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(FormFault::Twice(name.chars().filter(|c| !c.is_control()).take(40).collect()));
            }
            parameters.push((name, value));
        }
        Ok(Self { parameters })
    }

    /// The value of a parameter. One without a value is as if it were not there (RFC 6749 section 3.2).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.expose().as_str()).filter(|value| !value.is_empty())
    }
}

fn check_media_type(headers: &HeaderMap) -> Result<(), FormFault> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let media_type = values.next().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.ends_with("/json") || essence.ends_with("+json") {
        return Err(FormFault::Json);
    }
    let plain = headers.get_all(CONTENT_ENCODING).iter().all(|encoding| encoding == "identity");
    if essence != "application/x-www-form-urlencoded" || values.next().is_some() || !plain {
        return Err(FormFault::NoForm);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    async fn read(media_type: &'static str, body: &str) -> Result<FormBody, FormFault> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(media_type))]);
        FormBody::read(&headers, Body::from(body.to_owned())).await
    }

    const FORM: &str = "application/x-www-form-urlencoded";

    #[tokio::test]
    async fn reads_what_was_meant() {
        let form = read("application/x-www-form-urlencoded; charset=UTF-8", "a=b+c%26d&e=&f&g==h").await.unwrap();
        assert_eq!((form.get("a"), form.get("g")), (Some("b c&d"), Some("=h")));
        assert_eq!((form.get("e"), form.get("f"), form.get("z")), (None, None, None));
        assert!(read(FORM, "").await.unwrap().get("a").is_none());
        assert!(!format!("{form:?}").contains("b c"), "values may be secrets");
    }

    #[tokio::test]
    async fn refuses_the_rest() {
        assert!(matches!(read("application/json", "{}").await, Err(FormFault::Json)));
        for other in ["", "text/plain", "multipart/form-data; boundary=x"] {
            assert!(matches!(read(other, "a=b").await, Err(FormFault::NoForm)), "{other}");
        }
        for broken in ["a=%zz", "a=%c3", "a=%", "%ff=a"] {
            assert!(matches!(read(FORM, broken).await, Err(FormFault::Encoding)), "{broken}");
        }
        assert!(matches!(read(FORM, "a=1&b=2&%61=1").await, Err(FormFault::Twice(name)) if name == "a"));
        assert!(matches!(read(FORM, &"a".repeat(FORM_LIMIT + 1)).await, Err(FormFault::TooLarge)));
    }

    #[tokio::test]
    async fn the_number_of_parameters_is_bounded() {
        let of = |count: usize| (0..count).map(|number| format!("{number:x}&")).collect::<String>();
        assert!(read(FORM, &of(MOST_PARAMETERS)).await.is_ok());
        // The last two are alike: it is refused before any are compared.
        let many = format!("{}a=1&a=2", of(MOST_PARAMETERS));
        assert!(matches!(read(FORM, &many).await, Err(FormFault::TooMany)));
        let most = of(3_000);
        assert!(most.len() <= FORM_LIMIT && matches!(read(FORM, &most).await, Err(FormFault::TooMany)));
    }
}

//! The extractor of a JSON body.

use axum::body::{Body, HttpBody};
use axum::extract::{FromRef, FromRequest, Request};
use bytes::{Bytes, BytesMut};
use domain::{Fault, Faults};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use http_body_util::BodyExt;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny};
use sha2::{Digest, Sha256};

use crate::json_reader::{self, DEEPEST, MOST_VALUES, ReadError};
use crate::wire::NUMBER_TOO_LARGE;
use crate::{Problem, code, numbering_plans};

/// The most bytes of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit(pub usize);

/// How many bytes of a body that is too large are read and dropped, so that a caller who is still sending gets the answer and not a
/// broken connection.
const DRAINED: u64 = 32 * 1024 * 1024;

/// A body that is one JSON object, read as `T`.
///
/// `T` should be made of [`crate::Text`] and [`crate::Section`], which never fail to be read, so that every fault of the body comes
/// in one answer.
#[derive(Debug)]
pub struct JsonBody<T> {
    /// The body.
    pub value: T,
    /// Members given twice, 100 at most. The handler adds its own faults to these.
    pub faults: Faults,
    /// The paths of members that `T` does not know, in order; 100 at most, each cut at 200 characters.
    pub unknown: Vec<String>,
    /// SHA-256 of the method, the path and the bytes of the body: tells whether a repeat is one.
    pub fingerprint: [u8; 32],
}

/// A body that is one JSON list, read as a `Vec` of `T`. For the rest as [`JsonBody`].
#[derive(Debug)]
pub struct JsonList<T>(pub JsonBody<Vec<T>>);

/// A body that is one JSON object, read as `T`, or none or null, which is `T`'s default. For the rest as [`JsonBody`].
#[derive(Debug)]
pub struct OptionalJsonBody<T>(pub JsonBody<T>);

/// A request whose body says nothing: what is sent as one is read and passed over.
#[derive(Debug)]
pub struct NoBody {
    /// SHA-256 of the method, the path and whatever was sent: tells whether a repeat is one.
    pub fingerprint: [u8; 32],
}

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    BodyLimit: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, BodyLimit::from_ref(state), Kind::Object).await
    }
}

impl<S, T> FromRequest<S> for JsonList<T>
where
    S: Send + Sync,
    BodyLimit: FromRef<S>,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        receive(request, BodyLimit::from_ref(state), Kind::List).await.map(Self)
    }
}

impl<S, T> FromRequest<S> for OptionalJsonBody<T>
where
    S: Send + Sync,
    BodyLimit: FromRef<S>,
    T: DeserializeOwned + Default,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(body, BodyLimit::from_ref(state)).await?;
        if is_blank(&bytes) || bytes.trim_ascii() == b"null" {
            let fingerprint = fingerprint(&parts, &bytes);
            let (value, faults, unknown) = (T::default(), Faults::default(), Vec::new());
            return Ok(Self(JsonBody { value, faults, unknown, fingerprint }));
        }
        check_media_type(&parts.headers)?;
        Received { parts, bytes }.read(Kind::Object).map(Self)
    }
}

impl<S> FromRequest<S> for NoBody
where
    S: Send + Sync,
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = collect(body, BodyLimit::from_ref(state)).await?;
        Ok(Self { fingerprint: fingerprint(&parts, &bytes) })
    }
}

/// A body that was received and is still to be read.
pub(crate) struct Received {
    parts: Parts,
    bytes: Bytes,
}

/// Receives a body of at most `limit`, said to be JSON.
pub(crate) async fn receive_bytes(request: Request, limit: BodyLimit) -> Result<Received, Problem> {
    let (parts, body) = request.into_parts();
    check_media_type(&parts.headers)?;
    let bytes = collect(body, limit).await?;
    Ok(Received { parts, bytes })
}

impl Received {
    /// Reads it as JSON of this kind.
    pub(crate) fn read<T: DeserializeOwned>(self, kind: Kind) -> Result<JsonBody<T>, Problem> {
        let mut read = parse(&self.bytes, kind)?;
        read.fingerprint = fingerprint(&self.parts, &self.bytes);
        Ok(read)
    }
}

/// Reads a body of at most `limit` as JSON of this kind.
pub(crate) async fn receive<T: DeserializeOwned>(
    request: Request,
    limit: BodyLimit,
    kind: Kind,
) -> Result<JsonBody<T>, Problem> {
    receive_bytes(request, limit).await?.read(kind)
}

/// What a body must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
}

pub(crate) fn unsupported(detail: &'static str) -> Problem {
    Problem::new(code::UNSUPPORTED_MEDIA_TYPE, detail)
}

pub(crate) fn check_media_type(headers: &HeaderMap) -> Result<(), Problem> {
    if only(headers, &CONTENT_ENCODING)?.is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(unsupported("Send the body as it is, without Content-Encoding"));
    }
    let media_type = only(headers, &CONTENT_TYPE)?.unwrap_or_default();
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = essence == "application/json"
        || essence.strip_prefix("application/").is_some_and(|subtype| subtype.len() > 5 && subtype.ends_with("+json"));
    if !is_json {
        return Err(unsupported("Send the body with Content-Type: application/json"));
    }
    let charsets = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    for (_, charset) in charsets {
        if !charset.trim_matches('"').eq_ignore_ascii_case("utf-8") {
            return Err(unsupported("Send the body in UTF-8; JSON knows no other charset"));
        }
    }
    Ok(())
}

/// The value of a header that may be there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(unsupported("The headers Content-Type and Content-Encoding may be there once each"));
    }
    Ok(first.map(|value| value.to_str().unwrap_or_default()))
}

pub(crate) async fn collect(mut body: Body, limit: BodyLimit) -> Result<Bytes, Problem> {
    let mut room = u64::try_from(limit.0).unwrap_or(u64::MAX);
    let mut bytes = BytesMut::new();
    let too_large = body.size_hint().lower() > room;
    if too_large && body.size_hint().lower() > DRAINED {
        return Err(body_too_large(limit));
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::new(code::BODY_INCOMPLETE, "The body broke off. Send the request again").with_cause(error)
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let size = data.len() as u64;
        if too_large || size > room {
            drain(body, size).await;
            return Err(body_too_large(limit));
        }
        room -= size;
        bytes.extend_from_slice(&data);
    }
    if !bytes.is_empty() {
        numbering_plans::loaded().await;
    }
    Ok(bytes.freeze())
}

async fn drain(mut body: Body, mut drained: u64) {
    while drained < DRAINED
        && let Some(Ok(frame)) = body.frame().await
    {
        drained += frame.data_ref().map_or(0, |data| data.len() as u64);
    }
}

pub(crate) fn body_too_large(limit: BodyLimit) -> Problem {
    Problem::new(code::BODY_TOO_LARGE, format!("The body may have {} bytes at most", limit.0))
}

pub(crate) fn nesting_too_deep() -> Problem {
    Problem::new(code::NESTING_TOO_DEEP, format!("The body may be nested {DEEPEST} levels deep at most"))
}

fn malformed(detail: String) -> Problem {
    Problem::new(code::MALFORMED_JSON, detail)
}

fn is_blank(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_whitespace)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], kind: Kind) -> Result<JsonBody<T>, Problem> {
    if is_blank(bytes) {
        return Err(empty(if kind == Kind::Object { "a JSON object" } else { "a JSON list" }));
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| malformed(format!("The body is not UTF-8: byte {} is wrong", error.valid_up_to() + 1)))?;
    // RFC 8259 section 8.1 lets a reader pass over a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begins = text.trim_start_matches([' ', '\t', '\r', '\n']).as_bytes().first();
    let is_kind = begins == Some(if kind == Kind::Object { &b'{' } else { &b'[' });
    if !is_kind {
        // What is no JSON at all is told first.
        json_reader::read::<IgnoredAny>(text).map_err(unreadable)?;
        return Err(if kind == Kind::Object { not_an_object() } else { not_a_list() });
    }
    let read = json_reader::read(text).map_err(unreadable)?;
    Ok(JsonBody { value: read.value, faults: read.duplicates, unknown: read.unknown, fingerprint: [0; 32] })
}

fn unreadable(error: ReadError) -> Problem {
    match error {
        ReadError::TooDeep => nesting_too_deep(),
        ReadError::TooMany => {
            Problem::new(code::BODY_TOO_LARGE, format!("The body may hold {MOST_VALUES} values at most"))
        }
        ReadError::NumberTooLarge(path) => {
            let message = "The number is too large for any program to read".into();
            Problem::validation(vec![Fault { field: path.into(), code: NUMBER_TOO_LARGE.into(), message }])
        }
        ReadError::Malformed(error) => malformed(format!("The body is not JSON: {error}")),
        ReadError::Refused(error) => malformed(format!("The body cannot be read: {error}")),
    }
}

fn not_an_object() -> Problem {
    Problem::new(code::NOT_AN_OBJECT, "The body must be a JSON object")
}

pub(crate) fn empty(needed: &str) -> Problem {
    Problem::new(code::EMPTY_BODY, format!("The request needs a body: {needed}"))
}

pub(crate) fn not_a_list() -> Problem {
    Problem::new(code::NOT_A_LIST, "The body must be a JSON list")
}

/// Reads JSON from anywhere as `T`, and gives the paths of the members that `T` does not know, as in [`JsonBody::unknown`]. Of a member
/// that is given twice the first one counts.
///
/// # Errors
/// When the source has no JSON, or is nested too deep, or `T` is not made of what reads everything, and something else stands there.
pub fn read<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D) -> Result<(T, Vec<String>), D::Error> {
    json_reader::read_from(source)
}

/// Reads what came from elsewhere than a request as one JSON object: with the faults and the unknown members of [`JsonBody`].
///
/// # Errors
/// When it is none, or `T` does not take it.
pub fn read_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, Faults, Vec<String>), Problem> {
    parse(bytes, Kind::Object).map(|body| (body.value, body.faults, body.unknown))
}

fn fingerprint(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for text in [parts.method.as_str(), parts.uri.path()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.update(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde::Deserialize;

    use super::*;
    use crate::field_path::MOST_NAMED;
    use crate::{Section, Text};

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Outer {
        name: Text,
        inner: Section<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Inner {
        city: Text,
    }

    const LIMIT: BodyLimit = BodyLimit(1024);

    async fn send(media_type: &str, body: impl Into<Body>) -> Result<JsonBody<Outer>, Problem> {
        let request = Request::post("/things").header(CONTENT_TYPE, media_type).body(body.into()).unwrap();
        JsonBody::from_request(request, &LIMIT).await
    }

    async fn refused(media_type: &str, body: impl Into<Body>) -> &'static str {
        send(media_type, body).await.unwrap_err().code().name
    }

    #[tokio::test]
    async fn reads_an_object_and_tells_what_is_odd() {
        let body = r#"{"name":"a","name":"b","inner":{"city":"c","zip":1},"other":[{"x":1}]}"#;
        let read = send("application/json", body).await.unwrap();
        assert_eq!(read.value.name, Text::Given("a".to_owned()));
        assert_eq!(read.faults.as_slice()[0].field, "name");
        assert_eq!(read.faults.as_slice()[0].code, "duplicate_member");
        let mut unknown = read.unknown;
        unknown.sort();
        assert_eq!(unknown, ["inner.zip", "other"]);
    }

    #[test]
    fn however_many_unknown_members_there_are_the_list_stays_small() {
        let members: String = (0..5_000).map(|number| format!(r#","{number}":1"#)).collect();
        let long = "x".repeat(128 * 1024);
        let read = parse::<Outer>(format!(r#"{{"inner":{{"{long}":1{members}}}{members}}}"#).as_bytes(), Kind::Object)
            .unwrap();
        assert_eq!(read.unknown.len(), MOST_NAMED);
        let read = parse::<Outer>(format!(r#"{{"inner":{{"{long}":1}}}}"#).as_bytes(), Kind::Object).unwrap();
        assert_eq!(read.unknown, [format!("inner.{}…", "x".repeat(193))]);
    }

    #[tokio::test]
    async fn a_wrong_type_anywhere_is_read() {
        let read = send("application/json", r#"{"name":[1],"inner":"x"}"#).await.unwrap();
        assert_eq!(read.value, Outer { name: Text::Wrong("a list"), inner: Section::Wrong("a string") });
    }

    #[tokio::test]
    async fn media_types() {
        for right in
            ["application/json", "Application/JSON ; charset=\"UTF-8\"", "application/problem+json;charset=utf-8"]
        {
            assert!(send(right, "{}").await.is_ok(), "{right}");
        }
        for wrong in
            ["", "text/json", "application/+json", "application/xml", "application/json;charset=latin1", "json"]
        {
            assert_eq!(refused(wrong, "{}").await, "unsupported_media_type", "{wrong}");
        }
        let request = Request::post("/").body(Body::from("{}")).unwrap();
        let missing = JsonBody::<Outer>::from_request(request, &LIMIT).await.unwrap_err();
        assert_eq!(missing.code(), code::UNSUPPORTED_MEDIA_TYPE);
        let request = Request::post("/").header(CONTENT_TYPE, "application/json").header(CONTENT_ENCODING, "gzip");
        let encoded =
            JsonBody::<Outer>::from_request(request.body(Body::from("{}")).unwrap(), &LIMIT).await.unwrap_err();
        assert_eq!(encoded.code(), code::UNSUPPORTED_MEDIA_TYPE);
    }

    #[tokio::test]
    async fn what_is_no_object_is_refused_by_its_kind() {
        let json = "application/json";
        assert_eq!(refused(json, "").await, "empty_body");
        assert_eq!(refused(json, " \r\n").await, "empty_body");
        assert_eq!(refused(json, "{").await, "malformed_json");
        assert_eq!(refused(json, &b"{\"name\":\"\xff\"}"[..]).await, "malformed_json");
        assert_eq!(refused(json, "[]").await, "not_an_object");
        assert_eq!(refused(json, "\"text\"").await, "not_an_object");
        assert_eq!(refused(json, format!("{{\"a\":{}", "[".repeat(32))).await, "nesting_too_deep");
        let problem = send(json, "{\n\"name\": }").await.unwrap_err();
        assert!(problem.detail().contains("line 2 column 9"), "{}", problem.detail());
        assert!(send(json, "\u{feff}{}").await.is_ok());
    }

    #[tokio::test]
    async fn a_list_is_read_where_one_must_be() {
        let send = async |body: &'static str| {
            let request = Request::put("/things").header(CONTENT_TYPE, "application/json").body(Body::from(body));
            JsonList::<Section<Inner>>::from_request(request.unwrap(), &LIMIT).await
        };
        let read = send(r#"[{"city":"A","zip":1},7]"#).await.unwrap().0;
        assert_eq!((read.value.len(), read.unknown), (2, vec!["0.zip".to_owned()]));
        assert_eq!(send("{}").await.unwrap_err().code(), code::NOT_A_LIST);
        assert_eq!(send("").await.unwrap_err().detail(), "The request needs a body: a JSON list");
    }

    #[tokio::test]
    async fn a_body_may_be_left_out_where_all_of_it_may() {
        let send = async |media_type: Option<&str>, body: &'static str| {
            let mut request = Request::post("/things");
            if let Some(media_type) = media_type {
                request = request.header(CONTENT_TYPE, media_type);
            }
            OptionalJsonBody::<Inner>::from_request(request.body(Body::from(body)).unwrap(), &LIMIT).await
        };
        let nothing = send(None, "").await.unwrap().0;
        let given = send(Some("application/json"), r#"{"city":"A"}"#).await.unwrap().0;
        assert!(nothing.value == Inner::default() && given.value != Inner::default());
        assert_ne!(nothing.fingerprint, given.fingerprint);
        assert!(send(Some("text/plain"), " \r\n").await.is_ok());
        assert!(send(Some("application/json"), " null\n").await.is_ok());
        for (media_type, body, code) in [
            (None, "{}", code::UNSUPPORTED_MEDIA_TYPE),
            (Some("application/json"), "[]", code::NOT_AN_OBJECT),
            (Some("application/json"), "{", code::MALFORMED_JSON),
        ] {
            assert_eq!(send(media_type, body).await.unwrap_err().code(), code, "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_that_says_nothing_may_be_anything() {
        let of = async |body: &'static str| {
            let request = Request::post("/a").body(Body::from(body)).unwrap();
            NoBody::from_request(request, &LIMIT).await.unwrap().fingerprint
        };
        assert_eq!(of("").await, of("").await);
        assert_ne!(of("").await, of("{}").await);
    }

    #[tokio::test]
    async fn size_is_limited_whether_announced_or_not() {
        let json = "application/json";
        let body = |size: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(size - 11));
        assert!(send(json, body(1024)).await.is_ok());
        assert_eq!(refused(json, body(1025)).await, "body_too_large");
        let chunks = futures_util::stream::iter((0..1000).map(|_| Ok::<_, Infallible>(Bytes::from(vec![b' '; 64]))));
        assert_eq!(refused(json, Body::from_stream(chunks)).await, "body_too_large");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told() {
        let chunks = futures_util::stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))]);
        assert_eq!(refused("application/json", Body::from_stream(chunks)).await, "body_incomplete");
    }

    #[tokio::test]
    async fn the_fingerprint_is_that_of_method_path_and_bytes() {
        let of = async |path: &str, body: &'static str| {
            let request = Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
            JsonBody::<Outer>::from_request(request, &LIMIT).await.unwrap().fingerprint
        };
        let first = of("/a?x=1", "{}").await;
        assert_eq!(first, of("/a", "{}").await);
        assert_ne!(first, of("/a", "{ }").await);
        assert_ne!(first, of("/b", "{}").await);
    }
}

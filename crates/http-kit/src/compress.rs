//! Compression of large answers.

use std::convert::Infallible;
use std::future::ready;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, ETAG};
use http::{HeaderValue, Request};
use tower::{ServiceExt, service_fn};
use tower_http::compression::Compression;
use tower_http::compression::predicate::SizeAbove;

/// Bodies of at most this many bytes stay as they are.
const SMALL: u64 = 1024;

/// Compresses `response` when it is large, may be stored, and the caller takes gzip or Brotli.
///
/// An answer that must not be stored carries a secret beside what the caller has sent; compressing the two together would tell of
/// the one by the other's length. One with a strong `ETag` stays as it is as well: its bytes are what the tag names (RFC 9110 section
/// 8.8.1).
pub(crate) async fn compress(accept: Option<HeaderValue>, response: Response) -> Response {
    let Some(accept) = accept else { return response };
    if response.body().size_hint().exact().is_some_and(|size| size <= SMALL)
        || is_no_store(&response)
        || response.headers().contains_key(ETAG)
    {
        return response;
    }
    let mut request = Request::new(());
    request.headers_mut().insert(ACCEPT_ENCODING, accept);
    let mut response = Some(response);
    let answer = service_fn(move |_: Request<()>| ready(Ok::<_, Infallible>(response.take().unwrap_or_default())));
    match Compression::new(answer).compress_when(SizeAbove::new(SMALL)).oneshot(request).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

fn is_no_store(response: &Response) -> bool {
    response.headers().get(CACHE_CONTROL).is_some_and(|value| value.as_bytes() == b"no-store")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn encoding(accept: Option<&'static str>, size: usize, cache_control: &'static str) -> Option<String> {
        let response =
            Response::builder().header(CACHE_CONTROL, cache_control).body(Body::from(vec![b'a'; size])).unwrap();
        let response = compress(accept.map(HeaderValue::from_static), response).await;
        let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        let length = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap().len();
        assert_eq!(encoding.is_some(), length < size);
        encoding
    }

    #[tokio::test]
    async fn only_what_is_large_and_may_be_stored_for_those_who_take_it() {
        assert_eq!(encoding(Some("gzip, br"), 5000, "max-age=60").await.as_deref(), Some("br"));
        assert_eq!(encoding(Some("gzip"), 5000, "max-age=60").await.as_deref(), Some("gzip"));
        assert_eq!(encoding(Some("identity"), 5000, "max-age=60").await, None);
        assert_eq!(encoding(None, 5000, "max-age=60").await, None);
        assert_eq!(encoding(Some("gzip"), 1024, "max-age=60").await, None);
        assert_eq!(encoding(Some("gzip"), 5000, "no-store").await, None);
    }
}

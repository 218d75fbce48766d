//! A bound on the time before a connection has said which HTTP it speaks.
//!
//! The header timeout of HTTP/1.1 begins once the version is known. A peer that sends nothing, or only the beginning of the HTTP/2
//! preface, would otherwise hold its connection for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// RFC 9113 section 3.4: what an HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Accepts connections as `inner` does, and puts the bound on each.
#[derive(Clone)]
pub(crate) struct FirstByte<A> {
    inner: A,
    within: Duration,
}

impl<A> FirstByte<A> {
    pub(crate) const fn new(inner: A, within: Duration) -> Self {
        Self { inner, within }
    }
}

impl<A, I, S> Accept<I, S> for FirstByte<A>
where
    A: Accept<I, S>,
    A::Stream: Send,
    A::Service: Send,
    A::Future: Send + 'static,
{
    type Stream = Undecided<A::Stream>;
    type Service = A::Service;
    type Future = BoxFuture<'static, io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let within = self.within;
        self.inner
            .accept(stream, service)
            .map(move |accepted| accepted.map(|(stream, service)| (Undecided::new(stream, within), service)))
            .boxed()
    }
}

/// A connection that fails with `TimedOut` unless it decides for a version in time.
pub(crate) struct Undecided<S> {
    stream: S,
    /// How much of the preface has come, while nothing speaks against it.
    matched: usize,
    /// `None` once the version is known.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> Undecided<S> {
    fn new(stream: S, within: Duration) -> Self {
        Self { stream, matched: 0, deadline: Some(Box::pin(tokio::time::sleep(within))) }
    }

    fn observe(&mut self, bytes: &[u8]) {
        let rest = &PREFACE[self.matched..];
        let compared = bytes.len().min(rest.len());
        self.matched += compared;
        if bytes[..compared] != rest[..compared] || self.matched == PREFACE.len() {
            self.deadline = None;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Undecided<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some(deadline) = &mut self.deadline else { return read };
        match read {
            Poll::Ready(Ok(())) => {
                self.observe(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                ready!(deadline.poll_unpin(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Undecided<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// A connection whose time is up as soon as it has nothing to read.
    fn pair() -> (DuplexStream, Undecided<DuplexStream>) {
        let (peer, stream) = duplex(1024);
        (peer, Undecided::new(stream, Duration::ZERO))
    }

    #[tokio::test]
    async fn a_silent_peer_is_cut_off() {
        let (_peer, mut stream) = pair();
        assert_eq!(stream.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn half_a_preface_is_cut_off() {
        let (mut peer, mut stream) = pair();
        peer.write_all(&PREFACE[..10]).await.unwrap();
        stream.read_exact(&mut [0; 10]).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_peer_that_has_decided_has_no_deadline() {
        for greeting in [PREFACE, b"PRI / HTTP/1.1\r\n", b"PUT"] {
            let (mut peer, mut stream) = pair();
            assert!(stream.deadline.is_some());
            // In two parts, as the network may cut them.
            for part in [&greeting[..2], &greeting[2..]] {
                peer.write_all(part).await.unwrap();
                stream.read_exact(&mut vec![0; part.len()]).await.unwrap();
            }
            assert!(stream.deadline.is_none(), "{}", String::from_utf8_lossy(greeting));
            assert!(stream.read_u8().now_or_never().is_none(), "it waits for more");
        }
    }
}

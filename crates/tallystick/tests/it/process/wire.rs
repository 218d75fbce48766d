//! A connection on which a test says every byte itself.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// The address in `http://ADDRESS`.
pub(super) fn address(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

/// An HTTP/1.1 connection.
pub(super) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(super) async fn connect(url: &str) -> Self {
        Self(BufReader::new(TcpStream::connect(address(url)).await.unwrap()))
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// As [`Wire::send`]; false when the other side has gone.
    pub(super) async fn try_send(&mut self, text: &str) -> bool {
        self.0.write_all(text.as_bytes()).await.is_ok()
    }

    /// Reads one answer: its head in small letters, and its body.
    pub(super) async fn answer(&mut self) -> (String, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(self.0.read_line(&mut head).await.unwrap(), 0, "the connection ended in the head: {head}");
        }
        head.make_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    /// Waits until the other side ends the connection, in whatever way.
    pub(super) async fn closed(&mut self) {
        let mut rest = Vec::new();
        drop(self.0.read_to_end(&mut rest).await);
    }
}

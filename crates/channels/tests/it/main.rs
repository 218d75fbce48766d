//! The channels against peers that nobody here wrote: an SMSC over the npm module `smpp`, a mail server of aiosmtpd. The HTTP gateway's
//! peer is a small server of our own, which stands for any.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod bounces;
mod http_gateway;
mod smpp;
mod smpp_faults;
mod smpp_receipts;
mod smtp;
mod support;
mod webhook;

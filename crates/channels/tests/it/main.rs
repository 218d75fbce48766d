//! The channels against peers that nobody here wrote: an SMSC over the npm module `smpp`, a mail server of aiosmtpd. The HTTP gateway's
//! and the e-invoice operator's peers are small servers of our own, which stand for any. A drop and a folder of mails are real folders.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod acknowledgement;
mod bounces;
mod drop_folder;
mod http_gateway;
mod mail_folder;
mod operator;
mod smpp;
mod smpp_faults;
mod smpp_receipts;
mod smtp;
mod support;
mod webhook;

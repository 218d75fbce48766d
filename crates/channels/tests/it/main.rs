//! The channels against peers that nobody here wrote: an SMSC over the npm module `smpp`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;
mod smpp;
mod smpp_faults;
mod smpp_receipts;
mod support;

//! The client against the server itself, and against a scripted peer that loses answers, stays silent and sends pages that no API sends.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is; clippy sees that in test functions only"
)]

mod create;
mod creditors;
mod deployment;
mod distribution;
#[path = "../../examples/partner_app.rs"]
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
mod example;
mod invoice;
mod invoice_sample;
mod partner_app;
mod peer;
mod pos;
mod pos_in_store;
mod pos_money;
mod pos_online;
mod pos_session;
mod pos_till;
mod pos_token;
mod pos_user;
mod pos_widget;
mod relay;
mod renew;
mod retry;
mod secrets;
mod server;
mod sms;
mod support;
#[path = "../../examples/till.rs"]
#[expect(dead_code, reason = "the tests call `run`, not `main`")]
mod till_example;
mod tls;
mod validate;

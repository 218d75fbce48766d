//! The use cases on both engines.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod account_close;
mod account_state;
mod application;
mod application_race;
mod audit;
mod clean_up;
mod deployment;
mod hold_expiry;
mod idempotency;
mod information;
mod installation;
mod invoice_approval;
mod invoice_delivery;
mod invoice_fault;
mod ledger_check;
mod maturity;
mod merchant;
mod merchant_login;
mod oauth_token;
mod onboarding;
mod partner;
mod purchase;
mod purchase_model;
mod purchase_race;
mod renewal;
mod revocation;
mod sku_data;
mod sms;
mod sql;
mod statement;
mod verification;
mod webhook;

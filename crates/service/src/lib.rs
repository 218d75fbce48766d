//! Use cases. Each decides one thing, in one transaction, for every front alike; none knows HTTP.
//!
//! [`Core`] holds what they share: the database, the clock, the random source, the vault and the caches. A module per capability adds
//! its use cases to it.

pub mod agreement;
pub mod api_key;
pub mod audit;
pub mod client;
mod context;
mod core;
pub mod credentials;
pub mod credentials_link;
pub mod creditor;
pub mod cursor;
pub mod dead_letter;
pub mod delivery_news;
pub mod deployment;
pub mod distribution;
mod distribution_progress;
pub mod distribution_summary;
mod error;
pub mod expiry_notice;
pub mod idempotency;
pub mod invoice;
pub mod invoice_admin;
mod invoice_approval;
mod invoice_content;
mod invoice_delivery;
mod invoice_issuer;
mod invoice_parcel;
mod invoice_reason;
pub mod jobs;
pub mod key_admin;
mod key_cache;
mod last_use;
pub mod letters;
pub mod mail;
pub mod master_key;
mod numbers;
pub mod oauth_client;
pub mod onboarding;
pub mod outbox;
mod outbox_payload;
pub mod partner;
mod settings;
pub mod sms;
pub mod sms_delivery;
pub mod sms_receipt;
mod vault;
pub mod webhook;
pub mod webhook_delivery;
pub mod webhook_event;

pub use context::Context;
pub use core::{Core, CoreError};
pub use error::AdminError;
pub use jobs::Jobs;
pub use master_key::{MasterKeyError, MasterKeys};
pub use settings::{EInvoiceSettings, PrintSettings, Settings};
pub use store::StoreError;

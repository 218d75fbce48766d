//! The whole server: through its router on both engines, and as a process on a port.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod agreement;
mod audit;
mod authorization;
mod bad_body;
mod bad_key;
mod bad_value;
mod callback;
mod credentials;
mod creditor;
mod creditor_list;
mod deployment;
mod document;
mod health;
mod idempotency;
mod invoice;
mod limits;
mod pos;
mod pos_apply;
mod pos_calculate_interest;
mod pos_customer;
mod pos_information;
mod pos_printed;
mod pos_purchase;
mod pos_purchase_account;
mod pos_purchase_plan;
mod pos_token;
mod pos_verify;
mod pos_widget;
mod process;
mod renewal;
mod seed;
mod seed_pos;
mod sms;

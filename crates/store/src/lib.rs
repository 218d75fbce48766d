//! The database: one SQL text on SQLite and PostgreSQL.
//!
//! [`Db`] is either engine. Reads borrow a [`Reader`]; writes are closures over a [`Tx`] handed to [`Db::write`], which runs them in
//! a transaction, alone or in a group, and again where the engine asks for it. A module per aggregate holds its statements, rows
//! and queries; what truly differs between the engines is in [`mod@dialect`] and in the two folders of migrations.

#[macro_use]
mod columns;
#[macro_use]
mod list;
#[macro_use]
mod statement;

pub mod account_book;
pub mod agreement;
pub mod api_key;
pub mod audit;
pub mod authorization;
pub mod capture;
pub mod client;
mod connection;
pub mod credentials_link;
pub mod credit_account;
pub mod credit_application;
pub mod creditor;
mod db;
pub mod deployment;
pub mod dialect;
pub mod distribution;
pub mod distribution_count;
mod error;
pub mod expiry_notice;
pub mod flow_information;
mod health;
pub mod heartbeat;
pub mod idempotency;
pub mod installation;
pub mod invoice;
mod job;
pub mod ledger;
pub mod merchant;
pub mod merchant_location;
pub mod merchant_user;
mod migration;
pub mod number;
pub mod oauth_client;
pub mod oauth_token;
mod options;
pub mod outbox;
pub mod partner;
mod postgres;
pub mod purchase_check;
pub mod sku_data;
pub mod sms;
mod sqlite;
pub mod verification;
pub mod webhook;
pub mod widget_asked;
pub mod widget_session;

pub use connection::{Access, Reader, Tx};
pub use db::Db;
pub use error::{OpenError, StoreError};
pub use health::Health;
pub use migration::MigrationReport;
pub use options::{DbOptions, Engine};
pub use statement::Statement;

/// Every statement of this crate, so that a test can prepare each on both engines.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        account_book::STATEMENTS,
        agreement::STATEMENTS,
        api_key::STATEMENTS,
        audit::STATEMENTS,
        authorization::STATEMENTS,
        authorization::LIST_STATEMENTS,
        capture::STATEMENTS,
        capture::LIST_STATEMENTS,
        capture::MATURITY_STATEMENTS,
        client::STATEMENTS,
        credentials_link::STATEMENTS,
        credit_account::STATEMENTS,
        credit_application::STATEMENTS,
        deployment::STATEMENTS,
        distribution::STATEMENTS,
        distribution_count::STATEMENTS,
        expiry_notice::STATEMENTS,
        flow_information::STATEMENTS,
        creditor::STATEMENTS,
        heartbeat::STATEMENTS,
        idempotency::STATEMENTS,
        installation::STATEMENTS,
        invoice::STATEMENTS,
        ledger::STATEMENTS,
        merchant::STATEMENTS,
        merchant_location::STATEMENTS,
        merchant_user::STATEMENTS,
        number::STATEMENTS,
        oauth_client::STATEMENTS,
        oauth_token::STATEMENTS,
        outbox::STATEMENTS,
        partner::STATEMENTS,
        purchase_check::STATEMENTS,
        sku_data::STATEMENTS,
        sms::STATEMENTS,
        verification::STATEMENTS,
        webhook::STATEMENTS,
        widget_asked::STATEMENTS,
        widget_session::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

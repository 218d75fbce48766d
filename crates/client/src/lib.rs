//! The Rust client of the Partner API: typed calls, problem bodies as typed errors, retry with backoff. That of the point-of-sale API is
//! [`pos::PosClient`], and [`pos`] tells how to use it.
//!
//! ```no_run
//! use tallystick_client::{Client, CreateClient, Error, Validity};
//!
//! # async fn run(request: CreateClient) -> Result<(), Box<dyn std::error::Error>> {
//! let partner = Client::builder("http://127.0.0.1:8080").api_key("8848372d-8457-4ca4-9da9-673f1cdd6684").build()?;
//! let created = match partner.create_client(&request).await {
//!     Ok(created) => created,
//!     Err(Error::ClientExists { client_identifier, .. }) => {
//!         println!("client {client_identifier} is there already: use the credentials kept for it");
//!         return Ok(());
//!     }
//!     Err(Error::Validation(problem)) => {
//!         for fault in &problem.faults {
//!             println!("{}: {}", fault.field, fault.message);
//!         }
//!         return Ok(());
//!     }
//!     Err(error) => return Err(error.into()),
//! };
//! // Keep `created` in a database of your own before doing anything else, then use its key:
//! let client = partner.with_api_key(created.api_access_token);
//! if let Validity::Valid(key) = client.validate().await? {
//!     println!("the token works until {:?}", key.expires_at);
//! }
//! # Ok(()) }
//! ```
//!
//! # Retry
//!
//! A call is tried again when its outcome is not known or will likely change: no connection, a broken connection, no answer
//! within the time limit, `429`, `500`, `502`, `503`, `504`, and `409` with the code `request_in_progress`. Nothing else is.
//! The pauses grow exponentially with full jitter (a random part of 200 ms, 400 ms, 800 ms and so on, up to 10 s), and there
//! are four tries in all. `Retry-After` is waited out in full, and a little jitter on top; when it asks for more than one minute the
//! error is returned instead, with the time in it, since a caller can plan for that better than a sleeping call can. All of
//! these numbers are settings of [`Builder`].
//!
//! Each call of [`Client::create_client`] makes one `Idempotency-Key` and sends it with every try, so that a create whose answer was
//! lost is answered again and never done twice. To have the same across a restart of your own program, make the key with
//! [`Client::new_idempotency_key`], store it beside the request, and call [`Client::create_client_with`]. So it is with
//! [`Client::submit_invoice`] and every other call that has a twin whose name ends in `_with` and that takes such a key.
//!
//! A list of [`FetchType::Unfetched`] deliveries is told once. It is tried again only without a connection and after `429`.
//!
//! # Creditors
//!
//! With a partner key: [`Client::create_creditor`], [`Client::creditors`], [`Client::creditor`], [`Client::change_creditor`],
//! [`Client::creditor_history`], [`Client::credentials`], [`Client::rotate_credentials`], [`Client::revoke_credentials`],
//! [`Client::agreements`] and [`Client::replace_agreements`]. A change names by its [`EntityTag`] the version that was read:
//!
//! ```no_run
//! # use tallystick_client::{Client, CreditorPatch, Error};
//! # async fn run(partner: Client) -> Result<(), Error> {
//! let creditor = partner.creditor(100_001).await?;
//! let patch = CreditorPatch::new().client("email", "laskut@example.fi").client("website", None);
//! match partner.change_creditor(100_001, &creditor.etag, &patch).await {
//!     Ok(changed) => println!("{}", changed.creditor.client.email),
//!     Err(Error::Stale(_)) => println!("somebody else was faster: read it again"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(()) }
//! ```
//!
//! # Invoices
//!
//! With a client key: [`Client::submit_invoice`], which has an example, and [`Client::invoice_distribution`], which tells what has become of
//! them. With a partner key: [`Client::creditor_distribution`], [`Client::distribution`] and [`Client::distribution_summary`]. Each list also
//! comes as a table: [`Client::distribution_csv`] and its like.
//!
//! # Renewal
//!
//! See [`Client::renew_with`], which also says what to do in each case where a key stops working.

mod answers;
mod api_key;
mod builder;
mod client;
mod creditor_answers;
mod creditor_requests;
mod creditors;
mod decimal;
mod deployment;
mod distribution;
mod distribution_answer;
mod endpoint;
mod entity_tag;
mod error;
mod exchange;
mod idempotency;
mod invoice;
mod invoice_request;
pub mod pos;
mod problem;
mod receive;
mod renewal;
mod requests;
mod retry;
mod retry_after;
mod runtime;
mod sms;
mod tls;
mod wire;

pub use answers::{Created, KeyKind, Renewed, ValidKey, Validity, Warning};
pub use api_key::{ApiKey, ApiKeyError, Secret};
pub use builder::{BuildError, Builder};
pub use client::Client;
pub use creditor_answers::{
    Agreement, Agreements, ChangedBy, ChangedCreditor, Credentials, CredentialsState, Creditor, CreditorBusiness,
    CreditorChange, CreditorContact, CreditorContacts, CreditorData, CreditorPage, CreditorService, CreditorStatus,
    CreditorSummary, FieldChange, HistoryPage, ReplacedAgreements, Revoked, Rotated, Settings,
};
pub use creditor_requests::{CreateCreditor, CreditorPatch, CreditorQuery, NewAgreement, NewSettings};
pub use decimal::{Decimal, DecimalError};
pub use deployment::{Deployment, DeploymentRequest, DeploymentState, Responsible, ResponsiblePerson};
pub use distribution::{DistributionQuery, DistributionSummaryQuery};
pub use distribution_answer::{
    CreditorCounts, CsvPage, DayCount, Distribution, DistributionMetaData, DistributionMethod, DistributionPage,
    DistributionStatus, DistributionSummary, DistributionTotals, FetchType, FiltersApplied, StatusCount,
};
pub use entity_tag::EntityTag;
pub use error::{Error, RenewError, TransportCause, TransportFault};
pub use idempotency::{IdempotencyKey, IdempotencyKeyError};
pub use invoice::SubmittedInvoice;
pub use invoice_request::{
    Attachment, CollectionTerms, ContactPerson, DeliveryParty, EntityType, Factoring, InterestTerms, InterestType,
    Invoice, InvoiceAddress, InvoiceAmounts, InvoiceBuyer, InvoiceContact, InvoiceDistribution, InvoiceExtensions,
    InvoiceHeader, InvoiceParties, InvoiceProcessing, InvoiceRecipient, InvoiceReferences, InvoiceRow, InvoiceSeller,
    InvoiceTerms, InvoiceType, PaymentDetails, SubmitInvoice, VatCategory, VatTotal,
};
pub use problem::{Fault, Problem, TakenAgreement};
pub use requests::{ClientData, Contact, Contacts, CreateClient, PrimaryContact, Service, ServiceType};
pub use runtime::{Runtime, SystemRuntime, Wait};
pub use sms::{DeliveryReport, SendSms, Sms, SmsPage, SmsQuery, SmsState};

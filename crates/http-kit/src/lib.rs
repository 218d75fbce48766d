//! What the HTTP fronts share: problem bodies, the extractors of keys and tokens, request identifiers, rate limits, idempotency.
//!
//! A front writes handlers that take [`Caller`] and [`JsonBody`] and return `Result<_, Problem>`; [`layers::assemble`] puts
//! around its routes what every answer needs. Nothing here knows a front.

pub mod answer;
pub mod bearer;
pub mod caller;
pub mod client_address;
pub mod code;
mod compress;
pub mod condition;
pub mod csv;
pub mod fallback;
mod field_path;
pub mod form_body;
pub mod held;
pub mod idempotency;
pub mod json_body;
mod json_reader;
pub mod json_upload;
pub mod layers;
mod measure;
mod numbering_plans;
pub mod observe;
pub mod openapi;
pub mod operation;
pub mod problem;
pub mod problem_page;
pub mod query;
pub mod rate_limit;
pub mod reference_id;
pub mod request_id;
pub mod request_info;
pub mod state;
mod stopwatch;
mod store_problem;
pub mod trace_context;
pub mod visitor;
pub mod wire;

pub use answer::{PrivateJson, ResourceJson};
pub use bearer::Bearer;
pub use caller::Caller;
pub use code::Code;
pub use condition::{IfMatch, IfNoneMatch, KnownTags};
pub use csv::WantsCsv;
pub use form_body::FormBody;
pub use idempotency::IdempotencyKey;
pub use json_body::{JsonBody, JsonList, NoBody, OptionalJsonBody};
pub use json_upload::JsonUpload;
pub use operation::Operation;
pub use problem::Problem;
pub use query::Query;
pub use reference_id::ReferenceId;
pub use state::{HttpSettings, HttpState};
pub use visitor::Visitor;
pub use wire::{Flag, Integer, List, Number, Section, Text, TextOrNumber};

//! What can go wrong with the operator's use cases.

use domain::Fault;
use store::StoreError;

/// Why a use case of the operator was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// There is no such record.
    #[error("there is no {0}")]
    NotFound(String),
    /// The record is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// The input is wrong.
    #[error("{}", sentences(.0))]
    Invalid(Vec<Fault>),
    /// The record's state forbids it.
    #[error("{0}")]
    State(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn sentences(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join("; ")
}

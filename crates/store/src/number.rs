//! Numbers that are never given twice, leased by the block.

use crate::connection::Tx;
use crate::error::StoreError;

/// The series of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Series {
    /// [`domain::identifier::PartnerId`].
    Partner,
    /// [`domain::identifier::ClientIdentifier`].
    Client,
    /// [`domain::identifier::CustomerCode`].
    CustomerCode,
    /// [`domain::identifier::ReferencePrefix`].
    ReferencePrefix,
    /// [`domain::identifier::MerchantId`].
    Merchant,
}

impl Series {
    const fn name(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Client => "client",
            Self::CustomerCode => "customer_code",
            Self::ReferencePrefix => "reference_prefix",
            Self::Merchant => "merchant",
        }
    }
}

statements! {
    LEASE = "UPDATE number_block SET next = next + $2 WHERE kind = $1 RETURNING next";
}

/// Leases `size` numbers of a series and gives the first. What the holder does not use is never used.
///
/// # Errors
/// When the statement fails.
pub async fn lease(tx: &mut Tx, series: Series, size: i64) -> Result<i64, StoreError> {
    let (next,) = fetch!(fetch_one, (i64,), tx, LEASE, series.name(), size)?;
    Ok(next - size)
}

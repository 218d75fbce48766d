//! What came of earlier applications of a person, looked at by one application of the person at a time.

use domain::decision::Earlier;
use sha2::{Digest, Sha256};
use store::credit_application::CreditApplicationRow;
use store::{StoreError, Tx};

use crate::Core;

impl Core {
    /// What came of the earlier applications of the person of `new` to its lender. Another transaction that looks at those of the same person
    /// waits for the end of this one: else of some at once each would be decided as the only one, and the limits be found out by trying.
    pub(super) async fn earlier_of(&self, tx: &mut Tx, new: &CreditApplicationRow) -> Result<Earlier, StoreError> {
        store::dialect::lock(tx, lock_number(new)).await?;
        let lender = (new.partner, new.lender);
        Ok(Earlier {
            under_review: store::credit_application::is_pending(tx, lender, &new.identity_hash).await?,
            declined_lately: store::credit_application::is_barred(tx, lender, &new.identity_hash, new.created_at)
                .await?,
        })
    }
}

/// The number of the lock on the applications of a person to a lender.
fn lock_number(of: &CreditApplicationRow) -> i64 {
    let place = format!("credit_application:{}:{}:", of.partner, of.lender);
    let hash = Sha256::digest([place.as_bytes(), of.identity_hash.as_slice()].concat());
    let mut number = [0; 8];
    number.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(number)
}

//! Accounts of Quebec, closed at the customer's wish.

use serde::de::IgnoredAny;

use super::error::PosError;
use super::flow::Flow;

impl Flow {
    /// Closes the account of a customer in Quebec, for good, at the customer's wish. One that is closed stays so, and that is no error.
    ///
    /// # Errors
    /// [`PosError::Refused`] when something is owed or held on it (`account_not_settled`), it is of another province
    /// (`account_not_in_quebec`), or only the lender may close it (`user_not_active`); [`PosError::NotFound`] when there is no such account.
    pub async fn close_account(&self, account_number: u64) -> Result<(), PosError> {
        let IgnoredAny = self.post(format!("/accounts/{account_number}/close"), None).await?;
        Ok(())
    }
}

//! How many applications there may be in a day.

use std::time::Duration;

use domain::Timestamp;
use domain::application::MOST_OF_FAMILY;
use domain::oauth_token::Scope;
use store::Reader;

use super::ApplyError;
use crate::Core;
use crate::information::FlowCaller;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Whose applications of a day there are too many of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppliedBy {
    /// All of the merchant.
    Merchant,
    /// Those by tokens of the scope `customer`.
    Customers,
    /// Those by tokens of the scope `customer` of this family.
    Family,
}

impl Core {
    /// Whether the caller may apply once more today. They are counted before, so that a few more may come when several are sent at once.
    pub(super) async fn find_room_to_apply(
        &self,
        reader: &mut Reader,
        caller: FlowCaller,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let merchant = (caller.partner, caller.client);
        let since = now.before(DAY);
        let most = self.settings().most_applications;
        let full = |most, of| Err(ApplyError::TooMany { most, of });
        let (customer, limit) = (Scope::Customer.name(), i64::from(most));
        let by_customers = store::credit_application::count_since(reader, merchant, customer, since, limit).await?;
        if caller.scope == Scope::Customer {
            let (of, limit) = ((customer, caller.family), i64::from(MOST_OF_FAMILY));
            let by_family =
                store::credit_application::count_of_family_since(reader, merchant, of, since, limit).await?;
            if by_family >= limit {
                return full(MOST_OF_FAMILY, AppliedBy::Family);
            }
            if by_customers >= i64::from(most / 2) {
                return full(most / 2, AppliedBy::Customers);
            }
        }
        let scope = Scope::Merchant.name();
        let others = store::credit_application::count_since(reader, merchant, scope, since, limit).await?;
        if by_customers + others >= limit { full(most, AppliedBy::Merchant) } else { Ok(()) }
    }
}

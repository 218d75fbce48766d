//! What an application came to, kept for a repeat of its request.

use domain::Timestamp;
use domain::application::ApplicationStatus;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, RiskRating};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::StoreError;
use uuid::Uuid;

use super::{Application, ApplyError, GrantedAccount};
use crate::idempotency::{Idempotency, Operation, Repeatable};
use crate::information::FlowCaller;
use crate::onboarding::Answer;

/// What is kept for a repeat.
#[derive(Serialize, Deserialize)]
pub(super) enum Kept {
    Taken { id: Uuid, status: ApplicationStatus, created_at: Timestamp, account: Option<KeptAccount> },
    Exists,
}

/// The account that an application came to, as it is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptAccount {
    number: i64,
    limit: Cents,
    available: Cents,
    rating: String,
}

impl Kept {
    pub(super) fn of(application: &Application) -> Self {
        Self::Taken {
            id: application.id,
            status: application.status,
            created_at: application.created_at,
            account: application.account.map(|account| KeptAccount {
                number: account.number.get(),
                limit: account.limit,
                available: account.available,
                rating: account.rating.code().to_owned(),
            }),
        }
    }

    pub(super) fn into_answer(self) -> Result<Answer<Application>, ApplyError> {
        let Self::Taken { id, status, created_at, account } = self else {
            return Err(ApplyError::CustomerExists { replayed: true });
        };
        let account = account.map(|kept| {
            let rating = RiskRating::of_code(&kept.rating)
                .map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?;
            let number = AccountNumber::of_stored(kept.number);
            Ok::<_, StoreError>(GrantedAccount { number, limit: kept.limit, available: kept.available, rating })
        });
        let value = Application { id, status, created_at, account: account.transpose()? };
        Ok(Answer { value, replayed: true })
    }
}

/// The request in this flow. The same words in another flow are another request: what was said in the flow belongs to it.
pub(super) fn repeatable(caller: FlowCaller, reference: Uuid, idempotency: Option<Idempotency>) -> Option<Repeatable> {
    let in_flow = |idempotency: Idempotency| {
        let fingerprint = Sha256::digest([reference.as_bytes(), &idempotency.fingerprint[..]].concat()).into();
        Idempotency { fingerprint, ..idempotency }
    };
    caller.request(Operation::Apply, idempotency.map(in_flow))
}

//! What an application came to, kept for a repeat of its request.

use domain::Timestamp;
use domain::api_key::KeyHolder;
use domain::application::ApplicationStatus;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, RiskRating};
use domain::oauth_token::Scope;
use serde::{Deserialize, Serialize};
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

/// Of a token of the scope `customer` the key is one of its family.
pub(super) fn repeatable(caller: FlowCaller, idempotency: Idempotency) -> Repeatable {
    let key = match caller.scope {
        Scope::Merchant => idempotency.key,
        Scope::Customer => format!("{}:{}", caller.family.0, idempotency.key),
    };
    Repeatable {
        holder: KeyHolder { partner: caller.partner, client: Some(caller.client) },
        operation: Operation::Apply,
        idempotency: Idempotency { key, ..idempotency },
    }
}

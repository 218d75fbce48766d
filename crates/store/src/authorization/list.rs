//! Lists of a merchant's authorizations. A page costs what is shown and skipped: of a filter without an account each status and kind is read
//! by an index of its own order, and the lists are merged. Of an account all of the days are looked at, which are one customer's.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::purchase::AuthorizationState;

use super::AuthorizationRow;
use crate::connection::Access;
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// The kinds of purchases.
const KINDS: [&str; 2] = ["regular_purchase", "promotional_purchase"];

/// The states, none before one that it may come from: what changes while the lists are read is in one of them at least.
const STATES: [AuthorizationState; 4] = [
    AuthorizationState::Opened,
    AuthorizationState::Unauthorized,
    AuthorizationState::Closed,
    AuthorizationState::Expired,
];

/// Which authorizations of a merchant are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationFilter {
    /// Of this account only.
    pub account: Option<AccountKey>,
    /// Of this `transaction_type` only.
    pub transaction_type: Option<&'static str>,
    /// Those that stand so at `now` only.
    pub state: Option<AuthorizationState>,
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made before this time.
    pub until: Timestamp,
    /// The time at which they stand so.
    pub now: Timestamp,
}

/// One of the lists that are merged.
#[derive(Clone, Copy)]
struct Part {
    /// `None` of those whose time is over and that were not ended yet, whatever they are by name.
    state: Option<AuthorizationState>,
    kind: &'static str,
}

impl AuthorizationFilter {
    fn is_of_all(&self) -> bool {
        self.transaction_type.is_none() && self.state.is_none()
    }

    /// The lists that it is merged of, those first from which an authorization moves to another.
    fn parts(&self) -> Vec<Part> {
        let kinds = KINDS.into_iter().filter(|kind| self.transaction_type.is_none_or(|wanted| wanted == *kind));
        let is_wanted = |state: AuthorizationState| self.state.is_none_or(|wanted| wanted == state);
        let mut states: Vec<_> = STATES.into_iter().filter(|state| is_wanted(*state)).map(Some).collect();
        if is_wanted(AuthorizationState::Expired) {
            states.insert(0, None);
        }
        states.into_iter().flat_map(|state| kinds.clone().map(move |kind| Part { state, kind })).collect()
    }

    fn state_name(&self) -> &'static str {
        self.state.map_or("", AuthorizationState::name)
    }
}

macro_rules! of_merchant {
    () => {
        "WHERE partner_id = $1 AND client_id = $2 AND created_at >= $3 AND created_at < $4"
    };
}

/// How one stands at `$7`, by name, is `$6`, and its kind `$5`, where they are not empty.
macro_rules! of_account {
    () => {
        "WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND client_id = $4 \
         AND ($5 = '' OR transaction_type = $5) AND ($6 = '' OR CASE WHEN open_until <= $7 THEN 'expired' ELSE status END = $6) \
         AND created_at >= $8 AND created_at < $9"
    };
}

macro_rules! of_part {
    () => {
        "WHERE partner_id = $1 AND client_id = $2 AND status = $3 AND transaction_type = $4 \
         AND created_at >= $5 AND created_at < $6 AND (open_until IS NULL OR open_until > $7)"
    };
}

/// By the index of what is due: the plus keeps the others away, which would read all of the merchant's.
macro_rules! of_lapsed {
    () => {
        "WHERE open_until <= $1 AND +partner_id = $2 AND +client_id = $3 AND transaction_type = $4 \
         AND created_at >= $5 AND created_at < $6"
    };
}

statements! {
    PAGE = newest_first!(authorization, "created_at", "authorization_id", of_merchant!(), "LIMIT $5 OFFSET $6");
    PAGE_OF_ACCOUNT = newest_first!(authorization, "created_at", "authorization_id", of_account!(), "LIMIT $10 OFFSET $11");
    PAGE_OF_PART = newest_first!(authorization, "created_at", "authorization_id", of_part!(), "LIMIT $8");
    PAGE_OF_LAPSED = newest_first!(authorization, "created_at", "authorization_id", of_lapsed!(), "LIMIT $7");
    COUNT = counted!("credit_authorization", of_merchant!(), "$5");
    COUNT_OF_ACCOUNT = counted!("credit_authorization", of_account!(), "$10");
    COUNT_OF_PART = counted!("credit_authorization", of_part!(), "$8");
    COUNT_OF_LAPSED = counted!("credit_authorization", of_lapsed!(), "$7");
}

/// At most `limit` authorizations of a merchant, the newest first, without the first `skipped`.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    filter: &AuthorizationFilter,
    (limit, skipped): (i64, i64),
) -> Result<Vec<AuthorizationRow>, StoreError> {
    let (from, until, now) = (filter.from.micros(), filter.until.micros(), filter.now.micros());
    if let Some(AccountKey { lender, number, .. }) = filter.account {
        let (kind, state) = (filter.transaction_type.unwrap_or_default(), filter.state_name());
        return fetch!(
            fetch_all,
            AuthorizationRow,
            db,
            PAGE_OF_ACCOUNT,
            partner.0,
            lender.0,
            number.get(),
            client.0,
            kind,
            state,
            now,
            from,
            until,
            limit,
            skipped,
        );
    }
    if filter.is_of_all() {
        return fetch!(fetch_all, AuthorizationRow, db, PAGE, partner.0, client.0, from, until, limit, skipped);
    }
    let most = limit.saturating_add(skipped);
    // By their order; one that has moved from a list to another meanwhile is there once, as it was read last.
    let mut merged = BTreeMap::new();
    for Part { state, kind } in filter.parts() {
        let rows: Vec<AuthorizationRow> = match state {
            Some(state) => fetch!(
                fetch_all,
                AuthorizationRow,
                db,
                PAGE_OF_PART,
                partner.0,
                client.0,
                state.name(),
                kind,
                from,
                until,
                now,
                most,
            ),
            None => fetch!(
                fetch_all,
                AuthorizationRow,
                db,
                PAGE_OF_LAPSED,
                now,
                partner.0,
                client.0,
                kind,
                from,
                until,
                most
            ),
        }?;
        merged.extend(rows.into_iter().map(|row| (Reverse((row.created_at, row.authorization.0)), row)));
    }
    let (skipped, limit) = (usize::try_from(skipped).unwrap_or(0), usize::try_from(limit).unwrap_or(0));
    Ok(merged.into_values().skip(skipped).take(limit).collect())
}

/// How many there are of them; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    filter: &AuthorizationFilter,
    most: i64,
) -> Result<i64, StoreError> {
    let (from, until, now) = (filter.from.micros(), filter.until.micros(), filter.now.micros());
    if let Some(AccountKey { lender, number, .. }) = filter.account {
        let (kind, state) = (filter.transaction_type.unwrap_or_default(), filter.state_name());
        return fetch!(
            count,
            db,
            COUNT_OF_ACCOUNT,
            partner.0,
            lender.0,
            number.get(),
            client.0,
            kind,
            state,
            now,
            from,
            until,
            most
        );
    }
    if filter.is_of_all() {
        return fetch!(count, db, COUNT, partner.0, client.0, from, until, most);
    }
    let mut all = 0;
    for Part { state, kind } in filter.parts() {
        let some: Result<i64, StoreError> = async {
            match state {
                Some(state) => {
                    fetch!(count, db, COUNT_OF_PART, partner.0, client.0, state.name(), kind, from, until, now, most)
                }
                None => fetch!(count, db, COUNT_OF_LAPSED, now, partner.0, client.0, kind, from, until, most),
            }
        }
        .await;
        all += some?;
        if all >= most {
            return Ok(most);
        }
    }
    Ok(all)
}

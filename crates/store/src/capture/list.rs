//! Lists of a merchant's captures. Of an account the captures of the account are read, and of an authorization of it its own; else those of the
//! days.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::purchase::AuthorizationId;

use super::CaptureRow;
use crate::connection::Access;
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// Which captures of a merchant are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureFilter {
    /// Of this account only, and of this authorization of it, where one is named.
    pub account: Option<(AccountKey, Option<AuthorizationId>)>,
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made before this time.
    pub until: Timestamp,
}

macro_rules! of_merchant {
    () => {
        "WHERE partner_id = $1 AND client_id = $2 AND captured_at >= $3 AND captured_at < $4"
    };
}

/// By an index of the account's: the plus keeps those of the merchant's away.
macro_rules! of_account {
    () => {
        "WHERE partner_id = $1 AND +client_id = $2 AND captured_at >= $3 AND captured_at < $4 AND lender_id = $5 AND account_number = $6"
    };
}

/// By the index of authorizations: the plus keeps that of the account's away.
macro_rules! of_authorization {
    () => {
        "WHERE partner_id = $1 AND client_id = $2 AND captured_at >= $3 AND captured_at < $4 AND +lender_id = $5 AND +account_number = $6 \
         AND authorization_id = $7"
    };
}

statements! {
    PAGE = newest_first!(capture, "captured_at", "capture_id", of_merchant!(), "LIMIT $5 OFFSET $6");
    PAGE_OF_ACCOUNT = newest_first!(capture, "captured_at", "capture_id", of_account!(), "LIMIT $7 OFFSET $8");
    PAGE_OF_AUTHORIZATION = newest_first!(capture, "captured_at", "capture_id", of_authorization!(), "LIMIT $8 OFFSET $9");
    COUNT = counted!("credit_capture", of_merchant!(), "$5");
    COUNT_OF_ACCOUNT = counted!("credit_capture", of_account!(), "$7");
    COUNT_OF_AUTHORIZATION = counted!("credit_capture", of_authorization!(), "$8");
}

/// At most `limit` captures of a merchant, the newest first, without the first `skipped`.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    filter: &CaptureFilter,
    (limit, skipped): (i64, i64),
) -> Result<Vec<CaptureRow>, StoreError> {
    let (partner, client, from, until) = (partner.0, client.0, filter.from.micros(), filter.until.micros());
    let Some((AccountKey { lender, number, .. }, authorization)) = filter.account else {
        return fetch!(fetch_all, CaptureRow, db, PAGE, partner, client, from, until, limit, skipped);
    };
    let (lender, number) = (lender.0, number.get());
    let Some(id) = authorization else {
        return fetch!(
            fetch_all,
            CaptureRow,
            db,
            PAGE_OF_ACCOUNT,
            partner,
            client,
            from,
            until,
            lender,
            number,
            limit,
            skipped
        );
    };
    fetch!(
        fetch_all,
        CaptureRow,
        db,
        PAGE_OF_AUTHORIZATION,
        partner,
        client,
        from,
        until,
        lender,
        number,
        id.0,
        limit,
        skipped
    )
}

/// How many there are of them; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    filter: &CaptureFilter,
    most: i64,
) -> Result<i64, StoreError> {
    let (partner, client, from, until) = (partner.0, client.0, filter.from.micros(), filter.until.micros());
    let Some((AccountKey { lender, number, .. }, authorization)) = filter.account else {
        return fetch!(count, db, COUNT, partner, client, from, until, most);
    };
    let (lender, number) = (lender.0, number.get());
    match authorization {
        None => fetch!(count, db, COUNT_OF_ACCOUNT, partner, client, from, until, lender, number, most),
        Some(id) => {
            fetch!(count, db, COUNT_OF_AUTHORIZATION, partner, client, from, until, lender, number, id.0, most)
        }
    }
}

//! The calls about creditors, for the partner key.

use reqwest::Method;
use serde::Serialize;

use crate::answers::Created;
use crate::client::{Client, parse};
use crate::creditor_answers::{
    Agreements, ChangedBody, ChangedCreditor, Credentials, Creditor, CreditorPage, HistoryPage, ReplacedAgreements,
    ReplacedBody, Revoked, Rotated,
};
use crate::creditor_requests::{CreateCreditor, CreditorPatch, CreditorQuery, NewAgreement};
use crate::entity_tag::EntityTag;
use crate::error::Error;
use crate::exchange::Call;
use crate::idempotency::IdempotencyKey;
use crate::receive::Answer;

fn path(creditor: u64, rest: &str) -> String {
    format!("/creditors/{creditor}{rest}")
}

fn json(body: &impl Serialize) -> Option<Vec<u8>> {
    Some(serde_json::to_vec(body).expect("a request of texts, booleans and lists has no part that JSON cannot hold"))
}

fn etag(answer: &Answer) -> Result<EntityTag, Error> {
    answer.etag.clone().ok_or_else(|| answer.unexpected("it has no ETag"))
}

impl Client {
    /// Creates a creditor. However often this call is tried, the creditor is created once.
    ///
    /// # Errors
    /// As [`Client::create_client`], and [`Error::AgreementTaken`] when another creditor has an agreement.
    pub async fn create_creditor(&self, request: &CreateCreditor) -> Result<Created, Error> {
        self.create_creditor_with(request, &self.new_idempotency_key()).await
    }

    /// As [`Client::create_creditor`], with an idempotency key that the caller stored before, together with the request.
    ///
    /// # Errors
    /// As [`Client::create_creditor`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn create_creditor_with(&self, request: &CreateCreditor, key: &IdempotencyKey) -> Result<Created, Error> {
        let call = Call { body: json(request), idempotency_key: Some(key), ..Call::new(Method::POST, "/creditors") };
        parse(&self.run(&call).await?)
    }

    /// A page of the partner's creditors.
    ///
    /// # Errors
    /// [`Error::Validation`] names every part of the query that is wrong.
    pub async fn creditors(&self, query: &CreditorQuery) -> Result<CreditorPage, Error> {
        let call = Call { query: query.pairs(), ..Call::new(Method::GET, "/creditors") };
        parse(&self.run(&call).await?)
    }

    /// One creditor, with the tag of its version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor.
    pub async fn creditor(&self, creditor: u64) -> Result<Creditor, Error> {
        let answer = self.run(&Call::new(Method::GET, path(creditor, ""))).await?;
        Ok(Creditor { etag: etag(&answer)?, data: parse(&answer)? })
    }

    /// Changes a creditor, if it still has the version of `etag`.
    ///
    /// # Errors
    /// [`Error::Stale`] when it has another version by now. When the answer to an earlier try of this call was lost, that may be the
    /// change itself: read the creditor, it tells. [`Error::Validation`] names every fault.
    pub async fn change_creditor(
        &self,
        creditor: u64,
        etag: &EntityTag,
        patch: &CreditorPatch,
    ) -> Result<ChangedCreditor, Error> {
        let call = Call {
            body: json(patch),
            media_type: "application/merge-patch+json",
            if_match: Some(etag),
            ..Call::new(Method::PATCH, path(creditor, ""))
        };
        let answer = self.run(&call).await?;
        let body: ChangedBody = parse(&answer)?;
        Ok(ChangedCreditor {
            creditor: Creditor { etag: self::etag(&answer)?, data: body.data },
            warnings: body.warnings,
        })
    }

    /// A page of the changes of a creditor, newest first: at most `limit`, 1 to 500, or 100 without it. `cursor` is the `next_cursor` of
    /// the page before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor. [`Error::UnexpectedAnswer`] when the page is longer than this client
    /// reads (16 MiB), which a smaller `limit` cures.
    pub async fn creditor_history(
        &self,
        creditor: u64,
        limit: Option<u32>,
        cursor: Option<&str>,
    ) -> Result<HistoryPage, Error> {
        let (limit, cursor) = (limit.map(|limit| limit.to_string()), cursor.map(str::to_owned));
        let query = [("limit", limit), ("cursor", cursor)];
        let query = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let call = Call { query, ..Call::new(Method::GET, path(creditor, "/history")) };
        parse(&self.run(&call).await?)
    }

    /// The current credentials of a creditor, in clear. Each call is recorded by the server.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor; [`Error::RateLimited`] sooner than with other calls.
    pub async fn credentials(&self, creditor: u64) -> Result<Credentials, Error> {
        parse(&self.run(&Call::new(Method::GET, path(creditor, "/credentials"))).await?)
    }

    /// Gives a creditor a new key; the one before works on for the server's overlap. However often this call is tried, one key is made.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor.
    pub async fn rotate_credentials(&self, creditor: u64) -> Result<Rotated, Error> {
        self.rotate_credentials_with(creditor, &self.new_idempotency_key()).await
    }

    /// As [`Client::rotate_credentials`], with an idempotency key that the caller stored before.
    ///
    /// # Errors
    /// As [`Client::rotate_credentials`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn rotate_credentials_with(&self, creditor: u64, key: &IdempotencyKey) -> Result<Rotated, Error> {
        let call =
            Call { idempotency_key: Some(key), ..Call::new(Method::POST, path(creditor, "/credentials/rotate")) };
        parse(&self.run(&call).await?)
    }

    /// Revokes every key of a creditor at once. To do it again does no harm.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor.
    pub async fn revoke_credentials(&self, creditor: u64) -> Result<Revoked, Error> {
        parse(&self.run(&Call::new(Method::DELETE, path(creditor, "/credentials"))).await?)
    }

    /// The agreements of a creditor, with the tag of their version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the partner has no such creditor.
    pub async fn agreements(&self, creditor: u64) -> Result<Agreements, Error> {
        let answer = self.run(&Call::new(Method::GET, path(creditor, "/agreements"))).await?;
        Ok(Agreements { etag: etag(&answer)?, list: parse(&answer)? })
    }

    /// Replaces the agreements of a creditor, if their list still has the version of `etag`.
    ///
    /// # Errors
    /// [`Error::Stale`] as in [`Client::change_creditor`]; [`Error::AgreementTaken`] when another creditor has one of them;
    /// [`Error::Validation`] names every fault.
    pub async fn replace_agreements(
        &self,
        creditor: u64,
        etag: &EntityTag,
        agreements: &[NewAgreement],
    ) -> Result<ReplacedAgreements, Error> {
        let call = Call {
            body: json(&agreements),
            if_match: Some(etag),
            ..Call::new(Method::PUT, path(creditor, "/agreements"))
        };
        let answer = self.run(&call).await?;
        let body: ReplacedBody = parse(&answer)?;
        Ok(ReplacedAgreements {
            agreements: Agreements { etag: self::etag(&answer)?, list: body.agreements },
            warnings: body.warnings,
        })
    }
}

//! On whose behalf a use case runs, for the audit trail.

use std::net::IpAddr;

use domain::audit::{Actor, AuditRecord, Outcome};
use domain::identifier::PartnerId;

use crate::Core;

/// Who asks, from where, and in which request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub actor: Actor,
    /// The address the request came from.
    pub source: Option<IpAddr>,
    /// The request's identifier; empty outside HTTP.
    pub request_id: String,
}

impl Context {
    /// The command line, used by the person with this account name.
    #[must_use]
    pub fn operator(name: impl Into<String>) -> Self {
        Self { actor: Actor::Operator(name.into()), source: None, request_id: String::new() }
    }

    /// A record of what was tried on a record of `partner`, to be kept in the transaction of its cause.
    pub(crate) fn record(
        &self,
        core: &Core,
        partner: PartnerId,
        action: &'static str,
        subject: String,
        outcome: Outcome,
        detail: impl Into<String>,
    ) -> AuditRecord {
        let at = core.now();
        AuditRecord {
            partner,
            id: core.next_id(at),
            at,
            actor: self.actor.to_string(),
            action: action.to_owned(),
            subject,
            source: self.source.map(|address| address.to_string()).unwrap_or_default(),
            request_id: self.request_id.clone(),
            outcome: outcome.name().to_owned(),
            detail: detail.into(),
        }
    }
}

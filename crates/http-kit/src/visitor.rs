//! The extractor of a visitor: a person without a key, at a page. It refuses an address that has guessed too often.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use domain::audit::Actor;
use http::request::Parts;
use service::Context;

use crate::request_info::RequestInfo;
use crate::{HttpState, Problem};

/// Who asks for a page, as far as that is known: an address.
#[derive(Debug)]
pub struct Visitor {
    source: Option<IpAddr>,
    info: RequestInfo,
}

impl Visitor {
    /// Who asks at the page of this name, and from where, for the use case and its audit record.
    #[must_use]
    pub fn context(&self, page: &'static str) -> Context {
        Context { actor: Actor::Visitor(page), source: self.source, request_id: self.info.id().as_str().to_owned() }
    }

    /// Counts a guess: a secret in an address that is none. It counts like a wrong key.
    pub fn guessed(&self, state: &HttpState) {
        state.limits().failed(self.source, self.info.started());
    }

    /// Counts a call of a page.
    ///
    /// # Errors
    /// 429 with the time to wait, when too many came from this address.
    pub fn count_page(&self, state: &HttpState) -> Result<(), Problem> {
        state.limits().count_page(self.source, self.info.started())
    }

    /// Counts a form that is sent.
    ///
    /// # Errors
    /// 429 with the time to wait, when too many came from this address.
    pub fn count_form(&self, state: &HttpState) -> Result<(), Problem> {
        state.limits().count_form(self.source, self.info.started())
    }
}

impl FromRequestParts<HttpState> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let info = RequestInfo::of(parts);
        let source = state.settings().trusted_proxies.caller(parts);
        state.limits().admit(source, info.started())?;
        Ok(Self { source, info })
    }
}

//! What is known of a request, shared by the outermost layer and the handler.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use domain::api_key::KeyId;
use domain::oauth_token::TokenId;
use http::Uri;
use http::request::Parts;

use crate::problem_page::ProblemPage;
use crate::rate_limit::Quota;
use crate::reference_id::ReferenceId;
use crate::request_id::RequestId;

/// What is known of one request. In the extensions of every request.
#[derive(Clone, Debug)]
pub struct RequestInfo(Arc<Known>);

#[derive(Debug)]
struct Known {
    id: RequestId,
    started: Instant,
    caller: OnceLock<KnownCaller>,
    problem_page: OnceLock<(ProblemPage, Uri)>,
    reference: OnceLock<ReferenceId>,
}

/// What the key or token of a request has told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownCaller {
    pub(crate) key: Option<KeyId>,
    pub(crate) token: Option<TokenId>,
    pub(crate) quota: Option<Quota>,
}

/// When the request came.
#[must_use]
pub fn started(parts: &Parts) -> Instant {
    RequestInfo::of(parts).started()
}

impl RequestInfo {
    pub(crate) fn new(id: RequestId, started: Instant) -> Self {
        Self(Arc::new(Known {
            id,
            started,
            caller: OnceLock::new(),
            problem_page: OnceLock::new(),
            reference: OnceLock::new(),
        }))
    }

    /// That of the request; a nameless one when no layer has put it there, as in a test of a handler alone.
    pub(crate) fn of(parts: &Parts) -> Self {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .unwrap_or_else(|| Self::new(RequestId::nameless(), crate::stopwatch::now()))
    }

    /// The identifier of the request.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.0.id
    }

    /// When it came.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.0.started
    }

    pub(crate) fn set_caller(&self, caller: KnownCaller) {
        // A second one can only be that of a handler that takes its caller twice: it is the same.
        let _ = self.0.caller.set(caller);
    }

    pub(crate) fn caller(&self) -> Option<&KnownCaller> {
        self.0.caller.get()
    }

    pub(crate) fn show_problems_by(&self, page: ProblemPage, uri: &Uri) {
        // No front stands inside another, so nobody else has said it.
        let _ = self.0.problem_page.set((page, uri.clone()));
    }

    pub(crate) fn problem_page(&self) -> Option<&(ProblemPage, Uri)> {
        self.0.problem_page.get()
    }

    pub(crate) fn set_reference(&self, reference: ReferenceId) {
        // A second one can only be the same.
        let _ = self.0.reference.set(reference);
    }

    pub(crate) fn reference(&self) -> Option<&ReferenceId> {
        self.0.reference.get()
    }
}

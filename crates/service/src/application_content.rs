//! What an application says and was decided by: sealed when it comes, opened when somebody looks at it, and sealed anew under the newest
//! master key.

use domain::applicant::{Applicant, ApplicantDraft};
use domain::application::ApplicationStatus;
use domain::decision::{Case, Decision};
use domain::reference_data::{Lang, Province};
use domain::terms::TermsVersion;
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::credit_application::CreditApplicationRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Core;
use crate::reseal::BATCH;
use crate::vault::Sealed;

const SEALED: &str = "credit_application.sealed";

/// What is sealed of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    /// What was sent, with what the flow knew before.
    pub(crate) draft: ApplicantDraft,
    /// The version of the terms that was accepted.
    pub(crate) terms: TermsVersion,
    /// What the first decision went by.
    pub(crate) case: Case,
    /// The decisions, the first one first: that of the policy, and that of a person.
    pub(crate) decisions: Vec<Decision>,
    /// What the person who decided it gave as the reason.
    pub(crate) note: Option<String>,
}

fn seal_name(application: Uuid) -> String {
    format!("credit_application:{application}")
}

/// The texts of the reasons of a decision, as the row has them.
pub(crate) fn reasons_of(decision: &Decision) -> String {
    decision.reasons.iter().map(|reason| reason.as_str()).collect::<Vec<_>>().join(",")
}

pub(crate) fn status_of(row: &CreditApplicationRow) -> Result<ApplicationStatus, StoreError> {
    ApplicationStatus::parse(&row.status).map_err(|error| StoreError::unreadable("credit_application.status", error))
}

impl Core {
    pub(crate) fn seal_application(&self, application: Uuid, content: &Content) -> Result<Sealed, StoreError> {
        let plain = serde_json::to_vec(content).map_err(|error| StoreError::unreadable(SEALED, error))?;
        Ok(self.vault().seals.seal(&seal_name(application), &Zeroizing::new(plain), self.random()))
    }

    pub(crate) fn open_application(&self, row: &CreditApplicationRow) -> Result<Content, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.application), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable(SEALED, error))?;
        let content = serde_json::from_slice(&plain);
        // Without what stands there: the error is logged.
        content.map_err(|error| StoreError::unreadable(SEALED, format!("{:?}", error.classify())))
    }

    /// Who applied, as it was when the application came: a document may have expired since.
    pub(crate) fn applicant_of(&self, row: &CreditApplicationRow, content: &Content) -> Result<Applicant, StoreError> {
        let unreadable = |what: &str| StoreError::unreadable(SEALED, what.to_owned());
        let province = content.draft.province.as_deref().and_then(|text| Province::parse(text).ok());
        let province = province.ok_or_else(|| unreadable("there is no province"))?;
        let lang = Lang::parse(&row.terms_language).map_err(|error| StoreError::unreadable(SEALED, error))?;
        domain::applicant::check(&content.draft, province.today(row.created_at), lang)
            .map_err(|faults| unreadable(&format!("it is no application any more: {faults:?}")))
    }

    /// Seals every application under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_applications(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::credit_application::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let name = seal_name(row.application);
                    let again = core.sealed_again(SEALED, &name, &row.sealed, row.master_key_version)?;
                    store::credit_application::reseal(tx, row, &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}

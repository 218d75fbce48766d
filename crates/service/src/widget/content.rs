//! What a shop has told of the customer of a session: sealed while the session is kept.

use domain::applicant::ApplicantDraft;
use domain::identifier::ClientIdentifier;
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::widget_session::WidgetSessionRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Core;
use crate::reseal::BATCH;
use crate::vault::Sealed;

const SEALED: &str = "widget_session.sealed";

/// What was told. Personal data.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) account: Option<String>,
    pub(super) card: Option<String>,
    pub(super) person: ApplicantDraft,
}

/// The name under which it is sealed.
fn seal_name((client, session): (ClientIdentifier, Uuid)) -> String {
    format!("widget_session:{client}:{session}")
}

impl Core {
    pub(super) fn seal_widget(&self, of: (ClientIdentifier, Uuid), content: &Content) -> Result<Sealed, StoreError> {
        let plain = serde_json::to_vec(content).map_err(|error| StoreError::unreadable(SEALED, error))?;
        Ok(self.vault().seals.seal(&seal_name(of), &Zeroizing::new(plain), self.random()))
    }

    pub(super) fn open_widget_content(&self, row: &WidgetSessionRow) -> Result<Content, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name((row.client, row.session)), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable(SEALED, error))?;
        let content = serde_json::from_slice(&plain);
        // Without what stands there: the error is logged.
        content.map_err(|error| StoreError::unreadable(SEALED, format!("{:?}", error.classify())))
    }

    /// Seals what was told in every session under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_widgets(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::widget_session::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let name = seal_name((row.client, row.session));
                    let again = core.sealed_again(SEALED, &name, &row.sealed, row.master_key_version)?;
                    store::widget_session::reseal(tx, row, &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}

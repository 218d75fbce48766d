//! Manual onboarding: a request is kept, the operator decides it, and approval creates the client and mails a one-time link.

mod decision;

use domain::audit::{AuditRecord, INSTALLATION, Outcome};
use domain::client::ClientDraft;
use domain::deployment::{CheckedDeployment, DeploymentDraft, DeploymentState, check};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::deployment::DeploymentRow;
use store::outbox::OutboxRow;
use uuid::Uuid;

use crate::api_key::Principal;
use crate::idempotency::{Begun, Idempotency, IdempotencyError, Operation, Repeatable};
use crate::onboarding::Answer;
use crate::{AdminError, Context, Core, letters};

pub(crate) use decision::Approval;
pub use decision::ApprovedDeployment;

/// The most requests by the public form that wait for the operator at once. Strangers send them, and each is a mail to the operator.
const MOST_OPEN: i64 = 1000;

const OPERATION: &str = Operation::RequestDeployment.name();

/// A request and what has become of it.
#[derive(Clone)]
pub struct Deployment {
    /// Its identifier.
    pub id: Uuid,
    /// The code of the partner that asks; `None` when it came by the public form.
    pub partner_code: Option<String>,
    /// How far it has come.
    pub state: DeploymentState,
    /// The client that is asked for, as it was sent.
    pub client: ClientDraft,
    /// The accounting system.
    pub accounting_system: Option<String>,
    /// The name of the person who completes the onboarding.
    pub responsible_name: String,
    /// That person's e-mail address.
    pub responsible_email: String,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The client that was created.
    pub client_identifier: Option<ClientIdentifier>,
}

impl std::fmt::Debug for Deployment {
    /// Without persons and addresses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deployment").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// A request that was kept.
#[derive(Clone, Debug)]
pub struct ReceivedDeployment {
    /// The request.
    pub deployment: Deployment,
    /// Whether the operator was told by mail; not, when no mail is set up.
    pub notified: bool,
    /// What would be a fault in production.
    pub warnings: Vec<Fault>,
}

/// Why a request is not kept.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The input is wrong; every fault of it.
    #[error("{} fields need attention", .0.len())]
    Invalid(Vec<Fault>),
    /// It is for another partner than the one who asks.
    #[error("the partner code is not that of the key's holder")]
    PartnerMismatch,
    /// As many requests wait by the public form as are kept.
    #[error("too many requests by the public form wait for the operator")]
    Full,
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is kept for a repeat: the request tells the rest.
#[derive(Serialize, Deserialize)]
struct Kept {
    request: Uuid,
    notified: bool,
    warnings: Vec<Fault>,
}

#[derive(Clone)]
struct NewRequest {
    row: DeploymentRow,
    mail: Option<OutboxRow>,
    record: AuditRecord,
    warnings: Vec<Fault>,
}

impl Core {
    /// Keeps a request, and tells the operator by mail, where that is set up: all or none. `asker` is the partner; nobody stands for the
    /// public form.
    ///
    /// # Errors
    /// [`DeploymentError`].
    pub async fn request_deployment(
        &self,
        asker: Option<&Principal>,
        draft: &DeploymentDraft,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<ReceivedDeployment>, DeploymentError> {
        let request = asker.zip(idempotency).map(|(asker, idempotency)| Repeatable {
            holder: asker.holder,
            operation: Operation::RequestDeployment,
            idempotency,
        });
        let _running = match self.begin::<Kept, DeploymentError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return self.kept_request(kept).await,
            first @ Begun::First { .. } => first,
        };
        let partner = asker.map_or(INSTALLATION, |asker| asker.holder.partner);
        let own_code = match asker {
            Some(_) => Some(self.partner_code(partner).await?.to_string()),
            None => None,
        };
        if let (Some(own), Some(given)) = (&own_code, &draft.client.partner_code)
            && !given.trim().is_empty()
            && given != own
        {
            let subject = format!("partner:{own}");
            let record = context.record(self, partner, OPERATION, subject, Outcome::Refused, "partner_mismatch");
            self.record_alone(record).await?;
            return Err(DeploymentError::PartnerMismatch);
        }
        let checked = check(draft, self.environment()).map_err(|faults| DeploymentError::Invalid(faults.into_vec()))?;
        let new = self.new_request(partner, own_code, checked, context)?;
        let (core, added) = (self.clone(), new.clone());
        let replayed = self
            .db()
            .write(move |tx| {
                let (core, new, request) = (core.clone(), added.clone(), request.clone());
                Box::pin(async move {
                    if let Some(kept) = core.take_request::<Kept, DeploymentError>(tx, request.as_ref()).await? {
                        return Ok(Some(kept));
                    }
                    if let Some(request) = &request {
                        let kept = Kept {
                            request: new.row.request,
                            notified: new.mail.is_some(),
                            warnings: new.warnings.clone(),
                        };
                        core.keep_answer(tx, request, &kept).await?;
                    }
                    if new.row.partner == INSTALLATION
                        && store::deployment::count_open(tx, INSTALLATION, MOST_OPEN).await? >= MOST_OPEN
                    {
                        return Err(DeploymentError::Full);
                    }
                    store::deployment::insert(tx, &new.row).await?;
                    if let Some(mail) = &new.mail {
                        core.post(tx, mail).await?;
                    }
                    store::audit::insert(tx, &new.record).await?;
                    Ok(None)
                })
            })
            .await?;
        if let Some(kept) = replayed {
            return self.kept_request(kept).await;
        }
        let notified = new.mail.is_some();
        if notified {
            self.outbox_bells().ring_all();
        } else {
            tracing::warn!(request = %new.row.request, "a deployment request was kept, and nobody told: no mail is set up");
        }
        let deployment = self.deployment_of(new.row).await?;
        Ok(Answer { value: ReceivedDeployment { deployment, notified, warnings: new.warnings }, replayed: false })
    }

    fn new_request(
        &self,
        partner: PartnerId,
        partner_code: Option<String>,
        checked: CheckedDeployment,
        context: &Context,
    ) -> Result<NewRequest, StoreError> {
        let now = self.now();
        let row = DeploymentRow {
            partner,
            request: self.next_id(now),
            state: DeploymentState::Received.to_string(),
            client: serde_json::to_string(&checked.client).map_err(|error| unreadable(error.to_string()))?,
            accounting_system: checked.accounting_system.unwrap_or_default(),
            responsible_name: checked.responsible_name,
            responsible_email: checked.responsible_email.into_string(),
            created_at: now,
            decided_at: None,
            reason: String::new(),
            client_partner: PartnerId(0),
            client_id: 0,
        };
        let mail = match &self.settings().mail {
            Some(settings) => {
                let (subject, text) = letters::requested(&details(row.clone(), partner_code)?);
                let letter = letters::letter(&settings.operator, &subject, text);
                self.new_mail(partner, -partner.0, &letter, now)?
            }
            None => None,
        };
        // No names and no addresses: the trail is kept for ever.
        let record = context.record(self, partner, OPERATION, subject(row.request), Outcome::Done, "");
        Ok(NewRequest { row, mail, record, warnings: checked.warnings })
    }

    /// The first answer again: the request as it was received.
    async fn kept_request(&self, kept: Kept) -> Result<Answer<ReceivedDeployment>, DeploymentError> {
        let row = store::deployment::by_id(&mut self.db().reader().await?, kept.request).await?;
        let row = row.ok_or_else(|| unreadable("a request that was kept is gone".to_owned()))?;
        let deployment = Deployment {
            state: DeploymentState::Received,
            decided_at: None,
            reason: None,
            client_identifier: None,
            ..self.deployment_of(row).await?
        };
        let value = ReceivedDeployment { deployment, notified: kept.notified, warnings: kept.warnings };
        Ok(Answer { value, replayed: true })
    }

    /// A request of a partner.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deployment(&self, partner: PartnerId, id: Uuid) -> Result<Option<Deployment>, StoreError> {
        let row = store::deployment::by_id(&mut self.db().reader().await?, id).await?;
        match row.filter(|row| row.partner == partner) {
            Some(row) => self.deployment_of(row).await.map(Some),
            None => Ok(None),
        }
    }

    /// At most `limit` requests after `after`, oldest first, of one state or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_deployments(
        &self,
        state: Option<DeploymentState>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Deployment>, AdminError> {
        let (state, after) = (state.map(DeploymentState::as_str), after.unwrap_or_default());
        let rows = store::deployment::page(&mut self.db().reader().await?, state, after, i64::from(limit)).await?;
        let mut listed = Vec::with_capacity(rows.len());
        for row in rows {
            listed.push(self.deployment_of(row).await?);
        }
        Ok(listed)
    }

    /// One request.
    ///
    /// # Errors
    /// When there is none of this identifier, or the database fails.
    pub async fn show_deployment(&self, id: Uuid) -> Result<Deployment, AdminError> {
        let row = self.deployment_row(id).await?;
        Ok(self.deployment_of(row).await?)
    }

    async fn deployment_row(&self, id: Uuid) -> Result<DeploymentRow, AdminError> {
        let row = store::deployment::by_id(&mut self.db().reader().await?, id).await?;
        row.ok_or_else(|| AdminError::NotFound(format!("deployment request {id}")))
    }

    async fn deployment_of(&self, row: DeploymentRow) -> Result<Deployment, StoreError> {
        let code = match row.partner {
            INSTALLATION => None,
            partner => Some(self.partner_code(partner).await?.to_string()),
        };
        details(row, code)
    }
}

fn details(row: DeploymentRow, partner_code: Option<String>) -> Result<Deployment, StoreError> {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(Deployment {
        id: row.request,
        partner_code,
        state: DeploymentState::parse(&row.state).map_err(unreadable)?,
        client: serde_json::from_str(&row.client).map_err(|error| unreadable(error.to_string()))?,
        accounting_system: some(row.accounting_system),
        responsible_name: row.responsible_name,
        responsible_email: row.responsible_email,
        created_at: row.created_at,
        decided_at: row.decided_at.map(Timestamp::from_micros),
        reason: some(row.reason),
        client_identifier: (row.client_id != 0).then_some(ClientIdentifier(row.client_id)),
    })
}

fn subject(id: Uuid) -> String {
    format!("deployment:{id}")
}

fn unreadable(what: String) -> StoreError {
    StoreError::unreadable("deployment_request", what)
}

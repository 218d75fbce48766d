//! Manual onboarding: a request is kept, the operator decides it, and approval creates the client and mails a one-time link.

use domain::api_key::KeyHolder;
use domain::audit::{AuditRecord, INSTALLATION, Outcome};
use domain::client::ClientDraft;
use domain::deployment::{CheckedDeployment, DeploymentDraft, DeploymentState, check, check_reason, merged};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Fault, Faults, Timestamp};
use serde::{Deserialize, Serialize};
use store::deployment::DeploymentRow;
use store::outbox::OutboxRow;
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use crate::api_key::Principal;
use crate::credentials_link::NewLink;
use crate::idempotency::{Idempotency, IdempotencyError, Repeatable};
use crate::onboarding::{Answer, CreatedClient, OnboardingError};
use crate::{AdminError, Context, Core, letters};

const OPERATION: &str = "deployment.request";

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

/// A request that was approved.
#[derive(Clone, Debug)]
pub struct ApprovedDeployment {
    /// The request.
    pub deployment: Deployment,
    /// The client that was created. Its key is behind the link, and not here.
    pub client: ClientIdentifier,
    /// The link, when no mail is set up: then the operator hands it over. It is a secret.
    pub link: Option<String>,
    /// From when on the link does not work.
    pub link_expires_at: Timestamp,
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
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(IdempotencyError),
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

/// What an approval adds to the transaction that creates the client. Made ahead of it.
#[derive(Clone)]
pub(crate) struct Approval {
    row: DeploymentRow,
    link: NewLink,
    mail: Option<OutboxRow>,
    record: AuditRecord,
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
            operation: OPERATION,
            idempotency,
        });
        let _running = match &request {
            Some(request) => {
                let kept = self.kept_answer::<Kept>(&mut self.db().reader().await?, request).await?;
                if let Some(kept) = kept.map_err(DeploymentError::Idempotency)? {
                    return self.kept_request(kept).await;
                }
                Some(self.enter(request).map_err(DeploymentError::Idempotency)?)
            }
            None => None,
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
                    if let Some(request) = &request {
                        if !core.take(tx, request).await? {
                            return Err(DeploymentError::Idempotency(IdempotencyError::InProgress));
                        }
                        let kept = core.kept_answer::<Kept>(tx, request).await?;
                        if let Some(kept) = kept.map_err(DeploymentError::Idempotency)? {
                            return Ok(Some(kept));
                        }
                        let kept = Kept {
                            request: new.row.request,
                            notified: new.mail.is_some(),
                            warnings: new.warnings.clone(),
                        };
                        core.keep_answer(tx, request, &kept).await?;
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
            self.outbox_written().send_replace(());
        } else {
            tracing::warn!(request = %new.row.request, "a deployment request was kept, and nobody told: no mail is set up");
        }
        let deployment = self.deployment_of(new.row).await?;
        Ok(Answer { value: ReceivedDeployment { deployment, notified, warnings: new.warnings }, replayed: false })
    }

    /// Refuses an idempotency key that was used for another request, ahead of a refusal of this one for its form.
    ///
    /// # Errors
    /// [`DeploymentError::Idempotency`] when it was, or [`DeploymentError::Store`].
    pub async fn refuse_reused_deployment_key(
        &self,
        asker: &Principal,
        idempotency: &Idempotency,
    ) -> Result<(), DeploymentError> {
        let request = Repeatable { holder: asker.holder, operation: OPERATION, idempotency: idempotency.clone() };
        let kept = self.kept_answer::<Kept>(&mut self.db().reader().await?, &request).await?;
        kept.map(drop).map_err(DeploymentError::Idempotency)
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

    /// Approves a request: creates the client, notes it with the request, and mails the one-time link to the responsible person, all or
    /// none. `further` is what the request lacks, or what is to stand in the place of what it says; `partner_code` says whose client it
    /// becomes, when the request came by the public form.
    ///
    /// # Errors
    /// When there is no such request, it was decided before, the client has faults or is there already, `public-url` is not set, or the
    /// database fails.
    pub async fn approve_deployment(
        &self,
        id: Uuid,
        further: &ClientDraft,
        partner_code: Option<&str>,
        context: &Context,
    ) -> Result<ApprovedDeployment, AdminError> {
        let row = self.deployment_row(id).await?;
        if let Some(decided) = decided(&row) {
            return Err(AdminError::State(decided));
        }
        let request = self.deployment_of(row.clone()).await?;
        let (partner, code) = self.future_partner(&request, partner_code).await?;
        let mut draft = merged(further, &request.client);
        let named = draft.partner_code.get_or_insert_with(|| code.clone());
        if *named != code {
            return Err(fault(
                "service.partnerCode",
                "partner_mismatch",
                format!("The client is to be that of {code}: leave this out"),
            ));
        }
        let checked = domain::client::check(&draft, self.environment())
            .map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
        let now = self.now();
        let (link, address) = self.new_link(partner, id, now)?;
        let expires_at = link.expires_at();
        let (subject_line, text) = letters::credentials(&request, &address, expires_at);
        let letter = letters::letter(&request.responsible_email, &subject_line, text);
        let mail = self.new_mail(partner, -partner.0, &letter, now)?;
        let mailed = mail.is_some();
        let record = context.record(self, partner, "deployment.approve", subject(id), Outcome::Done, "");
        let approval = Approval { row, link, mail, record };
        let created =
            self.enrol_approved(partner, checked.into(), None, context, Some(approval)).await.map_err(admin_error)?;
        if mailed {
            self.outbox_written().send_replace(());
        }
        let CreatedClient { client, warnings, .. } = created.value;
        Ok(ApprovedDeployment {
            deployment: self.show_deployment(id).await?,
            client,
            link: (!mailed).then_some(address),
            link_expires_at: expires_at,
            warnings,
        })
    }

    /// Whose client a request becomes.
    async fn future_partner(
        &self,
        request: &Deployment,
        partner_code: Option<&str>,
    ) -> Result<(PartnerId, String), AdminError> {
        let code = match (&request.partner_code, partner_code) {
            (Some(own), Some(given)) if own != given => {
                let message = format!("The request is that of the partner {own}: leave --partner out");
                return Err(fault("partner", "partner_mismatch", message));
            }
            (Some(own), _) => own.as_str(),
            (None, Some(given)) => given,
            (None, None) => {
                let message =
                    "The request came by the public form: say with --partner whose client it becomes".to_owned();
                return Err(fault("partner", domain::fault_code::REQUIRED, message));
            }
        };
        let partner = store::partner::by_code(&mut self.db().reader().await?, code).await?;
        let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?;
        if partner.revoked_at.is_some() {
            return Err(AdminError::State(format!("the partner {code} is revoked, and gets no clients")));
        }
        Ok((partner.partner, partner.code))
    }

    /// Rejects a request, and mails the reason to the responsible person, where mail is set up. Gives whether it is mailed.
    ///
    /// # Errors
    /// When there is no such request, it was decided before, the reason is missing or too long, or the database fails.
    pub async fn reject_deployment(
        &self,
        id: Uuid,
        reason: &str,
        context: &Context,
    ) -> Result<(Deployment, bool), AdminError> {
        check_reason(reason).map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
        let row = self.deployment_row(id).await?;
        let request = self.deployment_of(row.clone()).await?;
        let now = self.now();
        let (subject_line, text) = letters::rejected(&request, reason.trim());
        let letter = letters::letter(&request.responsible_email, &subject_line, text);
        let mail = self.new_mail(row.partner, -row.partner.0, &letter, now)?;
        let mailed = mail.is_some();
        let record = context.record(self, row.partner, "deployment.reject", subject(id), Outcome::Done, "");
        let (core, reason) = (self.clone(), reason.trim().to_owned());
        self.db()
            .write(move |tx| {
                let (core, row, reason) = (core.clone(), row.clone(), reason.clone());
                let (mail, record) = (mail.clone(), record.clone());
                Box::pin(async move {
                    open(tx, &row).await?.map_err(AdminError::State)?;
                    store::deployment::reject(tx, &row, &reason, now).await?;
                    if let Some(mail) = &mail {
                        core.post(tx, mail).await?;
                    }
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await?;
        if mailed {
            self.outbox_written().send_replace(());
        }
        Ok((self.show_deployment(id).await?, mailed))
    }

    /// Makes a new link to the credentials of an approved request, in place of those that nobody has used, and mails it.
    ///
    /// # Errors
    /// When there is no such request, it was not approved, `public-url` is not set, or the database fails.
    pub async fn renew_link(&self, id: Uuid, context: &Context) -> Result<ApprovedDeployment, AdminError> {
        let row = self.deployment_row(id).await?;
        let request = self.deployment_of(row.clone()).await?;
        let Some(client) = request.client_identifier else {
            return Err(AdminError::State(format!(
                "deployment request {id} is {}: only an approved one has a link",
                request.state
            )));
        };
        let now = self.now();
        let partner = row.client_partner;
        let (link, address) = self.new_link(partner, id, now)?;
        let link = link.of_client(client);
        let expires_at = link.expires_at;
        let (subject_line, text) = letters::credentials(&request, &address, expires_at);
        let letter = letters::letter(&request.responsible_email, &subject_line, text);
        let mail = self.new_mail(partner, -partner.0, &letter, now)?;
        let mailed = mail.is_some();
        let detail = format!("link {}", link.link);
        let record =
            context.record(self, partner, "credentials_link.make", format!("client:{client}"), Outcome::Done, detail);
        let core = self.clone();
        self.db()
            .write(move |tx| {
                let (core, link, mail, record) = (core.clone(), link.clone(), mail.clone(), record.clone());
                Box::pin(async move {
                    store::credentials_link::end(tx, partner, client, now).await?;
                    store::credentials_link::insert(tx, &link).await?;
                    if let Some(mail) = &mail {
                        core.post(tx, mail).await?;
                    }
                    store::audit::insert(tx, &record).await
                })
            })
            .await?;
        if mailed {
            self.outbox_written().send_replace(());
        }
        let link = (!mailed).then_some(address);
        Ok(ApprovedDeployment { deployment: request, client, link, link_expires_at: expires_at, warnings: Vec::new() })
    }
}

impl Approval {
    /// Whether the request still waits for its decision.
    pub(crate) async fn check(&self, tx: &mut Tx) -> Result<(), OnboardingError> {
        open(tx, &self.row).await?.map_err(OnboardingError::Decided)
    }

    /// Notes the decision, keeps the link and posts the mail.
    pub(crate) async fn carry_out(&self, core: &Core, tx: &mut Tx, holder: KeyHolder) -> Result<(), StoreError> {
        let Some(client) = holder.client else { return Ok(()) };
        store::deployment::approve(tx, &self.row, holder.partner, client, self.record.at).await?;
        let link = self.link.clone().of_client(client);
        store::credentials_link::insert(tx, &link).await?;
        if let Some(mail) = &self.mail {
            core.post(tx, mail).await?;
        }
        let detail = format!("client {client}, link {}", link.link);
        store::audit::insert(tx, &AuditRecord { detail, ..self.record.clone() }).await
    }
}

/// Says, when the request was decided meanwhile, how.
async fn open(db: &mut impl Access, row: &DeploymentRow) -> Result<Result<(), String>, StoreError> {
    let now = store::deployment::by_id(db, row.request).await?;
    Ok(match now {
        None => Err(format!("deployment request {} is gone", row.request)),
        Some(row) => decided(&row).map_or(Ok(()), Err),
    })
}

/// How a request was decided, in words.
fn decided(row: &DeploymentRow) -> Option<String> {
    let at = Timestamp::from_micros(row.decided_at?);
    let id = row.request;
    Some(if row.client_id == 0 {
        format!("deployment request {id} was rejected at {at}: a rejected request stays so, and a new one may be sent")
    } else {
        format!("deployment request {id} was approved at {at}: it is client {}", row.client_id)
    })
}

fn admin_error(error: OnboardingError) -> AdminError {
    match error {
        OnboardingError::Invalid(faults) => AdminError::Invalid(faults),
        OnboardingError::PartnerMismatch => AdminError::State("the partner can't have this client".to_owned()),
        OnboardingError::Exists { client, .. } => {
            AdminError::Exists(format!("client {client} of this country and business code"))
        }
        OnboardingError::Decided(how) => AdminError::State(how),
        OnboardingError::AgreementTaken(_) => AdminError::State("another creditor has an agreement of it".to_owned()),
        OnboardingError::Idempotency(error) => AdminError::State(error.to_string()),
        OnboardingError::Store(error) => error.into(),
    }
}

fn fault(field: &'static str, code: &'static str, message: String) -> AdminError {
    let mut faults = Faults::new();
    faults.add(field, code, message);
    AdminError::Invalid(faults.into_vec())
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

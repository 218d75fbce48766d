//! What the operator decides of a request: approves it, rejects it, or makes its link anew.

use domain::api_key::KeyHolder;
use domain::audit::{AuditRecord, Outcome};
use domain::client::ClientDraft;
use domain::deployment::{DeploymentState, check_reason, merged};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Fault, Faults, Timestamp};
use store::deployment::DeploymentRow;
use store::outbox::OutboxRow;
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use super::{Deployment, subject};
use crate::credentials_link::NewLink;
use crate::onboarding::{CreatedClient, OnboardingError};
use crate::{AdminError, Context, Core, letters};

/// A request that was approved.
#[derive(Clone)]
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

impl std::fmt::Debug for ApprovedDeployment {
    /// Without the link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApprovedDeployment").field("deployment", &self.deployment).finish_non_exhaustive()
    }
}

/// What an approval adds to the transaction that creates the client. Made ahead of it.
pub(crate) struct Approval {
    row: DeploymentRow,
    link: NewLink,
    mail: Option<OutboxRow>,
    record: AuditRecord,
}

impl Core {
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
            self.outbox_bells().ring_all();
        }
        let CreatedClient { client, warnings, .. } = created.value;
        // Not read back: a database that fails now must not lose the link.
        let deployment = Deployment {
            state: DeploymentState::Approved,
            decided_at: Some(now),
            client_identifier: Some(client),
            ..request
        };
        Ok(ApprovedDeployment {
            deployment,
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
            self.outbox_bells().ring_all();
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
            self.outbox_bells().ring_all();
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
    pub(crate) async fn carry_out(&self, core: &Core, tx: &mut Tx, holder: KeyHolder) -> Result<(), OnboardingError> {
        let Some(client) = holder.client else { return Ok(()) };
        if !store::deployment::approve(tx, &self.row, holder.partner, client, self.record.at).await? {
            // Somebody else has decided it since it was looked at, and that says how.
            self.check(tx).await?;
            return Err(OnboardingError::Decided(format!(
                "deployment request {} was decided meanwhile",
                self.row.request
            )));
        }
        let link = self.link.clone().of_client(client);
        store::credentials_link::insert(tx, &link).await?;
        if let Some(mail) = &self.mail {
            core.post(tx, mail).await?;
        }
        let detail = format!("client {client}, link {}", link.link);
        store::audit::insert(tx, &AuditRecord { detail, ..self.record.clone() }).await?;
        Ok(())
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

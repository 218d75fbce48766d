//! Onboarding: a partner creates a client, which gets its first key.

use std::sync::Arc;

use domain::agreement::{Agreement, AgreementDraft};
use domain::api_key::{KeyHolder, KeyId, KeyKind, KeyValue};
use domain::audit::{AuditRecord, Outcome};
use domain::client::{ClientDraft, Contact, NewClient};
use domain::creditor::{CheckedCreditor, CreditorSettings, CreditorStatus, SettingsDraft};
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::merchant::MerchantSettings;
use domain::service_type::ServiceType;
use domain::{Fault, Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::client::{ClientRow, ContactRow};
use store::merchant::MerchantRow;
use store::outbox::OutboxRow;
use store::{StoreError, Tx};

use crate::agreement::TakenAgreement;
use crate::api_key::{NewKey, Principal};
use crate::deployment::Approval;
use crate::idempotency::{Begun, Idempotency, IdempotencyError, Operation, Repeatable, kept_secret};
use crate::numbers::ClientNumbers;
use crate::oauth_client::{NewOauthClient, OauthCredentials};
use crate::webhook_event::{self, Event};
use crate::{Context, Core};

const OPERATION: &str = Operation::CreateClient.name();

/// A client that was created, with its first key.
#[derive(Clone, Debug)]
pub struct CreatedClient {
    /// `clientIdentifier`.
    pub client: ClientIdentifier,
    /// `confirmaFinanceCustomerCode`.
    pub customer_code: CustomerCode,
    /// `paymentReferencePrefix`.
    pub reference_prefix: ReferencePrefix,
    /// The identifier of its key.
    pub key_id: KeyId,
    /// The value of its key.
    pub key: Secret<KeyValue>,
    /// From when on the key does not work; `None` is never.
    pub key_expires_at: Option<Timestamp>,
    /// OAuth credentials, for a client of the point-of-sale service.
    pub oauth: Option<OauthCredentials>,
    /// What would be a fault in production.
    pub warnings: Vec<Fault>,
}

/// What a use case came to, and whether it came to it earlier.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// What it came to.
    pub value: T,
    /// Whether this is the kept answer to an earlier request.
    pub replayed: bool,
}

/// Why no client was created.
#[derive(Debug, thiserror::Error)]
pub enum OnboardingError {
    /// The input is wrong; every fault of it.
    #[error("{} fields need attention", .0.len())]
    Invalid(Vec<Fault>),
    /// The client is for another partner than the one who asks.
    #[error("the partner code is not that of the key's holder")]
    PartnerMismatch,
    /// The partner has a client of this country and business code.
    #[error("the client exists")]
    Exists {
        /// The client that is there.
        client: ClientIdentifier,
        /// Whether this is the kept answer to an earlier request.
        replayed: bool,
    },
    /// The deployment request that it belongs to was decided before; how.
    #[error("{0}")]
    Decided(String),
    /// Another creditor of the partner has one of the agreements.
    #[error("another creditor has the agreement")]
    AgreementTaken(TakenAgreement),
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a creditor may have besides what every client has.
#[derive(Clone, Debug, Default)]
pub struct CreditorExtras {
    /// Its service settings.
    pub settings: SettingsDraft,
    /// Its agreements.
    pub agreements: Vec<AgreementDraft>,
}

/// What is kept for a repeat.
#[derive(Serialize, Deserialize)]
enum Kept {
    Created(KeptClient),
    Exists(ClientIdentifier),
}

#[derive(Serialize, Deserialize)]
struct KeptClient {
    client: ClientIdentifier,
    customer_code: CustomerCode,
    reference_prefix: ReferencePrefix,
    key_id: KeyId,
    key: String,
    key_expires_at: Option<Timestamp>,
    oauth: Option<(String, String)>,
    warnings: Vec<Fault>,
}

impl Kept {
    fn of(created: &CreatedClient) -> Self {
        Self::Created(KeptClient {
            client: created.client,
            customer_code: created.customer_code,
            reference_prefix: created.reference_prefix,
            key_id: created.key_id,
            key: created.key.expose().to_text(),
            key_expires_at: created.key_expires_at,
            oauth: created.oauth.as_ref().map(OauthCredentials::to_kept),
            warnings: created.warnings.clone(),
        })
    }

    fn into_answer(self) -> Result<Answer<CreatedClient>, OnboardingError> {
        match self {
            Self::Exists(client) => Err(OnboardingError::Exists { client, replayed: true }),
            Self::Created(kept) => {
                let key = kept_secret(&kept.key)?;
                let oauth = kept.oauth.map(OauthCredentials::from_kept).transpose()?;
                let value = CreatedClient {
                    client: kept.client,
                    customer_code: kept.customer_code,
                    reference_prefix: kept.reference_prefix,
                    key_id: kept.key_id,
                    key,
                    key_expires_at: kept.key_expires_at,
                    oauth,
                    warnings: kept.warnings,
                };
                Ok(Answer { value, replayed: true })
            }
        }
    }
}

/// A client to be added: made ahead of the transaction, so that a second run of it keeps the same.
pub(crate) struct Enrolment {
    pub(crate) row: ClientRow,
    pub(crate) contacts: Vec<ContactRow>,
    pub(crate) agreements: Vec<Agreement>,
    pub(crate) key: NewKey,
    /// Of a client of the point-of-sale service, as is `merchant`.
    pub(crate) oauth: Option<NewOauthClient>,
    pub(crate) merchant: Option<MerchantRow>,
    pub(crate) warnings: Vec<Fault>,
    pub(crate) record: AuditRecord,
    pub(crate) refusal: AuditRecord,
    /// What tells of it; `None` when that is not known ahead of the transaction.
    pub(crate) webhooks: Option<Vec<OutboxRow>>,
}

impl Core {
    /// Creates a client of the partner that asks: the client, its contacts, its key and the audit record, all or none.
    ///
    /// With an idempotency key, a repeat comes to what the first request came to. What is kept is what was decided in the transaction:
    /// a client that was created, or that was there already. A request that was refused for its faults did nothing, so it may be
    /// mended and sent again under the same key.
    ///
    /// # Errors
    /// [`OnboardingError`].
    pub async fn create_client(
        &self,
        principal: &Principal,
        draft: &ClientDraft,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreatedClient>, OnboardingError> {
        self.create_creditor(principal, draft, &CreditorExtras::default(), idempotency, context).await
    }

    /// As [`Core::create_client`], with settings and agreements.
    ///
    /// # Errors
    /// [`OnboardingError`].
    pub async fn create_creditor(
        &self,
        principal: &Principal,
        draft: &ClientDraft,
        extras: &CreditorExtras,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreatedClient>, OnboardingError> {
        let answer = self.create_or_repeat(principal, draft, extras, idempotency, context).await?;
        if answer.replayed {
            let subject = format!("client:{}", answer.value.client);
            self.record_shown_again(principal.holder.partner, OPERATION, subject, context).await?;
        }
        Ok(answer)
    }

    async fn create_or_repeat(
        &self,
        principal: &Principal,
        draft: &ClientDraft,
        extras: &CreditorExtras,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreatedClient>, OnboardingError> {
        let partner = principal.holder.partner;
        let request = idempotency.map(|idempotency| Repeatable {
            holder: principal.holder,
            operation: Operation::CreateClient,
            idempotency,
        });
        let _running = match self.begin::<Kept, OnboardingError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return kept.into_answer(),
            first @ Begun::First { .. } => first,
        };
        let own_code = self.partner_code(partner).await?;
        if draft.partner_code.as_deref().is_some_and(|code| !code.trim().is_empty() && *code != *own_code) {
            // The foreign code is left out: it is the sender's text, and a key that was sent by mistake would stand there for ever.
            let subject = format!("partner:{own_code}");
            let record = context.record(self, partner, OPERATION, subject, Outcome::Refused, "partner_mismatch");
            self.record_alone(record).await?;
            return Err(OnboardingError::PartnerMismatch);
        }
        let checked = domain::creditor::check(draft, &extras.settings, &extras.agreements, self.environment())
            .map_err(|faults| OnboardingError::Invalid(faults.into_vec()))?;
        self.enrol(partner, checked, request, context).await
    }

    /// Adds a checked client, unless its partner has one of that country and business code.
    pub(crate) async fn enrol(
        &self,
        partner: PartnerId,
        checked: CheckedCreditor,
        request: Option<Repeatable>,
        context: &Context,
    ) -> Result<Answer<CreatedClient>, OnboardingError> {
        self.enrol_approved(partner, checked, request, context, None).await
    }

    /// As [`Core::enrol`], and carries out the approval that the client comes of in the same transaction.
    pub(crate) async fn enrol_approved(
        &self,
        partner: PartnerId,
        checked: CheckedCreditor,
        request: Option<Repeatable>,
        context: &Context,
        approval: Option<Approval>,
    ) -> Result<Answer<CreatedClient>, OnboardingError> {
        let now = self.now();
        let numbers = self.numbers().client().await?;
        let (client, warnings) = (checked.client.client, checked.client.warnings);
        let row = row_of(partner, numbers, &client, &checked.settings, now);
        let holder = KeyHolder { partner, client: Some(numbers.client) };
        let key = self.new_key(holder, KeyKind::Client, &domain::api_key::AllowedNetworks::default(), now);
        let (oauth, merchant) = if client.service_type == ServiceType::PosFinancing {
            let settings = MerchantSettings::of_client(&row.name, &row.language_code);
            let merchant = crate::merchant_row::row_of(&row, self.numbers().merchant().await?, &settings);
            (Some(self.new_oauth_client(partner, numbers.client, now)), Some(merchant))
        } else {
            (None, None)
        };
        let subject = format!("client:{}", numbers.client);
        let created = created_event(&row, key.issued.id);
        let webhooks = self.known_webhooks(partner, &created, now)?;
        let is_told = webhooks.as_ref().is_some_and(|rows| !rows.is_empty());
        // Shared and not copied: it is handed to the writer, and once more should the transaction run again.
        let enrolment = Arc::new(Enrolment {
            contacts: client.contacts.iter().map(contact_row).collect(),
            agreements: checked.agreements,
            record: context.record(
                self,
                partner,
                OPERATION,
                subject,
                Outcome::Done,
                // Not the business code: a sole trader's may be a personal number, and the trail is kept for ever.
                format!("key {}", key.row.key),
            ),
            refusal: context.record(self, partner, OPERATION, String::new(), Outcome::Refused, "client_exists"),
            row,
            key,
            oauth,
            merchant,
            warnings,
            webhooks,
        });
        let (core, approval) = (self.clone(), approval.map(Arc::new));
        let taken = context.record(self, partner, OPERATION, String::new(), Outcome::Refused, "agreement_taken");
        let outcome = self
            .db()
            .add(move |tx| {
                let (core, enrolment, request) = (core.clone(), Arc::clone(&enrolment), request.clone());
                let approval = approval.clone();
                Box::pin(async move {
                    if let Some(approval) = &approval {
                        approval.check(tx).await?;
                    }
                    if let Some(kept) = core.take_request::<Kept, OnboardingError>(tx, request.as_ref()).await? {
                        return Ok(kept.into_answer());
                    }
                    let outcome = add(tx, &enrolment).await?;
                    if outcome.is_ok() {
                        match &enrolment.webhooks {
                            Some(rows) => webhook_event::put(tx, rows).await?,
                            // It is read as it is now: one that is added at this moment hears of this client or not.
                            None => {
                                let created = created_event(&enrolment.row, enrolment.key.issued.id);
                                core.tell(tx, partner, &created, now).await?;
                            }
                        }
                    }
                    match (&approval, &outcome) {
                        (Some(approval), Ok(_)) => {
                            approval.carry_out(&core, tx, enrolment.key.row.holder()).await?;
                        }
                        // The client that is there may be the one that somebody else's approval has just made.
                        (Some(approval), Err(_)) => approval.check(tx).await?,
                        (None, _) => {}
                    }
                    if let Some(request) = &request {
                        let kept = match &outcome {
                            Ok(created) => Kept::of(created),
                            Err(existing) => Kept::Exists(*existing),
                        };
                        core.keep_answer(tx, request, &kept).await?;
                    }
                    Ok(outcome
                        .map(|value| Answer { value, replayed: false })
                        .map_err(|client| OnboardingError::Exists { client, replayed: false }))
                })
            })
            .await;
        match outcome {
            Ok(outcome) => {
                if let Err(OnboardingError::Exists { .. }) | Ok(Answer { replayed: true, .. }) = &outcome {
                    // The transaction was committed, and the numbers are in none of its rows.
                    self.numbers().give_back(numbers).await;
                } else if is_told {
                    self.outbox_bells().ring(webhook_event::CHANNEL);
                }
                outcome
            }
            Err(OnboardingError::AgreementTaken(agreement)) => {
                // The transaction was undone, and its record with it.
                self.numbers().give_back(numbers).await;
                self.record_alone(AuditRecord { subject: format!("client:{}", agreement.client), ..taken }).await?;
                Err(OnboardingError::AgreementTaken(agreement))
            }
            Err(error) => Err(error),
        }
    }
}

pub(crate) fn created_event(row: &ClientRow, key_id: KeyId) -> Event<'static> {
    Event::ClientCreated {
        client_identifier: row.client,
        confirma_finance_customer_code: row.customer_code,
        payment_reference_prefix: row.reference_prefix,
        key_id,
    }
}

/// Adds the client in the transaction, or gives the one that is there, and records either.
pub(crate) async fn add(
    tx: &mut Tx,
    new: &Enrolment,
) -> Result<Result<CreatedClient, ClientIdentifier>, OnboardingError> {
    let row = &new.row;
    // The index decides, not a look-up before it: that would be a statement more for each new client, and on PostgreSQL one that makes
    // writes at once fail for each other.
    if !store::client::insert(tx, row).await? {
        let existing = store::client::by_business_code(tx, row.partner, &row.country_code, &row.business_code).await?;
        let existing =
            existing.ok_or_else(|| StoreError::unreadable("client", "a client that is there is not found"))?;
        let refusal = AuditRecord { subject: format!("client:{existing}"), ..new.refusal.clone() };
        store::audit::insert(tx, &refusal).await?;
        return Ok(Err(existing));
    }
    for contact in &new.contacts {
        store::client::insert_contact(tx, row.partner, row.client, contact).await?;
    }
    crate::agreement::add_all(tx, row.partner, row.client, &new.agreements)
        .await?
        .map_err(OnboardingError::AgreementTaken)?;
    store::api_key::insert(tx, &new.key.row).await?;
    if let Some(oauth) = &new.oauth {
        store::oauth_client::insert(tx, &oauth.row).await?;
    }
    if let Some(merchant) = &new.merchant {
        store::merchant::insert(tx, merchant).await?;
    }
    store::audit::insert(tx, &new.record).await?;
    Ok(Ok(CreatedClient {
        client: row.client,
        customer_code: row.customer_code,
        reference_prefix: row.reference_prefix,
        key_id: new.key.issued.id,
        key: new.key.issued.value.clone(),
        key_expires_at: new.key.issued.expires_at,
        oauth: new.oauth.as_ref().map(|oauth| oauth.credentials.clone()),
        warnings: new.warnings.clone(),
    }))
}

pub(crate) fn row_of(
    partner: PartnerId,
    numbers: ClientNumbers,
    client: &NewClient,
    settings: &CreditorSettings,
    created_at: Timestamp,
) -> ClientRow {
    fn text<T: ToString>(value: Option<&T>) -> Option<String> {
        value.map(ToString::to_string)
    }
    ClientRow {
        partner,
        client: numbers.client,
        customer_code: numbers.customer_code,
        reference_prefix: numbers.reference_prefix,
        service_type: client.service_type.to_string(),
        name: client.name.clone(),
        business_code: client.business_code.to_string(),
        vat_number: text(client.vat_reg_nbr.as_ref()),
        postal_address: client.postal_address.clone(),
        postal_code: client.postal_code.to_string(),
        postal_district: client.postal_district.clone(),
        country_code: client.country_code.to_string(),
        telephone: text(client.telephone.as_ref()),
        email: client.email.to_string(),
        website: text(client.website.as_ref()),
        language_code: client.language_code.to_string(),
        currency_code: client.currency_code.to_string(),
        iban: text(client.iban_account.as_ref()),
        bic: text(client.bic.as_ref()),
        bankgiro: text(client.bankgiro.as_ref()),
        plusgiro: text(client.plusgiro.as_ref()),
        created_at,
        name_folded: domain::text::folded(&client.name),
        status: CreditorStatus::Active.to_string(),
        expiry_notices: i64::from(settings.expiry_notices),
        sms_sender: text(settings.sms_sender.as_ref()),
        version: 1,
        agreements_version: 1,
        changed_at: None,
    }
}

pub(crate) fn contact_row(contact: &Contact) -> ContactRow {
    ContactRow {
        role: contact.role.as_str().to_owned(),
        name: contact.name.clone(),
        telephone: contact.telephone.as_ref().map(ToString::to_string),
        mobile: contact.mobile.as_ref().map(ToString::to_string),
        email: contact.email.as_ref().map(ToString::to_string),
    }
}

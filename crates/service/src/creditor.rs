//! Creditors: clients as their partner manages them. Shown, listed, changed, with the history of changes.

mod list;
mod operator;

use domain::audit::Outcome;
use domain::client::{ClientDraft, ContactDraft};
use domain::creditor::{
    CreditorData, CreditorSettings, CreditorStatus, FieldChange, FieldValue, SettingsDraft, changes, keep_fixed_members,
};
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::{Fault, Faults, Timestamp};
use store::client::{ClientRow, ContactRow};
use store::creditor::ChangeRow;
use store::{StoreError, Tx};

pub use list::{CreditorPage, CreditorQuery, CreditorSummary, HistoryPage, HistoryQuery, RecordedChange};

use crate::agreement::TakenAgreement;
use crate::api_key::Principal;
use crate::idempotency::IdempotencyError;
use crate::numbers::ClientNumbers;
use crate::onboarding::{contact_row, row_of};
use crate::{Context, Core};

/// What is kept of a creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creditor {
    /// `clientIdentifier`.
    pub client: ClientIdentifier,
    /// `confirmaFinanceCustomerCode`.
    pub customer_code: CustomerCode,
    /// `paymentReferencePrefix`.
    pub reference_prefix: ReferencePrefix,
    /// Whether it can use the API.
    pub status: CreditorStatus,
    /// Its data, contacts and settings, in stored forms.
    pub data: CreditorData,
    /// Counts its changes, from 1.
    pub version: i64,
    /// When it was onboarded.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Option<Timestamp>,
}

/// Which version of a record a change is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Whichever is there.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl Condition {
    /// Whether a record of this version may be changed.
    #[must_use]
    pub fn allows(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

/// A creditor as it is to be after a change.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Its data, contacts and settings, as sent where they were sent.
    pub data: CreditorData,
    /// What is wrong with the change ahead of any rule, such as members of a wrong type.
    pub faults: Faults,
}

/// A creditor after a change.
#[derive(Clone, Debug)]
pub struct ChangedCreditor {
    /// What it is now.
    pub creditor: Creditor,
    /// What would be a fault in production, of the members that were changed.
    pub warnings: Vec<Fault>,
}

/// Why a use case on a creditor was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CreditorError {
    /// The partner has no such creditor.
    #[error("the partner has no such creditor")]
    NotFound,
    /// The record has another version than the change was meant for.
    #[error("the record was changed meanwhile")]
    Stale,
    /// The input is wrong; every fault of it, those of its form apart from those of the rules.
    #[error("{} fields need attention", wire.as_slice().len() + rules.as_slice().len())]
    Invalid {
        /// What is wrong with its form.
        wire: Faults,
        /// Which rules it breaks.
        rules: Faults,
    },
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

impl CreditorError {
    pub(crate) fn rules(rules: Faults) -> Self {
        Self::Invalid { wire: Faults::new(), rules }
    }
}

/// How often a change that is meant for any version is begun anew because others were faster.
const MOST_TRIES: usize = 30;

impl Core {
    /// One creditor of a partner.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`] or [`CreditorError::Store`].
    pub async fn creditor(&self, partner: PartnerId, client: ClientIdentifier) -> Result<Creditor, CreditorError> {
        let mut reader = self.db().reader().await?;
        let row = store::creditor::by_id(&mut reader, partner, client).await?.ok_or(CreditorError::NotFound)?;
        // The contacts after the row: if a change comes in between, its version is the older one, and a change meant for that is refused.
        let contacts = store::client::contacts(&mut reader, partner, client).await?;
        drop(reader);
        let partner_code = self.partner_code(partner).await?;
        Ok(creditor_of(&partner_code, row, contacts)?)
    }

    /// Changes a creditor into what `merge` makes of it, if it has a version that `condition` allows. Whatever is to change follows the
    /// rules of onboarding. The change, its place in the history and its audit record are one transaction; what changes nothing leaves
    /// none of them.
    ///
    /// # Errors
    /// [`CreditorError`].
    pub async fn change_creditor(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        condition: &Condition,
        merge: impl Fn(&CreditorData) -> Merged,
        context: &Context,
    ) -> Result<ChangedCreditor, CreditorError> {
        let partner = principal.holder.partner;
        for _ in 0..MOST_TRIES {
            let current = self.creditor(partner, client).await?;
            if !condition.allows(current.version) {
                return Err(CreditorError::Stale);
            }
            let Merged { mut data, faults: wire } = merge(&current.data);
            let mut rules = keep_fixed_members(&current.data.client, &mut data.client);
            let checked = domain::creditor::check(&data.client, &data.settings, &[], self.environment());
            let checked = match checked {
                Ok(checked) if rules.is_empty() && wire.is_empty() => checked,
                Ok(_) => return Err(CreditorError::Invalid { wire, rules }),
                Err(further) => {
                    rules.extend(further.into_vec());
                    return Err(CreditorError::Invalid { wire, rules });
                }
            };
            let partner_code = self.partner_code(partner).await?;
            let wanted = CreditorData {
                client: checked.client.client.to_draft(&partner_code),
                settings: checked.settings.to_draft(),
            };
            let changes = changes(&current.data, &wanted);
            if changes.is_empty() {
                return Ok(ChangedCreditor { creditor: current, warnings: Vec::new() });
            }
            let mut warnings = checked.client.warnings.clone();
            warnings.retain(|warning| changes.iter().any(|change| change.field == warning.field));
            let contacts = changes
                .iter()
                .any(|change| change.field.starts_with("contacts."))
                .then(|| checked.client.client.contacts.iter().map(contact_row).collect::<Vec<_>>());
            let now = self.now();
            let numbers = ClientNumbers {
                client,
                customer_code: current.customer_code,
                reference_prefix: current.reference_prefix,
            };
            let row = ClientRow {
                version: current.version,
                changed_at: Some(now.micros()),
                ..row_of(partner, numbers, &checked.client.client, &checked.settings, current.created_at)
            };
            if self.keep_change(row, contacts, changes, context).await? {
                let creditor =
                    Creditor { data: wanted, version: current.version + 1, changed_at: Some(now), ..current };
                return Ok(ChangedCreditor { creditor, warnings });
            }
            // Somebody else was faster.
            if *condition != Condition::Any {
                return Err(CreditorError::Stale);
            }
        }
        Err(StoreError::Overloaded.into())
    }

    /// Keeps a change; false when the creditor has another version by now.
    async fn keep_change(
        &self,
        row: ClientRow,
        contacts: Option<Vec<ContactRow>>,
        changes: Vec<FieldChange>,
        context: &Context,
    ) -> Result<bool, StoreError> {
        let (partner, client) = (row.partner, row.client);
        // Names of members only: their values are in the history, which is the creditor's, and not in the trail, which is kept for ever.
        let detail = changes.iter().map(|change| &*change.field).collect::<Vec<_>>().join(", ");
        let subject = format!("client:{client}");
        let record = context.record(self, partner, "creditor.update", subject, Outcome::Done, detail);
        let change = self.change_row(&changes, context)?;
        self.db()
            .write(move |tx| {
                let (row, contacts, change, record) = (row.clone(), contacts.clone(), change.clone(), record.clone());
                Box::pin(async move {
                    if !store::creditor::update(tx, &row).await? {
                        return Ok(false);
                    }
                    if let Some(contacts) = &contacts {
                        store::creditor::replace_contacts(tx, partner, client, contacts).await?;
                    }
                    store::creditor::insert_change(tx, partner, client, &change).await?;
                    store::audit::insert(tx, &record).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// A row of the history.
    pub(crate) fn change_row(&self, changes: &[FieldChange], context: &Context) -> Result<ChangeRow, StoreError> {
        let at = self.now();
        Ok(ChangeRow {
            change: self.next_id(at),
            at,
            actor: context.actor.to_string(),
            request_id: context.request_id.clone(),
            changes: serde_json::to_string(changes).map_err(|error| StoreError::unreadable("client_change", error))?,
        })
    }

    /// Keeps, in the transaction of its cause, that a creditor has this status from now on; when it is another, that is a change in its
    /// history.
    pub(crate) async fn note_status(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        client: ClientIdentifier,
        status: CreditorStatus,
        context: &Context,
    ) -> Result<(), StoreError> {
        if store::creditor::set_status(tx, partner, client, status.as_str(), self.now()).await? {
            let former = match status {
                CreditorStatus::Active => CreditorStatus::Revoked,
                CreditorStatus::Revoked => CreditorStatus::Active,
            };
            let text = |status: CreditorStatus| FieldValue::Text(status.to_string());
            let change = FieldChange { field: "status".into(), from: text(former), to: text(status) };
            let change = self.change_row(&[change], context)?;
            store::creditor::insert_change(tx, partner, client, &change).await?;
        }
        Ok(())
    }

    /// Gives the rows that an older program has added the form of the name that they are found by. It is done by the program because no
    /// SQL text folds a name alike on both engines. When there are none, it is one look at an empty index.
    ///
    /// # Errors
    /// When the database fails. What was done by then stays.
    pub async fn fold_names(&self) -> Result<(), StoreError> {
        const BATCH: i64 = 500;
        if !store::creditor::has_unfolded_names(&mut self.db().reader().await?).await? {
            return Ok(());
        }
        loop {
            let folded =
                self.db().write(|tx| Box::pin(async move { store::creditor::fold_names(tx, BATCH).await })).await?;
            if folded == 0 {
                return Ok(());
            }
        }
    }
}

fn status_of(status: &str) -> Result<CreditorStatus, StoreError> {
    CreditorStatus::parse(status).map_err(|error| StoreError::unreadable("client.status", error))
}

fn creditor_of(partner_code: &str, row: ClientRow, contacts: Vec<ContactRow>) -> Result<Creditor, StoreError> {
    let status = status_of(&row.status)?;
    let settings = SettingsDraft { expiry_notices: Some(row.expiry_notices != 0), sms_sender: row.sms_sender };
    CreditorSettings::check(&settings)
        .map_err(|_| StoreError::unreadable("client.sms_sender", "the kept sender follows no rule"))?;
    let mut client = ClientDraft {
        service_type: Some(row.service_type),
        partner_code: Some(partner_code.to_owned()),
        name: Some(row.name),
        business_code: Some(row.business_code),
        vat_reg_nbr: row.vat_number,
        postal_address: Some(row.postal_address),
        postal_code: Some(row.postal_code),
        postal_district: Some(row.postal_district),
        country_code: Some(row.country_code),
        telephone: row.telephone,
        email: Some(row.email),
        website: row.website,
        language_code: Some(row.language_code),
        currency_code: Some(row.currency_code),
        iban_account: row.iban,
        bic: row.bic,
        bankgiro: row.bankgiro,
        plusgiro: row.plusgiro,
        ..ClientDraft::default()
    };
    for contact in contacts {
        let draft = match contact.role.as_str() {
            "primary" => &mut client.primary,
            "technical" => &mut client.technical,
            "accountant" => &mut client.accountant,
            _ => return Err(StoreError::unreadable("client_contact.role", "the kept role is none")),
        };
        *draft = ContactDraft {
            name: Some(contact.name),
            telephone: contact.telephone,
            mobile: contact.mobile,
            email: contact.email,
        };
    }
    Ok(Creditor {
        client: row.client,
        customer_code: row.customer_code,
        reference_prefix: row.reference_prefix,
        status,
        data: CreditorData { client, settings },
        version: row.version,
        created_at: row.created_at,
        changed_at: row.changed_at.map(Timestamp::from_micros),
    })
}

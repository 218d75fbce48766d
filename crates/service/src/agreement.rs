//! External agreements of creditors: shown, and replaced as a whole.

use domain::Faults;
use domain::agreement::{Agreement, AgreementDraft};
use domain::audit::{AuditRecord, Outcome};
use domain::creditor::{FieldChange, FieldValue};
use domain::identifier::{ClientIdentifier, PartnerId};
use store::{StoreError, Tx};

use crate::api_key::Principal;
use crate::creditor::{Condition, CreditorError};
use crate::{Context, Core};

/// The agreements of one creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreements {
    /// By system, first day and identifier.
    pub list: Vec<Agreement>,
    /// Counts the changes of the list, from 1.
    pub version: i64,
}

/// An agreement that another creditor of the partner has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenAgreement {
    /// Its system.
    pub system: String,
    /// Its identifier.
    pub identifier: String,
    /// Who has it.
    pub client: ClientIdentifier,
}

/// Adds agreements to a creditor in the transaction, or tells the first that another creditor has. Then the transaction is to be undone.
pub(crate) async fn add_all(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    agreements: &[Agreement],
) -> Result<Result<(), TakenAgreement>, StoreError> {
    'each: for agreement in agreements {
        // Whoever has it may give it up between the two statements: then it is free.
        for _ in 0..TRIES {
            if store::agreement::insert(tx, partner, client, agreement).await? {
                continue 'each;
            }
            let Agreement { system, identifier, .. } = agreement.clone();
            if let Some(holder) = store::agreement::holder(tx, partner, &system, &identifier).await? {
                return Ok(Err(TakenAgreement { system, identifier, client: holder }));
            }
        }
        return Err(StoreError::unreadable("agreement", "an agreement that is there is not found"));
    }
    Ok(Ok(()))
}

/// How often an agreement is tried that others take and give up meanwhile.
const TRIES: usize = 3;

impl Core {
    /// The agreements of a partner's creditor.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`] or [`CreditorError::Store`].
    pub async fn agreements(&self, partner: PartnerId, client: ClientIdentifier) -> Result<Agreements, CreditorError> {
        let mut reader = self.db().reader().await?;
        let row = store::creditor::by_id(&mut reader, partner, client).await?.ok_or(CreditorError::NotFound)?;
        // The list after its version, as in `Core::creditor`.
        let list = store::agreement::of_client(&mut reader, partner, client).await?;
        Ok(Agreements { list, version: row.agreements_version })
    }

    /// Replaces the agreements of a creditor, if their list has a version that `condition` allows. `wire` is what is wrong with the form
    /// of the drafts, and `prefix` what their paths begin with.
    ///
    /// # Errors
    /// [`CreditorError`].
    pub async fn replace_agreements(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        condition: &Condition,
        (drafts, prefix, wire): (&[AgreementDraft], &str, Faults),
        context: &Context,
    ) -> Result<Agreements, CreditorError> {
        let partner = principal.holder.partner;
        let current = self.agreements(partner, client).await?;
        if !condition.allows(current.version) {
            return Err(CreditorError::Stale);
        }
        let wanted = match domain::agreement::check(drafts, prefix) {
            Ok(wanted) if wire.is_empty() => wanted,
            Ok(_) => return Err(CreditorError::Invalid { wire, rules: Faults::new() }),
            Err(rules) => return Err(CreditorError::Invalid { wire, rules }),
        };
        let subject = format!("client:{client}");
        let record = |outcome, detail: String| {
            context.record(self, partner, "creditor.agreements", subject.clone(), outcome, detail)
        };
        let done = record(Outcome::Done, format!("{} agreements", wanted.len()));
        let (core, condition, context) = (self.clone(), condition.clone(), context.clone());
        let outcome = self
            .db()
            .write(move |tx| {
                let (core, condition, context) = (core.clone(), condition.clone(), context.clone());
                let (wanted, done) = (wanted.clone(), done.clone());
                Box::pin(
                    async move { core.replace_in(tx, (partner, client), &condition, wanted, done, &context).await },
                )
            })
            .await;
        if let Err(CreditorError::AgreementTaken(_)) = &outcome {
            // The transaction was undone, so this record has one of its own.
            self.record_alone(record(Outcome::Refused, "agreement_taken".to_owned())).await?;
        }
        outcome
    }

    async fn replace_in(
        &self,
        tx: &mut Tx,
        (partner, client): (PartnerId, ClientIdentifier),
        condition: &Condition,
        wanted: Vec<Agreement>,
        record: AuditRecord,
        context: &Context,
    ) -> Result<Agreements, CreditorError> {
        let row = store::creditor::by_id(tx, partner, client).await?.ok_or(CreditorError::NotFound)?;
        let version = row.agreements_version;
        if !condition.allows(version) {
            return Err(CreditorError::Stale);
        }
        let former = store::agreement::of_client(tx, partner, client).await?;
        let missing_in = |list: &[Agreement], other: &[Agreement]| -> Vec<Agreement> {
            list.iter().filter(|agreement| !other.contains(agreement)).cloned().collect()
        };
        let (gone, new) = (missing_in(&former, &wanted), missing_in(&wanted, &former));
        if gone.is_empty() && new.is_empty() {
            return Ok(Agreements { list: former, version });
        }
        if !store::creditor::count_agreements_up(tx, partner, client, version).await? {
            return Err(CreditorError::Stale);
        }
        for agreement in &gone {
            store::agreement::remove(tx, partner, client, agreement).await?;
        }
        add_all(tx, partner, client, &new).await?.map_err(CreditorError::AgreementTaken)?;
        let list = store::agreement::of_client(tx, partner, client).await?;
        // Those that went and those that came, not the whole list twice: a history is kept for ever.
        let change = FieldChange {
            field: "agreements".into(),
            from: FieldValue::Agreements(gone),
            to: FieldValue::Agreements(missing_in(&list, &former)),
        };
        let change = self.change_row(&[change], context)?;
        store::creditor::insert_change(tx, partner, client, &change).await?;
        store::audit::insert(tx, &record).await?;
        Ok(Agreements { list, version: version + 1 })
    }
}

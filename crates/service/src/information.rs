//! What is known of an applicant in a flow at the point of sale, before applying (`POST …/information` of the POS API): kept sealed, for a
//! short time, by the merchant and its `x-reference-id`.

use std::time::Duration;

use domain::Timestamp;
use domain::applicant::{ApplicantDraft, ApplicantFaults, check_further, missing};
use domain::audit::Outcome;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, Scope};
use store::flow_information::FlowInformationRow;
use store::{Reader, StoreError, Tx};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::reseal::BATCH;
use crate::{Context, Core};

const SEALED: &str = "flow_information.sealed";

/// The longest that a flow is kept after it was opened, however often it is added to.
pub const LONGEST_FLOW: Duration = Duration::from_secs(24 * 3600);

/// The most flows that are open at once of those that tokens of the scope `customer` of one family opened: a shopper has one or two.
pub const MOST_OF_FAMILY: u32 = 20;

/// Who says something in a flow: a client by one of its access tokens.
#[derive(Clone, Copy, Debug)]
pub struct FlowCaller {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The merchant's client.
    pub client: ClientIdentifier,
    /// The family of the token.
    pub family: FamilyId,
    /// The scope of the token.
    pub scope: Scope,
}

/// What is known in a flow: names, and no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Information {
    /// The parameters that were said.
    pub known: Vec<&'static str>,
    /// Those that an application still needs.
    pub missing: Vec<&'static str>,
    /// Until when it is kept, unless it is added to; where nothing is known, until when something said now would be.
    pub expires_at: Timestamp,
}

/// Of which flows there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenFlows {
    /// All of the merchant.
    Merchant,
    /// Those that tokens of the scope `customer` opened.
    Customers,
    /// Those that tokens of the scope `customer` of this family opened.
    Family,
}

/// Why nothing was kept. What was kept of the flow before stays.
#[derive(Debug, thiserror::Error)]
pub enum InformationError {
    /// What was said is wrong, by itself or with what was said before.
    #[error("what was said of the applicant is wrong")]
    Invalid(ApplicantFaults),
    /// The token is of the scope `customer`, and the flow is one that a token of another family opened.
    #[error("the flow was opened by somebody else")]
    AnothersFlow,
    /// As many flows are open as may be.
    #[error("{most} flows are open, which is the most ({of:?})")]
    TooManyFlows {
        /// The most.
        most: u32,
        /// Of which flows.
        of: OpenFlows,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A flow of a merchant.
#[derive(Clone, Copy)]
struct Flow {
    merchant: (PartnerId, ClientIdentifier),
    reference: Uuid,
}

impl Flow {
    /// The name under which it is sealed.
    fn seal_name(self) -> String {
        format!("flow_information:{}:{}", self.merchant.1, self.reference)
    }
}

impl From<&FlowInformationRow> for Flow {
    fn from(row: &FlowInformationRow) -> Self {
        Self { merchant: (row.partner, row.client), reference: row.reference }
    }
}

impl Core {
    /// Adds what a call says of an applicant to what is known in the flow, checks the whole, and keeps it for `information_retention` from
    /// now, but no longer than [`LONGEST_FLOW`] from when the flow was opened. `faults` are what the front has found in the call; with one,
    /// nothing is kept, and all are told. A flow that nothing is said in is not opened.
    ///
    /// A token of the scope `customer` is in a browser: it adds only to flows that its own family opened, and opens so many that there are
    /// some left for tokens of the scope `merchant`, which add to any. The flows are counted before, so that a few more may be open when
    /// several are opened at once.
    ///
    /// # Errors
    /// [`InformationError`].
    pub async fn keep_information(
        &self,
        caller: FlowCaller,
        reference: Uuid,
        (said, faults): (ApplicantDraft, ApplicantFaults),
        context: &Context,
    ) -> Result<Information, InformationError> {
        let now = self.now();
        let flow = Flow { merchant: (caller.partner, caller.client), reference };
        let mut reader = self.db().reader().await?;
        // What is wrong is found here, before anything is taken: a refusal inside the transaction undoes what others wrote along with it.
        if let Some(row) = store::flow_information::by_flow(&mut reader, flow.merchant, reference, now).await? {
            check_whose(&row, caller)?;
            lay_over(said.clone(), faults.clone(), self.open_information(&row)?, now)?;
        } else {
            let whole = lay_over(said.clone(), faults.clone(), ApplicantDraft::default(), now)?;
            if whole.known().is_empty() {
                let expires_at = now.after(self.settings().information_retention);
                return Ok(Information { known: Vec::new(), missing: missing(&whole, now), expires_at });
            }
            self.find_room(&mut reader, caller, now).await?;
        }
        drop(reader);
        let detail = said.known().join(", ");
        let subject = format!("flow:{reference}");
        let record = context.record(self, caller.partner, "information.keep", subject, Outcome::Done, detail);
        let core = self.clone();
        let (whole, expires_at) = self
            .db()
            .take(move |tx| {
                let (core, said, faults, record) = (core.clone(), said.clone(), faults.clone(), record.clone());
                Box::pin(async move {
                    let kept = core.add_information(tx, (caller, flow), said, faults, now).await?;
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, InformationError>(kept)
                })
            })
            .await?;
        Ok(Information { known: whole.known(), missing: missing(&whole, now), expires_at })
    }

    /// Whether the caller may open one more flow.
    async fn find_room(&self, reader: &mut Reader, caller: FlowCaller, now: Timestamp) -> Result<(), InformationError> {
        let merchant = (caller.partner, caller.client);
        let most = self.settings().most_open_flows;
        let full = |most, of| Err(InformationError::TooManyFlows { most, of });
        let (customer, limit) = (Scope::Customer.name(), i64::from(most));
        let by_customers = store::flow_information::count_open(reader, merchant, customer, now, limit).await?;
        if caller.scope == Scope::Customer {
            let (of, limit) = ((customer, caller.family), i64::from(MOST_OF_FAMILY));
            if store::flow_information::count_of_family(reader, merchant, of, now, limit).await? >= limit {
                return full(MOST_OF_FAMILY, OpenFlows::Family);
            }
            let half = most / 2;
            if by_customers >= i64::from(half) {
                return full(half, OpenFlows::Customers);
            }
        }
        let others = store::flow_information::count_open(reader, merchant, Scope::Merchant.name(), now, limit).await?;
        if by_customers + others >= limit {
            return full(most, OpenFlows::Merchant);
        }
        Ok(())
    }

    /// The flow is this transaction's from when its row is taken, so that two calls at once come one after the other.
    async fn add_information(
        &self,
        tx: &mut Tx,
        (caller, flow): (FlowCaller, Flow),
        said: ApplicantDraft,
        faults: ApplicantFaults,
        now: Timestamp,
    ) -> Result<(ApplicantDraft, Timestamp), InformationError> {
        let new = FlowInformationRow {
            partner: flow.merchant.0,
            client: flow.merchant.1,
            reference: flow.reference,
            family: caller.family,
            scope: caller.scope.name().to_owned(),
            sealed: Vec::new(),
            master_key_version: self.vault().seals.newest(),
            created_at: now,
            changed_at: now,
            // As none.
            expires_at: now,
        };
        let row = store::flow_information::take(tx, &new).await?;
        let (row, earlier) = if row.expires_at > now {
            check_whose(&row, caller)?;
            let earlier = self.open_information(&row)?;
            (row, earlier)
        } else {
            (new, ApplicantDraft::default())
        };
        let whole = lay_over(said, faults, earlier, now)?;
        let plain = Zeroizing::new(serde_json::to_vec(&whole).map_err(|error| StoreError::unreadable(SEALED, error))?);
        let sealed = self.vault().seals.seal(&flow.seal_name(), &plain, self.random());
        let expires_at = now.after(self.settings().information_retention).min(row.created_at.after(LONGEST_FLOW));
        let kept = FlowInformationRow {
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            changed_at: now,
            expires_at,
            ..row
        };
        store::flow_information::keep(tx, &kept).await?;
        Ok((whole, expires_at))
    }

    /// What is known of the applicant in a merchant's flow, which an application lays its own over; `None` when nothing is, or its time
    /// is over. A token of the scope `customer` is given what its own family has said, and nothing of others.
    ///
    /// # Errors
    /// [`InformationError::AnothersFlow`]; when the database fails, or what is kept does not open.
    pub async fn information_of(
        &self,
        caller: FlowCaller,
        reference: Uuid,
    ) -> Result<Option<ApplicantDraft>, InformationError> {
        let mut reader = self.db().reader().await?;
        let merchant = (caller.partner, caller.client);
        let Some(row) = store::flow_information::by_flow(&mut reader, merchant, reference, self.now()).await? else {
            return Ok(None);
        };
        check_whose(&row, caller)?;
        Ok(Some(self.open_information(&row)?))
    }

    fn open_information(&self, row: &FlowInformationRow) -> Result<ApplicantDraft, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&Flow::from(row).seal_name(), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable(SEALED, error))?;
        let draft = serde_json::from_slice(&plain);
        // Without what stands there: the error is logged.
        draft.map_err(|error| StoreError::unreadable(SEALED, format!("{:?}", error.classify())))
    }

    /// Seals what is known in every flow under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_information(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::flow_information::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let name = Flow::from(row).seal_name();
                    let again = core.sealed_again(SEALED, &name, &row.sealed, row.master_key_version)?;
                    store::flow_information::reseal(tx, row, &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}

/// Whether the caller may add to a flow, and use what is known in it. The reference of a flow is no secret.
fn check_whose(row: &FlowInformationRow, caller: FlowCaller) -> Result<(), InformationError> {
    if caller.scope == Scope::Customer && row.family != caller.family {
        return Err(InformationError::AnothersFlow);
    }
    Ok(())
}

/// What is known once a call is laid over what earlier ones have said; `faults` are those that the front has found in it.
fn lay_over(
    said: ApplicantDraft,
    faults: ApplicantFaults,
    earlier: ApplicantDraft,
    now: Timestamp,
) -> Result<ApplicantDraft, InformationError> {
    match check_further(said, earlier, now) {
        Ok(whole) if faults.is_empty() => Ok(whole),
        Ok(_) => Err(InformationError::Invalid(faults)),
        Err(found) => Err(InformationError::Invalid(faults.and(found))),
    }
}

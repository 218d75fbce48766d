//! Applications for credit (`POST …/apply` of the POS API): checked, decided and kept in one transaction with the account that comes of them.

mod decided;
mod earlier;
mod kept;
mod room;

pub use room::AppliedBy;

use std::sync::Arc;

use domain::Timestamp;
use domain::applicant::{AccountType, Applicant, ApplicantDraft, ApplicantFaults, check_application};
use domain::application::ApplicationStatus;
use domain::audit::{AuditRecord, Outcome};
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, Balances, RiskRating};
use domain::decision::{Case, Decision, Earlier, Facts, ResponseKey, Verdict};
use domain::identity::Identity;
use domain::oauth_token::Scope;
use domain::reference_data::Lang;
use store::credit_account::{AccountKey, CreditAccountRow};
use store::credit_application::CreditApplicationRow;
use store::merchant::MerchantRow;
use store::{Reader, StoreError, Tx};
use uuid::Uuid;

use self::kept::{Kept, repeatable};
use crate::application_content::{Content, status_of};
use crate::credit_account::{HasAccount, NewAccount, rating_of};
use crate::idempotency::{Begun, Idempotency, IdempotencyError, Operation, Repeatable};
use crate::information::{FlowCaller, InformationError};
use crate::onboarding::Answer;
use crate::{Context, Core};

/// What became of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// `application_id`.
    pub id: Uuid,
    /// What it is now.
    pub status: ApplicationStatus,
    /// When it came.
    pub created_at: Timestamp,
    /// The account, once it was approved.
    pub account: Option<GrantedAccount>,
}

/// The account that an application came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantedAccount {
    /// `account_number`.
    pub number: AccountNumber,
    /// `credit_limit`.
    pub limit: Cents,
    /// `available_credit`.
    pub available: Cents,
    /// `risk_rating`.
    pub rating: RiskRating,
}

/// Why an application was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// What was sent is wrong, by itself or with what the flow knew before.
    #[error("the application is wrong")]
    Invalid(ApplicantFaults),
    /// Nothing is wrong but that the terms were not accepted.
    #[error("the terms were not accepted")]
    TermsNotAccepted(ApplicantFaults),
    /// The token is of the scope `customer`, and the flow is one that a token of another family opened.
    #[error("the flow was opened by somebody else")]
    AnothersFlow,
    /// The merchant has no such location.
    #[error("the merchant has no location {0}")]
    UnknownLocation(String),
    /// The session of the widget is none, another's or used; its applicant has proved nothing there, or has told something else.
    #[error("the applicant was not verified in the widget")]
    NotVerified,
    /// The merchant offers no accounts of this type.
    #[error("the merchant offers no accounts of this type")]
    AccountTypeNotPermitted(AccountType),
    /// The person has an account with the lender.
    #[error("the person has an account")]
    CustomerExists {
        /// Whether this is the kept answer to an earlier request.
        replayed: bool,
    },
    /// As many applications came in a day as may.
    #[error("{most} applications came in a day, which is the most ({of:?})")]
    TooMany {
        /// The most.
        most: u32,
        /// Of which.
        of: AppliedBy,
    },
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InformationError> for ApplyError {
    fn from(error: InformationError) -> Self {
        match error {
            InformationError::AnothersFlow => Self::AnothersFlow,
            InformationError::Invalid(faults) => Self::Invalid(faults),
            InformationError::TooManyFlows { .. } => {
                Self::Store(StoreError::unreadable("flow_information", "reading opens no flow"))
            }
            InformationError::Store(error) => Self::Store(error),
        }
    }
}

/// An application that was checked, to be decided in the transaction that adds it: made ahead, so that a second run of that keeps the same.
struct NewApplication {
    /// Without what the decision makes of it.
    row: CreditApplicationRow,
    /// What is sealed in it, of a person of whom nothing was before.
    content: Content,
    /// Where such a person is approved.
    account: Option<NewAccount>,
    record: AuditRecord,
    /// The record of the same application, of somebody who turns out to have an account.
    refusal: AuditRecord,
}

/// What the transaction of an application came to.
enum Carried {
    Out(Result<Answer<Application>, ApplyError>),
    /// The merchant lends on another book by now than the account was made for.
    AnotherLender,
}

impl Core {
    /// Takes an application: lays it over what the flow knows, checks the whole, decides it and opens the account, all or none. `faults` are
    /// what the front has found in the call.
    ///
    /// With an idempotency key a repeat comes to what the first request came to, but for an application that could not be decided, which a
    /// repeat tries anew. One that was refused for its faults did nothing, so it may be mended and sent again under the same key. A token of the
    /// scope `customer` has keys of its own: what somebody else's request came to is not told to it.
    ///
    /// # Errors
    /// [`ApplyError`].
    pub async fn apply(
        &self,
        caller: FlowCaller,
        reference: Uuid,
        (said, faults): (ApplicantDraft, ApplicantFaults),
        lang: Lang,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<Application>, ApplyError> {
        let request = repeatable(caller, reference, idempotency);
        let _running = match self.begin::<Kept, ApplyError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return kept.into_answer(),
            first @ Begun::First { .. } => first,
        };
        let now = self.now();
        let merchant = self.merchant_row(caller.partner, caller.client).await?;
        let earlier = self.information_of(caller, reference).await?.unwrap_or_default();
        let (applicant, draft) = match check_application(said, earlier, now, lang) {
            Ok(checked) if faults.is_empty() => checked,
            Ok(_) => return Err(ApplyError::Invalid(faults)),
            Err(found) => {
                let faults = faults.and(found);
                let is_unagreed = faults.are_of_agreement_alone();
                return Err(if is_unagreed {
                    ApplyError::TermsNotAccepted(faults)
                } else {
                    ApplyError::Invalid(faults)
                });
            }
        };
        let mut reader = self.db().reader().await?;
        self.check_offered(&mut reader, &merchant, &applicant).await?;
        if let Some(session) = applicant.widget_session_id {
            let proof = self.session_of_applicant(&mut reader, caller, session, &applicant).await?;
            proof.ok_or(ApplyError::NotVerified)?;
        }
        self.find_room_to_apply(&mut reader, caller, now).await?;
        drop(reader);
        let mut merchant = merchant;
        loop {
            let by = (caller, reference, lang);
            let new = self.new_application(by, &merchant, (&applicant, draft.clone()), now, context)?;
            match self.carry_out(new, request.clone()).await? {
                Carried::Out(outcome) => return outcome,
                // The operator has changed it meanwhile.
                Carried::AnotherLender => merchant = self.merchant_row(caller.partner, caller.client).await?,
            }
        }
    }

    /// Whether the merchant has the location and offers the type of account.
    async fn check_offered(
        &self,
        reader: &mut Reader,
        merchant: &MerchantRow,
        applicant: &Applicant,
    ) -> Result<(), ApplyError> {
        if applicant.account_type == AccountType::Business && merchant.business_accounts == 0 {
            return Err(ApplyError::AccountTypeNotPermitted(applicant.account_type));
        }
        if let Some(location) = &applicant.external_location_id {
            let (partner, client) = (merchant.partner, merchant.client);
            if store::merchant_location::by_id(reader, partner, client, location.as_str()).await?.is_none() {
                return Err(ApplyError::UnknownLocation(location.to_string()));
            }
        }
        Ok(())
    }

    fn new_application(
        &self,
        (caller, reference, lang): (FlowCaller, Uuid, Lang),
        merchant: &MerchantRow,
        (applicant, draft): (&Applicant, ApplicantDraft),
        now: Timestamp,
        context: &Context,
    ) -> Result<NewApplication, StoreError> {
        let id = self.next_id(now);
        let case = Case {
            facts: Facts::of(applicant, applicant.address.province.today(now)),
            policy: self.settings().policy.clone(),
            offers_standard: merchant.standard_accounts != 0,
            response_key: ResponseKey::of_middle_name(applicant.middle_name.as_deref(), self.environment()),
            earlier: Earlier::default(),
        };
        let account = match case.decide().verdict {
            Verdict::Approved(grant) => Some(self.new_account(merchant, applicant, grant, now)?),
            Verdict::Pending | Verdict::Declined | Verdict::Retry => None,
        };
        let identity = Identity::of(&applicant.first_name, &applicant.last_name, applicant.dob);
        let row = CreditApplicationRow {
            partner: merchant.partner,
            client: merchant.client,
            application: id,
            lender: merchant.lends_on(),
            reference,
            family: caller.family,
            scope: caller.scope.name().to_owned(),
            widget_session: applicant.widget_session_id,
            location: applicant.external_location_id.as_ref().map(ToString::to_string),
            identity_hash: self.identity_hash(&identity),
            status: String::new(),
            reasons: String::new(),
            bars_until: None,
            account_number: None,
            terms_version: applicant.terms.to_string(),
            terms_language: lang.to_string(),
            sealed: Vec::new(),
            master_key_version: 0,
            created_at: now,
            decided_at: None,
            decided_by: None,
        };
        let (action, detail) = (Operation::Apply.name(), "customer_already_exists");
        let refusal = context.record(self, merchant.partner, action, subject(id), Outcome::Refused, detail);
        let record = context.record(self, merchant.partner, action, subject(id), Outcome::Done, "");
        let content = Content { draft, terms: applicant.terms, case, decisions: Vec::new(), note: None };
        Ok(NewApplication { row, content, account, record, refusal })
    }

    async fn carry_out(&self, new: NewApplication, request: Option<Repeatable>) -> Result<Carried, ApplyError> {
        let (core, new) = (self.clone(), Arc::new(new));
        self.db()
            .take(move |tx| {
                let (core, new, request) = (core.clone(), Arc::clone(&new), request.clone());
                Box::pin(async move {
                    if let Some(kept) = core.take_request::<Kept, ApplyError>(tx, request.as_ref()).await? {
                        return Ok(Carried::Out(kept.into_answer()));
                    }
                    let place = (new.row.partner, new.row.client);
                    if store::merchant::hold_lender(tx, place).await? != Some(new.row.lender) {
                        return Ok(Carried::AnotherLender);
                    }
                    let outcome = core.add_application(tx, &new).await?;
                    let kept = match &outcome {
                        // The same application may be sent again.
                        Ok(application) if application.status == ApplicationStatus::Retry => None,
                        Ok(application) => Some(Kept::of(application)),
                        Err(HasAccount) => Some(Kept::Exists),
                    };
                    if let (Some(request), Some(kept)) = (&request, kept) {
                        core.keep_answer(tx, request, &kept).await?;
                    }
                    Ok::<_, ApplyError>(Carried::Out(match outcome {
                        Ok(value) => Ok(Answer { value, replayed: false }),
                        Err(HasAccount) => Err(ApplyError::CustomerExists { replayed: false }),
                    }))
                })
            })
            .await
    }

    /// Decides the application by what came of earlier ones, and adds it, with the account where it is approved. Whoever has an account gets no
    /// other, whatever was decided; that is kept as an application as well, so that those who try are counted.
    async fn add_application(
        &self,
        tx: &mut Tx,
        new: &NewApplication,
    ) -> Result<Result<Application, HasAccount>, StoreError> {
        let earlier = self.earlier_of(tx, &new.row).await?;
        let decision = Case { earlier, ..new.content.case.clone() }.decide();
        let opened = match (decision.verdict, &new.account) {
            // What was before approves nobody whom the rest of the case does not.
            (Verdict::Approved(_), Some(account)) => account.open(tx, false).await?.map(Some),
            _ if self.has_account(tx, (new.row.partner, new.row.lender), &new.row.identity_hash).await? => {
                Err(HasAccount)
            }
            _ => Ok(None),
        };
        let account = match opened {
            Ok(account) => account,
            Err(HasAccount) => {
                let refused = self.decided(new, earlier, Decision::has_account())?;
                store::credit_application::insert(tx, &refused).await?;
                store::audit::insert(tx, &new.refusal).await?;
                return Ok(Err(HasAccount));
            }
        };
        let number = account.as_ref().map(|account| account.number);
        let row = CreditApplicationRow { account_number: number, ..self.decided(new, earlier, decision)? };
        store::credit_application::insert(tx, &row).await?;
        if let (Some(session), Some(number)) = (row.widget_session, number) {
            // The applicant may buy with it by what the widget has proved.
            store::widget_session::claim(tx, (row.partner, row.client), session, number).await?;
        }
        let detail = match &account {
            Some(account) => format!("{}, account {}", row.status, account.key().number),
            None => row.status.clone(),
        };
        store::audit::insert(tx, &AuditRecord { detail, ..new.record.clone() }).await?;
        application(&row, account.as_ref().map(|row| (row, row.balances()))).map(Ok)
    }

    /// An application that the caller may see: one that its merchant took and, for a token of the scope `customer`, that came by the token's
    /// own family. `None` for any other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn application_of(&self, caller: FlowCaller, id: Uuid) -> Result<Option<Application>, StoreError> {
        let mut reader = self.db().reader().await?;
        let row = store::credit_application::by_key(&mut reader, (caller.partner, caller.client), id).await?;
        let is_own = |row: &CreditApplicationRow| caller.scope == Scope::Merchant || row.family == caller.family;
        let Some(row) = row.filter(is_own) else { return Ok(None) };
        let account = match row.account_number {
            Some(number) => {
                let number = AccountNumber::of_stored(number);
                let key = AccountKey { partner: row.partner, lender: row.lender, number };
                store::credit_account::by_number(&mut reader, key).await?
            }
            None => None,
        };
        let account = match &account {
            Some(row) => {
                Some((row, self.balances_now(&mut reader, row.key(), (row.balances(), row.holds_until)).await?))
            }
            None => None,
        };
        application(&row, account).map(Some)
    }
}

/// The subject of an audit record.
pub(crate) fn subject(application: Uuid) -> String {
    format!("credit_application:{application}")
}

fn application(
    row: &CreditApplicationRow,
    account: Option<(&CreditAccountRow, Balances)>,
) -> Result<Application, StoreError> {
    let granted = |(row, balances): (&CreditAccountRow, Balances)| {
        Ok::<_, StoreError>(GrantedAccount {
            number: row.key().number,
            limit: Cents(row.credit_limit),
            available: balances.available(),
            rating: rating_of(row)?,
        })
    };
    Ok(Application {
        id: row.application,
        status: status_of(row)?,
        created_at: row.created_at,
        account: account.map(granted).transpose()?,
    })
}

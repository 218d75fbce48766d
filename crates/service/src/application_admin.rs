//! Applications for credit in the operator's hands: listed, shown, and those that wait decided.

use domain::Timestamp;
use domain::applicant::Applicant;
use domain::application::{ApplicationStatus, check_by_hand};
use domain::audit::Outcome;
use domain::credit_account::{AccountNumber, RiskRating};
use domain::decision::{Case, Decision, Grant, Reason, Verdict};
use domain::fault_code::REQUIRED;
use domain::identifier::ClientIdentifier;
use domain::{Fault, cents::Cents};
use store::StoreError;
use store::credit_application::CreditApplicationRow;
use uuid::Uuid;

use crate::application::subject;
use crate::application_content::{reasons_of, status_of};
use crate::credit_account::HasAccount;
use crate::{AdminError, Context, Core};

/// What is kept of an application, without who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedApplication {
    /// `application_id`.
    pub id: Uuid,
    /// The client of the merchant that took it.
    pub client: ClientIdentifier,
    /// What it is now.
    pub status: ApplicationStatus,
    /// Why, by name.
    pub reasons: Vec<String>,
    /// The account that was opened.
    pub account_number: Option<AccountNumber>,
    /// The version of the terms that was accepted.
    pub terms_version: String,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was decided for good.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
}

/// An application with who sent it and what it was decided by.
#[derive(Clone, Debug)]
pub struct ShownApplication {
    /// What a list has of it.
    pub listed: ListedApplication,
    /// Who applied.
    pub applicant: Applicant,
    /// What the first decision went by.
    pub case: Case,
    /// The decisions: the policy's, and a person's.
    pub decisions: Vec<Decision>,
    /// What is lent unless the person who approves says otherwise.
    pub usual_grant: Option<Grant>,
    /// What the person who decided it gave as the reason.
    pub note: Option<String>,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// The applicant gets an account.
    Approve {
        /// The rating; without it that of the policy.
        rating: Option<RiskRating>,
        /// The limit; without it that of the policy.
        limit: Option<Cents>,
        /// Whether the applicant is another person than those of the same name and day of birth who have accounts.
        is_another: bool,
    },
    /// The applicant gets none.
    Decline,
}

impl Core {
    /// At most `limit` applications after `after`, oldest first, of one status or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_applications(
        &self,
        status: Option<ApplicationStatus>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ListedApplication>, AdminError> {
        let (status, after) = (status.map(ApplicationStatus::as_str), after.unwrap_or_default());
        let mut reader = self.db().reader().await?;
        let rows = store::credit_application::page(&mut reader, status, after, i64::from(limit)).await?;
        Ok(rows.iter().map(listed).collect::<Result<_, StoreError>>()?)
    }

    /// One application, with who sent it. That it was shown is recorded.
    ///
    /// # Errors
    /// When there is none of this identifier, or the database fails.
    pub async fn show_application(&self, id: Uuid, context: &Context) -> Result<ShownApplication, AdminError> {
        let row = self.application_row(id).await?;
        // Recorded first, as for everything that is shown of a person.
        let record = context.record(self, row.partner, "application.show", subject(id), Outcome::Done, "");
        self.record_alone(record).await?;
        Ok(self.shown_application(&row)?)
    }

    /// Decides an application that waits, once: opens the account, or declines it. One that was declined because the lender has an account of
    /// such a person may be approved as well. Of two who decide at once, one does. Gives it as it is then.
    ///
    /// # Errors
    /// When there is no such application, it is not to be decided, the merchant lends on another book by now, the reason is missing or too long, the policy rates the applicant not at all and
    /// nothing is said of rating or limit, the person has got an account meanwhile, or the database fails.
    pub async fn decide_application(
        &self,
        id: Uuid,
        by_hand: ByHand,
        reason: &str,
        context: &Context,
    ) -> Result<ListedApplication, AdminError> {
        let row = self.application_row(id).await?;
        refuse_decided(&row, by_hand)?;
        let mut content = self.open_application(&row)?;
        let now = self.now();
        let (verdict, is_another) = match by_hand {
            ByHand::Decline => (Verdict::Declined, false),
            ByHand::Approve { rating, limit, is_another } => {
                (Verdict::Approved(grant(&content.case, rating, limit)?), is_another)
            }
        };
        let granted = if let Verdict::Approved(grant) = verdict { Some(grant) } else { None };
        check_by_hand(reason, granted).map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
        let account = match granted {
            Some(grant) => {
                let merchant = self.merchant_row(row.partner, row.client).await?;
                // The book is the one that it was applied for; whether the merchant still lends on it is looked at below.
                let merchant = store::merchant::MerchantRow { lender: Some(row.lender.0), ..merchant };
                Some(self.new_account(&merchant, &self.applicant_of(&row, &content)?, grant, now)?)
            }
            None => None,
        };
        let decision = Decision::by_hand(verdict);
        let reapply_after = std::time::Duration::from_secs(24 * 3600) * content.case.policy.reapply_after_days;
        let bars_until = decision.bars_others().then(|| now.after(reapply_after).micros());
        let reasons = reasons_of(&decision);
        content.decisions.push(decision);
        content.note = Some(reason.trim().to_owned());
        let sealed = self.seal_application(id, &content)?;
        let decided = CreditApplicationRow {
            status: ApplicationStatus::after(verdict).as_str().to_owned(),
            reasons,
            bars_until,
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            decided_at: Some(now.micros()),
            decided_by: Some(context.actor.to_string()),
            ..row
        };
        let record = context.record(self, decided.partner, "application.decide", subject(id), Outcome::Done, "");
        let job = std::sync::Arc::new((decided, account, record));
        let decided = self
            .db()
            .add(move |tx| {
                let job = std::sync::Arc::clone(&job);
                Box::pin(async move {
                    let (decided, account, record) = &*job;
                    let mut decided = decided.clone();
                    // First, so that whoever comes second finds it decided and opens nothing.
                    if !store::credit_application::decide(tx, &decided).await? {
                        let now = store::credit_application::by_id(tx, id).await?;
                        return Err(already_decided(now.as_ref().unwrap_or(&decided)));
                    }
                    let mut detail = decided.status.clone();
                    if let Some(account) = account {
                        let place = (decided.partner, decided.client);
                        if store::merchant::hold_lender(tx, place).await? != Some(decided.lender) {
                            return Err(AdminError::State(
                                "the merchant lends on another book by now, and would not reach the account: have the applicant apply again"
                                    .to_owned(),
                            ));
                        }
                        let opened = account.open(tx, is_another).await?.map_err(|HasAccount| {
                            AdminError::State(
                                "the lender has an account of a person of this name and day of birth: decline it, or approve it \
                                 with --another-person where it is somebody else"
                                    .to_owned(),
                            )
                        })?;
                        decided.account_number = Some(opened.number);
                        store::credit_application::set_account(tx, &decided, opened.number).await?;
                        if let Some(session) = decided.widget_session {
                            // As where it is approved at once, while what the widget has proved still counts.
                            store::widget_session::claim(tx, place, session, opened.number).await?;
                        }
                        detail = format!("{detail}, account {}", opened.key().number);
                    }
                    store::audit::insert(tx, &domain::audit::AuditRecord { detail, ..record.clone() }).await?;
                    Ok::<_, AdminError>(decided)
                })
            })
            .await?;
        Ok(listed(&decided)?)
    }

    async fn application_row(&self, id: Uuid) -> Result<CreditApplicationRow, AdminError> {
        let row = store::credit_application::by_id(&mut self.db().reader().await?, id).await?;
        row.ok_or_else(|| AdminError::NotFound(format!("application {id}")))
    }

    fn shown_application(&self, row: &CreditApplicationRow) -> Result<ShownApplication, StoreError> {
        let content = self.open_application(row)?;
        Ok(ShownApplication {
            listed: listed(row)?,
            applicant: self.applicant_of(row, &content)?,
            usual_grant: content.case.usual_grant(),
            case: content.case,
            decisions: content.decisions,
            note: content.note,
        })
    }
}

/// What a person who approves lends: what is said, and the policy's for the rest.
fn grant(case: &Case, rating: Option<RiskRating>, limit: Option<Cents>) -> Result<Grant, AdminError> {
    let usual = case.usual_grant();
    let missing = |field: &'static str| {
        let message = "The policy rates this applicant not at all: say both the rating and the limit".into();
        AdminError::Invalid(vec![Fault { field: field.into(), code: REQUIRED.into(), message }])
    };
    let rating = rating.or(usual.map(|usual| usual.rating)).ok_or_else(|| missing("rating"))?;
    // The usual limit is that of the usual rating.
    let of_rating = || usual.map(|_| case.policy.limit(rating, &case.facts).max(case.policy.least_limit));
    let limit = limit.or_else(of_rating).ok_or_else(|| missing("creditLimit"))?;
    Ok(Grant { rating, limit })
}

fn refuse_decided(row: &CreditApplicationRow, by_hand: ByHand) -> Result<(), AdminError> {
    let status = status_of(row)?;
    // Of two people of one name and day of birth the second was taken for the first.
    let is_namesake = status == ApplicationStatus::Declined && row.reasons == Reason::HasAccount.as_str();
    let may_be_approved = is_namesake && matches!(by_hand, ByHand::Approve { .. });
    if status.may_be_decided() || may_be_approved { Ok(()) } else { Err(already_decided(row)) }
}

fn already_decided(row: &CreditApplicationRow) -> AdminError {
    let by = row.decided_by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    AdminError::State(format!(
        "the application {} is {}{by}: only what is pending is decided, and what was declined for has_account approved",
        row.application, row.status
    ))
}

fn listed(row: &CreditApplicationRow) -> Result<ListedApplication, StoreError> {
    Ok(ListedApplication {
        id: row.application,
        client: row.client,
        status: status_of(row)?,
        reasons: row.reasons.split(',').map(str::to_owned).collect(),
        account_number: row.account_number.map(AccountNumber::of_stored),
        terms_version: row.terms_version.clone(),
        created_at: row.created_at,
        decided_at: row.decided_at.map(Timestamp::from_micros),
        decided_by: row.decided_by.clone(),
    })
}

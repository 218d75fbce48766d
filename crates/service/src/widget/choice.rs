//! The end of a session: the customer chooses an account, goes on to an application, or closes the page.

use domain::Timestamp;
use domain::audit::Outcome;
use domain::credit_account::AccountNumber;
use domain::widget::{PROOF_LIFE, SESSION_LIFE, WidgetFlow, WidgetOutcome, WidgetStep};
use store::Tx;
use store::widget_session::WidgetSessionRow;

use super::opened::{WidgetError, WidgetKey, WidgetView, flow_of, outcome_of, step_of};
use super::subject;
use crate::{Context, Core};

/// What the customer chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WidgetChoice {
    /// To buy with this account.
    Account(AccountNumber),
    /// To apply for an account.
    Apply,
    /// To close the page.
    Cancel,
}

impl Core {
    /// Ends a session with what the customer has chosen. Who chooses the same again is told the same.
    ///
    /// # Errors
    /// [`WidgetError`].
    pub async fn choose_in_widget(
        &self,
        key: &WidgetKey,
        choice: WidgetChoice,
        context: &Context,
    ) -> Result<WidgetView, WidgetError> {
        // What can't go on is refused before it takes the writer's time.
        self.opened_session(&mut self.db().reader().await?, key).await?;
        let (core, key, context, now) = (self.clone(), key.clone(), context.clone(), self.now());
        self.db()
            .write(move |tx| {
                let (core, key, context) = (core.clone(), key.clone(), context.clone());
                Box::pin(async move {
                    let (merchant, row) = core.opened_session(tx, &key).await?;
                    if let Some(outcome) = outcome_of(&row)? {
                        return if chosen_by(outcome) == Some(choice) {
                            core.widget_view(tx, &merchant, &row).await
                        } else {
                            Err(WidgetError::Step(WidgetStep::Ended))
                        };
                    }
                    let outcome = core.outcome_of_choice(tx, &row, choice).await?;
                    let row = end(row, outcome, now);
                    store::widget_session::keep(tx, &row).await?;
                    let detail = match outcome.account() {
                        Some(account) => format!("{}, account {account}", outcome.as_str()),
                        None => outcome.as_str().to_owned(),
                    };
                    let subject = subject(row.session);
                    let record = context.record(&core, row.partner, "widget.choose", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    core.widget_view(tx, &merchant, &row).await
                })
            })
            .await
    }

    async fn outcome_of_choice(
        &self,
        tx: &mut Tx,
        row: &WidgetSessionRow,
        choice: WidgetChoice,
    ) -> Result<WidgetOutcome, WidgetError> {
        let (flow, step) = (flow_of(row)?, step_of(row)?);
        match choice {
            WidgetChoice::Cancel => Ok(WidgetOutcome::Cancelled),
            WidgetChoice::Apply if flow == WidgetFlow::Purchase => Ok(WidgetOutcome::Apply { verified: false }),
            _ if step != WidgetStep::Verified => Err(WidgetError::Step(step)),
            WidgetChoice::Apply => Ok(WidgetOutcome::Apply { verified: true }),
            WidgetChoice::Account(number) => {
                let content = self.open_widget_content(row)?;
                let candidates = self.candidates(tx, row, &content).await?;
                let mut proved = self.proved_accounts(row, &candidates).into_iter();
                if proved.any(|it| it.number() == number && it.state.may_buy()) {
                    Ok(WidgetOutcome::Purchase(number))
                } else {
                    Err(WidgetError::NoAccount)
                }
            }
        }
    }
}

/// What was chosen where a session came to this; none where it was not for the customer to choose.
fn chosen_by(outcome: WidgetOutcome) -> Option<WidgetChoice> {
    match outcome {
        WidgetOutcome::Purchase(account) => Some(WidgetChoice::Account(account)),
        WidgetOutcome::Apply { .. } => Some(WidgetChoice::Apply),
        WidgetOutcome::Cancelled => Some(WidgetChoice::Cancel),
        WidgetOutcome::Failed(_) | WidgetOutcome::Barred => None,
    }
}

/// A session at its end. What it has proved counts from now; what has proved nothing can be looked at for a while.
pub(super) fn end(row: WidgetSessionRow, outcome: WidgetOutcome, now: Timestamp) -> WidgetSessionRow {
    WidgetSessionRow {
        step: WidgetStep::Ended.as_str().to_owned(),
        outcome: Some(outcome.as_str().to_owned()),
        account_number: outcome.account().map(AccountNumber::get),
        code_hash: None,
        code_expires_at: None,
        changed_at: now,
        expires_at: now.after(if outcome.is_verified() { PROOF_LIFE } else { SESSION_LIFE }),
        ..row
    }
}

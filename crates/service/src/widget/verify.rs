//! How the customer of a session proves who they are: a code is sent, or a question asked, and the answer checked.

use domain::audit::Outcome;
use domain::oauth_token::Scope;
use domain::reference_data::Lang;
use domain::verification::{
    LIFE, MOST_CODES as MOST_CODES_IN_AN_HOUR, MOST_TRIES, MOST_WRONG, Verification, VerificationCode,
    VerificationFault, VerificationFormat, WINDOW, answer_form,
};
use domain::widget::{
    Destination, MOST_CODES, MOST_CODES_OF_FAMILY, MOST_WRONG_ANSWERS, QUESTION_WINDOW, SESSION_LIFE, WidgetFlow,
    WidgetOutcome, WidgetStep,
};
use domain::{Secret, Timestamp};
use store::verification::Asked;
use store::widget_session::WidgetSessionRow;
use store::{StoreError, Tx};

use super::accounts::Candidate;
use super::choice::end;
use super::opened::{WidgetError, WidgetKey, WidgetView, flow_of, step_of};
use super::subject;
use crate::code_message::CodeAddress;
use crate::{Context, Core};

/// What the keyed hashes of codes are of.
const CODE: &[u8] = b"widget_session.code:";

impl Core {
    /// Sends a code by one of the ways of the session, by its place among them, or asks the question that it is.
    ///
    /// # Errors
    /// [`WidgetError`].
    pub async fn send_widget_code(
        &self,
        key: &WidgetKey,
        option: usize,
        context: &Context,
    ) -> Result<WidgetView, WidgetError> {
        // What can't go on is refused before it takes the writer's time.
        self.opened_session(&mut self.db().reader().await?, key).await?;
        let (core, key, context, now) = (self.clone(), key.clone(), context.clone(), self.now());
        let view = self
            .db()
            .write(move |tx| {
                let (core, key, context) = (core.clone(), key.clone(), context.clone());
                Box::pin(async move {
                    let (merchant, row) = core.opened_session(tx, &key).await?;
                    let row = core.choose_way(tx, row, option, &merchant.row.name, now).await?;
                    let detail = row.format.clone().unwrap_or_default();
                    let subject = subject(row.session);
                    let record = context.record(&core, row.partner, "widget.code", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    core.widget_view(tx, &merchant, &row).await
                })
            })
            .await?;
        self.outbox_bells().ring_all();
        Ok(view)
    }

    async fn choose_way(
        &self,
        tx: &mut Tx,
        row: WidgetSessionRow,
        option: usize,
        merchant: &str,
        now: Timestamp,
    ) -> Result<WidgetSessionRow, WidgetError> {
        let step = step_of(&row)?;
        if step != WidgetStep::Opened {
            return Err(WidgetError::Step(step));
        }
        let content = self.open_widget_content(&row)?;
        let candidates = self.candidates(tx, &row, &content).await?;
        let destinations = self.destinations(flow_of(&row)?, &content, &candidates);
        let destination = destinations.get(option).ok_or(WidgetError::NoOption)?;
        let hash = self.destination_hash(destination);
        if row.made_total >= MOST_CODES {
            return Err(WidgetError::Spent);
        }
        let asked = store::widget_asked::asked(tx, row.partner, &hash, now.before(WINDOW)).await?;
        let is_full = asked.made >= MOST_CODES_IN_AN_HOUR;
        if is_full
            || is_shut(tx, &row, destination.format(), &hash, now).await?
            || self.has_asked_enough(tx, &row, now).await?
        {
            return Err(WidgetError::TooMany);
        }
        let code = VerificationCode::generate(destination.format(), self.environment(), self.random());
        let address = match destination {
            Destination::Sms(number) => Some(CodeAddress::Sms(number)),
            Destination::Email(email) => Some(CodeAddress::Email(email)),
            Destination::SecurityQuestion(..) => None,
        };
        if let Some(address) = address {
            let lang = language_of(&row, destination, &candidates);
            let message = self.new_code_message(row.partner, row.client.0, &code, (merchant, address, lang), now)?;
            if let Some(message) = message {
                store::outbox::insert(tx, &message).await?;
            }
        }
        store::widget_asked::count(tx, &row, &hash, Asked { made: 1, wrong: 0 }, now).await?;
        let kept = WidgetSessionRow {
            format: Some(destination.format().name().to_owned()),
            destination_hash: Some(hash),
            code_hash: address.map(|_| self.widget_code_hash(&row, &code)),
            code_expires_at: Some(now.after(LIFE).micros()),
            tries: 0,
            made_total: row.made_total + 1,
            changed_at: now,
            ..row
        };
        store::widget_session::keep(tx, &kept).await?;
        Ok(kept)
    }

    /// Whether as many codes were sent in an hour as may be for the merchant, or for the browser that has begun the session. Each may go to another
    /// address, so that the limits of those are not enough.
    async fn has_asked_enough(&self, tx: &mut Tx, row: &WidgetSessionRow, now: Timestamp) -> Result<bool, StoreError> {
        let (of, since) = ((row.partner, row.client), now.before(WINDOW));
        let most = i64::from(self.settings().most_widget_codes);
        if store::widget_asked::made_for_client(tx, of, since).await? >= most {
            return Ok(true);
        }
        let family = (row.scope.as_str(), row.family);
        Ok(row.scope == Scope::Customer.name()
            && store::widget_asked::made_for_family(tx, of, family, since).await? >= MOST_CODES_OF_FAMILY)
    }

    /// Checks a code, or the answer to a question. A wrong one counts. The session ends when the last way that it had has failed.
    ///
    /// # Errors
    /// [`WidgetError`]. After [`WidgetError::Wrong`] the session may have ended.
    pub async fn check_widget_code(
        &self,
        key: &WidgetKey,
        answer: &Secret<String>,
        context: &Context,
    ) -> Result<WidgetView, WidgetError> {
        // What can't go on is refused before it takes the writer's time.
        self.opened_session(&mut self.db().reader().await?, key).await?;
        let (core, key, answer) = (self.clone(), key.clone(), answer.clone());
        let (context, now) = (context.clone(), self.now());
        self.db()
            .write(move |tx| {
                let (core, key, answer, context) = (core.clone(), key.clone(), answer.clone(), context.clone());
                Box::pin(async move {
                    let (merchant, row) = core.opened_session(tx, &key).await?;
                    let format = row.format.clone().unwrap_or_default();
                    let (row, fault) = match core.answered(tx, row, &answer, now).await? {
                        Answered::Right(row) => (row, None),
                        // Kept, although it is refused.
                        Answered::Refused(row, fault) => (row, Some(fault)),
                    };
                    store::widget_session::keep(tx, &row).await?;
                    let outcome = if fault.is_some() { Outcome::Refused } else { Outcome::Done };
                    let record =
                        context.record(&core, row.partner, "widget.check", subject(row.session), outcome, format);
                    store::audit::insert(tx, &record).await?;
                    match fault {
                        None => Ok(Ok(core.widget_view(tx, &merchant, &row).await?)),
                        Some(fault) => Ok::<_, WidgetError>(Err(WidgetError::Wrong(fault))),
                    }
                })
            })
            .await?
    }

    /// What an answer makes of a session.
    async fn answered(
        &self,
        tx: &mut Tx,
        row: WidgetSessionRow,
        answer: &Secret<String>,
        now: Timestamp,
    ) -> Result<Answered, WidgetError> {
        let step = step_of(&row)?;
        let format = row.format.as_deref().and_then(VerificationFormat::of_name);
        let (WidgetStep::Opened, Some(format), Some(hash)) = (step, format, row.destination_hash.clone()) else {
            return Err(WidgetError::Step(step));
        };
        if is_shut(tx, &row, format, &hash, now).await? {
            return Err(WidgetError::TooMany);
        }
        let content = self.open_widget_content(&row)?;
        let candidates = self.candidates(tx, &row, &content).await?;
        let proved = self.proved_accounts(&row, &candidates);
        let matches = match format {
            VerificationFormat::SecurityQuestion => {
                proved.iter().any(|it| answer_form(answer) == answer_form(&it.holder.security_answer))
            }
            _ => {
                let told = VerificationCode::parse(answer.expose().trim());
                told.is_some_and(|code| Some(self.widget_code_hash(&row, &code)) == row.code_hash)
            }
        };
        let is_expired = row.code_expires_at.is_none_or(|at| at <= now.micros());
        let kept = Verification { format, tries: row.tries, is_expired, is_used: false };
        match kept.check(matches) {
            Ok(()) => {
                let is_barred = is_barred(flow_of(&row)?, &proved);
                let row = WidgetSessionRow { code_hash: None, code_expires_at: None, changed_at: now, ..row };
                Ok(Answered::Right(if is_barred {
                    end(row, WidgetOutcome::Barred, now)
                } else {
                    let step = WidgetStep::Verified.as_str().to_owned();
                    WidgetSessionRow { step, expires_at: now.after(SESSION_LIFE), ..row }
                }))
            }
            Err(fault) => {
                let mut row = row;
                if fault == VerificationFault::Wrong {
                    store::widget_asked::count(tx, &row, &hash, Asked { made: 0, wrong: 1 }, now).await?;
                    let (tries, wrong_total) = (row.tries + 1, row.wrong_total + 1);
                    row = WidgetSessionRow { tries, wrong_total, changed_at: now, ..row };
                }
                let is_over = row.tries >= MOST_TRIES || is_expired;
                if is_over && row.made_total >= MOST_CODES {
                    // The shop is told of the account that it has named itself, and of none that it has not.
                    let named = content.account.is_some() || content.card.is_some();
                    let account = candidates.first().filter(|_| named).map(Candidate::number);
                    row = end(row, WidgetOutcome::Failed(account), now);
                }
                Ok(Answered::Refused(row, fault))
            }
        }
    }

    fn widget_code_hash(&self, row: &WidgetSessionRow, code: &VerificationCode) -> Vec<u8> {
        let of = [&row.session.as_bytes()[..], &code.expose().to_be_bytes()].concat();
        self.vault().lookup_of(CODE, &of).to_vec()
    }
}

/// What an answer has made of a session.
enum Answered {
    Right(WidgetSessionRow),
    Refused(WidgetSessionRow, VerificationFault),
}

/// Whether so many wrong answers were given to this destination that it takes none any more, for now.
async fn is_shut(
    tx: &mut Tx,
    row: &WidgetSessionRow,
    format: VerificationFormat,
    hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (window, most) = match format {
        VerificationFormat::SecurityQuestion => (QUESTION_WINDOW, MOST_WRONG_ANSWERS),
        _ => (WINDOW, MOST_WRONG),
    };
    let asked = store::widget_asked::asked(tx, row.partner, hash, now.before(window)).await?;
    Ok(asked.wrong >= most)
}

/// Whether somebody who has proved that these accounts are theirs may go on: to buy with one that may buy, or to apply where none is in arrears.
fn is_barred(flow: WidgetFlow, proved: &[&Candidate]) -> bool {
    match flow {
        WidgetFlow::Purchase => !proved.is_empty() && !proved.iter().any(|it| it.state.may_buy()),
        WidgetFlow::Apply => proved.iter().any(|it| !it.state.may_buy()),
    }
}

/// The language in which a code is sent: that of the account's holder, else of the page.
fn language_of(row: &WidgetSessionRow, destination: &Destination, candidates: &[Candidate]) -> Lang {
    let is_theirs = |candidate: &&Candidate| candidate.destinations().iter().any(|it| it.key() == destination.key());
    let holder = candidates.iter().find(is_theirs).map(|candidate| candidate.holder.preferred_language);
    holder.or_else(|| Lang::parse(&row.lang).ok()).unwrap_or_default()
}

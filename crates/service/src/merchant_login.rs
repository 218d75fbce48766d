//! Whether somebody is a user of a merchant: `merchants/login` and the password grant of the POS API.
//!
//! What cannot be told apart from outside: a user that nobody has, a wrong password, a user that is disabled, and one that the database
//! has locked because of wrong passwords that other processes saw. Each costs one hash and is [`MerchantLoginError::Wrong`].

use std::time::Duration;

use domain::audit::Outcome;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::merchant::{UserName, lock_after, normal_form};
use domain::{Secret, Timestamp};
use store::merchant_user::UserRow;
use store::{StoreError, Tx};

use crate::merchant::subject;
use crate::merchant_user::MerchantUser;
use crate::password::Verdict;
use crate::{Context, Core};

const OPERATION: &str = "merchant.login";

const NO_SUCH_USER: &str = "no such user";

/// The most characters of a name that the audit trail shows: what a stranger sends is no name yet.
const LONGEST_SHOWN: usize = 100;

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum MerchantLoginError {
    /// There is no such user with this password who may log in now.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// Too many passwords of this user were wrong; this one was not looked at, whatever it is. A front answers it like
    /// [`MerchantLoginError::Wrong`], and says nothing of the wait.
    #[error("too many passwords were wrong")]
    TooMany {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// The database failed, or ([`StoreError::Overloaded`]) too many passwords are being hashed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a look at the row came to.
enum Concluded {
    In(UserRow),
    Out(&'static str),
    /// What was compared is no longer the hash that is kept: somebody has changed the password, or another login has renewed its hash.
    Changed,
}

/// How often a password is compared anew because its hash was another one meanwhile.
const MOST_LOOKS: usize = 3;

/// Somebody who wants in.
#[derive(Clone)]
struct Visitor {
    partner: PartnerId,
    client: ClientIdentifier,
    /// The name in folded form; `None` when it is none that a user can have.
    folded: Option<String>,
    /// What was sent as the name. The trail has it where there is such a user: people type passwords into the wrong field.
    shown: String,
}

impl Core {
    /// Tells who the user of this name and password is, and counts it as a login.
    ///
    /// Guessing slows down: after four wrong passwords in a row the user waits, twice as long each time, a quarter of an hour at most; a
    /// right one ends that. The count is in the user's row, so that it holds in every process and after a restart, and in memory, so that
    /// a guesser costs no hash, and finds users that nobody has to behave alike. Of an address from which many passwords of the merchant's
    /// users were wrong few are hashed at once; a right one is let in. Each try that was looked at is in the audit trail, and is
    /// [`MerchantLoginError::Wrong`] when it is not let in; of those that were not, the first after each that was.
    ///
    /// # Errors
    /// [`MerchantLoginError`].
    pub async fn verify_merchant_user(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        username: &str,
        password: &str,
        context: &Context,
    ) -> Result<MerchantUser, MerchantLoginError> {
        let visitor = Visitor {
            partner,
            client,
            folded: UserName::parse(username).ok().map(|name| name.folded()),
            shown: username.chars().take(LONGEST_SHOWN).filter(|c| !c.is_control()).collect(),
        };
        // All texts that are no names are counted as one.
        let guessed = (client, visitor.folded.clone().unwrap_or_default());
        self.refuse_guesser(&visitor, &guessed, context).await?;
        let is_suspect = self.password_guesses().is_suspect(client, context.source, self.now());
        let _place = if is_suspect { Some(self.passwords().suspect()?) } else { None };
        // Longer than any that is set is wrong unseen. That nothing is hashed then tells no more than that.
        let password = normal_form(password);
        for _ in 0..MOST_LOOKS {
            let row = match &visitor.folded {
                Some(folded) => {
                    store::merchant_user::by_name(&mut self.db().reader().await?, partner, client, folded).await?
                }
                None => None,
            };
            let kept = row.map(|row| row.password);
            let verdict = match &password {
                Some(password) => self.passwords().verify(password.clone(), kept.clone(), self.random()).await?,
                None => Verdict::Wrong,
            };
            let is_right = verdict != Verdict::Wrong;
            // Others that were wrong may have come to their end meanwhile: of many at once, no more count than one after the other. It is
            // refused as they are, in one transaction with its record: answered sooner or otherwise, it would be known for the right one.
            let is_late = is_right && self.password_guesses().is_locked(&guessed, self.now());
            if !is_right {
                // Before the database is asked to keep it, which may fail.
                self.password_guesses().failed(guessed.clone(), context.source, self.now());
            }
            match self.conclude(visitor.clone(), kept, verdict, is_late, context).await? {
                Concluded::In(row) => {
                    self.password_guesses().forget(&guessed);
                    return Ok(row.into());
                }
                Concluded::Out(_) => {
                    if is_right {
                        self.password_guesses().failed(guessed, context.source, self.now());
                    }
                    return Err(MerchantLoginError::Wrong);
                }
                Concluded::Changed => {}
            }
        }
        // Nobody changes a password as often as that.
        Err(StoreError::unreadable("merchant_user.password", "it was another one each time").into())
    }

    async fn refuse_guesser(
        &self,
        visitor: &Visitor,
        guessed: &(ClientIdentifier, String),
        context: &Context,
    ) -> Result<(), MerchantLoginError> {
        let Some(refusal) = self.password_guesses().refused(guessed, self.now()) else { return Ok(()) };
        if refusal.is_first {
            let mut record = visitor.record(self, Outcome::Refused, "too many wrong passwords", context);
            if !self.is_user(visitor).await? {
                record.detail = format!("too many wrong passwords; {NO_SUCH_USER}");
            }
            self.record_alone(record).await?;
        }
        Err(MerchantLoginError::TooMany { retry_after: refusal.wait })
    }

    async fn is_user(&self, visitor: &Visitor) -> Result<bool, StoreError> {
        let Some(folded) = &visitor.folded else { return Ok(false) };
        let mut reader = self.db().reader().await?;
        let row = store::merchant_user::by_name(&mut reader, visitor.partner, visitor.client, folded).await?;
        Ok(row.is_some())
    }

    /// Keeps what became of it, in one transaction with its record.
    async fn conclude(
        &self,
        visitor: Visitor,
        kept: Option<String>,
        verdict: Verdict,
        is_late: bool,
        context: &Context,
    ) -> Result<Concluded, StoreError> {
        let now = self.now();
        let (core, context, kept) = (self.clone(), context.clone(), kept.map(Secret::new));
        self.db()
            .write(move |tx| {
                let (core, context, visitor) = (core.clone(), context.clone(), visitor.clone());
                let (kept, verdict) = (kept.clone(), verdict.clone());
                Box::pin(async move {
                    let concluded = conclude_in(tx, &visitor, kept.as_ref(), &verdict, is_late, now).await?;
                    let (outcome, reason) = match &concluded {
                        Concluded::In(_) => (Outcome::Done, ""),
                        Concluded::Out(reason) => (Outcome::Refused, *reason),
                        Concluded::Changed => return Ok(concluded),
                    };
                    store::audit::insert(tx, &visitor.record(&core, outcome, reason, &context)).await?;
                    Ok(concluded)
                })
            })
            .await
    }
}

async fn conclude_in(
    tx: &mut Tx,
    visitor: &Visitor,
    kept: Option<&Secret<String>>,
    verdict: &Verdict,
    is_late: bool,
    now: Timestamp,
) -> Result<Concluded, StoreError> {
    let Some(folded) = &visitor.folded else { return Ok(Concluded::Out(NO_SUCH_USER)) };
    let row = store::merchant_user::by_name(tx, visitor.partner, visitor.client, folded).await?;
    let Some(row) = row else { return Ok(Concluded::Out(NO_SUCH_USER)) };
    // While it is locked nothing is counted, or the lock would never end. What others have locked in memory meanwhile may not be here yet.
    if is_late || row.locked_until.is_some_and(|until| now.micros() < until) {
        return Ok(Concluded::Out("locked"));
    }
    let renewed = match verdict {
        Verdict::Right(_) if Some(&row.password) != kept.map(Secret::expose) => return Ok(Concluded::Changed),
        Verdict::Right(_) if row.disabled_at.is_some() => return Ok(Concluded::Out("disabled")),
        Verdict::Right(renewed) => renewed,
        Verdict::Wrong => {
            let failed_count = row.failed_count.saturating_add(1);
            let lock = lock_after(failed_count);
            let locked_until = (!lock.is_zero()).then(|| now.after(lock).micros());
            store::merchant_user::update(tx, &UserRow { failed_count, locked_until, ..row }).await?;
            return Ok(Concluded::Out("wrong password"));
        }
    };
    let row = UserRow {
        password: renewed.clone().unwrap_or(row.password),
        failed_count: 0,
        locked_until: None,
        last_login_at: Some(now.micros()),
        ..row
    };
    store::merchant_user::update(tx, &row).await?;
    Ok(Concluded::In(row))
}

impl Visitor {
    fn record(
        &self,
        core: &Core,
        outcome: Outcome,
        reason: &'static str,
        context: &Context,
    ) -> domain::audit::AuditRecord {
        let detail = match reason {
            "" => format!("user {}", self.shown),
            NO_SUCH_USER => reason.to_owned(),
            reason => format!("{reason}; user {}", self.shown),
        };
        context.record(core, self.partner, OPERATION, subject(self.client), outcome, detail)
    }
}

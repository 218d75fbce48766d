//! How a customer proves who it is before something is moved on its account: a one-time code at the till, the widget in a web shop.

use std::fmt;
use std::time::Duration;

use domain::audit::{AuditRecord, Outcome};
use domain::cents::Cents;
use domain::credit_account::{AccountHolder, AccountNumber, AccountStatus, CardNumber};
use domain::identifier::ClientIdentifier;
use domain::oauth_token::Scope;
use domain::purchase::Financing;
use domain::reference_data::SecurityQuestion;
use domain::verification::{
    LIFE, MOST_BYPASSED, MOST_CODES, MOST_WRONG, Verification, VerificationCode, VerificationFault, VerificationFormat,
    WINDOW, answer_form,
};
use domain::{Environment, Secret, Timestamp};
use store::credit_account::{AccountKey, CreditAccountRow};
use store::outbox::OutboxRow;
use store::verification::VerificationRow;
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::account_book::TakenBook;
use crate::code_message::CodeAddress;
use crate::credit_account::subject;
use crate::information::FlowCaller;
use crate::purchase_error::PurchaseError;
use crate::{Context, Core};

/// What keeps the hashes of codes apart from those of other secrets.
const PURPOSE: &[u8] = b"verification_code:";

const ACTION: &str = "account.verify";

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a merchant sends as proof that the customer is there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// `verification_code`: what the customer was sent and has told the till.
    pub code: Option<String>,
    /// `request_id`, as it was sent to `verify`.
    pub request: Option<String>,
    /// `widget_session_id` of the widget in which the customer was verified.
    pub widget_session: Option<Uuid>,
}

impl fmt::Debug for Proof {
    /// Without the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_ref().map(|_| "…");
        let mut proof = f.debug_struct("Proof");
        proof
            .field("code", &code)
            .field("request", &self.request)
            .field("widget_session", &self.widget_session)
            .finish()
    }
}

/// A code that a merchant asks for.
#[derive(Clone)]
pub struct VerificationRequest {
    /// The account.
    pub account: AccountNumber,
    /// Its card, where it is given; it must be of the account.
    pub card: Option<CardNumber>,
    /// How the customer is to prove who it is.
    pub format: VerificationFormat,
    /// As the merchant calls the request; what the code is for is named by it.
    pub request: String,
    /// The question that the customer has answered, and the answer.
    pub answer: Option<(SecurityQuestion, Secret<String>)>,
}

/// What a merchant is told of a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum VerificationAnswer {
    /// It was sent to the customer.
    Sent(VerificationFormat),
    /// This is it.
    Code(u32),
}

impl fmt::Debug for VerificationAnswer {
    /// Without the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(format) => f.debug_tuple("Sent").field(format).finish(),
            Self::Code(_) => f.write_str("Code(…)"),
        }
    }
}

/// Why no code is made.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// There is no such account, or it is another's.
    #[error("there is no such account")]
    NotFound,
    /// The card belongs to another account.
    #[error("the card belongs to another account")]
    CardMismatch,
    /// The account is closed.
    #[error("the account is closed")]
    NotActive,
    /// The operator has set up no way to send this.
    #[error("no channel is set up for {0:?}")]
    NoChannel(VerificationFormat),
    /// The answer is another one, or to another question.
    #[error("the answer is another one")]
    AnswerMismatch,
    /// The customer has bought too often today, or the token is in a browser.
    #[error("the customer has to be verified")]
    BypassNotAllowed,
    /// The merchant's staff may not vouch for customers, or the token is in a browser.
    #[error("the merchant's staff may not vouch for customers")]
    OverrideNotAllowed,
    /// Too many codes were made, or too many wrong ones told.
    #[error("too many codes or wrong answers in an hour")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A code with all that is written when it is made.
#[derive(Clone)]
struct NewCode {
    client: ClientIdentifier,
    request: String,
    format: VerificationFormat,
    hash: Vec<u8>,
    message: Option<OutboxRow>,
    is_right: bool,
}

impl Core {
    /// Makes a code for a customer and sends it, or gives it to the merchant, as the format says. It takes the place of an earlier one of the
    /// same request.
    ///
    /// # Errors
    /// [`VerificationError`].
    pub async fn verify(
        &self,
        caller: &FlowCaller,
        asked: &VerificationRequest,
        context: &Context,
    ) -> Result<VerificationAnswer, VerificationError> {
        let now = self.now();
        let mut reader = self.db().reader().await?;
        let known = store::merchant::by_client(&mut reader, caller.partner, caller.client).await?;
        let merchant = known.ok_or(VerificationError::NotFound)?.row;
        let key = AccountKey { partner: caller.partner, lender: merchant.lends_on(), number: asked.account };
        let row = store::credit_account::by_number(&mut reader, key).await?.ok_or(VerificationError::NotFound)?;
        drop(reader);
        // Before the card is looked at, so that a browser finds out nothing of others' accounts and cards.
        if !self.is_its_customers(*caller, key).await? {
            return Err(VerificationError::NotFound);
        }
        if let Some(card) = &asked.card
            && self.card_hash(card) != row.card_hash
        {
            return Err(VerificationError::CardMismatch);
        }
        if row.status == AccountStatus::Closed.code() {
            return Err(VerificationError::NotActive);
        }
        self.check_format(caller, asked.format, merchant.merchant_override != 0, key).await?;
        let holder = self.holder_of(&row)?;
        let code = VerificationCode::generate(asked.format, self.environment(), self.random());
        let message = self.message_of(&row, asked.format, &code, (&merchant.name, &holder), now)?;
        let new = NewCode {
            client: caller.client,
            request: asked.request.clone(),
            format: asked.format,
            hash: self.code_hash(key, caller, &asked.request, &code),
            message,
            is_right: is_right_answer(asked, &holder),
        };
        let detail = format!("{} for request {}", asked.format.name(), asked.request);
        let subject = subject(key.number);
        let record = |outcome| context.record(self, caller.partner, ACTION, subject.clone(), outcome, detail.clone());
        let (done, refused) = (record(Outcome::Done), record(Outcome::Refused));
        let made = self
            .db()
            .take(move |tx| {
                let (new, done, refused) = (new.clone(), done.clone(), refused.clone());
                Box::pin(async move {
                    let made = make(tx, key, new, now).await?;
                    // What is over the limit leaves nothing, or a browser could make the trail grow as long as it likes.
                    match made {
                        Ok(()) => store::audit::insert(tx, &done).await?,
                        Err(VerificationError::AnswerMismatch) => store::audit::insert(tx, &refused).await?,
                        Err(_) => {}
                    }
                    Ok::<_, StoreError>(made)
                })
            })
            .await?;
        made?;
        self.outbox_bells().ring_all();
        Ok(if asked.format.is_sent() {
            VerificationAnswer::Sent(asked.format)
        } else {
            VerificationAnswer::Code(code.expose())
        })
    }

    /// Whether the format may be used by this caller for this account.
    async fn check_format(
        &self,
        caller: &FlowCaller,
        format: VerificationFormat,
        may_override: bool,
        key: AccountKey,
    ) -> Result<(), VerificationError> {
        // A token in a browser is told no code that was not asked of the customer.
        let is_merchants = caller.scope == Scope::Merchant;
        match format {
            VerificationFormat::MerchantOverride if !(is_merchants && may_override) => {
                Err(VerificationError::OverrideNotAllowed)
            }
            VerificationFormat::RegularPurchaseBypass => {
                let recent = self.regular_purchases_in_a_day(key, MOST_BYPASSED + 1).await?;
                if is_merchants && recent <= MOST_BYPASSED { Ok(()) } else { Err(VerificationError::BypassNotAllowed) }
            }
            _ => Ok(()),
        }
    }

    /// The message with a code that is sent. In a sandbox without a channel nothing is: everybody knows the code.
    fn message_of(
        &self,
        row: &CreditAccountRow,
        format: VerificationFormat,
        code: &VerificationCode,
        to: (&str, &AccountHolder),
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, VerificationError> {
        let Some(address) = CodeAddress::of_holder(format, to.1) else { return Ok(None) };
        let to = (to.0, address, to.1.preferred_language);
        let message = self.new_code_message(row.partner, row.client.0, code, to, now)?;
        if message.is_none() && self.environment() == Environment::Production {
            return Err(VerificationError::NoChannel(format));
        }
        Ok(message)
    }

    fn code_hash(&self, key: AccountKey, caller: &FlowCaller, request: &str, code: &VerificationCode) -> Vec<u8> {
        let of = format!("{}:{}:{}:{}:{request}", key.lender, key.number, caller.client, code.expose());
        self.vault().lookup_of(PURPOSE, of.as_bytes()).to_vec()
    }

    /// Whether the code of a till is the one, for a regular purchase of this amount or for anything else. A wrong one counts, and stays
    /// counted, and on record, although nothing is moved: `record` is that of the move. What comes of it is to be handed to [`use_code`] once the account is moved.
    ///
    /// # Errors
    /// [`PurchaseError::NotVerified`] and [`PurchaseError::WrongCode`]; when the database fails.
    pub(crate) async fn check_code(
        &self,
        tx: &mut Tx,
        book: &TakenBook,
        (caller, proof, regular): (&FlowCaller, &Proof, Option<Cents>),
        record: &AuditRecord,
    ) -> Result<Option<VerificationRow>, PurchaseError> {
        let Some(code) = &proof.code else { return Ok(None) };
        let (key, now) = (book.key(), book.now());
        let request = proof.request.as_deref().ok_or(PurchaseError::NotVerified)?;
        let row = store::verification::by_request(tx, key, caller.client, request).await?;
        let row = row.filter(|row| !row.code_hash.is_empty()).ok_or(PurchaseError::NotVerified)?;
        if store::verification::asked(tx, key, now.before(WINDOW)).await?.wrong >= MOST_WRONG {
            return Err(PurchaseError::WrongCode(VerificationFault::TooManyTries));
        }
        let format = VerificationFormat::of_name(&row.format)
            .ok_or_else(|| StoreError::unreadable("verification.format", "it is none"))?;
        let kept = Verification {
            format,
            tries: row.tries,
            is_expired: now >= row.expires_at,
            is_used: row.used_at.is_some(),
        };
        let told = VerificationCode::parse(code).map(|code| self.code_hash(key, caller, request, &code));
        match kept.check(told.as_ref() == Some(&row.code_hash)).and_then(|()| kept.check_purchase(regular)) {
            Ok(()) => {
                // Counted when it is used as well: several may have been made before the first was.
                if format == VerificationFormat::RegularPurchaseBypass {
                    let since = now.before(DAY);
                    let (kind, most) = (Financing::Regular.name(), i64::from(MOST_BYPASSED));
                    if store::authorization::count_since(tx, key, kind, since, most + 1).await? > most {
                        return Err(PurchaseError::WrongCode(VerificationFault::TooManyRegular));
                    }
                }
                Ok(Some(row))
            }
            Err(VerificationFault::Wrong) => {
                let (tries, wrong_total) = (row.tries + 1, row.wrong_total + 1);
                let tried = VerificationRow { tries, wrong_total, changed_at: now, ..row };
                store::verification::keep(tx, &tried).await?;
                let refused = AuditRecord {
                    subject: subject(key.number),
                    outcome: Outcome::Refused.name().to_owned(),
                    detail: format!("wrong verification code for request {request}"),
                    ..record.clone()
                };
                store::audit::insert(tx, &refused).await?;
                Err(PurchaseError::WrongCode(VerificationFault::Wrong))
            }
            Err(fault) => Err(PurchaseError::WrongCode(fault)),
        }
    }
}

/// Whether a call has the proof that it needs, ahead of everything. In a web shop (a token of the scope `customer`, or a session of the
/// widget) the widget verifies the customer and no code may be sent ([`Core::check_widget`]); a till must send the code ([`Core::check_code`]).
///
/// # Errors
/// [`PurchaseError::VerificationCodeUnexpected`] and [`PurchaseError::VerificationCodeRequired`].
pub(crate) fn check_proof(caller: &FlowCaller, proof: &Proof) -> Result<(), PurchaseError> {
    let is_online = caller.scope == Scope::Customer || proof.widget_session.is_some();
    match (is_online, &proof.code) {
        (true, Some(_)) => Err(PurchaseError::VerificationCodeUnexpected),
        (false, None) => Err(PurchaseError::VerificationCodeRequired),
        (true, None) | (false, Some(_)) => Ok(()),
    }
}

/// Notes that a code was used, so that it is not taken again.
pub(crate) async fn use_code(tx: &mut Tx, book: &TakenBook, row: Option<VerificationRow>) -> Result<(), StoreError> {
    let Some(row) = row else { return Ok(()) };
    let now = book.now();
    store::verification::keep(tx, &VerificationRow { used_at: Some(now.micros()), changed_at: now, ..row }).await
}

fn is_right_answer(asked: &VerificationRequest, holder: &AccountHolder) -> bool {
    if asked.format != VerificationFormat::SecurityQuestion {
        return true;
    }
    asked.answer.as_ref().is_some_and(|(question, answer)| {
        *question == holder.security_question && answer_form(answer) == answer_form(&holder.security_answer)
    })
}

/// Keeps a code under the lock of its account, or that the answer for it was wrong.
async fn make(
    tx: &mut Tx,
    key: AccountKey,
    new: NewCode,
    now: Timestamp,
) -> Result<Result<(), VerificationError>, StoreError> {
    if store::credit_account::take(tx, key).await?.is_none() {
        return Ok(Err(VerificationError::NotFound));
    }
    let since = now.before(WINDOW);
    let asked = store::verification::asked(tx, key, since).await?;
    if asked.wrong >= MOST_WRONG || asked.made >= MOST_CODES {
        return Ok(Err(VerificationError::TooMany));
    }
    let earlier = store::verification::by_request(tx, key, new.client, &new.request).await?;
    // What was longer ago counts no more.
    let (made, wrong) =
        earlier.filter(|row| row.changed_at > since).map_or((0, 0), |row| (row.made_total, row.wrong_total));
    let is_right = new.is_right;
    let row = VerificationRow {
        partner: key.partner,
        lender: key.lender,
        number: key.number.get(),
        client: new.client,
        request: new.request,
        format: new.format.name().to_owned(),
        code_hash: if is_right { new.hash } else { Vec::new() },
        tries: 0,
        wrong_total: wrong + i64::from(!is_right),
        made_total: made + i64::from(is_right),
        made_at: now,
        expires_at: now.after(LIFE),
        used_at: None,
        changed_at: now,
    };
    store::verification::keep(tx, &row).await?;
    if !is_right {
        return Ok(Err(VerificationError::AnswerMismatch));
    }
    if let Some(message) = &new.message {
        store::outbox::insert(tx, message).await?;
    }
    Ok(Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_not_shown() {
        let proof = Proof { code: Some("473920".to_owned()), request: Some("r-1".to_owned()), widget_session: None };
        let shown = format!("{proof:?} {:?}", VerificationAnswer::Code(473_920));
        assert!(shown.contains("r-1") && !shown.contains("473"), "{shown}");
    }
}

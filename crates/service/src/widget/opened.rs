//! The page's part of a session: it is opened once with the token, and from then on known by a key.

use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, CustomerNumber};
use domain::oauth_token::TokenValue;
use domain::reference_data::Lang;
use domain::verification::{VerificationFault, VerificationFormat};
use domain::widget::{
    Destination, SESSION_LIFE, WidgetAction, WidgetFlow, WidgetOutcome, WidgetStep, masked_email, masked_number,
};
use domain::{Secret, Timestamp};
use store::credit_account::AccountKey;
use store::merchant::KnownMerchant;
use store::widget_session::WidgetSessionRow;
use store::{Access, StoreError};
use uuid::Uuid;

use super::accounts::Candidate;
use super::subject;
use crate::{AdminError, Context, Core};

/// By what the page names its session.
#[derive(Clone, Debug)]
pub struct WidgetKey {
    /// `client_id` of the merchant.
    pub client_id: String,
    /// `widget_session_id`.
    pub session: Uuid,
    /// What it was given when it opened the session.
    pub key: Secret<TokenValue>,
}

/// A session that was just opened.
#[derive(Clone, Debug)]
pub struct OpenedWidget {
    /// What the page shows from now on to be let in.
    pub key: Secret<TokenValue>,
    /// What it shows the customer.
    pub view: WidgetView,
}

/// One way for the customer to prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaOption {
    /// How.
    pub format: VerificationFormat,
    /// Where the code goes to, so that only whoever knows it recognizes it; or the question.
    pub shown: String,
}

/// An account that the customer may choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetAccount {
    /// Its number.
    pub number: AccountNumber,
    /// `consumer` or `business`.
    pub account_type: String,
    /// The last four digits of its card.
    pub card_ending: String,
    /// What may be bought for.
    pub available_credit: Cents,
}

/// What the page reports to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetEvent {
    /// What the session came to.
    pub outcome: WidgetOutcome,
    /// `mfaOptionSelected`: the way that was chosen last.
    pub format: Option<VerificationFormat>,
    /// `customerId` and `accountType`, of an account that was proved and chosen.
    pub customer: Option<(CustomerNumber, String)>,
}

/// A session as its page sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WidgetView {
    /// `widget_session_id`.
    pub session: Uuid,
    /// What it is for.
    pub flow: WidgetFlow,
    /// The language of the page.
    pub lang: Lang,
    /// How far it has come.
    pub step: WidgetStep,
    /// The shop's name.
    pub merchant_name: String,
    /// The origin of the shop, which alone the page reports to; `None` where the shop has told none.
    pub trust_url: Option<String>,
    /// Until when it can be gone on with, or what it has proved counts.
    pub expires_at: Timestamp,
    /// The ways to prove it, before one is proved. None where the shop has named nobody who is known.
    pub options: Vec<MfaOption>,
    /// What was chosen of them last.
    pub chosen: Option<VerificationFormat>,
    /// What may be chosen next beside closing the page: an application.
    pub may_apply: bool,
    /// The accounts that may be chosen, once it is proved whose they are.
    pub accounts: Vec<WidgetAccount>,
    /// What is to be reported, at the end.
    pub event: Option<WidgetEvent>,
}

/// Why a page is refused.
#[derive(Debug, thiserror::Error)]
pub enum WidgetError {
    /// There is no such session, or it is another merchant's; or the token or key is another one.
    #[error("there is no such session")]
    Unknown,
    /// The token has opened the session before.
    #[error("the token was used")]
    TokenUsed,
    /// Its time is over.
    #[error("the session has expired")]
    Expired,
    /// The session is not where this could be done.
    #[error("the session is {0:?}")]
    Step(WidgetStep),
    /// There is no such way to prove it.
    #[error("there is no such option")]
    NoOption,
    /// The account is not among those that may be chosen.
    #[error("the account can't be chosen")]
    NoAccount,
    /// The answer is not taken.
    #[error(transparent)]
    Wrong(#[from] VerificationFault),
    /// As many codes were sent to this address, or wrong answers given, as may; or for the merchant or its customer's token.
    #[error("too many codes or wrong answers")]
    TooMany,
    /// As many ways were chosen in the session as may.
    #[error("the session has had all its codes")]
    Spent,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AdminError> for WidgetError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Store(error) => Self::Store(error),
            _ => Self::Unknown,
        }
    }
}

/// How far a session has come.
pub(super) fn step_of(row: &WidgetSessionRow) -> Result<WidgetStep, StoreError> {
    WidgetStep::of_name(&row.step).ok_or_else(|| StoreError::unreadable("widget_session.step", "it is none"))
}

pub(super) fn flow_of(row: &WidgetSessionRow) -> Result<WidgetFlow, StoreError> {
    WidgetFlow::of_name(&row.flow).ok_or_else(|| StoreError::unreadable("widget_session.flow", "it is none"))
}

/// What a session came to, where it has.
pub(super) fn outcome_of(row: &WidgetSessionRow) -> Result<Option<WidgetOutcome>, StoreError> {
    let Some(name) = &row.outcome else { return Ok(None) };
    let outcome = WidgetOutcome::of_name(name, row.account_number.map(AccountNumber::of_stored));
    outcome.map(Some).ok_or_else(|| StoreError::unreadable("widget_session.outcome", "it is none"))
}

impl Core {
    /// Opens a session with the token of its address, which works once. A page whose answer is lost has the shop begin another.
    ///
    /// # Errors
    /// [`WidgetError`].
    pub async fn open_widget(
        &self,
        client_id: &str,
        token: &str,
        context: &Context,
    ) -> Result<OpenedWidget, WidgetError> {
        let token = TokenValue::parse(token).ok_or(WidgetError::Unknown)?;
        // What can't be opened is refused before it takes the writer's time.
        self.openable(&mut self.db().reader().await?, client_id, &token).await?;
        let (now, key) = (self.now(), TokenValue::generate(self.random()));
        let (core, client_id, context, given) = (self.clone(), client_id.to_owned(), context.clone(), key.clone());
        let view = self
            .db()
            .write(move |tx| {
                let (core, client_id, context) = (core.clone(), client_id.clone(), context.clone());
                let (token, key) = (token.clone(), given.clone());
                Box::pin(async move {
                    let (merchant, row) = core.openable(tx, &client_id, &token).await?;
                    let row = WidgetSessionRow {
                        key_hash: Some(core.widget_key_hash(row.session, key.expose())),
                        step: WidgetStep::Opened.as_str().to_owned(),
                        changed_at: now,
                        expires_at: now.after(SESSION_LIFE),
                        ..row
                    };
                    store::widget_session::keep(tx, &row).await?;
                    let subject = subject(row.session);
                    let record = context.record(&core, row.partner, "widget.open", subject, Outcome::Done, "");
                    store::audit::insert(tx, &record).await?;
                    core.widget_view(tx, &merchant, &row).await
                })
            })
            .await?;
        Ok(OpenedWidget { key, view })
    }

    /// The session that a token opens.
    async fn openable(
        &self,
        db: &mut impl Access,
        client_id: &str,
        token: &Secret<TokenValue>,
    ) -> Result<(KnownMerchant, WidgetSessionRow), WidgetError> {
        let merchant = self.widget_merchant(db, client_id).await?;
        let place = (merchant.row.partner, merchant.row.client);
        let hash = self.widget_token_hash(place.1, token.expose());
        let row = store::widget_session::by_token(db, place, &hash).await?.ok_or(WidgetError::Unknown)?;
        if step_of(&row)? != WidgetStep::Begun {
            return Err(WidgetError::TokenUsed);
        }
        if row.expires_at <= self.now() {
            return Err(WidgetError::Expired);
        }
        Ok((merchant, row))
    }

    /// A session as it is now.
    ///
    /// # Errors
    /// [`WidgetError`].
    pub async fn widget(&self, key: &WidgetKey) -> Result<WidgetView, WidgetError> {
        let mut reader = self.db().reader().await?;
        let (merchant, row) = self.opened_session(&mut reader, key).await?;
        self.widget_view(&mut reader, &merchant, &row).await
    }

    /// The merchant that a page names. Of one that was revoked no session goes on.
    async fn widget_merchant(&self, db: &mut impl Access, client_id: &str) -> Result<KnownMerchant, WidgetError> {
        let merchant = crate::merchant::found(db, client_id).await?;
        if merchant.revoked_at.is_some() { Err(WidgetError::Unknown) } else { Ok(merchant) }
    }

    /// A session that the page has opened, and whose time is not over.
    pub(super) async fn opened_session(
        &self,
        db: &mut impl Access,
        key: &WidgetKey,
    ) -> Result<(KnownMerchant, WidgetSessionRow), WidgetError> {
        let merchant = self.widget_merchant(db, &key.client_id).await?;
        let place = (merchant.row.partner, merchant.row.client);
        let row = store::widget_session::by_key(db, place, key.session).await?.ok_or(WidgetError::Unknown)?;
        if row.key_hash != Some(self.widget_key_hash(row.session, key.key.expose())) {
            return Err(WidgetError::Unknown);
        }
        // On another book than the session was begun for nothing could be bought.
        if row.expires_at <= self.now() || row.lender != merchant.row.lends_on() {
            return Err(WidgetError::Expired);
        }
        Ok((merchant, row))
    }

    pub(super) async fn widget_view(
        &self,
        db: &mut impl Access,
        merchant: &KnownMerchant,
        row: &WidgetSessionRow,
    ) -> Result<WidgetView, WidgetError> {
        let (flow, step) = (flow_of(row)?, step_of(row)?);
        let lang = Lang::parse(&row.lang).map_err(|_| StoreError::unreadable("widget_session.lang", "it is none"))?;
        let (mut options, mut accounts) = (Vec::new(), Vec::new());
        if matches!(step, WidgetStep::Opened | WidgetStep::Verified) {
            let content = self.open_widget_content(row)?;
            let candidates = self.candidates(db, row, &content).await?;
            if step == WidgetStep::Opened {
                let destinations = self.destinations(flow, &content, &candidates);
                options = destinations.iter().map(|destination| option_of(destination, lang)).collect();
            } else {
                for candidate in self.proved_accounts(row, &candidates).into_iter().filter(|it| it.state.may_buy()) {
                    accounts.push(self.widget_account(db, candidate).await?);
                }
            }
        }
        let may_apply = match flow {
            WidgetFlow::Purchase => matches!(step, WidgetStep::Opened | WidgetStep::Verified),
            WidgetFlow::Apply => step == WidgetStep::Verified,
        };
        let chosen = row.format.as_deref().and_then(VerificationFormat::of_name);
        let event = match outcome_of(row)? {
            Some(outcome) => {
                Some(WidgetEvent { outcome, format: chosen, customer: customer_of(db, row, outcome).await? })
            }
            None => None,
        };
        Ok(WidgetView {
            session: row.session,
            flow,
            lang,
            step,
            merchant_name: merchant.row.name.clone(),
            trust_url: merchant.row.trust_url.clone(),
            expires_at: row.expires_at,
            options,
            chosen,
            may_apply,
            accounts,
            event,
        })
    }

    async fn widget_account(&self, db: &mut impl Access, candidate: &Candidate) -> Result<WidgetAccount, StoreError> {
        let row = &candidate.row;
        Ok(WidgetAccount {
            number: candidate.number(),
            account_type: row.account_type.clone(),
            card_ending: row.card_ending.clone(),
            available_credit: self.balances_now(db, row.key(), (row.balances(), row.holds_until)).await?.available(),
        })
    }
}

fn option_of(destination: &Destination, lang: Lang) -> MfaOption {
    let shown = match destination {
        Destination::Sms(number) => masked_number(number),
        Destination::Email(email) => masked_email(email),
        Destination::SecurityQuestion(_, question) => question.label(lang).to_owned(),
    };
    MfaOption { format: destination.format(), shown }
}

/// Whose account was proved and chosen.
async fn customer_of(
    db: &mut impl Access,
    row: &WidgetSessionRow,
    outcome: WidgetOutcome,
) -> Result<Option<(CustomerNumber, String)>, StoreError> {
    let (Some(number), Some(WidgetAction::Purchase), true) =
        (outcome.account(), outcome.action(), outcome.is_verified())
    else {
        return Ok(None);
    };
    let key = AccountKey { partner: row.partner, lender: row.lender, number };
    let account = store::credit_account::by_number(db, key).await?;
    Ok(account.map(|account| (CustomerNumber::of_stored(account.customer_number), account.account_type)))
}

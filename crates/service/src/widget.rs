//! The widget of a web shop: a session is begun by the shop (`POST …/widget/init` of the POS API), opened by the page, and proves to the shop's
//! purchases and applications who the customer is. The page's part is in `opened`, what counts as proof in `proof`.

mod accounts;
mod choice;
mod content;
mod opened;
mod proof;
mod verify;

use domain::Secret;
use domain::applicant::{ApplicantDraft, ApplicantFaults, check_further};
use domain::audit::Outcome;
use domain::identifier::ClientIdentifier;
use domain::oauth_token::{Scope, TokenValue};
use domain::reference_data::Lang;
use domain::widget::{FAMILY_WINDOW, MOST_OF_FAMILY, TOKEN_LIFE, WidgetFlow, WidgetStep};
use store::widget_session::WidgetSessionRow;
use store::{Reader, StoreError};
use uuid::Uuid;

pub use choice::WidgetChoice;
pub use opened::{MfaOption, OpenedWidget, WidgetAccount, WidgetError, WidgetEvent, WidgetKey, WidgetView};
pub(crate) use proof::use_widget;

use self::content::Content;
use crate::information::{FlowCaller, OpenFlows};
use crate::{Context, Core};

/// What the keyed hashes are of, so that no two secrets of different kinds share one.
const TOKEN: &[u8] = b"widget_session.token:";
const KEY: &[u8] = b"widget_session.key:";

/// What a shop tells of the customer for whom it begins a session.
#[derive(Clone, PartialEq, Eq)]
pub struct WidgetRequest {
    /// What the session is for.
    pub flow: WidgetFlow,
    /// `account_number`, as it was told. One that nobody has is none, and nobody is told so before the page is open.
    pub account: Option<String>,
    /// `vcc_number`, the same.
    pub card: Option<String>,
    /// `personal_information`, and for an application where codes go to.
    pub person: ApplicantDraft,
    /// The language of the page.
    pub lang: Lang,
}

impl std::fmt::Debug for WidgetRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WidgetRequest({}, …)", self.flow.as_str())
    }
}

/// A session that was begun.
#[derive(Clone, Debug)]
pub struct BegunWidget {
    /// `widget_session_id`, which is no secret.
    pub session: Uuid,
    /// What opens it, once.
    pub token: Secret<TokenValue>,
}

/// Why no session was begun.
#[derive(Debug, thiserror::Error)]
pub enum InitWidgetError {
    /// As many sessions are open as may be; of a family, were begun in a day.
    #[error("{most} sessions are open or were begun, which is the most ({of:?})")]
    TooMany {
        /// The most.
        most: u32,
        /// Of which sessions.
        of: OpenFlows,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The subject of an audit record.
fn subject(session: Uuid) -> String {
    format!("widget_session:{session}")
}

impl Core {
    /// Checks what a shop tells of the customer of a session, and gives it without the white space around it.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn check_person(&self, person: ApplicantDraft) -> Result<ApplicantDraft, ApplicantFaults> {
        check_further(person, ApplicantDraft::default(), self.now())
    }

    /// Begins a session for a customer whom the shop has named. Whether there is such a customer is not told here: the token may be in a
    /// browser. The sessions are counted before, so that a few more may be open when several are begun at once.
    ///
    /// # Errors
    /// [`InitWidgetError`].
    pub async fn init_widget(
        &self,
        caller: FlowCaller,
        reference: Uuid,
        asked: WidgetRequest,
        context: &Context,
    ) -> Result<BegunWidget, InitWidgetError> {
        let now = self.now();
        let lender = self.merchant_row(caller.partner, caller.client).await?.lends_on();
        let mut reader = self.db().reader().await?;
        self.find_room_for_widget(&mut reader, caller).await?;
        drop(reader);
        let session = self.next_id(now);
        let token = TokenValue::generate(self.random());
        let content = Content { account: asked.account, card: asked.card, person: asked.person };
        let sealed = self.seal_widget((caller.client, session), &content)?;
        let row = WidgetSessionRow {
            partner: caller.partner,
            client: caller.client,
            session,
            reference,
            family: caller.family,
            scope: caller.scope.name().to_owned(),
            lender,
            flow: asked.flow.as_str().to_owned(),
            lang: asked.lang.as_str().to_owned(),
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            token_hash: self.widget_token_hash(caller.client, token.expose()),
            key_hash: None,
            step: WidgetStep::Begun.as_str().to_owned(),
            format: None,
            destination_hash: None,
            code_hash: None,
            code_expires_at: None,
            tries: 0,
            wrong_total: 0,
            made_total: 0,
            outcome: None,
            account_number: None,
            used_at: None,
            created_at: now,
            changed_at: now,
            expires_at: now.after(TOKEN_LIFE),
        };
        let detail = asked.flow.as_str();
        let record = context.record(self, caller.partner, "widget.init", subject(session), Outcome::Done, detail);
        self.db()
            .add(move |tx| {
                let (row, record) = (row.clone(), record.clone());
                Box::pin(async move {
                    store::widget_session::insert(tx, &row).await?;
                    store::audit::insert(tx, &record).await
                })
            })
            .await?;
        Ok(BegunWidget { session, token })
    }

    /// Whether the caller may begin one more session.
    async fn find_room_for_widget(&self, reader: &mut Reader, caller: FlowCaller) -> Result<(), InitWidgetError> {
        let (merchant, now) = ((caller.partner, caller.client), self.now());
        let most = self.settings().most_open_flows;
        let full = |most, of| Err(InitWidgetError::TooMany { most, of });
        let (customer, limit) = (Scope::Customer.name(), i64::from(most));
        let by_customers = store::widget_session::count_open(reader, merchant, customer, now, limit).await?;
        if caller.scope == Scope::Customer {
            let (of, limit) = ((customer, caller.family), i64::from(MOST_OF_FAMILY));
            let since = now.before(FAMILY_WINDOW);
            if store::widget_session::count_of_family(reader, merchant, of, since, limit).await? >= limit {
                return full(MOST_OF_FAMILY, OpenFlows::Family);
            }
            let half = most / 2;
            if by_customers >= i64::from(half) {
                return full(half, OpenFlows::Customers);
            }
        }
        let others = store::widget_session::count_open(reader, merchant, Scope::Merchant.name(), now, limit).await?;
        if by_customers + others >= limit {
            return full(most, OpenFlows::Merchant);
        }
        Ok(())
    }

    /// Of the merchant as well, so that one merchant's token is nothing to another.
    fn widget_token_hash(&self, client: ClientIdentifier, token: &TokenValue) -> Vec<u8> {
        self.vault().lookup_of(TOKEN, &[&client.0.to_be_bytes()[..], token.as_bytes()].concat()).to_vec()
    }

    fn widget_key_hash(&self, session: Uuid, key: &TokenValue) -> Vec<u8> {
        self.vault().lookup_of(KEY, &[&session.as_bytes()[..], key.as_bytes()].concat()).to_vec()
    }
}

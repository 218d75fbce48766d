//! What a session of the widget has proved: whose account it is, for one purchase; and who applies, for one account.

use domain::Timestamp;
use domain::applicant::{Applicant, ApplicantDraft, CanadianPostalCode, NorthAmericanNumber};
use domain::calendar::CalendarDate;
use domain::email::Email;
use domain::identity::{Identity, normal_form};
use domain::oauth_token::Scope;
use domain::reference_data::Province;
use domain::widget::{APPLICANT_LIFE, WidgetFlow, WidgetOutcome};
use store::credit_account::AccountKey;
use store::widget_session::WidgetSessionRow;
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use super::opened::{flow_of, outcome_of};
use crate::Core;
use crate::account_book::TakenBook;
use crate::information::FlowCaller;
use crate::purchase_error::PurchaseError;
use crate::verification::Proof;

/// The most sessions of a family about one account that are looked at.
const MOST_SESSIONS: i64 = 100;

/// What of a session has to be so that it proves whose an account is.
fn proves(row: &WidgetSessionRow, now: Timestamp) -> Result<bool, StoreError> {
    let is_proof = match outcome_of(row)? {
        Some(WidgetOutcome::Purchase(_)) => true,
        // The account is that of the application that came of it.
        Some(WidgetOutcome::Apply { verified }) => verified && row.account_number.is_some(),
        _ => false,
    };
    Ok(is_proof && row.expires_at > now)
}

impl Core {
    /// Whether the caller's family, by a token of the scope `customer`, has proved in the widget lately that an account is its customer's; also
    /// when that was used for a purchase.
    pub(crate) async fn has_proved(
        &self,
        db: &mut impl Access,
        caller: FlowCaller,
        key: AccountKey,
    ) -> Result<bool, StoreError> {
        Ok(!self.proofs(db, caller, key, self.now()).await?.is_empty())
    }

    async fn proofs(
        &self,
        db: &mut impl Access,
        caller: FlowCaller,
        key: AccountKey,
        now: Timestamp,
    ) -> Result<Vec<WidgetSessionRow>, StoreError> {
        let of = (caller.client, caller.family);
        let mut proofs = Vec::new();
        for row in store::widget_session::of_family(db, key, of, now, MOST_SESSIONS).await? {
            // What a merchant's token has begun is for the merchant's own server, also where a browser's token was refreshed from it.
            if row.scope == Scope::Customer.name() && proves(&row, now)? {
                proofs.push(row);
            }
        }
        Ok(proofs)
    }

    /// What proves in a web shop that the customer of the account buys: the session that is named, or where none is, one of the caller's family,
    /// or its application of the last day. A session is for one purchase: what comes of it is to be handed to [`use_widget`] once the
    /// account is moved. At a till, which sends a code, there is none.
    ///
    /// # Errors
    /// [`PurchaseError::WidgetNotVerified`] and [`PurchaseError::CustomerIdentityNotFound`]; when the database fails.
    pub(crate) async fn check_widget(
        &self,
        tx: &mut Tx,
        book: &TakenBook,
        (caller, proof): (&FlowCaller, &Proof),
    ) -> Result<Option<WidgetSessionRow>, PurchaseError> {
        if proof.code.is_some() {
            return Ok(None);
        }
        let (key, now) = (book.key(), book.now());
        if let Some(session) = proof.widget_session {
            let row = store::widget_session::by_key(tx, caller.merchant(), session).await?;
            let row = row.ok_or(PurchaseError::WidgetNotVerified)?;
            let is_of_account = row.lender == key.lender && row.account_number == Some(key.number.get());
            let is_own = caller.scope == Scope::Merchant || row.family == caller.family;
            return if is_of_account && is_own && row.used_at.is_none() && proves(&row, now)? {
                Ok(Some(row))
            } else {
                Err(PurchaseError::WidgetNotVerified)
            };
        }
        let proofs = self.proofs(tx, *caller, key, now).await?;
        if let Some(row) = proofs.into_iter().find(|row| row.used_at.is_none()) {
            return Ok(Some(row));
        }
        let since = now.before(APPLICANT_LIFE);
        if store::credit_application::opened_by_family_since(tx, key, caller.family, since).await? {
            Ok(None)
        } else {
            Err(PurchaseError::CustomerIdentityNotFound)
        }
    }

    /// The session that an application names: one in which the applicant has proved who they are, and told the same as here. `None` for any other.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn session_of_applicant(
        &self,
        db: &mut impl Access,
        caller: FlowCaller,
        session: Uuid,
        applicant: &Applicant,
    ) -> Result<Option<WidgetSessionRow>, StoreError> {
        let row = store::widget_session::by_key(db, caller.merchant(), session).await?;
        let Some(row) = row else { return Ok(None) };
        let is_own = caller.scope == Scope::Merchant || row.family == caller.family;
        let is_verified = outcome_of(&row)? == Some(WidgetOutcome::Apply { verified: true });
        let is_free = row.account_number.is_none() && row.expires_at > self.now();
        if !(is_own && is_verified && is_free && flow_of(&row)? == WidgetFlow::Apply) {
            return Ok(None);
        }
        let content = self.open_widget_content(&row)?;
        Ok(is_same(&content.person, applicant).then_some(row))
    }
}

/// Notes that what a session has proved was used, so that it is not taken again.
pub(crate) async fn use_widget(tx: &mut Tx, book: &TakenBook, row: Option<WidgetSessionRow>) -> Result<(), StoreError> {
    let Some(row) = row else { return Ok(()) };
    let now = book.now();
    store::widget_session::keep(tx, &WidgetSessionRow { used_at: Some(now.micros()), changed_at: now, ..row }).await
}

/// Whether an application is that of the person who was told to the widget, with the same address, telephone and e-mail.
fn is_same(told: &ApplicantDraft, applicant: &Applicant) -> bool {
    let text = |member: &Option<String>| member.clone().unwrap_or_default();
    let Ok(dob) = CalendarDate::parse(&text(&told.dob)) else { return false };
    let person = Identity::of(&text(&told.first_name), &text(&told.last_name), dob);
    let own = Identity::of(&applicant.first_name, &applicant.last_name, applicant.dob);
    let address = &applicant.address;
    person.text() == own.text()
        && CanadianPostalCode::parse(&text(&told.postal_code)).is_ok_and(|it| it == address.postal_code)
        && Province::parse(&text(&told.province)).is_ok_and(|it| it == address.province)
        && normal_form(&text(&told.address_1)) == normal_form(&address.address_1)
        && normal_form(&text(&told.city)) == normal_form(&address.city)
        && NorthAmericanNumber::parse(&text(&told.phone_number)).is_ok_and(|it| it == applicant.phone_number)
        && Email::parse(&text(&told.email)).is_ok_and(|it| it.as_str().eq_ignore_ascii_case(applicant.email.as_str()))
}

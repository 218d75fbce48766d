//! Whom a session is about: the accounts of the customer whom the shop has named, and the ways in which they prove that it is they.

use domain::Environment;
use domain::applicant::{CanadianPostalCode, NorthAmericanNumber};
use domain::calendar::CalendarDate;
use domain::credit_account::{AccountHolder, AccountNumber, AccountState, AccountStatus, CardNumber};
use domain::email::Email;
use domain::identity::Identity;
use domain::verification::VerificationFormat;
use domain::widget::{Destination, MOST_ACCOUNTS, WidgetFlow};
use store::credit_account::{AccountKey, CreditAccountRow};
use store::widget_session::WidgetSessionRow;
use store::{Access, StoreError};

use super::content::Content;
use crate::Core;
use crate::credit_account::state_of;

/// What the keyed hashes of destinations are of.
const DESTINATION: &[u8] = b"widget_session.destination:";

/// The most accounts of one name and day of birth that are looked at.
const MOST_NAMESAKES: i64 = 100;

/// An account that is the customer's, if they prove who they are.
pub(super) struct Candidate {
    pub(super) row: CreditAccountRow,
    pub(super) state: AccountState,
    pub(super) holder: AccountHolder,
}

impl Candidate {
    pub(super) fn number(&self) -> AccountNumber {
        self.row.key().number
    }

    pub(super) fn destinations(&self) -> [Destination; 3] {
        Destination::of_holder(self.number(), &self.holder)
    }
}

/// A person, as far as one is told from others.
struct Person {
    identity: Identity,
    postal_code: CanadianPostalCode,
}

impl Person {
    fn of(content: &Content) -> Option<Self> {
        let person = &content.person;
        let dob = CalendarDate::parse(person.dob.as_deref()?).ok()?;
        Some(Self {
            identity: Identity::of(person.first_name.as_deref()?, person.last_name.as_deref()?, dob),
            postal_code: CanadianPostalCode::parse(person.postal_code.as_deref()?).ok()?,
        })
    }
}

impl Core {
    /// The accounts that fit everything that the shop has told, but for those that are closed.
    pub(super) async fn candidates(
        &self,
        db: &mut impl Access,
        session: &WidgetSessionRow,
        content: &Content,
    ) -> Result<Vec<Candidate>, StoreError> {
        let place = (session.partner, session.lender);
        let account = content.account.as_deref().map(AccountNumber::parse);
        let card = content.card.as_deref().map(CardNumber::parse);
        let is_somebody = content.person.first_name.is_some();
        let person = Person::of(content);
        let rows = match (&account, &card, &person) {
            (Some(Err(_)), ..) | (_, Some(Err(_)), _) | (None, None, None) => Vec::new(),
            (Some(Ok(number)), ..) => {
                let key = AccountKey { partner: session.partner, lender: session.lender, number: *number };
                Vec::from_iter(store::credit_account::by_number(db, key).await?)
            }
            (None, Some(Ok(card)), _) => {
                Vec::from_iter(store::credit_account::by_card(db, place, &self.card_hash(card)).await?)
            }
            (None, None, Some(person)) => {
                let hash = self.identity_hash(&person.identity);
                store::credit_account::by_identity(db, place, &hash, MOST_NAMESAKES).await?
            }
        };
        let mut candidates = Vec::new();
        for row in rows {
            let state = state_of(&row)?;
            let fits_card =
                card.as_ref().is_none_or(|card| card.as_ref().is_ok_and(|it| self.card_hash(it) == row.card_hash));
            if state.status() == AccountStatus::Closed || !fits_card || (is_somebody && person.is_none()) {
                continue;
            }
            let holder = self.holder_of(&row)?;
            let fits_person = person.as_ref().is_none_or(|person| {
                person.identity.text() == holder.identity().text() && person.postal_code == holder.address.postal_code
            });
            if fits_person && candidates.len() < MOST_ACCOUNTS {
                candidates.push(Candidate { row, state, holder });
            }
        }
        Ok(candidates)
    }

    /// The ways in which the customer may prove who they are, each once, in an order that stays. In the flow `apply` a code goes to what was told
    /// of the applicant; else it goes to what is known of the account.
    pub(super) fn destinations(
        &self,
        flow: WidgetFlow,
        content: &Content,
        candidates: &[Candidate],
    ) -> Vec<Destination> {
        let all: Vec<Destination> = match flow {
            WidgetFlow::Apply => {
                let (number, email) = (content.person.phone_number.as_deref(), content.person.email.as_deref());
                let number = number.and_then(|text| NorthAmericanNumber::parse(text).ok()).map(Destination::Sms);
                let email = email.and_then(|text| Email::parse(text).ok()).map(Destination::Email);
                number.into_iter().chain(email).collect()
            }
            WidgetFlow::Purchase => candidates.iter().flat_map(Candidate::destinations).collect(),
        };
        let mut destinations: Vec<Destination> = Vec::new();
        for destination in all {
            let is_new = destinations.iter().all(|other| other.key() != destination.key());
            if is_new && self.reaches(destination.format()) {
                destinations.push(destination);
            }
        }
        destinations
    }

    /// Whether the operator has set up a way to send such a code. In a sandbox everybody knows the code.
    fn reaches(&self, format: VerificationFormat) -> bool {
        self.environment() == Environment::Sandbox
            || match format {
                VerificationFormat::Sms => self.settings().sms.is_some(),
                VerificationFormat::Email => self.settings().mail.is_some(),
                _ => true,
            }
    }

    pub(super) fn destination_hash(&self, destination: &Destination) -> Vec<u8> {
        self.vault().lookup_of(DESTINATION, destination.key().as_bytes()).to_vec()
    }

    /// Of these accounts those that are the customer's, because the session's code went to where theirs would, or their question was answered.
    pub(super) fn proved_accounts<'c>(
        &self,
        session: &WidgetSessionRow,
        candidates: &'c [Candidate],
    ) -> Vec<&'c Candidate> {
        let is_proved = |candidate: &&Candidate| {
            let mut destinations = candidate.destinations().into_iter();
            destinations.any(|it| Some(self.destination_hash(&it)) == session.destination_hash)
        };
        candidates.iter().filter(is_proved).collect()
    }
}

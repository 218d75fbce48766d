//! Credit accounts: opened for an applicant, found by a merchant of their lender, sealed at rest.

use domain::Timestamp;
use domain::applicant::Applicant;
use domain::audit::Outcome;
use domain::credit_account::{
    AccountHolder, AccountNumber, AccountState, AccountStatus, CardNumber, CustomerNumber, RiskRating,
};
use domain::decision::Grant;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::identity::Identity;
use store::credit_account::{AccountKey, CreditAccountRow};
use store::merchant::MerchantRow;
use store::{Access, StoreError, Tx};
use zeroize::Zeroizing;

use crate::reseal::BATCH;
use crate::{AdminError, Context, Core};

const SEALED: &str = "credit_account.sealed";

/// What the keyed hashes are of.
const IDENTITY: &[u8] = b"credit_account.identity:";
const CARD: &[u8] = b"credit_account.card:";

/// How many numbers are drawn for one account. Of 10^13 account numbers and 10^9 customer numbers few are taken, so that each draw but the first
/// is for a clash that hardly happens.
const DRAWS: usize = 4;

/// The most accounts of one name and day of birth that are looked at.
const MOST_NAMESAKES: i64 = 100;

/// A lender's account of somebody who has one and can't have another.
pub(crate) struct HasAccount;

/// An account to be opened: made ahead of the transaction, with other numbers for the case that some are taken.
pub(crate) struct NewAccount(Vec<CreditAccountRow>);

impl NewAccount {
    /// Opens it in the transaction, which adds rows of which indexes decide. `is_another` says that the person is another one than those
    /// of the same name and day of birth who have accounts.
    pub(crate) async fn open(
        &self,
        tx: &mut Tx,
        is_another: bool,
    ) -> Result<Result<CreditAccountRow, HasAccount>, StoreError> {
        for candidate in &self.0 {
            let place = (candidate.partner, candidate.lender);
            let namesakes =
                store::credit_account::by_identity(tx, place, &candidate.identity_hash, MOST_NAMESAKES).await?;
            if !is_another && has_open(&namesakes) {
                return Ok(Err(HasAccount));
            }
            // The next number: two who open one at once draw the same, and the index lets one of them have it.
            let identity_number = namesakes.first().map_or(0, |newest| newest.identity_number + 1);
            let row = CreditAccountRow { identity_number, ..candidate.clone() };
            if store::credit_account::insert(tx, &row).await? {
                return Ok(Ok(row));
            }
        }
        Err(StoreError::unreadable("credit_account", "every number that was drawn for an account is taken"))
    }
}

/// Whether one of a person's accounts is not closed. Who has only closed ones may have another.
fn has_open(rows: &[CreditAccountRow]) -> bool {
    rows.iter().any(|row| row.status != AccountStatus::Closed.code())
}

impl Core {
    pub(crate) fn identity_hash(&self, identity: &Identity) -> Vec<u8> {
        self.vault().lookup_of(IDENTITY, identity.text().as_bytes()).to_vec()
    }

    /// What a card is found by: a keyed hash of its number, because a number has too few digits for one without a key.
    #[must_use]
    pub fn card_hash(&self, card: &CardNumber) -> Vec<u8> {
        self.vault().lookup_of(CARD, card.expose().as_bytes()).to_vec()
    }

    /// The row of the merchant that a client is.
    ///
    /// # Errors
    /// When it is none, or the database fails.
    pub(crate) async fn merchant_row(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
    ) -> Result<MerchantRow, StoreError> {
        let found = store::merchant::by_client(&mut self.db().reader().await?, partner, client).await?;
        if let Some(known) = found {
            return Ok(known.row);
        }
        // It makes the row where an older program has left it out.
        self.merchant_of(partner, client).await?;
        let found = store::merchant::by_client(&mut self.db().reader().await?, partner, client).await?;
        found.map(|known| known.row).ok_or_else(|| StoreError::unreadable("merchant", "a client with a token is none"))
    }

    /// The number of an account's virtual card, in clear, for the operator. Each time that it is shown is recorded.
    ///
    /// # Errors
    /// When there is no such account, what is kept does not open, or the database fails.
    pub async fn reveal_card(&self, key: AccountKey, context: &Context) -> Result<CardNumber, AdminError> {
        let row = store::credit_account::by_number(&mut self.db().reader().await?, key).await?;
        let row = row.ok_or_else(|| AdminError::NotFound(format!("account {}", key.number)))?;
        let record =
            context.record(self, key.partner, "credit_account.reveal", subject(key.number), Outcome::Done, "card");
        // Recorded first, as for every value that is shown.
        self.record_alone(record).await?;
        Ok(self.holder_of(&row)?.card_number().map_err(|error| StoreError::unreadable(SEALED, error))?)
    }

    /// Whether a person of this identity has an account with the lender that is not closed.
    pub(crate) async fn has_account(
        &self,
        db: &mut impl Access,
        lender: (PartnerId, ClientIdentifier),
        identity_hash: &[u8],
    ) -> Result<bool, StoreError> {
        let rows = store::credit_account::by_identity(db, lender, identity_hash, MOST_NAMESAKES).await?;
        Ok(has_open(&rows))
    }

    /// The account that an applicant of `merchant` gets by `grant`.
    pub(crate) fn new_account(
        &self,
        merchant: &MerchantRow,
        applicant: &Applicant,
        grant: Grant,
        now: Timestamp,
    ) -> Result<NewAccount, StoreError> {
        let identity = Identity::of(&applicant.first_name, &applicant.last_name, applicant.dob);
        let identity_hash = self.identity_hash(&identity);
        let draw = |_| {
            let number = AccountNumber::generate(self.random());
            let card = CardNumber::generate(self.random());
            let holder = AccountHolder::of(applicant, &card);
            let key = AccountKey { partner: merchant.partner, lender: merchant.lends_on(), number };
            let plain = serde_json::to_vec(&holder).map_err(|error| StoreError::unreadable(SEALED, error))?;
            let sealed = self.vault().seals.seal(&seal_name(key), &Zeroizing::new(plain), self.random());
            Ok(CreditAccountRow {
                partner: key.partner,
                lender: key.lender,
                number: number.get(),
                client: merchant.client,
                customer_number: CustomerNumber::generate(self.random()).get(),
                account_type: applicant.account_type.as_str().to_owned(),
                status: AccountState::NORMAL.status().code().to_owned(),
                status_reason: AccountState::NORMAL.reason().code().to_owned(),
                risk_rating: grant.rating.code().to_owned(),
                province: applicant.address.province.as_str().to_owned(),
                preferred_language: applicant.preferred_language.as_str().to_owned(),
                identity_hash: identity_hash.clone(),
                identity_number: 0,
                card_hash: self.card_hash(&card),
                card_ending: card.ending().to_owned(),
                sealed: sealed.bytes,
                master_key_version: sealed.version,
                credit_limit: grant.limit.0,
                principal: 0,
                interest: 0,
                held: 0,
                holds_until: None,
                created_at: now,
                changed_at: now,
                closed_at: None,
            })
        };
        (0..DRAWS).map(draw).collect::<Result<_, StoreError>>().map(NewAccount)
    }

    /// Whose an account is.
    pub(crate) fn holder_of(&self, row: &CreditAccountRow) -> Result<AccountHolder, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.key()), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable(SEALED, error))?;
        let holder = serde_json::from_slice(&plain);
        // Without what stands there: the error is logged.
        holder.map_err(|error| StoreError::unreadable(SEALED, format!("{:?}", error.classify())))
    }

    /// Seals whose each account is under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_accounts(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::credit_account::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let again =
                        core.sealed_again(SEALED, &seal_name(row.key()), &row.sealed, row.master_key_version)?;
                    store::credit_account::reseal(tx, row.key(), &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}

/// The state of an account.
pub(crate) fn state_of(row: &CreditAccountRow) -> Result<AccountState, StoreError> {
    AccountState::of_codes(&row.status, &row.status_reason)
        .map_err(|error| StoreError::unreadable("credit_account.status", error))
}

/// The rating of an account.
pub(crate) fn rating_of(row: &CreditAccountRow) -> Result<RiskRating, StoreError> {
    RiskRating::of_code(&row.risk_rating).map_err(|error| StoreError::unreadable("credit_account.risk_rating", error))
}

/// The name under which an account is sealed.
fn seal_name(key: AccountKey) -> String {
    format!("credit_account:{}:{}:{}", key.partner, key.lender, key.number)
}

/// The subject of an audit record.
pub(crate) fn subject(number: AccountNumber) -> String {
    format!("credit_account:{number}")
}

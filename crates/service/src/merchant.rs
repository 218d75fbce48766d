//! Merchants in the operator's hands: added, listed, changed, given new secrets, revoked.
//!
//! A merchant is a client of the point-of-sale service. Onboarding makes its row with the client; here the operator adds one by its
//! `client_id` and name alone.

use std::sync::Arc;

use domain::api_key::{AllowedNetworks, KeyHolder, KeyKind, KeyValue};
use domain::audit::Outcome;
use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};
use domain::merchant::{ClientId, MerchantChange, MerchantDraft, MerchantSettings, TrustUrl};
use domain::reference_data::Lang;
use domain::{Secret, Timestamp};
use serde::Serialize;
use store::merchant::{KnownMerchant, MerchantRow};
use store::{Access, StoreError, Tx};

use crate::credentials::Rotation;
use crate::merchant_lender::lender_of;
use crate::merchant_row::{bare_client, changed_members, language_of, row_of, settings_of};
use crate::oauth_client::OauthCredentials;
use crate::onboarding::{self, Enrolment};
use crate::{AdminError, Context, Core};

/// The code of the partner that merchants of the operator's own belong to. It is made at its first use and holds no key.
pub const OWN_PARTNER: &str = "MERCHANTS";

/// Its name, by which it is told from a vendor's of the same code: an older program reserved none.
const OWN_PARTNER_NAME: &str = "Merchants of this installation";

/// What is kept of a merchant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Merchant {
    /// The code of its partner.
    pub partner_code: String,
    /// The partner, inside.
    #[serde(skip)]
    pub partner: PartnerId,
    /// The client that it is.
    pub client_identifier: ClientIdentifier,
    /// `client_id` of the POS API.
    pub client_id: String,
    /// `merchant_id` of the POS API.
    pub merchant_id: MerchantId,
    /// `merchant_name` of the POS API.
    pub name: String,
    /// The origin of its web shop.
    pub trust_url: Option<String>,
    /// Whether its users may get tokens with their passwords.
    pub password_grant: bool,
    /// Why.
    pub password_grant_note: Option<String>,
    /// The language of mails and of the widget's first screen.
    pub default_language: Lang,
    /// Whether its staff may vouch for a customer instead of a one-time code.
    pub merchant_override: bool,
    /// `client_id` of the merchant on whose book it lends; `None` for its own.
    pub lender: Option<String>,
    /// Whether it offers accounts of the category standard.
    pub standard_accounts: bool,
    /// Whether it offers accounts for businesses.
    pub business_accounts: bool,
    /// Whether it may have credit held without capturing it at once.
    pub preauthorization: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Option<Timestamp>,
    /// When its OAuth client or its partner was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A merchant that was added, or given a new secret, which it is shown with this once.
#[derive(Clone, Debug)]
pub struct MerchantWithSecret {
    /// The merchant.
    pub merchant: Merchant,
    /// `client_secret` of the POS API.
    pub secret: Secret<KeyValue>,
}

/// The subject of an audit record.
pub(crate) fn subject(client: ClientIdentifier) -> String {
    format!("client:{client}")
}

pub(crate) fn not_found(client_id: &str) -> AdminError {
    AdminError::NotFound(format!("merchant {client_id}"))
}

/// The merchant with this `client_id`.
pub(crate) async fn found(db: &mut impl Access, client_id: &str) -> Result<KnownMerchant, AdminError> {
    store::merchant::by_oauth_client_id(db, client_id).await?.ok_or_else(|| not_found(client_id))
}

/// The partner of the operator's own merchants. A vendor that has this code by chance does not own them.
async fn open_own_partner(db: &mut impl Access) -> Result<PartnerId, AdminError> {
    let partner = open_partner(db, OWN_PARTNER).await?;
    let row = store::partner::by_id(db, partner).await?;
    let keys = store::api_key::of_holder(db, KeyHolder { partner, client: None }).await?;
    if keys.is_empty() || row.is_some_and(|row| row.name == OWN_PARTNER_NAME) {
        return Ok(partner);
    }
    Err(AdminError::State(format!(
        "partner {OWN_PARTNER} is a vendor's, because it has keys: say with --partner whose the merchant is"
    )))
}

/// A partner that may have new merchants.
async fn open_partner(db: &mut impl Access, code: &str) -> Result<PartnerId, AdminError> {
    let partner = store::partner::by_code(db, code).await?;
    let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?;
    match partner.revoked_at {
        None => Ok(partner.partner),
        Some(_) => Err(AdminError::State(format!("partner {code} is revoked and gets no merchants"))),
    }
}

impl Core {
    /// Adds a merchant by its `client_id` and name: a client of the point-of-sale service with a key and OAuth credentials. Without a
    /// partner it belongs to [`OWN_PARTNER`].
    ///
    /// # Errors
    /// When the draft is wrong, the `client_id` is taken, there is no such partner or it is revoked, or the database fails.
    pub async fn add_merchant(
        &self,
        partner_code: Option<&str>,
        draft: &MerchantDraft,
        context: &Context,
    ) -> Result<MerchantWithSecret, AdminError> {
        let (client_id, settings) = domain::merchant::check(draft, self.environment())
            .map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
        let partner = match partner_code {
            Some(code) => open_partner(&mut self.db().reader().await?, code).await?,
            None => self.own_partner(context).await?,
        };
        let now = self.now();
        let numbers = self.numbers().client().await?;
        let merchant = self.numbers().merchant().await?;
        let row = bare_client(partner, numbers, merchant, &settings.name, now);
        let holder = KeyHolder { partner, client: Some(numbers.client) };
        let key = self.new_key(holder, KeyKind::Client, &AllowedNetworks::default(), now);
        let oauth = self.new_oauth_client_named(partner, numbers.client, client_id.as_str().to_owned(), now);
        let secret = oauth.credentials.secret.clone();
        let detail = format!("merchant {merchant}, client id {client_id}, key {}", key.row.key);
        let record =
            |outcome, detail| context.record(self, partner, "merchant.add", subject(row.client), outcome, detail);
        let enrolment = Arc::new(Enrolment {
            contacts: Vec::new(),
            agreements: Vec::new(),
            record: record(Outcome::Done, detail),
            refusal: record(Outcome::Refused, "client_exists".to_owned()),
            merchant: Some(row_of(&row, merchant, &settings)),
            key,
            oauth: Some(oauth),
            warnings: Vec::new(),
            webhooks: None,
            row,
        });
        let (core, id) = (self.clone(), client_id.clone());
        self.db()
            .write(move |tx| {
                let (core, enrolment, id) = (core.clone(), Arc::clone(&enrolment), id.clone());
                Box::pin(async move {
                    if store::oauth_client::by_oauth_client_id(tx, id.as_str()).await?.is_some() {
                        return Err(AdminError::Exists(format!("client id {id}")));
                    }
                    let added = onboarding::add(tx, &enrolment).await.map_err(|error| match error {
                        onboarding::OnboardingError::Store(error) => AdminError::Store(error),
                        // It has no agreements that could be taken, and no request that could be repeated.
                        other => AdminError::State(other.to_string()),
                    })?;
                    if let Err(client) = added {
                        return Err(AdminError::State(format!(
                            "client {client} has the business code {}",
                            enrolment.row.business_code
                        )));
                    }
                    let event = onboarding::created_event(&enrolment.row, enrolment.key.issued.id);
                    core.tell(tx, enrolment.row.partner, &event, now).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(MerchantWithSecret { merchant: self.show_merchant(client_id.as_str()).await?, secret })
    }

    /// The partner of the operator's own merchants, which is made when it is not there.
    async fn own_partner(&self, context: &Context) -> Result<PartnerId, AdminError> {
        match open_own_partner(&mut self.db().reader().await?).await {
            Err(AdminError::NotFound(_)) => {}
            found => return found,
        }
        let partner = self.numbers().partner().await?;
        let now = self.now();
        let (core, context) = (self.clone(), context.clone());
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    match open_own_partner(tx).await {
                        Err(AdminError::NotFound(_)) => {}
                        // Somebody else was faster.
                        found => return found,
                    }
                    store::partner::insert(tx, partner, OWN_PARTNER, OWN_PARTNER_NAME, now).await?;
                    let (of, detail) = (format!("partner:{OWN_PARTNER}"), "no keys");
                    let record = context.record(&core, partner, "partner.add", of, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok(partner)
                })
            })
            .await
    }

    /// At most `limit` merchants, of one partner or of all, whose clients' numbers come after `after`.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn list_merchants(
        &self,
        partner_code: Option<&str>,
        after: Option<ClientIdentifier>,
        limit: u32,
    ) -> Result<Vec<Merchant>, AdminError> {
        let partner = match partner_code {
            Some(code) => Some(self.partner_of_code(code).await?),
            None => None,
        };
        let after = after.unwrap_or(ClientIdentifier(0));
        let rows = store::merchant::page(&mut self.db().reader().await?, partner, after, limit).await?;
        let mut merchants = Vec::with_capacity(rows.len());
        for row in rows {
            merchants.push(self.merchant_details(row).await?);
        }
        Ok(merchants)
    }

    /// The merchant with this `client_id`.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn show_merchant(&self, client_id: &str) -> Result<Merchant, AdminError> {
        let row = found(&mut self.db().reader().await?, client_id).await?;
        Ok(self.merchant_details(row).await?)
    }

    /// The merchant with this `client_id` and its secret, in clear; no secret where it was revoked. Each time that the secret is shown
    /// is recorded.
    ///
    /// # Errors
    /// When there is no such merchant, its secret does not open, or the database fails.
    pub async fn reveal_merchant(
        &self,
        client_id: &str,
        context: &Context,
    ) -> Result<(Merchant, Option<Secret<KeyValue>>), AdminError> {
        let mut reader = self.db().reader().await?;
        let row = found(&mut reader, client_id).await?.row;
        let oauth = store::oauth_client::by_client(&mut reader, row.partner, row.client).await?;
        drop(reader);
        let oauth = oauth.filter(|row| row.revoked_at.is_none());
        if oauth.is_some() {
            // Recorded first, as for every value that is shown.
            let detail = format!("client id {client_id}");
            let of = subject(row.client);
            self.record_alone(context.record(self, row.partner, "credentials.show", of, Outcome::Done, detail)).await?;
        }
        let credentials = oauth.as_ref().map(|row| self.oauth_credentials_of(row)).transpose()?;
        Ok((self.show_merchant(client_id).await?, credentials.map(|credentials| credentials.secret)))
    }

    /// The merchant that a client is; `None` when it is none. A client of the service that an older program has onboarded beside this one
    /// becomes one now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merchant_of(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
    ) -> Result<Option<Merchant>, StoreError> {
        let mut reader = self.db().reader().await?;
        let mut row = store::merchant::by_client(&mut reader, partner, client).await?;
        let is_missing = row.is_none() && store::oauth_client::by_client(&mut reader, partner, client).await?.is_some();
        drop(reader);
        if is_missing {
            let merchant = self.numbers().merchant().await?;
            row = self
                .db()
                .write(move |tx| {
                    Box::pin(async move {
                        add_missing(tx, client, merchant).await?;
                        store::merchant::by_client(tx, partner, client).await
                    })
                })
                .await?;
        }
        match row {
            Some(row) => self.merchant_details(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn merchant_details(&self, known: KnownMerchant) -> Result<Merchant, StoreError> {
        let KnownMerchant { row, oauth_client_id, revoked_at } = known;
        let lender = lender_of(&mut self.db().reader().await?, &row).await?;
        Ok(Merchant {
            partner_code: self.partner_code(row.partner).await?.to_string(),
            partner: row.partner,
            client_identifier: row.client,
            client_id: oauth_client_id,
            merchant_id: row.merchant,
            default_language: language_of(&row)?,
            name: row.name,
            trust_url: row.trust_url,
            password_grant: row.password_grant.is_some(),
            password_grant_note: row.password_grant,
            merchant_override: row.merchant_override != 0,
            lender,
            standard_accounts: row.standard_accounts != 0,
            business_accounts: row.business_accounts != 0,
            preauthorization: row.preauthorization != 0,
            created_at: row.created_at,
            changed_at: row.changed_at.map(Timestamp::from_micros),
            revoked_at: revoked_at.map(Timestamp::from_micros),
        })
    }

    /// Changes what a merchant is shown as and may do. Every process hears of it as of a revoked key: within a second.
    ///
    /// # Errors
    /// When there is no such merchant, the change is wrong (every fault of it), or the database fails.
    pub async fn change_merchant(
        &self,
        client_id: &str,
        change: &MerchantChange,
        context: &Context,
    ) -> Result<Merchant, AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let (id, change) = (client_id.to_owned(), change.clone());
        let now = self.now();
        let known = self
            .db()
            .write(move |tx| {
                let (core, context, id, change) = (core.clone(), context.clone(), id.clone(), change.clone());
                Box::pin(async move {
                    let known = found(tx, &id).await?;
                    let from = settings_of(&known.row)?;
                    let to = from
                        .changed(&change, core.environment())
                        .map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
                    let changed = changed_members(&from, &to);
                    if changed.is_empty() {
                        return Ok::<_, AdminError>(known);
                    }
                    let row = MerchantRow {
                        name: to.name,
                        trust_url: to.trust_url.map(TrustUrl::into_string),
                        password_grant: to.password_grant,
                        default_language: to.default_language.to_string(),
                        merchant_override: i64::from(to.merchant_override),
                        standard_accounts: i64::from(to.standard_accounts),
                        business_accounts: i64::from(to.business_accounts),
                        preauthorization: i64::from(to.preauthorization),
                        changed_at: Some(now.micros()),
                        ..known.row
                    };
                    store::merchant::update(tx, &row).await?;
                    store::api_key::count_version_up(tx).await?;
                    let (of, detail) = (subject(row.client), changed.join(", "));
                    let record = context.record(&core, row.partner, "merchant.set", of, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok(KnownMerchant { row, ..known })
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(self.merchant_details(known).await?)
    }

    /// Gives a merchant a new secret; the one before is refused at once. One that was revoked works again with it, and has a new key.
    ///
    /// # Errors
    /// When there is no such merchant, its partner is revoked, or the database fails.
    pub async fn rotate_merchant(&self, client_id: &str, context: &Context) -> Result<MerchantWithSecret, AdminError> {
        let known = found(&mut self.db().reader().await?, client_id).await?;
        let (partner, client) = (known.row.partner, known.row.client);
        let now = self.now();
        let holder = KeyHolder { partner, client: Some(client) };
        let key = self.new_key(holder, KeyKind::Client, &AllowedNetworks::default(), now);
        let new = self.new_oauth_client_named(partner, client, known.oauth_client_id, now);
        let (core, context) = (self.clone(), context.clone());
        let credentials = self
            .db()
            .write(move |tx| {
                let (core, context, key, new) = (core.clone(), context.clone(), key.clone(), new.clone());
                Box::pin(async move {
                    refuse_of_revoked(tx, partner).await?;
                    let kept = store::oauth_client::by_client(tx, partner, client).await?;
                    let kept =
                        kept.ok_or_else(|| StoreError::unreadable("oauth_client", "that of a merchant is gone"))?;
                    let (credentials, detail) = if kept.revoked_at.is_some() {
                        let rotation = Rotation { partner, client, key, oauth: Some(new) };
                        let rotated = core.rotate_in(tx, rotation, now, &context).await?;
                        let credentials = rotated
                            .oauth
                            .ok_or_else(|| StoreError::unreadable("oauth_client", "a revoked one got no secret"))?;
                        (credentials, format!("it was revoked; key {}", rotated.key_id))
                    } else {
                        store::oauth_client::replace_secret(tx, &new.row).await?;
                        (new.credentials, String::new())
                    };
                    store::api_key::count_version_up(tx).await?;
                    let record =
                        context.record(&core, partner, "merchant.rotate", subject(client), Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok::<OauthCredentials, AdminError>(credentials)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(MerchantWithSecret { merchant: self.show_merchant(client_id).await?, secret: credentials.secret })
    }

    /// Revokes a merchant: its OAuth client and every key of its client, at once and everywhere. Gives it as it is then.
    ///
    /// # Errors
    /// When there is no such merchant, or the database fails.
    pub async fn revoke_merchant(&self, client_id: &str, context: &Context) -> Result<Merchant, AdminError> {
        let (core, context, id) = (self.clone(), context.clone(), client_id.to_owned());
        self.db()
            .write(move |tx| {
                let (core, context, id) = (core.clone(), context.clone(), id.clone());
                Box::pin(async move {
                    let row = found(tx, &id).await?.row;
                    let keys = core.revoke_credentials_in(tx, row.partner, row.client, &context).await?;
                    let detail = format!("{keys} keys");
                    let record = context.record(
                        &core,
                        row.partner,
                        "merchant.revoke",
                        subject(row.client),
                        Outcome::Done,
                        detail,
                    );
                    store::audit::insert(tx, &record).await.map_err(AdminError::from)
                })
            })
            .await?;
        self.keys().forget_all();
        self.show_merchant(client_id).await
    }

    /// Makes the rows of merchants whose clients an older program has onboarded since the migration, and gives their number. When
    /// there are none, it is one look.
    ///
    /// # Errors
    /// When the database fails. What was done by then stays.
    pub async fn add_missing_merchants(&self) -> Result<u64, StoreError> {
        const BATCH: i64 = 100;
        let mut added = 0;
        loop {
            let clients = store::merchant::without(&mut self.db().reader().await?, BATCH).await?;
            if clients.is_empty() {
                return Ok(added);
            }
            for client in clients {
                let merchant = self.numbers().merchant().await?;
                let is_new =
                    self.db().write(move |tx| Box::pin(async move { add_missing(tx, client, merchant).await })).await?;
                added += u64::from(is_new);
            }
        }
    }
}

/// A merchant of a revoked partner is refused whatever secret it has.
async fn refuse_of_revoked(db: &mut impl Access, partner: PartnerId) -> Result<(), AdminError> {
    match store::partner::by_id(db, partner).await? {
        Some(partner) if partner.revoked_at.is_some() => {
            Err(AdminError::State(format!("partner {} is revoked, and its merchants get no secrets", partner.code)))
        }
        _ => Ok(()),
    }
}

async fn add_missing(tx: &mut Tx, client: ClientIdentifier, merchant: MerchantId) -> Result<bool, StoreError> {
    let row = store::client::by_number(tx, client).await?;
    let row = row.ok_or_else(|| StoreError::unreadable("oauth_client", "its client is not there"))?;
    // Another process may have been faster.
    if store::merchant::by_client(tx, row.partner, client).await?.is_some() {
        return Ok(false);
    }
    let settings = MerchantSettings::of_client(&row.name, &row.language_code);
    store::merchant::insert(tx, &row_of(&row, merchant, &settings)).await?;
    Ok(true)
}

/// The `client_id` that a client of the point-of-sale service is given when it is onboarded.
pub(crate) fn given_client_id(client: ClientIdentifier) -> String {
    ClientId::given(client).into_string()
}

//! The users of a merchant in the operator's hands: added, listed, disabled, given new passwords.

use domain::audit::Outcome;
use domain::fault_code::Coded as _;
use domain::identifier::ClientIdentifier;
use domain::merchant::{MOST_USERS, UserName, check_password};
use domain::{Faults, Secret, Timestamp};
use serde::Serialize;
use store::Tx;
use store::merchant_user::UserRow;

use crate::merchant::{found, subject};
use crate::{AdminError, Context, Core};

/// What is kept of a user, without the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantUser {
    /// The client that the merchant is.
    #[serde(skip)]
    pub client: ClientIdentifier,
    /// The name, as it was typed when the user was added.
    pub username: String,
    /// The location that the user belongs to.
    pub location_id: Option<String>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the user was disabled.
    pub disabled_at: Option<Timestamp>,
    /// When the password was last right.
    pub last_login_at: Option<Timestamp>,
    /// Wrong passwords since.
    pub failed_count: i64,
    /// Until when no password is taken.
    pub locked_until: Option<Timestamp>,
    /// The name in the form in which it is unique.
    #[serde(skip)]
    pub(crate) name_folded: String,
    /// Of which its tokens must be.
    #[serde(skip)]
    pub(crate) tokens_version: i64,
}

impl From<UserRow> for MerchantUser {
    fn from(row: UserRow) -> Self {
        Self {
            client: row.client,
            username: row.name,
            location_id: row.location,
            created_at: row.created_at,
            disabled_at: row.disabled_at.map(Timestamp::from_micros),
            last_login_at: row.last_login_at.map(Timestamp::from_micros),
            failed_count: row.failed_count,
            locked_until: row.locked_until.map(Timestamp::from_micros),
            name_folded: row.name_folded,
            tokens_version: row.tokens_version,
        }
    }
}

/// A user that is to be added.
#[derive(Clone, Debug)]
pub struct NewMerchantUser {
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
    /// The location that the user belongs to; `None` for the whole merchant.
    pub location: Option<String>,
}

fn no_user(client_id: &str, username: &str) -> AdminError {
    AdminError::NotFound(format!("user {username} of {client_id}"))
}

async fn user(tx: &mut Tx, client_id: &str, username: &str) -> Result<UserRow, AdminError> {
    let merchant = found(tx, client_id).await?.row;
    // A text that is no name is nobody's.
    let name = UserName::parse(username).map_err(|_| no_user(client_id, username))?;
    let row = store::merchant_user::by_name(tx, merchant.partner, merchant.client, &name.folded()).await?;
    row.ok_or_else(|| no_user(client_id, username))
}

impl Core {
    /// Adds a user of a merchant.
    ///
    /// # Errors
    /// When there is no such merchant, name, password or location is wrong (all faults at once), the merchant has a user of that name
    /// or its most users, too many passwords are being hashed, or the database fails.
    pub async fn add_merchant_user(
        &self,
        client_id: &str,
        new: NewMerchantUser,
        context: &Context,
    ) -> Result<MerchantUser, AdminError> {
        let mut reader = self.db().reader().await?;
        let merchant = found(&mut reader, client_id).await?.row;
        let mut faults = Faults::new();
        let name = UserName::parse(&new.username)
            .map_err(|fault| faults.add("username", fault.code(), fault.to_string()))
            .ok();
        let password = check_password(new.password.expose(), &[&new.username, client_id])
            .map_err(|fault| faults.add("password", fault.code(), fault.to_string()))
            .ok();
        if let Some(location) = &new.location {
            let kept =
                store::merchant_location::by_id(&mut reader, merchant.partner, merchant.client, location).await?;
            if kept.is_none() {
                faults.add("locationId", "unknown_location", unknown_location(client_id));
            }
        }
        drop(reader);
        let (Some(name), Some(password), true) = (name, password, faults.is_empty()) else {
            return Err(AdminError::Invalid(faults.into_vec()));
        };
        let row = UserRow {
            partner: merchant.partner,
            client: merchant.client,
            name_folded: name.folded(),
            name: name.into_string(),
            password: self.passwords().hash(password, self.random()).await?,
            location: new.location,
            created_at: self.now(),
            disabled_at: None,
            last_login_at: None,
            failed_count: 0,
            locked_until: None,
            tokens_version: 1,
        };
        let (core, context, id) = (self.clone(), context.clone(), client_id.to_owned());
        let row = self
            .db()
            .write(move |tx| {
                let (core, context, id, row) = (core.clone(), context.clone(), id.clone(), row.clone());
                Box::pin(async move {
                    if let Some(location) = &row.location {
                        let kept = store::merchant_location::by_id(tx, row.partner, row.client, location).await?;
                        if kept.is_none() {
                            let mut faults = Faults::new();
                            faults.add("locationId", "unknown_location", unknown_location(&id));
                            return Err(AdminError::Invalid(faults.into_vec()));
                        }
                    }
                    if !store::merchant_user::insert(tx, &row).await? {
                        return Err(AdminError::Exists(format!("user {} of {id}", row.name)));
                    }
                    let count = store::merchant_user::count(tx, row.partner, row.client).await?;
                    if usize::try_from(count).unwrap_or(usize::MAX) > MOST_USERS {
                        return Err(AdminError::State(format!(
                            "merchant {id} has {MOST_USERS} users, which is the most"
                        )));
                    }
                    core.record_user(tx, &row, "merchant_user.add", &context).await?;
                    Ok(row)
                })
            })
            .await?;
        self.password_guesses().forget(&(row.client, row.name_folded.clone()));
        Ok(row.into())
    }

    /// The users of a merchant, by name.
    ///
    /// # Errors
    /// When there is no such merchant, or the database fails.
    pub async fn list_merchant_users(&self, client_id: &str) -> Result<Vec<MerchantUser>, AdminError> {
        let mut reader = self.db().reader().await?;
        let merchant = found(&mut reader, client_id).await?.row;
        let rows = store::merchant_user::list(&mut reader, merchant.partner, merchant.client).await?;
        Ok(rows.into_iter().map(MerchantUser::from).collect())
    }

    /// Disables a user of a merchant, or lets a disabled one in again; either ends the tokens that were given to the user. What already
    /// is so stays as it is.
    ///
    /// # Errors
    /// When there is no such merchant or user, or the database fails.
    pub async fn set_merchant_user_disabled(
        &self,
        client_id: &str,
        username: &str,
        is_disabled: bool,
        context: &Context,
    ) -> Result<MerchantUser, AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let (id, username) = (client_id.to_owned(), username.to_owned());
        let now = self.now();
        let row = self
            .db()
            .write(move |tx| {
                let (core, context, id, username) = (core.clone(), context.clone(), id.clone(), username.clone());
                Box::pin(async move {
                    let row = user(tx, &id, &username).await?;
                    if row.disabled_at.is_some() == is_disabled {
                        return Ok::<_, AdminError>(row);
                    }
                    let row = UserRow {
                        disabled_at: is_disabled.then_some(now.micros()),
                        tokens_version: row.tokens_version + 1,
                        ..row
                    };
                    store::merchant_user::update(tx, &row).await?;
                    store::api_key::count_version_up(tx).await?;
                    let action = if is_disabled { "merchant_user.disable" } else { "merchant_user.enable" };
                    core.record_user(tx, &row, action, &context).await?;
                    Ok(row)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(row.into())
    }

    /// Gives a user of a merchant another password, which ends the tokens that were given to the user. The wrong ones before are forgotten, in this process and in the database; another
    /// process may refuse the user for what is left of its wait, a quarter of an hour at most.
    ///
    /// # Errors
    /// When there is no such merchant or user, the password is wrong, too many passwords are being hashed, or the database fails.
    pub async fn set_merchant_user_password(
        &self,
        client_id: &str,
        username: &str,
        password: &Secret<String>,
        context: &Context,
    ) -> Result<MerchantUser, AdminError> {
        let mut reader = self.db().reader().await?;
        found(&mut reader, client_id).await?;
        drop(reader);
        let password = check_password(password.expose(), &[username, client_id]).map_err(|fault| {
            let mut faults = Faults::new();
            faults.add("password", fault.code(), fault.to_string());
            AdminError::Invalid(faults.into_vec())
        })?;
        let hash = self.passwords().hash(password, self.random()).await?;
        let (core, context) = (self.clone(), context.clone());
        let (id, username) = (client_id.to_owned(), username.to_owned());
        let row = self
            .db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                let (id, username, hash) = (id.clone(), username.clone(), hash.clone());
                Box::pin(async move {
                    let row = user(tx, &id, &username).await?;
                    let row = UserRow {
                        password: hash,
                        failed_count: 0,
                        locked_until: None,
                        tokens_version: row.tokens_version + 1,
                        ..row
                    };
                    store::merchant_user::update(tx, &row).await?;
                    store::api_key::count_version_up(tx).await?;
                    core.record_user(tx, &row, "merchant_user.password", &context).await?;
                    Ok::<_, AdminError>(row)
                })
            })
            .await?;
        self.keys().forget_all();
        self.password_guesses().forget(&(row.client, row.name_folded.clone()));
        Ok(row.into())
    }

    async fn record_user(
        &self,
        tx: &mut Tx,
        row: &UserRow,
        action: &'static str,
        context: &Context,
    ) -> Result<(), store::StoreError> {
        let detail = match &row.location {
            Some(location) => format!("user {}, location {location}", row.name),
            None => format!("user {}", row.name),
        };
        let record = context.record(self, row.partner, action, subject(row.client), Outcome::Done, detail);
        store::audit::insert(tx, &record).await
    }
}

fn unknown_location(client_id: &str) -> String {
    format!(
        "The merchant has no such location: `tallystick merchant location list {client_id}` shows those that it has"
    )
}

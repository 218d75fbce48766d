//! Partners in the operator's hands: added, listed, given new keys, revoked.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::api_key::{AllowedNetworks, KeyHolder, KeyKind, LONGEST_OVERLAP};
use domain::audit::Outcome;
use domain::identifier::PartnerId;
use domain::{Faults, Timestamp};
use store::StoreError;

use crate::api_key::IssuedKey;
use crate::merchant::OWN_PARTNER;
use crate::webhook::PARTNER_REVOKED;
use crate::{AdminError, Context, Core};

/// A partner that was added, with its keys.
#[derive(Clone, Debug)]
pub struct AddedPartner {
    /// Its number, inside.
    pub partner: PartnerId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it creates clients with.
    pub provisioning_token: IssuedKey,
    /// What it calls the partner services with.
    pub partner_key: IssuedKey,
}

/// What is kept of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerDetails {
    /// Its number, inside.
    pub partner: PartnerId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// How many clients it has.
    pub clients: i64,
}

impl Core {
    /// Adds a partner and makes its two keys.
    ///
    /// # Errors
    /// When the code or the name is wrong, the code is taken, or the database fails.
    pub async fn add_partner(
        &self,
        code: &str,
        name: &str,
        networks: &AllowedNetworks,
        context: &Context,
    ) -> Result<AddedPartner, AdminError> {
        check(code, name)?;
        let now = self.now();
        let partner = self.numbers().partner().await?;
        let provisioning = self.new_partner_key(partner, KeyKind::Provisioning, networks, now);
        let partner_key = self.new_partner_key(partner, KeyKind::Partner, networks, now);
        let added = AddedPartner {
            partner,
            code: code.to_owned(),
            name: name.to_owned(),
            provisioning_token: provisioning.issued.clone(),
            partner_key: partner_key.issued.clone(),
        };
        let detail = format!("keys {} and {}", provisioning.row.key, partner_key.row.key);
        let record = context.record(self, partner, "partner.add", format!("partner:{code}"), Outcome::Done, detail);
        let job = added.clone();
        self.db()
            .write(move |tx| {
                let (job, keys, record) = (job.clone(), [provisioning.clone(), partner_key.clone()], record.clone());
                Box::pin(async move {
                    if store::partner::by_code(tx, &job.code).await?.is_some() {
                        return Err(AdminError::Exists(format!("partner {}", job.code)));
                    }
                    store::partner::insert(tx, job.partner, &job.code, &job.name, now).await?;
                    for key in &keys {
                        store::api_key::insert(tx, &key.row).await?;
                    }
                    store::audit::insert(tx, &record).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(added)
    }

    /// Every partner, by code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_partners(&self) -> Result<Vec<PartnerDetails>, AdminError> {
        let rows = store::partner::list(&mut self.db().reader().await?).await?;
        Ok(rows
            .into_iter()
            .map(|row| PartnerDetails {
                partner: row.partner.partner,
                code: row.partner.code,
                name: row.partner.name,
                created_at: row.partner.created_at,
                revoked_at: row.partner.revoked_at.map(Timestamp::from_micros),
                clients: row.clients,
            })
            .collect())
    }

    /// Makes a new key of a partner. The one it replaces works beside it for `overlap`, or for the configured time.
    ///
    /// # Errors
    /// When there is no such partner, it is revoked, the kind is a client's, the overlap is too long, or the database fails.
    pub async fn rotate_partner(
        &self,
        code: &str,
        kind: KeyKind,
        overlap: Option<Duration>,
        context: &Context,
    ) -> Result<IssuedKey, AdminError> {
        let overlap = overlap.unwrap_or(self.settings().key_overlap);
        let mut faults = Faults::new();
        if kind == KeyKind::Client {
            faults.add("kind", "not_a_partner_key", "A partner holds a provisioning token and a partner key");
        }
        if overlap > LONGEST_OVERLAP {
            faults.add("overlap", "too_long", "The overlap is seven days at most");
        }
        if !faults.is_empty() {
            return Err(AdminError::Invalid(faults.into_vec()));
        }
        let (core, context, code) = (self.clone(), context.clone(), code.to_owned());
        let now = self.now();
        let issued =
            self.db()
                .write(move |tx| {
                    let (core, context, code) = (core.clone(), context.clone(), code.clone());
                    Box::pin(async move {
                        let partner = store::partner::by_code(tx, &code).await?;
                        let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?;
                        if partner.revoked_at.is_some() {
                            return Err(AdminError::State(format!("partner {code} is revoked and gets no new key")));
                        }
                        let holder = KeyHolder { partner: partner.partner, client: None };
                        let current = store::api_key::of_holder(tx, holder).await?;
                        // The newest that was not renewed: active, expired, or none when all were revoked.
                        let current = current.into_iter().rev().find(|row| {
                            row.kind == kind.name() && row.successor_id.is_none() && row.revoked_at.is_none()
                        });
                        let networks = current.as_ref().map(|row| row.networks.as_str()).unwrap_or_default();
                        let networks = AllowedNetworks::parse(networks)
                            .map_err(|error| StoreError::unreadable("api_key.networks", error))?;
                        let new = core.new_partner_key(partner.partner, kind, &networks, now);
                        let detail = match &current {
                            Some(row) => {
                                core.supersede(tx, row, &new, now.after(overlap)).await?;
                                format!("{kind} key {} replaces {}", new.row.key, row.key)
                            }
                            None => {
                                store::api_key::insert(tx, &new.row).await?;
                                format!("{kind} key {}", new.row.key)
                            }
                        };
                        let subject = format!("partner:{code}");
                        let record =
                            context.record(&core, partner.partner, "partner.rotate", subject, Outcome::Done, detail);
                        store::audit::insert(tx, &record).await?;
                        Ok(new.issued)
                    })
                })
                .await?;
        self.keys().forget_all();
        Ok(issued)
    }

    /// Revokes a partner: its provisioning tokens and partner keys stop at once, and its webhook endpoints are disabled. Its clients keep
    /// their keys, because they are the operator's creditors. Gives the number of keys revoked.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn revoke_partner(&self, code: &str, context: &Context) -> Result<usize, AdminError> {
        let (core, context, code) = (self.clone(), context.clone(), code.to_owned());
        let count = self
            .db()
            .write(move |tx| {
                let (core, context, code) = (core.clone(), context.clone(), code.clone());
                Box::pin(async move {
                    let partner = store::partner::by_code(tx, &code).await?;
                    let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?.partner;
                    let now = core.now();
                    store::partner::revoke(tx, partner, now).await?;
                    let count = crate::credentials::revoke_all(tx, KeyHolder { partner, client: None }, now).await?;
                    // What its clients do is told to nobody whom the operator has turned away.
                    let endpoints = store::webhook::disable_all(tx, partner, now, PARTNER_REVOKED).await?;
                    store::api_key::count_version_up(tx).await?;
                    let subject = format!("partner:{code}");
                    let detail = match endpoints {
                        0 => format!("{count} keys"),
                        _ => format!("{count} keys, {endpoints} webhook endpoints"),
                    };
                    let record = context.record(&core, partner, "partner.revoke", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(count)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(count)
    }

    /// The partner of this code.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn partner_of_code(&self, code: &str) -> Result<PartnerId, AdminError> {
        let found = store::partner::by_code(&mut self.db().reader().await?, code).await?;
        Ok(found.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?.partner)
    }

    /// The code of a partner. It never changes, so it is read once; there are as many as the operator has added.
    pub(crate) async fn partner_code(&self, partner: PartnerId) -> Result<Arc<str>, StoreError> {
        let known = self.partner_codes().read().unwrap_or_else(PoisonError::into_inner).get(&partner).cloned();
        if let Some(code) = known {
            return Ok(code);
        }
        let row = store::partner::by_id(&mut self.db().reader().await?, partner).await?;
        let code: Arc<str> = row
            .map(|row| row.code.into())
            .ok_or_else(|| StoreError::unreadable("partner", "the holder of a key is not there"))?;
        let mut codes = self.partner_codes().write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(codes.entry(partner).or_insert(code)))
    }
}

/// A code is what partners write into each request, so it is kept plain.
fn check(code: &str, name: &str) -> Result<(), AdminError> {
    let mut faults = Faults::new();
    let is_plain = |code: &str| code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if code.is_empty() || code.len() > domain::text::LONGEST_PARTNER_CODE || !is_plain(code) {
        let longest = domain::text::LONGEST_PARTNER_CODE;
        let message =
            format!("A code has 1 to {longest} letters, digits, hyphens, dots or underscores, such as QUICK3");
        faults.add("code", "partner_code_format", message);
    } else if code.eq_ignore_ascii_case(OWN_PARTNER) {
        let message = format!("{OWN_PARTNER} is the code of the operator's own merchants: choose another");
        faults.add("code", "partner_code_reserved", message);
    }
    if name.trim().is_empty() {
        faults.add("name", "required", "A partner needs a name");
    } else if name.chars().count() > domain::text::LONGEST_LINE || name.contains('\0') {
        let message = format!("A name has at most {} characters, none of them U+0000", domain::text::LONGEST_LINE);
        faults.add("name", "too_long", message);
    }
    if faults.is_empty() { Ok(()) } else { Err(AdminError::Invalid(faults.into_vec())) }
}

//! The locations of a merchant in the operator's hands.

use domain::Timestamp;
use domain::audit::Outcome;
use domain::merchant::{Location, LocationDraft, MOST_LOCATIONS};
use serde::Serialize;
use store::merchant_location::LocationRow;

use crate::merchant::{found, subject};
use crate::{AdminError, Context, Core};

/// What is kept of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantLocation {
    /// How the merchant calls it: `external_location_id` of the POS API.
    pub location_id: String,
    /// What people call it.
    pub name: String,
    /// The postal abbreviation of its province.
    pub province: String,
    /// When it was added.
    pub created_at: Timestamp,
}

impl From<LocationRow> for MerchantLocation {
    fn from(row: LocationRow) -> Self {
        Self { location_id: row.location, name: row.name, province: row.province, created_at: row.created_at }
    }
}

impl Core {
    /// Adds a location of a merchant.
    ///
    /// # Errors
    /// When there is no such merchant, the draft is wrong, the merchant has a location of that identifier or its most locations, or
    /// the database fails.
    pub async fn add_merchant_location(
        &self,
        client_id: &str,
        draft: &LocationDraft,
        context: &Context,
    ) -> Result<MerchantLocation, AdminError> {
        let location = Location::check(draft).map_err(|faults| AdminError::Invalid(faults.into_vec()))?;
        let (core, context, id) = (self.clone(), context.clone(), client_id.to_owned());
        let now = self.now();
        self.db()
            .write(move |tx| {
                let (core, context, id, location) = (core.clone(), context.clone(), id.clone(), location.clone());
                Box::pin(async move {
                    let merchant = found(tx, &id).await?.row;
                    let row = LocationRow {
                        partner: merchant.partner,
                        client: merchant.client,
                        location: location.id.into_string(),
                        name: location.name,
                        province: location.province.to_string(),
                        created_at: now,
                    };
                    if !store::merchant_location::insert(tx, &row).await? {
                        return Err(AdminError::Exists(format!("location {} of {id}", row.location)));
                    }
                    let count = store::merchant_location::count(tx, row.partner, row.client).await?;
                    if usize::try_from(count).unwrap_or(usize::MAX) > MOST_LOCATIONS {
                        let full = format!("merchant {id} has {MOST_LOCATIONS} locations, which is the most");
                        return Err(AdminError::State(full));
                    }
                    let (of, detail) = (subject(row.client), format!("location {}", row.location));
                    let record = context.record(&core, row.partner, "merchant_location.add", of, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok(row.into())
                })
            })
            .await
    }

    /// The locations of a merchant, by their identifiers.
    ///
    /// # Errors
    /// When there is no such merchant, or the database fails.
    pub async fn list_merchant_locations(&self, client_id: &str) -> Result<Vec<MerchantLocation>, AdminError> {
        let mut reader = self.db().reader().await?;
        let merchant = found(&mut reader, client_id).await?.row;
        let rows = store::merchant_location::list(&mut reader, merchant.partner, merchant.client).await?;
        Ok(rows.into_iter().map(MerchantLocation::from).collect())
    }

    /// Removes a location of a merchant.
    ///
    /// # Errors
    /// When there is no such merchant or location, a user belongs to it, or the database fails.
    pub async fn remove_merchant_location(
        &self,
        client_id: &str,
        location: &str,
        context: &Context,
    ) -> Result<(), AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let (id, location) = (client_id.to_owned(), location.to_owned());
        self.db()
            .write(move |tx| {
                let (core, context, id, location) = (core.clone(), context.clone(), id.clone(), location.clone());
                Box::pin(async move {
                    let row = found(tx, &id).await?.row;
                    let users = store::merchant_user::count_at(tx, row.partner, row.client, &location).await?;
                    if users > 0 {
                        let used = format!("{users} of the users of {id} belong to location {location}");
                        return Err(AdminError::State(used));
                    }
                    if !store::merchant_location::delete(tx, row.partner, row.client, &location).await? {
                        return Err(AdminError::NotFound(format!("location {location} of {id}")));
                    }
                    let (of, detail) = (subject(row.client), format!("location {location}"));
                    let record =
                        context.record(&core, row.partner, "merchant_location.remove", of, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await.map_err(AdminError::from)
                })
            })
            .await
    }
}

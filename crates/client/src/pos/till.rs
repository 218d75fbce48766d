//! What a till says with every call that moves money.

use serde::Serialize;

use super::sku_data::SkuData;

/// Where and for what money is moved, as the merchant names it. What is `None` is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Till {
    /// Your order, of 40 characters at most. Answers and lists repeat it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Your location: one that the merchant has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_location_id: Option<String>,
    /// Your employee, of 40 characters at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_employee_id: Option<String>,
    /// The goods, for the customer's statement. A capture that tells none shows what its authorization has told. Payments and releases have none: it
    /// is passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_data: Option<SkuData>,
}

impl Till {
    /// One that names its order only.
    pub fn order(reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..Self::default() }
    }
}

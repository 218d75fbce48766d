//! What is bought or brought back, for the customer's statement.

use serde::Serialize;

use crate::decimal::Decimal;

/// What is bought or brought back. The server checks none of it but its size, 16 KiB of JSON; what is `None` is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SkuData {
    /// Your order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// What it costs to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_total: Option<Decimal>,
    /// The register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register_id: Option<String>,
    /// All discounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_discount_total: Option<Decimal>,
    /// All goods before taxes; below zero where they are brought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_subtotal: Option<Decimal>,
    /// All of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_total: Option<Decimal>,
    /// Federal or harmonized sales tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gst_hst: Option<Decimal>,
    /// Provincial sales tax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pst: Option<Decimal>,
    /// The goods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<SkuProduct>,
}

/// One of the goods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SkuProduct {
    /// Your number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<String>,
    /// Its kind: `electronics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// The price of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Decimal>,
    /// The price of all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_price: Option<Decimal>,
}

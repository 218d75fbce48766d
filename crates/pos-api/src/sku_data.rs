//! `sku_data`, as the API document has it. It is read as an object of any members: the published pages say that it is not checked.

use serde::Serialize;
use utoipa::ToSchema;

/// What is bought or brought back, for the customer's statement. These are the documented members; others are kept as well, and none is checked.
/// 16 KiB of JSON at most.
#[derive(Serialize, ToSchema)]
#[schema(as = SkuData)]
pub(crate) struct SkuData {
    /// Your order.
    #[schema(example = "100001234")]
    purchase_order: Option<String>,
    /// What it costs to send.
    #[schema(example = 9.5)]
    shipping_total: Option<f64>,
    /// The register.
    #[schema(example = "1A45")]
    register_id: Option<String>,
    /// All discounts.
    #[schema(example = -125.08)]
    transaction_discount_total: Option<f64>,
    /// All goods before taxes.
    #[schema(example = -821.17)]
    transaction_subtotal: Option<f64>,
    /// All of it.
    #[schema(example = -1026.47)]
    transaction_total: Option<f64>,
    /// Federal or harmonized sales tax.
    #[schema(example = -133.45)]
    gst_hst: Option<f64>,
    /// Provincial sales tax.
    #[schema(example = -71.85)]
    pst: Option<f64>,
    /// The goods.
    products: Option<Vec<SkuProduct>>,
}

/// One of the goods.
#[derive(Serialize, ToSchema)]
#[schema(as = SkuProduct)]
pub(crate) struct SkuProduct {
    /// Your number of it.
    #[schema(example = "100xx4567")]
    sku_id: Option<String>,
    #[schema(example = "electronics")]
    category: Option<String>,
    #[schema(example = "Apple Macbook 16-inch")]
    description: Option<String>,
    #[schema(example = 1)]
    quantity: Option<f64>,
    #[schema(example = 1000)]
    unit_price: Option<f64>,
    #[schema(example = 984.35)]
    extended_price: Option<f64>,
}

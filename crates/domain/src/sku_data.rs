//! What was bought or brought back, as a merchant tells it: `sku_data` of the POS API. It is for the customer's statement, and nobody checks it.

use serde_json::{Map, Value};

/// The most bytes of it, as JSON without white space.
pub const MOST_BYTES: usize = 16 * 1024;

/// What a merchant tells of the goods: an object of whatever members.
#[derive(Clone, Debug, PartialEq)]
pub struct SkuData(Map<String, Value>);

/// It has more than [`MOST_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("has more than {MOST_BYTES} bytes")]
pub struct SkuDataTooLong;

/// One of its products, as far as it is told in the documented members. A number may be anything that a double holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkuItem {
    /// `sku_id`.
    pub sku: String,
    /// `description`.
    pub description: String,
    /// `quantity`.
    pub quantity: String,
    /// `extended_price`.
    pub extended_price: String,
}

impl SkuData {
    /// Takes what was told; nothing of an object without members.
    ///
    /// # Errors
    /// [`SkuDataTooLong`].
    pub fn new(told: Map<String, Value>) -> Result<Option<Self>, SkuDataTooLong> {
        if told.is_empty() {
            return Ok(None);
        }
        let told = Self(told);
        if told.to_json().len() > MOST_BYTES { Err(SkuDataTooLong) } else { Ok(Some(told)) }
    }

    /// What was kept as JSON; `None` where it is no object.
    #[must_use]
    pub fn of_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// As JSON without white space.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// Its members.
    #[must_use]
    pub fn into_members(self) -> Map<String, Value> {
        self.0
    }

    /// The `products` among its members that tell something.
    pub fn items(members: &Map<String, Value>) -> impl Iterator<Item = SkuItem> {
        let products = members.get("products").and_then(Value::as_array).into_iter().flatten();
        let items = products.filter_map(Value::as_object).map(|product| {
            let text = |name: &str| match product.get(name) {
                Some(Value::String(text)) => text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect(),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            SkuItem {
                sku: text("sku_id"),
                description: text("description"),
                quantity: text("quantity"),
                extended_price: text("extended_price"),
            }
        });
        items.filter(|item| *item != SkuItem::default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_was_told_is_kept_as_it_was() {
        let told = json!({"transaction_total": -1026.47, "more": [null, {"x": "é"}], "products": [{"quantity": 1}]});
        let kept = SkuData::new(members(&told)).unwrap().unwrap();
        assert_eq!(SkuData::of_json(kept.to_json().as_bytes()), Some(kept.clone()));
        assert_eq!(Value::Object(kept.into_members()), told);
        assert_eq!(SkuData::new(Map::new()), Ok(None));
        assert_eq!(SkuData::of_json(b"[]"), None);
    }

    #[test]
    fn it_is_so_long_at_most() {
        // {"a":"…"} has eight bytes besides.
        let told = |bytes: usize| members(&json!({"a": "x".repeat(bytes - 8)}));
        assert_eq!(SkuData::new(told(MOST_BYTES)).unwrap().unwrap().to_json().len(), MOST_BYTES);
        assert_eq!(SkuData::new(told(MOST_BYTES + 1)), Err(SkuDataTooLong));
    }

    #[test]
    fn products_are_read_as_far_as_they_are_told() {
        let told = json!({"products": [
            {"sku_id": "100xx4567", "description": "Apple\u{1b}[2J", "quantity": 1, "extended_price": 984.35, "unit_price": {}},
            "none", {"description": ["x"]},
        ]});
        let items: Vec<_> = SkuData::items(&members(&told)).collect();
        let first = SkuItem {
            sku: "100xx4567".into(),
            description: "Apple [2J".into(),
            quantity: "1".into(),
            extended_price: "984.35".into(),
        };
        assert_eq!(items, [first]);
        assert_eq!(SkuData::items(&members(&json!({"products": 7}))).count(), 0);
    }
}

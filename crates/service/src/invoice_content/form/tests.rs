//! What was kept once is read for ever.

use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::*;

/// An invoice with every member that there is, and one with the fewest, in each form that they were ever kept in.
struct Golden {
    json: &'static str,
    packed_json: &'static [u8],
    message_pack: &'static [u8],
}

const EVERY_MEMBER: Golden = Golden {
    json: include_str!("golden/every_member.json"),
    packed_json: include_bytes!("golden/every_member.lz4"),
    message_pack: include_bytes!("golden/every_member.msgpack"),
};

const FEWEST_MEMBERS: Golden = Golden {
    json: include_str!("golden/fewest_members.json"),
    packed_json: include_bytes!("golden/fewest_members.lz4"),
    message_pack: include_bytes!("golden/fewest_members.msgpack"),
};

#[test]
fn every_form_is_read() {
    for golden in [EVERY_MEMBER, FEWEST_MEMBERS] {
        let invoice = read(golden.json.as_bytes()).unwrap();
        assert_eq!(read(golden.packed_json).unwrap(), invoice);
        // A member that was added since is at its default.
        assert_eq!(read(golden.message_pack).unwrap(), invoice);
    }
    let invoice = read(EVERY_MEMBER.message_pack).unwrap();
    assert_eq!(
        (invoice.rows[0].unit.as_deref(), invoice.rows[0].quantity.to_string().as_str()),
        (Some("pcs"), "-0.000000000001")
    );
    assert_eq!(invoice.extensions.factoring.unwrap().notice.as_deref(), Some("Sold"));
}

/// When this fails, a member was moved or taken out, and what is kept can't be read any more; or one was added at the end, and then these are
/// to be kept beside new ones.
#[test]
fn the_form_stays_the_same() {
    for golden in [EVERY_MEMBER, FEWEST_MEMBERS] {
        let invoice = read(golden.json.as_bytes()).unwrap();
        assert_eq!(write(&invoice).unwrap().as_slice(), golden.message_pack);
    }
}

/// An invoice with members that today's has not.
#[derive(serde::Deserialize)]
struct Later {
    processing: LaterProcessing,
    _delivery: IgnoredAny,
    _header: IgnoredAny,
    _references: IgnoredAny,
    _parties: IgnoredAny,
    rows: Vec<LaterRow>,
    _totals: IgnoredAny,
    _terms: IgnoredAny,
    _extensions: IgnoredAny,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    copies: u8,
}

#[derive(serde::Deserialize)]
struct LaterProcessing {
    payment_control: bool,
    _manual_approval: bool,
    _accounting_invoice: bool,
    show_product_code: bool,
    #[serde(default)]
    urgent: bool,
}

#[derive(serde::Deserialize)]
struct LaterRow {
    _product_code: IgnoredAny,
    name: String,
    _description: IgnoredAny,
    _quantity: IgnoredAny,
    _unit: IgnoredAny,
    _unit_price: IgnoredAny,
    _discount_percent: IgnoredAny,
    _discount: IgnoredAny,
    _net: IgnoredAny,
    _vat: IgnoredAny,
    _vat_exemption_reason: IgnoredAny,
    delivery_date: Option<String>,
    #[serde(default)]
    colours: Vec<String>,
}

#[test]
fn members_may_be_added_behind_the_others() {
    let later: Later = rmp_serde::from_slice(&EVERY_MEMBER.message_pack[1..]).unwrap();
    let processing = later.processing;
    assert_eq!((processing.payment_control, processing.show_product_code, processing.urgent), (true, true, false));
    let rows: Vec<_> = later.rows.iter().map(|row| (row.name.as_str(), row.delivery_date.as_deref())).collect();
    assert_eq!(rows, [("Chair", Some("2026-11-18")), ("Work", None)]);
    assert!(later.rows.iter().all(|row| row.colours.is_empty()));
    assert_eq!((later.place, later.copies), (None, 0));
}

#[test]
fn a_row_takes_little_room() {
    let mut invoice = read(EVERY_MEMBER.json.as_bytes()).unwrap();
    let one = write(&invoice).unwrap().len();
    let row = invoice.rows[0].clone();
    invoice.rows.push(row);
    assert!(write(&invoice).unwrap().len() - one <= 80);
}

#[test]
fn what_is_cut_short_is_no_invoice() {
    for content in [EVERY_MEMBER.message_pack, EVERY_MEMBER.packed_json, EVERY_MEMBER.json.trim_end().as_bytes()] {
        for length in 0..content.len() {
            assert!(read(&content[..length]).is_err(), "{length}");
        }
    }
}

/// The paths of all that is in `value`.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{at}/{name}"), found))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(place, value)| pointers(value, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn whatever_is_left_out_the_rest_is_read(left_out in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12)) {
        let mut value: Value = serde_json::from_str(EVERY_MEMBER.json).unwrap();
        for index in left_out {
            let mut found = Vec::new();
            pointers(&value, "", &mut found);
            let mut without = value.clone();
            let left_out: &String = index.get(&found);
            *without.pointer_mut(left_out).unwrap() = Value::Null;
            // Of what may be left out.
            if serde_json::from_value::<NewInvoice>(without.clone()).is_ok() {
                value = without;
            }
        }
        let invoice: NewInvoice = serde_json::from_value(value).unwrap();
        prop_assert_eq!(read(&write(&invoice).unwrap()).unwrap(), invoice);
    }

    #[test]
    fn nothing_makes_it_panic(first in 0_u8..4, mut content in proptest::collection::vec(any::<u8>(), 0..200)) {
        // A length that was not ours would be made room for; nobody but we can seal one.
        if let Some(high) = content.get_mut(3..5) {
            high.fill(0);
        }
        if let Some(byte) = content.first_mut() {
            *byte = first;
        }
        prop_assert!(read(&content).is_err());
    }
}

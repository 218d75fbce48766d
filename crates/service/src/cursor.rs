//! Cursors: where a page ended, as a text that callers pass back and don't look into.
//!
//! A cursor holds the place in the order and not a number of rows, so that pages stay right while rows are added.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Fault;
use domain::calendar::CalendarDate;
use domain::fault_code::Coded;
use domain::identifier::ClientIdentifier;
use uuid::Uuid;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// After the creditor of this folded name and number.
    Name(String, ClientIdentifier),
    /// After the creditor of this number.
    Number(ClientIdentifier),
    /// Before this change of a creditor.
    Change(Uuid),
    /// Before this short message.
    Sms(Uuid),
    /// Before this delivery of an invoice of this day.
    Distribution(String, Uuid),
}

/// A text is no cursor, or that of another list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Give `nextCursor` of the page before as it is, or no cursor for the first page")]
pub struct BadCursor;

impl Coded for BadCursor {
    fn code(&self) -> &'static str {
        "cursor_invalid"
    }
}

impl From<BadCursor> for Fault {
    /// The fault of the parameter `cursor`.
    fn from(fault: BadCursor) -> Self {
        Self { field: "cursor".into(), code: fault.code().into(), message: fault.to_string().into() }
    }
}

const NAME: u8 = b'n';
const NUMBER: u8 = b'i';
const CHANGE: u8 = b'c';
const SMS: u8 = b's';
const DISTRIBUTION: u8 = b'd';

impl Cursor {
    /// The text that callers pass back.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut bytes = Vec::with_capacity(64);
        match self {
            Self::Name(name, client) => {
                bytes.push(NAME);
                bytes.extend_from_slice(&client.0.to_be_bytes());
                bytes.extend_from_slice(name.as_bytes());
            }
            Self::Number(client) => {
                bytes.push(NUMBER);
                bytes.extend_from_slice(&client.0.to_be_bytes());
            }
            Self::Change(change) => {
                bytes.push(CHANGE);
                bytes.extend_from_slice(change.as_bytes());
            }
            Self::Sms(sms) => {
                bytes.push(SMS);
                bytes.extend_from_slice(sms.as_bytes());
            }
            Self::Distribution(day, distribution) => {
                bytes.push(DISTRIBUTION);
                bytes.extend_from_slice(distribution.as_bytes());
                bytes.extend_from_slice(day.as_bytes());
            }
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what [`Cursor::to_text`] gave; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (kind, rest) = bytes.split_first()?;
        let number = |bytes: &[u8]| Some(ClientIdentifier(i64::from_be_bytes(bytes.try_into().ok()?)));
        match *kind {
            NAME => {
                let (client, name) = rest.split_at_checked(8)?;
                let name = str::from_utf8(name).ok()?;
                // U+0000 is in no name, and PostgreSQL does not take it.
                (!name.contains('\0')).then(|| Some(Self::Name(name.to_owned(), number(client)?)))?
            }
            NUMBER => number(rest).map(Self::Number),
            CHANGE => Uuid::from_slice(rest).ok().map(Self::Change),
            SMS => Uuid::from_slice(rest).ok().map(Self::Sms),
            DISTRIBUTION => {
                let (distribution, day) = rest.split_at_checked(16)?;
                let day = CalendarDate::parse(str::from_utf8(day).ok()?).ok()?;
                Some(Self::Distribution(day.to_string(), Uuid::from_slice(distribution).ok()?))
            }
            _ => None,
        }
    }
}

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        Self::parse(text).ok_or(BadCursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "[^\0]*", number in any::<i64>(), change in any::<[u8; 16]>()) {
            for cursor in [
                Cursor::Name(name, ClientIdentifier(number)),
                Cursor::Number(ClientIdentifier(number)),
                Cursor::Change(Uuid::from_bytes(change)),
                Cursor::Sms(Uuid::from_bytes(change)),
                Cursor::Distribution("2026-11-21".into(), Uuid::from_bytes(change)),
            ] {
                prop_assert_eq!(Cursor::parse(&cursor.to_text()), Some(cursor));
            }
        }

        #[test]
        fn anything_else_is_none_and_no_panic(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                if let Some(cursor) = Cursor::parse(&text) {
                    prop_assert_eq!(cursor.to_text(), text);
                }
            }
        }
    }

    #[test]
    fn no_cursor_holds_what_a_database_refuses() {
        assert_eq!(Cursor::parse(&Cursor::Name("a\0b".into(), ClientIdentifier(1)).to_text()), None);
        assert_eq!("".parse::<Cursor>(), Err(BadCursor));
    }
}

//! Texts with placeholders.

use std::collections::BTreeMap;

use domain::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where a template stands, which says how its values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A URL or a form.
    Encoded,
    /// JSON, inside of a string.
    Json,
    /// A header.
    Header,
}

/// What the placeholders stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) id: String,
    pub(super) recipient: String,
    pub(super) sender: String,
    pub(super) text: String,
    pub(super) reference: String,
    pub(super) encoding: &'static str,
    pub(super) parts: usize,
    pub(super) validity_seconds: u64,
    pub(super) wants_receipt: bool,
}

#[derive(Clone)]
enum Piece {
    Literal(String),
    Value(fn(&Values) -> String),
    Secret(Secret<String>),
}

/// A template, read and checked.
#[derive(Clone)]
pub(super) struct Template {
    place: Place,
    pieces: Vec<Piece>,
}

impl Template {
    /// Reads `text`; the placeholder that is not known, when there is one.
    pub(super) fn parse(text: &str, place: Place, secrets: &BTreeMap<String, Secret<String>>) -> Result<Self, String> {
        let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some(start) = rest.find('{') {
            literal.push_str(&rest[..start]);
            rest = &rest[start..];
            let Some(name) = name(rest) else {
                literal.push('{');
                rest = &rest[1..];
                continue;
            };
            let piece = match name.strip_prefix("secret.") {
                Some(secret) => secrets.get(secret).cloned().map(Piece::Secret),
                None => value(name).map(Piece::Value),
            };
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            pieces.push(piece.ok_or_else(|| format!("{{{name}}}"))?);
            rest = &rest[name.len() + 2..];
        }
        literal.push_str(rest);
        pieces.push(Piece::Literal(literal));
        Ok(Self { place, pieces })
    }

    /// The text with its values in place.
    pub(super) fn fill(&self, values: &Values) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Value(value) => self.place.escape(&value(values)),
            Piece::Secret(secret) => self.place.escape(secret.expose()),
        });
        pieces.collect()
    }

    /// Whether it holds nothing of a message.
    pub(super) fn is_constant(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Value(_)))
    }
}

impl Place {
    fn escape(self, text: &str) -> String {
        match self {
            Self::Encoded => utf8_percent_encode(text, RESERVED).to_string(),
            Self::Header => text.to_owned(),
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
        }
    }
}

/// The name in `{name}` at the start of `text`.
fn name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    (name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain)).then_some(name)
}

fn value(name: &str) -> Option<fn(&Values) -> String> {
    Some(match name {
        "id" => |values| values.id.clone(),
        "recipient" => |values| values.recipient.clone(),
        "recipient_digits" => |values| values.recipient.trim_start_matches('+').to_owned(),
        "sender" => |values| values.sender.clone(),
        "text" => |values| values.text.clone(),
        "reference" => |values| values.reference.clone(),
        "encoding" => |values| values.encoding.to_owned(),
        "parts" => |values| values.parts.to_string(),
        "validity_seconds" => |values| values.validity_seconds.to_string(),
        "wants_receipt" => |values| values.wants_receipt.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fill(text: &str, place: Place, values: &Values) -> String {
        let secrets = [("key".to_owned(), Secret::new("a&b".to_owned()))].into();
        Template::parse(text, place, &secrets).unwrap().fill(values)
    }

    #[test]
    fn values_are_written_for_their_place() {
        let values =
            Values { recipient: "+358 4".into(), text: "a\"b\\\n{id}&ä".into(), parts: 2, ..Values::default() };
        let json = "{\"to\": \"{recipient_digits}\", \"parts\": {parts}, \"text\": \"{text}\", \"more\": {}}";
        let read: serde_json::Value = serde_json::from_str(&fill(json, Place::Json, &values)).unwrap();
        assert_eq!((&read["to"], &read["parts"], &read["text"]), (&"358 4".into(), &2.into(), &values.text[..].into()));
        assert_eq!(fill("to={recipient}&key={secret.key}", Place::Encoded, &values), "to=%2B358%204&key=a%26b");
        assert_eq!(fill("Bearer {secret.key}", Place::Header, &values), "Bearer a&b");
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (text, wrong) in [("{recipent}", "{recipent}"), ("a{secret.other}", "{secret.other}")] {
            assert_eq!(Template::parse(text, Place::Json, &BTreeMap::new()).err().as_deref(), Some(wrong));
        }
        assert_eq!(fill("{ \"a\": {\"b\": 1} } {", Place::Json, &Values::default()), "{ \"a\": {\"b\": 1} } {");
    }

    proptest! {
        #[test]
        fn any_text_stays_inside_of_its_string(text in "\\PC{0,40}|[\"\\\\{}&=%\n]{0,10}") {
            let values = Values { text: text.clone(), ..Values::default() };
            let read: serde_json::Value = serde_json::from_str(&fill("{\"text\":\"{text}\",\"last\":1}", Place::Json, &values)).unwrap();
            prop_assert_eq!((read["text"].as_str(), read["last"].as_u64(), read.as_object().unwrap().len()), (Some(&text[..]), Some(1), 2));
            let form = fill("text={text}", Place::Encoded, &values);
            let decoded = percent_encoding::percent_decode_str(form.strip_prefix("text=").unwrap()).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(decoded, text);
            prop_assert_eq!(form.matches(['&', '=']).count(), 1);
        }
    }
}

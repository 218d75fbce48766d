//! ISO 8859-15 (Latin-9), the character set of Finvoice messages.

/// Where it differs from Latin-1: the byte and its character.
const OWN: [(u8, char); 8] =
    [(0xa4, '€'), (0xa6, 'Š'), (0xa8, 'š'), (0xb4, 'Ž'), (0xb8, 'ž'), (0xbc, 'Œ'), (0xbd, 'œ'), (0xbe, 'Ÿ')];

/// The byte of `character`, where it has one.
fn byte(character: char) -> Option<u8> {
    if let Some((byte, _)) = OWN.iter().find(|(_, own)| *own == character) {
        return Some(*byte);
    }
    u8::try_from(u32::from(character)).ok().filter(|byte| OWN.iter().all(|(own, _)| own != byte))
}

/// The bytes of `xml`. A character without one becomes a character reference (XML 1.0 section 4.1), and so do the
/// control characters U+0080 to U+009F, in whose place readers that take the set for Windows-1252 see others. Markup
/// is ASCII, so that such characters are in texts and values of attributes only, where references may be.
pub(crate) fn encode(xml: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(xml.len());
    for character in xml.chars() {
        match byte(character).filter(|byte| !(0x80..=0x9f).contains(byte)) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(format!("&#x{:X};", u32::from(character)).as_bytes()),
        }
    }
    bytes
}

/// The text of `bytes`.
pub(crate) fn decode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| OWN.iter().find(|(own, _)| own == byte).map_or_else(|| char::from(*byte), |(_, own)| *own))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_read_back() {
        let all: Vec<u8> = (0..=0xff).filter(|byte| !(0x80..=0x9f).contains(byte)).collect();
        assert_eq!(encode(&decode(&all)), all);
    }

    #[test]
    fn what_the_set_lacks_becomes_a_reference() {
        assert_eq!(encode("<A>Ä€š</A>"), b"<A>\xc4\xa4\xa8</A>");
        // The currency sign and the fraction have no byte here, other than in Latin-1.
        assert_eq!(encode("¤ ½ 😀 \u{85}"), b"&#xA4; &#xBD; &#x1F600; &#x85;");
    }
}

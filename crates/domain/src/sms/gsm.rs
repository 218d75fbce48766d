//! The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1).

/// Leads into the extension table.
pub(super) const ESCAPE: u8 = 0x1b;

/// The default alphabet, by septet. The place of the escape holds U+001B, which stands for no character.
const ALPHABET: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', //
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', //
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', //
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?', //
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', //
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', //
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', //
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// The extension table: the septet behind the escape, and its character.
const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// One character in septets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Septets {
    /// Of the default alphabet.
    One(u8),
    /// Of the extension table: this one follows the escape.
    Escaped(u8),
}

impl Septets {
    pub(super) const fn count(self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Escaped(_) => 2,
        }
    }
}

/// The septets of `character`; `None` when the alphabet does not have it.
pub(super) fn septets(character: char) -> Option<Septets> {
    // Most texts are plain letters, which are where ASCII has them.
    if character.is_ascii_alphanumeric() || character == ' ' {
        return Some(Septets::One(character as u8));
    }
    let place = ALPHABET.iter().position(|one| *one == character && *one != '\u{1b}');
    if let Some(septet) = place.and_then(|place| u8::try_from(place).ok()) {
        return Some(Septets::One(septet));
    }
    EXTENSION.iter().find(|(_, one)| *one == character).map(|(septet, _)| Septets::Escaped(*septet))
}

#[cfg(test)]
pub(super) fn decode(septets: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut rest = septets.iter();
    while let Some(septet) = rest.next() {
        text.push(if *septet == ESCAPE {
            let next = rest.next()?;
            EXTENSION.iter().find(|(septet, _)| septet == next)?.1
        } else {
            *ALPHABET.get(usize::from(*septet))?
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_character_has_one_place() {
        for (place, character) in ALPHABET.iter().enumerate().filter(|(_, character)| **character != '\u{1b}') {
            assert_eq!(septets(*character), Some(Septets::One(u8::try_from(place).unwrap())), "{character:?}");
        }
        for (septet, character) in EXTENSION {
            assert_eq!(septets(character), Some(Septets::Escaped(septet)), "{character:?}");
        }
    }

    #[test]
    fn known_places_of_the_standard() {
        for (character, septet) in [
            ('@', 0x00),
            ('£', 0x01),
            ('Å', 0x0e),
            ('Δ', 0x10),
            ('É', 0x1f),
            ('¤', 0x24),
            ('¡', 0x40),
            ('§', 0x5f),
            ('à', 0x7f),
        ] {
            assert_eq!(septets(character), Some(Septets::One(septet)), "{character}");
        }
    }

    #[test]
    fn what_the_alphabet_lacks_is_told() {
        for character in ['`', 'ç', 'š', 'ő', '\t', '\u{1b}', '\0', '’', '🦀'] {
            assert_eq!(septets(character), None, "{character:?}");
        }
    }
}

//! Who a person is to a lender: names and day of birth in a form in which it does not matter how they were typed.

use unicode_normalization::UnicodeNormalization as _;

use crate::calendar::CalendarDate;

/// A person, by what a lender tells persons apart by: first name, last name and day of birth. Two who have all three alike are one to it until
/// the operator says otherwise. The middle name does not count: one applicant gives it and the other time does not. Personal data: its `Debug`
/// shows nothing, and what is stored of it is a keyed hash of [`Identity::text`].
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// That of a person.
    #[must_use]
    pub fn of(first_name: &str, last_name: &str, dob: CalendarDate) -> Self {
        // No normal form has a slash in it.
        Self(format!("{}/{}/{dob}", normal_form(first_name), normal_form(last_name)))
    }

    /// What is hashed: stable, since a hash of it is stored.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// A name without case, accents, punctuation and white space: `Éloïse-Anne O’Brien` is `eloiseanneobrien`. Letters that keyboards without them
/// write as others are those others (`œ`, `ß`, `ø`). Vowel signs of scripts that are not written without them stay.
#[must_use]
pub fn normal_form(name: &str) -> String {
    let bare = name.nfkd().filter(|character| !is_accent(*character));
    let lower = bare.flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let mut plain = String::with_capacity(name.len());
    for character in lower.nfkd().filter(|character| character.is_alphanumeric() && !is_accent(*character)) {
        match in_plain_letters(character) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(character),
        }
    }
    // What was taken out may have kept marks apart that have an order of their own.
    plain.nfkd().collect()
}

/// The blocks of combining diacritical marks: what Unicode takes apart from Latin, Greek and Cyrillic letters.
const fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}'
    )
}

/// How a letter that Unicode does not take apart is written without it.
const fn in_plain_letters(letter: char) -> Option<&'static str> {
    Some(match letter {
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'þ' => "th",
        'ø' => "o",
        'ð' | 'đ' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> CalendarDate {
        CalendarDate::parse(text).unwrap()
    }

    #[test]
    fn how_a_name_was_typed_does_not_matter() {
        for (one, other) in [
            ("Éloïse-Anne", "ELOISE ANNE"),
            ("O’Brien", "o'brien"),
            ("Lecœur", "Lecoeur"),
            ("Strauß", "STRAUSS"),
            ("Bjørn Łukasz", "bjorn lukasz"),
            ("e\u{301}", "é"),
            ("  Jean \u{a0} Luc ", "jeanluc"),
            ("Ｍａｒｉｅ", "marie"),
            ("İnci", "ınci"),
            ("ΟΔΟΣ", "οδος"),
        ] {
            assert_eq!(normal_form(one), normal_form(other), "{one} {other}");
        }
        assert_eq!(normal_form("Éloïse-Anne O’Brien"), "eloiseanneobrien");
        for (one, other) in [("Marie", "Maria"), ("कमल", "कोमल"), ("김", "박")] {
            assert_ne!(normal_form(one), normal_form(other));
        }
    }

    #[test]
    fn first_name_last_name_and_birth_tell_persons_apart() {
        let marie = Identity::of("Marie", "Tremblay", date("1985-02-14"));
        assert_eq!(Identity::of("MARIE ", "tremblay", date("1985-02-14")), marie);
        for other in [
            Identity::of("Marie", "Tremblay", date("1985-02-15")),
            Identity::of("Tremblay", "Marie", date("1985-02-14")),
            Identity::of("Marie/T", "remblay", date("1985-02-14")),
        ] {
            assert_ne!(other, marie);
        }
        assert_eq!(marie.text(), "marie/tremblay/1985-02-14");
        assert_eq!(format!("{marie:?}"), "Identity(…)");
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own(name in any::<String>()) {
            let once = normal_form(&name);
            prop_assert_eq!(normal_form(&once), once.clone());
            prop_assert!(once.chars().all(char::is_alphanumeric) && !once.contains('/'));
        }

        #[test]
        fn case_accents_and_their_order_do_not_matter(
            letters in "[a-zA-Z]{1,12}",
            accents in proptest::collection::vec(0x300_u32..0x345, 0..4),
            place in 0_usize..12,
        ) {
            let accents: Vec<char> = accents.into_iter().filter_map(char::from_u32).collect();
            let place = place.min(letters.len());
            let with = |accents: &mut dyn Iterator<Item = &char>| {
                let accents: String = accents.collect();
                format!("{}{accents}{}", &letters[..place], &letters[place..])
            };
            let (there, back) = (with(&mut accents.iter()), with(&mut accents.iter().rev()));
            for typed in [there.to_uppercase(), back, there.nfc().collect()] {
                prop_assert_eq!(normal_form(&typed), normal_form(&letters));
            }
            prop_assert_eq!(normal_form(&letters), letters.to_lowercase());
        }
    }
}

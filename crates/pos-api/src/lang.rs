//! The language of an answer: the parameter `lang`.

use http::Uri;

pub(crate) use domain::reference_data::Lang;

/// A `lang` that is neither, or is there twice: what was sent, cut where it is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadLang(pub(crate) String);

/// That of an address; English where it does not say.
pub(crate) fn of(uri: &Uri) -> Result<Lang, BadLang> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let mut values =
        pairs.filter_map(|pair| pair.strip_prefix("lang").filter(|rest| rest.is_empty() || rest.starts_with('=')));
    let value = values.next().unwrap_or_default().trim_start_matches('=');
    let lang = if value.is_empty() { Ok(Lang::default()) } else { Lang::parse(value) };
    match (lang, values.next()) {
        (Ok(lang), None) => Ok(lang),
        _ => Err(BadLang(value.chars().take(40).collect())),
    }
}

/// Of two texts the one in this language.
pub(crate) const fn of_two(lang: Lang, en: &'static str, fr: &'static str) -> &'static str {
    match lang {
        Lang::English => en,
        Lang::French => fr,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &'static str) -> Result<Lang, BadLang> {
        of(&Uri::from_static(uri))
    }

    #[test]
    fn it_is_english_or_french() {
        for english in ["/a", "/a?lang=en", "/a?lang=", "/a?lang", "/a?language=de", "/a?b=lang"] {
            assert_eq!(read(english), Ok(Lang::English), "{english}");
        }
        assert_eq!(read("/a?x=1&lang=fr"), Ok(Lang::French));
        for wrong in ["/a?lang=de", "/a?lang=FR", "/a?lang=en&lang=fr", "/a?lang=%66r"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}

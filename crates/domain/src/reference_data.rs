//! Reference data of the point-of-sale front: what its forms offer, and what applications are checked against, in
//! English and French. The data are in `reference_data/en.json` and `fr.json`; nothing else in the program lists them.

mod choice;
mod entry;
mod group;
mod lang;
mod local_day;
mod province;

pub use choice::{
    GovernmentDocument, HousingType, Issuer, Occupation, PlanId, Salutation, SecurityQuestion, UnknownChoice,
};
pub use entry::Entry;
pub use group::GroupKey;
pub use lang::{Lang, UnknownLang};
pub use province::{Province, ProvinceGroup, UnknownProvince};

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The data of both languages.
///
/// The public page that they come from (seed 004) is two versions run together. Followed is the newest that is visible,
/// the example answer of `GET …/i18n`:
///
/// - The questions are `security_ids`, each key a number in text; the older page of `merchants/login` has them as
///   `security_qid.options`, which is kept there ([`ReferenceData::form_values`]) and made of the same data.
/// - `mss` is the key of "Miss.", in both versions. `Yukon Territory` and `Newfoundland & Labrador` are spelled as they
///   are there, though their official names are now others; the French names are the official ones.
/// - Marks of the comparison between versions stand inside several texts of the page (`"Prince Edward | ... Island"`).
///   They are taken for one blank each.
/// - `qcpa_disclosure`, `insurance`, `insurance_tc` and `annual_fees` are `"..."` there, which leaves them out. The texts
///   here are our own.
/// - `(S.A.C.)` of plan 6 is not explained there. The French text reads it as "same as cash".
pub struct ReferenceData {
    english: Language,
    french: Language,
}

/// What is answered in one language.
struct Language {
    data: Entry,
    all: Document,
    groups: Vec<Document>,
    form_values: Entry,
}

/// A JSON text that is made once, and its entity tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    bytes: Vec<u8>,
    etag: String,
}

impl Document {
    /// The document of `entry`, known as `name`. The tag is made of the name and the bytes, so that it changes with them only.
    fn new(name: &str, entry: &Entry) -> Self {
        let bytes = entry.to_json();
        let etag = entity_tag(&[name.as_bytes(), &bytes]);
        Self { bytes, etag }
    }

    /// The JSON text, in UTF-8.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A strong entity tag (RFC 9110 section 8.8.3), quotation marks included.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }
}

/// A strong entity tag of what `parts` are, in this order.
pub(crate) fn entity_tag(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length before it, no part flows into the next.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    let mut tag = String::from("\"");
    for byte in &hash.finalize()[..16] {
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

/// The one copy of the data.
static DATA: LazyLock<ReferenceData> = LazyLock::new(|| ReferenceData {
    english: Language::new(Lang::English, include_str!("reference_data/en.json")),
    french: Language::new(Lang::French, include_str!("reference_data/fr.json")),
});

impl Language {
    fn new(lang: Lang, text: &str) -> Self {
        let data = Entry::from_json(text).expect("the data are part of the program, and a test reads them");
        let groups = GroupKey::ALL
            .into_iter()
            .map(|key| {
                let only = Entry::Group(vec![(key.as_str().to_owned(), part(&data, key))]);
                Document::new(&format!("{lang} {key}"), &only)
            })
            .collect();
        Self { all: Document::new(lang.as_str(), &data), groups, form_values: form_values(&data), data }
    }
}

/// The group of `key`. A test sees that there is one.
fn part(data: &Entry, key: GroupKey) -> Entry {
    data.get(key.as_str()).cloned().unwrap_or(Entry::Group(Vec::new()))
}

/// The data in the older shape, by the names that the fields of an application have.
fn form_values(data: &Entry) -> Entry {
    let wrapped =
        |name: &str, key: GroupKey| (name.to_owned(), Entry::Group(vec![("options".to_owned(), part(data, key))]));
    Entry::Group(vec![
        wrapped("salutation", GroupKey::Salutations),
        wrapped("province", GroupKey::Provinces),
        wrapped("security_qid", GroupKey::SecurityIds),
        wrapped("govid_type", GroupKey::GovidTypes),
        ("govid_issued_by".to_owned(), part(data, GroupKey::GovidIssuedBys)),
        ("occupation_id".to_owned(), part(data, GroupKey::OccupationIds)),
        wrapped("housing_type", GroupKey::HousingType),
    ])
}

impl ReferenceData {
    /// The data. The first call reads them, which takes less than a millisecond.
    #[must_use]
    pub fn get() -> &'static Self {
        &DATA
    }

    const fn language(&self, lang: Lang) -> &Language {
        match lang {
            Lang::English => &self.english,
            Lang::French => &self.french,
        }
    }

    /// All groups in one language, as the example of `GET …/i18n` has them.
    #[must_use]
    pub const fn all(&self, lang: Lang) -> &Entry {
        &self.language(lang).data
    }

    /// One group in one language: a text, or texts by key.
    #[must_use]
    pub fn group(&self, key: GroupKey, lang: Lang) -> &Entry {
        self.all(lang).get(key.as_str()).expect("each key has a group in each language, as a test sees")
    }

    /// The text of `code` in a group of texts by key; of those in `options` as well. `None` when there is none.
    #[must_use]
    pub fn label(&self, key: GroupKey, code: &str, lang: Lang) -> Option<&str> {
        options(self.group(key, lang)).iter().find(|(known, _)| known == code).and_then(|(_, text)| text.as_text())
    }

    /// The body of `GET …/i18n`, or of `GET …/i18n/{key}`: the same object with that group alone.
    #[must_use]
    pub fn document(&self, key: Option<GroupKey>, lang: Lang) -> &Document {
        let language = self.language(lang);
        match key {
            None => &language.all,
            Some(key) => &language.groups[key.place()],
        }
    }

    /// `form_values` of `merchants/login`, the older shape. The public page shows `salutation.options`, `province.options`
    /// and `security_qid.options` and ends there; the others follow them, by the names of the fields of an application.
    #[must_use]
    pub const fn form_values(&self, lang: Lang) -> &Entry {
        &self.language(lang).form_values
    }
}

/// The texts by key of a group, whether they stand in it or in its `options`.
fn options(group: &Entry) -> &[(String, Entry)] {
    group.get("options").unwrap_or(group).members()
}

impl std::fmt::Debug for ReferenceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReferenceData")
    }
}

#[cfg(test)]
mod tests;

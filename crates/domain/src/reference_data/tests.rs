//! The reference data against the public example, and French against English.

use super::*;

/// The example answer of `GET …/i18n` of the public page, value by value. `...` is what the page leaves out.
const EXAMPLE: &str = include_str!("seed_example.json");

/// Texts that are the same in both languages, and why.
const SAME: &[(&str, &str)] = &[
    ("Alberta", "a name that French has, too"),
    ("Manitoba", "a name that French has, too"),
    ("Nunavut", "a name that French has, too"),
    ("Ontario", "a name that French has, too"),
    ("Saskatchewan", "a name that French has, too"),
    ("Canada", "a name that French has, too"),
    ("Insurance Corporation of British Columbia", "has an English name only"),
    ("Alberta Registries", "has an English name only"),
    ("Saskatchewan Government Insurance", "has an English name only"),
];

/// Calls `visit` with the path and the two texts of each place of both; panics where they differ in shape.
fn walk<'a>(path: &str, one: &'a Entry, other: &'a Entry, visit: &mut impl FnMut(&str, &'a str, &'a str)) {
    match (one, other) {
        (Entry::Text(one), Entry::Text(other)) => visit(path, one, other),
        (Entry::Group(one), Entry::Group(other)) => {
            let keys = |group: &[(String, Entry)]| group.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
            assert_eq!(keys(one), keys(other), "{path}");
            for ((key, one), (_, other)) in one.iter().zip(other) {
                walk(&format!("{path}/{key}"), one, other, visit);
            }
        }
        _ => panic!("{path} is a text in one and a group in the other"),
    }
}

#[test]
fn english_is_the_public_example_value_by_value() {
    let example = Entry::from_json(EXAMPLE).unwrap();
    let mut texts = 0;
    walk("", &example, ReferenceData::get().all(Lang::English), &mut |path, example, ours| {
        texts += 1;
        match example {
            // Left out by the page: a whole sentence of our own.
            "..." => assert!(ours.len() > 80 && ours.ends_with('.'), "{path}: {ours}"),
            _ => assert_eq!(ours, example, "{path}"),
        }
    });
    // So that nobody empties both files: 4 salutations, 13 provinces, 6 questions, 21 documents with 52 issuers,
    // 11 occupations, 2 kinds of purchases, 7 plans, 4 texts and 4 ways to live.
    assert_eq!(texts, 4 + 13 + 6 + 21 + 52 + 11 + 2 + 7 + 4 + 4);
}

#[test]
fn the_groups_are_those_of_the_contract() {
    let keys: Vec<_> = ReferenceData::get().all(Lang::English).members().iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, GroupKey::ALL.map(GroupKey::as_str));
    for (place, key) in GroupKey::ALL.into_iter().enumerate() {
        assert_eq!((key.place(), GroupKey::parse(key.as_str())), (place, Some(key)));
        for lang in Lang::ALL {
            assert_eq!(Some(ReferenceData::get().group(key, lang)), ReferenceData::get().all(lang).get(key.as_str()));
        }
    }
    for wrong in ["", "province", "Provinces", "options", "provinces "] {
        assert_eq!(GroupKey::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn french_has_every_key_in_the_same_order_and_is_french() {
    let data = ReferenceData::get();
    let mut used = Vec::new();
    walk("", data.all(Lang::English), data.all(Lang::French), &mut |path, english, french| {
        for text in [english, french] {
            assert!(!text.trim().is_empty() && text == text.trim() && !text.contains("  "), "{path}: {text:?}");
            assert!(!text.chars().any(char::is_control), "{path}: {text:?}");
        }
        // Canadian French has no space before these signs.
        assert!(!french.contains(" ?") && !french.contains(" ;") && !french.contains(" !"), "{path}: {french}");
        if english == french {
            assert!(SAME.iter().any(|(text, _)| *text == french), "{path} is not translated: {french}");
            used.push(french);
        } else {
            let words = french.to_lowercase();
            let english_word =
                [" the ", " of ", " is ", " your ", " with ", " and "].iter().find(|word| words.contains(**word));
            assert_eq!(english_word, None, "{path}: {french}");
        }
    });
    for (text, reason) in SAME {
        assert!(used.contains(text) && !reason.is_empty(), "{text} is on the list for nothing");
    }
}

#[test]
fn one_place_has_one_name_in_each_language() {
    for lang in Lang::ALL {
        let data = ReferenceData::get();
        let issuers = data.group(GroupKey::GovidIssuedBys, lang).get("option_depends").unwrap();
        let documents: Vec<_> = issuers.members().iter().map(|(key, _)| key).collect();
        let types: Vec<_> = data.group(GroupKey::GovidTypes, lang).members().iter().map(|(key, _)| key).collect();
        assert_eq!(documents, types);
        for (document, places) in issuers.members() {
            assert!(!places.members().is_empty(), "nobody issues {document}");
            for (place, name) in places.members() {
                let expected = match place.as_str() {
                    "CANADA" => Some("Canada"),
                    province => data.label(GroupKey::Provinces, province, lang),
                };
                assert_eq!(name.as_text(), expected, "{document} {place}");
            }
        }
        let provinces: Vec<_> =
            data.group(GroupKey::Provinces, lang).members().iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(provinces, Province::ALL.map(Province::as_str));
    }
}

#[test]
fn form_values_are_the_same_data_in_the_older_shape() {
    for lang in Lang::ALL {
        let data = ReferenceData::get();
        let values = data.form_values(lang);
        for (name, key) in [
            ("salutation", GroupKey::Salutations),
            ("province", GroupKey::Provinces),
            ("security_qid", GroupKey::SecurityIds),
            ("govid_type", GroupKey::GovidTypes),
            ("housing_type", GroupKey::HousingType),
        ] {
            assert_eq!(values.get(name).and_then(|value| value.get("options")), Some(data.group(key, lang)), "{name}");
        }
        assert_eq!(values.get("occupation_id"), Some(data.group(GroupKey::OccupationIds, lang)));
        assert_eq!(values.get("govid_issued_by"), Some(data.group(GroupKey::GovidIssuedBys, lang)));
    }
}

#[test]
fn documents_are_the_groups_and_have_each_a_tag_of_their_own() {
    let data = ReferenceData::get();
    let mut tags = Vec::new();
    for lang in Lang::ALL {
        let all = data.document(None, lang);
        assert_eq!(Entry::from_json(std::str::from_utf8(all.bytes()).unwrap()).unwrap(), *data.all(lang));
        tags.push(all.etag().to_owned());
        for key in GroupKey::ALL {
            let document = data.document(Some(key), lang);
            let body = Entry::from_json(std::str::from_utf8(document.bytes()).unwrap()).unwrap();
            assert_eq!(body.members(), [(key.as_str().to_owned(), data.group(key, lang).clone())]);
            tags.push(document.etag().to_owned());
        }
    }
    for (place, tag) in tags.iter().enumerate() {
        let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap();
        assert!(inner.len() == 32 && inner.bytes().all(|byte| byte.is_ascii_hexdigit()), "{tag}");
        assert!(!tags[..place].contains(tag), "{tag} is there twice");
    }
}

#[test]
fn a_tag_changes_with_the_data_and_with_nothing_else() {
    let entry = |text: &str| Entry::from_json(text).unwrap();
    let tag = |name: &str, text: &str| Document::new(name, &entry(text)).etag;
    let one = tag("en", r#"{"a":"b"}"#);
    assert_eq!(one, tag("en", r#" { "a" : "b" } "#));
    for other in [tag("en", r#"{"a":"c"}"#), tag("en", r#"{"b":"b"}"#), tag("fr", r#"{"a":"b"}"#)] {
        assert_ne!(one, other);
    }
    assert_ne!(entity_tag(&[b"a", b"bc"]), entity_tag(&[b"ab", b"c"]));
    // A restart, another machine: the same data have the same tag.
    assert_eq!(entity_tag(&[]), "\"e3b0c44298fc1c149afbf4c8996fb924\"");
}

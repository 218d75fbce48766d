//! The reference data of the forms, typed.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// A code and what a person reads for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// The code, which is the same in every language.
    pub code: String,
    /// The text, in the language that was asked for.
    pub text: String,
}

/// What a field of a form offers, in the order of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<Choice>);

impl Choices {
    /// What a person reads for this code; `None` when it is not offered.
    #[must_use]
    pub fn text(&self, code: &str) -> Option<&str> {
        self.0.iter().find(|choice| choice.code == code).map(|choice| choice.text.as_str())
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Choice] {
        &self.0
    }

    /// All of them, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Choice> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Choices {
    type Item = &'a Choice;
    type IntoIter = std::slice::Iter<'a, Choice>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Choices that depend on that of another field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependent(Vec<(String, Choices)>);

impl Dependent {
    /// What is offered where the other field has this code.
    #[must_use]
    pub fn of(&self, code: &str) -> Option<&Choices> {
        self.0.iter().find(|(known, _)| known == code).map(|(_, choices)| choices)
    }

    /// All of them: the code of the other field, and what is offered then.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Choices)> {
        self.0.iter().map(|(code, choices)| (code.as_str(), choices))
    }
}

/// A group of the reference data.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// Codes and texts.
    Choices(Choices),
    /// Codes and texts that depend on another field: `govid_issued_bys`.
    Dependent(Dependent),
    /// One text.
    Text(String),
}

/// Every group of the reference data. One that an older server does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReferenceData {
    /// How people are addressed.
    pub salutations: Choices,
    /// Provinces and territories.
    pub provinces: Choices,
    /// Security questions.
    pub security_ids: Choices,
    /// Documents that a government issues.
    pub govid_types: Choices,
    /// Who issues each of them.
    pub govid_issued_bys: Dependent,
    /// Occupations.
    pub occupation_ids: Choices,
    /// Kinds of purchases.
    pub transaction_types: Choices,
    /// Financing plans.
    pub plan_ids: Choices,
    /// What people in Quebec are told of the Consumer Protection Act.
    pub qcpa_disclosure: String,
    /// What people are told of the insurance.
    pub insurance: String,
    /// Its terms.
    pub insurance_tc: String,
    /// What people are told of annual fees.
    pub annual_fees: String,
    /// How people live.
    pub housing_type: Choices,
}

/// What the forms of a merchant offer, by the names that the fields of an application have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FormValues {
    /// How people are addressed.
    pub salutation: Choices,
    /// Provinces and territories.
    pub province: Choices,
    /// Security questions.
    pub security_qid: Choices,
    /// Documents that a government issues.
    pub govid_type: Choices,
    /// Who issues each of them.
    pub govid_issued_by: Dependent,
    /// Occupations.
    pub occupation_id: Choices,
    /// How people live.
    pub housing_type: Choices,
}

/// The name of the member that some groups have their choices in.
const OPTIONS: &str = "options";

/// The same of choices that depend on another field.
const OPTION_DEPENDS: &str = "option_depends";

/// Reads the choices from `first` on.
fn choices<'de, A: MapAccess<'de>>(first: Option<String>, map: &mut A) -> Result<Choices, A::Error> {
    let mut choices = Vec::new();
    let mut next = first;
    while let Some(code) = next {
        choices.push(Choice { code, text: map.next_value()? });
        next = map.next_key()?;
    }
    Ok(Choices(choices))
}

/// Passes over what else is there.
fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct GroupVisitor;

        impl<'de> Visitor<'de> for GroupVisitor {
            type Value = Group;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or texts by code")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Group, E> {
                Ok(Group::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Group, A::Error> {
                let group = match map.next_key::<String>()? {
                    Some(key) if key == OPTIONS => Group::Choices(map.next_value()?),
                    Some(key) if key == OPTION_DEPENDS => {
                        let PlainDependent(dependent) = map.next_value()?;
                        Group::Dependent(dependent)
                    }
                    first => return choices(first, &mut map).map(Group::Choices),
                };
                skip(&mut map)?;
                Ok(group)
            }
        }

        deserializer.deserialize_any(GroupVisitor)
    }
}

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Group::deserialize(deserializer)? {
            Group::Choices(choices) => Ok(choices),
            _ => Err(D::Error::custom("these are no texts by code")),
        }
    }
}

impl<'de> Deserialize<'de> for Dependent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Group::deserialize(deserializer)? {
            Group::Dependent(dependent) => Ok(dependent),
            _ => Err(D::Error::custom("these depend on nothing")),
        }
    }
}

/// What stands in `option_depends`.
struct PlainDependent(Dependent);

impl<'de> Deserialize<'de> for PlainDependent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        in_order(deserializer).map(|members| Self(Dependent(members)))
    }
}

/// The one group of an answer, whatever its key.
pub(super) struct OneGroup(pub(super) Group);

impl<'de> Deserialize<'de> for OneGroup {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut groups: Vec<(String, Group)> = in_order(deserializer)?;
        match groups.pop() {
            Some((_, group)) if groups.is_empty() => Ok(Self(group)),
            _ => Err(D::Error::custom("there is not one group")),
        }
    }
}

/// The members of an object as they come. A map would sort them.
fn in_order<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<(String, T)>, D::Error> {
    struct Members<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(member) = map.next_entry()? {
                members.push(member);
            }
            Ok(members)
        }
    }

    deserializer.deserialize_map(Members(std::marker::PhantomData))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_in_each_of_their_shapes_and_in_order() {
        let body = r#"{"salutations":{"mr":"Mr.","a":"B"},"occupation_ids":{"options":{"FE":"Full"},"more":[1]},
            "govid_issued_bys":{"option_depends":{"CADL":{"ON":"Ontario","AB":"Alberta"},"CAP":{"CANADA":"Canada"}}},
            "insurance":"Optional","something_new":{"deep":{"er":[1]}}}"#;
        let data: ReferenceData = serde_json::from_str(body).unwrap();
        let codes: Vec<_> = data.salutations.iter().map(|choice| choice.code.as_str()).collect();
        assert_eq!(codes, ["mr", "a"]);
        assert_eq!(data.occupation_ids.text("FE"), Some("Full"));
        assert_eq!(data.govid_issued_bys.of("CADL").unwrap().as_slice()[0].text, "Ontario");
        assert_eq!(data.govid_issued_bys.iter().map(|(code, _)| code).collect::<Vec<_>>(), ["CADL", "CAP"]);
        assert_eq!((data.insurance.as_str(), data.plan_ids), ("Optional", Choices::default()));
    }

    #[test]
    fn one_group_is_read_whatever_it_is() {
        let read = |body: &str| serde_json::from_str::<OneGroup>(body).map(|OneGroup(group)| group);
        assert_eq!(read(r#"{"insurance":"Optional"}"#).unwrap(), Group::Text("Optional".to_owned()));
        assert!(matches!(read(r#"{"a":{}}"#).unwrap(), Group::Choices(choices) if choices.as_slice().is_empty()));
        assert!(matches!(read(r#"{"a":{"option_depends":{}}}"#).unwrap(), Group::Dependent(_)));
        for wrong in ["{}", "[]", r#"{"a":"b","c":"d"}"#, r#"{"a":7}"#, r#"{"a":{"b":7}}"#] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Choices>("\"a\"").is_err() && serde_json::from_str::<Dependent>("{}").is_err());
    }
}

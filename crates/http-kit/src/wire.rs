//! Values of a body that keep what is wrong with them, so that all faults of one body come in one answer.
//!
//! A plain `String` stops the reading of the whole body at the first number in its place. [`Text`] and [`Section`] read whatever
//! is there and tell it afterwards. In the API document they are what they stand for: `#[schema(value_type = String)]`.

mod number;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use domain::Faults;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

pub use self::number::Number;
use self::number::digits;

/// The code of a member that has another type than it must have.
pub const WRONG_TYPE: &str = "wrong_type";

/// The code of a number that no double holds. Reading ends with it, so that it is told alone.
pub const NUMBER_TOO_LARGE: &str = "number_too_large";

/// Adds the fault of a member that must be `needed` and is something else.
#[cold]
fn wrong(field: &dyn fmt::Display, needed: &str, kind: &str, faults: &mut Faults) {
    faults.add(field.to_string(), WRONG_TYPE, format!("This must be {needed}, not {kind}"));
}

/// A text, or what stands in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Text {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A string, perhaps an empty one.
    Given(String),
    /// Something else: `a number`.
    Wrong(&'static str),
}

impl Text {
    /// The string, when there is one. A value of another type is a fault at `field`.
    #[inline]
    pub fn take(self, field: impl fmt::Display, faults: &mut Faults) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Given(text) => Some(text),
            Self::Wrong(kind) => {
                wrong(&field, "a string", kind, faults);
                None
            }
        }
    }
}

/// An object of the body, or what stands in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Section<T> {
    /// Nothing, or null.
    #[default]
    Absent,
    /// An object. Boxed, because it goes through many hands before it has its place.
    Given(Box<T>),
    /// Something else: `a list`.
    Wrong(&'static str),
}

impl<T: Default> Section<T> {
    /// The object, an empty one when there is none. A value of another type is a fault at `field`.
    #[inline]
    pub fn take(self, field: impl fmt::Display, faults: &mut Faults) -> T {
        match self {
            Self::Absent => T::default(),
            Self::Given(section) => *section,
            Self::Wrong(kind) => {
                wrong(&field, "an object", kind, faults);
                T::default()
            }
        }
    }
}

/// A whole number, or what stands in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Integer {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A whole number.
    Given(i64),
    /// Something else: `a string`.
    Wrong(&'static str),
}

impl Integer {
    /// The number, when there is one. A value of another type is a fault at `field`.
    #[inline]
    pub fn take(self, field: impl fmt::Display, faults: &mut Faults) -> Option<i64> {
        match self {
            Self::Absent => None,
            Self::Given(number) => Some(number),
            Self::Wrong(kind) => {
                wrong(&field, "a whole number", kind, faults);
                None
            }
        }
    }
}

/// A text or a number, or what stands in its place: for members that callers write either way.
///
/// In the API document it is just that: `#[schema(value_type = TextOrNumber)]`, or an `Option` of it where it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TextOrNumber {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A string, perhaps an empty one, or the digits of a number. Of a fraction there are as many as tell it from every other double (IEEE
    /// 754): the digits that were sent, when those were fifteen or fewer.
    Given(String),
    /// Something else: `a list`.
    Wrong(&'static str),
}

/// A yes or no, or what stands in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flag {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A boolean.
    Given(bool),
    /// Something else: `a string`.
    Wrong(&'static str),
}

impl Flag {
    /// The boolean, when there is one. A value of another type is a fault at `field`.
    #[inline]
    pub fn take(self, field: impl fmt::Display, faults: &mut Faults) -> Option<bool> {
        match self {
            Self::Absent => None,
            Self::Given(flag) => Some(flag),
            Self::Wrong(kind) => {
                wrong(&field, "true or false", kind, faults);
                None
            }
        }
    }
}

/// The most entries of a list that are kept: one more than any list may have, so that it shows that there are too many.
pub const MOST_KEPT: usize = 1_001;

/// A list of the body, or what stands in its place. Of one that is longer the first [`MOST_KEPT`] entries are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum List<T> {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A list.
    Given(Vec<T>),
    /// Something else: `an object`.
    Wrong(&'static str),
}

impl<T> List<T> {
    /// The list, an empty one when there is none. A value of another type is a fault at `field`.
    #[inline]
    pub fn take(self, field: impl fmt::Display, faults: &mut Faults) -> Vec<T> {
        match self {
            Self::Absent => Vec::new(),
            Self::Given(list) => list,
            Self::Wrong(kind) => {
                wrong(&field, "a list", kind, faults);
                Vec::new()
            }
        }
    }
}

/// What a visitor below makes of each type; the rest of the visitor is the same for both.
trait Reads<'de>: Sized {
    const ABSENT: Self;
    fn wrong(kind: &'static str) -> Self;
    fn string(_text: String) -> Self {
        Self::wrong("a string")
    }
    fn integer(_number: i64) -> Self {
        Self::wrong("a number")
    }
    fn fraction(_number: f64) -> Self {
        Self::wrong("a number")
    }
    fn boolean(_flag: bool) -> Self {
        Self::wrong("a boolean")
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::wrong("a list"))
    }
    fn object<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::wrong("an object"))
    }
}

impl Reads<'_> for Text {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn string(text: String) -> Self {
        Self::Given(text)
    }
}

impl Reads<'_> for Integer {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn integer(number: i64) -> Self {
        Self::Given(number)
    }
    fn fraction(number: f64) -> Self {
        // JSON Schema counts 3600.0 among the integers. Above 2^53 not every integer has a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match number {
            _ if number.fract() != 0.0 => Self::Wrong("a fraction"),
            _ if number.abs() > EXACT => Self::Wrong("a number of that size"),
            whole => Self::Given(whole as i64),
        }
    }
}

impl PartialSchema for TextOrNumber {
    fn schema() -> RefOr<Schema> {
        let either = SchemaType::from_iter([Type::String, Type::Number]);
        ObjectBuilder::new().schema_type(either).description(Some("A text, or a number of the same digits.")).into()
    }
}

impl ToSchema for TextOrNumber {
    fn name() -> Cow<'static, str> {
        "TextOrNumber".into()
    }
}

impl Reads<'_> for TextOrNumber {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn string(text: String) -> Self {
        Self::Given(text)
    }
    fn integer(number: i64) -> Self {
        Self::Given(number.to_string())
    }
    fn fraction(number: f64) -> Self {
        Self::Given(digits(number))
    }
}

impl<'de, T: Deserialize<'de>> Reads<'de> for Section<T> {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn object<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        Box::deserialize(MapAccessDeserializer::new(map)).map(Self::Given)
    }
}

impl Reads<'_> for Flag {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn boolean(flag: bool) -> Self {
        Self::Given(flag)
    }
}

impl<'de, T: Deserialize<'de>> Reads<'de> for List<T> {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < MOST_KEPT {
            match list.next_element()? {
                Some(entry) => kept.push(entry),
                None => return Ok(Self::Given(kept)),
            }
        }
        // An entry may take far more room than the two characters that it was sent as.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::Given(kept))
    }
}

struct Whatever<R>(PhantomData<R>);

impl<'de, R: Reads<'de>> Visitor<'de> for Whatever<R> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_none<E>(self) -> Result<R, E> {
        Ok(R::ABSENT)
    }

    fn visit_unit<E>(self) -> Result<R, E> {
        Ok(R::ABSENT)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<R, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<R, E> {
        Ok(R::boolean(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<R, E> {
        Ok(R::integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<R, E> {
        Ok(i64::try_from(number).map_or_else(|_| R::wrong("a number of that size"), R::integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<R, E> {
        Ok(R::fraction(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<R, E> {
        Ok(R::string(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<R, E> {
        Ok(R::string(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<R, A::Error> {
        R::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<R, A::Error> {
        R::object(map)
    }
}

/// Has types read by what they make of each type of JSON.
macro_rules! read_whatever_is_there {
    ($($name:ident $(<$of:ident>)?),+) => {
        $(
            impl<'de $(, $of: Deserialize<'de>)?> Deserialize<'de> for $name $(<$of>)? {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    // As an option, because only those may be missing in an object.
                    deserializer.deserialize_option(Whatever(PhantomData))
                }
            }
        )+
    };
}

read_whatever_is_there!(Text, Integer, Number, TextOrNumber, Flag, Section<T>, List<T>);

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Outer {
        name: Text,
        inner: Section<Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Inner {
        city: Text,
    }

    fn read(json: &str) -> Outer {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn reads_whatever_is_there() {
        assert_eq!(read("{}"), Outer::default());
        assert_eq!(read(r#"{"name":null,"inner":null}"#), Outer::default());
        let given = read(r#"{"name":"a\u0000🦀","inner":{"city":""}}"#);
        assert_eq!(given.name, Text::Given("a\0🦀".to_owned()));
        assert_eq!(given.inner, Section::Given(Box::new(Inner { city: Text::Given(String::new()) })));
        for (json, kind) in
            [("1", "a number"), ("-1", "a number"), ("1.5", "a number"), ("true", "a boolean"), ("[[1],{}]", "a list")]
        {
            let wrong = read(&format!(r#"{{"name":{json},"inner":{json}}}"#));
            assert_eq!(wrong, Outer { name: Text::Wrong(kind), inner: Section::Wrong(kind) }, "{json}");
        }
        assert_eq!(read(r#"{"name":{"a":[1]}}"#).name, Text::Wrong("an object"));
        assert_eq!(read(r#"{"inner":"x"}"#).inner, Section::Wrong("a string"));
    }

    #[test]
    fn whole_numbers_are_read() {
        #[derive(Deserialize)]
        struct Holds {
            number: Integer,
        }
        let read = |json: &str| serde_json::from_str::<Holds>(&format!(r#"{{"number":{json}}}"#)).unwrap().number;
        assert_eq!(read("7"), Integer::Given(7));
        assert_eq!(read("-7"), Integer::Given(-7));
        assert_eq!(read("null"), Integer::Absent);
        assert_eq!(read("1.5"), Integer::Wrong("a fraction"));
        assert_eq!(read("3600.0"), Integer::Given(3600));
        assert_eq!(read("-3.6e3"), Integer::Given(-3600));
        assert_eq!(read("1e300"), Integer::Wrong("a number of that size"));
        assert_eq!(read("\"7\""), Integer::Wrong("a string"));
        assert_eq!(read("18446744073709551615"), Integer::Wrong("a number of that size"));
    }

    #[test]
    fn a_text_and_a_number_are_read_alike() {
        let read = |json: &str| serde_json::from_str::<TextOrNumber>(json).unwrap();
        for (json, text) in [("\"1450.00\"", "1450.00"), ("1450.25", "1450.25"), ("-7", "-7"), ("\"\"", "")] {
            assert_eq!(read(json), TextOrNumber::Given(text.to_owned()), "{json}");
        }
        assert_eq!(read("null"), TextOrNumber::Absent);
        assert_eq!((read("true"), read("[1]")), (TextOrNumber::Wrong("a boolean"), TextOrNumber::Wrong("a list")));
    }

    #[test]
    fn taking_gathers_the_faults() {
        let mut faults = Faults::new();
        let outer = read(r#"{"name":7,"inner":[]}"#);
        assert_eq!(outer.name.take("name", &mut faults), None);
        assert_eq!(outer.inner.take("inner", &mut faults), Inner::default());
        let codes: Vec<_> = faults.as_slice().iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        assert_eq!(codes, [("name", WRONG_TYPE), ("inner", WRONG_TYPE)]);
        assert_eq!(faults.as_slice()[0].message, "This must be a string, not a number");
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Further {
        flag: Flag,
        list: List<Section<Inner>>,
    }

    #[test]
    fn flags_and_lists_are_read_whatever_is_there() {
        let read = |json: &str| serde_json::from_str::<Further>(json).unwrap();
        assert_eq!(read("{}"), Further::default());
        assert_eq!(read(r#"{"flag":null,"list":null}"#), Further::default());
        let given = read(r#"{"flag":false,"list":[{"city":"A"},7,null]}"#);
        assert_eq!(given.flag, Flag::Given(false));
        let inner = Section::Given(Box::new(Inner { city: Text::Given("A".to_owned()) }));
        assert_eq!(given.list, List::Given(vec![inner, Section::Wrong("a number"), Section::Absent]));
        let wrong = read(r#"{"flag":"yes","list":{"a":1}}"#);
        assert_eq!(wrong, Further { flag: Flag::Wrong("a string"), list: List::Wrong("an object") });
        let mut faults = Faults::new();
        assert_eq!((wrong.flag.take("flag", &mut faults), wrong.list.take("list", &mut faults)), (None, Vec::new()));
        assert_eq!(faults.as_slice().len(), 2);
    }

    #[test]
    fn a_list_without_end_is_not_kept_whole() {
        let json = format!(r#"{{"list":[{}null]}}"#, "{},".repeat(5_000));
        let List::Given(kept) = serde_json::from_str::<Further>(&json).unwrap().list else { panic!("it is a list") };
        assert_eq!(kept.len(), MOST_KEPT);
    }

    #[test]
    fn unknown_members_of_sections_are_seen() {
        let json = serde_json::json!({"x": {"y": 1}, "inner": {"city": "A", "zip": 1}, "name": {"deep": 1}});
        let (outer, mut unknown) = crate::json_body::read::<Outer, _>(json).unwrap();
        assert_eq!(outer.inner, Section::Given(Box::new(Inner { city: Text::Given("A".to_owned()) })));
        unknown.sort();
        assert_eq!(unknown.last().map(String::as_str), Some("x"));
        assert!(unknown.contains(&"inner.zip".to_owned()), "{unknown:?}");
    }
}

//! Reads JSON as a type in one pass, with what `serde_json` passes over: members given twice, members that the type does not know, and
//! limits to nesting and to the number of values.
//!
//! [`Watched`] stands between the type and its source. It hands on every call, and looks at what goes by: at each member's name before
//! the type does, and at each value that the type does not want. No tree is made, so that a body costs what its type costs.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::mem;

use domain::Faults;
use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::field_path::{self, MOST_NAMED};

/// The deepest nesting of objects and lists that is read.
pub(crate) const DEEPEST: usize = 32;

/// The most values that are read, objects and lists among them: each takes a multiple of what it was sent as. A body of the usual size can't
/// hold as many.
pub(crate) const MOST_VALUES: usize = 200_000;

/// The code of a member that is given twice.
pub(crate) const DUPLICATE_MEMBER: &str = "duplicate_member";

/// The most names of an object that are compared one by one.
const FEW: usize = 24;

/// Why a text could not be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It is no JSON.
    Malformed(serde_json::Error),
    /// It is JSON, and the type does not take what stands there.
    Refused(serde_json::Error),
    /// It is nested deeper than [`DEEPEST`].
    TooDeep,
    /// It has more than [`MOST_VALUES`] values.
    TooMany,
    /// It is JSON, and the number at this path is larger than any double (`1e400`).
    NumberTooLarge(String),
}

/// What was read, and what is odd about it.
#[derive(Debug)]
pub(crate) struct Read<T> {
    /// What the type made of it. Of a member that is given twice the first one counts.
    pub(crate) value: T,
    /// Members given twice, at their paths; [`MOST_NAMED`] of these are told.
    pub(crate) duplicates: Faults,
    /// The paths of members that the type does not know, in order; [`MOST_NAMED`] of these are told.
    pub(crate) unknown: Vec<String>,
}

/// Reads the whole of `text`.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<Read<T>, ReadError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut notes = Notes::default();
    let value = watch(&mut deserializer, &mut notes).and_then(|value| deserializer.end().map(|()| value));
    if notes.too_deep {
        return Err(ReadError::TooDeep);
    }
    if notes.values > MOST_VALUES {
        return Err(ReadError::TooMany);
    }
    match value {
        Ok(value) => Ok(Read { value, duplicates: notes.duplicates, unknown: notes.unknown }),
        Err(error) if error.is_data() => Err(ReadError::Refused(error)),
        Err(error) => match notes.failed_at {
            Some(path) if is_behind_a_number(text, &error) => Err(ReadError::NumberTooLarge(path)),
            _ => Err(ReadError::Malformed(error)),
        },
    }
}

/// Whether what could not be read is a number that is well written and larger than any double: it ends where reading did.
fn is_behind_a_number(text: &str, error: &serde_json::Error) -> bool {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let read = line.get(..error.column()).unwrap_or_default();
    let before = read.trim_end_matches(|letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter));
    read[before.len()..].parse().is_ok_and(f64::is_infinite)
}

/// Reads from any source, and gives the paths of members that the type does not know, as [`Read::unknown`].
pub(crate) fn read_from<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    source: D,
) -> Result<(T, Vec<String>), D::Error> {
    let mut notes = Notes::default();
    let value = watch(source, &mut notes)?;
    Ok((value, notes.unknown))
}

fn watch<'de, T: Deserialize<'de>, D: Deserializer<'de>>(source: D, notes: &mut Notes<'de>) -> Result<T, D::Error> {
    Watched { inner: PhantomData, notes, path: &Path::Root }.deserialize(source)
}

/// What is noticed on the way.
#[derive(Default)]
struct Notes<'de> {
    duplicates: Faults,
    unknown: Vec<String>,
    depth: usize,
    too_deep: bool,
    values: usize,
    /// Where reading came to an end, of the innermost value.
    failed_at: Option<String>,
    /// Whether the value that goes by is within one that is not known.
    passing_over: bool,
    /// Names of the objects that are being read, the innermost last: in one list, so that an object needs no memory of its own.
    names: Vec<Cow<'de, str>>,
}

impl Notes<'_> {
    fn value<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.values > MOST_VALUES { Err(E::custom("too many values")) } else { Ok(()) }
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth >= DEEPEST {
            self.too_deep = true;
            return Err(E::custom("nested too deep"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Reading has come to an end within the value at `path`, if `read` says so.
    fn ended<T, E>(&mut self, path: &Path<'_>, read: Result<T, E>) -> Result<T, E> {
        if read.is_err() && self.failed_at.is_none() {
            self.failed_at = Some(path.spelled());
        }
        read
    }

    fn duplicate(&mut self, path: &Path<'_>) {
        if self.duplicates.as_slice().len() < MOST_NAMED {
            self.duplicates.add(path.spelled(), DUPLICATE_MEMBER, "This member is given twice: give it once");
        }
    }

    fn unknown(&mut self, path: &Path<'_>) {
        if !self.passing_over && self.unknown.len() < MOST_NAMED {
            self.unknown.push(path.spelled());
        }
    }
}

/// Where a value stands.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Member { of: &'p Path<'p>, name: &'p str },
    Entry { of: &'p Path<'p>, place: usize },
}

impl Path<'_> {
    /// As the sender would spell it: `rows.3.amount`.
    fn spelled(&self) -> String {
        let mut names = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                Path::Root => break,
                Path::Member { of, name } => {
                    names.push(Cow::Borrowed(*name));
                    of
                }
                Path::Entry { of, place } => {
                    names.push(Cow::Owned(place.to_string()));
                    of
                }
            };
        }
        field_path::joined(names.iter().rev().map(AsRef::as_ref))
    }
}

/// The names of an object that went by: the first [`FEW`] are in [`Notes::names`].
struct Names<'de> {
    /// Where they begin there.
    from: usize,
    many: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> Names<'de> {
    /// False when it went by already.
    fn add(&mut self, name: Cow<'de, str>, notes: &mut Notes<'de>) -> bool {
        let few = notes.names.get(self.from..).unwrap_or_default();
        if few.contains(&name) {
            return false;
        }
        if few.len() < FEW {
            notes.names.push(name);
            return true;
        }
        self.many.get_or_insert_default().insert(name)
    }
}

/// A name, borrowed where the source lets it be.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;
        impl<'de> Visitor<'de> for Named {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }

            fn visit_string<E>(self, name: String) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name)))
            }
        }
        deserializer.deserialize_str(Named)
    }
}

/// A seed, a source, a visitor, a list or an object with the notes taken of it.
struct Watched<'n, 'p, 'de, T> {
    inner: T,
    notes: &'n mut Notes<'de>,
    path: &'p Path<'p>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Watched<'_, '_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<S::Value, D::Error> {
        self.notes.value()?;
        let Self { inner, notes, path } = self;
        inner.deserialize(Watched { inner: source, notes, path })
    }
}

macro_rules! hand_on {
    ($($method:ident($($argument:ident: $kind:ty),*);)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, $($argument: $kind,)* visitor: V) -> Result<V::Value, D::Error> {
                let Self { inner, notes, path } = self;
                inner.$method($($argument,)* Watched { inner: visitor, notes, path })
            }
        )+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Watched<'_, '_, 'de, D> {
    type Error = D::Error;

    hand_on! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }

    /// A value that the type does not want. It is read like any other, so that what is wrong in it is found.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { inner, notes, path } = self;
        notes.unknown(path);
        let outer = mem::replace(&mut notes.passing_over, true);
        let read = inner.deserialize_any(Watched { inner: visitor, notes: &mut *notes, path });
        notes.passing_over = outer;
        read
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visits {
    ($($method:ident($kind:ty);)+) => {
        $(
            fn $method<E: serde::de::Error>(self, value: $kind) -> Result<V::Value, E> {
                self.inner.$method(value)
            }
        )+
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, '_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visits! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<V::Value, D::Error> {
        let Self { inner, notes, path } = self;
        inner.visit_some(Watched { inner: source, notes, path })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, source: D) -> Result<V::Value, D::Error> {
        let Self { inner, notes, path } = self;
        inner.visit_newtype_struct(Watched { inner: source, notes, path })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        let Self { inner, notes, path } = self;
        notes.enter()?;
        let value = inner.visit_seq(Entries { list, notes: &mut *notes, path, place: 0 });
        notes.depth -= 1;
        value
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        let Self { inner, notes, path } = self;
        notes.enter()?;
        let from = notes.names.len();
        let names = Names { from, many: None };
        let value = inner.visit_map(Members { object, notes: &mut *notes, path, names, name: Cow::Borrowed("") });
        notes.names.truncate(from);
        notes.depth -= 1;
        value
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(variant)
    }
}

/// The entries of a list.
struct Entries<'n, 'p, 'de, A> {
    list: A,
    notes: &'n mut Notes<'de>,
    path: &'p Path<'p>,
    place: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Entries<'_, '_, 'de, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let path = Path::Entry { of: self.path, place: self.place };
        self.place += 1;
        let read = self.list.next_element_seed(Watched { inner: seed, notes: &mut *self.notes, path: &path });
        self.notes.ended(&path, read)
    }

    fn size_hint(&self) -> Option<usize> {
        self.list.size_hint()
    }
}

/// The members of an object.
struct Members<'n, 'p, 'de, A> {
    object: A,
    notes: &'n mut Notes<'de>,
    path: &'p Path<'p>,
    names: Names<'de>,
    /// That of the value that comes next.
    name: Cow<'de, str>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, '_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        while let Some(Name(name)) = self.object.next_key()? {
            if self.names.add(name.clone(), self.notes) {
                self.name = name;
                let key = match &self.name {
                    Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
                    Cow::Owned(name) => seed.deserialize(StringDeserializer::new(name.clone())),
                };
                return key.map(Some);
            }
            let path = Path::Member { of: self.path, name: &name };
            let outer = mem::replace(&mut self.notes.passing_over, true);
            let passed = self.object.next_value_seed(Watched {
                inner: PhantomData::<IgnoredAny>,
                notes: &mut *self.notes,
                path: &path,
            });
            self.notes.passing_over = outer;
            passed?;
            self.notes.duplicate(&path);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let path = Path::Member { of: self.path, name: &self.name };
        let read = self.object.next_value_seed(Watched { inner: seed, notes: &mut *self.notes, path: &path });
        self.notes.ended(&path, read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn tree(text: &str) -> Result<Read<Value>, ReadError> {
        read(text)
    }

    fn duplicates(text: &str) -> Vec<String> {
        tree(text).unwrap().duplicates.into_vec().into_iter().map(|fault| fault.field.into_owned()).collect()
    }

    #[derive(Debug, serde::Deserialize)]
    struct Point {
        x: i64,
    }

    #[test]
    fn what_the_type_does_not_take_is_told_from_what_is_no_json() {
        assert!(matches!(read::<Point>(r#"{"x":"far"}"#), Err(ReadError::Refused(_))));
        assert!(matches!(read::<Point>("{}"), Err(ReadError::Refused(_))));
        // Nor is what nobody wants read less strictly.
        for text in [r#"{"x":1,"y":"\ud800"}"#, r#"{"x":1,"y":01}"#, r#"{"x":1,"y":[1e99"#, r#"{"x":1"#] {
            assert!(matches!(read::<Point>(text), Err(ReadError::Malformed(_))), "{text}");
        }
    }

    #[test]
    fn a_number_that_no_double_holds_is_told_with_its_path() {
        let digits = format!("{{\"x\":-{}}}", "9".repeat(400));
        for (text, path) in [
            (r#"{"x":1e999}"#, "x"),
            (r#"{"x":1,"y":{"z":[1,{"a":-1.5E+400 }]}}"#, "y.z.1.a"),
            ("{\n \"x\":\n 1e99999999999999999999,\"y\":2}", "x"),
            (digits.as_str(), "x"),
        ] {
            match read::<Point>(text) {
                Err(ReadError::NumberTooLarge(at)) => assert_eq!(at, path),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_text_of_too_many_values_is_refused() {
        let list = |count: usize| format!("[{}0]", "{},".repeat(count));
        // A list of `count` and one more.
        assert!(matches!(tree(&list(MOST_VALUES - 1)), Err(ReadError::TooMany)));
        assert!(tree(&list(MOST_VALUES - 2)).is_ok());
    }

    #[test]
    fn duplicates_are_found_anywhere_and_the_first_counts() {
        assert_eq!(duplicates(r#"{"a":1,"b":[{"c":1},{"c":1,"c":2}],"a":2,"a":3}"#), ["b.1.c", "a"]);
        assert_eq!(duplicates(r#"{"a":{"x":1},"b":{"x":1}}"#), [""; 0]);
        // The same name, spelled in two ways.
        assert_eq!(duplicates(r#"{"a":1,"\u0061":2}"#), ["a"]);
        // Also in an object of many members, and in one that the type does not know.
        let many: String = (0..100).map(|number| format!(r#""{number}":1,"#)).collect();
        assert_eq!(duplicates(&format!(r#"{{{many}"7":2,"99":2}}"#)), ["7", "99"]);
        assert_eq!(tree(r#"{"a":1,"a":2}"#).unwrap().value, serde_json::json!({"a": 1}));
        let passed_over = read::<Point>(r#"{"x":1,"more":{"y":[{"z":1,"z":2}]},"x":{"b":1,"b":2}}"#).unwrap();
        assert_eq!((passed_over.value.x, passed_over.unknown), (1, vec!["more".to_owned()]));
        let fields: Vec<_> = passed_over.duplicates.into_vec().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["more.y.0.z", "x.b", "x"]);
    }

    #[test]
    fn however_many_duplicates_there_are_the_answer_stays_small() {
        let members: String = (0..5_000).map(|number| format!(r#""{number}":1,"{number}":1,"#)).collect();
        let paths = duplicates(&format!(r#"{{"c":{{{members}"x":1}},"d":1}}"#));
        assert_eq!((paths.len(), paths[99].as_str()), (MOST_NAMED, "c.99"));
        // Every path is the same once it is cut.
        let paths = duplicates(&format!(r#"{{"{}":{{{members}"x":1}},"d":1,"d":2}}"#, "ä".repeat(64 * 1024)));
        assert_eq!(paths, [format!("{}…", "ä".repeat(199)), "d".to_owned()]);
    }

    #[test]
    fn nesting_ends_at_its_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(tree(&nested(DEEPEST)).is_ok());
        assert!(matches!(tree(&nested(DEEPEST + 1)), Err(ReadError::TooDeep)));
        assert!(matches!(tree(&"{\"a\":".repeat(100_000)), Err(ReadError::TooDeep)));
        // Nor is what nobody wants read deeper.
        assert!(matches!(read::<IgnoredAny>(&nested(DEEPEST + 1)), Err(ReadError::TooDeep)));
        // What was left again does not count.
        assert!(tree(&format!("[{}1]", "[[]],".repeat(100))).is_ok());
    }

    #[test]
    fn malformed_text_tells_where() {
        for (text, line, column) in [("{\n  \"a\": 1,\n}", 3, 1), ("{} x", 1, 4), ("{\"a\":\"\\ud800\"}", 1, 13)] {
            match tree(text) {
                Err(ReadError::Malformed(error)) => {
                    assert_eq!((error.line(), error.column()), (line, column), "{text}")
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..8).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in any_json()) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            let read = tree(&text).unwrap();
            prop_assert_eq!(read.value, value);
            prop_assert!(read.duplicates.is_empty() && read.unknown.is_empty());
        }

        #[test]
        fn never_panics(text in ".{0,200}") {
            let theirs = serde_json::from_str::<Value>(&text).is_ok();
            prop_assert_eq!(tree(&text).is_ok(), theirs);
            prop_assert_eq!(read::<IgnoredAny>(&text).is_ok(), theirs);
        }
    }
}

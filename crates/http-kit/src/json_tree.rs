//! Reads JSON into a tree with what `serde_json` passes over: duplicate members, and a limit to nesting.

use std::fmt;

use domain::Faults;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::field_path::{self, MOST_NAMED};

/// The deepest nesting of objects and lists that is read.
pub(crate) const DEEPEST: usize = 32;

/// The most values that are read, objects and lists among them: each takes a multiple of what it was sent as. A body of the usual size can't
/// hold as many.
pub(crate) const MOST_VALUES: usize = 200_000;

/// The code of a member that is given twice.
pub(crate) const DUPLICATE_MEMBER: &str = "duplicate_member";

/// Why a text could not be read.
#[derive(Debug)]
pub(crate) enum TreeError {
    /// It is no JSON.
    Malformed(serde_json::Error),
    /// It is nested deeper than [`DEEPEST`].
    TooDeep,
    /// It has more than [`MOST_VALUES`] values.
    TooMany,
}

/// Reads `text`. Of a member that is given twice the first one counts, and it is a fault at its path; [`MOST_NAMED`] of these are told.
pub(crate) fn read(text: &str, faults: &mut Faults) -> Result<Value, TreeError> {
    let mut reading = Reading { faults, path: Vec::new(), too_deep: false, room: MOST_VALUES };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = Node(&mut reading).deserialize(&mut deserializer);
    if reading.too_deep {
        return Err(TreeError::TooDeep);
    }
    if reading.room == 0 {
        return Err(TreeError::TooMany);
    }
    let tree = tree.map_err(TreeError::Malformed)?;
    deserializer.end().map_err(TreeError::Malformed)?;
    Ok(tree)
}

struct Reading<'f> {
    faults: &'f mut Faults,
    /// The names and places on the way to the current value.
    path: Vec<String>,
    too_deep: bool,
    /// How many values more are read.
    room: usize,
}

impl Reading<'_> {
    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.path.len() >= DEEPEST {
            self.too_deep = true;
            return Err(E::custom("nested too deep"));
        }
        self.path.push(String::new());
        Ok(())
    }

    fn at(&mut self, name: &str) {
        if let Some(last) = self.path.last_mut() {
            name.clone_into(last);
        }
    }

    /// The current member is there already.
    fn duplicate(&mut self) {
        if self.faults.as_slice().len() < MOST_NAMED {
            let path = field_path::joined(self.path.iter().map(String::as_str));
            self.faults.add(path, DUPLICATE_MEMBER, "This member is given twice: give it once");
        }
    }
}

struct Node<'r, 'f>(&'r mut Reading<'f>);

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.room = self.0.room.saturating_sub(1);
        if self.0.room == 0 {
            return Err(serde::de::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.0.enter::<A::Error>()?;
        let mut values = Vec::new();
        loop {
            self.0.at(&values.len().to_string());
            match list.next_element_seed(Node(&mut *self.0))? {
                Some(value) => values.push(value),
                None => break,
            }
        }
        self.0.path.pop();
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        self.0.enter::<A::Error>()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            self.0.at(&name);
            let value = object.next_value_seed(Node(&mut *self.0))?;
            if members.contains_key(&name) {
                self.0.duplicate();
            } else {
                members.insert(name, value);
            }
        }
        self.0.path.pop();
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn duplicates(text: &str) -> Vec<String> {
        let mut faults = Faults::new();
        read(text, &mut faults).unwrap();
        faults.into_vec().into_iter().map(|fault| fault.field.into_owned()).collect()
    }

    #[test]
    fn a_text_of_too_many_values_is_refused() {
        let list = |count: usize| format!("[{}0]", "{},".repeat(count));
        let read = |count| read(&list(count), &mut Faults::new());
        assert!(matches!(read(MOST_VALUES), Err(TreeError::TooMany)));
        assert!(read(MOST_VALUES - 3).is_ok());
    }

    #[test]
    fn duplicates_are_found_anywhere_and_the_first_counts() {
        assert_eq!(duplicates(r#"{"a":1,"b":[{"c":1},{"c":1,"c":2}],"a":2,"a":3}"#), ["b.1.c", "a"]);
        assert_eq!(duplicates(r#"{"a":{"x":1},"b":{"x":1}}"#), [""; 0]);
        // The same name, spelled in two ways.
        assert_eq!(duplicates(r#"{"a":1,"\u0061":2}"#), ["a"]);
        let mut faults = Faults::new();
        assert_eq!(read(r#"{"a":1,"a":2}"#, &mut faults).unwrap(), serde_json::json!({"a": 1}));
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
        let mut faults = Faults::new();
        assert!(read(&nested(DEEPEST), &mut faults).is_ok());
        assert!(matches!(read(&nested(DEEPEST + 1), &mut faults), Err(TreeError::TooDeep)));
        assert!(matches!(read(&"{\"a\":".repeat(100_000), &mut faults), Err(TreeError::TooDeep)));
    }

    #[test]
    fn malformed_text_tells_where() {
        let mut faults = Faults::new();
        for (text, line, column) in
            [("{\n  \"a\": 1,\n}", 3, 1), ("{} x", 1, 4), ("{\"a\":\"\\ud800\"}", 1, 13), ("{\"a\":1e999}", 1, 10)]
        {
            match read(text, &mut faults) {
                Err(TreeError::Malformed(error)) => {
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
            let mut faults = Faults::new();
            let text = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(read(&text, &mut faults).unwrap(), value);
            prop_assert!(faults.is_empty());
        }

        #[test]
        fn never_panics(text in ".{0,200}") {
            let mut faults = Faults::new();
            let ours = read(&text, &mut faults).is_ok();
            let theirs = serde_json::from_str::<Value>(&text).is_ok();
            prop_assert_eq!(ours, theirs);
        }
    }
}

//! JSON without loss: a duplicate key or a number that cannot be kept is an error, not a silent choice.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::ParseError;

/// The largest integer that a double holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn read(text: &str) -> Result<Value, ParseError> {
    let mut place = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let value = Lossless { place: &mut place }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let mut at = String::new();
        for step in &place {
            match step {
                Step::Key(key) if at.is_empty() => at.push_str(key),
                Step::Key(key) => at.push_str(&format!(".{key}")),
                Step::Index(index) => at.push_str(&format!("[{index}]")),
            }
        }
        ParseError::new(at, error.to_string())
    })
}

enum Step {
    Key(String),
    Index(usize),
}

/// Leaves the way to the element at fault in `place` when it fails.
struct Lossless<'p> {
    place: &'p mut Vec<Step>,
}

impl<'de> DeserializeSeed<'de> for Lossless<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Lossless<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
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
        match Number::from_f64(value) {
            Some(number) if value.abs() < EXACT => Ok(Value::Number(number)),
            _ => Err(E::custom("number too large to be kept exactly")),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        loop {
            self.place.push(Step::Index(array.len()));
            let Some(item) = items.next_element_seed(Lossless {
                place: &mut *self.place,
            })?
            else {
                break;
            };
            self.place.pop();
            array.push(item);
        }
        self.place.pop();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            self.place.push(Step::Key(key.clone()));
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("key `{key}` occurs twice")));
            }
            let value = entries.next_value_seed(Lossless {
                place: &mut *self.place,
            })?;
            self.place.pop();
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

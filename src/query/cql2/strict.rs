//! JSON as [`serde_json`] reads it, but that no object may have a member twice.
//!
//! RFC 8259, 4 leaves open which of two counts, and what someone asks must not hang on that.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::model::cut;

/// Reads a text.
///
/// # Errors
/// It is no JSON, or names a member twice.
pub fn parse(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).map(|Strict(value)| value)
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                let name = cut(&name);
                return Err(A::Error::custom(format_args!("member {name:?} stands more than once")));
            }
            let Strict(value) = members.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_reads_is_what_serde_json_reads() {
        for text in [
            "null",
            "[]",
            "{}",
            r#" {"a":[1,-2,18446744073709551615,0.1,-0.0,1e300,true,"é\n"],"b":{"a":{"a":null}}} "#,
        ] {
            let usual: Value = serde_json::from_str(text).expect("JSON");
            let strict = parse(text.as_bytes()).expect("JSON");
            // As texts, too: the order of members counts.
            assert_eq!((strict.to_string(), &strict), (usual.to_string(), &usual));
        }
        for text in ["", "{", "1e999", "[1,]", "{} {}", &"[".repeat(200)] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_member_twice_is_told_with_its_place_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":[{"a":1,"b":2,"a":3}]}]"#, r#"{"a":1,"\u0061":2}"#] {
            let fault = parse(text.as_bytes()).expect_err("refused").to_string();
            assert!(fault.contains(r#"member "a" stands more than once at line 1"#), "{fault}");
        }
    }
}

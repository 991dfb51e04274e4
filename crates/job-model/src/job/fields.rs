//! The names of a job's fields, told by the job's own reader.

use serde::Deserialize;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use crate::{Job, PlainJob};

/// Hears which fields a type asks for, and has none of them.
struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a type with fields"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(Error::custom("nothing but names was asked for"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

impl Job {
    /// Names the fields that the predecessor does not know, in their order.
    pub fn fields_beside_the_predecessors() -> &'static [&'static str] {
        let mut fields: &[&str] = &[];
        // It fails, as the listener says.
        let _ = Self::deserialize(Listener(&mut fields));
        fields.get(PlainJob::MEMBERS..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::Job;

    #[test]
    fn the_fields_begin_behind_the_predecessors_twelve() {
        let fields = Job::fields_beside_the_predecessors();
        assert_eq!(fields.first(), Some(&"timeout"));
        assert!(fields.contains(&"waits_for") && !fields.contains(&"duration"), "{fields:?}");
    }
}

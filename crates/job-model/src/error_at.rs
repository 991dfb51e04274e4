//! Where in a job's own text its error came from.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

/// A place in a job's code or in one of its modules.
///
/// `{"module":"code","line":3,"column":7}`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAt {
    /// `code`, or the module's name.
    pub module: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

/// For `#[serde(deserialize_with)]`: what is of another form counts as absent. It explains an error, and no job is lost for it.
pub(crate) fn or_absent<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

#[cfg(test)]
mod tests {
    use crate::JobResult;

    #[test]
    fn a_place_is_read_and_anything_else_is_absent() {
        let read = |place: &str| serde_json::from_str::<JobResult>(&format!(r#"{{"uuid":"j","error_at":{place}}}"#));
        let at = read(r#"{"module":"code","line":3,"column":7}"#).unwrap().error_at.unwrap();
        assert_eq!((at.module.as_str(), at.line, at.column), ("code", 3, 7));
        for other in ["null", "5", r#"{"module":"code","line":-1,"column":7}"#] {
            assert_eq!(read(other).unwrap().error_at, None, "{other}");
        }
    }
}

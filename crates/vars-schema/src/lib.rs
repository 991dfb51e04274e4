//! What a script's vars must be, as a JSON Schema says it. Vars are texts, so the schema is held against texts.
//!
//! Nothing is fetched for a schema, patterns take a time that grows with the text alone
//! (<https://docs.rs/regex/latest/regex/#untrusted-input>), and no message shows a value.
//!
//! The library's types are generic, so they are compiled with whoever names them: here, where that is done with little effort, and
//! not in the gateway.

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

/// The largest schema, in bytes of its JSON.
const MOST_BYTES: usize = 64 * 1024;
/// The largest compiled pattern, in bytes.
const PATTERN_BYTES: usize = 1024 * 1024;
/// How many mistakes are reported at once.
const MOST_MISTAKES: usize = 50;
/// Mistakes that belong to no var.
const ALL: &str = "vars";

/// Refuses what cannot be a schema.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn check(schema: &Value) -> Result<(), String> {
    if !schema.is_object() {
        return Err("the field \"vars_schema\" must be an object".to_owned());
    }
    if schema.to_string().len() > MOST_BYTES {
        return Err(format!("the field \"vars_schema\" is larger than {MOST_BYTES} bytes"));
    }
    validator(schema).map(drop).map_err(|error| format!("the field \"vars_schema\": {error}"))
}

/// Tells what is wrong with these vars, by their names; empty when they fit.
pub fn mistakes(schema: &Value, vars: &Value) -> BTreeMap<String, Vec<String>> {
    let mut mistakes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    match validator(schema) {
        Ok(validator) => {
            for error in validator.iter_errors(vars).take(MOST_MISTAKES) {
                for name in names(&error) {
                    mistakes.entry(name).or_default().push(error.masked().to_string());
                }
            }
        }
        // It was checked when it was stored: another version took it.
        Err(error) => {
            mistakes.insert(ALL.to_owned(), vec![format!("the script's schema cannot be used: {error}")]);
        }
    }
    mistakes
}

fn validator(schema: &Value) -> Result<Validator, String> {
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
    let options = jsonschema::options().with_pattern_options(patterns).should_validate_formats(true);
    options.build(schema).map_err(|error| error.to_string().chars().take(300).collect())
}

/// The vars that a mistake is about.
fn names(error: &ValidationError<'_>) -> Vec<String> {
    match error.kind() {
        ValidationErrorKind::Required { property } if error.instance_path().as_str().is_empty() => {
            vec![property.as_str().unwrap_or(ALL).to_owned()]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected.clone(),
        _ => {
            let path = error.instance_path().as_str();
            let first = path.trim_start_matches('/').split('/').next().filter(|name| !name.is_empty());
            vec![first.map_or_else(|| ALL.to_owned(), |name| name.replace("~1", "/").replace("~0", "~"))]
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check, mistakes};

    #[test]
    fn mistakes_are_told_by_var_and_show_no_value() {
        let schema = json!({
            "type": "object",
            "required": ["url", "user"],
            "additionalProperties": false,
            "properties": {
                "url": {"type": "string", "format": "uri"},
                "pages": {"type": "string", "pattern": "^[1-9][0-9]*$"},
                "user": {"type": "string", "minLength": 3},
            },
        });
        check(&schema).unwrap();
        let found = mistakes(&schema, &json!({"url": "hunter2 hunter2", "pages": "hunter2", "other": "x"}));
        assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["other", "pages", "url", "user"]);
        assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
        assert!(mistakes(&schema, &json!({"url": "https://a.b/", "user": "bob", "pages": "12"})).is_empty());
    }

    #[test]
    fn a_schema_fetches_nothing_and_a_pattern_cannot_run_away() {
        for schema in [
            json!([]),
            json!({"type": "strin"}),
            json!({"$ref": "https://example.org/schema.json"}),
            json!({"$ref": "file:///etc/passwd"}),
            json!({"properties": {"a": {"pattern": "(a+)+\\1"}}}),
            json!({"properties": {"a": {"pattern": "(((a{100}){100}){100}){100}"}}}),
            json!({"description": "x".repeat(70_000)}),
        ] {
            let refused = check(&schema).expect_err(&schema.to_string().chars().take(80).collect::<String>());
            assert!(refused.contains("vars_schema"), "{refused}");
        }
        let schema = json!({"properties": {"a": {"pattern": "^(a+)+$"}}});
        let text = format!("{}b", "a".repeat(100_000));
        assert_eq!(mistakes(&schema, &json!({"a": text})).len(), 1);
    }

    /// The text of a request is read to this depth (serde_json's limit), and a validator calls itself for each level.
    #[test]
    fn a_schema_may_be_as_deep_as_a_request() {
        let deep =
            |level: fn(serde_json::Value) -> serde_json::Value| (0..124).fold(json!({}), |schema, _| level(schema));
        let vars = (0..62).fold(json!({}), |vars, _| json!({"a": vars}));
        for schema in [deep(|schema| json!({"not": schema})), deep(|schema| json!({"allOf": [schema]}))] {
            check(&schema).unwrap();
            mistakes(&schema, &vars);
        }
        let schema = (0..62).fold(json!({"type": "string"}), |schema, _| json!({"properties": {"a": schema}}));
        check(&schema).unwrap();
        assert_eq!(mistakes(&schema, &vars).len(), 1);
    }
}

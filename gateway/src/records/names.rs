//! Names that clients give: of scripts and of schedules.

/// The longest name, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 100;

/// Refuses a text that cannot be a name: 1 to 100 letters, digits and `._-`, beginning with a letter or a digit.
///
/// # Errors
/// A sentence that names the text.
pub(crate) fn check(name: &str) -> Result<(), String> {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins && name.len() <= MAX_NAME_BYTES && name.as_bytes().iter().all(legal) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(format!(
        "{shown:?} is not a name: write 1 to {MAX_NAME_BYTES} letters, digits and . _ -, beginning with a letter or a digit"
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_can_stand_in_a_path() {
        for name in ["a", "Daily.report_2-x", "0", &"x".repeat(100)] {
            assert!(super::check(name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "-a", "a/b", "a b", "\u{e4}", "a:b", &"x".repeat(101)] {
            assert!(super::check(name).is_err(), "{name}");
        }
    }
}

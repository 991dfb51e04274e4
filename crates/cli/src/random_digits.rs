//! Digits that nobody guesses.

/// 128 random bits as hexadecimal digits.
pub(crate) fn random_digits() -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

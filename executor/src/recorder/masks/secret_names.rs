//! Which fields are not to be shown, by their names.

/// Parts of names whose values are secret.
const SECRET_PARTS: [&str; 14] = [
    "password",
    "passwd",
    "passwort",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "credential",
    "authorization",
    "cookie",
    "apikey",
    "csrf",
    "xsrf",
];
/// Whole names of the same kind.
const SECRET_NAMES: [&str; 9] = ["pass", "pw", "pin", "otp", "cvv", "cvc", "sid", "session", "sessionid"];

/// Tells whether a field of that name is not to be shown.
pub(super) fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.contains(&name.as_str()) || SECRET_PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn names_say_what_is_secret() {
        for name in ["password", "user[Password]", "new_pass_word", "access_token", "X-API-Key", "pin", "csrf-token"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["user", "passenger", "author", "option", "spin", "sidebar", "q"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}

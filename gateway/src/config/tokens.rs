//! The tokens of a configuration, out of all places that may name some.

use service::Secret;

use super::{ConfigError, Settings};
use crate::tokens::Tokens;

impl Settings {
    /// Lists all tokens without a name that open the API, after checking what no single variable shows.
    ///
    /// # Errors
    /// [`ConfigError`] for a configuration that no gateway can run with.
    pub fn tokens(&self) -> Result<Vec<Secret>, ConfigError> {
        if !self.enable_api && !self.enable_jobs {
            return Err(ConfigError::NothingToDo);
        }
        let mut tokens = Vec::new();
        if let Some(token) = &self.api_token {
            tokens.push(("API_TOKEN (--api-token)", token.clone()));
        }
        let listed = self.api_tokens.iter().filter(|token| !token.expose().is_empty());
        tokens.extend(listed.map(|token| ("API_TOKENS (--api-tokens)", token.clone())));
        if let Some(path) = &self.api_token_file {
            let text = std::fs::read_to_string(path)
                .map_err(|reason| ConfigError::TokenFile { path: path.display().to_string(), reason })?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            tokens.extend(lines.map(|line| ("API_TOKEN_FILE (--api-token-file)", Secret::new(line))));
        }
        if let Some((variable, _)) = tokens.iter().find(|(_, token)| token.expose().trim().is_empty()) {
            return Err(ConfigError::EmptyToken { variable });
        }
        if self.enable_api && tokens.is_empty() && self.tokens_file.is_none() {
            return Err(ConfigError::NoToken);
        }
        let tokens: Vec<_> = tokens.into_iter().map(|(_, token)| token).collect();
        Tokens::open(&tokens, self.tokens_file.as_deref())?;
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use service::Secret;

    use crate::config::Settings;

    #[test]
    fn tokens_come_from_all_three_places() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "# people\n\nthird\n fourth ").unwrap();
        let mut settings = Settings::with_token(Secret::new("first"));
        settings.api_tokens = vec![Secret::new("second"), Secret::new("")];
        settings.api_token_file = Some(file.path().to_owned());
        let tokens = settings.tokens().unwrap();
        let texts: Vec<_> = tokens.iter().map(Secret::expose).collect();
        assert_eq!(texts, ["first", "second", "third", "fourth"]);
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused_by_name() {
        let message = |settings: &Settings| settings.tokens().unwrap_err().to_string();
        let mut settings = Settings::with_token(Secret::new(" "));
        assert_eq!(message(&settings), "API_TOKEN (--api-token) holds a blank token");
        settings.api_token = None;
        assert_eq!(message(&settings), "API_TOKEN (--api-token) is missing");
        settings.enable_api = false;
        assert!(settings.tokens().unwrap().is_empty());
        settings.enable_jobs = false;
        assert_eq!(
            message(&settings),
            "ENABLE_API (--enable-api) and ENABLE_JOBS (--enable-jobs) are both false: there is nothing to do"
        );
        settings.enable_jobs = true;
        settings.api_token_file = Some("/nowhere".into());
        assert!(message(&settings).starts_with("API_TOKEN_FILE (--api-token-file) /nowhere cannot be read"));
    }
}

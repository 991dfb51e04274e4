//! How to reach CouchDB.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::Secret;
use crate::config::{host, number_from};
use crate::tls::{self, BadCaFile};

/// The CouchDB server and the database on it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "CouchDB")]
pub struct CouchDbArgs {
    /// Host of the CouchDB server.
    #[arg(id = "couch_db_host", long = "couch-db-host", env = "COUCH_DB_HOST", value_name = "HOST",
          value_parser = host)]
    pub host: String,
    /// Port of the CouchDB server.
    #[arg(
        id = "couch_db_port",
        long = "couch-db-port",
        env = "COUCH_DB_PORT",
        value_name = "PORT",
        default_value_t = 5984,
        value_parser = number_from(1_u16)
    )]
    pub port: u16,
    /// How the CouchDB server is spoken to: http, or https when its certificate is signed by an authority that the system or
    /// COUCH_DB_CA_FILE knows.
    #[arg(id = "couch_db_scheme", long = "couch-db-scheme", env = "COUCH_DB_SCHEME", value_name = "SCHEME", value_enum,
          default_value_t = Scheme::Http)]
    pub scheme: Scheme,
    /// PEM file with certificates of authorities that the system does not know, for https to the CouchDB server.
    #[arg(id = "couch_db_ca_file", long = "couch-db-ca-file", env = "COUCH_DB_CA_FILE", value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// User at the CouchDB server.
    #[arg(id = "couch_db_username", long = "couch-db-username", env = "COUCH_DB_USERNAME", value_name = "NAME")]
    pub username: String,
    /// Password of that user.
    #[arg(
        id = "couch_db_password",
        long = "couch-db-password",
        env = "COUCH_DB_PASSWORD",
        value_name = "PASSWORD",
        hide_env_values = true
    )]
    pub password: Secret,
    /// Database that holds the jobs, one document each.
    #[arg(
        id = "couch_db_database",
        long = "couch-db-database",
        env = "COUCH_DB_DATABASE",
        value_name = "DATABASE",
        default_value = "jobs",
        value_parser = database_name
    )]
    pub database: String,
}

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// As text that everybody on the way can read.
    Http,
    /// In TLS.
    Https,
}

impl CouchDbArgs {
    /// Reads what COUCH_DB_CA_FILE holds.
    ///
    /// # Errors
    /// [`BadCaFile`] when it cannot be used.
    pub fn ca_pem(&self) -> Result<Option<String>, BadCaFile> {
        let read = |path: &PathBuf| tls::ca_pem("COUCH_DB_CA_FILE (--couch-db-ca-file)", path);
        self.ca_file.as_ref().map(read).transpose()
    }
}

/// A name that CouchDB takes for a database: <https://docs.couchdb.org/en/stable/api/database/common.html#put--db>.
fn database_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_$()+-/".contains(c);
    let fits = text.len() <= 238 && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(allowed);
    if fits {
        return Ok(text.to_owned());
    }
    Err("expected a lower-case letter and then lower-case letters, digits and _$()+-/, at most 238".to_owned())
}

#[cfg(test)]
mod tests {
    use super::database_name;

    #[test]
    fn a_database_has_a_name_that_couchdb_takes() {
        for name in ["jobs", "a/b", "jobs_$()+-9"] {
            assert_eq!(database_name(name).as_deref(), Ok(name));
        }
        for name in ["Jobs", "_users", "9jobs", "jobs.old", "jöbs", &"a".repeat(239)] {
            assert!(database_name(name).is_err(), "{name}");
        }
    }
}

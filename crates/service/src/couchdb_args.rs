//! How to reach CouchDB.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use crate::Secret;

/// The CouchDB server and the database on it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "CouchDB")]
pub struct CouchDbArgs {
    /// Host of the CouchDB server.
    #[arg(id = "couch_db_host", long = "couch-db-host", env = "COUCH_DB_HOST", value_name = "HOST",
          value_parser = NonEmptyStringValueParser::new())]
    pub host: String,
    /// Port of the CouchDB server.
    #[arg(
        id = "couch_db_port",
        long = "couch-db-port",
        env = "COUCH_DB_PORT",
        value_name = "PORT",
        default_value_t = 5984
    )]
    pub port: u16,
    /// User at the CouchDB server.
    #[arg(id = "couch_db_username", long = "couch-db-username", env = "COUCH_DB_USERNAME", value_name = "NAME",
          value_parser = NonEmptyStringValueParser::new())]
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
        default_value = "jobs"
    )]
    pub database: String,
}

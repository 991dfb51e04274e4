//! Where the files of jobs live.

use clap::Args;

/// The store of files, which gateways and executors share.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Files")]
pub struct FilesArgs {
    /// Where the files of jobs live, the same for gateways and executors: `file:///FOLDER`, `s3://BUCKET/PREFIX`,
    /// `az://CONTAINER/PREFIX` or `gs://BUCKET/PREFIX`. Keys, region and endpoint are read from the variables of the
    /// providers' own tools (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, …). Default:
    /// `DATA_DIR/files` in `puppet-master up`; elsewhere jobs keep no files.
    #[arg(long, env = "FILES_URL", value_name = "URL", value_parser = files_url)]
    pub files_url: Option<String>,
}

/// An address of a known kind. Opening the store shows whether the address can be used.
fn files_url(text: &str) -> Result<String, String> {
    let named = |prefix: &str| text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let on_server = ["s3://", "s3a://", "az://", "azure://", "abfs://", "abfss://", "gs://"].into_iter().any(named);
    if text.starts_with("file:///") || on_server {
        return Ok(text.to_owned());
    }
    Err("expected file:///FOLDER, s3://BUCKET/PREFIX, az://CONTAINER/PREFIX or gs://BUCKET/PREFIX".to_owned())
}

#[cfg(test)]
mod tests {
    use super::files_url;

    #[test]
    fn an_address_is_of_a_kind_that_there_is() {
        for text in ["file:///var/files", "s3://bucket", "s3://bucket/a/b", "az://c", "gs://b/p"] {
            assert_eq!(files_url(text).as_deref(), Ok(text));
        }
        for text in ["/var/files", "files", "file://host/x", "s3://", "http://x/", "s3:///x"] {
            assert!(files_url(text).is_err(), "{text}");
        }
    }
}

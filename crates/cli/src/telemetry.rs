//! What commands for people log: little, unless somebody asks for more.

use service::TelemetryArgs;
use service::telemetry::LogFormat;

/// Sends warnings to standard error, or what LOG_LEVEL and VERBOSE ask for. Answers what child processes are to do.
pub(crate) fn init(args: &TelemetryArgs) -> anyhow::Result<TelemetryArgs> {
    let mut args = args.clone();
    if args.log_level.is_none() && !args.verbose {
        args.log_level = Some("warn".to_owned());
        args.log_format = LogFormat::Text;
    }
    service::telemetry::init(&args)?;
    Ok(args)
}

//! Where a job runs: in this process, or at a gateway. Either way it is followed to its end.

use std::time::Duration;

use anyhow::bail;
use executor::config::ExecutorArgs;
use job_model::{Job, JobId, JobStage};
use service::TelemetryArgs;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api::{Gateway, GatewayArgs, JobText, Upload};
use crate::follow::{End, follow};
use crate::local::{KeepsFiles, Local};
use crate::terminal::Screen;

/// How long a cancelled job may take to end.
const CANCELLED: Duration = Duration::from_secs(30);

/// Where jobs run.
pub(crate) enum Place {
    /// In this process.
    Here(Box<Local>),
    /// At a gateway.
    There(Gateway),
}

/// What a signal does to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// It is cancelled, and what there is of it is shown.
    Cancels,
    /// It goes on without us.
    Leaves,
}

/// How it went.
pub(crate) enum Ended {
    /// The job is done.
    Done(JobText),
    /// A signal came, and the job was cancelled.
    Cancelled(JobText),
    /// A signal came, and the job goes on.
    Left(JobId),
}

impl Place {
    /// The gateway that is named, or else this process. Ends the process when settings are missing or cannot be used.
    pub(crate) async fn open(
        gateway: &GatewayArgs,
        executor: &ExecutorArgs,
        telemetry: &TelemetryArgs,
        keeps: KeepsFiles,
    ) -> anyhow::Result<Self> {
        match Gateway::from_args(gateway)? {
            Some(gateway) => Ok(Self::There(gateway)),
            None => Ok(Self::Here(Box::new(Local::start(executor, telemetry, keeps).await?))),
        }
    }

    /// The way to it.
    pub(crate) fn gateway(&self) -> &Gateway {
        match self {
            Self::Here(local) => &local.gateway,
            Self::There(gateway) => gateway,
        }
    }

    /// Whether it is this process.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self, Self::Here(_))
    }

    /// Runs a job. `on_created` and `on_stage` hear how far it is.
    pub(crate) async fn run(
        &mut self,
        new: &Upload,
        screen: &mut Screen,
        stop: &CancellationToken,
        interrupt: Interrupt,
        on_created: impl FnOnce(&mut Screen, &Job),
        on_stage: impl FnMut(&mut Screen, JobStage),
    ) -> anyhow::Result<Ended> {
        match self {
            Self::There(gateway) => to_its_end(gateway, new, screen, stop, interrupt, on_created, on_stage).await,
            Self::Here(local) => {
                let (gateway, running) = local.parts();
                let ended = tokio::select! {
                    ended = to_its_end(gateway, new, screen, stop, Interrupt::Cancels, on_created, on_stage) => ended,
                    error = running.failure() => return Err(error),
                };
                match ended {
                    Err(error) => Err(running.cause_of(error).await),
                    ended => ended,
                }
            }
        }
    }

    /// Ends what runs here.
    pub(crate) async fn end(self) {
        if let Self::Here(local) = self {
            local.end().await;
        }
    }
}

async fn to_its_end(
    gateway: &Gateway,
    new: &Upload,
    screen: &mut Screen,
    stop: &CancellationToken,
    interrupt: Interrupt,
    on_created: impl FnOnce(&mut Screen, &Job),
    on_stage: impl FnMut(&mut Screen, JobStage),
) -> anyhow::Result<Ended> {
    screen.draw();
    let job = gateway.create(new).await?;
    on_created(screen, &job);
    let uuid = job.uuid.as_str();
    match follow(gateway, uuid, screen, stop, on_stage).await? {
        End::Done(job) => return Ok(Ended::Done(*job)),
        End::Interrupted if interrupt == Interrupt::Leaves => {
            screen.clear();
            return Ok(Ended::Left(job.uuid));
        }
        End::Interrupted => {}
    }
    screen.note("Cancelling the job; once more ends at once");
    // It may have ended by now: the events tell.
    let _ = gateway.cancel(uuid).await;
    let never = CancellationToken::new();
    match timeout(CANCELLED, follow(gateway, uuid, screen, &never, |_, _| {})).await {
        Ok(Ok(End::Done(job))) => Ok(Ended::Cancelled(*job)),
        Ok(Ok(End::Interrupted)) | Err(_) => bail!("job {uuid} did not end within {} s", CANCELLED.as_secs()),
        Ok(Err(error)) => Err(error),
    }
}

//! Following a job of a gateway until it is done: its events, over restarts of the gateway.

use std::time::Duration;

use anyhow::{Context, bail};
use job_model::{JobStage, JobStatus};
use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use crate::api::{Event, Events, Gateway, JobText};
use crate::terminal::{Screen, TICK};

/// Between the end of a stream and the next one.
const AGAIN: Duration = Duration::from_millis(500);

/// Why following ended.
pub(crate) enum End {
    /// The job is done.
    Done(Box<JobText>),
    /// A signal came; the job goes on.
    Interrupted,
}

#[derive(Deserialize)]
struct Status {
    status: JobStage,
}

/// Follows a job; what happens is shown. `on_stage` hears where it is.
pub(crate) async fn follow(
    gateway: &Gateway,
    uuid: &str,
    screen: &mut Screen,
    stop: &CancellationToken,
    mut on_stage: impl FnMut(&mut Screen, JobStage),
) -> anyhow::Result<End> {
    let mut after: Option<String> = None;
    loop {
        let live = screen.draws();
        let opened = shown_meanwhile(screen, stop, gateway.events(uuid, live, after.as_deref())).await;
        let mut stream = match opened {
            Some(Ok(Events::Stream(stream))) => stream,
            Some(Ok(Events::None)) => return poll(gateway, uuid, screen, stop, on_stage).await,
            Some(Err(error)) => return Err(error),
            None => return Ok(End::Interrupted),
        };
        loop {
            let Some(event) = shown_meanwhile(screen, stop, stream.next()).await else {
                return Ok(End::Interrupted);
            };
            let Some(event) = event else { break };
            if let Some(done) = heard(&event, screen, &mut on_stage)? {
                screen.clear();
                return Ok(End::Done(Box::new(done)));
            }
            after = event.id.or(after);
        }
        // The gateway restarts, or somebody on the way cuts long answers.
        if shown_meanwhile(screen, stop, sleep(AGAIN)).await.is_none() {
            return Ok(End::Interrupted);
        }
    }
}

/// What somebody hears who stops to follow a job of a gateway.
pub(crate) fn goes_on(uuid: &str) -> String {
    format!(
        "Job {uuid} goes on. Follow it: puppet-master jobs logs -f {uuid}   Cancel it: puppet-master jobs cancel {uuid}"
    )
}

/// Takes an event in; answers the job when it is done.
fn heard(
    event: &Event,
    screen: &mut Screen,
    on_stage: &mut impl FnMut(&mut Screen, JobStage),
) -> anyhow::Result<Option<JobText>> {
    let unread = || format!("the gateway told an event {} that cannot be read", event.name);
    match event.name.as_str() {
        "status" => {
            let Status { status } = serde_json::from_str(&event.data).with_context(unread)?;
            screen.stage(status);
            on_stage(screen, status);
        }
        "log" => screen.log(&serde_json::from_str(&event.data).with_context(unread)?),
        "call" => screen.call(serde_json::from_str(&event.data).with_context(unread)?),
        "deleted" => bail!("the job was deleted"),
        "result" => return JobText::read(serde_json::from_str(&event.data).with_context(unread)?).map(Some),
        _ => {}
    }
    Ok(None)
}

/// Follows a job of a gateway that knows no events: asks for it once a second.
async fn poll(
    gateway: &Gateway,
    uuid: &str,
    screen: &mut Screen,
    stop: &CancellationToken,
    mut on_stage: impl FnMut(&mut Screen, JobStage),
) -> anyhow::Result<End> {
    let mut told = None;
    loop {
        let asked = gateway.wait(uuid, Some(Duration::from_secs(1)));
        let Some(asked) = shown_meanwhile(screen, stop, asked).await else { return Ok(End::Interrupted) };
        let job = asked?;
        let runs = job.job.running.is_some() && job.job.status != JobStatus::Done;
        let stage = if runs { JobStage::Running } else { job.job.status.into() };
        if told != Some(stage) {
            told = Some(stage);
            screen.stage(stage);
            on_stage(screen, stage);
        }
        if job.job.status == JobStatus::Done {
            job.job.logs.iter().flatten().for_each(|entry| screen.log(entry));
            screen.clear();
            return Ok(End::Done(Box::new(job)));
        }
        if shown_meanwhile(screen, stop, sleep(AGAIN)).await.is_none() {
            return Ok(End::Interrupted);
        }
    }
}

/// Waits for something while the screen goes on; `None` when a signal comes first.
async fn shown_meanwhile<T>(
    screen: &mut Screen,
    stop: &CancellationToken,
    wanted: impl Future<Output = T>,
) -> Option<T> {
    let mut wanted = std::pin::pin!(wanted);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            got = &mut wanted => return Some(got),
            _ = ticks.tick(), if screen.draws() => screen.draw(),
        }
    }
}

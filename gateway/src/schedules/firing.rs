//! The job of a tick: claimed by the schedule's revision, made under an id that the tick gives it.

use std::collections::BTreeMap;
use std::time::Duration;

use job_model::{Job, JobId, JobStatus, RunKey, ScheduleTick, Timestamp};
use job_store::records::RecordError;
use job_store::{StoreError, Stored};
use service::Chain;

use super::plan::{self, Step};
use super::{Firing, OnDuplicate, Run, Schedule};
use crate::admission::{self, NotNow};
use crate::app::App;
use crate::input_files;
use crate::jobs::{self, Created};
use crate::records::typed_records;
use crate::scripts::{self, ScriptError, Version};
use crate::template_files;
use crate::tokens::{Grant, Reach};

/// How long a gateway has for the job of a tick before another one makes it.
const CLAIM: Duration = Duration::from_secs(30);
/// When the job of a tick is tried again that could not be made.
const AGAIN: Duration = Duration::from_secs(10);
/// Ticks of a schedule that one look makes jobs of; the rest comes with the next.
const MOST_STEPS: usize = 50;

/// What came of making a job.
enum Made {
    /// It is there.
    Job(JobId),
    /// There is to be none.
    None(String),
    /// It has to be tried again.
    Later(String),
}

/// Does all that is due of a schedule. Somebody else who does so first is let go on.
pub(super) async fn advance(app: &App, mut stored: Stored<Schedule>, now: Timestamp) -> Result<(), RecordError> {
    for _ in 0..MOST_STEPS {
        let Some(tick) = claim(app, &mut stored, now).await? else { break };
        let outcome = make(app, &stored.value, tick, now).await;
        if !settle(app, &mut stored, tick, outcome, now).await? {
            break;
        }
    }
    Ok(())
}

/// Takes the next tick that is due, or one whose gateway did not get done with it; `None` when there is none, or when
/// somebody else took it.
async fn claim(app: &App, stored: &mut Stored<Schedule>, now: Timestamp) -> Result<Option<Timestamp>, RecordError> {
    let until = now.after(CLAIM).unwrap_or(now);
    loop {
        let schedule = &mut stored.value;
        let tick = match (schedule.firing.take(), schedule.next) {
            (Some(firing), _) if firing.until > now => return Ok(None),
            (Some(firing), _) => firing.tick,
            (None, None) => return Ok(None),
            (None, Some(next)) => {
                let Ok(recurrence) = schedule.recurrence() else { return Ok(None) };
                match schedule.plan(&recurrence).step(next, now) {
                    Step::Wait(_) => return Ok(None),
                    Step::Pass { first, last, next } => {
                        schedule.next = next;
                        let (until, skipped) = (Some(last), Some("no gateway ran at the time".to_owned()));
                        schedule.note(Run { tick: first, job: None, until, skipped });
                        app.metrics.ticks_missed.inc();
                        if !typed_records::overwrite(app.records.as_ref(), stored).await? {
                            return Ok(None);
                        }
                        continue;
                    }
                    Step::Fire { tick, next } => {
                        schedule.next = next;
                        tick
                    }
                }
            }
        };
        schedule.firing = Some(Firing { tick, until });
        return Ok(typed_records::overwrite(app.records.as_ref(), stored).await?.then_some(tick));
    }
}

/// Writes what became of a tick. False when nothing more is to be done now.
async fn settle(
    app: &App,
    stored: &mut Stored<Schedule>,
    tick: Timestamp,
    outcome: Made,
    now: Timestamp,
) -> Result<bool, RecordError> {
    loop {
        let schedule = &mut stored.value;
        let goes_on = match &outcome {
            Made::Later(problem) => {
                schedule.problem = Some(problem.clone());
                schedule.firing = Some(Firing { tick, until: now.after(AGAIN).unwrap_or(now) });
                false
            }
            Made::Job(job) => {
                (schedule.problem, schedule.firing) = (None, None);
                schedule.note(Run { tick, job: Some(job.clone()), until: None, skipped: None });
                true
            }
            Made::None(reason) => {
                (schedule.problem, schedule.firing) = (None, None);
                schedule.note(Run { tick, job: None, until: None, skipped: Some(reason.clone()) });
                true
            }
        };
        if typed_records::overwrite(app.records.as_ref(), stored).await? {
            return Ok(goes_on);
        }
        // A client wrote meanwhile, or another gateway took over: the tick is settled unless that one has done so.
        match typed_records::read::<Schedule>(app.records.as_ref(), &stored.value.name).await? {
            Some(read) if read.value.firing.as_ref().is_some_and(|firing| firing.tick == tick) => *stored = read,
            _ => return Ok(false),
        }
    }
}

/// Makes the job of a tick, or finds that it was made.
async fn make(app: &App, schedule: &Schedule, tick: Timestamp, now: Timestamp) -> Made {
    let Some(grant) = app.tokens.grant_of(schedule.owner.as_ref()) else {
        return Made::Later("its token is not in TOKENS_FILE any more".to_owned());
    };
    let (job, room) = match prepare(app, schedule, &grant, tick, now).await {
        Ok(prepared) => prepared,
        Err(made) => return made,
    };
    let (id, files) = (job.uuid.clone(), input_files::set_of(&job));
    let created = jobs::create(app, job).await;
    drop(room);
    if jobs::is_not_there(&created) {
        input_files::forget(app, files).await;
    }
    match created {
        Ok(Created::Stored) => {
            tracing::info!(job.id = %id, schedule = schedule.name, %tick, "schedule has made a job");
            app.metrics.ticks_fired.inc();
            Made::Job(id)
        }
        // By a gateway that did not come to say so.
        Err(StoreError::Conflict { .. }) => Made::Job(id),
        Ok(Created::Skipped { by }) => Made::None(format!("job {by} of the same key is under way")),
        Err(error @ StoreError::TooLarge { .. }) => Made::None(error.to_string()),
        Err(error) => later(app, &error),
    }
}

async fn prepare(
    app: &App,
    schedule: &Schedule,
    grant: &Grant,
    tick: Timestamp,
    now: Timestamp,
) -> Result<(Job, Option<crate::tokens::Storing>), Made> {
    let id = job_id(schedule, tick);
    let wish = &schedule.wish;
    if wish.on_duplicate != OnDuplicate::Queue
        && let Some(last) = last_job(app, schedule, &id).await.map_err(|error| later(app, &error))?
    {
        if wish.on_duplicate == OnDuplicate::Skip {
            return Err(Made::None(format!("job {last} of the tick before is not done")));
        }
        match jobs::cancel(app, &last, &Reach::All).await {
            Ok(_) | Err(StoreError::NotFound { .. }) => {}
            Err(error) => return Err(later(app, &error)),
        }
    }
    let room = admission::admit_one(app, grant).await.map_err(|NotNow(reason)| Made::Later(reason))?;
    let mut template = wish.job.clone();
    template.0.insert("uuid".to_owned(), id.as_str().into());
    let script = match &wish.script {
        None => None,
        Some(name) => match scripts::read(app.records.as_ref(), &grant.reach(), name, wish.version).await {
            Ok((_, version)) => {
                template = version.template(&template).map_err(|error| Made::None(error.to_string()))?;
                Some(version)
            }
            Err(ScriptError::Records(error)) => return Err(Made::Later(Chain(&error).to_string())),
            Err(error) => return Err(Made::None(error.to_string())),
        },
    };
    let kept: Vec<_> = script.iter().filter_map(Version::kept_files).chain(schedule.kept_files()).collect();
    let mut job = template.job(now).map_err(Made::None)?;
    job.network_token = schedule.network_token.clone();
    if let Some(script) = script {
        script.mark(&mut job);
        job.network_token = admission::bound_by(job.network_token, schedule.network_token.as_ref());
    }
    admission::give_to(&mut job, grant);
    job.schedule = Some(ScheduleTick { name: schedule.name.clone(), tick });
    if wish.on_duplicate == OnDuplicate::Queue && job.key.is_none() {
        // One after the other.
        job.key = RunKey::parse(format!("schedule:{}:{}", schedule.name, schedule.creation));
        job.max_running = Some(1);
    }
    if let Err(error) = template_files::give(app, &mut job, &kept, BTreeMap::new(), &grant.reach()).await {
        return Err(Made::Later(error.told().0));
    }
    Ok((job, room))
}

/// The job of the tick before, when it is not done.
async fn last_job(app: &App, schedule: &Schedule, own: &JobId) -> Result<Option<JobId>, StoreError> {
    let last = schedule.runs.iter().rev().find_map(|run| run.job.as_ref()).filter(|last| *last != own);
    let Some(last) = last else { return Ok(None) };
    match app.store.get(last).await {
        Ok(job) => Ok((job.value.status != JobStatus::Done).then(|| last.clone())),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn later(app: &App, error: &StoreError) -> Made {
    app.metrics.store_errors.inc();
    Made::Later(Chain(error).to_string())
}

/// The id of a tick's job: as a UUID of version 8 that begins with the tick, so that jobs of one time are neighbours.
fn job_id(schedule: &Schedule, tick: Timestamp) -> JobId {
    let parts = [schedule.name.as_bytes(), schedule.creation.as_str().as_bytes(), &tick.unix_millis().to_be_bytes()];
    let hash = plan::hash(&parts);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let time = format!("{:012x}", tick.unix_millis() & 0xffff_ffff_ffff);
    let rest = hex(&hash[..10]);
    let id = format!("{}-{}-8{}-a{}-{}", &time[..8], &time[8..], &rest[..3], &rest[3..6], &rest[6..18]);
    JobId::parse(id).expect("letters, digits and hyphens")
}

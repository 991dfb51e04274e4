//! One job in a slot, from its beginning to its end.

use std::time::Duration;

use egress::Counters;
use job_model::{JobId, Level, LogEntry, Outcome, Timestamp};
use json_text::nesting;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::pipe::{receive, unexpected};
use super::{Slot, SlotError};
use crate::network::questions::NetworkQuestion;
use crate::network::{JobEvent, SlotSessions};
use crate::protocol::{FromSlot, JobEnd, JobOrder, ToSlot};
use crate::slot_meter::SlotMeter;
use crate::taken_files::TakenFiles;

/// How long a slot may take, after its job's deadline, to say so itself before it is killed.
const GRACE: Duration = Duration::from_millis(1200);
/// The same after it was told to stop: a cancelled job is to be gone within a second.
const STOP_GRACE: Duration = Duration::from_millis(600);
/// How long a slot that is ready may take to begin a job.
const TAKE: Duration = Duration::from_secs(10);
/// How deep results may be nested: a reader of JSON gives up at 127 levels, and the message and the document are around them.
const DEEPEST_RESULTS: usize = 123;

impl Slot {
    /// Runs a job to its end, whatever the job does. `on_log` gets each log line as it is written, no more of them than the
    /// settings allow; cancelling `stop` ends the job with the error `stop_text`.
    ///
    /// # Errors
    /// Any [`SlotError`]: the slot is over, and with it the job.
    pub async fn run(
        &mut self,
        order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        on_log: impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        self.ring.clear();
        let (_nobody, watched) = watch::channel(false);
        self.run_watched(order, stop, stop_text, watched, on_log).await.0
    }

    /// As [`run`](Self::run), with a [`ring`](Self::ring) that the caller has cleared; the slot hears whether somebody watches the
    /// job. Also returns what the job used of the network, if it began.
    pub(crate) async fn run_watched(
        &mut self,
        mut order: JobOrder,
        stop: &CancellationToken,
        stop_text: &str,
        watched: watch::Receiver<bool>,
        mut on_log: impl FnMut(LogEntry),
    ) -> (Result<JobEnd, SlotError>, Option<Counters>) {
        self.tell_of(Some(order.uuid.clone()));
        let admitted = self.network.as_mut().map_or(Ok(()), |network| network.admit(&mut order));
        let ended = self.run_admitted(order, admitted, stop, stop_text, watched, &mut on_log).await;
        self.tell_of(None);
        let Some((events, used)) = self.network.as_mut().and_then(SlotSessions::withdraw) else { return (ended, None) };
        for event in events {
            if let JobEvent::Log(entry) = event {
                on_log(entry);
            }
        }
        let has_begun = !matches!(ended, Err(SlotError::NotBegun(_)));
        (ended, has_begun.then_some(used))
    }

    /// Begins a job, hears what its slot says and passes on what the slot is to hear, until the job has ended.
    async fn run_admitted(
        &mut self,
        order: JobOrder,
        admitted: Result<(), String>,
        stop: &CancellationToken,
        stop_text: &str,
        mut watched: watch::Receiver<bool>,
        on_log: &mut impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        let limit = order.timeout + GRACE;
        self.jobs += 1;
        let _watch = self.chromiums.watch(self.jobs);
        self.begin(order).await.map_err(|error| SlotError::NotBegun(Box::new(error)))?;
        if let Err(reason) = admitted {
            self.send(&ToSlot::Fail(reason), STOP_GRACE).await?;
        }
        let mut meter = SlotMeter::new(&self.settings);
        let mut deadline = Instant::now() + limit;
        let mut stopping = false;
        // The limit that the guard of the network has found exceeded.
        let mut exceeded = None;
        loop {
            let message = tokio::select! {
                message = timeout_at(deadline, receive(&mut self.output)) => message,
                event = event(&mut self.network) => {
                    match event {
                        JobEvent::Log(entry) => on_log(entry),
                        JobEvent::End(reason) => {
                            exceeded = Some(reason.clone());
                            self.send(&ToSlot::Fail(reason), STOP_GRACE).await?;
                        }
                    }
                    continue;
                }
                on = changed(&mut watched) => {
                    self.send(&ToSlot::Watched(on), STOP_GRACE).await?;
                    continue;
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    deadline = deadline.min(Instant::now() + STOP_GRACE);
                    self.send(&ToSlot::Stop(stop_text.to_owned()), STOP_GRACE).await?;
                    continue;
                }
            };
            let (message, bytes) = match message {
                Ok(Ok(received)) => received,
                Ok(Err(error)) => return Err(self.explained(error).await),
                Err(_) => return Err(SlotError::Silent { action: "end its job", limit }),
            };
            match message {
                FromSlot::Log(entry) => {
                    meter.count(bytes).map_err(SlotError::TooMuch)?;
                    on_log(entry);
                }
                FromSlot::Network { number, question } => self.answer(number, question).await?,
                FromSlot::Connect(number) => self.connect(number).await?,
                FromSlot::ProxyClosed(number) => {
                    if let Some(network) = &mut self.network {
                        network.close(number);
                    }
                }
                FromSlot::Done(end) => {
                    meter.count_end(&end).map_err(SlotError::TooMuch)?;
                    return self.done(*end, exceeded, on_log);
                }
                other => return Err(unexpected("a result", &other)),
            }
        }
    }

    /// Answers a question about the network.
    async fn answer(&mut self, number: u64, question: NetworkQuestion) -> Result<(), SlotError> {
        let Some(network) = &mut self.network else {
            return Err(SlotError::Protocol("a question about a network that it has not".to_owned()));
        };
        let answer = network.answer(question).await;
        self.send(&ToSlot::Network { number, answer }, STOP_GRACE).await
    }

    /// Passes a connection on that the job's `fetch` asked for, or that there is none.
    async fn connect(&self, number: u32) -> Result<(), SlotError> {
        let network = self.network.as_ref().filter(|_| self.settings.job_fetch);
        let connection = network.and_then(|network| network.connect().ok());
        let passed = timeout(STOP_GRACE, self.chromiums.pass_on(number, connection)).await;
        // Of a slot that is gone the pipe tells more.
        passed.map(drop).map_err(|_| SlotError::Silent { action: "take a connection", limit: STOP_GRACE })
    }

    /// The end of a job as it is passed on: with what the guard of the network had still to say, and with the job's files.
    fn done(
        &mut self,
        end: JobEnd,
        mut exceeded: Option<String>,
        on_log: &mut impl FnMut(LogEntry),
    ) -> Result<JobEnd, SlotError> {
        for event in self.network.as_mut().map(SlotSessions::untold).unwrap_or_default() {
            match event {
                JobEvent::Log(entry) => on_log(entry),
                JobEvent::End(reason) => exceeded = Some(reason),
            }
        }
        let end = match exceeded {
            Some(reason) => ended_by_limit(end, reason, on_log),
            None => end,
        };
        self.with_files(checked(end)?)
    }

    /// Notes in the list of slots what it runs.
    fn tell_of(&self, job: Option<JobId>) {
        if let Some(listed) = &self.listed {
            listed.runs(job);
        }
    }

    /// Takes the files that the job left.
    fn with_files(&self, end: JobEnd) -> Result<JobEnd, SlotError> {
        let files = TakenFiles::take(&self.settings.files_folder(), self.settings.files_limits());
        let files = files.map_err(|error| SlotError::Failed(format!("the job's files could not be taken: {error}")))?;
        Ok(JobEnd { files, ..end })
    }

    /// Hands a job over and waits until it is taken.
    async fn begin(&mut self, order: JobOrder) -> Result<(), SlotError> {
        self.send(&ToSlot::Run(Box::new(order)), TAKE).await?;
        match timeout(TAKE, self.receive()).await {
            Ok(Ok((FromSlot::Began, _))) => Ok(()),
            Ok(Ok((other, _))) => Err(unexpected("that it begins", &other)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(SlotError::Silent { action: "begin its job", limit: TAKE }),
        }
    }
}

/// The next thing that the guard has for the job; nothing without a guard. Cancel safe.
async fn event(network: &mut Option<SlotSessions>) -> JobEvent {
    match network {
        Some(network) => network.event().await,
        None => std::future::pending().await,
    }
}

/// Whether somebody watches, when that changes. Cancel safe.
async fn changed(watched: &mut watch::Receiver<bool>) -> bool {
    match watched.changed().await {
        Ok(()) => *watched.borrow_and_update(),
        Err(_) => std::future::pending().await,
    }
}

/// The end of a job whose network use is over its limit, also when the job ended by what it met there before it was told.
fn ended_by_limit(mut end: JobEnd, reason: String, on_log: &mut impl FnMut(LogEntry)) -> JobEnd {
    let by_itself = matches!(end.outcome, Outcome::Succeeded | Outcome::Failed);
    if by_itself && end.error.as_ref() != Some(&reason) {
        on_log(LogEntry { time: Timestamp::now(), level: Level::Error, message: reason.clone() });
        (end.outcome, end.error, end.error_stack) = (Outcome::Failed, Some(reason), None);
    }
    end
}

/// An end that can be passed on: nobody looks into the results before a gateway does.
fn checked(end: JobEnd) -> Result<JobEnd, SlotError> {
    let results = end.results.get();
    if results.starts_with('{') && nesting(results.as_bytes()) <= DEEPEST_RESULTS {
        Ok(end)
    } else {
        Err(SlotError::Protocol("results that are not an object, or are nested too deep to be read".to_owned()))
    }
}

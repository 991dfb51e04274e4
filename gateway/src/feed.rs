//! Who watches which job, and what they missed: the source of `?wait=` and of the event streams.
//!
//! Fed by this gateway's own collector and by what executors and other gateways broadcast. A watcher is woken by the
//! job's feed, or by [`Feeds::resync`] when broadcasts may have been lost; it looks at the store now and then, too, since
//! a predecessor's gateway broadcasts nothing. A feed is of one creation of a job: what is said of another is passed over.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use job_model::{InstanceId, Job, JobEvent, JobEventKind, JobId, JobStage, LiveFrame, LogEntry};
use tokio::sync::broadcast;

/// Log lines, and calls and navigations, kept of one running job for watchers that come later.
const LINES: usize = 256;
/// How many jobs have kept lines. Beyond that, the job that was silent for longest and has no watcher is forgotten.
const JOBS: usize = 1024;

/// What a watcher hears.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// The job moved on, and how many log lines it has.
    Stage(JobStage, u64),
    /// Line number, counted from 1, of the job's log.
    Line(u64, LogEntry),
    /// A call or a navigation, with a number that grows.
    Happened(u64, JobEventKind),
    /// What its page shows.
    Frame(Arc<LiveFrame>),
    /// The result is stored here: the job as clients see it.
    Done(Arc<Job>),
    /// Something may have been missed: read the job again.
    Resync,
}

/// All feeds of one gateway.
#[derive(Default)]
pub(crate) struct Feeds {
    jobs: Mutex<HashMap<JobId, Feed>>,
}

struct Feed {
    news: broadcast::Sender<News>,
    /// Of which creation the job's document is, once a watcher has read it; before, of which the last event was.
    instance: Option<InstanceId>,
    read: bool,
    lines: VecDeque<(u64, LogEntry)>,
    happened: VecDeque<(u64, JobEventKind)>,
    stage: Option<JobStage>,
    touched: Instant,
}

/// One watcher's view of a job, from the moment it began to watch.
pub(crate) struct Watch {
    /// Of which creation of the job that was.
    instance: Option<InstanceId>,
    /// The stage and the lines heard before.
    pub(crate) stage: Option<JobStage>,
    pub(crate) lines: Vec<(u64, LogEntry)>,
    /// The calls and navigations heard before.
    pub(crate) happened: Vec<(u64, JobEventKind)>,
    news: broadcast::Receiver<News>,
}

impl Watch {
    /// What happens next.
    pub(crate) async fn next(&mut self) -> News {
        // Lagging and a dropped feed both mean the same for a watcher: what it knows may be old.
        self.news.recv().await.unwrap_or(News::Resync)
    }

    /// The result, or `None` when the job has to be read again.
    pub(crate) async fn done(&mut self) -> Option<Arc<Job>> {
        loop {
            match self.next().await {
                News::Done(job) => return Some(job),
                News::Resync => return None,
                News::Stage(..) | News::Line(..) | News::Happened(..) | News::Frame(_) => {}
            }
        }
    }
}

impl Feeds {
    /// Begins to watch a job. To be called before reading it from the store, so that nothing falls in between; after
    /// that, [`Feeds::settle`].
    pub(crate) fn watch(&self, id: &JobId) -> Watch {
        let mut jobs = self.lock();
        let feed = Self::feed(&mut jobs, id);
        let (lines, happened) = (feed.lines.iter().cloned().collect(), feed.happened.iter().cloned().collect());
        Watch { instance: feed.instance.clone(), stage: feed.stage, lines, happened, news: feed.news.subscribe() }
    }

    /// The job that is watched is of this creation: what was heard of another is forgotten.
    pub(crate) fn settle(&self, job: &Job, watch: &mut Watch) {
        if watch.instance.is_some() && watch.instance != job.instance {
            watch.lines.clear();
            watch.happened.clear();
            watch.stage = None;
        }
        watch.instance.clone_from(&job.instance);
        if let Some(feed) = self.lock().get_mut(&job.uuid) {
            feed.turn_to(job.instance.as_ref());
            feed.read = true;
        }
    }

    /// Takes over what an executor or another gateway broadcast.
    pub(crate) fn hear(&self, event: JobEvent) {
        let JobEvent { uuid, instance, seq, what } = event;
        let mut jobs = self.lock();
        let known = jobs.get(&uuid);
        // The next try has another instance, and is the same job.
        let is_next_try = matches!(&what, JobEventKind::Status { status: JobStage::Retrying, .. });
        if !is_next_try && known.is_some_and(|feed| !feed.takes(instance.as_ref())) {
            return;
        }
        // Whoever says so hears it, too.
        if is_next_try && known.is_some_and(|feed| feed.instance == instance) {
            return;
        }
        match what {
            JobEventKind::Status { status: JobStage::Queued, .. } => {
                if let Some(feed) = jobs.get_mut(&uuid) {
                    feed.queued();
                }
            }
            JobEventKind::Status { status: JobStage::Done, .. } => {
                // The result is in the store and not here: watchers read it there.
                if let Some(feed) = jobs.remove(&uuid) {
                    let _ = feed.news.send(News::Resync);
                }
            }
            JobEventKind::Status { status, .. } => {
                let feed = Self::feed(&mut jobs, &uuid);
                feed.turn_to(instance.as_ref());
                if status == JobStage::Running {
                    feed.lines.clear(); // whoever ran it before does not any more
                    feed.happened.clear();
                }
                feed.stage = Some(status);
                let _ = feed.news.send(News::Stage(status, seq));
            }
            JobEventKind::Log(line) => {
                let feed = Self::feed(&mut jobs, &uuid);
                feed.turn_to(instance.as_ref());
                keep(&mut feed.lines, seq, &line);
                let _ = feed.news.send(News::Line(seq, line));
            }
            what @ (JobEventKind::Call(_) | JobEventKind::Navigated(_)) => {
                let feed = Self::feed(&mut jobs, &uuid);
                feed.turn_to(instance.as_ref());
                keep(&mut feed.happened, seq, &what);
                let _ = feed.news.send(News::Happened(seq, what));
            }
            // Nobody misses a picture: the next one follows.
            JobEventKind::Frame(frame) => {
                if let Some(feed) = jobs.get(&uuid) {
                    let _ = feed.news.send(News::Frame(Arc::new(frame)));
                }
            }
        }
    }

    /// Tells watchers that a job is queued, if there are any.
    pub(crate) fn queued(&self, id: &JobId, instance: Option<&InstanceId>) {
        if let Some(feed) = self.lock().get_mut(id).filter(|feed| feed.takes(instance)) {
            feed.queued();
        }
    }

    /// Ends a job's feed with its result.
    pub(crate) fn done(&self, job: Job) {
        if let Some(feed) = self.lock().remove(&job.uuid) {
            let _ = feed.news.send(News::Done(Arc::new(job.published())));
        }
    }

    /// Ends a deleted job's feed.
    pub(crate) fn deleted(&self, id: &JobId) {
        if let Some(feed) = self.lock().remove(id) {
            let _ = feed.news.send(News::Resync);
        }
    }

    /// Makes every watcher read its job again: broadcasts may have been lost.
    pub(crate) fn resync(&self) {
        for feed in self.lock().values() {
            let _ = feed.news.send(News::Resync);
        }
    }

    /// The job's feed, made when there is none; forgets an old one when there are too many.
    fn feed<'a>(jobs: &'a mut HashMap<JobId, Feed>, id: &JobId) -> &'a mut Feed {
        if !jobs.contains_key(id) && jobs.len() >= JOBS {
            let unwatched = jobs.iter().filter(|(_, feed)| feed.news.receiver_count() == 0);
            let oldest = unwatched.min_by_key(|(_, feed)| feed.touched).map(|(id, _)| id.clone());
            if let Some(oldest) = oldest {
                jobs.remove(&oldest);
            }
        }
        let now = Instant::now();
        let feed = jobs.entry(id.clone()).or_insert_with(|| Feed {
            news: broadcast::Sender::new(64),
            lines: VecDeque::new(),
            happened: VecDeque::new(),
            instance: None,
            read: false,
            stage: None,
            touched: now,
        });
        feed.touched = now;
        feed
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Feed>> {
        // Nothing here panics half way through a change.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps something by its number, each number once: an executor tells again what somebody else missed.
fn keep<T: Clone>(kept: &mut VecDeque<(u64, T)>, number: u64, what: &T) {
    let Err(place) = kept.binary_search_by_key(&number, |(known, _)| *known) else { return };
    kept.insert(place, (number, what.clone()));
    if kept.len() > LINES {
        kept.pop_front();
    }
}

impl Feed {
    /// Whether something of this creation belongs here. What does not say of which it is does.
    fn takes(&self, instance: Option<&InstanceId>) -> bool {
        !self.read || instance.is_none() || self.instance.is_none() || self.instance.as_ref() == instance
    }

    /// What follows is of this creation: nothing of another one is kept.
    fn turn_to(&mut self, instance: Option<&InstanceId>) {
        let Some(instance) = instance.filter(|instance| self.instance.as_ref() != Some(instance)) else { return };
        if self.instance.replace(instance.clone()).is_some() {
            self.lines.clear();
            self.happened.clear();
            self.stage = None;
        }
    }

    /// An executor may have begun the job already: then it is old news that it is queued.
    fn queued(&mut self) {
        if self.stage.is_none_or(|stage| matches!(stage, JobStage::Created | JobStage::Retrying)) {
            self.stage = Some(JobStage::Queued);
            let _ = self.news.send(News::Stage(JobStage::Queued, 0));
        }
    }
}

#[cfg(test)]
mod tests {
    use job_model::{Job, JobEvent, JobEventKind, JobId, JobStage, Level, LogEntry, NewJob, Timestamp};

    use super::{Feeds, JOBS, LINES, News};

    fn id(text: &str) -> JobId {
        JobId::parse(text).unwrap()
    }

    fn line(uuid: &str, seq: u64) -> JobEvent {
        let entry = LogEntry { time: Timestamp::now(), level: Level::Info, message: seq.to_string() };
        JobEvent { uuid: id(uuid), instance: None, seq, what: JobEventKind::Log(entry) }
    }

    #[tokio::test]
    async fn a_watcher_hears_the_result_stored_after_it_began() {
        let feeds = Feeds::default();
        let mut watch = feeds.watch(&id("j"));
        let new = NewJob { uuid: "j".to_owned(), ..NewJob::default() };
        feeds.done(Job::create(new, Timestamp::now()).unwrap());
        assert!(matches!(watch.next().await, News::Done(job) if job.uuid.as_str() == "j"));
        assert!(matches!(watch.next().await, News::Resync), "the feed is over");
    }

    #[test]
    fn a_late_watcher_gets_the_last_lines_of_the_present_run() {
        let feeds = Feeds::default();
        for seq in 1..=5 {
            feeds.hear(line("j", seq));
        }
        let running = JobEventKind::Status { status: JobStage::Running, running: None };
        feeds.hear(JobEvent { uuid: id("j"), instance: None, seq: 0, what: running });
        for seq in 1..=LINES as u64 + 2 {
            feeds.hear(line("j", seq));
        }
        let watch = feeds.watch(&id("j"));
        assert_eq!(watch.stage, Some(JobStage::Running));
        assert_eq!((watch.lines.len(), watch.lines[0].0), (LINES, 3));
    }

    #[tokio::test]
    async fn what_is_said_of_another_creation_of_the_uuid_is_passed_over() {
        let feeds = Feeds::default();
        let new = NewJob { uuid: "j".to_owned(), ..NewJob::default() };
        let (old, job) = (Job::create(new.clone(), Timestamp::now()), Job::create(new, Timestamp::now()));
        let (old, job) = (old.unwrap(), job.unwrap());
        let line = |of: &Job, seq| JobEvent { instance: of.instance.clone(), ..line("j", seq) };
        feeds.hear(line(&old, 1));
        let mut watch = feeds.watch(&id("j"));
        feeds.settle(&job, &mut watch);
        assert!(watch.lines.is_empty());
        feeds.hear(line(&old, 2));
        feeds.hear(line(&job, 1));
        assert!(matches!(watch.next().await, News::Line(1, _)));
        assert_eq!(feeds.watch(&id("j")).lines.len(), 1);
    }

    #[test]
    fn jobs_that_nobody_watches_are_forgotten_first() {
        let feeds = Feeds::default();
        let _watch = feeds.watch(&id("watched"));
        for number in 0..JOBS + 10 {
            feeds.hear(line(&format!("j{number}"), 1));
        }
        assert_eq!(feeds.lock().len(), JOBS);
        assert!(feeds.lock().contains_key(&id("watched")));
    }

    #[test]
    fn what_is_told_again_is_kept_once_and_in_its_place() {
        let feeds = Feeds::default();
        for seq in [4, 5, 1, 2, 3, 4, 5, 6] {
            feeds.hear(line("j", seq));
        }
        let numbers: Vec<u64> = feeds.watch(&id("j")).lines.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    }

    #[tokio::test]
    async fn done_at_another_gateway_makes_the_watcher_read_again() {
        let feeds = Feeds::default();
        let mut watch = feeds.watch(&id("j"));
        let done = JobEventKind::Status { status: JobStage::Done, running: None };
        feeds.hear(JobEvent { uuid: id("j"), instance: None, seq: 1, what: done });
        assert!(matches!(watch.next().await, News::Resync));
    }
}

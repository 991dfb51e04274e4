//! Waits for one navigation of one frame: until the document is new (or the same with another fragment) and has got as
//! far as asked for, in the frame and in all frames below it.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::error::Error;
use crate::frame::Frame;
use crate::frame_manager::FrameManager;
use crate::promise::{Waiters, within};
use crate::request::Request;
use crate::response::Response;

/// A milestone of a document's life, under Chromium's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// `load`
    Load,
    /// `domcontentloaded`
    DomContentLoaded,
    /// `networkidle0`
    NetworkIdle,
    /// `networkidle2`
    NetworkAlmostIdle,
}

impl Milestone {
    /// Reads Puppeteer's `waitUntil`; nothing means `load`.
    ///
    /// # Errors
    /// [`Error::WaitUntil`] for an unknown name.
    pub fn parse(names: &[String]) -> Result<Vec<Self>, Error> {
        if names.is_empty() {
            return Ok(vec![Self::Load]);
        }
        if names == ["networkidle"] {
            let sentence = "ERROR: \"networkidle\" option is no longer supported. Use \"networkidle2\" instead";
            return Err(Error::message(sentence));
        }
        names
            .iter()
            .map(|name| match name.as_str() {
                "load" => Ok(Self::Load),
                "domcontentloaded" => Ok(Self::DomContentLoaded),
                "networkidle0" => Ok(Self::NetworkIdle),
                "networkidle2" => Ok(Self::NetworkAlmostIdle),
                _ => Err(Error::WaitUntil(name.clone())),
            })
            .collect()
    }

    /// CDP's name of the lifecycle event.
    pub(crate) fn protocol_name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::DomContentLoaded => "DOMContentLoaded",
            Self::NetworkIdle => "networkIdle",
            Self::NetworkAlmostIdle => "networkAlmostIdle",
        }
    }
}

/// What a navigation must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    NewDocument,
    SameDocument,
    AnyDocument,
    /// The milestones of the document that is there.
    Milestones,
}

/// Told by the frame manager about everything that may matter; forgotten by it when dropped.
#[derive(Debug)]
pub(crate) struct LifecycleWatcher {
    frame: Rc<Frame>,
    expected: Vec<Milestone>,
    initial_loader: String,
    /// In milliseconds, 0 for none.
    timeout: f64,
    started: tokio::time::Instant,
    navigation_request: RefCell<Option<Rc<Request>>>,
    /// The response of the navigation before, when it had come.
    answered: RefCell<Option<Rc<Response>>>,
    moved_within_document: Cell<bool>,
    swapped: Cell<bool>,
    reached_milestones: Cell<bool>,
    reached_same_document: Cell<bool>,
    reached_new_document: Cell<bool>,
    ended: RefCell<Option<Error>>,
    changed: Waiters,
}

impl LifecycleWatcher {
    pub(crate) fn new(manager: &FrameManager, frame: &Rc<Frame>, expected: Vec<Milestone>, timeout: f64) -> Rc<Self> {
        let watcher = Rc::new(Self {
            frame: frame.clone(),
            expected,
            initial_loader: frame.loader_id(),
            timeout,
            started: tokio::time::Instant::now(),
            navigation_request: RefCell::default(),
            answered: RefCell::default(),
            moved_within_document: Cell::new(false),
            swapped: Cell::new(false),
            reached_milestones: Cell::new(false),
            reached_same_document: Cell::new(false),
            reached_new_document: Cell::new(false),
            ended: RefCell::default(),
            changed: Waiters::default(),
        });
        manager.watch(Rc::downgrade(&watcher));
        watcher.check();
        watcher
    }

    pub(crate) fn on_lifecycle_event(&self) {
        self.check();
    }

    pub(crate) fn on_navigated_within_document(&self, frame: &Rc<Frame>) {
        if Rc::ptr_eq(frame, &self.frame) {
            self.moved_within_document.set(true);
            self.check();
        }
    }

    /// The frame shows a document again that was kept alive while another one was shown.
    pub(crate) fn on_swapped(&self, frame: &Rc<Frame>) {
        if Rc::ptr_eq(frame, &self.frame) {
            self.swapped.set(true);
            self.check();
        }
    }

    pub(crate) fn on_frame_detached(&self, frame: &Rc<Frame>) {
        if Rc::ptr_eq(frame, &self.frame) {
            self.end(Error::NavigatingFrameDetached);
        } else {
            self.check();
        }
    }

    /// Why the navigation's latest request failed.
    pub(crate) fn failure(&self) -> Option<String> {
        self.navigation_request.borrow().as_ref().and_then(|request| request.failure())
    }

    pub(crate) fn on_request(&self, request: &Rc<Request>) {
        let is_ours = request.frame().is_some_and(|frame| Rc::ptr_eq(&frame, &self.frame));
        if is_ours && request.is_navigation_request() {
            let before = self.navigation_request.replace(Some(request.clone()));
            if let Some(response) = before.and_then(|request| request.response()) {
                *self.answered.borrow_mut() = Some(response);
            }
        }
    }

    pub(crate) fn end(&self, error: Error) {
        let mut ended = self.ended.borrow_mut();
        if ended.is_none() {
            *ended = Some(error);
            drop(ended);
            self.changed.wake();
        }
    }

    /// Returns the response of the last request that the navigation made and that was answered: a document that leaves as soon
    /// as it is loaded has been loaded.
    pub(crate) fn response(&self) -> Option<Rc<Response>> {
        let last = self.navigation_request.borrow().as_ref().and_then(|request| request.response());
        last.or_else(|| self.answered.borrow().clone())
    }

    /// Returns what must be reached but the idleness of the network, with the requests that may be under way then; `None` when
    /// idleness is not waited for.
    pub(crate) fn without_idleness(&self) -> Option<(Vec<Milestone>, usize)> {
        let concurrency = if self.expected.contains(&Milestone::NetworkIdle) {
            0
        } else if self.expected.contains(&Milestone::NetworkAlmostIdle) {
            2
        } else {
            return None;
        };
        let is_of_document = |milestone: &Milestone| matches!(milestone, Milestone::Load | Milestone::DomContentLoaded);
        let others = self.expected.iter().copied().filter(is_of_document);
        // Chromium counts from there.
        Some((others.chain([Milestone::DomContentLoaded]).collect(), concurrency))
    }

    fn check(&self) {
        if !reached(&self.frame, &self.expected) {
            return;
        }
        self.reached_milestones.set(true);
        if self.moved_within_document.get() {
            self.reached_same_document.set(true);
        }
        let is_new = self.frame.loader_id() != self.initial_loader && !self.frame.shows_failure();
        if self.swapped.get() || is_new {
            self.reached_new_document.set(true);
        }
        self.changed.wake();
    }

    fn has_reached(&self, goal: Goal) -> bool {
        match goal {
            Goal::NewDocument => self.reached_new_document.get(),
            Goal::SameDocument => self.reached_same_document.get(),
            Goal::AnyDocument => self.reached_new_document.get() || self.reached_same_document.get(),
            Goal::Milestones => self.reached_milestones.get(),
        }
    }

    /// Runs `work`, unless the navigation ends or times out first.
    pub(crate) async fn unless_ended<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let ended = async { Err(self.changed.until(|| self.ended.borrow().clone()).await) };
        tokio::select! {
            biased;
            result = work => result,
            error = self.in_time(ended) => error,
        }
    }

    pub(crate) async fn reach(&self, goal: Goal) -> Result<(), Error> {
        let outcome = self.changed.until(|| {
            if let Some(error) = self.ended.borrow().clone() {
                return Some(Err(error));
            }
            self.has_reached(goal).then_some(Ok(()))
        });
        self.in_time(outcome).await
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        if self.timeout == 0.0 {
            return work.await;
        }
        let spent = self.started.elapsed().as_secs_f64() * 1000.0;
        // 0 would be no limit at all.
        let left = if self.timeout > spent { self.timeout - spent } else { -1.0 };
        within(left, work).await.unwrap_or(Err(Error::NavigationTimeout(self.timeout)))
    }
}

fn reached(frame: &Rc<Frame>, expected: &[Milestone]) -> bool {
    expected.iter().all(|milestone| frame.has_reached(*milestone))
        && frame.child_frames().iter().all(|child| !child.has_started_loading() || reached(child, expected))
}

/// Watchers that still wait.
#[derive(Debug, Default)]
pub(crate) struct Watchers(RefCell<Vec<Weak<LifecycleWatcher>>>);

impl Watchers {
    pub(crate) fn add(&self, watcher: Weak<LifecycleWatcher>) {
        let mut list = self.0.borrow_mut();
        list.retain(|watcher| watcher.strong_count() > 0);
        list.push(watcher);
    }

    pub(crate) fn tell(&self, what: impl Fn(&LifecycleWatcher)) {
        let watchers: Vec<Rc<LifecycleWatcher>> = self.0.borrow().iter().filter_map(Weak::upgrade).collect();
        for watcher in watchers {
            what(&watcher);
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.borrow().iter().filter(|watcher| watcher.strong_count() > 0).count()
    }
}

//! A slot's end of its network: which proxy a context gets, and the questions to the parent that its answers need.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use browser::{ContextOptions, ContextProxy};

use crate::network::questions::{NetworkAnswer, NetworkQuestion, SlotProxies};
use crate::protocol::FromSlot;
use crate::slot_pipe::say;

/// How long the parent may take to answer. The slot does nothing else meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a context talks to its proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// A connection that fails is a request that fails.
    Socks5,
    /// For jobs with a proxy that is sent plain requests.
    Http,
}

/// The slot's proxies.
pub(crate) struct SlotNetwork {
    proxies: SlotProxies,
    line: Rc<Line>,
}

/// The way to the parent.
#[derive(Debug)]
struct Line {
    answers: Receiver<(u64, NetworkAnswer)>,
    next: Cell<u64>,
    /// Whether a job runs: the parent answers nothing else.
    open: Cell<bool>,
}

impl SlotNetwork {
    /// `answers` gets what the parent says, with the number of the question.
    pub(crate) fn new(proxies: SlotProxies, answers: Receiver<(u64, NetworkAnswer)>) -> Self {
        let line = Rc::new(Line { answers, next: Cell::new(0), open: Cell::new(false) });
        Self { proxies, line }
    }

    /// Returns the proxy for a job's contexts.
    pub(crate) fn proxy(&self, index: usize, scheme: Scheme) -> Rc<dyn ContextProxy> {
        let scheme = match scheme {
            Scheme::Socks5 => "socks5",
            Scheme::Http => "http",
        };
        let server = format!("{scheme}://{}", self.proxies.contexts[index]);
        Rc::new(SlotProxy { line: Rc::clone(&self.line), number: index as u64, server, of_job: false })
    }

    /// Returns how the latest connection to a target failed, by one of the slot's own proxies: Chromium's error, and the guard's
    /// sentence.
    pub(crate) fn failure_of(&self, proxy: usize, target: &str) -> Option<(String, String)> {
        let question = NetworkQuestion::Outcome { proxy: proxy as u64, target: target.to_owned() };
        match self.line.ask(question)? {
            NetworkAnswer::Outcome { net_error, sentence, .. } => net_error.zip(sentence),
            _ => None,
        }
    }

    /// Asks the parent for as long as the result lives.
    pub(crate) fn open_line(&self) -> OpenLine {
        self.line.open.set(true);
        OpenLine(Rc::clone(&self.line))
    }
}

/// Dropped, questions have no answers.
pub(crate) struct OpenLine(Rc<Line>);

impl Drop for OpenLine {
    fn drop(&mut self) {
        self.0.open.set(false);
    }
}

impl Line {
    fn ask(&self, question: NetworkQuestion) -> Option<NetworkAnswer> {
        if !self.open.get() {
            return None;
        }
        let number = self.next.replace(self.next.get() + 1);
        say(&FromSlot::Network { number, question }).ok()?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(left) {
                Ok((answered, answer)) if answered == number => return Some(answer),
                // The answer to a question that was given up.
                Ok(_) => {}
                Err(_) => {
                    tracing::warn!("the executor did not answer a question about the network");
                    return None;
                }
            }
        }
    }
}

/// One session of the parent's, as the browser's contexts know it.
#[derive(Debug)]
struct SlotProxy {
    line: Rc<Line>,
    number: u64,
    server: String,
    /// Whether it was opened for a context of the job's with a proxy of its own.
    of_job: bool,
}

impl SlotProxy {
    fn outcome(&self, target: &str) -> (Option<String>, Option<SocketAddr>) {
        let question = NetworkQuestion::Outcome { proxy: self.number, target: target.to_owned() };
        match self.line.ask(question) {
            Some(NetworkAnswer::Outcome { net_error, address, .. }) => (net_error, address),
            Some(_) | None => (None, None),
        }
    }
}

impl ContextProxy for SlotProxy {
    fn server(&self) -> &str {
        &self.server
    }

    fn net_error_of(&self, target: &str) -> Option<String> {
        self.outcome(target).0
    }

    fn remote_address_of(&self, target: &str) -> Option<SocketAddr> {
        self.outcome(target).1
    }

    fn open(&self, options: &ContextOptions) -> Result<Rc<dyn ContextProxy>, String> {
        let question = NetworkQuestion::Open {
            server: options.proxy_server.clone().unwrap_or_default(),
            bypass: options.proxy_bypass_list.clone(),
        };
        match self.line.ask(question) {
            Some(NetworkAnswer::Opened { proxy, server }) => {
                Ok(Rc::new(Self { line: Rc::clone(&self.line), number: proxy, server, of_job: true }))
            }
            Some(NetworkAnswer::Refused(reason)) => Err(reason),
            Some(NetworkAnswer::Outcome { .. }) | None => Err("failed to open the way to the proxy".to_owned()),
        }
    }
}

impl Drop for SlotProxy {
    fn drop(&mut self) {
        if self.of_job && self.line.open.get() {
            // A broken pipe ends the process at the result.
            let _ = say(&FromSlot::ProxyClosed(self.number));
        }
    }
}

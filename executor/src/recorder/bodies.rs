//! The bodies of requests and answers, for recordings that are to have them.
//!
//! Chromium keeps an answer's body for as long as its document is there, so each is asked for as soon as its last byte has come.
//! Nothing waits for it but the job's end, for a moment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use browser::Page;
use browser::session::RawEvent;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::entries::{BodyHead, NetworkEntry, content_type};
use super::masks::Masks;
use super::ring::{Area, RingWriter};

/// The largest body, in bytes: a larger one is left out.
const BODY_BYTES: u64 = 512 << 10;
/// How many bodies may be asked for at the same time. More than that are left out.
const UNDER_WAY: usize = 64;
/// Answers whose types are known at the same time.
const ANSWERS: usize = 4096;
/// How long Chromium may take to give a body.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the end of a job waits for those that are under way.
const LAST: Duration = Duration::from_millis(300);

/// Asks for bodies. Dropped, nothing is asked any more.
pub(super) struct Bodies {
    ring: Rc<RefCell<RingWriter>>,
    /// What bodies show of `vars`, and of what the job types or passes into its pages.
    masks: Rc<RefCell<Masks>>,
    /// The types of the answers under way.
    types: RefCell<HashMap<String, String>>,
    under_way: RefCell<JoinSet<()>>,
}

impl Bodies {
    /// Writes bodies with these masks into the ring.
    pub(super) fn new(ring: &Rc<RefCell<RingWriter>>, masks: Masks) -> Self {
        Self {
            ring: Rc::clone(ring),
            masks: Rc::new(RefCell::new(masks)),
            types: RefCell::default(),
            under_way: RefCell::default(),
        }
    }

    /// These texts are not to be read in a body.
    pub(super) fn hide(&self, texts: &[String]) {
        texts.iter().for_each(|text| self.masks.borrow_mut().add(text));
    }

    /// Asks for the body that the event tells of, if it does, and writes it when it is there.
    pub(super) fn hear(&self, page: &Rc<Page>, event: &RawEvent, entry: &NetworkEntry) {
        let Some((head, mime)) = self.body_of(entry, event) else { return };
        let mut under_way = self.under_way.borrow_mut();
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= UNDER_WAY {
            return;
        }
        // The command is sent now.
        let body = if head.sent_at.is_some() { page.request_body(event) } else { page.response_body(event) };
        let (ring, masks) = (Rc::clone(&self.ring), Rc::clone(&self.masks));
        under_way.spawn_local(async move {
            let body = timeout(PATIENCE, body).await.ok().flatten();
            if let Some(body) = body.filter(|body| body.len() as u64 <= BODY_BYTES) {
                let masked = masks.borrow().mask_body(body, &mime);
                ring.borrow_mut().write(Area::Bodies, &[&head.bytes(), &masked]);
            }
        });
    }

    /// Whose body can be had now, and its type.
    fn body_of(&self, entry: &NetworkEntry, event: &RawEvent) -> Option<(BodyHead, String)> {
        let mut types = self.types.borrow_mut();
        match entry {
            NetworkEntry::Request { id, at, headers, .. } if event.params["request"]["hasPostData"] == true => {
                Some((BodyHead { id: id.clone(), sent_at: Some(*at) }, content_type(headers).to_owned()))
            }
            NetworkEntry::Response { id, answer, .. } => {
                if types.len() < ANSWERS {
                    types.insert(id.clone(), answer.mime.clone());
                }
                None
            }
            NetworkEntry::Finished { id, size, .. } => {
                let mime = types.remove(id)?;
                let head = BodyHead { id: id.clone(), sent_at: None };
                (1..=BODY_BYTES).contains(size).then_some((head, mime))
            }
            NetworkEntry::Failed { id, .. } => {
                types.remove(id);
                None
            }
            _ => None,
        }
    }

    /// Waits for those that are under way, but not for long.
    pub(super) async fn settle(&self) {
        let mut under_way = self.under_way.take();
        let _ = timeout(LAST, async { while under_way.join_next().await.is_some() {} }).await;
    }
}

//! When pictures are taken: at the pace of what happens, before a document is left, and at once when somebody begins to watch.

use std::rc::{Rc, Weak};

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::JobRecorder;
use crate::recorder::camera::{BETWEEN_DOCUMENTS, FIRST, Looking, Pace};
use crate::recorder::ring::Area;

impl JobRecorder {
    /// Begins to take pictures.
    pub(super) fn film(self: &Rc<Self>) {
        self.filming.borrow_mut().get_or_insert_with(|| tokio::task::spawn_local(film(Rc::downgrade(self))));
    }

    fn set_watched(self: &Rc<Self>, watched: bool) {
        self.is_watched.set(watched);
        if watched {
            self.is_on.set(true);
            self.film();
            self.waking.notify_one();
        }
    }

    /// Writes a picture of this moment.
    fn write_frame(&self, jpeg: &[u8]) {
        let entry = [&self.now().to_le_bytes(), jpeg].concat();
        self.ring.borrow_mut().write(Area::Frames, &[&entry]);
        *self.last_frame.borrow_mut() = Some(entry);
    }
}

/// Takes pictures for as long as the job is recorded.
async fn film(recorder: Weak<JobRecorder>) {
    let Some(waking) = recorder.upgrade().map(|recorder| Rc::clone(&recorder.waking)) else { return };
    let is_watched = || recorder.upgrade().is_some_and(|recorder| recorder.is_watched.get());
    let mut last = Instant::now();
    let begins = last + FIRST;
    let (mut pace, mut looking) = (Pace::default(), Looking::default());
    loop {
        let has_begun = is_watched() || Instant::now() >= begins;
        {
            let Some(recorder) = recorder.upgrade() else { return };
            let is_leaving = recorder.is_leaving.take() && last.elapsed() >= BETWEEN_DOCUMENTS;
            let is_time = has_begun && pace.is_time(recorder.happened.get(), recorder.is_watched.get());
            let document = recorder.documents.get();
            if is_leaving || is_time {
                let looked = looking.look(recorder.page()).await;
                last = Instant::now();
                // A picture of the next document is not the last one of this.
                let is_of_it = is_time || document == recorder.documents.get();
                if let Some(jpeg) = looked.filter(|_| is_of_it) {
                    recorder.write_frame(&jpeg);
                }
            }
        }
        let pause =
            if has_begun { Pace::pause(is_watched()) } else { begins.saturating_duration_since(Instant::now()) };
        let _ = timeout(pause, waking.notified()).await;
    }
}

/// Hears whether somebody watches, for as long as the job is recorded.
pub(super) async fn attend(recorder: Weak<JobRecorder>, mut watched: watch::Receiver<bool>) {
    while watched.changed().await.is_ok() {
        let Some(recorder) = recorder.upgrade() else { return };
        recorder.set_watched(*watched.borrow_and_update());
    }
}

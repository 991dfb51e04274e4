//! What this gateway goes on with itself, at once, in place of finding it in the store's index.
//!
//! The index of a busy database comes late. So it is there for what a gateway that died left behind, and for what found no
//! room here. Whatever is handed over is written with a time that is a little later: until then others leave it alone.

use std::sync::OnceLock;
use std::time::Duration;

use futures::Stream;
use futures::stream::poll_fn;
use tokio::sync::mpsc::{self, Permit};

/// How long others leave alone what a gateway goes on with itself.
pub(crate) const LEFT_ALONE: Duration = Duration::from_secs(5);

/// Hands things over to the one task that goes on with them.
pub(crate) struct HandOver<T> {
    most: usize,
    /// Absent until that task has begun.
    sender: OnceLock<mpsc::Sender<T>>,
}

impl<T> HandOver<T> {
    /// Holds no more than so many things that nobody has gone on with.
    pub(crate) fn of_at_most(most: usize) -> Self {
        Self { most, sender: OnceLock::new() }
    }

    /// Begins to take things, until the stream is dropped. There is one such task.
    ///
    /// # Panics
    /// When there was one before.
    pub(crate) fn begin(&self) -> impl Stream<Item = T> + use<T> {
        let (sender, mut receiver) = mpsc::channel(self.most);
        assert!(self.sender.set(sender).is_ok(), "one task takes them");
        poll_fn(move |context| receiver.poll_recv(context))
    }

    /// A place for one thing; `None` when there is no room, or nobody takes any.
    pub(crate) fn place(&self) -> Option<Permit<'_, T>> {
        self.sender.get()?.try_reserve().ok()
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::HandOver;

    #[tokio::test]
    async fn there_is_a_place_while_somebody_takes_and_there_is_room() {
        let hand_over = HandOver::of_at_most(1);
        assert!(hand_over.place().is_none(), "nobody takes yet");
        let mut taken = hand_over.begin();
        let place = hand_over.place().unwrap();
        assert!(hand_over.place().is_none(), "there is no room");
        drop(place);
        hand_over.place().unwrap().send(1);
        assert_eq!(taken.next().await, Some(1));
        assert!(hand_over.place().is_some());
        drop(taken);
        assert!(hand_over.place().is_none(), "nobody takes any more");
    }
}

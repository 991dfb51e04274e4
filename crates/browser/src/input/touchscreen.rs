//! Puppeteer's `Touchscreen`, with one finger.

use std::future::Future;
use std::rc::Rc;

use chromiumoxide::cdp::browser_protocol::input::{DispatchTouchEventParams, DispatchTouchEventType, TouchPoint};

use super::Keyboard;
use crate::eager::begin;
use crate::error::Error;
use crate::geometry::Point;
use crate::session::Session;

/// The touch screen of one page.
#[derive(Debug)]
pub struct Touchscreen {
    session: Rc<Session>,
    keyboard: Rc<Keyboard>,
}

impl Touchscreen {
    /// The touch screen of a page's session.
    pub fn new(session: Rc<Session>, keyboard: Rc<Keyboard>) -> Rc<Self> {
        Rc::new(Self { session, keyboard })
    }

    /// Touches a point of the main frame's viewport for an instant.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn tap(self: &Rc<Self>, x: f64, y: f64) -> impl Future<Output = Result<(), Error>> + use<> {
        let screen = self.clone();
        begin(async move {
            screen.touch_start(Point { x, y }).await?;
            screen.touch_end().await
        })
    }

    /// Puts the finger down.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_start(&self, at: Point) -> impl Future<Output = Result<(), Error>> + use<> {
        self.dispatch(DispatchTouchEventType::TouchStart, Some(at))
    }

    /// Moves the finger.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_move(&self, at: Point) -> impl Future<Output = Result<(), Error>> + use<> {
        self.dispatch(DispatchTouchEventType::TouchMove, Some(at))
    }

    /// Lifts the finger.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_end(&self) -> impl Future<Output = Result<(), Error>> + use<> {
        self.dispatch(DispatchTouchEventType::TouchEnd, None)
    }

    fn dispatch(
        &self,
        kind: DispatchTouchEventType,
        at: Option<Point>,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let touches = at.map(|at| TouchPoint::new(at.x.round(), at.y.round()));
        let mut event = DispatchTouchEventParams::new(kind, touches.into_iter().collect::<Vec<_>>());
        event.modifiers = Some(self.keyboard.modifiers());
        let answer = self.session.send(event);
        async move {
            answer.await?;
            Ok(())
        }
    }
}

//! Puppeteer's `Touchscreen`, with one finger.

use std::future::Future;
use std::rc::Rc;

use serde_json::{Value, json};

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
        self.dispatch("touchStart", Some(at))
    }

    /// Moves the finger.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_move(&self, at: Point) -> impl Future<Output = Result<(), Error>> + use<> {
        self.dispatch("touchMove", Some(at))
    }

    /// Lifts the finger.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_end(&self) -> impl Future<Output = Result<(), Error>> + use<> {
        self.dispatch("touchEnd", None)
    }

    fn dispatch(&self, kind: &str, at: Option<Point>) -> impl Future<Output = Result<(), Error>> + use<> {
        let touches: Vec<Value> = at.iter().map(|at| json!({"x": at.x.round(), "y": at.y.round()})).collect();
        // By hand: the typed command leaves out an empty list, which the protocol demands.
        let event = json!({"type": kind, "touchPoints": touches, "modifiers": self.keyboard.modifiers()});
        let answer = self.session.send_raw("Input.dispatchTouchEvent", event);
        async move {
            answer.await?;
            Ok(())
        }
    }
}

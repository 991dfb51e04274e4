//! Puppeteer's `Touchscreen` and `TouchHandle`: fingers on a page.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};

use serde_json::json;

use super::Keyboard;
use crate::dialect::Dialect;
use crate::eager::begin;
use crate::error::Error;
use crate::geometry::Point;
use crate::session::Session;

/// The touch screen of one page.
#[derive(Debug)]
pub struct Touchscreen {
    session: Rc<Session>,
    keyboard: Rc<Keyboard>,
    /// The fingers that are down, the first one first.
    touches: RefCell<Vec<Rc<TouchHandle>>>,
    last: Cell<u32>,
}

/// One finger that is down.
#[derive(Debug)]
pub struct TouchHandle {
    /// The screen holds the finger until it is lifted.
    screen: Weak<Touchscreen>,
    number: u32,
    at: Cell<Point>,
    /// Fingers of newer Puppeteers are small and soft.
    dialect: Dialect,
}

impl Touchscreen {
    /// Makes the touch screen of a page's session.
    pub fn new(session: Rc<Session>, keyboard: Rc<Keyboard>) -> Rc<Self> {
        Rc::new(Self { session, keyboard, touches: RefCell::default(), last: Cell::new(0) })
    }

    /// Touches a point of the main frame's viewport for an instant.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn tap(self: &Rc<Self>, x: f64, y: f64, dialect: Dialect) -> impl Future<Output = Result<(), Error>> + use<> {
        let screen = self.clone();
        begin(async move { screen.touch_start(Point { x, y }, dialect).await?.end().await })
    }

    /// Puts a finger down.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn touch_start(
        self: &Rc<Self>,
        at: Point,
        dialect: Dialect,
    ) -> impl Future<Output = Result<Rc<TouchHandle>, Error>> + use<> {
        let number = self.last.get() + 1;
        self.last.set(number);
        let touch = Rc::new(TouchHandle { screen: Rc::downgrade(self), number, at: Cell::new(at), dialect });
        let (screen, sent) = (self.clone(), self.dispatch("touchStart", &touch));
        begin(async move {
            sent.await?;
            screen.touches.borrow_mut().push(touch.clone());
            Ok(touch)
        })
    }

    /// Moves the first finger.
    ///
    /// # Errors
    /// [`Error::Touch`] when none is down, and what the protocol refuses.
    pub fn touch_move(&self, at: Point) -> impl Future<Output = Result<(), Error>> + use<> {
        let moved = self.first().map(|touch| touch.move_to(at));
        async move { moved.ok_or(Error::Touch("Must start a new Touch first"))?.await }
    }

    /// Lifts the first finger.
    ///
    /// # Errors
    /// [`Error::Touch`] when none is down, and what the protocol refuses.
    pub fn touch_end(&self) -> impl Future<Output = Result<(), Error>> + use<> {
        let ended = self.first().map(|touch| touch.end());
        async move { ended.ok_or(Error::Touch("Must start a new Touch first"))?.await }
    }

    fn first(&self) -> Option<Rc<TouchHandle>> {
        self.touches.borrow().first().cloned()
    }

    fn dispatch(&self, kind: &str, touch: &TouchHandle) -> impl Future<Output = Result<(), Error>> + use<> {
        let at = touch.at.get();
        let mut point = json!({"x": at.x.round(), "y": at.y.round()});
        if touch.dialect.is_modern() {
            point["id"] = touch.number.into();
            for (name, value) in [("radiusX", 0.5), ("radiusY", 0.5), ("force", 0.5)] {
                point[name] = value.into();
            }
        }
        // The one finger of the older Puppeteer is lifted by leaving no other.
        let points = if kind == "touchEnd" && !touch.dialect.is_modern() { json!([]) } else { json!([point]) };
        let event = json!({"type": kind, "touchPoints": points, "modifiers": self.keyboard.modifiers()});
        let session = self.session.clone();
        begin(async move {
            session.code_begun().await;
            session.send_raw("Input.dispatchTouchEvent", event).await?;
            Ok(())
        })
    }
}

impl TouchHandle {
    /// Moves the finger.
    ///
    /// # Errors
    /// [`Error::Touch`] when the screen is gone, and what the protocol refuses.
    pub fn move_to(&self, at: Point) -> impl Future<Output = Result<(), Error>> + use<> {
        self.at.set(at);
        let moved = self.screen.upgrade().map(|screen| screen.dispatch("touchMove", self));
        async move { moved.ok_or(Error::Touch("The touch screen is gone"))?.await }
    }

    /// Lifts the finger.
    ///
    /// # Errors
    /// As [`move_to`](Self::move_to).
    pub fn end(self: &Rc<Self>) -> impl Future<Output = Result<(), Error>> + use<> {
        let screen = self.screen.upgrade();
        let ended = screen.map(|screen| {
            screen.touches.borrow_mut().retain(|known| !Rc::ptr_eq(known, self));
            screen.dispatch("touchEnd", self)
        });
        async move { ended.ok_or(Error::Touch("The touch screen is gone"))?.await }
    }
}

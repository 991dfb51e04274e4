//! Puppeteer's `Mouse`.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::input::{self, DispatchMouseEventParams, DispatchMouseEventType};

use serde_json::{Value, json};

use super::Keyboard;
use crate::eager::begin;
use crate::error::Error;
use crate::geometry::Point;
use crate::promise::{Promise, within};
use crate::session::Session;
use crate::timeout_settings::TimeoutSettings;

/// A button of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouseButton {
    /// The main one.
    #[default]
    Left,
    /// The one of context menus.
    Right,
    /// The wheel.
    Middle,
    /// Back in history.
    Back,
    /// Forward in history.
    Forward,
}

impl FromStr for MouseButton {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            "middle" => Ok(Self::Middle),
            "back" => Ok(Self::Back),
            "forward" => Ok(Self::Forward),
            _ => Err(Error::UnsupportedMouseButton(name.to_owned())),
        }
    }
}

impl MouseButton {
    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Middle => "middle",
            Self::Back => "back",
            Self::Forward => "forward",
        }
    }

    fn bit(self) -> i64 {
        match self {
            Self::Left => 1,
            Self::Right => 2,
            Self::Middle => 4,
            Self::Back => 8,
            Self::Forward => 16,
        }
    }
}

impl From<MouseButton> for input::MouseButton {
    fn from(button: MouseButton) -> Self {
        match button {
            MouseButton::Left => Self::Left,
            MouseButton::Right => Self::Right,
            MouseButton::Middle => Self::Middle,
            MouseButton::Back => Self::Back,
            MouseButton::Forward => Self::Forward,
        }
    }
}

/// Longest time that a click waits for what the page tells about it.
const HEARING: Duration = Duration::from_millis(50);

/// Which button, how often and how long.
#[derive(Clone, Copy, Debug)]
pub struct ClickOptions {
    /// Which button.
    pub button: MouseButton,
    /// What the event says: 2 is the second click of a double click.
    pub click_count: Option<i64>,
    /// How many clicks are made, counting up; the last one says `click_count`.
    pub count: u32,
    /// How long the button stays down.
    pub delay: Option<Duration>,
    /// Where in an element, from its upper left corner; in its middle when not given. The mouse knows no elements.
    pub offset: Option<Point>,
}

impl Default for ClickOptions {
    fn default() -> Self {
        Self { button: MouseButton::Left, click_count: None, count: 1, delay: None, offset: None }
    }
}

/// The mouse of one page: where it is and which buttons are down.
#[derive(Debug)]
pub struct Mouse {
    session: Rc<Session>,
    keyboard: Rc<Keyboard>,
    position: Cell<Point>,
    /// The button that moves say, the last one that went down.
    button: Cell<Option<MouseButton>>,
    /// All buttons that are down, in CDP's bits.
    buttons: Cell<i64>,
}

impl Mouse {
    /// Makes the mouse of a page's session, at the upper left corner.
    pub fn new(session: Rc<Session>, keyboard: Rc<Keyboard>) -> Rc<Self> {
        let position = Cell::new(Point { x: 0.0, y: 0.0 });
        Rc::new(Self { session, keyboard, position, button: Cell::new(None), buttons: Cell::new(0) })
    }

    /// Refuses to press what is down and to let go what is up, as newer Puppeteers do.
    ///
    /// # Errors
    /// With their sentence.
    pub fn check_button(&self, button: MouseButton, goes_down: bool) -> Result<(), Error> {
        let is_down = self.buttons.get() & button.bit() != 0;
        match (is_down, goes_down) {
            (true, true) => Err(Error::message(format!("'{}' is already pressed.", button.name()))),
            (false, false) => Err(Error::message(format!("'{}' is not pressed.", button.name()))),
            _ => Ok(()),
        }
    }

    /// Moves to a point of the main frame's viewport, in CSS pixels, by `steps` movements of equal length.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn move_to(self: &Rc<Self>, x: f64, y: f64, steps: u32) -> impl Future<Output = Result<(), Error>> + use<> {
        let mouse = self.clone();
        let to = Point { x, y };
        begin(async move {
            let from = mouse.position.replace(to);
            mouse.session.code_begun().await;
            for step in 1..=steps {
                let part = f64::from(step) / f64::from(steps);
                let at = Point { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
                mouse.session.send(mouse.event(DispatchMouseEventType::MouseMoved, at, mouse.button.get())).await?;
            }
            Ok(())
        })
    }

    /// Puts a button down where the mouse is.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn down(&self, options: ClickOptions) -> impl Future<Output = Result<(), Error>> + use<> {
        self.button.set(Some(options.button));
        self.buttons.set(self.buttons.get() | options.button.bit());
        self.press(DispatchMouseEventType::MousePressed, options)
    }

    /// Lets a button go where the mouse is.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn up(&self, options: ClickOptions) -> impl Future<Output = Result<(), Error>> + use<> {
        self.button.set(None);
        self.buttons.set(self.buttons.get() & !options.button.bit());
        self.press(DispatchMouseEventType::MouseReleased, options)
    }

    /// Moves, puts down and lets go. Without a delay the three leave together, so that no page can come between.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn click(
        self: &Rc<Self>,
        x: f64,
        y: f64,
        options: ClickOptions,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let mouse = self.clone();
        begin(async move {
            mouse.session.code_begun().await;
            let mut moved = Some(mouse.move_to(x, y, 1));
            for click in 1..=options.count.max(1) {
                let last = click >= options.count;
                let click_count = options.click_count.filter(|_| last).or(Some(i64::from(click)));
                let options = ClickOptions { click_count, ..options };
                let down = mouse.down(options);
                let up = options.delay.is_none().then(|| mouse.up(options));
                if let Some(moved) = moved.take() {
                    moved.await?;
                }
                down.await?;
                match up {
                    Some(up) => up.await?,
                    None => {
                        tokio::time::sleep(options.delay.unwrap_or_default()).await;
                        mouse.up(options).await?;
                    }
                }
            }
            // What its listeners logged belongs to the click.
            mouse.session.caught_up(HEARING).await;
            Ok(())
        })
    }

    /// Turns the wheel where the mouse is, by CSS pixels.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn wheel(&self, delta_x: f64, delta_y: f64) -> impl Future<Output = Result<(), Error>> + use<> {
        let mut event = self.event(DispatchMouseEventType::MouseWheel, self.position.get(), None);
        event.delta_x = Some(delta_x);
        event.delta_y = Some(delta_y);
        event.pointer_type = Some(input::DispatchMouseEventPointerType::Mouse);
        self.dispatch(event)
    }

    /// Presses at one point and moves to another while drags are intercepted; what the page's drag carries.
    ///
    /// # Errors
    /// What the protocol refuses, [`Error::TargetClosed`], and [`Error::EventTimeout`] when what is pressed cannot be dragged.
    pub async fn drag(self: &Rc<Self>, from: Point, to: Point) -> Result<Value, Error> {
        let carried = Rc::new(Promise::default());
        let slot = carried.clone();
        let _listening = self.session.on_event(move |event| {
            if event.method == "Input.dragIntercepted" {
                slot.settle(event.params["data"].clone());
            }
        });
        self.move_to(from.x, from.y, 1).await?;
        self.down(ClickOptions::default()).await?;
        self.move_to(to.x, to.y, 1).await?;
        let begins = async {
            tokio::select! {
                biased;
                data = carried.wait() => Ok(data),
                () = self.session.closed() => Err(Error::TargetClosed),
            }
        };
        let limit = TimeoutSettings::default().any();
        within(limit, begins).await.unwrap_or(Err(Error::EventTimeout(limit)))
    }

    /// `dragEnter`, `dragOver` or `drop` of an intercepted drag.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn drag_event(&self, kind: &str, at: Point, data: Value) -> Result<(), Error> {
        let modifiers = self.keyboard.modifiers();
        let event = json!({"type": kind, "x": at.x, "y": at.y, "modifiers": modifiers, "data": data});
        self.session.send_raw("Input.dispatchDragEvent", event).await?;
        Ok(())
    }

    /// Lets every button go and returns to the upper left corner.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub async fn reset(self: &Rc<Self>) -> Result<(), Error> {
        use MouseButton::{Back, Forward, Left, Middle, Right};
        for button in [Left, Right, Middle, Back, Forward] {
            if self.buttons.get() & button.bit() != 0 {
                self.up(ClickOptions { button, ..ClickOptions::default() }).await?;
            }
        }
        if self.position.get() != (Point { x: 0.0, y: 0.0 }) {
            self.move_to(0.0, 0.0, 1).await?;
        }
        Ok(())
    }

    fn press(
        &self,
        kind: DispatchMouseEventType,
        options: ClickOptions,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let mut event = self.event(kind, self.position.get(), Some(options.button));
        event.click_count = Some(options.click_count.unwrap_or(1));
        self.dispatch(event)
    }

    fn dispatch(&self, event: DispatchMouseEventParams) -> impl Future<Output = Result<(), Error>> + use<> {
        let session = self.session.clone();
        begin(async move {
            session.code_begun().await;
            session.send(event).await?;
            Ok(())
        })
    }

    fn event(&self, kind: DispatchMouseEventType, at: Point, button: Option<MouseButton>) -> DispatchMouseEventParams {
        let mut event = DispatchMouseEventParams::new(kind, at.x, at.y);
        event.modifiers = Some(self.keyboard.modifiers());
        event.button = Some(button.map_or(input::MouseButton::None, Into::into));
        event.buttons = Some(self.buttons.get());
        event
    }
}

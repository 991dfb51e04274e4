//! Puppeteer's `Keyboard`.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::input::{DispatchKeyEventParams, DispatchKeyEventType, InsertTextParams};

use super::us_layout::{KeyDefinition, key_definition};
use crate::eager::begin;
use crate::error::Error;
use crate::promise::milliseconds;
use crate::session::Session;

const ALT: i64 = 1;
const CONTROL: i64 = 2;
const META: i64 = 4;
const SHIFT: i64 = 8;

/// How [`Keyboard::press`] presses.
#[derive(Clone, Debug, Default)]
pub struct PressOptions {
    /// How long the key stays down.
    pub delay: Option<Duration>,
    /// What the key types instead of its own character.
    pub text: Option<String>,
    /// Editing commands that Chromium runs with the key, for example `SelectAll`.
    pub commands: Vec<String>,
}

/// The keys of one page, and which of them are down.
#[derive(Debug)]
pub struct Keyboard {
    session: Rc<Session>,
    modifiers: Cell<i64>,
    /// Codes of the keys that are down.
    pressed: RefCell<HashSet<String>>,
}

/// What a key means in the keyboard's present state.
struct Meaning {
    key: String,
    code: String,
    key_code: i64,
    text: String,
    location: i64,
}

impl Keyboard {
    /// Makes the keyboard of a page's session.
    pub fn new(session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self { session, modifiers: Cell::new(0), pressed: RefCell::default() })
    }

    /// Returns the modifier keys that are down, in CDP's bits.
    pub(super) fn modifiers(&self) -> i64 {
        self.modifiers.get()
    }

    /// Puts a key down; again without [`up`](Self::up) between is a repetition. `text` replaces what the key types.
    ///
    /// # Errors
    /// [`Error::UnknownKey`], and what the protocol refuses.
    pub fn down(
        self: &Rc<Self>,
        key: &str,
        text: Option<String>,
        commands: Vec<String>,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let (keyboard, key) = (self.clone(), key.to_owned());
        begin(async move { keyboard.put_down(&key, text, commands).await })
    }

    /// Lets a key go.
    ///
    /// # Errors
    /// [`Error::UnknownKey`], and what the protocol refuses.
    pub fn up(self: &Rc<Self>, key: &str) -> impl Future<Output = Result<(), Error>> + use<> {
        let (keyboard, key) = (self.clone(), key.to_owned());
        begin(async move { keyboard.let_up(&key).await })
    }

    /// Puts a key down and lets it go.
    ///
    /// # Errors
    /// [`Error::UnknownKey`], and what the protocol refuses.
    pub fn press(self: &Rc<Self>, key: &str, options: PressOptions) -> impl Future<Output = Result<(), Error>> + use<> {
        let (keyboard, key) = (self.clone(), key.to_owned());
        begin(async move { keyboard.press_and_release(&key, options).await })
    }

    /// Presses a key for each character; a character without a key is inserted. `delay`, in milliseconds, is how long
    /// each key stays down, and the time between two.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn type_text(
        self: &Rc<Self>,
        text: &str,
        delay: Option<f64>,
    ) -> impl Future<Output = Result<(), Error>> + use<> {
        let (keyboard, text, delay) = (self.clone(), text.to_owned(), milliseconds(delay.unwrap_or(0.0)));
        begin(async move {
            for character in text.chars() {
                let name = character.to_string();
                if key_definition(&name).is_some() {
                    let options = PressOptions { delay: Some(delay), ..PressOptions::default() };
                    keyboard.press_and_release(&name, options).await?;
                } else {
                    keyboard.send_character(&name).await?;
                }
                pause(delay).await;
            }
            Ok(())
        })
    }

    /// Types text without key events.
    ///
    /// # Errors
    /// What the protocol refuses.
    pub fn send_character(&self, text: &str) -> impl Future<Output = Result<(), Error>> + use<> {
        let (session, text) = (self.session.clone(), InsertTextParams::new(text));
        begin(async move {
            session.code_begun().await;
            session.send(text).await?;
            Ok(())
        })
    }

    async fn press_and_release(&self, key: &str, options: PressOptions) -> Result<(), Error> {
        self.put_down(key, options.text, options.commands).await?;
        if let Some(delay) = options.delay {
            pause(delay).await;
        }
        self.let_up(key).await
    }

    async fn put_down(&self, key: &str, text: Option<String>, commands: Vec<String>) -> Result<(), Error> {
        let meaning = self.meaning(key)?;
        let auto_repeat = !self.pressed.borrow_mut().insert(meaning.code.clone());
        self.modifiers.set(self.modifiers.get() | modifier_bit(&meaning.key));

        let text = text.unwrap_or(meaning.text);
        let kind = if text.is_empty() { DispatchKeyEventType::RawKeyDown } else { DispatchKeyEventType::KeyDown };
        let mut event = DispatchKeyEventParams::new(kind);
        event.modifiers = Some(self.modifiers.get());
        event.windows_virtual_key_code = Some(meaning.key_code);
        event.code = Some(meaning.code);
        event.key = Some(meaning.key);
        event.unmodified_text = Some(text.clone());
        event.text = Some(text);
        event.auto_repeat = Some(auto_repeat);
        event.location = Some(meaning.location);
        event.is_keypad = Some(meaning.location == 3);
        event.commands = (!commands.is_empty()).then_some(commands);
        self.session.code_begun().await;
        self.session.send(event).await?;
        Ok(())
    }

    async fn let_up(&self, key: &str) -> Result<(), Error> {
        let meaning = self.meaning(key)?;
        self.modifiers.set(self.modifiers.get() & !modifier_bit(&meaning.key));
        self.pressed.borrow_mut().remove(&meaning.code);

        let mut event = DispatchKeyEventParams::new(DispatchKeyEventType::KeyUp);
        event.modifiers = Some(self.modifiers.get());
        event.windows_virtual_key_code = Some(meaning.key_code);
        event.code = Some(meaning.code);
        event.key = Some(meaning.key);
        event.location = Some(meaning.location);
        self.session.code_begun().await;
        self.session.send(event).await?;
        Ok(())
    }

    fn meaning(&self, name: &str) -> Result<Meaning, Error> {
        let definition = key_definition(name).ok_or_else(|| Error::UnknownKey(name.to_owned()))?;
        Ok(meaning_with(definition, self.modifiers.get()))
    }
}

fn meaning_with(definition: KeyDefinition, modifiers: i64) -> Meaning {
    let KeyDefinition { mut key, shift_key, code, mut key_code, shift_key_code, text, location } = definition;
    if modifiers & SHIFT != 0 {
        key = shift_key.unwrap_or(key);
        key_code = shift_key_code.unwrap_or(key_code);
    }
    // With any other modifier a key is a shortcut and types nothing.
    let text = match text {
        _ if modifiers & !SHIFT != 0 => Cow::Borrowed(""),
        Some(text) => Cow::Borrowed(text),
        None if key.len() == 1 => key.clone(),
        None => Cow::Borrowed(""),
    };
    Meaning { key: key.into_owned(), code: code.into_owned(), key_code, text: text.into_owned(), location }
}

fn modifier_bit(key: &str) -> i64 {
    match key {
        "Alt" => ALT,
        "Control" => CONTROL,
        "Meta" => META,
        "Shift" => SHIFT,
        _ => 0,
    }
}

async fn pause(delay: Duration) {
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, modifiers: i64) -> (String, String) {
        let meaning = meaning_with(key_definition(name).expect("a key of the layout"), modifiers);
        (meaning.key, meaning.text)
    }

    #[test]
    fn shift_changes_physical_keys_only() {
        assert_eq!(typed("KeyA", SHIFT), ("A".into(), "A".into()));
        assert_eq!(typed("a", SHIFT), ("a".into(), "a".into()));
        assert_eq!(typed("Numpad4", 0), ("ArrowLeft".into(), String::new()));
        assert_eq!(typed("Numpad4", SHIFT), ("4".into(), "4".into()));
    }

    #[test]
    fn other_modifiers_type_nothing() {
        for modifiers in [ALT, CONTROL, META, CONTROL | SHIFT] {
            assert_eq!(typed("a", modifiers), ("a".into(), String::new()));
            assert_eq!(typed("Enter", modifiers), ("Enter".into(), String::new()));
        }
        assert_eq!(typed("Enter", SHIFT), ("Enter".into(), "\r".into()));
    }
}

//! The US keyboard layout, under the names that Puppeteer 1.20 gives to its keys.
//!
//! A name is the code of a physical key (`KeyA`, `Numpad4`), the key's value (`Shift`, `Cancel`), or a character.
//! Only physical keys have a second meaning with Shift; a character means itself in every state of the keyboard.

use std::borrow::Cow;

type Text = Cow<'static, str>;

/// One name of one key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct KeyDefinition {
    /// `KeyboardEvent.key` without Shift.
    pub(super) key: Text,
    /// `KeyboardEvent.key` with Shift, where it differs.
    pub(super) shift_key: Option<Text>,
    /// `KeyboardEvent.code`; empty when there is no physical key.
    pub(super) code: Text,
    /// `KeyboardEvent.keyCode`, the Windows virtual key.
    pub(super) key_code: i64,
    /// The same with Shift, where it differs (the number pad).
    pub(super) shift_key_code: Option<i64>,
    /// What the key types when that is not `key`.
    pub(super) text: Option<&'static str>,
    /// `KeyboardEvent.location`.
    pub(super) location: i64,
}

const LEFT: i64 = 1;
const RIGHT: i64 = 2;
const NUMPAD: i64 = 3;
const MOBILE: i64 = 4;

/// The keys that type a character: code, key code, without and with Shift. Letters follow a rule, see [`letter`].
const PRINTABLE: &[(&str, i64, char, char)] = &[
    ("Digit0", 48, '0', ')'),
    ("Digit1", 49, '1', '!'),
    ("Digit2", 50, '2', '@'),
    ("Digit3", 51, '3', '#'),
    ("Digit4", 52, '4', '$'),
    ("Digit5", 53, '5', '%'),
    ("Digit6", 54, '6', '^'),
    ("Digit7", 55, '7', '&'),
    ("Digit8", 56, '8', '*'),
    ("Digit9", 57, '9', '('),
    ("Semicolon", 186, ';', ':'),
    ("Equal", 187, '=', '+'),
    ("Comma", 188, ',', '<'),
    ("Minus", 189, '-', '_'),
    ("Period", 190, '.', '>'),
    ("Slash", 191, '/', '?'),
    ("Backquote", 192, '`', '~'),
    ("BracketLeft", 219, '[', '{'),
    ("Backslash", 220, '\\', '|'),
    ("BracketRight", 221, ']', '}'),
    ("Quote", 222, '\'', '"'),
];

type NumpadKey = (&'static str, i64, &'static str, Option<(i64, &'static str)>);

/// The number pad with NumLock off: code, key code, key; with Shift: key code, key.
const NUMPAD_KEYS: &[NumpadKey] = &[
    ("Numpad0", 45, "Insert", Some((96, "0"))),
    ("Numpad1", 35, "End", Some((97, "1"))),
    ("Numpad2", 40, "ArrowDown", Some((98, "2"))),
    ("Numpad3", 34, "PageDown", Some((99, "3"))),
    ("Numpad4", 37, "ArrowLeft", Some((100, "4"))),
    ("Numpad5", 12, "Clear", Some((101, "5"))),
    ("Numpad6", 39, "ArrowRight", Some((102, "6"))),
    ("Numpad7", 36, "Home", Some((103, "7"))),
    ("Numpad8", 38, "ArrowUp", Some((104, "8"))),
    ("Numpad9", 33, "PageUp", Some((105, "9"))),
    ("NumpadDecimal", 46, "\0", Some((110, "."))),
    ("NumpadMultiply", 106, "*", None),
    ("NumpadAdd", 107, "+", None),
    ("NumpadSubtract", 109, "-", None),
    ("NumpadDivide", 111, "/", None),
    ("NumpadEqual", 187, "=", None),
    ("NumpadEnter", 13, "Enter", None),
];

/// The other keys whose code is not their value: code, key, key code, location.
const CODED: &[(&str, &str, i64, i64)] = &[
    ("Abort", "Cancel", 3, 0),
    ("Space", " ", 32, 0),
    ("Open", "Execute", 43, 0),
    ("Props", "CrSel", 247, 0),
    ("ShiftLeft", "Shift", 16, LEFT),
    ("ShiftRight", "Shift", 16, RIGHT),
    ("ControlLeft", "Control", 17, LEFT),
    ("ControlRight", "Control", 17, RIGHT),
    ("AltLeft", "Alt", 18, LEFT),
    ("AltRight", "Alt", 18, RIGHT),
    ("MetaLeft", "Meta", 91, LEFT),
    ("MetaRight", "Meta", 92, RIGHT),
];

/// The keys whose code is their value, `F1` to `F24` aside: name, key code.
const NAMED: &[(&str, i64)] = &[
    ("Power", 0),
    ("Eject", 0),
    ("Help", 6),
    ("Backspace", 8),
    ("Tab", 9),
    ("Enter", 13),
    ("Pause", 19),
    ("CapsLock", 20),
    ("Escape", 27),
    ("Convert", 28),
    ("NonConvert", 29),
    ("PageUp", 33),
    ("PageDown", 34),
    ("End", 35),
    ("Home", 36),
    ("ArrowLeft", 37),
    ("ArrowUp", 38),
    ("ArrowRight", 39),
    ("ArrowDown", 40),
    ("Select", 41),
    ("PrintScreen", 44),
    ("Insert", 45),
    ("Delete", 46),
    ("ContextMenu", 93),
    ("NumLock", 144),
    ("ScrollLock", 145),
    ("AudioVolumeMute", 173),
    ("AudioVolumeDown", 174),
    ("AudioVolumeUp", 175),
    ("MediaTrackNext", 176),
    ("MediaTrackPrevious", 177),
    ("MediaStop", 178),
    ("MediaPlayPause", 179),
    ("AltGraph", 225),
];

/// The keys of a phone; their code is their value, too.
const PHONE: &[(&str, i64)] = &[
    ("SoftLeft", 0),
    ("SoftRight", 0),
    ("Camera", 44),
    ("Call", 0),
    ("EndCall", 95),
    ("VolumeDown", 182),
    ("VolumeUp", 183),
];

/// Values that no physical key of this layout has.
const VALUES_ONLY: &[(&str, i64)] = &[
    ("Accept", 30),
    ("ModeChange", 31),
    ("Print", 42),
    ("Attn", 246),
    ("ExSel", 248),
    ("EraseEof", 249),
    ("Play", 250),
    ("ZoomOut", 251),
];

/// Finds the key of that name, if there is one.
pub(super) fn key_definition(name: &str) -> Option<KeyDefinition> {
    let mut characters = name.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => character_key(character),
        _ => physical_key(name).or_else(|| value_key(name)),
    }
}

fn character_key(character: char) -> Option<KeyDefinition> {
    if character.is_ascii_alphabetic() {
        return Some(KeyDefinition { key: character.to_string().into(), shift_key: None, ..letter(character) });
    }
    match character {
        '\r' | '\n' => physical_key("Enter"),
        ' ' => physical_key("Space"),
        // The number pad's, whatever else types them.
        '\0' | '*' | '+' | '-' | '/' => {
            let (code, ..) = NUMPAD_KEYS.iter().find(|(_, _, key, _)| key.starts_with(character))?;
            physical_key(code).map(without_shift)
        }
        _ => {
            let (code, key_code, ..) =
                PRINTABLE.iter().find(|(_, _, plain, shifted)| [*plain, *shifted].contains(&character))?;
            Some(KeyDefinition {
                key: character.to_string().into(),
                code: (*code).into(),
                key_code: *key_code,
                ..KeyDefinition::default()
            })
        }
    }
}

fn physical_key(code: &str) -> Option<KeyDefinition> {
    if let Some(character) = single_upper(code.strip_prefix("Key")) {
        return Some(letter(character));
    }
    if let Some(number) = function_key(code) {
        return Some(same(code.to_owned(), 111 + number));
    }
    if let Some((code, key_code, plain, shifted)) = PRINTABLE.iter().find(|row| row.0 == code) {
        return Some(KeyDefinition {
            key: plain.to_string().into(),
            shift_key: Some(shifted.to_string().into()),
            code: (*code).into(),
            key_code: *key_code,
            ..KeyDefinition::default()
        });
    }
    if let Some((code, key_code, key, shifted)) = NUMPAD_KEYS.iter().find(|row| row.0 == code) {
        return Some(KeyDefinition {
            key: (*key).into(),
            shift_key: shifted.map(|(_, key)| key.into()),
            code: (*code).into(),
            key_code: *key_code,
            shift_key_code: shifted.map(|(key_code, _)| key_code),
            text: enter_text(key),
            location: NUMPAD,
        });
    }
    if let Some((code, key, key_code, location)) = CODED.iter().find(|row| row.0 == code) {
        return Some(KeyDefinition { code: (*code).into(), location: *location, ..same(*key, *key_code) });
    }
    if let Some((name, key_code)) = NAMED.iter().find(|row| row.0 == code) {
        return Some(KeyDefinition { text: enter_text(name), ..same(*name, *key_code) });
    }
    let (name, key_code) = PHONE.iter().find(|row| row.0 == code)?;
    Some(KeyDefinition { location: MOBILE, ..same(*name, *key_code) })
}

/// A key by a value that is not a code: `Shift` is the left one, `Clear` is on the number pad.
fn value_key(value: &str) -> Option<KeyDefinition> {
    if value == "Clear" {
        return physical_key("Numpad5").map(without_shift);
    }
    if let Some((code, ..)) = CODED.iter().find(|row| row.1 == value) {
        return physical_key(code);
    }
    let (name, key_code) = VALUES_ONLY.iter().find(|row| row.0 == value)?;
    Some(KeyDefinition { code: "".into(), ..same(*name, *key_code) })
}

fn letter(character: char) -> KeyDefinition {
    let upper = character.to_ascii_uppercase();
    KeyDefinition {
        key: character.to_ascii_lowercase().to_string().into(),
        shift_key: Some(upper.to_string().into()),
        code: format!("Key{upper}").into(),
        key_code: i64::from(u32::from(upper)),
        ..KeyDefinition::default()
    }
}

fn same(name: impl Into<Text>, key_code: i64) -> KeyDefinition {
    let name = name.into();
    KeyDefinition { key: name.clone(), code: name, key_code, ..KeyDefinition::default() }
}

fn without_shift(definition: KeyDefinition) -> KeyDefinition {
    KeyDefinition { shift_key: None, shift_key_code: None, ..definition }
}

/// `F1` to `F24`, written without leading zeros.
fn function_key(code: &str) -> Option<i64> {
    let digits = code.strip_prefix('F')?;
    let number: u8 = digits.parse().ok()?;
    ((1..=24).contains(&number) && digits == number.to_string()).then_some(i64::from(number))
}

fn single_upper(text: Option<&str>) -> Option<char> {
    let mut characters = text?.chars();
    let first = characters.next().filter(char::is_ascii_uppercase)?;
    characters.next().is_none().then_some(first)
}

fn enter_text(key: &str) -> Option<&'static str> {
    (key == "Enter").then_some("\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> KeyDefinition {
        key_definition(name).unwrap_or_else(|| panic!("no key {name:?}"))
    }

    #[test]
    fn a_physical_key_has_a_second_meaning_and_a_character_has_not() {
        assert_eq!(found("KeyA").shift_key.as_deref(), Some("A"));
        assert_eq!(found("Digit7").shift_key.as_deref(), Some("&"));
        assert_eq!(found("Numpad7").shift_key_code, Some(103));
        for character in ["a", "A", "7", "&", ";", ":"] {
            let key = found(character);
            assert_eq!((key.key.as_ref(), key.shift_key), (character, None));
        }
    }

    #[test]
    fn every_printable_ascii_character_can_be_typed() {
        for character in ' '..='~' {
            assert_eq!(found(&character.to_string()).key, character.to_string());
        }
    }

    #[test]
    fn calculating_characters_are_the_number_pads() {
        for (character, code) in
            [("*", "NumpadMultiply"), ("+", "NumpadAdd"), ("-", "NumpadSubtract"), ("/", "NumpadDivide")]
        {
            assert_eq!((found(character).code.as_ref(), found(character).location), (code, NUMPAD));
        }
        assert_eq!(found("=").code, "Equal");
    }

    #[test]
    fn values_name_the_left_key_and_line_ends_name_enter() {
        assert_eq!((found("Shift").code.as_ref(), found("Shift").location), ("ShiftLeft", LEFT));
        assert_eq!(found("\n"), found("Enter"));
        assert_eq!(found("Enter").text, Some("\r"));
        assert_eq!(found("Clear"), without_shift(found("Numpad5")));
        assert_eq!((found("Accept").key.as_ref(), found("Accept").code.as_ref()), ("Accept", ""));
    }

    #[test]
    fn other_names_are_no_keys() {
        for name in ["", "F0", "F25", "F01", "Keya", "KeyAA", "ё", "😊", "NotARealKey"] {
            assert_eq!(key_definition(name), None, "{name}");
        }
    }
}

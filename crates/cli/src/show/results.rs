//! Results as a tree. Pictures, long texts and long lists are shortened, and whoever asks hears what was.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::terminal::{Paint, one_line, shown};

/// Longer texts are shortened.
const LONG_TEXT: usize = 400;
/// What is left of them.
const BEGINNING: usize = 200;
/// Items and members of one level that are shown.
const MOST: usize = 50;

/// Whether anything was shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortened {
    Yes,
    No,
}

/// The results, a line for each value.
pub(crate) fn results(results: &Map<String, Value>, paint: Paint) -> (String, Shortened) {
    let mut tree = Tree { text: String::new(), shortened: Shortened::No, paint };
    tree.members(results, 0);
    (tree.text, tree.shortened)
}

struct Tree {
    text: String,
    shortened: Shortened,
    paint: Paint,
}

impl Tree {
    fn members(&mut self, members: &Map<String, Value>, depth: usize) {
        for (key, value) in members.iter().take(MOST) {
            let key = self.paint.bold(&one_line(key));
            self.node(&format!("{key}:"), value, depth);
        }
        self.left(members.len(), depth);
    }

    fn node(&mut self, name: &str, value: &Value, depth: usize) {
        self.indent(depth);
        self.text.push_str(name);
        match value {
            Value::Object(members) if buffer(members).is_some() => {
                let bytes = buffer(members).unwrap_or_default();
                self.shortened = Shortened::Yes;
                let _ = writeln!(self.text, " {}", self.paint.dim(&format!("(Buffer, {})", size(bytes))));
            }
            Value::Object(members) if !members.is_empty() => {
                self.text.push('\n');
                self.members(members, depth + 1);
            }
            Value::Array(items) if !items.is_empty() => {
                self.text.push('\n');
                for item in items.iter().take(MOST) {
                    self.node("-", item, depth + 1);
                }
                self.left(items.len(), depth + 1);
            }
            value => self.leaf(value, depth),
        }
    }

    fn leaf(&mut self, value: &Value, depth: usize) {
        let Some(text) = value.as_str() else {
            let _ = writeln!(self.text, " {value}");
            return;
        };
        if let Some((kind, bytes)) = picture(text) {
            self.shortened = Shortened::Yes;
            let _ = writeln!(self.text, " {}", self.paint.dim(&format!("({kind} in base64, {})", size(bytes))));
            return;
        }
        let count = text.chars().count();
        let long = count > LONG_TEXT;
        let kept: String = if long { text.chars().take(BEGINNING).collect() } else { text.to_owned() };
        let kept = shown(&kept);
        if text.is_empty() {
            self.text.push_str(" \"\"");
        } else if kept.contains('\n') {
            for line in kept.lines() {
                self.text.push('\n');
                self.indent(depth + 1);
                self.text.push_str(line);
            }
        } else {
            let _ = write!(self.text, " {kept}");
        }
        if long {
            self.shortened = Shortened::Yes;
            self.text.push_str(&self.paint.dim(&format!("… ({count} characters)")));
        }
        self.text.push('\n');
    }

    /// Says how many are not shown.
    fn left(&mut self, count: usize, depth: usize) {
        if count > MOST {
            self.shortened = Shortened::Yes;
            self.indent(depth);
            let _ = writeln!(self.text, "{}", self.paint.dim(&format!("… {} more", count - MOST)));
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
    }
}

/// The length of a Buffer, as `JSON.stringify` writes one.
fn buffer(members: &Map<String, Value>) -> Option<usize> {
    let is_buffer = members.len() == 2 && members.get("type").and_then(Value::as_str) == Some("Buffer");
    members.get("data").and_then(Value::as_array).filter(|_| is_buffer).map(Vec::len)
}

/// What a base64 text is that begins as a picture or a PDF does, and its size.
pub(crate) fn picture(text: &str) -> Option<(&'static str, usize)> {
    let begins = [("iVBORw0KGgo", "PNG"), ("/9j/", "JPEG"), ("UklGR", "WebP"), ("JVBERi0", "PDF")];
    let (_, kind) = begins.into_iter().find(|(begin, _)| text.starts_with(begin))?;
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    (text.len() > 64 && text.bytes().all(base64)).then(|| (kind, text.trim_end_matches('=').len() * 3 / 4))
}

/// A number of bytes in the unit that suits.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} bytes"),
        1000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes % 1_000_000_000 / 100_000_000),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Shortened, results};
    use crate::terminal::Paint;

    #[test]
    fn results_are_a_tree() {
        let value = json!({
            "greeting": "Hello\u{1b}[2J", "empty": "", "n": 1.5, "none": null,
            "list": [{"name": "lamp", "price": 18}, [1, []], "two\nlines"],
        });
        let (text, shortened) = results(value.as_object().unwrap(), Paint::PLAIN);
        let wanted = "\
greeting: Hello\\x1b[2J
empty: \"\"
n: 1.5
none: null
list:
  -
    name: lamp
    price: 18
  -
    - 1
    - []
  -
    two
    lines
";
        assert_eq!((text.as_str(), shortened), (wanted, Shortened::No));
    }

    #[test]
    fn pictures_long_texts_and_long_lists_are_shortened() {
        let png = format!("iVBORw0KGgo{}", "A".repeat(2000));
        let value = json!({"shot": png, "text": "x".repeat(1000), "list": vec![0; 60],
            "bytes": {"type": "Buffer", "data": [1, 2, 3]}});
        let (text, shortened) = results(value.as_object().unwrap(), Paint::PLAIN);
        assert_eq!(shortened, Shortened::Yes);
        assert!(text.starts_with("shot: (PNG in base64, 1.5 kB)\ntext: xxx"), "{text}");
        assert!(text.contains("x… (1000 characters)\n") && text.contains("  … 10 more\n"), "{text}");
        assert!(text.ends_with("bytes: (Buffer, 3 bytes)\n"), "{text}");
    }
}

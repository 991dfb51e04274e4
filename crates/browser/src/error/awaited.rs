//! What a wait waits for.

use std::fmt;

/// What a wait waits for. The text is Puppeteer 1.20's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// A node.
    Node {
        /// `selector` or `XPath`.
        kind: &'static str,
        /// The selector, or the expression.
        name: String,
        /// Until it is not to be seen.
        hidden: bool,
    },
    /// A function's truth.
    Function,
    /// A page's asking for files.
    FileChooser,
    /// A target.
    Target,
    /// A page's asking for a device.
    DevicePrompt,
    /// A device to choose.
    Device,
}

impl Awaited {
    /// Returns the selector of a node, without the prefix that says how to read it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Node { name, .. } => {
                let prefixes = ["aria", "pierce", "text", "xpath"];
                let rest = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)?.strip_prefix(['/', '=']));
                rest.unwrap_or(name)
            }
            _ => "",
        }
    }

    /// Puppeteer 25's sentence when it did not come in time.
    pub(super) fn modern_timeout(&self, timeout: f64) -> String {
        match self {
            Self::Node { .. } | Self::Function => format!("Waiting failed: {timeout}ms exceeded"),
            Self::FileChooser => format!("Waiting for `FileChooser` failed: {timeout}ms exceeded"),
            Self::DevicePrompt => format!("Waiting for `DeviceRequestPrompt` failed: {timeout}ms exceeded"),
            Self::Device => format!("Waiting for `DeviceRequestPromptDevice` failed: {timeout}ms exceeded"),
            Self::Target => format!("Timed out after waiting {timeout}ms"),
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node { kind, name, hidden } => {
                write!(f, "{kind} \"{name}\"{}", if *hidden { " to be hidden" } else { "" })
            }
            Self::Function => f.write_str("function"),
            Self::FileChooser => f.write_str("waiting for file chooser"),
            Self::Target => f.write_str("target"),
            Self::DevicePrompt => f.write_str("device prompt"),
            Self::Device => f.write_str("device"),
        }
    }
}

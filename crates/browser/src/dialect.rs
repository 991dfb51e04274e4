//! Whose words and ways hold where the versions of Puppeteer contradict each other.

/// The version of Puppeteer that a script is written for. What only one of the versions has is there in both dialects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Puppeteer 1.20.
    #[default]
    V1,
    /// Puppeteer 25.
    V25,
}

impl Dialect {
    /// Tells whether it is Puppeteer 25's.
    pub fn is_modern(self) -> bool {
        self == Self::V25
    }
}

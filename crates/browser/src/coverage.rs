//! Puppeteer's `Coverage`: which parts of a page's scripts and style sheets were used.

mod css;
mod js;

use std::rc::Rc;

use serde::Serialize;

use css::CssCoverage;
pub use css::CssCoverageOptions;
use js::JsCoverage;
pub use js::JsCoverageOptions;

use crate::dialect::Dialect;
use crate::error::Error;
use crate::session::Session;

/// A stretch of a text, in UTF-16 code units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageRange {
    /// The first one.
    pub start: i64,
    /// After the last one.
    pub end: i64,
}

/// One script or style sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageEntry {
    /// Its address, or the name that it gives itself.
    pub url: String,
    /// The used parts, in order, none touching the next.
    pub ranges: Vec<CoverageRange>,
    /// All of it.
    pub text: String,
    /// V8's own counts, where they were asked for.
    #[serde(rename = "rawScriptCoverage", skip_serializing_if = "Option::is_none")]
    pub raw: Option<serde_json::Value>,
}

/// One page's coverage.
#[derive(Debug)]
pub struct Coverage {
    js: JsCoverage,
    css: CssCoverage,
}

impl Coverage {
    /// Makes the coverage of a page's session.
    pub fn new(session: Rc<Session>) -> Rc<Self> {
        Rc::new(Self { js: JsCoverage::new(session.clone()), css: CssCoverage::new(session) })
    }

    /// Starts with the scripts.
    ///
    /// # Errors
    /// [`Error::CoverageRuns`], and what the protocol refuses.
    pub async fn start_js_coverage(&self, options: JsCoverageOptions) -> Result<(), Error> {
        self.js.start(options).await
    }

    /// Stops, and says which parts of which scripts ran.
    ///
    /// # Errors
    /// [`Error::CoverageStopped`], and what the protocol refuses.
    pub async fn stop_js_coverage(&self, dialect: Dialect) -> Result<Vec<CoverageEntry>, Error> {
        self.js.stop(dialect).await
    }

    /// Starts with the style sheets.
    ///
    /// # Errors
    /// [`Error::CoverageRuns`], and what the protocol refuses.
    pub async fn start_css_coverage(&self, options: CssCoverageOptions) -> Result<(), Error> {
        self.css.start(options).await
    }

    /// Before the page goes elsewhere: what it has is asked for while it is there.
    pub(crate) async fn before_navigation(&self) {
        self.css.before_navigation().await;
    }

    /// Stops, and says which rules of which style sheets applied.
    ///
    /// # Errors
    /// [`Error::CoverageStopped`], and what the protocol refuses.
    pub async fn stop_css_coverage(&self, dialect: Dialect) -> Result<Vec<CoverageEntry>, Error> {
        self.css.stop(dialect).await
    }
}

/// A stretch as the protocol counts it; an inner one says more exactly what its outer one says.
#[derive(Clone, Copy, Debug)]
struct CountedRange {
    start: i64,
    end: i64,
    count: i64,
}

/// The stretches with a count, where the innermost decides; touching ones become one. The older Puppeteer takes single units
/// for noise.
fn used_ranges(mut nested: Vec<CountedRange>, dialect: Dialect) -> Vec<CoverageRange> {
    nested.retain(|range| range.start < range.end);
    // Outer ranges before the inner ones that start with them.
    nested.sort_by_key(|range| (range.start, -range.end));
    let mut used = Used::default();
    let mut open: Vec<CountedRange> = Vec::new();
    for range in nested {
        used.close_until(&mut open, range.start);
        used.advance(range.start, open.last());
        open.push(range);
    }
    used.close_until(&mut open, i64::MAX);
    let noise = if dialect.is_modern() { 0 } else { 1 };
    used.ranges.retain(|range| range.end - range.start > noise);
    used.ranges
}

#[derive(Default)]
struct Used {
    ranges: Vec<CoverageRange>,
    /// Everything before is decided.
    position: i64,
}

impl Used {
    /// Leaves the open ranges that end at `limit` or before it.
    fn close_until(&mut self, open: &mut Vec<CountedRange>, limit: i64) {
        while let Some(innermost) = open.last().copied().filter(|range| range.end <= limit) {
            self.advance(innermost.end, Some(&innermost));
            open.pop();
        }
    }

    /// Decides everything up to `to` by the innermost open range.
    fn advance(&mut self, to: i64, innermost: Option<&CountedRange>) {
        let start = self.position;
        if innermost.is_some_and(|range| range.count > 0) && start < to {
            match self.ranges.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = to,
                None => self.ranges.push(CoverageRange { start, end: to }),
            }
        }
        self.position = start.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(nested: &[(i64, i64, i64)]) -> Vec<(i64, i64)> {
        let nested = nested.iter().map(|&(start, end, count)| CountedRange { start, end, count }).collect();
        used_ranges(nested, Dialect::V1).into_iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn the_innermost_range_decides() {
        assert_eq!(used(&[(0, 61, 1), (17, 35, 0)]), [(0, 17), (35, 61)]);
        assert_eq!(used(&[(0, 100, 1), (20, 60, 0), (30, 40, 1)]), [(0, 20), (30, 40), (60, 100)]);
        assert_eq!(used(&[(0, 10, 1), (0, 10, 0)]), []);
    }

    #[test]
    fn touching_ranges_become_one() {
        assert_eq!(used(&[(0, 10, 1), (10, 20, 1), (20, 30, 0), (40, 50, 1)]), [(0, 20), (40, 50)]);
        assert_eq!(used(&[(0, 30, 1), (5, 10, 2)]), [(0, 30)]);
    }

    #[test]
    fn single_units_and_nothing_are_left_out() {
        assert_eq!(used(&[(0, 1, 1), (5, 5, 1)]), []);
        assert_eq!(used(&[]), []);
    }
}

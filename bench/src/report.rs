//! What was measured: rows of figures with what they are held against, as a table and as JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

/// One figure, and how it compares.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// Which part of the bench it belongs to.
    pub section: &'static str,
    /// What was measured.
    pub name: String,
    /// Of whom.
    pub subject: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// The figure divided by that of the subject it is held against.
    pub ratio: Option<Ratio>,
}

/// A comparison within one run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ratio {
    /// Against whom.
    pub against: String,
    /// Ours divided by theirs.
    pub value: f64,
    /// What we aim at, and whether it is reached.
    pub aim: Option<Aim>,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "value")]
pub(crate) enum Aim {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Aim {
    fn is_reached(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self, value: f64) -> String {
        let verdict = if self.is_reached(value) { "reached" } else { "MISSED" };
        match self {
            Self::AtMost(limit) => format!("aim <= {limit} {verdict}"),
            Self::AtLeast(limit) => format!("aim >= {limit} {verdict}"),
        }
    }
}

/// All rows of a run, printed as they come.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Where and on what it ran.
    pub machine: Value,
    /// What was measured.
    pub rows: Vec<Row>,
    /// Aims at figures themselves, by row.
    pub aims: Vec<FigureAim>,
}

/// An aim that needs no comparison.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FigureAim {
    /// The row.
    pub name: String,
    /// The figure.
    pub value: f64,
    /// What it should be.
    pub aim: Aim,
    /// Whether it is.
    pub reached: bool,
}

impl Report {
    /// Prints a section's title.
    pub(crate) fn section(&self, title: &str) {
        println!("\n{title}\n{}", "-".repeat(title.chars().count()));
    }

    /// Adds a figure.
    pub(crate) fn add(&mut self, section: &'static str, name: &str, subject: &str, value: f64, unit: &'static str) {
        self.push(Row { section, name: name.to_owned(), subject: subject.to_owned(), value, unit, ratio: None }, "");
    }

    /// Adds a figure that should be something by itself.
    pub(crate) fn add_with_aim(
        &mut self,
        section: &'static str,
        name: &str,
        subject: &str,
        value: (f64, &'static str),
        aim: Aim,
    ) {
        let (value, unit) = value;
        let reached = aim.is_reached(value);
        self.aims.push(FigureAim { name: format!("{name}, {subject}"), value, aim, reached });
        let row = Row { section, name: name.to_owned(), subject: subject.to_owned(), value, unit, ratio: None };
        self.push(row, &aim.text(value));
    }

    /// Prints and keeps how the figure of one subject compares with that of another.
    pub(crate) fn compare(
        &mut self,
        section: &'static str,
        name: &str,
        subject: &str,
        against: &str,
        aim: Option<Aim>,
    ) {
        let find = |wanted: &str| {
            self.rows.iter().find(|row| row.section == section && row.name == name && row.subject == wanted)
        };
        let (Some(ours), Some(theirs)) = (find(subject), find(against)) else { return };
        let value = ours.value / theirs.value;
        let ratio = Ratio { against: against.to_owned(), value, aim };
        let verdict = aim.map(|aim| aim.text(value)).unwrap_or_default();
        println!("  {name:<34} {subject:<28} = {value:>7.3} x {against:<26} {verdict}");
        let row = Row { ratio: Some(ratio), ..ours.clone() };
        self.rows.push(row);
    }

    fn push(&mut self, row: Row, verdict: &str) {
        println!("  {:<34} {:<28} {:>10} {:<9} {verdict}", row.name, row.subject, figure(row.value), row.unit);
        self.rows.push(row);
    }
}

fn figure(value: f64) -> String {
    let mut text = String::new();
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        3
    };
    write!(text, "{value:.digits$}").expect("a String takes all text");
    text
}

/// The value at this part (0 to 1) of the sorted samples. NaN of none.
pub(crate) fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return f64::NAN;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let index = (part * (sorted.len() - 1) as f64).round() as usize;
    sorted[index]
}

/// The middle of the samples.
pub(crate) fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

#[cfg(test)]
mod tests {
    use super::{Aim, median, quantile};

    #[test]
    fn quantiles_are_samples_of_the_sorted_row() {
        let samples = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!((median(&samples), quantile(&samples, 1.0)), (3.0, 5.0));
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn an_aim_says_whether_it_is_reached() {
        assert_eq!(Aim::AtMost(0.35).text(0.3), "aim <= 0.35 reached");
        assert_eq!(Aim::AtLeast(10.0).text(9.0), "aim >= 10 MISSED");
    }
}

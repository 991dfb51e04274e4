//! What languages and regions do differently, for `Intl` of job code.
//!
//! Order, borders of words, plural forms, case, the names of locales and the days of calendars are [ICU4X](https://github.com/unicode-org/icu4x)'s,
//! with its own data. What dates, numbers, lists and names look like comes from [`tables`], which have the Unicode CLDR as
//! `scripts/intl-tables.mjs` has written it: ICU4X's formatters have no counterpart for the single fields that ECMA-402
//! lets a script choose, nor stable ones for currencies, units and relative times.
//!
//! All data is part of the program's file: what nobody asks for costs no memory. Nothing here knows JavaScript.

mod calendar_days;
mod case;
mod collation;
mod plurals;
mod segments;
pub mod tables;
mod tags;

pub use calendar_days::{CalendarDay, calendar_day};
pub use case::{lowercase, uppercase};
pub use collation::{Collation, Collator};
pub use plurals::Plurals;
pub use segments::{Granularity, Segment, segments};
pub use tags::{canonical, maximize, minimize};

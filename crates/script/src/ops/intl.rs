//! Ops of `Intl` and of the methods that depend on a language: what crates/intl knows, and time zones.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use intl::{Collation, Collator, Granularity, Plurals};
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::resources::Resource;
use crate::scope::Scope;
use crate::value::{IntoValue, Value};

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("intl_table", |_, (name,): (String,)| Ok(intl::tables::table(&name)))?;
    ops.sync("intl_canonical", |_, (tag,): (String,)| Ok(intl::canonical(&tag)))?;
    ops.sync("intl_maximize", |_, (tag,): (String,)| Ok(intl::maximize(&tag)))?;
    ops.sync("intl_minimize", |_, (tag,): (String,)| Ok(intl::minimize(&tag)))?;
    ops.sync("intl_upper", |_, (text, tag): (String, String)| Ok(intl::uppercase(&text, &tag)))?;
    ops.sync("intl_lower", |_, (text, tag): (String, String)| Ok(intl::lowercase(&text, &tag)))?;
    ops.sync("intl_calendar_day", calendar_day)?;
    ops.sync("intl_plural", plural)?;
    ops.sync("intl_plural_categories", plural_categories)?;
    ops.sync("intl_collator", collator)?;
    ops.sync("intl_compare", compare)?;
    ops.sync("intl_segments", segments)
}

/// `[year, place of the month, its number, whether it is a leap month, day]`; null for a calendar that crates/intl leaves to JavaScript.
#[expect(clippy::cast_possible_truncation, reason = "a Date's day is within ±1e8")]
fn calendar_day(_: &Rc<Scope>, (calendar, days): (String, f64)) -> Result<Option<Value>, OpError> {
    let Some(day) = intl::calendar_day(&calendar, days as i64) else { return Ok(None) };
    let told = [
        f64::from(day.year).into_value(),
        f64::from(day.place).into_value(),
        f64::from(day.month).into_value(),
        day.is_leap_month.into_value(),
        f64::from(day.day).into_value(),
    ];
    Ok(Some(Value::Array(told.into())))
}

/// The rules of the languages that were asked for, by tag and kind. They do not depend on any job.
fn with_plurals<R>(tag: &str, ordinal: bool, ask: impl FnOnce(&Plurals) -> R) -> Result<R, OpError> {
    thread_local! {
        static RULES: RefCell<HashMap<(String, bool), Plurals>> = RefCell::default();
    }
    RULES.with_borrow_mut(|rules| {
        let key = (tag.to_owned(), ordinal);
        if !rules.contains_key(&key) {
            let made = Plurals::new(tag, ordinal).ok_or_else(|| unknown(tag))?;
            rules.insert(key.clone(), made);
        }
        Ok(ask(&rules[&key]))
    })
}

fn plural(_: &Rc<Scope>, (tag, ordinal, number): (String, bool, String)) -> Result<String, OpError> {
    with_plurals(&tag, ordinal, |rules| rules.category(&number).to_owned())
}

fn plural_categories(_: &Rc<Scope>, (tag, ordinal): (String, bool)) -> Result<Value, OpError> {
    let names = with_plurals(&tag, ordinal, Plurals::categories)?;
    Ok(Value::Array(names.into_iter().map(IntoValue::into_value).collect()))
}

/// An order of texts.
struct Order(Collator);

impl Resource for Order {
    fn class(&self) -> &'static str {
        "Collator"
    }
}

type OrderOptions = (String, String, bool, Option<bool>, Option<String>);

fn collator(
    _: &Rc<Scope>,
    (tag, sensitivity, ignore_punctuation, numeric, case_first): OrderOptions,
) -> Result<Rc<Order>, OpError> {
    let case_first = case_first.as_deref();
    let collation = Collation { sensitivity: &sensitivity, ignore_punctuation, numeric, case_first };
    Collator::new(&tag, collation).map(|made| Rc::new(Order(made))).ok_or_else(|| unknown(&tag))
}

/// -1, 0 or 1.
fn compare(_: &Rc<Scope>, (order, left, right): (Rc<Order>, String, String)) -> Result<f64, OpError> {
    Ok(f64::from(order.0.compare(&left, &right) as i8))
}

/// What a unit of a text takes at most until its pieces are in the engine.
const UNIT_BYTES: usize = 2 * size_of::<Value>() + size_of::<intl::Segment>() + 2;

/// For each piece its end and whether it is a word, all in one array.
fn segments(scope: &Rc<Scope>, (text, granularity, tag): (String, String, String)) -> Result<Value, OpError> {
    let granularity = match granularity.as_str() {
        "word" => Granularity::Word,
        "sentence" => Granularity::Sentence,
        _ => Granularity::Grapheme,
    };
    let held = text.len().saturating_mul(UNIT_BYTES);
    if !scope.meter.memory.take(held) {
        return Err(OpError::type_error("the job's memory does not suffice to cut a text of this length"));
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let pieces = intl::segments(&units, granularity, &tag);
    let told = pieces.into_iter().flat_map(|piece| [(piece.end as f64).into_value(), piece.is_word.into_value()]);
    let told = Value::Array(told.collect());
    scope.meter.memory.give_back(held);
    Ok(told)
}

fn unknown(tag: &str) -> OpError {
    OpError::type_error(format!("{tag:?} is not a language tag"))
}

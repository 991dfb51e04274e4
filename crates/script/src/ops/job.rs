//! Ops of the job itself: its log, its handles, its end.

use std::rc::Rc;

use job_model::Level;
use rquickjs as js;

use super::registry::Registry;
use crate::error::OpError;
use crate::error_place::ErrorPlace;
use crate::scope::Scope;
use crate::value::Value;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("log", log)?;
    ops.sync("log_last", log_last)?;
    ops.sync("release", release)?;
    ops.sync("job_began", began)?;
    ops.sync("job_ended", ended)?;
    ops.sync("job_threw", threw)?;
    ops.sync("job_failed", failed)?;
    ops.sync("job_error_at", error_at)?;
    ops.sync("job_is_whole", |scope, (): ()| Ok(scope.whole.get()))?;
    ops.sync("job_exit", exit)?;
    ops.sync("job_page", |scope, (): ()| Ok(scope.host.page.clone().map_or(Value::Undefined, Value::Resource)))?;
    ops.sync("job_shadowed", shadowed)
}

fn log(scope: &Rc<Scope>, (level, message): (String, String)) -> Result<(), OpError> {
    scope.log.write(level_of(&level), message);
    Ok(())
}

/// The line about the end of the code, which a job has once: code that got hold of its wrapper writes as any code does.
fn log_last(scope: &Rc<Scope>, (level, message): (String, String)) -> Result<(), OpError> {
    let level = level_of(&level);
    if scope.run_times.borrow_mut().take_last_line() {
        scope.log.write_last(level, message);
    } else {
        scope.log.write(level, message);
    }
    Ok(())
}

fn level_of(name: &str) -> Level {
    match name {
        "DEBUG" => Level::Debug,
        "WARN" => Level::Warn,
        "ERROR" => Level::Error,
        _ => Level::Info,
    }
}

/// The engine has collected the object of this id.
fn release(scope: &Rc<Scope>, (rid,): (u32,)) -> Result<(), OpError> {
    scope.resources.borrow_mut().release(rid);
    Ok(())
}

fn began(scope: &Rc<Scope>, (): ()) -> Result<(), OpError> {
    scope.run_times.borrow_mut().begin();
    Ok(())
}

/// The code has ended; answers how long it took, in milliseconds.
fn ended(scope: &Rc<Scope>, (): ()) -> Result<f64, OpError> {
    Ok(scope.run_times.borrow_mut().end() as f64)
}

/// The code threw; answers the text for the log.
fn threw(scope: &Rc<Scope>, (text,): (String,)) -> Result<String, OpError> {
    Ok(scope.meter.explain(text))
}

/// The code threw; the text is the job's error.
fn failed(scope: &Rc<Scope>, (error,): (String,)) -> Result<(), OpError> {
    scope.run_times.borrow_mut().error = Some(error);
    Ok(())
}

/// Where what is thrown comes from: the URL of the author's file, and the error with all its places.
fn error_at(scope: &Rc<Scope>, (url, line, column, stack): (String, u32, u32, String)) -> Result<(), OpError> {
    let links = scope.links.borrow().clone();
    let place = ErrorPlace::new(links.as_deref(), &url, (line, column), stack);
    scope.run_times.borrow_mut().place = Some(place);
    Ok(())
}

/// The code's own variable hides the global `results`.
fn shadowed(scope: &Rc<Scope>, (): ()) -> Result<(), OpError> {
    scope.run_times.borrow_mut().shadowed = true;
    Ok(())
}

/// The code has called `process.exit`. It does not run on: the caller spins until it is interrupted.
fn exit(scope: &Rc<Scope>, (code,): (i32,)) -> Result<(), OpError> {
    scope.meter.exit(code);
    Ok(())
}

//! Ops of the job itself: its log, its handles, its end.

use std::rc::Rc;

use job_model::Level;
use rquickjs as js;

use super::Registry;
use crate::error::OpError;
use crate::scope::Scope;

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("log", log)?;
    ops.sync("release", release)?;
    ops.sync("job_began", began)?;
    ops.sync("job_ended", ended)?;
    ops.sync("job_threw", threw)?;
    ops.sync("job_failed", failed)?;
    ops.sync("job_shadowed", shadowed)
}

fn log(scope: &Rc<Scope>, (level, message): (String, String)) -> Result<(), OpError> {
    let level = match level.as_str() {
        "DEBUG" => Level::Debug,
        "WARN" => Level::Warn,
        "ERROR" => Level::Error,
        _ => Level::Info,
    };
    scope.log.write(level, message);
    Ok(())
}

/// The engine has collected the object of this id.
fn release(scope: &Rc<Scope>, (rid,): (u32,)) -> Result<(), OpError> {
    scope.resources.borrow_mut().release(rid);
    Ok(())
}

fn began(scope: &Rc<Scope>, (): ()) -> Result<(), OpError> {
    scope.course.borrow_mut().begin();
    Ok(())
}

fn ended(scope: &Rc<Scope>, (): ()) -> Result<(), OpError> {
    scope.course.borrow_mut().end(&scope.log);
    Ok(())
}

/// The code threw; answers the text for the log.
fn threw(scope: &Rc<Scope>, (text,): (String,)) -> Result<String, OpError> {
    Ok(scope.watch.explain(text))
}

/// The code threw; the text is the job's error.
fn failed(scope: &Rc<Scope>, (error,): (String,)) -> Result<(), OpError> {
    scope.course.borrow_mut().error = Some(error);
    Ok(())
}

/// The code's own variable hides the global `results`.
fn shadowed(scope: &Rc<Scope>, (): ()) -> Result<(), OpError> {
    scope.course.borrow_mut().shadowed = true;
    Ok(())
}

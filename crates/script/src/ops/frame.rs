//! Ops of Frame.

use std::rc::Rc;

use ::browser::element_handle::ElementHandle;
use ::browser::frame::Frame;
use ::browser::remote_object::{Argument, PageFunction};
use ::browser::tags::Tag;
use ::browser::wait_task::{Polling, WaitForOptions};
use rquickjs as js;
use serde::Deserialize;

use super::keyboard::click_options;
use super::local_files::{self, Place};
use super::navigation::NavigationArgs;
use super::registry::Registry;
use crate::error::OpError;
use crate::scope::Scope;
use crate::value::Json;

type Evaluate = (Rc<Frame>, PageFunction, Vec<Argument>);
type EvalOnSelector = (Rc<Frame>, String, PageFunction, Vec<Argument>);
type Selector = (Rc<Frame>, String);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    state(ops)?;
    documents(ops)?;
    queries(ops)?;
    actions(ops)?;
    waits(ops)
}

fn state(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("frame_name", |_, (frame,): (Rc<Frame>,)| Ok(frame.name()))?;
    ops.sync("frame_url", |_, (frame,): (Rc<Frame>,)| Ok(frame.url()))?;
    ops.sync("frame_parent_frame", |_, (frame,): (Rc<Frame>,)| Ok(frame.parent_frame()))?;
    ops.sync("frame_child_frames", |_, (frame,): (Rc<Frame>,)| Ok(frame.child_frames()))?;
    ops.sync("frame_page", |_, (frame,): (Rc<Frame>,)| Ok(frame.page()?))?;
    ops.sync("frame_client", |_, (frame,): (Rc<Frame>,)| Ok(frame.client()?))?;
    ops.sync("frame_has_started_loading", |_, (frame,): (Rc<Frame>,)| Ok(frame.has_started_loading()))?;
    ops.sync("frame_is_detached", |_, (frame,): (Rc<Frame>,)| Ok(frame.is_detached()))
}

fn documents(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("frame_goto", |_, (frame, url, options): (Rc<Frame>, String, Json<NavigationArgs>)| async move {
        Ok(frame.goto(&url, options.0.goto()).await?)
    })?;
    ops.future("frame_wait_for_navigation", |_, (frame, options): (Rc<Frame>, Json<NavigationArgs>)| async move {
        Ok(frame.wait_for_navigation(options.0.navigation()).await?)
    })?;
    ops.future(
        "frame_set_content",
        |_, (frame, html, options): (Rc<Frame>, String, Json<NavigationArgs>)| async move {
            Ok(frame.set_content(&html, options.0.navigation()).await?)
        },
    )?;
    ops.future("frame_content", |_, (frame,): (Rc<Frame>,)| async move { Ok(frame.content().await?) })?;
    ops.future("frame_title", |_, (frame,): (Rc<Frame>,)| async move { Ok(frame.title().await?) })?;
    ops.future("frame_add_script_tag", add_script_tag)?;
    ops.future("frame_add_style_tag", add_style_tag)
}

fn queries(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future(
        "frame_execution_context",
        |_, (frame,): (Rc<Frame>,)| async move { Ok(frame.execution_context().await?) },
    )?;
    ops.future("frame_frame_element", |_, (frame,): (Rc<Frame>,)| async move { Ok(frame.frame_element().await?) })?;
    ops.future("frame_evaluate", |_, (frame, function, args): Evaluate| async move {
        Ok(frame.evaluate(function, args).await?)
    })?;
    ops.future("frame_evaluate_handle", |_, (frame, function, args): Evaluate| async move {
        Ok(frame.evaluate_handle(function, args).await?)
    })?;
    ops.future("frame_query_selector", |_, (frame, selector): Selector| async move {
        Ok(frame.query_selector(&selector).await?)
    })?;
    ops.future("frame_query_selector_all", |_, (frame, selector): Selector| async move {
        Ok(frame.query_selector_all(&selector).await?)
    })?;
    ops.future("frame_xpath", |_, (frame, expression): Selector| async move { Ok(frame.xpath(&expression).await?) })?;
    ops.future("frame_eval_on_selector", |_, (frame, selector, function, args): EvalOnSelector| async move {
        Ok(frame.eval_on_selector(&selector, function, args).await?)
    })?;
    ops.future("frame_eval_on_selector_all", |_, (frame, selector, function, args): EvalOnSelector| async move {
        Ok(frame.eval_on_selector_all(&selector, function, args).await?)
    })
}

fn actions(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future(
        "frame_click",
        |_, (frame, selector, options): (Rc<Frame>, String, Json<super::keyboard::ClickArgs>)| async move {
            Ok(frame.click(&selector, click_options(options.0)?).await?)
        },
    )?;
    ops.future("frame_focus", |_, (frame, selector): Selector| async move { Ok(frame.focus(&selector).await?) })?;
    ops.future("frame_hover", |_, (frame, selector): Selector| async move { Ok(frame.hover(&selector).await?) })?;
    ops.future("frame_tap", |_, (frame, selector): Selector| async move { Ok(frame.tap(&selector).await?) })?;
    ops.future("frame_select", |_, (frame, selector, values): (Rc<Frame>, String, Vec<String>)| async move {
        Ok(frame.select(&selector, values).await?)
    })?;
    ops.future("frame_type", |_, (frame, selector, text, delay): (Rc<Frame>, String, String, Option<f64>)| async move {
        Ok(frame.type_text(&selector, &text, delay).await?)
    })
}

/// As `js/puppeteer/options.js` makes them.
#[derive(Deserialize)]
pub(super) struct WaitArgs {
    visible: bool,
    hidden: bool,
    timeout: Option<f64>,
}

impl From<WaitArgs> for WaitForOptions {
    fn from(WaitArgs { visible, hidden, timeout }: WaitArgs) -> Self {
        Self { visible, hidden, timeout }
    }
}

fn waits(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future(
        "frame_wait_for_selector",
        |_, (frame, selector, options): (Rc<Frame>, String, Json<WaitArgs>)| async move {
            Ok(frame.wait_for_selector(&selector, options.0.into()).await?)
        },
    )?;
    ops.future("frame_wait_for_xpath", |_, (frame, path, options): (Rc<Frame>, String, Json<WaitArgs>)| async move {
        Ok(frame.wait_for_xpath(&path, options.0.into()).await?)
    })?;
    ops.future(
        "frame_wait_for_function",
        |_,
         (frame, function, polling, timeout, args): (
            Rc<Frame>,
            PageFunction,
            Json<serde_json::Value>,
            Option<f64>,
            Vec<Argument>,
        )| async move { Ok(frame.wait_for_function(function, Polling::parse(&polling.0)?, timeout, args).await?) },
    )
}

/// Frame, url, path, content, and `[type, id]`.
type ScriptTag = (Rc<Frame>, Option<String>, Option<String>, Option<String>, Vec<String>);
type StyleTag = (Rc<Frame>, Option<String>, Option<String>, Option<String>);

async fn add_script_tag(
    scope: Rc<Scope>,
    (frame, url, path, content, names): ScriptTag,
) -> Result<ElementHandle, OpError> {
    let place = local_files::place(&scope, "addScriptTag", path.as_deref())?;
    let mut names = names.into_iter().map(|name| Some(name).filter(|name| !name.is_empty()));
    let (kind, id) = (names.next().flatten(), names.next().flatten());
    let tag = Tag { url, path: None, content, kind, id };
    Ok(frame.add_script_tag(with_file(&scope, tag, place, |name| format!("//# sourceURL={name}"))?).await?)
}

async fn add_style_tag(scope: Rc<Scope>, (frame, url, path, content): StyleTag) -> Result<ElementHandle, OpError> {
    let place = local_files::place(&scope, "addStyleTag", path.as_deref())?;
    let tag = Tag { url, path: None, content, kind: None, id: None };
    Ok(frame.add_style_tag(with_file(&scope, tag, place, |name| format!("/*# sourceURL={name}*/"))?).await?)
}

/// A tag whose content is in a file. An address takes precedence.
fn with_file(scope: &Scope, tag: Tag, place: Option<Place>, name: fn(&str) -> String) -> Result<Tag, OpError> {
    Ok(match place {
        Some(Place::Job(file)) if tag.url.is_none() => {
            let text = local_files::read_text(scope, &file)?;
            Tag { content: Some(text + &name(file.as_str())), ..tag }
        }
        Some(Place::Machine(path)) => Tag { path: Some(path), ..tag },
        _ => tag,
    })
}

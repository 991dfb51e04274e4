//! Ops of ElementHandle.

use std::rc::Rc;

use ::browser::geometry::Quad;
use ::browser::js_handle::JSHandle;
use ::browser::remote_object::{Argument, PageFunction};
use rquickjs as js;
use serde_json::json;

use super::frame::WaitArgs;
use super::keyboard::{ClickArgs, Offset, PressArgs, click_options, press_options};
use super::local_files;
use super::model::element;
use super::registry::Registry;
use super::screenshot::{ScreenshotArgs, answer};
use crate::value::Json;

type Handle = (Rc<JSHandle>,);
type Selector = (Rc<JSHandle>, String);
type EvalOnSelector = (Rc<JSHandle>, String, PageFunction, Vec<Argument>);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    queries(ops)?;
    actions(ops)?;
    geometry(ops)
}

fn queries(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("element_handle_query_selector", |_, (handle, selector): Selector| async move {
        Ok(element(&handle)?.query_selector(&selector).await?)
    })?;
    ops.future("element_handle_query_selector_all", |_, (handle, selector): Selector| async move {
        Ok(element(&handle)?.query_selector_all(&selector).await?)
    })?;
    ops.future("element_handle_xpath", |_, (handle, expression): Selector| async move {
        Ok(element(&handle)?.xpath(&expression).await?)
    })?;
    ops.future(
        "element_handle_eval_on_selector",
        |_, (handle, selector, function, args): EvalOnSelector| async move {
            Ok(element(&handle)?.eval_on_selector(&selector, function, args).await?)
        },
    )?;
    ops.future(
        "element_handle_eval_on_selector_all",
        |_, (handle, selector, function, args): EvalOnSelector| async move {
            Ok(element(&handle)?.eval_on_selector_all(&selector, function, args).await?)
        },
    )?;
    ops.future("element_handle_content_frame", |_, (handle,): Handle| async move {
        Ok(element(&handle)?.content_frame().await?)
    })
}

fn actions(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("element_handle_hover", |_, (handle,): Handle| async move { Ok(element(&handle)?.hover().await?) })?;
    ops.future("element_handle_tap", |_, (handle,): Handle| async move { Ok(element(&handle)?.tap().await?) })?;
    ops.future("element_handle_focus", |_, (handle,): Handle| async move { Ok(element(&handle)?.focus().await?) })?;
    ops.future("element_handle_click", |_, (handle, options): (Rc<JSHandle>, Json<ClickArgs>)| async move {
        Ok(element(&handle)?.click(click_options(options.0)?).await?)
    })?;
    ops.future("element_handle_select", |_, (handle, values): (Rc<JSHandle>, Vec<String>)| async move {
        Ok(element(&handle)?.select(values).await?)
    })?;
    ops.future("element_handle_upload_file", |scope, (handle, paths): (Rc<JSHandle>, Vec<String>)| async move {
        let paths = local_files::uploads(&scope, "uploadFile", &paths)?;
        Ok(element(&handle)?.upload_file(&paths).await?)
    })?;
    ops.future("element_handle_type", |_, (handle, text, delay): (Rc<JSHandle>, String, Option<f64>)| async move {
        Ok(element(&handle)?.type_text(&text, delay).await?)
    })?;
    ops.future(
        "element_handle_press",
        |_, (handle, key, options): (Rc<JSHandle>, String, Json<PressArgs>)| async move {
            Ok(element(&handle)?.press(&key, press_options(options.0)).await?)
        },
    )
}

fn geometry(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("element_handle_frame", |_, (handle,): Handle| Ok(element(&handle)?.frame()?))?;
    ops.future("element_handle_scroll_into_view", |_, (handle,): Handle| async move {
        Ok(element(&handle)?.scroll_into_view_if_needed().await?)
    })?;
    ops.future("element_handle_clickable_point", |_, (handle, offset): (Rc<JSHandle>, Option<Json<Offset>>)| {
        let offset = offset.map(|offset| offset.0.into());
        async move {
            let point = element(&handle)?.clickable_point(offset).await?;
            Ok(json!({"x": point.x, "y": point.y}))
        }
    })?;
    ops.future("element_handle_bounding_box", |_, (handle,): Handle| async move {
        let found = element(&handle)?.bounding_box().await?;
        Ok(found.map(|found| json!({"x": found.x, "y": found.y, "width": found.width, "height": found.height})))
    })?;
    ops.future("element_handle_box_model", |_, (handle,): Handle| async move {
        let found = element(&handle)?.box_model().await?;
        let quad = |quad: Quad| quad.0.map(|point| json!({"x": point.x, "y": point.y}));
        Ok(found.map(|found| {
            json!({
                "content": quad(found.content),
                "padding": quad(found.padding),
                "border": quad(found.border),
                "margin": quad(found.margin),
                "width": found.width,
                "height": found.height,
            })
        }))
    })?;
    ops.future("element_handle_is_intersecting_viewport", |_, (handle, threshold): (Rc<JSHandle>, f64)| async move {
        Ok(element(&handle)?.is_intersecting_viewport(threshold).await?)
    })?;
    ops.future("element_handle_backend_node_id", |_, (handle,): Handle| async move {
        Ok(element(&handle)?.backend_node_id().await?)
    })?;
    ops.future(
        "element_handle_wait_for_selector",
        |_, (handle, selector, options): (Rc<JSHandle>, String, Json<WaitArgs>)| async move {
            Ok(element(&handle)?.wait_for_selector(&selector, options.0.into()).await?)
        },
    )?;
    ops.future(
        "element_handle_screenshot",
        |scope, (handle, options): (Rc<JSHandle>, Json<ScreenshotArgs>)| async move {
            let (options, form) = options.0.read(&scope, "elementHandle.screenshot")?;
            answer(&scope, element(&handle)?.screenshot(&options).await?, form).await
        },
    )
}

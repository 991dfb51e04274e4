//! Ops of Page. What concerns one document is an op of its main frame.

use std::rc::Rc;

use ::browser::binding::BindingCall;
use ::browser::emulation::{Geolocation, IdleState, Viewport};
use ::browser::event::PageEventKind;
use ::browser::file_chooser::FileChooser;
use ::browser::js_handle::JSHandle;
use ::browser::network_manager::{Conditions, UserAgent};
use ::browser::page::{Cache, Page};
use json_text::without_lone_surrogates;
use rquickjs as js;
use serde_json::Map;

use super::local_files;
use super::model::json;
use super::navigation::NavigationArgs;
use super::pdf::PdfArgs;
use super::registry::Registry;
use super::screenshot::{ScreenshotArgs, answer};
use crate::error::OpError;
use crate::value::{Bytes, Json};

type This = (Rc<Page>,);
type Flag = (Rc<Page>, bool);

pub(super) fn register(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    state(ops)?;
    parts(ops)?;
    navigation(ops)?;
    settings(ops)?;
    emulation(ops)?;
    network(ops)?;
    captures(ops)?;
    bindings(ops)
}

fn state(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("page_url", |_, (page,): This| Ok(page.url()))?;
    ops.sync("page_is_closed", |_, (page,): This| Ok(page.is_closed()))?;
    ops.sync("page_viewport", |_, (page,): This| {
        Ok(page.viewport().and_then(|viewport| serde_json::to_value(viewport).ok()))
    })?;
    ops.sync("page_listen", |_, (page, name, hears): (Rc<Page>, String, bool)| {
        if let Some(kind) = PageEventKind::parse(&name) {
            page.set_has_listeners(kind, hears);
        }
        Ok(())
    })?;
    ops.future("page_bring_to_front", |_, (page,): This| async move { Ok(page.bring_to_front().await?) })?;
    ops.future("page_metrics", |_, (page,): This| async move { Ok(page.metrics().await?) })?;
    ops.future(
        "page_close",
        |_, (page, run_before_unload): Flag| async move { Ok(page.close(run_before_unload).await?) },
    )
}

fn parts(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("page_keyboard", |_, (page,): This| Ok(page.keyboard().clone()))?;
    ops.sync("page_mouse", |_, (page,): This| Ok(page.mouse().clone()))?;
    ops.sync("page_touchscreen", |_, (page,): This| Ok(page.touchscreen().clone()))?;
    ops.sync("page_coverage", |_, (page,): This| Ok(page.coverage().clone()))?;
    ops.sync("page_tracing", |_, (page,): This| Ok(page.tracing().clone()))?;
    ops.sync("page_accessibility", |_, (page,): This| Ok(page.accessibility().clone()))?;
    ops.sync("page_target", |_, (page,): This| Ok(page.target().clone()))?;
    ops.sync("page_browser", |_, (page,): This| Ok(page.browser()?))?;
    ops.sync("page_browser_context", |_, (page,): This| Ok(page.browser_context().clone()))?;
    ops.sync("page_main_frame", |_, (page,): This| Ok(page.main_frame().clone()))?;
    ops.sync("page_frames", |_, (page,): This| Ok(page.frames()))?;
    ops.sync("page_workers", |_, (page,): This| Ok(page.workers()))
}

fn navigation(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_reload", |_, (page, options, ignore): (Rc<Page>, Json<NavigationArgs>, bool)| async move {
        let cache = if ignore { Cache::Ignored } else { Cache::Used };
        Ok(page.reload(options.0.navigation(), cache).await?)
    })?;
    ops.future("page_go_back", |_, (page, options): (Rc<Page>, Json<NavigationArgs>)| async move {
        Ok(page.go_back(options.0.navigation()).await?)
    })?;
    ops.future("page_go_forward", |_, (page, options): (Rc<Page>, Json<NavigationArgs>)| async move {
        Ok(page.go_forward(options.0.navigation()).await?)
    })?;
    ops.future("page_query_objects", |_, (page, prototype): (Rc<Page>, Rc<JSHandle>)| async move {
        Ok(page.query_objects(&prototype).await?)
    })?;
    ops.future(
        "page_evaluate_on_new_document",
        |_, (page, text, arguments): (Rc<Page>, String, Option<String>)| async move {
            // As JSON the arguments may hold halves of surrogate pairs, which no other call lets the page see.
            let call = arguments.map(|list| format!("({text})({})", without_lone_surrogates(&list)));
            Ok(page.evaluate_on_new_document(&call.unwrap_or(text)).await?)
        },
    )?;
    ops.future(
        "page_remove_script_to_evaluate_on_new_document",
        |_, (page, identifier): (Rc<Page>, String)| async move {
            Ok(page.remove_script_to_evaluate_on_new_document(&identifier).await?)
        },
    )?;
    ops.future(
        "page_wait_for_network_idle",
        |_, (page, idle_time, concurrency, timeout): (Rc<Page>, f64, usize, Option<f64>)| async move {
            Ok(page.wait_for_network_idle(idle_time, concurrency, timeout).await?)
        },
    )?;
    ops.future("page_wait_for_file_chooser", |_, (page, timeout): (Rc<Page>, Option<f64>)| async move {
        let chooser: Rc<FileChooser> = page.wait_for_file_chooser(timeout).await?;
        Ok(chooser)
    })
}

fn settings(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("page_default_timeout", |_, (page,): This| Ok(page.default_timeout()))?;
    ops.sync("page_default_navigation_timeout", |_, (page,): This| Ok(page.default_navigation_timeout()))?;
    ops.sync("page_set_default_timeout", |_, (page, timeout): (Rc<Page>, f64)| {
        page.set_default_timeout(timeout);
        Ok(())
    })?;
    ops.sync("page_set_default_navigation_timeout", |_, (page, timeout): (Rc<Page>, f64)| {
        page.set_default_navigation_timeout(timeout);
        Ok(())
    })?;
    ops.future(
        "page_set_bypass_csp",
        |_, (page, enabled): Flag| async move { Ok(page.set_bypass_csp(enabled).await?) },
    )?;
    ops.future("page_set_java_script_enabled", |_, (page, enabled): Flag| async move {
        Ok(page.set_java_script_enabled(enabled).await?)
    })
}

fn drags(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.sync("page_is_drag_interception_enabled", |_, (page,): This| Ok(page.intercepts_drags()))?;
    ops.future("page_set_drag_interception", |_, (page, enabled): Flag| async move {
        Ok(page.set_drag_interception(enabled).await?)
    })?;
    ops.sync("page_is_dragging", |_, (page,): This| Ok(page.is_dragging()))?;
    ops.sync("page_set_dragging", |_, (page, dragging): Flag| {
        page.set_dragging(dragging);
        Ok(())
    })
}

fn emulation(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_set_viewport", |_, (page, viewport): (Rc<Page>, Json<Viewport>)| async move {
        Ok(page.set_viewport(viewport.0).await?)
    })?;
    ops.future("page_clear_viewport", |_, (page,): This| async move { Ok(page.clear_viewport().await?) })?;
    ops.future(
        "page_set_user_agent",
        |_, (page, text, metadata, platform): (Rc<Page>, String, Option<String>, Option<String>)| async move {
            let metadata = metadata.as_deref().map(json).transpose()?;
            Ok(page.set_user_agent(UserAgent { text: Some(text), metadata, platform }).await?)
        },
    )?;
    ops.future("page_emulate_locale", |_, (page, locale): (Rc<Page>, Option<String>)| async move {
        page.emulation().emulate_locale(locale.as_deref()).await?;
        Ok(page.network().set_accept_language(locale).await?)
    })?;
    ops.future("page_emulate_focused_page", |_, (page, enabled): Flag| async move {
        Ok(page.emulation().emulate_focused_page(enabled).await?)
    })?;
    ops.future(
        "page_emulate_idle_state",
        |_, (page, given, is_user_active, is_screen_unlocked): (Rc<Page>, bool, bool, bool)| async move {
            let state = given.then_some(IdleState { is_user_active, is_screen_unlocked });
            Ok(page.emulation().emulate_idle_state(state).await?)
        },
    )?;
    ops.future(
        "page_clear_geolocation",
        |_, (page,): This| async move { Ok(page.emulation().clear_geolocation().await?) },
    )?;
    drags(ops)?;
    ops.future("page_emulate_media", |_, (page, media): (Rc<Page>, Option<String>)| async move {
        Ok(page.emulation().emulate_media_type(media.as_deref()).await?)
    })?;
    ops.sync("page_is_java_script_enabled", |_, (page,): This| Ok(page.is_java_script_enabled()))?;
    ops.future(
        "page_emulate_media_features",
        |_, (page, features): (Rc<Page>, Json<Vec<(String, String)>>)| async move {
            Ok(page.emulation().emulate_media_features(features.0).await?)
        },
    )?;
    ops.future("page_emulate_timezone", |_, (page, timezone): (Rc<Page>, Option<String>)| async move {
        Ok(page.emulation().emulate_timezone(timezone.as_deref()).await?)
    })?;
    ops.future("page_emulate_cpu_throttling", |_, (page, factor): (Rc<Page>, Option<f64>)| async move {
        Ok(page.emulation().emulate_cpu_throttling(factor).await?)
    })?;
    ops.future("page_emulate_vision_deficiency", |_, (page, deficiency): (Rc<Page>, Option<String>)| async move {
        Ok(page.emulation().emulate_vision_deficiency(deficiency.as_deref()).await?)
    })?;
    ops.future(
        "page_set_geolocation",
        |_, (page, longitude, latitude, accuracy): (Rc<Page>, f64, f64, f64)| async move {
            Ok(page.emulation().set_geolocation(Geolocation { longitude, latitude, accuracy }).await?)
        },
    )
}

fn network(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_cookies", |_, (page, urls): (Rc<Page>, Vec<String>)| async move {
        let cookies = page.cookies(urls).await?;
        serde_json::to_value(cookies).map_err(|error| OpError::error(error.to_string()))
    })?;
    ops.future("page_set_cookies", |_, (page, cookies): (Rc<Page>, String)| async move {
        Ok(page.set_cookies(objects(&cookies)?).await?)
    })?;
    ops.future("page_delete_cookies", |_, (page, cookies): (Rc<Page>, String)| async move {
        Ok(page.delete_cookies(objects(&cookies)?).await?)
    })?;
    ops.future("page_set_request_interception", |_, (page, value): Flag| async move {
        Ok(page.set_request_interception(value).await?)
    })?;
    ops.future("page_set_offline_mode", |_, (page, offline): Flag| async move {
        Ok(page.set_offline_mode(offline).await?)
    })?;
    ops.future("page_set_cache_enabled", |_, (page, enabled): Flag| async move {
        Ok(page.set_cache_enabled(enabled).await?)
    })?;
    ops.sync("page_is_service_worker_bypassed", |_, (page,): This| Ok(page.network().bypasses_service_worker()))?;
    ops.future("page_set_bypass_service_worker", |_, (page, bypass): Flag| async move {
        Ok(page.network().set_bypass_service_worker(bypass).await?)
    })?;
    ops.future(
        "page_emulate_network_conditions",
        |_, (page, offline, upload, download, latency): (Rc<Page>, bool, f64, f64, f64)| async move {
            let conditions = Conditions { offline, upload, download, latency };
            Ok(page.network().emulate_network_conditions(conditions).await?)
        },
    )?;
    ops.future(
        "page_authenticate",
        |_, (page, given, username, password): (Rc<Page>, bool, String, String)| async move {
            Ok(page.authenticate(given.then_some((username, password))).await?)
        },
    )?;
    ops.future(
        "page_set_extra_http_headers",
        |_, (page, headers): (Rc<Page>, Json<Vec<(String, String)>>)| async move {
            Ok(page.set_extra_http_headers(headers.0).await?)
        },
    )
}

/// A list of objects as the prelude's `JSON.stringify` has made it.
fn objects(text: &str) -> Result<Vec<Map<String, serde_json::Value>>, OpError> {
    serde_json::from_value(json(text)?).map_err(|_| OpError::type_error("a cookie must be an object"))
}

fn captures(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_screenshot", |scope, (page, options): (Rc<Page>, Json<ScreenshotArgs>)| async move {
        let (options, form) = options.0.read(&scope, "page.screenshot")?;
        answer(&scope, page.screenshot(&options).await?, form).await
    })?;
    ops.future("page_capture_heap_snapshot", |scope, (page, path): (Rc<Page>, String)| async move {
        let place = local_files::place(&scope, "page.captureHeapSnapshot", Some(&path))?;
        local_files::write(&scope, place, &page.heap_snapshot().await?).await
    })?;
    ops.future("page_pdf", |scope, (page, options): (Rc<Page>, Json<PdfArgs>)| async move {
        let (options, path) = options.0.read(scope.dialect());
        let place = local_files::place(&scope, "page.pdf", path.as_deref())?;
        let document = page.pdf(&options).await?;
        local_files::write(&scope, place, &document).await?;
        Ok(Bytes(document))
    })
}

/// Functions of the job that the page can call.
fn bindings(ops: &mut Registry<'_, '_>) -> js::Result<()> {
    ops.future("page_expose_binding", |_, (page, name): (Rc<Page>, String)| async move {
        Ok(page.expose_binding(&name).await?)
    })?;
    ops.future("page_remove_binding", |_, (page, name): (Rc<Page>, String)| async move {
        Ok(page.remove_binding(&name).await?)
    })?;
    ops.sync("binding_call_name", |_, (call,): (Rc<BindingCall>,)| Ok(call.name().to_owned()))?;
    ops.sync("binding_call_args", |_, (call,): (Rc<BindingCall>,)| Ok(call.args().to_vec()))?;
    ops.sync("binding_call_resolve", |_, (call, value): (Rc<BindingCall>, Option<String>)| {
        call.resolve(value.as_deref().map(json).transpose()?.as_ref());
        Ok(())
    })?;
    ops.sync("binding_call_resolve_number", |_, (call, number): (Rc<BindingCall>, f64)| {
        call.resolve_number(number);
        Ok(())
    })?;
    ops.sync("binding_call_reject_error", |_, (call, message, stack): (Rc<BindingCall>, String, String)| {
        call.reject_error(&message, &stack);
        Ok(())
    })?;
    ops.sync("binding_call_reject_value", |_, (call, value): (Rc<BindingCall>, Option<String>)| {
        call.reject_value(value.as_deref().map(json).transpose()?.as_ref());
        Ok(())
    })
}

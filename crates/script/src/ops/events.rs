//! What the model tells: each event becomes one for the listeners of its JavaScript object.

use std::rc::Rc;

use ::browser::browser::Browser;
use ::browser::event::{Event, PageEvent};
use ::browser::exception::Exception;
use ::browser::page::Page;
use ::browser::target::Target;

use job_model::Level;

use super::downloads;
use super::model::member;
use crate::error::OpError;
use crate::resources::{Resource, ResourceRef};
use crate::scope::Scope;
use crate::value::{IntoValue, Value};

/// From now on the events of the browser that has the job's page go to this job, until the job is gone.
pub(crate) fn attach(scope: &Rc<Scope>) {
    let page = scope.host.page.as_ref().and_then(ResourceRef::downcast::<Page>);
    let Some(browser) = page.and_then(|page| page.browser().ok()) else { return };
    let job = Rc::downgrade(scope);
    let told = Rc::downgrade(&browser);
    browser.set_event_sink(Rc::new(move |event| {
        if let (Some(scope), Some(browser)) = (job.upgrade(), told.upgrade()) {
            tell(&scope, &browser, event);
        }
    }));
}

fn tell(scope: &Scope, browser: &Rc<Browser>, event: Event) {
    match event {
        Event::TargetCreated(target) => tell_target(scope, browser, "targetcreated", &target),
        Event::TargetChanged(target) => tell_target(scope, browser, "targetchanged", &target),
        Event::TargetDestroyed(target) => tell_target(scope, browser, "targetdestroyed", &target),
        Event::Disconnected => scope.emit(browser, "disconnected", Vec::new()),
        Event::Refused(text) => scope.log.write(Level::Warn, text),
        Event::BadCertificate(host) => {
            scope.log.write(Level::Warn, accepted_certificate(&host));
        }
        Event::Download(event) => downloads::note(scope, browser, event),
        Event::DownloadFolder(folder) => downloads::set_folder(scope, &folder),
        Event::Page(page, event) => tell_page(scope, &page, event),
        Event::WorkerConsole(worker, message) => scope.emit(&worker, "console", vec![resource(&message)]),
        Event::WorkerError(worker, thrown) => scope.emit(&worker, "error", vec![thrown.text().into_value()]),
        Event::DeviceFound(prompt, device) => {
            let told = serde_json::json!({"id": device.id, "name": device.name});
            scope.emit(&prompt, "device", vec![told.into_value()]);
        }
        Event::CdpSession(session, method, params) => {
            scope.emit(&session, "event", vec![method.into_value(), params.into_value()]);
        }
    }
}

/// The line about a host whose certificate is believed though it is not valid.
pub(super) fn accepted_certificate(host: &str) -> String {
    format!("The certificate of {host} is not valid and is accepted (IGNORE_HTTPS_ERRORS)")
}

fn tell_target(scope: &Scope, browser: &Rc<Browser>, name: &'static str, target: &Rc<Target>) {
    scope.emit(browser, name, vec![resource(target)]);
    scope.emit(target.browser_context(), name, vec![resource(target)]);
}

fn tell_page(scope: &Scope, page: &Rc<Page>, event: PageEvent) {
    // Whoever awaits something of it waits until the deadline, as in Puppeteer.
    if let PageEvent::Error(error) = &event {
        scope.log.write(Level::Warn, error.to_string());
    }
    // What nobody listens to need not cross.
    let kind = event.kind();
    if kind.name().is_some() && !page.has_listeners(kind) {
        return;
    }
    let (name, argument) = match event {
        PageEvent::Close => ("close", None),
        PageEvent::Console(message) => ("console", Some(resource(&message))),
        PageEvent::Dialog(dialog) => ("dialog", Some(resource(&dialog))),
        PageEvent::DomContentLoaded => ("domcontentloaded", None),
        PageEvent::Error(error) => ("error", Some(OpError::from(error).message.into_value())),
        PageEvent::FrameAttached(frame) => ("frameattached", Some(resource(&frame))),
        PageEvent::FrameDetached(frame) => ("framedetached", Some(resource(&frame))),
        PageEvent::FrameNavigated(frame) => ("framenavigated", Some(resource(&frame))),
        PageEvent::Load => ("load", None),
        PageEvent::Metrics { title, metrics } => {
            ("metrics", Some(serde_json::json!({"title": title, "metrics": metrics}).into_value()))
        }
        PageEvent::PageError(thrown) => ("pageerror", Some(page_error(scope, &thrown))),
        PageEvent::Popup(popup) => ("popup", Some(resource(&popup))),
        PageEvent::Request(request) => ("request", Some(resource(&request))),
        PageEvent::RequestFailed(request) => ("requestfailed", Some(resource(&request))),
        PageEvent::RequestFinished(request) => ("requestfinished", Some(resource(&request))),
        PageEvent::RequestServedFromCache(request) => ("requestservedfromcache", Some(resource(&request))),
        PageEvent::Issue(issue) => ("issue", Some(issue.into_value())),
        PageEvent::Response(response) => ("response", Some(resource(&response))),
        PageEvent::WorkerCreated(worker) => ("workercreated", Some(resource(&worker))),
        PageEvent::WorkerDestroyed(worker) => ("workerdestroyed", Some(resource(&worker))),
        PageEvent::BindingCalled(call) => ("bindingcalled", Some(resource(&call))),
    };
    scope.emit(page, name, argument.into_iter().collect());
}

/// For 1.20 the text alone. For 25 `{value}`, or `{name, message, pageStack}`.
fn page_error(scope: &Scope, thrown: &Exception) -> Value {
    if !scope.dialect().is_modern() {
        return thrown.text().into_value();
    }
    Value::Object(match thrown.value() {
        Some(value) => vec![member("value", value.into_value())],
        None => {
            let (name, message) = thrown.name_and_message();
            vec![
                member("name", name.into_value()),
                member("message", message.into_value()),
                member("pageStack", thrown.stack().into_value()),
            ]
        }
    })
}

fn resource<T: Resource>(object: &Rc<T>) -> Value {
    Value::Resource(ResourceRef::new(Rc::clone(object)))
}

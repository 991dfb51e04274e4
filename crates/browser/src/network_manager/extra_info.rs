//! What the network itself says of a request or an answer comes in an event of its own, before or after the other one.

use std::collections::VecDeque;

use serde_json::Value;

use super::{KEPT, NetworkManager, text};
use crate::session::RawEvent;

impl NetworkManager {
    /// Tells whether the event, or an earlier one, is of an answer for which the network's own event has not come yet.
    pub(super) fn must_wait(&self, event: &RawEvent) -> bool {
        let params = &event.params;
        let needs = match event.method.as_str() {
            "Network.responseReceived" => {
                let is_cached = self.request(params).is_none_or(|request| request.is_from_memory_cache());
                params["hasExtraInfo"] == true && !is_cached
            }
            "Network.requestWillBeSent" => params["redirectHasExtraInfo"] == true && self.request(params).is_some(),
            "Network.loadingFinished" | "Network.loadingFailed" => false,
            _ => return false,
        };
        let id = text(params, "requestId");
        let is_behind = self.waiting.borrow().contains_key(id);
        let has_none = || self.extra_infos.borrow().get(id).is_none_or(VecDeque::is_empty);
        is_behind || needs && has_none()
    }

    /// The headers that a request really has, its cookies among them. Newer Puppeteers alone show them.
    pub(super) fn on_request_extra_info(&self, params: &Value) {
        if self.page.upgrade().is_none_or(|page| !page.dialect().is_modern()) {
            return;
        }
        if let Some(request) = self.request(params) {
            return request.add_headers(&params["headers"]);
        }
        let mut headers = self.request_headers.borrow_mut();
        if headers.len() > KEPT {
            headers.clear();
        }
        headers.entry(text(params, "requestId").to_owned()).or_default().push_back(params["headers"].clone());
    }

    /// Returns the headers that came before the request of that id was told.
    pub(super) fn known_headers(&self, id: &str) -> Option<Value> {
        let mut known = self.request_headers.borrow_mut();
        let headers = known.get_mut(id)?.pop_front();
        if known.get(id).is_some_and(VecDeque::is_empty) {
            known.remove(id);
        }
        headers
    }

    pub(super) fn on_extra_info(&self, params: &Value) {
        let id = text(params, "requestId").to_owned();
        let mut infos = self.extra_infos.borrow_mut();
        if infos.len() > KEPT {
            // What nobody asked for, as the answers of requests that failed meanwhile.
            infos.clear();
        }
        infos.entry(id.clone()).or_default().push_back(params.clone());
        drop(infos);
        let waiting = self.waiting.borrow_mut().remove(&id);
        for (session, event) in waiting.into_iter().flatten() {
            self.on_event(&session, &event);
        }
    }

    /// Returns what the network itself said of the answer that is reported now.
    pub(super) fn extra_info(&self, params: &Value, flag: &str) -> Option<Value> {
        if params[flag] != true {
            return None;
        }
        self.extra_infos.borrow_mut().get_mut(text(params, "requestId"))?.pop_front()
    }
}

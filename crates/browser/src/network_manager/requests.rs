//! How a request comes to be: announced by `Network`, held by `Fetch`, redirected, or asked for credentials.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{NetworkManager, text};
use crate::error::Error;
use crate::event::PageEvent;
use crate::frame::Frame;
use crate::request::{Held, Interception, Request};
use crate::response::Response;
use crate::session::Session;

/// Where a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Network,
    Memory,
}

impl NetworkManager {
    pub(super) fn on_announced(&self, session: &Rc<Session>, params: &Value) {
        let is_data = params["request"]["url"].as_str().is_some_and(|url| url.starts_with("data:"));
        if !self.intercepts.get() || is_data {
            return self.on_request(session, params, None);
        }
        let id = text(params, "requestId");
        let held = self.held.borrow_mut().remove(id);
        match held {
            Some(held) => self.on_request(session, params, Some(held)),
            None => drop(self.announced.borrow_mut().insert(id.to_owned(), (session.clone(), params.clone()))),
        }
    }

    pub(super) fn on_held(&self, session: &Rc<Session>, params: &Value) {
        let interception = text(params, "requestId").to_owned();
        if !self.script_intercepts.get() && self.intercepts.get() {
            session.post("Fetch.continueRequest", json!({"requestId": interception}));
        }
        let Some(id) = params["networkId"].as_str() else {
            // Preflights and the like, which `Network` says nothing about. They never end, so they are not counted.
            if self.script_intercepts.get() {
                self.on_unannounced(session, params, interception);
            }
            return;
        };
        let headers = params["request"]["headers"].clone();
        let held = Held { id: interception, session: session.clone(), headers };
        let announced = self.announced.borrow_mut().remove(id);
        let is_known = announced.is_none() && self.requests.borrow().contains_key(id);
        if is_known && params["redirectedRequestId"].is_null() {
            // Chromium holds a request for a font twice. The script has had its word.
            if self.script_intercepts.get() {
                session.post("Fetch.continueRequest", json!({"requestId": held.id}));
            }
            return;
        }
        match announced {
            Some((announced, announcement)) => self.on_request(&announced, &announcement, Some(held)),
            None => drop(self.held.borrow_mut().insert(id.to_owned(), held)),
        }
    }

    fn on_unannounced(&self, session: &Rc<Session>, params: &Value, interception: String) {
        let mut event = params.clone();
        event["type"] = params["resourceType"].clone();
        let frame = self.frame_of(params);
        let held = Held { id: interception, session: session.clone(), headers: Value::Null };
        let interception = Interception { held: Some(held), allowed: true };
        self.emit(PageEvent::Request(Request::new(session.clone(), frame, interception, &event, Vec::new())));
    }

    fn frame_of(&self, params: &Value) -> Option<Rc<Frame>> {
        self.page.upgrade()?.frame_manager().frame(params["frameId"].as_str()?)
    }

    pub(super) fn on_request(&self, session: &Rc<Session>, params: &Value, held: Option<Held>) {
        self.on_request_of(session, params, held, Source::Network);
    }

    pub(super) fn on_request_of(&self, session: &Rc<Session>, params: &Value, held: Option<Held>, source: Source) {
        let mut earlier = Vec::new();
        if params["redirectResponse"].is_object() {
            // A session that was attached late has missed the beginning.
            if let Some(request) = self.request(params) {
                self.on_redirected(&request, params);
                earlier = request.into_chain();
            }
        }
        let frame = self.frame_of(params);
        let interception = Interception { held, allowed: self.script_intercepts.get() };
        let request = Request::new(session.clone(), frame, interception, params, earlier);
        if source == Source::Memory {
            request.set_from_memory_cache();
        }
        if let Some(headers) = self.known_headers(request.id()) {
            request.add_headers(&headers);
        }
        self.requests.borrow_mut().insert(request.id().to_owned(), request.clone());
        self.emit(PageEvent::Request(request));
    }

    fn on_redirected(&self, request: &Rc<Request>, params: &Value) {
        let extra = self.extra_info(params, "redirectHasExtraInfo");
        let response = Response::new(request, &params["redirectResponse"], extra.as_ref(), self.proxy());
        request.set_response(response.clone());
        response.on_loaded(Err(Error::message("Response body is unavailable for redirect responses")));
        self.take_request(params);
        self.emit(PageEvent::Response(response));
        self.emit(PageEvent::RequestFinished(request.clone()));
    }

    pub(super) fn on_auth_required(&self, session: &Rc<Session>, params: &Value) {
        let id = text(params, "requestId");
        let credentials = self.credentials.borrow().clone();
        let answer = if !self.tried_credentials.borrow_mut().insert(id.to_owned()) {
            json!({"response": "CancelAuth"})
        } else if let Some((username, password)) = credentials {
            json!({"response": "ProvideCredentials", "username": username, "password": password})
        } else {
            self.tried_credentials.borrow_mut().remove(id);
            json!({"response": "Default"})
        };
        session.post("Fetch.continueWithAuth", json!({"requestId": id, "authChallengeResponse": answer}));
    }
}

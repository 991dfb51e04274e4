//! Encodes videos again, with Chromium's own codecs: a part of the picture, or in another size.
//!
//! [WebCodecs](https://www.w3.org/TR/webcodecs/) are there for pages of secure origins only. So there is a page in a browser context
//! that nobody else sees, at an address which no server answers for. What it is given comes from the job's own page.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::browser_context::BrowserContext;
use crate::error::Error;
use crate::page::own_session::OwnSession;
use crate::protocol_stream::decode_base64;
use crate::session::Subscription;

/// `.invalid` is never a real host's ([RFC 6761](https://www.rfc-editor.org/rfc/rfc6761#section-6.4)).
const ADDRESS: &str = "https://video-encoder.invalid/";
/// How many bytes of pictures a command carries.
const AT_ONCE: usize = 1 << 20;

/// What is encoded, and as what.
#[derive(Clone, Debug)]
pub struct EncodingOptions {
    /// The codec string of what there is.
    pub codec: String,
    /// The width of what there is, in pixels.
    pub width: u32,
    /// The height of what there is, in pixels.
    pub height: u32,
    /// The part of it that is wanted: left, top, width and height in pixels.
    pub crop: [f64; 4],
    /// The codec string of what is wanted, one of VP9's.
    pub target_codec: String,
    /// The width of what is wanted, in pixels.
    pub target_width: u32,
    /// The height of what is wanted, in pixels.
    pub target_height: u32,
    /// How coarse it is, 0 to 63.
    pub quantizer: u32,
}

/// An encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPicture {
    /// When it is shown, in microseconds.
    pub time: u64,
    /// Whether it needs none before it.
    pub is_key: bool,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// A page that encodes. Dropped, it is gone.
struct EncoderPage {
    browser: Rc<Browser>,
    context: Rc<BrowserContext>,
    session: OwnSession,
    _subscription: Subscription,
}

impl Drop for EncoderPage {
    fn drop(&mut self) {
        if let Some(id) = self.context.id() {
            self.browser.drop_context(id);
        }
    }
}

/// Encodes pictures again, all of a video in their order.
///
/// # Errors
/// What the browser refuses, and what it cannot decode.
pub async fn encode(
    browser: &Rc<Browser>,
    options: &EncodingOptions,
    pictures: Vec<EncodedPicture>,
) -> Result<Vec<EncodedPicture>, Error> {
    let page = EncoderPage::open(browser).await?;
    let encoder = page.prepare(options).await?;
    let mut encoded = Vec::new();
    let mut waiting = pictures.into_iter().peekable();
    loop {
        let mut bytes = 0;
        let mut part = Vec::new();
        while let Some(picture) = waiting.next_if(|_| bytes < AT_ONCE) {
            bytes += picture.bytes.len();
            part.push(json!([picture.time, picture.is_key, STANDARD.encode(&picture.bytes)]));
        }
        let is_last = waiting.peek().is_none();
        let answer = page.call(&encoder, json!(part), is_last).await?;
        for picture in answer.as_array().into_iter().flatten() {
            encoded.push(EncodedPicture {
                time: picture[0].as_u64().unwrap_or_default(),
                is_key: picture[1] == true,
                bytes: decode_base64(picture[2].as_str().unwrap_or_default())?,
            });
        }
        if is_last {
            return Ok(encoded);
        }
    }
}

impl EncoderPage {
    async fn open(browser: &Rc<Browser>) -> Result<Self, Error> {
        let proxy = browser.default_browser_context().proxy().cloned();
        let context = browser.create_hidden_context_behind(proxy).await?;
        match Self::open_in(browser, &context).await {
            Ok((session, subscription)) => {
                Ok(Self { browser: browser.clone(), context, session, _subscription: subscription })
            }
            Err(error) => {
                context.id().iter().for_each(|id| browser.drop_context(id));
                Err(error)
            }
        }
    }

    async fn open_in(browser: &Browser, context: &BrowserContext) -> Result<(OwnSession, Subscription), Error> {
        let arguments = json!({"url": "about:blank", "browserContextId": context.id()});
        let answer = browser.session().send_raw("Target.createTarget", arguments).await?;
        let session = OwnSession::attach(browser, answer["targetId"].as_str().unwrap_or_default()).await?;
        let answering = Rc::downgrade(&session);
        let subscription = session.on_event(move |event| {
            if let Some(session) = answering.upgrade().filter(|_| event.method == "Fetch.requestPaused") {
                let headers = json!([{"name": "content-type", "value": "text/html"}]);
                let answer =
                    json!({"requestId": event.params["requestId"], "responseCode": 200, "responseHeaders": headers});
                session.post("Fetch.fulfillRequest", answer);
            }
        });
        session.send_raw("Fetch.enable", json!({})).await?;
        session.send_raw("Page.navigate", json!({"url": ADDRESS})).await?;
        Ok((session, subscription))
    }

    /// The function that encodes, as a remote object.
    async fn prepare(&self, options: &EncodingOptions) -> Result<String, Error> {
        let [x, y, width, height] = options.crop;
        let told = json!({
            "codec": options.codec, "width": options.width, "height": options.height,
            "crop": {"x": x, "y": y, "width": width, "height": height},
            "target": {"codec": options.target_codec, "width": options.target_width, "height": options.target_height},
            "quantizer": options.quantizer,
        });
        let expression = format!("({})({told})", include_str!("video_encoder/encoder.js"));
        let answer = self.session.send_raw("Runtime.evaluate", json!({"expression": expression})).await?;
        let mut answer = checked(answer)?;
        match answer["objectId"].take() {
            Value::String(id) => Ok(id),
            _ => Err(Error::message("this Chromium cannot encode videos")),
        }
    }

    async fn call(&self, encoder: &str, pictures: Value, is_last: bool) -> Result<Value, Error> {
        let answer = self.session.send_raw(
            "Runtime.callFunctionOn",
            json!({
                "functionDeclaration": "function (pictures, isLast) { return this(pictures, isLast); }",
                "objectId": encoder, "arguments": [{"value": pictures}, {"value": is_last}],
                "awaitPromise": true, "returnByValue": true,
            }),
        );
        let mut answer = checked(answer.await?)?;
        Ok(answer["value"].take())
    }
}

/// The remote object that a command answers.
fn checked(mut answer: Value) -> Result<Value, Error> {
    let exception = &answer["exceptionDetails"]["exception"];
    if exception.is_null() {
        return Ok(answer["result"].take());
    }
    let text = exception["description"].as_str().unwrap_or_default();
    Err(Error::message(format!("the recording cannot be encoded again: {}", text.lines().next().unwrap_or_default())))
}

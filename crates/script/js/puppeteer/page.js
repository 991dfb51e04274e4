// Page: what a job gets. What concerns one document is its main frame's.
import { copy, map } from "internal:core/arrays";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { abortable } from "internal:puppeteer/abort";
import { byteStream } from "internal:puppeteer/byte_stream";
import { ofPage, toProtocol } from "internal:puppeteer/cookie_forms";
import { quietly } from "internal:puppeteer/disposal";
import { waitForEvent } from "internal:puppeteer/event_wait";
import { modern } from "internal:core/api";
import { isMade, pageError } from "internal:core/errors";
import { finalize, isHeaders, pairs } from "internal:puppeteer/request";
import { define, ridOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { navigation, required, text, timeoutOf } from "internal:puppeteer/options";
import { callTexts, isString, json, refuse, refuseJson } from "internal:puppeteer/page_function";
import { pdfOptions } from "internal:puppeteer/pdf";
import {
  ErrorCtor, MapCtor, NumberCtor, StringCtor, apply, jsonStringify, keys, uncurryThis,
} from "internal:core/primordials";
import { screenshotOptions } from "internal:puppeteer/screenshot";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const mapHas = uncurryThis(MapCtor.prototype.has);
const mapSet = uncurryThis(MapCtor.prototype.set);
const toWellFormed = uncurryThis(StringCtor.prototype.toWellFormed);

let functionsOf;

// `finish(isMeant)` ends the films of the pages that are meant, once there are films.
export const films = { __proto__: null, finish: undefined };

export class Page extends EventEmitter {
  // The parts stay the same objects, also for a script that changes one of their methods.
  #keyboard;
  #mouse;
  #touchscreen;
  #coverage;
  #tracing;
  #accessibility;
  #bluetooth;
  // The object that setViewport() was given.
  #viewport;
  // What exposeFunction() has exposed, by name.
  #functions = new MapCtor();

  static { functionsOf = (page) => page.#functions; }

  constructor() { super((name, hears) => { if (typeof name === "string") ops.page_listen(ridOf(this), name, hears); }); }

  get keyboard() { return this.#keyboard ??= ops.page_keyboard(ridOf(this)); }
  get mouse() { return this.#mouse ??= ops.page_mouse(ridOf(this)); }
  get touchscreen() { return this.#touchscreen ??= ops.page_touchscreen(ridOf(this)); }
  get coverage() { return this.#coverage ??= ops.page_coverage(ridOf(this)); }
  get tracing() { return this.#tracing ??= ops.page_tracing(ridOf(this)); }
  get accessibility() { return this.#accessibility ??= ops.page_accessibility(ridOf(this)); }

  target() { return ops.page_target(ridOf(this)); }
  browser() { return ops.page_browser(ridOf(this)); }
  browserContext() { return ops.page_browser_context(ridOf(this)); }
  mainFrame() { return ops.page_main_frame(ridOf(this)); }
  frames() { return ops.page_frames(ridOf(this)); }
  workers() { return ops.page_workers(ridOf(this)); }
  url() { return ops.page_url(ridOf(this)); }
  viewport() { return this.#viewport === undefined ? ops.page_viewport(ridOf(this)) : this.#viewport; }
  isClosed() { return ops.page_is_closed(ridOf(this)); }

  async goto(url, options) { return await ops.frame_goto(mainRid(this), required(url, "page.goto", "url"), navigation(options)); }
  async waitForNavigation(options) { return await onMain(this, "waitForNavigation", arguments); }
  async reload(options) {
    return await ops.page_reload(ridOf(this), navigation(options), !!options?.ignoreCache);
  }

  async goBack(options) { return await ops.page_go_back(ridOf(this), navigation(options)); }
  async goForward(options) { return await ops.page_go_forward(ridOf(this), navigation(options)); }

  async content() { return await onMain(this, "content", arguments); }
  async setContent(html, options) { await onMain(this, "setContent", arguments); }
  async title() { return await onMain(this, "title", arguments); }
  async evaluate(pageFunction, ...args) { return await onMain(this, "evaluate", arguments); }
  async evaluateHandle(pageFunction, ...args) { return await onMain(this, "evaluateHandle", arguments); }
  async queryObjects(prototypeHandle) { return await ops.page_query_objects(ridOf(this), ridOf(prototypeHandle)); }
  async $(selector) { return await onMain(this, "$", arguments); }
  async $$(selector) { return await onMain(this, "$$", arguments); }
  async $eval(selector, pageFunction, ...args) { return await onMain(this, "$eval", arguments); }
  async $$eval(selector, pageFunction, ...args) { return await onMain(this, "$$eval", arguments); }
  async $x(expression) { return await onMain(this, "$x", arguments); }
  async addScriptTag(options) { return await onMain(this, "addScriptTag", arguments); }
  async addStyleTag(options) { return await onMain(this, "addStyleTag", arguments); }
  click(selector, options = {}) { return onMain(this, "click", arguments); }
  focus(selector) { return onMain(this, "focus", arguments); }
  hover(selector) { return onMain(this, "hover", arguments); }
  select(selector, ...values) { return onMain(this, "select", arguments); }
  tap(selector) { return onMain(this, "tap", arguments); }
  type(selector, text, options) { return onMain(this, "type", arguments); }
  waitFor(selectorOrFunctionOrTimeout, options = {}, ...args) { return onMain(this, "waitFor", arguments); }
  waitForSelector(selector, options = {}) { return onMain(this, "waitForSelector", arguments); }
  waitForXPath(xpath, options = {}) { return onMain(this, "waitForXPath", arguments); }
  waitForFunction(pageFunction, options = {}, ...args) { return onMain(this, "waitForFunction", arguments); }
  waitForTimeout(milliseconds) { return onMain(this, "waitForTimeout", arguments); }

  locator(selectorOrFunction) {
    return late("puppeteer/locator").locate(this, selectorOrFunction, ops.page_default_timeout(ridOf(this)));
  }

  async waitForRequest(urlOrPredicate, options) { return await waitForTraffic(this, "request", urlOrPredicate, options); }
  async waitForResponse(urlOrPredicate, options) { return await waitForTraffic(this, "response", urlOrPredicate, options); }

  // The first frame, now or later, that has this address or that the predicate accepts.
  async waitForFrame(urlOrPredicate, options = {}) {
    return await waitForOne(this, ["frameattached", "framenavigated"], matching(urlOrPredicate), options, this.frames());
  }

  async waitForNetworkIdle(options = {}) {
    const { idleTime = 500, concurrency = 0, timeout, signal } = options;
    const time = NumberCtor(idleTime);
    const most = NumberCtor(concurrency);
    const limit = timeoutOf(timeout);
    await abortable(signal, () => ops.page_wait_for_network_idle(ridOf(this), time, most, limit));
  }

  async waitForFileChooser(options = {}) {
    const { timeout, signal } = options;
    const limit = timeoutOf(timeout);
    return await abortable(signal, () => ops.page_wait_for_file_chooser(ridOf(this), limit));
  }

  async evaluateOnNewDocument(pageFunction, ...args) {
    const call = callTexts(pageFunction, args);
    return { identifier: await ops.page_evaluate_on_new_document(ridOf(this), call[0], call[1]) };
  }

  async removeScriptToEvaluateOnNewDocument(identifier) {
    await ops.page_remove_script_to_evaluate_on_new_document(ridOf(this), `${identifier}`);
  }

  async exposeFunction(name, puppeteerFunction) {
    // The page has the function under this name, without halves of surrogate pairs.
    const key = toWellFormed(`${name}`);
    const run = typeof puppeteerFunction === "object" && puppeteerFunction !== null ? puppeteerFunction.default : puppeteerFunction;
    if (!mapHas(this.#functions, key)) mapSet(this.#functions, key, run);
    await ops.page_expose_binding(ridOf(this), key);
  }

  async removeExposedFunction(name) {
    const key = toWellFormed(`${name}`);
    await ops.page_remove_binding(ridOf(this), key);
    mapDelete(this.#functions, key);
  }

  async cookies(...urls) { return map(await ops.page_cookies(ridOf(this), map(urls, (url) => `${url}`)), ofPage); }
  async setCookie(...cookies) { await ops.page_set_cookies(ridOf(this), jsonStringify(map(cookies, toProtocol))); }
  async deleteCookie(...cookies) { await ops.page_delete_cookies(ridOf(this), jsonStringify(map(cookies, toProtocol))); }

  setDefaultTimeout(timeout) { ops.page_set_default_timeout(ridOf(this), timeoutOf(timeout) ?? 0); }

  setDefaultNavigationTimeout(timeout) {
    ops.page_set_default_navigation_timeout(ridOf(this), timeoutOf(timeout) ?? 0);
  }

  async setRequestInterception(value) { await ops.page_set_request_interception(ridOf(this), !!value); }
  async setOfflineMode(enabled) { await ops.page_set_offline_mode(ridOf(this), !!enabled); }
  async setCacheEnabled(enabled = true) { await ops.page_set_cache_enabled(ridOf(this), !!enabled); }
  async setBypassCSP(enabled) { await ops.page_set_bypass_csp(ridOf(this), !!enabled); }
  async setJavaScriptEnabled(enabled) { await ops.page_set_java_script_enabled(ridOf(this), !!enabled); }

  async setUserAgent(userAgent, userAgentMetadata) {
    const given = typeof userAgent === "object" && userAgent !== null ? userAgent : { userAgent, userAgentMetadata };
    const { userAgent: agent = await this.browser().userAgent(), userAgentMetadata: metadata, platform } = given;
    const told = metadata === undefined ? undefined : jsonStringify(metadata);
    await ops.page_set_user_agent(ridOf(this), `${agent}`, told, text(platform));
  }

  isServiceWorkerBypassed() { return ops.page_is_service_worker_bypassed(ridOf(this)); }
  async setBypassServiceWorker(bypass) { await ops.page_set_bypass_service_worker(ridOf(this), !!bypass); }
  isDragInterceptionEnabled() { return ops.page_is_drag_interception_enabled(ridOf(this)); }
  async setDragInterception(enabled) { await ops.page_set_drag_interception(ridOf(this), !!enabled); }

  // Bytes per second and milliseconds; null ends it.
  async emulateNetworkConditions(networkConditions) {
    const { offline = false, upload = -1, download = -1, latency = 0 } = networkConditions ?? {};
    await ops.page_emulate_network_conditions(ridOf(this), !!offline, NumberCtor(upload), NumberCtor(download), NumberCtor(latency));
  }

  async emulateLocale(locale) { await ops.page_emulate_locale(ridOf(this), text(locale)); }
  async emulateFocusedPage(enabled) { await ops.page_emulate_focused_page(ridOf(this), !!enabled); }

  async emulateIdleState(overrides) {
    const { isUserActive, isScreenUnlocked } = overrides ?? {};
    await ops.page_emulate_idle_state(ridOf(this), !!overrides, !!isUserActive, !!isScreenUnlocked);
  }

  async captureHeapSnapshot(options) { await ops.page_capture_heap_snapshot(ridOf(this), `${options.path}`); }

  async authenticate(credentials) {
    const { username, password } = credentials ?? {};
    await ops.page_authenticate(ridOf(this), !!credentials, text(username) ?? "", text(password) ?? "");
  }

  async setExtraHTTPHeaders(headers) { await ops.page_set_extra_http_headers(ridOf(this), headerPairs(headers)); }

  async setViewport(viewport) {
    if (viewport === null) {
      await ops.page_clear_viewport(ridOf(this));
      this.#viewport = null;
      return;
    }
    const { width, height, deviceScaleFactor, isMobile, hasTouch, isLandscape } = viewport;
    await ops.page_set_viewport(ridOf(this), {
      __proto__: null, width, height, deviceScaleFactor, isMobile: flag(isMobile), hasTouch: flag(hasTouch),
      isLandscape: flag(isLandscape),
    });
    this.#viewport = viewport;
  }

  async emulate(options) {
    const { viewport, userAgent } = options;
    const done = [this.setViewport(viewport), this.setUserAgent(userAgent)];
    await done[0];
    await done[1];
  }

  async emulateMedia(mediaType) {
    await ops.page_emulate_media(ridOf(this), mediaType === null ? null : `${mediaType}`);
  }

  async emulateMediaType(type) { await this.emulateMedia(type === undefined ? null : type); }

  async emulateMediaFeatures(features) {
    const list = features === null || features === undefined ? [] : features;
    const named = map(list, (feature) => [`${feature.name}`, `${feature.value}`]);
    await ops.page_emulate_media_features(ridOf(this), named);
  }

  async emulateTimezone(timezoneId) { await ops.page_emulate_timezone(ridOf(this), text(timezoneId)); }
  async emulateCPUThrottling(factor) { await ops.page_emulate_cpu_throttling(ridOf(this), factor); }
  async emulateVisionDeficiency(type) { await ops.page_emulate_vision_deficiency(ridOf(this), text(type)); }

  async setGeolocation(options) {
    if (options === null) {
      await ops.page_clear_geolocation(ridOf(this));
      return;
    }
    const { longitude, latitude, accuracy = 0 } = options;
    await ops.page_set_geolocation(ridOf(this), NumberCtor(longitude), NumberCtor(latitude), NumberCtor(accuracy));
  }

  isJavaScriptEnabled() { return ops.page_is_java_script_enabled(ridOf(this)); }
  getDefaultTimeout() { return ops.page_default_timeout(ridOf(this)); }
  getDefaultNavigationTimeout() { return ops.page_default_navigation_timeout(ridOf(this)); }
  createCDPSession() { return this.target().createCDPSession(); }

  async metrics() { return await ops.page_metrics(ridOf(this)); }
  async screenshot(options = {}) { return await ops.page_screenshot(ridOf(this), screenshotOptions(options)); }
  async pdf(options) { return await ops.page_pdf(ridOf(this), pdfOptions(options)); }
  async createPDFStream(options) { return byteStream(await this.pdf(options)); }
  // Few scripts make films.
  async record(options) { return await late("puppeteer/screen_recording").record(this, options); }
  async screencast(options) { return await late("puppeteer/screen_recording").screencast(this, options); }
  async windowId() { return await windows().windowId(this); }
  async resize(params) { await windows().resize(this, params); }
  async tabInfo() { return await windows().tabInfo(this); }
  async hasDevTools() { return await windows().hasDevTools(this); }
  async openDevTools() { refuse("page.openDevTools()"); }
  get webmcp() { return refuse("page.webmcp"); }
  async triggerExtensionAction(extension) { refuse("page.triggerExtensionAction()"); }
  extensionRealms() { return this.mainFrame().extensionRealms(); }
  get bluetooth() { return this.#bluetooth ??= late("puppeteer/bluetooth").emulationOf(this); }

  async waitForDevicePrompt(options = {}) {
    return await late("puppeteer/device_request_prompt").waitForDevicePrompt(this, options);
  }

  async bringToFront() { await ops.page_bring_to_front(ridOf(this)); }

  async close(options = {}) {
    const { runBeforeUnload } = options;
    // One that may object is perhaps not closed.
    if (!runBeforeUnload && films.finish) await films.finish((page) => page === this);
    await ops.page_close(ridOf(this), !!runBeforeUnload);
  }

  [Symbol.dispose]() { quietly(this.close()); }
  async [Symbol.asyncDispose]() { await this.close(); }
  toJSON() { refuseJson(); }
}

define("Page", Page, (page, name, args) => {
  if (name === "bindingcalled") serve(page, args[0]);
  else if (name === "pageerror") deliver(page, name, [thrownByPage(args[0])]);
  else if (name === "request") {
    deliver(page, name, args);
    finalize(args[0]);
  }
  else if (name === "error") deliver(page, name, [new ErrorCtor(args[0])]);
  else deliver(page, name, args);
}, 100);

const windows = () => late("puppeteer/windows");

function mainRid(page) { return ridOf(ops.page_main_frame(ridOf(page))); }

function onMain(page, method, args) {
  const frame = ops.page_main_frame(ridOf(page));
  return apply(frame[method], frame, args);
}

function flag(value) { return value === undefined ? undefined : !!value; }

function headerPairs(headers) {
  if (isHeaders(headers)) return pairs(headers);
  return map(keys(headers), (name) => {
    const value = headers[name];
    if (isString(value)) return [name, `${value}`];
    throw new ErrorCtor(`Expected value of header "${name}" to be String, but "${typeof value}" is found.`);
  });
}

function waitForTraffic(page, event, urlOrPredicate, options) {
  return waitForOne(page, [event], matching(urlOrPredicate), options);
}

function matching(urlOrPredicate) {
  return (object) => {
    if (isString(urlOrPredicate)) return object.url() === `${urlOrPredicate}`;
    return typeof urlOrPredicate === "function" && urlOrPredicate(object);
  };
}

function waitForOne(page, names, accepts, options, now) {
  const { timeout, signal } = options ?? {};
  const limit = timeoutOf(timeout) ?? ops.page_default_timeout(ridOf(page));
  const failed = () => ops.wait_event_timed_out(limit);
  return waitForEvent(page, { names, accepts, timeout: limit, failed, now, closing: "close", signal });
}

// What a listener of `pageerror` gets.
function thrownByPage(told) {
  if (typeof told === "string") return withoutStack(told);
  return "message" in told ? pageError(told) : told.value;
}

// An error of the page: its text has the page's own stack already.
function withoutStack(message) {
  const error = new ErrorCtor(message);
  error.stack = "";
  return error;
}

// The page has called an exposed function. Rust carries the answer back to the document that asked.
async function serve(page, call) {
  const rid = ridOf(call);
  const handler = mapGet(functionsOf(page), ops.binding_call_name(rid));
  let value, answer;
  try {
    value = await apply(handler, undefined, copy(ops.binding_call_args(rid)));
    answer = json(value);
  } catch (error) {
    // As in the predecessor, where a job's own Error was none of Puppeteer's realm: it crosses as its JSON, `{}`.
    if (isMade(error) || (modern && error instanceof ErrorCtor)) ops.binding_call_reject_error(rid, `${error.message}`, `${error.stack}`);
    else ops.binding_call_reject_value(rid, json(error));
    return;
  }
  if (modern && typeof value === "number") ops.binding_call_resolve_number(rid, value);
  else ops.binding_call_resolve(rid, answer);
}

// The job's log gets what the page writes. A listener like any other: a script may count and remove it.
export function listenToConsole(page, logger) {
  page.on("console", (message) => { logger.debug(`page: ${message.text()}`); });
}

class BindingCall {}

define("BindingCall", BindingCall);

// Frame: the main frame of a page, or an iframe.
import { modern } from "internal:core/api";
import { define, ridOf } from "internal:core/handles";
import { abortable } from "internal:puppeteer/abort";
import { EventEmitter } from "internal:puppeteer/event_emitter";
import { clickOptions, typeDelay, typeText } from "internal:puppeteer/keyboard";
import { selectValues } from "internal:puppeteer/element_handle";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { navigation, required, text, timeoutOf, waitOptions } from "internal:puppeteer/options";
import { encode, isString, refuseJson, source } from "internal:puppeteer/page_function";
import { ErrorCtor, NumberCtor, StringCtor, numberIsNaN, uncurryThis } from "internal:core/primordials";
import { sleep } from "internal:node/job_helpers";

const startsWith = uncurryThis(StringCtor.prototype.startsWith);

export class Frame extends EventEmitter {
  name() { return ops.frame_name(ridOf(this)); }
  url() { return ops.frame_url(ridOf(this)); }
  parentFrame() { return ops.frame_parent_frame(ridOf(this)); }
  childFrames() { return ops.frame_child_frames(ridOf(this)); }
  isDetached() { return ops.frame_is_detached(ridOf(this)); }
  get detached() { return ops.frame_is_detached(ridOf(this)); }
  // A name of newer Puppeteers: a lazy frame that is out of view has not.
  get _hasStartedLoading() { return ops.frame_has_started_loading(ridOf(this)); }
  async frameElement() { return await ops.frame_frame_element(ridOf(this)); }

  async goto(url, options) { return await ops.frame_goto(ridOf(this), required(url, "frame.goto", "url"), navigation(options)); }
  async waitForNavigation(options) {
    const given = navigation(options);
    return await abortable(options?.signal, () => ops.frame_wait_for_navigation(ridOf(this), given));
  }

  // No extension has code of its own in a job's pages.
  extensionRealms() { return []; }
  async content() { return await ops.frame_content(ridOf(this)); }
  async setContent(html, options) { await ops.frame_set_content(ridOf(this), `${html}`, navigation(options)); }
  async title() { return await ops.frame_title(ridOf(this)); }

  async executionContext() { return await ops.frame_execution_context(ridOf(this)); }

  async evaluate(pageFunction, ...args) {
    return await ops.frame_evaluate(ridOf(this), source(pageFunction), encode(args));
  }

  async evaluateHandle(pageFunction, ...args) {
    return await ops.frame_evaluate_handle(ridOf(this), source(pageFunction), encode(args));
  }

  async $(selector) { return await ops.frame_query_selector(ridOf(this), `${selector}`); }
  async $$(selector) { return await ops.frame_query_selector_all(ridOf(this), `${selector}`); }
  async $x(expression) { return await ops.frame_xpath(ridOf(this), `${expression}`); }

  async $eval(selector, pageFunction, ...args) {
    return await ops.frame_eval_on_selector(ridOf(this), `${selector}`, source(pageFunction), encode(args));
  }

  async $$eval(selector, pageFunction, ...args) {
    return await ops.frame_eval_on_selector_all(ridOf(this), `${selector}`, source(pageFunction), encode(args));
  }

  async addScriptTag(options) {
    const { url = null, path = null, content = null, type = "", id = "" } = options;
    oneSource(url, path, content);
    const kind = [`${type}`, `${id}`];
    return await ops.frame_add_script_tag(ridOf(this), text(url), text(path), text(content), kind);
  }

  async addStyleTag(options) {
    const { url = null, path = null, content = null } = options;
    oneSource(url, path, content);
    return await ops.frame_add_style_tag(ridOf(this), text(url), text(path), text(content));
  }

  async click(selector, options) { await ops.frame_click(ridOf(this), `${selector}`, clickOptions(options)); }
  async focus(selector) { await ops.frame_focus(ridOf(this), `${selector}`); }
  async hover(selector) { await ops.frame_hover(ridOf(this), `${selector}`); }
  async tap(selector) { await ops.frame_tap(ridOf(this), `${selector}`); }
  async select(selector, ...values) { return await ops.frame_select(ridOf(this), `${selector}`, selectValues(values)); }

  async type(selector, text, options) {
    await ops.frame_type(ridOf(this), `${selector}`, typeText(text), typeDelay(options));
  }

  // A text is a selector, or an XPath when it begins with two slashes; a number is a time in milliseconds.
  waitFor(target, options = {}, ...args) {
    if (isString(target)) {
      return startsWith(`${target}`, "//") ? this.waitForXPath(target, options) : this.waitForSelector(target, options);
    }
    if (typeof target === "number" || target instanceof NumberCtor) return sleep(target);
    if (typeof target === "function") return waitForFunction(this, target, options, args);
    return unsupported(target);
  }

  async waitForSelector(selector, options) {
    const given = waitOptions(options);
    const wanted = required(selector, "waitForSelector", "selector");
    return await abortable(options?.signal, () => ops.frame_wait_for_selector(ridOf(this), wanted, given));
  }

  async waitForXPath(xpath, options) {
    const given = waitOptions(options);
    return await abortable(options?.signal, () => ops.frame_wait_for_xpath(ridOf(this), `${xpath}`, given));
  }

  waitForFunction(pageFunction, options = {}, ...args) { return waitForFunction(this, pageFunction, options, args); }
  waitForTimeout(milliseconds) { return sleep(milliseconds); }

  page() { return ops.frame_page(ridOf(this)); }
  get client() { return ops.frame_client(ridOf(this)); }
  locator(selectorOrFunction) {
    return late("puppeteer/locator").locate(this, selectorOrFunction, ops.page_default_timeout(ridOf(this.page())));
  }

  toJSON() { refuseJson(); }
}

define("Frame", Frame, undefined, 500);

// In newer Puppeteers a script or style comes from one place.
function oneSource(url, path, content) {
  const given = (url === null ? 0 : 1) + (path === null ? 0 : 1) + (content === null ? 0 : 1);
  if (modern && given !== 1) ops.tag_without_source();
}

async function waitForFunction(frame, pageFunction, options, args) {
  const { polling = "raf", timeout, signal } = options;
  const how = pollingOf(polling);
  const source = waitSource(pageFunction);
  const limit = timeoutOf(timeout);
  const given = encode(args);
  return await abortable(signal, () => ops.frame_wait_for_function(ridOf(frame), source, how, limit, given));
}

export function pollingOf(polling) {
  if (isString(polling)) return `${polling}`;
  if (typeof polling !== "number" && !(polling instanceof NumberCtor)) {
    throw new ErrorCtor(`Unknown polling options: ${polling}`);
  }
  if (numberIsNaN(+polling)) throw new ErrorCtor("Cannot poll with non-positive interval: NaN");
  return +polling;
}

// Waiting is lenient: what is neither function nor text counts as an expression.
export function waitSource(pageFunction) {
  return typeof pageFunction === "function" ? source(pageFunction) : [`${pageFunction}`, false];
}

async function unsupported(target) {
  throw new ErrorCtor(`Unsupported target type: ${typeof target}`);
}

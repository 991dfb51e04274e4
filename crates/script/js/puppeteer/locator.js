// Locator: finds an element anew for each action, and acts once the element is ready for it.
//
// The one class here that is not of Puppeteer 1.20: it is made of calls that the other classes have, tried again until
// they succeed or the time is up.
import { copy, map as mapArray } from "internal:core/arrays";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { sleep } from "internal:node/job_helpers";
import { ops } from "internal:core/ops";
import { timeoutOf } from "internal:puppeteer/options";
import { isString } from "internal:puppeteer/page_function";
import { PromiseCtor, now, uncurryThis } from "internal:core/primordials";
import { clearTimeout, setTimeout } from "internal:node/timers";

const then = uncurryThis(PromiseCtor.prototype.then);

const RETRY_DELAY = 100;

export class Locator extends EventEmitter {
  // Answers a handle, or null while there is nothing to act on.
  #find;
  #timeout;
  #visibility = null;
  #enabled = true;
  #inViewport = true;
  #stable = true;

  static race(locators) {
    const all = copy(locators);
    return new Locator(async () => {
      for (let i = 0; i < all.length; i++) {
        const handle = await attempt(() => all[i].#ready());
        if (handle) return handle;
      }
      return null;
    }, longest(mapArray(all, (each) => each.#timeout)));
  }

  constructor(find, timeout) {
    super();
    this.#find = find;
    this.#timeout = timeout;
  }

  get timeout() { return this.#timeout; }

  clone() { return this.#with(() => {}); }
  setTimeout(timeout) { return this.#with((locator) => { locator.#timeout = timeoutOf(timeout) ?? 0; }); }
  setVisibility(visibility) { return this.#with((locator) => { locator.#visibility = visibility; }); }
  setWaitForEnabled(value) { return this.#with((locator) => { locator.#enabled = !!value; }); }
  setEnsureElementIsInTheViewport(value) { return this.#with((locator) => { locator.#inViewport = !!value; }); }
  setWaitForStableBoundingBox(value) { return this.#with((locator) => { locator.#stable = !!value; }); }

  filter(predicate) {
    return this.#over(async (handle) => (await handle.evaluate(predicate)) ? handle : null);
  }

  map(mapper) { return this.#over((handle) => handle.evaluateHandle(mapper)); }

  async click(options) { await this.#act((handle) => handle.click(options), true); }
  async hover() { await this.#act((handle) => handle.hover(), true); }
  async fill(value) { await this.#act((handle) => fill(handle, `${value}`), true); }

  async scroll(options = {}) {
    const { scrollTop, scrollLeft } = options;
    await this.#act((handle) => handle.evaluate(scrollElement, scrollTop, scrollLeft), true);
  }

  async waitHandle() { return await this.#act((handle) => handle, false); }

  async wait() {
    const handle = await this.waitHandle();
    const value = await handle.jsonValue();
    await handle.dispose();
    return value;
  }

  #with(change) {
    const locator = new Locator(this.#find, this.#timeout);
    locator.#visibility = this.#visibility;
    locator.#enabled = this.#enabled;
    locator.#inViewport = this.#inViewport;
    locator.#stable = this.#stable;
    change(locator);
    return locator;
  }

  #over(step) {
    const inner = this;
    return new Locator(async () => {
      const handle = await inner.#ready();
      return handle ? step(handle) : null;
    }, this.#timeout);
  }

  // The element, when it is there and as visible as was asked.
  async #ready() {
    const handle = await this.#find();
    if (!handle || (handle.asElement() === null && await handle.evaluate((value) => !value))) return null;
    if (this.#visibility === null || !handle.asElement()) return handle;
    const visible = await handle.evaluate(isVisible);
    return visible === (this.#visibility === "visible") ? handle : null;
  }

  async #act(action, acts) {
    const until = this.#timeout > 0 ? now() + this.#timeout : Infinity;
    let last;
    while (now() < until) {
      const tried = attempt(async () => {
        const handle = await this.#ready();
        if (!handle) return undefined;
        if (acts && handle.asElement() && !(await this.#prepare(handle))) return undefined;
        if (acts) deliver(this, "action", []);
        return { __proto__: null, value: await action(handle) };
      }, (error) => { last = error; });
      const done = await before(tried, until);
      if (done) return done.value;
      await sleep(RETRY_DELAY);
    }
    return await ops.locator_timed_out(this.#timeout, last === undefined ? "" : `${last.message}`);
  }

  #prepare(handle) { return handle.evaluate(prepare, this.#enabled, this.#inViewport, this.#stable); }
}

// Locators of a page or frame; a function answers the element or value itself.
export function locate(owner, selectorOrFunction, timeout) {
  const find = isString(selectorOrFunction)
    ? () => owner.$(selectorOrFunction)
    : () => owner.evaluateHandle(selectorOrFunction);
  return new Locator(find, timeout);
}

async function attempt(run, failed) {
  try {
    return await run();
  } catch (error) {
    failed?.(error);
    return undefined;
  }
}

// What the promise answers, or undefined when the time is up first.
function before(promise, until) {
  if (until === Infinity) return promise;
  return new PromiseCtor((resolve) => {
    const timer = setTimeout(resolve, until - now());
    then(promise, (value) => { clearTimeout(timer); resolve(value); });
  });
}

function longest(timeouts) {
  let most = 0;
  for (let i = 0; i < timeouts.length; i++) {
    if (timeouts[i] === 0) return 0;
    if (timeouts[i] > most) most = timeouts[i];
  }
  return most;
}

async function fill(handle, value) {
  const kind = await handle.evaluate(fieldKind);
  if (kind === "select") return await handle.select(value);
  if (kind === "set") return await handle.evaluate(setValue, value);
  const rest = await handle.evaluate(keepPrefix, value);
  return await handle.type(rest);
}

// From here on: functions of the page.

export function isVisible(element) {
  const style = window.getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  return !["hidden", "collapse"].includes(style.visibility) && width > 0 && height > 0;
}

async function prepare(element, enabled, inViewport, stable) {
  if (!element.isConnected) return false;
  if (enabled && element.matches?.(":disabled")) return false;
  const ratio = () => new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      resolve(entries[0].intersectionRatio);
      observer.disconnect();
    });
    observer.observe(element);
  });
  if (inViewport && (await ratio()) <= 0) {
    element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    if ((await ratio()) <= 0) return false;
  }
  if (!stable) return true;
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(element.getBoundingClientRect())));
  const first = await frame();
  const second = await frame();
  return ["x", "y", "width", "height"].every((side) => first[side] === second[side]);
}

function fieldKind(element) {
  if (element instanceof HTMLSelectElement) return "select";
  if (element instanceof HTMLTextAreaElement || element.isContentEditable) return "type";
  const typed = ["text", "url", "tel", "search", "password", "number", "email"];
  return element instanceof HTMLInputElement && typed.includes(element.type) ? "type" : "set";
}

// Leaves what the value begins with, clears anything else, and answers what is still to be typed.
function keepPrefix(element, value) {
  const current = element.isContentEditable ? element.innerText : element.value;
  if (current.length <= value.length && value.startsWith(current) && !element.isContentEditable) {
    element.value = "";
    element.value = current;
    return value.substring(current.length);
  }
  if (element.isContentEditable) element.innerText = "";
  else element.value = "";
  return value;
}

function setValue(element, value) {
  element.focus();
  if (["checkbox", "radio"].includes(element.type)) element.checked = value === "true";
  else element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

function scrollElement(element, top, left) {
  if (top !== undefined) element.scrollTop = top;
  if (left !== undefined) element.scrollLeft = left;
}

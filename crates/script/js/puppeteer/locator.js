// Locator: finds an element anew for each action, and acts once the element is ready for it.
//
// None of Puppeteer 1.20's classes: it is made of calls that the other classes have, tried again until they succeed, the
// time is up, or the script's signal says so.
import { copy, map as mapArray } from "internal:core/arrays";
import { modern } from "internal:core/api";
import { Cutoff } from "internal:core/cutoff";
import { onAbort } from "internal:puppeteer/abort";
import { quietly } from "internal:puppeteer/disposal";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { fill } from "internal:puppeteer/locator_fill";
import { ops } from "internal:core/ops";
import { timeoutOf } from "internal:puppeteer/options";
import { isString } from "internal:puppeteer/page_function";
import { ErrorCtor, PromiseCtor, defineProperty, then } from "internal:core/primordials";
import { clearTimeout, setTimeout } from "internal:node/timers";

const RETRY_DELAY = 100;
const RACE_TIMEOUT = 30000;

export class Locator extends EventEmitter {
  // (signal) → a handle, once there is one.
  #find;
  #timeout;
  #visibility = null;
  #enabled = true;
  #inViewport = true;
  #stable = true;
  // Whether the handles that it finds are its own, to be disposed of when they are of no use.
  #owns;

  static race(locators) {
    const all = copy(locators);
    for (let i = 0; i < all.length; i++) {
      if (!(all[i] instanceof Locator)) throw new ErrorCtor("Unknown locator for race candidate");
    }
    return new Locator((signal) => firstOf(mapArray(all, (each) => (own) => each.#visible(own)), signal), RACE_TIMEOUT);
  }

  constructor(find, timeout, owns = true) {
    super();
    // As newer Puppeteers' locators have some, one's own function: whoever compares two locators finds them different.
    defineProperty(this, "_find", { value: (signal) => this.#find(signal), writable: true, configurable: true, enumerable: true });
    this.#find = find;
    this.#timeout = timeout;
    this.#owns = owns;
  }

  get timeout() { return this.#timeout; }

  clone() { return this.#with(() => {}); }
  setTimeout(timeout) { return this.#with((locator) => { locator.#timeout = timeoutOf(timeout) ?? 0; }); }
  setVisibility(visibility) { return this.#with((locator) => { locator.#visibility = visibility; }); }
  setWaitForEnabled(value) { return this.#with((locator) => { locator.#enabled = !!value; }); }
  setEnsureElementIsInTheViewport(value) { return this.#with((locator) => { locator.#inViewport = !!value; }); }
  setWaitForStableBoundingBox(value) { return this.#with((locator) => { locator.#stable = !!value; }); }

  filter(predicate) {
    return this.#over(async (handle, signal) => {
      const met = await frameOf(handle).waitForFunction(predicate, { timeout: 0, signal }, handle);
      quietly(met.dispose());
      return handle;
    });
  }

  map(mapper) { return this.#over((handle) => handle.evaluateHandle(mapper)); }

  // With functions of the job's own in the place of the page's; not documented by newer Puppeteers, but there.
  mapHandle(mapper) { return this.#over((handle, signal) => mapper(handle, signal)); }

  filterHandle(predicate) {
    return this.#over(async (handle, signal) => {
      if (await predicate(handle, signal)) return handle;
      if (this.#owns) quietly(handle.dispose());
      throw new ErrorCtor("the element is not the one that is looked for");
    });
  }

  async click(options) { await this.#act(options, (handle) => handle.click(options)); }
  async hover(options) { await this.#act(options, (handle) => handle.hover(), false); }
  async fill(value, options) { await this.#act(options, (handle) => fill(handle, value, options)); }

  async scroll(options) {
    const { scrollTop, scrollLeft } = options ?? {};
    await this.#act(options, (handle) => handle.evaluate(scrollElement, scrollTop, scrollLeft), false);
  }

  async waitHandle(options) { return await this.#until(options, (signal) => this.#visible(signal)); }

  async wait(options) {
    const handle = await this.waitHandle(options);
    const value = await handle.jsonValue();
    if (this.#owns) await handle.dispose();
    return value;
  }

  #with(change) {
    const locator = new Locator(this.#find, this.#timeout, this.#owns);
    locator.#visibility = this.#visibility;
    locator.#enabled = this.#enabled;
    locator.#inViewport = this.#inViewport;
    locator.#stable = this.#stable;
    change(locator);
    return locator;
  }

  // What `step` makes of the handles that this one finds.
  #over(step) {
    return this.#with((locator) => {
      locator.#find = async (signal) => step(await this.#visible(signal), signal);
      locator.#visibility = null;
    });
  }

  // A handle, once there is one that is as visible as was asked.
  async #visible(signal) {
    const handle = await this.#find(signal);
    if (this.#visibility === null || !handle.asElement()) return handle;
    const asked = this.#visibility === "hidden" ? () => handle.isHidden() : () => handle.isVisible();
    while (!(await asked())) await pause(signal);
    return handle;
  }

  async #act(options, action, needsEnabled = true) {
    await this.#until(options, async (signal) => {
      const handle = await this.#visible(signal);
      try {
        if (handle.asElement()) await this.#prepare(handle, signal, needsEnabled && this.#enabled);
        if (signal.aborted) return;
        deliver(this, "action", []);
        await action(handle);
      } catch (error) {
        if (this.#owns) quietly(handle.dispose());
        throw error;
      }
    });
  }

  async #prepare(handle, signal, enabled) {
    const conditions = [];
    if (this.#inViewport) conditions[conditions.length] = intoViewport(handle, signal);
    if (this.#stable) conditions[conditions.length] = stability(handle, signal);
    if (enabled) conditions[conditions.length] = ability(handle, signal);
    for (let i = 0; i < conditions.length; i++) quietly(conditions[i]);
    for (let i = 0; i < conditions.length; i++) await conditions[i];
  }

  // Tries until it succeeds, the time is up or the script's signal is aborted, which also end what is under way.
  async #until(options, attempt) {
    const cutoff = new Cutoff();
    const forget = onAbort(options?.signal, (reason) => { cutoff.abort(reason); });
    let last;
    const expire = () => {
      try {
        ops.locator_timed_out(this.#timeout, last === undefined || modern ? "" : `${last.message}`);
      } catch (error) {
        if (last !== undefined) error.cause = last;
        cutoff.abort(error);
      }
    };
    const timer = this.#timeout > 0 ? setTimeout(expire, this.#timeout) : undefined;
    try {
      for (;;) {
        try {
          return await unlessCut(attempt(cutoff), cutoff);
        } catch (error) {
          if (cutoff.aborted) throw cutoff.reason;
          last = error;
        }
        await pause(cutoff);
      }
    } finally {
      forget();
      clearTimeout(timer);
    }
  }
}

// Locators of a page or frame; a function answers the element or value itself.
export function locate(owner, selectorOrFunction, timeout) {
  const find = isString(selectorOrFunction)
    ? async (signal) => present(await owner.waitForSelector(`${selectorOrFunction}`, { timeout: 0, signal }))
    : (signal) => owner.waitForFunction(selectorOrFunction, { timeout: 0, signal });
  return new Locator(find, timeout);
}

// The locator of an element that the script has already.
export function locateHandle(handle, timeout) {
  return new Locator(async () => handle, timeout, false);
}

function present(handle) {
  if (handle === null) throw new ErrorCtor("the element is gone");
  return handle;
}

function frameOf(handle) { return handle.executionContext().frame(); }

// The first of these that is there; the others are given up.
async function firstOf(finders, signal) {
  const own = new Cutoff();
  const forget = onAbort(signal, (reason) => { own.abort(reason); });
  try {
    return await new PromiseCtor((resolve, reject) => {
      for (let i = 0; i < finders.length; i++) then(finders[i](own), resolve, reject);
    });
  } finally {
    forget();
    own.abort(new ErrorCtor("another locator was faster"));
  }
}

function unlessCut(promise, cutoff) {
  return new PromiseCtor((resolve, reject) => {
    if (cutoff.aborted) {
      quietly(promise);
      reject(cutoff.reason);
      return;
    }
    const forget = onAbort(cutoff, (reason) => { forget(); reject(reason); });
    then(promise, (value) => { forget(); resolve(value); }, (error) => { forget(); reject(error); });
  });
}

// Rejects when the signal is aborted meanwhile.
function pause(signal) {
  return new PromiseCtor((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const forget = onAbort(signal, (reason) => { clearTimeout(timer); forget(); reject(reason); });
    const timer = setTimeout(() => { forget(); resolve(); }, RETRY_DELAY);
  });
}

async function intoViewport(handle, signal) {
  if (await handle.isIntersectingViewport({ threshold: 0 })) return;
  await handle.scrollIntoView();
  while (!(await handle.isIntersectingViewport({ threshold: 0 }))) await pause(signal);
}

async function stability(handle, signal) {
  while (!(await handle.evaluate(rests))) await pause(signal);
}

async function ability(handle, signal) {
  const able = await frameOf(handle).waitForFunction(isAble, { timeout: 0, signal }, handle);
  quietly(able.dispose());
}

// From here on: functions of the page.

function isAble(element) {
  const fields = ["BUTTON", "INPUT", "SELECT", "TEXTAREA", "OPTION", "OPTGROUP"];
  return !(element instanceof HTMLElement) || !fields.includes(element.nodeName) || !element.hasAttribute("disabled");
}

async function rests(element) {
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(element.getBoundingClientRect())));
  const first = await frame();
  const second = await frame();
  return ["x", "y", "width", "height"].every((side) => first[side] === second[side]);
}

function scrollElement(element, top, left) {
  if (top !== undefined) element.scrollTop = top;
  if (left !== undefined) element.scrollLeft = left;
}

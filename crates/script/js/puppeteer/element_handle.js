// ElementHandle: a node of the page's document.
import { map } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { JSHandle } from "internal:puppeteer/js_handle";
import { clickOptions, point, pressOptions, typeDelay, typeText } from "internal:puppeteer/keyboard";
import { abortable } from "internal:puppeteer/abort";
import { waitOptions } from "internal:puppeteer/options";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { encode, isString, source } from "internal:puppeteer/page_function";
import { ErrorCtor, NumberCtor } from "internal:core/primordials";
import { screenshotOptions } from "internal:puppeteer/screenshot";

export class ElementHandle extends JSHandle {
  asElement() { return this; }
  async contentFrame() { return await ops.element_handle_content_frame(ridOf(this)); }
  async hover() { await ops.element_handle_hover(ridOf(this)); }

  async click(options) {
    if (options?.debugHighlight) await clickAndShow(this, options);
    else await ops.element_handle_click(ridOf(this), clickOptions(options));
  }

  async autofill(data) { await late("puppeteer/windows").autofill(this, data); }
  async select(...values) { return await ops.element_handle_select(ridOf(this), selectValues(values)); }

  async uploadFile(...filePaths) {
    await ops.element_handle_upload_file(ridOf(this), map(filePaths, (path) => `${path}`));
  }

  async tap() { await ops.element_handle_tap(ridOf(this)); }
  async focus() { await ops.element_handle_focus(ridOf(this)); }
  async type(text, options) { await ops.element_handle_type(ridOf(this), typeText(text), typeDelay(options)); }
  async press(key, options) { await ops.element_handle_press(ridOf(this), `${key}`, pressOptions(options)); }
  async boundingBox() { return await ops.element_handle_bounding_box(ridOf(this)); }
  async boxModel() { return await ops.element_handle_box_model(ridOf(this)); }
  async screenshot(options = {}) { return await ops.element_handle_screenshot(ridOf(this), screenshotOptions(options)); }
  async $(selector) { return await ops.element_handle_query_selector(ridOf(this), `${selector}`); }
  async $$(selector) { return await ops.element_handle_query_selector_all(ridOf(this), `${selector}`); }

  async $eval(selector, pageFunction, ...args) {
    return await ops.element_handle_eval_on_selector(ridOf(this), `${selector}`, source(pageFunction), encode(args));
  }

  async $$eval(selector, pageFunction, ...args) {
    return await ops.element_handle_eval_on_selector_all(ridOf(this), `${selector}`, source(pageFunction), encode(args));
  }

  async $x(expression) { return await ops.element_handle_xpath(ridOf(this), `${expression}`); }
  get frame() { return ops.element_handle_frame(ridOf(this)); }
  async scrollIntoView() { await ops.element_handle_scroll_into_view(ridOf(this)); }
  async clickablePoint(offset) {
    return await ops.element_handle_clickable_point(ridOf(this), offset && point(offset));
  }
  async isVisible() { return await this.evaluate(isVisible); }
  async isHidden() { return !(await this.evaluate(isVisible)); }

  async toElement(tagName) {
    const name = `${tagName}`;
    if (await this.evaluate(isElement, name)) return this;
    throw new ErrorCtor(`Element is not a(n) \`${name}\` element`);
  }

  async isIntersectingViewport(options) {
    const { threshold = 0 } = options ?? {};
    return await ops.element_handle_is_intersecting_viewport(ridOf(this), NumberCtor(threshold));
  }

  async waitForSelector(selector, options) {
    const given = waitOptions(options);
    return await abortable(options?.signal, () => ops.element_handle_wait_for_selector(ridOf(this), `${selector}`, given));
  }

  asLocator() {
    return late("puppeteer/locator").locateHandle(this, ops.page_default_timeout(ridOf(this.frame.page())));
  }
  async backendNodeId() { return await ops.element_handle_backend_node_id(ridOf(this)); }

  // Without drag interception the target is another element, and Chromium drags by itself.
  async drag(target) {
    const page = this.frame.page();
    const from = await reach(this);
    if (page.isDragInterceptionEnabled()) return await page.mouse.drag(from, target);
    try {
      if (!ops.page_is_dragging(ridOf(page))) {
        ops.page_set_dragging(ridOf(page), true);
        await page.mouse.move(from.x, from.y);
        await page.mouse.down();
      }
      if (target instanceof ElementHandle) await target.hover();
      else await page.mouse.move(target.x, target.y);
    } catch (error) {
      ops.page_set_dragging(ridOf(page), false);
      throw error;
    }
    return undefined;
  }

  async dragEnter(data = noDrag()) {
    const at = await reach(this);
    await this.frame.page().mouse.dragEnter(at, data);
  }

  async dragOver(data = noDrag()) {
    const at = await reach(this);
    await this.frame.page().mouse.dragOver(at, data);
  }

  // Takes what is dragged: an element, or the data of an intercepted drag.
  async drop(dragged = noDrag()) {
    const page = this.frame.page();
    if (!(dragged instanceof ElementHandle)) {
      const at = await reach(this);
      await page.mouse.drop(at, dragged);
      return;
    }
    await dragged.drag(this);
    ops.page_set_dragging(ridOf(page), false);
    await page.mouse.up();
  }

  async dragAndDrop(target, options) {
    const page = this.frame.page();
    if (!page.isDragInterceptionEnabled()) throw new ErrorCtor("Drag Interception is not enabled!");
    const from = await reach(this);
    await page.mouse.dragAndDrop(from, await target.clickablePoint(), options);
  }

  async touchStart() {
    const { x, y } = await reach(this);
    return await this.frame.page().touchscreen.touchStart(x, y);
  }

  async touchMove(touch) {
    const { x, y } = await reach(this);
    if (touch) await touch.move(x, y);
    else await this.frame.page().touchscreen.touchMove(x, y);
  }

  async touchEnd() {
    await this.scrollIntoView();
    await this.frame.page().touchscreen.touchEnd();
  }
}

// Scrolls it into view, and answers where to click it.
async function reach(handle) {
  await handle.scrollIntoView();
  return await handle.clickablePoint();
}

// Leaves a red spot where it clicks, which fades.
async function clickAndShow(handle, options) {
  const page = handle.frame.page();
  await handle.scrollIntoView();
  const { x, y } = await handle.clickablePoint(options.offset);
  try {
    await page.mouse.click(x, y, options);
  } finally {
    await page.evaluate(showSpot, x, y);
  }
}

function noDrag() { return { items: [], dragOperationsMask: 1 }; }

export function selectValues(values) {
  return map(values, (value) => {
    if (isString(value)) return `${value}`;
    throw new ErrorCtor(`Values must be strings. Found value "${value}" of type "${typeof value}"`);
  });
}

// From here on: functions of the page.

function isElement(node, name) {
  return node.nodeName === name.toUpperCase();
}

function showSpot(x, y) {
  const spot = document.createElement("div");
  const place = { position: "fixed", left: `${x}px`, top: `${y}px`, width: "10px", height: "10px", borderRadius: "50%" };
  Object.assign(spot.style, place, { zIndex: 2147483647, pointerEvents: "none" });
  document.body.append(spot);
  spot.animate([{ backgroundColor: "red" }, { backgroundColor: "#FADADD00" }], 10000).onfinish = () => spot.remove();
}

function isVisible(element) {
  const style = window.getComputedStyle(element);
  const { width, height } = element.getBoundingClientRect();
  return !["hidden", "collapse"].includes(style.visibility) && width > 0 && height > 0;
}

define("ElementHandle", ElementHandle);

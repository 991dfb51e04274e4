// ElementHandle: a node of the page's document.
import { map } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { JSHandle } from "internal:puppeteer/js_handle";
import { clickOptions, point, pressOptions, typeDelay, typeText } from "internal:puppeteer/keyboard";
import { isVisible } from "internal:puppeteer/locator";
import { ops } from "internal:core/ops";
import { encode, isString, source } from "internal:puppeteer/page_function";
import { ErrorCtor } from "internal:core/primordials";
import { screenshotOptions } from "internal:puppeteer/screenshot";

export class ElementHandle extends JSHandle {
  asElement() { return this; }
  async contentFrame() { return await ops.element_handle_content_frame(ridOf(this)); }
  async hover() { await ops.element_handle_hover(ridOf(this)); }
  async click(options) { await ops.element_handle_click(ridOf(this), clickOptions(options)); }
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

  async isIntersectingViewport() { return await ops.element_handle_is_intersecting_viewport(ridOf(this)); }
}

export function selectValues(values) {
  return map(values, (value) => {
    if (isString(value)) return `${value}`;
    throw new ErrorCtor(`Values must be strings. Found value "${value}" of type "${typeof value}"`);
  });
}

// A function of the page.
function isElement(node, name) {
  return node.nodeName === name.toUpperCase();
}

define("ElementHandle", ElementHandle);

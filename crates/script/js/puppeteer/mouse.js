// Mouse: in CSS pixels from the top left corner of the main frame's viewport.
import { define, ridOf } from "internal:core/handles";
import { sleep } from "internal:node/job_helpers";
import { clickOptions, point } from "internal:puppeteer/keyboard";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { NumberCtor, jsonStringify } from "internal:core/primordials";

export class Mouse {
  async move(x, y, options = {}) {
    const { steps = 1 } = options;
    await ops.mouse_move(ridOf(this), NumberCtor(x), NumberCtor(y), NumberCtor(steps));
  }

  async click(x, y, options = {}) { await ops.mouse_click(ridOf(this), NumberCtor(x), NumberCtor(y), clickOptions(options)); }
  async down(options = {}) { await ops.mouse_down(ridOf(this), clickOptions(options)); }
  async up(options = {}) { await ops.mouse_up(ridOf(this), clickOptions(options)); }

  async wheel(options = {}) {
    const { deltaX = 0, deltaY = 0 } = options;
    await ops.mouse_wheel(ridOf(this), deltaX, deltaY);
  }

  async reset() { await ops.mouse_reset(ridOf(this)); }

  async drag(start, target) {
    const from = point(start);
    const to = point(target);
    return await ops.mouse_drag(ridOf(this), from, to);
  }

  async dragEnter(target, data) { await ops.mouse_drag_event(ridOf(this), "dragEnter", point(target), jsonStringify(data)); }
  async dragOver(target, data) { await ops.mouse_drag_event(ridOf(this), "dragOver", point(target), jsonStringify(data)); }
  async drop(target, data) { await ops.mouse_drag_event(ridOf(this), "drop", point(target), jsonStringify(data)); }

  async dragAndDrop(start, target, options) {
    const data = await this.drag(start, target);
    await this.dragEnter(target, data);
    await this.dragOver(target, data);
    if (options?.delay) await sleep(options.delay);
    await this.drop(target, data);
    await this.up();
  }

  toJSON() { refuseJson(); }
}

define("Mouse", Mouse);

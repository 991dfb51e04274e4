// Mouse: in CSS pixels from the top left corner of the main frame's viewport.
import { define, ridOf } from "internal:core/handles";
import { clickOptions } from "internal:puppeteer/keyboard";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { NumberCtor } from "internal:core/primordials";

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

  toJSON() { refuseJson(); }
}

define("Mouse", Mouse);

// Touchscreen and its fingers.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class Touchscreen {
  async tap(x, y) { await ops.touchscreen_tap(ridOf(this), x, y); }
  async touchStart(x, y) { return await ops.touchscreen_touch_start(ridOf(this), x, y); }
  async touchMove(x, y) { await ops.touchscreen_touch_move(ridOf(this), x, y); }
  async touchEnd() { await ops.touchscreen_touch_end(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("Touchscreen", Touchscreen);

// One finger that is down.
export class TouchHandle {
  async move(x, y) { await ops.touch_handle_move(ridOf(this), x, y); }
  async end() { await ops.touch_handle_end(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("TouchHandle", TouchHandle);

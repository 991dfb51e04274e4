// Touchscreen.
import { define, ridOf } from "internal:handles";
import { ops } from "internal:ops";
import { refuseJson } from "internal:page_function";

export class Touchscreen {
  async tap(x, y) { await ops.touchscreen_tap(ridOf(this), x, y); }
  toJSON() { refuseJson(); }
}

define("Touchscreen", Touchscreen);

// Dialog: alert, confirm, prompt and beforeunload.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { text } from "internal:puppeteer/options";
import { refuseJson } from "internal:puppeteer/page_function";

export class Dialog {
  type() { return ops.dialog_type(ridOf(this)); }
  message() { return ops.dialog_message(ridOf(this)); }
  defaultValue() { return ops.dialog_default_value(ridOf(this)); }
  get handled() { return ops.dialog_handled(ridOf(this)); }
  async accept(promptText) { await ops.dialog_accept(ridOf(this), text(promptText)); }
  async dismiss() { await ops.dialog_dismiss(ridOf(this)); }
  toJSON() { refuseJson(); }
}

Dialog.Type = { Alert: "alert", BeforeUnload: "beforeunload", Confirm: "confirm", Prompt: "prompt" };

define("Dialog", Dialog);

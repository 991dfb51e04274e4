// ConsoleMessage: what the page wrote with its console.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class ConsoleMessage {
  #args;

  type() { return ops.console_message_type(ridOf(this)); }
  text() { return ops.console_message_text(ridOf(this)); }
  args() { return this.#args ??= ops.console_message_args(ridOf(this)); }
  location() { return ops.console_message_location(ridOf(this)); }
  stackTrace() { return ops.console_message_stack_trace(ridOf(this)); }
  frame() { return ops.console_message_frame(ridOf(this)); }
  page() { return ops.console_message_page(ridOf(this)); }
  worker() { return ops.console_message_worker(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("ConsoleMessage", ConsoleMessage);

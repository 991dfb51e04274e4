// What a script may use of the `puppeteer` package besides its page.
import "internal:accessibility";
import "internal:browser_context";
import "internal:cdp_session";
import "internal:console_message";
import "internal:coverage";
import "internal:dialog";
import "internal:element_handle";
import "internal:execution_context";
import "internal:file_chooser";
import "internal:frame";
import "internal:mouse";
import "internal:page";
import "internal:request";
import "internal:response";
import "internal:security_details";
import "internal:target";
import "internal:touchscreen";
import "internal:tracing";
import "internal:worker";
import { TimeoutError } from "internal:errors";
import { ops } from "internal:ops";
import { defineProperty } from "internal:primordials";

let devices;

export const puppeteer = {
  // A list that also has each device under its name.
  get devices() { return devices ??= named(ops.puppeteer_devices()); },
  errors: { TimeoutError },
};

function named(list) {
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    defineProperty(list, value.name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }
  return list;
}

// The job's log gets what the page writes. A listener like any other: a script may count and remove it.
export function listenToConsole(page, logger) {
  page.on("console", (message) => { logger.debug(`page: ${message.text()}`); });
}

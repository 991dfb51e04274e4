// What a script may use of the `puppeteer` package besides its page.
import "internal:puppeteer/accessibility";
import "internal:puppeteer/browser_context";
import "internal:puppeteer/cdp_session";
import "internal:puppeteer/console_message";
import "internal:puppeteer/coverage";
import "internal:puppeteer/dialog";
import "internal:puppeteer/element_handle";
import "internal:puppeteer/execution_context";
import "internal:puppeteer/file_chooser";
import "internal:puppeteer/frame";
import "internal:puppeteer/mouse";
import "internal:puppeteer/page";
import "internal:puppeteer/request";
import "internal:puppeteer/response";
import "internal:puppeteer/security_details";
import "internal:puppeteer/target";
import "internal:puppeteer/touchscreen";
import "internal:puppeteer/tracing";
import "internal:puppeteer/worker";
import { TimeoutError } from "internal:core/errors";
import { ops } from "internal:core/ops";
import { defineProperty } from "internal:core/primordials";

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

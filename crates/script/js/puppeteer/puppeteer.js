// What a script may use of the `puppeteer` package besides its page.
import "internal:puppeteer/accessibility";
import { Browser } from "internal:puppeteer/browser";
import { BrowserContext } from "internal:puppeteer/browser_context";
import { CDPSession } from "internal:puppeteer/cdp_session";
import { ConsoleMessage } from "internal:puppeteer/console_message";
import { Coverage } from "internal:puppeteer/coverage";
import { Dialog } from "internal:puppeteer/dialog";
import { ElementHandle } from "internal:puppeteer/element_handle";
import * as enums from "internal:puppeteer/enums";
import { EventEmitter } from "internal:puppeteer/event_emitter";
import "internal:puppeteer/execution_context";
import { FileChooser } from "internal:puppeteer/file_chooser";
import { Frame } from "internal:puppeteer/frame";
import { JSHandle } from "internal:puppeteer/js_handle";
import { Keyboard } from "internal:puppeteer/keyboard";
import { Locator } from "internal:puppeteer/locator";
import { Mouse } from "internal:puppeteer/mouse";
import { Page } from "internal:puppeteer/page";
import * as handlers from "internal:puppeteer/query_handlers";
import { InterceptResolutionAction, Request } from "internal:puppeteer/request";
import { Response } from "internal:puppeteer/response";
import { SecurityDetails } from "internal:puppeteer/security_details";
import { Target } from "internal:puppeteer/target";
import { Touchscreen } from "internal:puppeteer/touchscreen";
import { Tracing } from "internal:puppeteer/tracing";
import { Worker } from "internal:puppeteer/worker";
import * as errors from "internal:core/puppeteer_errors";
import { late } from "internal:core/late";
import { ops } from "internal:core/ops";
import { assign, defineProperty } from "internal:core/primordials";

const {
  PuppeteerError, TimeoutError, TouchError, UnsupportedOperation, ProtocolError, TargetCloseError, ConnectionClosedError,
} = errors;
let devices, knownDevices;

export const puppeteer = {
  // A list that also has each device under its name.
  get devices() { return devices ??= named(ops.puppeteer_devices()); },
  // The newer ones have more devices, by name alone.
  get KnownDevices() { return knownDevices ??= ops.puppeteer_known_devices(); },
  errors: { TimeoutError },
  PuppeteerError, TimeoutError, TouchError, UnsupportedOperation, ProtocolError, TargetCloseError, ConnectionClosedError,
  // Its classes under the names of all versions.
  Browser, BrowserContext, CDPSession, ConsoleMessage, Coverage, Dialog, ElementHandle, EventEmitter, FileChooser, Frame,
  JSHandle, Keyboard, Locator, Mouse, Page, SecurityDetails, Target, Touchscreen, Tracing, InterceptResolutionAction,
  HTTPRequest: Request, HTTPResponse: Response, WebWorker: Worker,
};
assign(puppeteer, enums);
assign(puppeteer, handlers);
puppeteer.networkConditions = puppeteer.PredefinedNetworkConditions;

// The class whose static methods register query handlers.
puppeteer.Puppeteer = assign(class Puppeteer {}, handlers);

// Classes of objects that few scripts have: read when somebody asks for them.
const lateClasses = { ScreenRecorder: "screen_recording", ScreenRecording: "screen_recording", DeviceRequestPrompt: "device_request_prompt" };
for (const name in lateClasses) {
  defineProperty(puppeteer, name, {
    get() { return late(`puppeteer/${lateClasses[name]}`)[name]; }, configurable: true, enumerable: false,
  });
}

function named(list) {
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    defineProperty(list, value.name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
  }
  return list;
}

// DeviceRequestPrompt: a page's question for a device.
import { append } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { ErrorCtor } from "internal:core/primordials";
import { abortable } from "internal:puppeteer/abort";
import { deliver, EventEmitter } from "internal:puppeteer/event_emitter";
import { waitForEvent } from "internal:puppeteer/event_wait";
import { timeoutOf } from "internal:puppeteer/options";
import { refuseJson } from "internal:puppeteer/page_function";

let foundOf;

export class DeviceRequestPrompt {
  // What has been found so far; more may come. A script chooses one of these objects.
  #devices;
  #found = new EventEmitter();

  static { foundOf = (prompt) => prompt.#found; }

  get devices() { return this.#devices ??= ops.device_request_prompt_devices(ridOf(this)); }

  // The first device, now or later, that the filter accepts.
  async waitForDevice(filter, options = {}) {
    const { timeout, signal } = options;
    const limit = timeoutOf(timeout) ?? ops.device_request_prompt_timeout(ridOf(this));
    const failed = () => ops.wait_device_timed_out(limit);
    return await waitForEvent(this.#found, { names: ["device"], accepts: (device) => filter(device), timeout: limit, failed, now: this.devices, signal });
  }

  async select(device) {
    const { devices } = this;
    for (let i = 0; i < devices.length; i++) {
      if (devices[i] !== device) continue;
      await ops.device_request_prompt_select(ridOf(this), device.id);
      return;
    }
    throw new ErrorCtor("Cannot select unknown device!");
  }

  async cancel() { await ops.device_request_prompt_cancel(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("DeviceRequestPrompt", DeviceRequestPrompt, (prompt, _, args) => {
  const { devices } = prompt;
  for (let i = 0; i < devices.length; i++) if (devices[i].id === args[0].id) return;
  append(devices, args[0]);
  deliver(foundOf(prompt), "device", args);
});

export function waitForDevicePrompt(page, { timeout, signal }) {
  const limit = timeoutOf(timeout);
  return abortable(signal, () => ops.page_wait_for_device_prompt(ridOf(page), limit));
}

// BluetoothEmulation: an adapter that is not there, for all pages of the browser.
import { ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { jsonStringify } from "internal:core/primordials";

export const emulationOf = (page) => new BluetoothEmulation(page);

export class BluetoothEmulation {
  #page;

  constructor(page) { this.#page = page; }

  async emulateAdapter(state, leSupported = true) {
    await ops.page_emulate_bluetooth_adapter(ridOf(this.#page), `${state}`, !!leSupported);
  }

  async disableEmulation() { await ops.page_disable_bluetooth_emulation(ridOf(this.#page)); }

  async simulatePreconnectedPeripheral(preconnectedPeripheral) {
    await ops.page_simulate_bluetooth_peripheral(ridOf(this.#page), jsonStringify(preconnectedPeripheral));
  }
}

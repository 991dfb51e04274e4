// Any plugin of puppeteer-extra: a function that answers something to `use`.
class Plugin {
  enabledEvasions = new Set();
  availableEvasions = new Set();
  opts = {};
  get name() { return "accepted"; }
}

export default function plugin(options = {}) { return Object.assign(new Plugin(), { opts: options }); }

// The module `puppeteer-extra`: plugins are accepted, and change nothing.
import { append, copy } from "internal:core/arrays";
import { create } from "internal:core/primordials";
import puppeteer from "internal:puppeteer/module";

const plugins = [];
const extra = create(puppeteer);
extra.use = (plugin) => {
  append(plugins, plugin);
  return extra;
};
extra.addExtra = () => extra;
extra.PuppeteerExtra = class PuppeteerExtra {};
extra.launch = puppeteer.launch;
extra.connect = puppeteer.connect;
Object.defineProperty(extra, "plugins", { get: () => copy(plugins), enumerable: false, configurable: true });

export default extra;

// What newer Puppeteers have and a job cannot: each says so by its name.
import { UnsupportedOperation } from "internal:core/puppeteer_errors";

const OF_BROWSER = "it rules the whole browser, which other jobs have after this one";
const OF_MACHINE = "it reaches the executor's machine";
const OF_NETWORK = "the job's field `network` says what it may reach";
const REASONS = {
  __proto__: null,
  "browser.installExtension()": OF_BROWSER, "browser.uninstallExtension()": OF_BROWSER,
  "page.triggerExtensionAction()": OF_BROWSER,
  "browser.installPWA()": OF_MACHINE, "browser.uninstallPWA()": OF_MACHINE, "browser.launchPWA()": OF_MACHINE,
  "browser.getPWAState()": OF_MACHINE,
  "browser.debugInfo": "it tells of commands that are not the job's own",
  "page.openDevTools()": "it opens a page of the browser itself",
  "page.webmcp": "it is an experiment of Chromium's, which is off",
  "browser.restrictNetwork()": OF_NETWORK, "blocklist and allowlist of puppeteer.launch()": OF_NETWORK,
};

export function refuse(what) {
  throw new UnsupportedOperation(`${what} is not available to jobs: ${REASONS[what]}`);
}

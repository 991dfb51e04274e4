// The module `puppeteer`: the global of that name, with what a whole script begins with.
import { launch } from "internal:puppeteer/launch";
import { puppeteer as known } from "internal:puppeteer/puppeteer";

import { create, defineProperty, getOwnPropertyDescriptor, isArray, ownKeys } from "internal:core/primordials";

const defaultArgs = (options = {}) => (isArray(options?.args) ? [...options.args] : []);
const executablePath = () => "/usr/bin/chromium";

const puppeteer = create({
  launch, connect: launch, defaultArgs, executablePath,
  trimCache: async () => {},
});
const own = {
  launch, connect: launch, defaultArgs, executablePath,
  get KnownDevices() { return known.KnownDevices ?? known.devices; },
  get devices() { return known.devices; },
};
const parts = [own, known];
for (let i = 0; i < parts.length; i++) {
  const names = ownKeys(parts[i]);
  for (let j = 0; j < names.length; j++) defineProperty(puppeteer, names[j], getOwnPropertyDescriptor(parts[i], names[j]));
}

export default puppeteer;

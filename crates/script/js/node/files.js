// The global `files`: what the job keeps, by name. Its pages' downloads and what `path` options write are there, too.
import { ops } from "internal:core/ops";
import { TypeErrorCtor } from "internal:core/primordials";
import { quietly } from "internal:puppeteer/disposal";
import { timeoutOf } from "internal:puppeteer/options";

// As long as a navigation may take.
const DOWNLOAD_TIMEOUT = 30000;

export const files = {
  // Makes a file, in the place of what it held.
  async write(name, content) { ops.files_write(`${name}`, content); },
  // A file's content as a Buffer.
  async read(name) { return ops.files_read(`${name}`); },
  // All files as [{ name, bytes }].
  async list() { return ops.files_list(); },
  async remove(name) { ops.files_remove(`${name}`); },

  // Runs the action and waits for the download that it begins: { name, bytes }.
  async download(action, options = {}) {
    if (typeof action !== "function") throw new TypeErrorCtor("files.download() needs a function that begins a download");
    const download = ops.files_next_download(timeoutOf(options.timeout) ?? DOWNLOAD_TIMEOUT);
    // An action that fails is what the caller hears of.
    quietly(download);
    await action();
    const name = await download;
    return { name, bytes: ops.files_read(name) };
  },
};

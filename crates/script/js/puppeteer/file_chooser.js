// FileChooser: answers a page that asks for files.
import { map } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";

export class FileChooser {
  isMultiple() { return ops.file_chooser_is_multiple(ridOf(this)); }
  async accept(filePaths) { await ops.file_chooser_accept(ridOf(this), map(filePaths, (path) => `${path}`)); }
  async cancel() { await ops.file_chooser_cancel(ridOf(this)); }
  toJSON() { refuseJson(); }
}

define("FileChooser", FileChooser);

// Node's tty: a job has no terminal.
import { Readable } from "internal:node/stream_readable";
import { Writable } from "internal:node/stream_writable";

export default {
  isatty: () => false,
  ReadStream: class ReadStream extends Readable { isTTY = false; isRaw = false; setRawMode() { return this; } },
  WriteStream: class WriteStream extends Writable {
    isTTY = false;
    getColorDepth() { return 1; }
    hasColors() { return false; }
  },
};

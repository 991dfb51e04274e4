// Node's buffer.
import { Blob, File } from "internal:node/blob";
import { Buffer } from "internal:node/buffer";
import { atob, btoa } from "internal:node/encoding";

const constants = { MAX_LENGTH: 0x7fffffff, MAX_STRING_LENGTH: 0x3fffffff };
const isAscii = (bytes) => Buffer.from(bytes).every((byte) => byte < 128);
const isUtf8 = (bytes) => Buffer.from(Buffer.from(bytes).toString("utf8"), "utf8").equals(Buffer.from(bytes));
const transcode = (bytes, from, to) => Buffer.from(Buffer.from(bytes).toString(from), to);

export default {
  Buffer, SlowBuffer: Buffer, Blob, File, atob, btoa, constants, kMaxLength: constants.MAX_LENGTH,
  kStringMaxLength: constants.MAX_STRING_LENGTH, INSPECT_MAX_BYTES: 50, isAscii, isUtf8, transcode,
};

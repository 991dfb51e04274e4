// Node's stream.
import { Duplex, PassThrough, Transform } from "internal:node/stream_duplex";
import { addAbortSignal, destroy } from "internal:node/stream_destroy";
import { compose, finished, pipeline, pipelined, watch } from "internal:node/stream_ends";
import { Stream } from "internal:node/stream_legacy";
import { from } from "internal:node/stream_from";
import { Readable } from "internal:node/stream_readable";
import "internal:node/stream_steps";
import { fromWeb, fromWebWritable, toWeb, toWebWritable } from "internal:node/stream_adapters";
import { Writable, defaults } from "internal:node/stream_writable";
import { SymbolCtor, apply, defineProperty } from "internal:core/primordials";

Readable.from = from;
Readable.fromWeb = fromWeb;
Readable.toWeb = toWeb;
Readable.wrap = (old, options) => new Readable(options).wrap(old);
Writable.fromWeb = fromWebWritable;
Writable.toWeb = toWebWritable;
Duplex.fromWeb = ({ readable, writable }) => Duplex.from({ readable: fromWeb(readable), writable: fromWebWritable(writable) });
Duplex.toWeb = (duplex) => ({ readable: toWeb(duplex), writable: toWebWritable(duplex) });

// What util.promisify makes of them.
const custom = SymbolCtor.for("nodejs.util.promisify.custom");
defineProperty(pipelined, custom, { value: pipeline, enumerable: true, configurable: true, writable: false });
defineProperty(watch, custom, { value: finished, enumerable: true, configurable: true, writable: false });

const promises = { pipeline, finished };
Object.assign(Stream, {
  Stream, Readable, Writable, Duplex, Transform, PassThrough, promises, pipeline: pipelined, finished: watch, compose, addAbortSignal,
  destroy: (stream, error) => apply(destroy, stream, [error]),
  isErrored: (stream) => !!stream?.errored,
  isReadable: (stream) => stream?.readable ?? null,
  isWritable: (stream) => stream?.writable ?? null,
  isDestroyed: (stream) => stream?.destroyed ?? null,
  isDisturbed: (stream) => !!stream && (stream.readableDidRead || stream.readableAborted === true),
  getDefaultHighWaterMark: (isObjects) => (isObjects ? defaults.objects : defaults.bytes),
  setDefaultHighWaterMark(isObjects, value) { defaults[isObjects ? "objects" : "bytes"] = value; },
});

export { PassThrough, Readable, Stream, Transform, Writable, promises };
export default Stream;

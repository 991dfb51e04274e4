// TransformStream and those that the web has ready-made.
import { TextDecoder, TextEncoder } from "internal:node/encoding";
import { ReadableStream } from "internal:web/readable_stream";
import { callbackOf, deferred } from "internal:web/stream_parts";
import { WritableStream, failWritable } from "internal:web/writable_stream";
import { StringCtor, SymbolCtor, TypeErrorCtor, uncurryThis } from "internal:core/primordials";

const slice = uncurryThis(StringCtor.prototype.slice);
const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);

let make;
let allowed = false;

export class TransformStreamDefaultController {
  #readable; #give; #end;
  static {
    make = (readable, give, end) => {
      allowed = true;
      const controller = new TransformStreamDefaultController();
      controller.#readable = readable;
      controller.#give = give;
      controller.#end = end;
      return controller;
    };
  }
  constructor() {
    if (!allowed) throw new TypeErrorCtor("Illegal constructor");
    allowed = false;
  }
  get desiredSize() { return this.#readable().desiredSize; }
  enqueue(chunk) { this.#give(chunk); }
  error(reason) {
    this.#readable().error(reason);
    this.#end(reason);
  }
  terminate() {
    this.#readable().close();
    this.#end(new TypeErrorCtor("Invalid state: TransformStream has been terminated"));
  }
  get [SymbolCtor.toStringTag]() { return "TransformStreamDefaultController"; }
}

export class TransformStream {
  #readable; #writable;
  constructor(transformer = {}, writableStrategy = {}, readableStrategy = {}) {
    const object = transformer ?? {};
    const [transform, flush, cancelled] = ["transform", "flush", "cancel"].map((name) => callbackOf(object, name));
    // Resolved while the readable side wants more.
    let wanted = deferred();
    let output;
    // Before the chunk is given: whoever takes it may want the next one at once.
    const give = (chunk) => {
      wanted = deferred();
      output.enqueue(chunk);
    };
    const end = (reason) => {
      failWritable(this.#writable, reason);
      wanted.resolve(undefined);
    };
    const controller = make(() => output, give, end);
    this.#readable = new ReadableStream({
      start(given) { output = given; },
      pull() { wanted.resolve(undefined); },
      async cancel(reason) {
        end(reason);
        await cancelled?.(reason);
      },
    }, { highWaterMark: 0, ...readableStrategy });
    let started;
    this.#writable = new WritableStream({
      async write(chunk) {
        await started;
        await wanted.promise;
        try {
          if (transform === undefined) give(chunk);
          else await transform(chunk, controller);
        } catch (error) {
          output.error(error);
          throw error;
        }
      },
      async close() {
        await started;
        try {
          await flush?.(controller);
        } catch (error) {
          output.error(error);
          throw error;
        }
        if (output.desiredSize !== null) close(output);
      },
      async abort(reason) {
        output.error(reason);
        await cancelled?.(reason);
      },
    }, writableStrategy);
    started = callbackOf(object, "start")?.(controller);
  }
  get readable() { return this.#readable; }
  get writable() { return this.#writable; }
  get [SymbolCtor.toStringTag]() { return "TransformStream"; }
}

function close(output) {
  try {
    output.close();
  } catch {
    // The transformer has closed it.
  }
}

export class TextDecoderStream {
  #decoder; #transform;
  constructor(label = "utf-8", options = {}) {
    const decoder = this.#decoder = new TextDecoder(label, options);
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }
  get encoding() { return this.#decoder.encoding; }
  get fatal() { return this.#decoder.fatal; }
  get ignoreBOM() { return this.#decoder.ignoreBOM; }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
  get [SymbolCtor.toStringTag]() { return "TextDecoderStream"; }
}

export class TextEncoderStream {
  #transform;
  constructor() {
    const encoder = new TextEncoder();
    // The first half of a character whose other half is in the next chunk.
    let half = "";
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        let text = half + `${chunk}`;
        half = "";
        const last = text.length > 0 ? charCodeAt(text, text.length - 1) : 0;
        if (last >= 0xd800 && last < 0xdc00) {
          half = text[text.length - 1];
          text = slice(text, 0, -1);
        }
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
      flush(controller) { if (half !== "") controller.enqueue(encoder.encode(half)); },
    });
  }
  get encoding() { return "utf-8"; }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
  get [SymbolCtor.toStringTag]() { return "TextEncoderStream"; }
}

class QueuingStrategy {
  #mark;
  constructor(options) {
    if (options?.highWaterMark === undefined) throw new TypeErrorCtor('The "init" argument must have a highWaterMark');
    this.#mark = +options.highWaterMark;
  }
  get highWaterMark() { return this.#mark; }
}
export class CountQueuingStrategy extends QueuingStrategy {
  get size() { return count; }
  get [SymbolCtor.toStringTag]() { return "CountQueuingStrategy"; }
}
export class ByteLengthQueuingStrategy extends QueuingStrategy {
  get size() { return bytes; }
  get [SymbolCtor.toStringTag]() { return "ByteLengthQueuingStrategy"; }
}
const { size: count } = { size() { return 1; } };
const { size: bytes } = { size(chunk) { return chunk.byteLength; } };

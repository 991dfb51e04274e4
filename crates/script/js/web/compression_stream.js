// CompressionStream and DecompressionStream. Rust packs and unpacks.
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { ArrayBufferCtor, SymbolCtor, TypeErrorCtor, Uint8ArrayCtor } from "internal:core/primordials";
import { TransformStream } from "internal:web/transform_stream";

const { isView } = ArrayBufferCtor;

class Packer {}
define("Packer", Packer);

const FORMATS = { __proto__: null, gzip: true, deflate: true, "deflate-raw": true };

// A packer or unpacker; `give` gets every piece that comes of what is put into it.
export function packer(format, unpacks, level) {
  const made = ops.packer(format, unpacks, level);
  return {
    put(bytes, give) {
      ops.packer_put(ridOf(made), bytes);
      for (;;) {
        const piece = ops.packer_take(ridOf(made));
        if (piece.length === 0) return;
        give(piece);
      }
    },
    end(give) {
      const piece = ops.packer_end(ridOf(made));
      if (piece.length > 0) give(piece);
    },
  };
}

const plain = (piece) => new Uint8ArrayCtor(piece.buffer, piece.byteOffset, piece.length);

function transformer(format, unpacks) {
  const name = `${format}`;
  if (!FORMATS[name]) throw new TypeErrorCtor(`The argument 'format' must be one of: 'deflate', 'deflate-raw', 'gzip'. Received '${name}'`);
  const codec = packer(name, unpacks);
  const told = (run) => {
    try {
      run();
    } catch (error) {
      throw new TypeErrorCtor(error.message, { cause: error });
    }
  };
  return new TransformStream({
    transform(chunk, controller) {
      if (!isView(chunk) && !(chunk instanceof ArrayBufferCtor)) {
        throw new TypeErrorCtor('The "chunk" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView');
      }
      told(() => codec.put(chunk, (piece) => controller.enqueue(plain(piece))));
    },
    flush(controller) { told(() => codec.end((piece) => controller.enqueue(plain(piece)))); },
  });
}

export class CompressionStream {
  #transform;
  constructor(format) { this.#transform = transformer(format, false); }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
  get [SymbolCtor.toStringTag]() { return "CompressionStream"; }
}

export class DecompressionStream {
  #transform;
  constructor(format) { this.#transform = transformer(format, true); }
  get readable() { return this.#transform.readable; }
  get writable() { return this.#transform.writable; }
  get [SymbolCtor.toStringTag]() { return "DecompressionStream"; }
}

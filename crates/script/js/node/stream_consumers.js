// Node's stream/consumers: the whole of a stream at once.
import { append } from "internal:core/arrays";
import { late } from "internal:core/late";
import { Buffer, viewed } from "internal:node/buffer";
import { parse } from "internal:node/json";
import { ArrayBufferCtor, uncurryThis } from "internal:core/primordials";

const { isView } = ArrayBufferCtor;
const part = uncurryThis(ArrayBufferCtor.prototype.slice);

async function buffer(stream) {
  const pieces = [];
  for await (const piece of stream) append(pieces, isView(piece) ? viewed(piece) : Buffer.from(piece));
  return Buffer.concat(pieces);
}
const text = async (stream) => (await buffer(stream)).toString("utf8");
const json = async (stream) => parse(await text(stream));
async function arrayBuffer(stream) {
  const { buffer: bytes, byteOffset, length } = await buffer(stream);
  return part(bytes, byteOffset, byteOffset + length);
}
const blob = async (stream) => new (late("node/blob").Blob)([await buffer(stream)]);

export default { arrayBuffer, blob, buffer, json, text };

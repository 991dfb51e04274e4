// Bytes that are there as a stream of the web.
import { late } from "internal:core/late";
import { Uint8ArrayCtor, uncurryThis } from "internal:core/primordials";

const CHUNK = 1 << 16;
const subarray = uncurryThis(Uint8ArrayCtor.prototype.subarray);

export function byteStream(bytes) {
  // Read when somebody asks for one.
  const { ReadableStream } = late("web/readable_stream");
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = subarray(bytes, at, at += CHUNK);
      if (chunk.length > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

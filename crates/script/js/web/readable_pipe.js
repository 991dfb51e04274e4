// What reads a whole stream: two streams of one, and a stream into another.
import { quietly } from "internal:puppeteer/disposal";
import { PromiseCtor, then } from "internal:core/primordials";
import { deferred } from "internal:web/stream_parts";

// Two streams of what one gives. The faster one decides when more is read.
export function tee(stream, bytes, ReadableStream) {
  const reader = stream.getReader();
  const branches = [];
  const reasons = [];
  const cancelled = deferred();
  let reading = false;
  let over = false;
  const each = (call) => {
    for (let i = 0; i < branches.length; i++) if (!branches[i].over) call(branches[i].controller);
  };
  const next = async () => {
    if (reading || over) return;
    reading = true;
    try {
      const { value, done } = await reader.read();
      reading = false;
      over = done;
      each((controller) => {
        if (done) controller.close();
        else controller.enqueue(value);
      });
      if (done) cancelled.resolve(undefined);
    } catch (error) {
      over = true;
      each((controller) => controller.error(error));
      cancelled.resolve(undefined);
    }
  };
  const branch = (index) => new ReadableStream({
    type: bytes ? "bytes" : undefined,
    start(controller) { branches[index] = { controller, over: false }; },
    pull: next,
    cancel(reason) {
      branches[index].over = true;
      reasons[index] = reason;
      if (branches[1 - index].over) cancelled.resolve(reader.cancel(reasons));
      return cancelled.promise;
    },
  }, { highWaterMark: 0 });
  return [branch(0), branch(1)];
}

// Writes what a reader gives until one of the two ends, or the signal says so.
export async function pipe(reader, writer, { preventClose, preventAbort, preventCancel, signal }) {
  const stopped = deferred();
  const stop = () => stopped.reject(signal.reason);
  // Whose error it was.
  let failed = "source";
  try {
    if (signal?.aborted) {
      failed = "signal";
      throw signal.reason;
    }
    signal?.addEventListener("abort", stop, { once: true });
    let last;
    for (;;) {
      failed = "target";
      await PromiseCtor.race([writer.ready, stopped.promise]);
      failed = "source";
      const { value, done } = await PromiseCtor.race([reader.read(), stopped.promise, failure(writer, () => { failed = "target"; })]);
      if (done) break;
      last = writer.write(value);
      quietly(last);
    }
    failed = "target";
    if (preventClose) await last;
    else await writer.close();
  } catch (error) {
    const by = signal?.aborted && error === signal.reason ? "signal" : failed;
    if (by !== "target" && !preventAbort) await quiet(writer.abort(error));
    if (by !== "source" && !preventCancel) await quiet(reader.cancel(error));
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    reader.releaseLock();
    writer.releaseLock();
  }
}

// Rejects when the target does, and never resolves.
const failure = (writer, noted) => new PromiseCtor((_, reject) => {
  then(writer.closed, undefined, (error) => {
    noted();
    reject(error);
  });
});

async function quiet(promise) {
  try {
    await promise;
  } catch {
    // The first error is the one that is told.
  }
}

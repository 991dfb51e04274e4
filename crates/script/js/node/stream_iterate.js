// A Readable in a loop.
import { withCode } from "internal:node/node_error";
import { PromiseCtor } from "internal:core/primordials";

// The chunks as they come. Whoever stops before the end destroys the stream.
export async function* iterate(stream, destroyOnReturn) {
  let wake;
  const next = () => {
    const resolve = wake;
    wake = undefined;
    resolve?.();
  };
  let over = false;
  let failure;
  const stop = (error) => {
    if (!over) failure = error;
    over = true;
    next();
  };
  const end = () => stop();
  const fail = (error) => stop(error);
  const close = () => stop(withCode("ERR_STREAM_PREMATURE_CLOSE", "Premature close"));
  const state = stream._readableState;
  if (state.endEmitted) over = true;
  else if (state.errored) stop(state.errored);
  else if (state.closed) close();
  stream.on("readable", next);
  stream.on("end", end);
  stream.on("error", fail);
  stream.on("close", close);
  let whole = false;
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (failure !== undefined) throw failure;
      else if (over) break;
      else await new PromiseCtor((resolve) => { wake = resolve; });
    }
    whole = true;
  } finally {
    stream.removeListener("readable", next);
    stream.removeListener("end", end);
    stream.removeListener("error", fail);
    stream.removeListener("close", close);
    if (!whole && destroyOnReturn) stream.destroy();
    else if (whole && state.autoDestroy && !stream._writableState) stream.destroy();
  }
}

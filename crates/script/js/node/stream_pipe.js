// A Readable that is piped: it waits while its targets have enough.
import { append } from "internal:core/arrays";
import { errorOrDestroy } from "internal:node/stream_destroy";
import { queueMicrotask } from "internal:node/timers";

export function pipe(stream, target, options) {
  const state = stream._readableState;
  append(state.pipes, target);
  const isEnd = options?.end !== false && !target._isStdio;
  let cleaned = false;
  const end = () => target.end();
  const leave = () => stream.unpipe(target);
  const drain = () => {
    state.awaiting.delete(target);
    if (state.awaiting.size === 0 && stream.listenerCount("data") > 0) stream.resume();
  };
  const data = (chunk) => {
    if (target.write(chunk) !== false || cleaned) return;
    state.awaiting.add(target);
    stream.pause();
    target.on("drain", drain);
  };
  const unpiped = (source, info) => {
    if (source !== stream || !info || info.hasUnpiped) return;
    info.hasUnpiped = true;
    cleaned = true;
    target.removeListener("close", closed);
    target.removeListener("finish", finished);
    target.removeListener("drain", drain);
    target.removeListener("error", failed);
    target.removeListener("unpipe", unpiped);
    stream.removeListener("end", end);
    stream.removeListener("end", leave);
    stream.removeListener("data", data);
    if (state.awaiting.delete(target) && state.awaiting.size === 0) drain();
  };
  const failed = (error) => {
    leave();
    target.removeListener("error", failed);
    if (target.listenerCount("error") > 0) return;
    if (target._writableState && !target._writableState.errorEmitted) errorOrDestroy(target, error);
    else target.emit("error", error);
  };
  const closed = () => {
    target.removeListener("finish", finished);
    leave();
  };
  const finished = () => {
    target.removeListener("close", closed);
    leave();
  };
  if (state.endEmitted) queueMicrotask(isEnd ? end : leave);
  else stream.once("end", isEnd ? end : leave);
  target.on("unpipe", unpiped);
  stream.on("data", data);
  target.prependListener?.("error", failed);
  target.once("close", closed);
  target.once("finish", finished);
  target.emit("pipe", stream);
  if (target.writableNeedDrain === true) stream.pause();
  else if (!state.flowing) stream.resume();
  return target;
}

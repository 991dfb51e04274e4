// Node's finished and pipeline: who hears of the end of a stream, and of several that are one way.
import { append, copy } from "internal:core/arrays";
import { aborted } from "internal:node/stream_destroy";
import { Duplex, PassThrough } from "internal:node/stream_duplex";
import { from } from "internal:node/stream_from";
import { fromWeb, fromWebWritable, isWebReadable, isWebWritable } from "internal:node/stream_adapters";
import { invalidArgument, withCode } from "internal:node/node_error";
import { PromiseCtor, SymbolCtor } from "internal:core/primordials";
import { queueMicrotask } from "internal:node/timers";

const isStream = (value) => typeof value === "object" && value !== null && typeof value.on === "function"
  && (typeof value.pipe === "function" || typeof value.write === "function");
const reads = (stream) => stream._readableState?.readable ?? (stream._writableState ? false : stream.readable === true || typeof stream.read === "function");
const writes = (stream) => stream._writableState?.writable ?? (stream._readableState ? false : typeof stream.write === "function");
const premature = () => withCode("ERR_STREAM_PREMATURE_CLOSE", "Premature close");

// Calls back when the stream is over; answers what takes that back.
export function watch(stream, options, callback) {
  const [settings, tell] = typeof options === "function" ? [{}, options] : [options ?? {}, callback];
  if (isWebReadable(stream) || isWebWritable(stream)) return watch(isWebReadable(stream) ? fromWeb(stream) : fromWebWritable(stream), settings, tell);
  if (!isStream(stream)) throw invalidArgument('"stream" argument', "an instance of ReadableStream, WritableStream, or Stream", stream);
  const readable = settings.readable ?? reads(stream);
  const writable = settings.writable ?? writes(stream);
  let isRead = !readable || stream.readableEnded === true;
  let isWritten = !writable || stream.writableFinished === true;
  let called = false;
  const done = (error) => {
    if (called) return;
    called = true;
    cleanup();
    if (error) tell(error);
    else tell();
  };
  const whole = () => { if (isRead && isWritten) done(); };
  const end = () => { isRead = true; whole(); };
  const finish = () => { isWritten = true; whole(); };
  const failed = (error) => done(error);
  const close = () => {
    const { errored } = stream;
    if (errored && typeof errored !== "boolean") done(errored);
    else if (!isRead && stream._readableState && !stream.readableEnded) done(premature());
    else if (!isWritten && stream._writableState && !stream.writableFinished) done(premature());
    else done();
  };
  const abort = () => done(aborted(settings.signal.reason));
  function cleanup() {
    stream.removeListener("end", end);
    stream.removeListener("finish", finish);
    stream.removeListener("error", failed);
    stream.removeListener("close", close);
    settings.signal?.removeEventListener("abort", abort);
  }
  stream.on("end", end);
  stream.on("finish", finish);
  if (settings.error !== false) stream.on("error", failed);
  stream.on("close", close);
  if (stream.closed === true || (stream._readableState ?? stream._writableState)?.closeEmitted) queueMicrotask(close);
  else if (isRead && isWritten) queueMicrotask(whole);
  if (settings.signal?.aborted) queueMicrotask(abort);
  else settings.signal?.addEventListener("abort", abort, { once: true });
  return cleanup;
}

export const finished = (stream, options) => new PromiseCtor((resolve, reject) => {
  watch(stream, options ?? {}, (error) => (error ? reject(error) : resolve()));
});

const isIterable = (value) => value !== null && value !== undefined
  && (typeof value[SymbolCtor.asyncIterator] === "function" || typeof value[SymbolCtor.iterator] === "function");

// The steps of a pipeline as streams, connected; answers what is to be waited for, and the last stream or value.
function connect(steps, signal) {
  const streams = [];
  const ends = [];
  let value;
  let current;
  for (let i = 0; i < steps.length; i++) {
    let step = steps[i];
    const isLast = i === steps.length - 1;
    if (i === 0 && isWebReadable(step)) step = fromWeb(step);
    else if (i > 0 && isWebWritable(step)) step = fromWebWritable(step);
    else if (i > 0 && typeof step === "object" && isWebReadable(step?.readable) && isWebWritable(step?.writable)) {
      step = Duplex.from({ readable: fromWeb(step.readable), writable: fromWebWritable(step.writable) });
    }
    if (isStream(step)) {
      if (current !== undefined) {
        if (!isStream(current)) current = from(current);
        current.pipe(step, { end: true });
      }
      append(streams, step);
      current = step;
    } else if (typeof step === "function") {
      const answer = i === 0 ? step({ signal }) : step(current, { signal });
      if (isIterable(answer)) current = isLast ? collect(answer) : from(answer);
      else if (isLast && typeof answer?.then === "function") {
        value = answer;
        current = undefined;
      } else throw invalidArgument("return value", isLast ? "AsyncIterable, Promise" : "AsyncIterable", answer);
      if (isStream(current)) append(streams, current);
    } else if (i === 0 && isIterable(step)) {
      current = from(step);
      append(streams, current);
    } else throw invalidArgument(`"streams[${i}]" argument`, "of type function or an instance of Stream", step);
  }
  for (let i = 0; i < streams.length; i++) {
    // Whoever reads the last one is not known here.
    const isOpen = i > 0 && i === streams.length - 1 && value === undefined && writes(streams[i]);
    append(ends, { stream: streams[i], options: { readable: isOpen ? false : undefined } });
  }
  return { streams, ends, value, last: current };
}

// A generator at the end of a pipeline is read by nobody: it runs, and what it gives can be read.
function collect(answer) {
  const through = new PassThrough({ objectMode: true });
  from(answer).on("error", (error) => through.destroy(error)).pipe(through);
  return through;
}

function run(steps, options, callback) {
  const { signal, end = true } = options;
  let over = false;
  let connected;
  const finish = (error, value) => {
    if (over) return;
    over = true;
    if (error) for (let i = 0; connected !== undefined && i < connected.streams.length; i++) {
      const stream = connected.streams[i];
      if (!stream.destroyed && typeof stream.destroy === "function" && (end || i < connected.streams.length - 1)) {
        stream.on("error", () => {});
        stream.destroy(error);
      }
    }
    callback(error, value);
  };
  try {
    connected = connect(steps, signal);
  } catch (error) {
    queueMicrotask(() => finish(error));
    return steps[steps.length - 1];
  }
  const { ends, value, last } = connected;
  let left = ends.length + (value === undefined ? 0 : 1);
  let answer;
  const one = (error) => {
    if (error) finish(error);
    else if (--left === 0) finish(undefined, answer);
  };
  for (let i = 0; i < ends.length; i++) watch(ends[i].stream, ends[i].options, one);
  value?.then((result) => { answer = result; queueMicrotask(() => one()); }, (error) => one(error));
  if (signal?.aborted) finish(aborted(signal.reason));
  else signal?.addEventListener("abort", () => finish(aborted(signal.reason)), { once: true });
  return last ?? steps[steps.length - 1];
}

const isOptions = (value) => typeof value === "object" && value !== null && !isStream(value) && !isIterable(value)
  && !isWebReadable(value) && !isWebWritable(value) && !(isWebReadable(value.readable) && isWebWritable(value.writable));

export function pipelined(...args) {
  const callback = args.pop();
  if (typeof callback !== "function") throw invalidArgument('"streams[stream.length - 1]" property', "of type function", callback);
  const steps = args.length === 1 && Array.isArray(args[0]) ? copy(args[0]) : args;
  return run(steps, {}, callback);
}

export const pipeline = (...args) => new PromiseCtor((resolve, reject) => {
  const options = args.length > 1 && isOptions(args[args.length - 1]) ? args.pop() : {};
  const steps = args.length === 1 && Array.isArray(args[0]) ? copy(args[0]) : args;
  if (options.signal?.aborted) return reject(aborted(options.signal.reason));
  run(steps, options, (error, value) => (error ? reject(error) : resolve(value)));
});

// Several streams as one.
export function compose(...steps) {
  const first = isStream(steps[0]) ? steps[0] : from(steps[0]);
  if (steps.length === 1) return first;
  const outer = new PassThrough({ objectMode: true });
  run([...steps, outer], {}, (error) => { if (error) outer.destroy(error); });
  if (!writes(first)) return outer;
  return Duplex.from({ readable: outer, writable: first });
}


// Node's readline: the lines of a stream. A job's own input is empty, so nobody answers a question that goes to it.
import { append, remove } from "internal:core/arrays";
import { EventEmitter } from "internal:node/events";
import { StringDecoder } from "internal:node/string_decoder";
import { ErrorCtor, PromiseCtor, SymbolCtor, apply } from "internal:core/primordials";
import { withCode } from "internal:node/node_error";
import { addMembers, derive } from "internal:node/stream_legacy";
import { isStandardInput } from "internal:node/standard_input";
import { aborted } from "internal:node/stream_destroy";
import { queueMicrotask } from "internal:node/timers";

const BREAK = /\r\n|\n|\r|\u2028|\u2029/;
const NOBODY = "readline: a job has no terminal, nobody answers: give what it asks for as vars (process.env), or the lines as a stream (`input`)";

const closedError = () => withCode("ERR_USE_AFTER_CLOSE", "readline was closed");

export function Interface(options, output) {
  if (!(this instanceof Interface)) return new Interface(options, output);
  apply(EventEmitter, this, []);
  const settings = typeof options?.on === "function" ? { input: options, output } : options ?? {};
  const { input } = settings;
  if (typeof input?.on !== "function") throw new ErrorCtor("readline: `input` must be a stream");
  this.closed = false;
  this.terminal = false;
  this.line = "";
  this.cursor = 0;
  this.input = input;
  this.output = settings.output;
  this.history = [];
  this._prompt = settings.prompt ?? "> ";
  this._state = { decoder: new StringDecoder("utf8"), rest: "", lines: [], wake: undefined, isIterated: false, asked: undefined };
  const onEnd = () => end(this);
  const onError = (error) => this.emit("error", error);
  const onData = (chunk) => take(this, typeof chunk === "string" ? chunk : this._state.decoder.write(chunk));
  this._leave = () => {
    input.removeListener("end", onEnd);
    input.removeListener("data", onData);
    input.removeListener("error", onError);
  };
  input.on("end", onEnd);
  input.on("error", onError);
  settings.signal?.addEventListener("abort", () => this.close(), { once: true });
  // Whoever wants the lines says so in this turn.
  queueMicrotask(() => { if (!this.closed) input.on("data", onData); });
  return undefined;
}

function take(reader, text) {
  if (reader.closed) return;
  const state = reader._state;
  const all = state.rest + text;
  const lines = all.split(BREAK);
  state.rest = lines.pop();
  // A line break may have its second half in the next piece.
  if (all.endsWith("\r")) state.rest = `${lines.pop()}\r`;
  for (let i = 0; i < lines.length; i++) give(reader, lines[i]);
}

function give(reader, line) {
  const state = reader._state;
  if (state.asked !== undefined) {
    const answer = state.asked;
    state.asked = undefined;
    answer(line);
    return;
  }
  if (state.isIterated) {
    append(state.lines, line);
    state.wake?.();
  }
  reader.emit("line", line);
}

function end(reader) {
  if (reader.closed) return;
  const state = reader._state;
  const rest = (state.rest + state.decoder.end()).replace(/\r$/, "");
  state.rest = "";
  if (rest !== "") give(reader, rest);
  reader.close();
}

// Asks; whoever the input is of answers with the next line.
function ask(reader, query, options, answer) {
  if (reader.closed) throw closedError();
  if (isStandardInput(reader.input)) throw new ErrorCtor(NOBODY);
  options?.signal?.addEventListener("abort", () => { reader._state.asked = undefined; }, { once: true });
  reader.output?.write(query);
  reader._state.asked = answer;
}

async function* all(reader) {
  const state = reader._state;
  try {
    for (;;) {
      if (state.lines.length > 0) {
        const [line] = state.lines;
        remove(state.lines, 0, 1);
        yield line;
      } else if (reader.closed) return;
      else await new PromiseCtor((resolve) => { state.wake = resolve; });
    }
  } finally {
    reader.close();
  }
}

const custom = SymbolCtor.for("nodejs.util.promisify.custom");
derive(Interface, EventEmitter, {
  close() {
    if (this.closed) return;
    this.closed = true;
    this._leave();
    if (typeof this.input.pause === "function") this.input.pause();
    this._state.wake?.();
    this.emit("close");
  },
  pause() {
    this.input.pause?.();
    this.emit("pause");
    return this;
  },
  resume() {
    this.input.resume?.();
    this.emit("resume");
    return this;
  },
  question(query, options, callback) {
    const answer = typeof options === "function" ? options : callback;
    if (typeof answer === "function") ask(this, query, typeof options === "function" ? undefined : options, answer);
  },
  getPrompt() { return this._prompt; },
  setPrompt(prompt) { this._prompt = prompt; },
  prompt() { this.output?.write?.(this._prompt); },
  write() {},
  getCursorPos() { return { rows: 0, cols: 0 }; },
  [SymbolCtor.asyncIterator]() {
    this._state.isIterated = true;
    return all(this);
  },
  [SymbolCtor.dispose]() { this.close(); },
});
const asked = (reader, query, options) => new PromiseCtor((resolve, reject) => {
  if (options?.signal?.aborted) return reject(aborted(options.signal.reason));
  options?.signal?.addEventListener("abort", () => reject(aborted(options.signal.reason)), { once: true });
  ask(reader, query, options, resolve);
});
Object.defineProperty(Interface.prototype.question, custom, {
  value(query, options) { return asked(this, query, options); }, configurable: true, enumerable: false, writable: true,
});

function PromiseInterface(options, output) {
  if (!(this instanceof PromiseInterface)) return new PromiseInterface(options, output);
  apply(Interface, this, [options, output]);
  return undefined;
}
derive(PromiseInterface, Interface, {});
addMembers(PromiseInterface, { question(query, options) { return asked(this, query, options); } });

const nothing = (...args) => {
  const callback = args[args.length - 1];
  if (typeof callback === "function") queueMicrotask(() => callback());
  return true;
};
class Readline {
  clearLine() { return this; }
  clearScreenDown() { return this; }
  cursorTo() { return this; }
  moveCursor() { return this; }
  rollback() { return this; }
  async commit() {}
}

export const promises = {
  Interface: PromiseInterface, Readline, createInterface: (options, output) => new PromiseInterface(options, output),
};
export default {
  Interface, promises, createInterface: (options, output) => new Interface(options, output), clearLine: nothing, cursorTo: nothing,
  moveCursor: nothing, clearScreenDown: nothing, emitKeypressEvents() {},
};

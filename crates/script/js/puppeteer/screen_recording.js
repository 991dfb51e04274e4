// What page.record() and page.screencast() answer: streams of a film's file, which is there once the film is stopped.
import { append } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { ErrorCtor, NumberCtor, PromiseCtor, StringCtor, SymbolCtor, then, uncurryThis } from "internal:core/primordials";
import { PassThrough } from "internal:node/stream";
import { quietly } from "internal:puppeteer/disposal";
import { tap } from "internal:puppeteer/event_emitter";
import { note } from "internal:puppeteer/films_under_way";
import { text } from "internal:puppeteer/options";
import { ReadableStream } from "internal:web/readable_stream";

const CHUNK = 1 << 16;
const lower = uncurryThis(StringCtor.prototype.toLowerCase);
const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const slice = uncurryThis(StringCtor.prototype.slice);

// A film under way, which Rust makes.
class Recording {}
define("Recording", Recording);

const number = (value) => value === undefined || value === null ? undefined : NumberCtor(value);

// The film's file, piece by piece.
function* pieces(recording) {
  for (let at = 0; ; at += CHUNK) {
    const piece = ops.recording_read(ridOf(recording), at, CHUNK);
    if (piece.length === 0) return;
    yield piece;
  }
}

// A film ends with its page, whoever closes that: `finish` answers when the file is made. Answers the function that ends the watch.
function watch(page, finish) {
  const forget = note(page, finish);
  const untap = tap(page, "close", () => { quietly(finish()); });
  return () => {
    forget();
    untap();
  };
}

// Resolves when a stream of Node has taken all.
function finished(stream) {
  return new PromiseCtor((resolve) => {
    if (stream.writableFinished || stream.closed || stream.destroyed || typeof stream.once !== "function") {
      resolve();
      return;
    }
    for (const event of ["finish", "close", "error"]) stream.once(event, resolve);
  });
}

export class ScreenRecording extends ReadableStream {
  #recording;
  #targets = [];
  #stopping;
  #made;

  constructor(recording, page) {
    let ended;
    const end = new PromiseCtor((resolve, reject) => { ended = { resolve, reject }; });
    // Nobody has to read.
    then(end, undefined, () => {});
    let rest;
    super({
      async pull(controller) {
        await end;
        rest ??= pieces(recording);
        const { value, done } = rest.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    const finish = () => {
      quietly(this.stop());
      return this.#made;
    };
    this.#recording = { recording, ended, forget: watch(page, finish) };
  }

  pipe(destination) {
    if (typeof destination.getWriter === "function") return this.pipeTo(destination);
    append(this.#targets, destination);
    return destination;
  }

  stop() { return this.#stopping ??= this.#stop(); }

  async #stop() {
    const { recording, ended, forget } = this.#recording;
    forget();
    const targets = this.#targets;
    try {
      await (this.#made = ops.recording_stop(ridOf(recording)));
      if (targets.length > 0) for (const piece of pieces(recording)) for (const target of targets) target.write(piece);
      ended.resolve();
    } catch (error) {
      ended.reject(error);
      throw error;
    } finally {
      for (const target of targets) target.end();
    }
    for (const target of targets) await finished(target);
  }

  async [SymbolCtor.asyncDispose]() { await this.stop(); }
}

export class ScreenRecorder extends PassThrough {
  #recording;
  #forget;
  #stopping;
  #made;
  // A file that has its place already is read for those who ask for it.
  #isHeard;

  constructor(recording, page, hasPlace) {
    super();
    this.#recording = recording;
    this.#forget = watch(page, () => {
      quietly(this.stop());
      return this.#made;
    });
    this.#isHeard = !hasPlace;
  }

  on(name, listener) {
    if (name === "data" || name === "end") this.#isHeard = true;
    return super.on(name, listener);
  }

  pipe(target) {
    this.#isHeard = true;
    return super.pipe(target);
  }

  [SymbolCtor.asyncIterator]() {
    this.#isHeard = true;
    return super[SymbolCtor.asyncIterator]();
  }

  stop() { return this.#stopping ??= this.#stop(); }

  async #stop() {
    const recording = this.#recording;
    this.#forget();
    try {
      await (this.#made = ops.recording_stop(ridOf(recording)));
      if (this.#isHeard) for (const piece of pieces(recording)) this.write(piece);
    } finally {
      this.end();
    }
    await finished(this);
  }

  async [SymbolCtor.asyncDispose]() { await this.stop(); }
}

const positive = (value, name) => {
  if (value !== undefined && value <= 0) throw new ErrorCtor(`\`${name}\` must be greater than 0.`);
};

export async function record(page, options) {
  const { path, overwrite = true, audio = false, maxWidth, maxHeight, frameRate, fps } = options ?? {};
  positive(maxWidth, "maxWidth");
  positive(maxHeight, "maxHeight");
  positive(frameRate, "frameRate");
  positive(fps, "fps");
  const recording = await ops.page_record(ridOf(page), {
    __proto__: null, path: text(path), overwrite: !!overwrite, audio: !!audio, maxWidth: number(maxWidth),
    maxHeight: number(maxHeight), frameRate: number(frameRate ?? fps),
  });
  return new ScreenRecording(recording, page);
}

const FORMATS = { __proto__: null, webm: true, mp4: true, gif: true };

// What the file's name says, when nothing else does.
function formatOf(format, path) {
  if (format !== undefined) return `${format}`;
  const name = path === undefined || path === null ? "" : `${path}`;
  const extension = lower(slice(name, lastIndexOf(name, ".") + 1));
  return FORMATS[extension] ? extension : "webm";
}

export async function screencast(page, options) {
  const { path, overwrite = true, format, crop, scale, speed, fps, loop, delay, quality, colors } = options ?? {};
  const recording = await ops.page_screencast(ridOf(page), {
    __proto__: null, path: text(path), overwrite: !!overwrite, format: formatOf(format, path),
    crop: crop ? { __proto__: null, x: number(crop.x), y: number(crop.y), width: number(crop.width), height: number(crop.height) } : undefined,
    scale: number(scale), speed: number(speed), fps: number(fps), repeat: loop === Infinity ? -1 : number(loop),
    delay: number(delay), quality: number(quality), colors: number(colors),
  });
  return new ScreenRecorder(recording, page, path !== undefined && path !== null);
}

// Keyboard, and the options of pressing, typing and clicking that elements and frames share with it.
import { map } from "internal:core/arrays";
import { define, ridOf } from "internal:core/handles";
import { ops } from "internal:core/ops";
import { refuseJson } from "internal:puppeteer/page_function";
import { NumberCtor, StringCtor, TypeErrorCtor } from "internal:core/primordials";

export class Keyboard {
  async down(key, options = {}) {
    const { text, commands } = options;
    await ops.keyboard_down(ridOf(this), `${key}`, text, commandNames(commands));
  }

  async up(key) { await ops.keyboard_up(ridOf(this), `${key}`); }
  async sendCharacter(char) { await ops.keyboard_send_character(ridOf(this), char); }
  async type(text, options) { await ops.keyboard_type(ridOf(this), typeText(text), typeDelay(options)); }
  async press(key, options) { await ops.keyboard_press(ridOf(this), `${key}`, pressOptions(options)); }
  toJSON() { refuseJson(); }
}

define("Keyboard", Keyboard);

// Only text has characters to type.
export function typeText(text) {
  if (typeof text === "string" || text instanceof StringCtor) return `${text}`;
  throw new TypeErrorCtor("text is not iterable");
}

export function typeDelay(options) {
  return milliseconds(options?.delay);
}

export function pressOptions(options = {}) {
  const { delay, text, commands } = options;
  return { __proto__: null, delay: milliseconds(delay), text, commands: commandNames(commands) };
}

export function clickOptions(options = {}) {
  const { delay, button, clickCount, count, offset } = options;
  return { __proto__: null, delay: milliseconds(delay), button, clickCount, count, offset: offset && point(offset) };
}

export function point({ x, y }) {
  return { __proto__: null, x: NumberCtor(x), y: NumberCtor(y) };
}

function commandNames(commands) {
  return commands === undefined ? [] : map(commands, (command) => `${command}`);
}

function milliseconds(delay) {
  return delay === undefined || delay === null ? undefined : NumberCtor(delay) || 0;
}

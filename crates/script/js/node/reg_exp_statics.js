// RegExp.$1 and its kin: what the last match was. Only for jobs whose text names one of them, see src/source.rs: every
// match of such a job's regular expressions is noted, which the others need not pay for.
import {
  ArrayCtor, RegExpCtor, StringCtor, apply, defineProperty, uncurryThis,
} from "internal:core/primordials";

const slice = uncurryThis(StringCtor.prototype.slice);
const copy = uncurryThis(ArrayCtor.prototype.slice);
const { exec } = RegExpCtor.prototype;

let input = "";
let groups = [""];
let index = 0;

function note(text, match) {
  input = text;
  groups = copy(match);
  ({ index } = match);
}

const statics = {
  __proto__: null,
  lastMatch: () => groups[0],
  lastParen: () => (groups.length > 1 ? groups[groups.length - 1] ?? "" : ""),
  leftContext: () => slice(input, 0, index),
  rightContext: () => slice(input, index + groups[0].length),
};
const shortNames = { __proto__: null, lastMatch: "$&", lastParen: "$+", leftContext: "$`", rightContext: "$'" };

function define(name, get, set) {
  defineProperty(RegExpCtor, name, { get, set, configurable: true, enumerable: false });
}

export function installRegExpStatics() {
  const noted = {
    exec(text) {
      const string = `${text}`;
      const match = apply(exec, this, [string]);
      if (match !== null) note(string, match);
      return match;
    },
  }.exec;
  defineProperty(RegExpCtor.prototype, "exec", { value: noted, writable: true, configurable: true, enumerable: false });
  const ignored = () => {};
  for (const name in statics) {
    define(name, statics[name], ignored);
    define(shortNames[name], statics[name], ignored);
  }
  for (let i = 1; i <= 9; i++) define(`$${i}`, () => groups[i] ?? "", ignored);
  const setInput = (value) => { input = `${value}`; };
  define("input", () => input, setInput);
  define("$_", () => input, setInput);
}

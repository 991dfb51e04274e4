// Which functions are classes.
import { FunctionCtor, RegExpCtor, StringCtor, SymbolCtor, fixed, uncurryThis } from "internal:core/primordials";

const slice = uncurryThis(StringCtor.prototype.slice);
const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);
const test = uncurryThis(RegExpCtor.prototype.test);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const sourceOf = uncurryThis(FunctionCtor.prototype.toString);

const HEAD = fixed(/^(\s+[^(]*?)\s*{/);
const COMMENTS = fixed(/(\/\/.*?\n)|(\/\*(.|\n)*?\*\/)/g);

// As Node tells it, by the text: a class whose head calls something counts as a function.
export function isClass(value) {
  if (typeof value !== "function") return false;
  const source = sourceOf(value);
  if (!startsWith(source, "class") || !endsWith(source, "}")) return false;
  const rest = slice(source, 5, -1);
  const brace = indexOf(rest, "{");
  if (brace < 0) return false;
  return indexOf(slice(rest, 0, brace), "(") < 0 || test(HEAD, replace(COMMENTS, rest, "undefined"));
}

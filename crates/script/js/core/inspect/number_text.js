// How inspect writes numbers.
import { StringCtor, is, uncurryThis } from "internal:core/primordials";

const indexOf = uncurryThis(StringCtor.prototype.indexOf);
const slice = uncurryThis(StringCtor.prototype.slice);

export function formatNumber(number, isSeparated) {
  const text = is(number, -0) ? "-0" : `${number}`;
  if (!isSeparated || indexOf(text, "e") >= 0 || indexOf(text, "N") >= 0 || indexOf(text, "I") >= 0) return text;
  const point = indexOf(text, ".");
  if (point < 0) return separated(text);
  let fraction = slice(text, point + 1, point + 4);
  for (let at = point + 4; at < text.length; at += 3) fraction += `_${slice(text, at, at + 3)}`;
  return `${separated(slice(text, 0, point))}.${fraction}`;
}

// The digits of a whole number in threes.
export function separated(text) {
  const start = text[0] === "-" ? 1 : 0;
  let made = text;
  for (let at = text.length - 3; at > start; at -= 3) made = `${slice(made, 0, at)}_${slice(made, at)}`;
  return made;
}

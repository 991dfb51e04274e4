// How an inspected value's parts become lines: quotes, one line or many, columns of array items.
import {
  ArrayCtor, StringCtor, floor, max, min, round, sqrt, uncurryThis,
} from "internal:primordials";

const push = uncurryThis(ArrayCtor.prototype.push);
const join = uncurryThis(ArrayCtor.prototype.join);
const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const codePointAt = uncurryThis(StringCtor.prototype.codePointAt);
const includes = uncurryThis(StringCtor.prototype.includes);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const padEnd = uncurryThis(StringCtor.prototype.padEnd);
const repeat = uncurryThis(StringCtor.prototype.repeat);
const hex = uncurryThis(Number.prototype.toString);

export function plural(count) {
  return count > 1 ? "s" : "";
}

const SHORT = { 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 92: "\\\\" };

// The text with control characters escaped, and the quote if there is one.
export function escaped(text, quote) {
  const quoteCode = quote === undefined ? -1 : charCodeAt(quote, 0);
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code === quoteCode) out += `\\${quote}`;
    else if (quote === undefined && code === 92) out += "\\";
    else if (code < 32 || code === 92) out += SHORT[code] ?? `\\u${padStart(hex(code, 16), 4, "0")}`;
    else out += text[i];
  }
  return out;
}

// Single quotes, unless the text has some and no other kind.
export function quoted(text) {
  let quote = "'";
  if (includes(text, "'")) {
    if (!includes(text, '"')) quote = '"';
    else if (!includes(text, "`") && !includes(text, "${")) quote = "`";
  }
  return quote + escaped(text, quote) + quote;
}

function wide(code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0x303e) || (code >= 0x3041 && code <= 0xa4cf)
    || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f)
    || (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff)
    || (code >= 0x20000 && code <= 0x3fffd);
}

function width(text) {
  let columns = 0;
  for (let i = 0; i < text.length; i++) {
    const code = codePointAt(text, i);
    if (code > 0xffff) i++;
    if (code >= 0x300 && code <= 0x36f) continue;
    columns += wide(code) ? 2 : 1;
  }
  return columns;
}

// One line when the parts are few, short and flat enough; else one part per line, array items in columns.
export function layOut(context, parts, base, open, close, depth, array) {
  let output = parts;
  if (context.compact >= 1 && context.compact !== true) {
    if (array !== undefined && parts.length > 6) output = columns(context, parts, array);
    if (context.currentDepth - depth < context.compact && output === parts) {
      const start = parts.length + context.indentation + open.length + base.length + 10;
      if (fits(context, parts, start, base)) {
        return `${base === "" ? "" : `${base} `}${open} ${join(parts, ", ")} ${close}`;
      }
    }
  }
  const line = `\n${repeat(" ", context.indentation)}`;
  return `${base === "" ? "" : `${base} `}${open}${line}  ${join(output, `,${line}  `)}${line}${close}`;
}

function fits(context, parts, start, base) {
  let total = parts.length + start;
  for (let i = 0; i < parts.length; i++) total += parts[i].length;
  return total <= context.breakLength && !includes(base, "\n");
}

function columns(context, parts, array) {
  const count = context.maxArrayLength < parts.length ? parts.length - 1 : parts.length;
  const widths = [];
  let total = 0;
  let longest = 0;
  for (let i = 0; i < count; i++) {
    const columnsWide = width(parts[i]);
    push(widths, columnsWide);
    total += columnsWide + 2;
    longest = max(longest, columnsWide);
  }
  const cell = longest + 2;
  if (cell * 3 + context.indentation >= context.breakLength || (total / cell <= 5 && longest > 6)) return parts;
  const biased = max(cell - 3 - sqrt(cell - total / parts.length), 1);
  const across = min(
    round(sqrt(2.5 * biased * count) / biased), floor((context.breakLength - context.indentation) / cell),
    context.compact * 4, 15,
  );
  if (across <= 1) return parts;
  const cells = [];
  for (let i = 0; i < across; i++) {
    let widest = 0;
    for (let j = i; j < count; j += across) widest = max(widest, widths[j]);
    push(cells, widest + 2);
  }
  const pad = allNumbers(array, parts.length) ? padStart : padEnd;
  const lines = [];
  for (let i = 0; i < count; i += across) {
    const end = min(i + across, count);
    let line = "";
    for (let j = i; j < end - 1; j++) line += pad(`${parts[j]}, `, cells[j - i] + parts[j].length - widths[j], " ");
    const last = end - 1;
    line += pad === padStart ? padStart(parts[last], cells[last - i] + parts[last].length - widths[last] - 2, " ") : parts[last];
    push(lines, line);
  }
  if (count < parts.length) push(lines, parts[count]);
  return lines;
}

function allNumbers(array, count) {
  for (let i = 0; i < count; i++) {
    if (typeof array[i] !== "number" && typeof array[i] !== "bigint") return false;
  }
  return true;
}

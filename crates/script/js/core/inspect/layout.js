// How an inspected value's parts become lines: primitives, quotes, one line or many, columns of array items.
import { modern } from "internal:core/api";
import { append as push } from "internal:core/arrays";
import { formatNumber, separated } from "internal:core/inspect/number_text";
import {
  ArrayCtor, RegExpCtor, StringCtor, SymbolCtor, fixed, floor, max, min, round, sqrt, uncurryThis,
} from "internal:core/primordials";

const join = uncurryThis(ArrayCtor.prototype.join);
const charCodeAt = uncurryThis(StringCtor.prototype.charCodeAt);
const codePointAt = uncurryThis(StringCtor.prototype.codePointAt);
const includes = uncurryThis(StringCtor.prototype.includes);
const normalize = uncurryThis(StringCtor.prototype.normalize);
const padStart = uncurryThis(StringCtor.prototype.padStart);
const padEnd = uncurryThis(StringCtor.prototype.padEnd);
const repeat = uncurryThis(StringCtor.prototype.repeat);
const slice = uncurryThis(StringCtor.prototype.slice);
const split = uncurryThis(StringCtor.prototype.split);
const toUpperCase = uncurryThis(StringCtor.prototype.toUpperCase);
const hex = uncurryThis(Number.prototype.toString);
const symbolText = uncurryThis(SymbolCtor.prototype.toString);
const test = uncurryThis(RegExpCtor.prototype.test);

export function plural(count) {
  return count > 1 ? "s" : "";
}

const SHORT = { 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 92: "\\\\" };

// What may be in need of it: most texts, long ones among them, are not.
const MARKED = fixed(/[\x00-\x1f'\\\x7f-\x9f\ud800-\udfff]/);
const ANY_MARKED = fixed(/[\x00-\x1f"'`\\\x7f-\x9f\ud800-\udfff]/);

function control(code) {
  return modern ? `\\x${toUpperCase(padStart(hex(code, 16), 2, "0"))}` : `\\u${padStart(hex(code, 16), 4, "0")}`;
}

// Whether that is half of a surrogate pair whose other half is missing.
function isHalf(text, at, code) {
  if (code < 0xd800 || code > 0xdfff) return false;
  const other = charCodeAt(text, code < 0xdc00 ? at + 1 : at - 1);
  return code < 0xdc00 ? !(other >= 0xdc00 && other <= 0xdfff) : !(other >= 0xd800 && other <= 0xdbff);
}

// The text with control characters and the quote escaped.
export function escaped(text, quote) {
  if (!test(quote === "'" ? MARKED : ANY_MARKED, text)) return text;
  const quoteCode = charCodeAt(quote, 0);
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const code = charCodeAt(text, i);
    if (code === quoteCode) out += `\\${quote}`;
    else if (code < 32 || code === 92) out += SHORT[code] ?? control(code);
    else if (modern && code >= 127 && code < 160) out += control(code);
    else if (modern && isHalf(text, i, code)) out += `\\u${hex(code, 16)}`;
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

export function formatPrimitive(context, value) {
  switch (typeof value) {
    case "string": return stringText(context, value);
    case "number": return formatNumber(value, context.numericSeparator);
    case "bigint": return context.numericSeparator ? `${separated(`${value}`)}n` : `${value}n`;
    case "symbol": return symbolText(value);
    default: return `${value}`;
  }
}

// A string that does not fit is broken behind its line ends.
function stringText(context, text) {
  let value = text;
  let trailer = "";
  if (value.length > context.maxStringLength) {
    const left = value.length - context.maxStringLength;
    value = slice(value, 0, context.maxStringLength);
    trailer = `... ${left} more character${plural(left)}`;
  }
  const fits = value.length <= 16 || value.length <= context.breakLength - context.indentation - 4;
  if (fits || context.compact === true) return quoted(value) + trailer;
  const lines = split(value, "\n");
  const pieces = [];
  for (let i = 0; i < lines.length; i++) {
    const last = i === lines.length - 1;
    if (!last || lines[i] !== "") push(pieces, quoted(last ? lines[i] : `${lines[i]}\n`));
  }
  return join(pieces, ` +\n${repeat(" ", context.indentation + 2)}`) + trailer;
}

// A text of several lines, the further ones as far to the right as the value stands.
export function indentedLines(context, text) {
  return context.indentation === 0 ? text : join(split(text, "\n"), `\n${repeat(" ", context.indentation)}`);
}

function wide(code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0x303e) || (code >= 0x3041 && code <= 0xa4cf)
    || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xfe30 && code <= 0xfe6f)
    || (code >= 0xff00 && code <= 0xff60) || (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff)
    || (code >= 0x20000 && code <= 0x3fffd);
}

const UNSEEN = fixed(/^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u);
const EMOJI = fixed(/^\p{Emoji_Presentation}$/u);

// The columns that a terminal needs for it.
function width(text) {
  let columns = 0;
  const composed = normalize(text, "NFC");
  for (let i = 0; i < composed.length; i++) {
    const code = codePointAt(composed, i);
    if (code >= 32 && code < 127) {
      columns++;
      continue;
    }
    const character = code > 0xffff ? composed[i] + composed[++i] : composed[i];
    if (test(UNSEEN, character)) continue;
    columns += wide(code) || test(EMOJI, character) ? 2 : 1;
  }
  return columns;
}

// One line when the parts are few, short and flat enough; else one part per line, array items in columns. `array` is the
// list whose items are the parts, where they are such.
export function layOut(context, parts, base, open, close, depth, array) {
  let output = parts;
  const title = base === "" ? "" : `${base} `;
  if (context.compact === true) return layOutCompact(context, parts, base, open, close);
  if (context.compact >= 1) {
    if (array !== undefined && parts.length > 6) output = columns(context, parts, array);
    if (context.currentDepth - depth < context.compact && output.length === parts.length) {
      const start = parts.length + context.indentation + open.length + base.length + 10;
      const whole = fits(context, parts, start, base) ? join(parts, ", ") : undefined;
      // Today's Node breaks lines where a part has several.
      if (whole !== undefined && !(modern && includes(whole, "\n"))) return `${title}${open} ${whole} ${close}`;
    }
  }
  const line = `\n${repeat(" ", context.indentation)}`;
  return `${title}${open}${line}  ${join(output, `,${line}  `)}${line}${close}`;
}

// As older versions did: the first part behind the brace.
function layOutCompact(context, parts, base, open, close) {
  const title = base === "" ? "" : ` ${base}`;
  if (fits(context, parts, 0, base)) return `${open}${title} ${join(parts, ", ")} ${close}`;
  const indentation = repeat(" ", context.indentation);
  const line = title === "" && open.length === 1 ? " " : `${title}\n${indentation}  `;
  return `${open}${line}${join(parts, `,\n${indentation}  `)} ${close}`;
}

function fits(context, parts, start, base) {
  let total = parts.length + start;
  if (total + parts.length > context.breakLength) return false;
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

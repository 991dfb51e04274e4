// console.table: rows and columns in a frame of lines.
import { modern } from "internal:core/api";
import { append as push } from "internal:core/arrays";
import { inspect } from "internal:core/inspect";
import {
  ArrayCtor, MapCtor, SetCtor, StringCtor, floor, isArray, keys, max, uncurryThis,
} from "internal:core/primordials";

const includes = uncurryThis(ArrayCtor.prototype.includes);
const join = uncurryThis(ArrayCtor.prototype.join);
const repeat = uncurryThis(StringCtor.prototype.repeat);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const setForEach = uncurryThis(SetCtor.prototype.forEach);

const cellText = (value) => inspect(value, { maxArrayLength: 3, depth: typeof value === "object" && value !== null ? 0 : 2, breakLength: Infinity });
const isObject = (value) => typeof value === "object" && value !== null;

// The text of the table; undefined for what has no rows.
export function table(data, filter) {
  if (!isObject(data)) return undefined;
  const { head: first, keyed, rows } = rowsOf(data);
  const columns = isArray(filter) ? filter : [];
  let plain = false;
  for (let i = 0; i < rows.length; i++) {
    const { value } = rows[i];
    if (!isObject(value) || typeof value === "function") plain = true;
    else if (!isArray(filter)) addColumns(columns, value);
  }
  if (keyed) columns.length = 0;
  const head = [first];
  if (keyed) push(head, "Key");
  for (let i = 0; i < columns.length; i++) push(head, `${columns[i]}`);
  if (plain || keyed) push(head, "Values");
  const lines = [];
  for (let i = 0; i < rows.length; i++) push(lines, cells(rows[i], columns, keyed, plain));
  return frame(head, lines);
}

function rowsOf(data) {
  const rows = [];
  let index = 0;
  if (data instanceof MapCtor) {
    mapForEach(data, (value, key) => { push(rows, { index: `${index++}`, key, value: { text: cellText(value) } }); });
    return { head: "(iteration index)", keyed: true, rows };
  }
  if (data instanceof SetCtor) {
    setForEach(data, (value) => { push(rows, { index: `${index++}`, value }); });
    return { head: "(iteration index)", keyed: false, rows };
  }
  const names = keys(data);
  for (let i = 0; i < names.length; i++) push(rows, { index: names[i], value: data[names[i]] });
  return { head: "(index)", keyed: false, rows };
}

function addColumns(columns, value) {
  const names = keys(value);
  for (let i = 0; i < names.length; i++) {
    if (!includes(columns, names[i])) push(columns, names[i]);
  }
}

function cells(row, columns, keyed, plain) {
  const line = [row.index];
  if (keyed) {
    push(line, cellText(row.key));
    push(line, row.value.text);
    return line;
  }
  const { value } = row;
  for (let i = 0; i < columns.length; i++) {
    const has = isObject(value) && includes(keys(value), columns[i]);
    push(line, has ? cellText(value[columns[i]]) : "");
  }
  if (plain) push(line, isObject(value) ? "" : cellText(value));
  return line;
}

function frame(head, lines) {
  const widths = [];
  for (let i = 0; i < head.length; i++) {
    let widest = head[i].length;
    for (let j = 0; j < lines.length; j++) widest = max(widest, lines[j][i].length);
    push(widths, widest + 2);
  }
  const rule = (left, middle, right) => {
    const parts = [];
    for (let i = 0; i < widths.length; i++) push(parts, repeat("─", widths[i]));
    return left + join(parts, middle) + right;
  };
  const row = (line) => {
    const parts = [];
    for (let i = 0; i < widths.length; i++) {
      const room = widths[i] - line[i].length;
      // Today's Node begins each cell at the same place, the one of the predecessor's time puts them in the middle.
      const left = modern ? 1 : floor(room / 2);
      push(parts, repeat(" ", left) + line[i] + repeat(" ", room - left));
    }
    return `│${join(parts, "│")}│`;
  };
  const output = [rule("┌", "┬", "┐"), row(head), rule("├", "┼", "┤")];
  for (let i = 0; i < lines.length; i++) push(output, row(lines[i]));
  push(output, rule("└", "┴", "┘"));
  return join(output, "\n");
}

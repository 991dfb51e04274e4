// A Buffer's numbers: readInt16LE, writeDoubleBE, readUIntBE and their kin.
import { invalidArgument, outOfRange, rangeError } from "internal:node/node_error";
import { RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, abs, defineProperty, fixed, isInteger, uncurryThis } from "internal:core/primordials";

const DataViewCtor = DataView;
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const UNSIGNED = fixed(/UInt/);
const slice = uncurryThis(StringCtor.prototype.slice);
const KINDS = [
  ["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2], ["UInt32", "Uint32", 4],
  ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8],
  ["BigUInt64", "BigUint64", 8],
];

export function addNumbers(prototype) {
  for (let i = 0; i < KINDS.length; i++) {
    const [name, kind, size] = KINDS[i];
    const read = uncurryThis(DataViewCtor.prototype[`get${kind}`]);
    const write = uncurryThis(DataViewCtor.prototype[`set${kind}`]);
    const orders = size === 1 ? [["", false]] : [["LE", true], ["BE", false]];
    for (let j = 0; j < orders.length; j++) {
      const [order, little] = orders[j];
      method(prototype, `read${name}${order}`, function (offset = 0) { return read(viewOf(this, offset, size), offset, little); });
      method(prototype, `write${name}${order}`, function (value, offset = 0) {
        const number = rangeChecked(name, value, size);
        write(viewOf(this, offset, size), offset, number, little);
        return offset + size;
      });
    }
  }
  const signs = ["UInt", "Int"];
  for (let i = 0; i < signs.length; i++) {
    addSized(prototype, signs[i], "LE", true);
    addSized(prototype, signs[i], "BE", false);
  }
}

function method(prototype, name, value) {
  defineProperty(value, "name", { value: name, configurable: true });
  defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: false });
  // Newer versions of Node have readUint8 beside readUInt8.
  const alias = replace(UNSIGNED, name, "Uint");
  if (alias !== name) defineProperty(prototype, alias, { value, writable: true, configurable: true, enumerable: false });
}

// Numbers of one to six bytes.
function addSized(prototype, sign, order, little) {
  const signed = sign === "Int";
  method(prototype, `read${sign}${order}`, function (offset, size) {
    viewOf(this, offset, sizeChecked(size));
    let number = 0;
    for (let i = 0; i < size; i++) number = number * 256 + this[offset + (little ? size - 1 - i : i)];
    return signed && number >= 2 ** (8 * size - 1) ? number - 2 ** (8 * size) : number;
  });
  method(prototype, `write${sign}${order}`, function (value, offset, size) {
    let number = rangeChecked(sign, value, sizeChecked(size));
    viewOf(this, offset, size);
    if (number < 0) number += 2 ** (8 * size);
    for (let i = 0; i < size; i++) {
      this[offset + (little ? i : size - 1 - i)] = number % 256;
      number = (number - (number % 256)) / 256;
    }
    return offset + size;
  });
}

function sizeChecked(size) {
  if (typeof size !== "number") throw invalidArgument('"byteLength" argument', "of type number", size);
  if (!isInteger(size)) throw outOfRange("byteLength", "an integer", size);
  if (size < 1 || size > 6) throw outOfRange("byteLength", ">= 1 and <= 6", size);
  return size;
}

function rangeChecked(name, value, size) {
  if (name === "Float" || name === "Double") return value;
  if (typeof value === "bigint" && size === 8) {
    const limit = 2n ** (name[3] === "U" ? 64n : 63n);
    if (value < (name[3] === "U" ? 0n : -limit) || value >= limit) {
      throw outOfRange("value", name[3] === "U" ? ">= 0n and < 2n ** 64n" : ">= -(2n ** 63n) and < 2n ** 63n", `${threes(`${value}`)}n`);
    }
    return value;
  }
  if (name === "BigInt64" || name === "BigUInt64") throw new TypeErrorCtor("Cannot mix BigInt and other types, use explicit conversions");
  const number = +value;
  const low = name[0] === "U" ? 0 : -(2 ** (8 * size - 1));
  const high = 2 ** (name[0] === "U" ? 8 * size : 8 * size - 1) - 1;
  if (number < low || number > high) {
    const range = size > 4
      ? (low === 0 ? `>= 0 and < 2 ** ${8 * size}` : `>= -(2 ** ${8 * size - 1}) and < 2 ** ${8 * size - 1}`)
      : `>= ${low} and <= ${high}`;
    throw outOfRange("value", range, spaced(number));
  }
  return number;
}

// Node writes long numbers with underscores.
export function spaced(number) {
  if (!isInteger(number) || abs(number) <= 2 ** 32) return `${number}`;
  return threes(`${number}`);
}

function threes(digits) {
  let text = digits;
  for (let at = text.length - 3; at > (text[0] === "-" ? 1 : 0); at -= 3) text = `${slice(text, 0, at)}_${slice(text, at)}`;
  return text;
}

function viewOf(buffer, offset, size) {
  if (typeof offset !== "number") throw invalidArgument('"offset" argument', "of type number", offset);
  if (!isInteger(offset)) throw outOfRange("offset", "an integer", offset);
  if (buffer.length < size) throw rangeError("ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  if (offset < 0 || offset > buffer.length - size) throw outOfRange("offset", `>= 0 and <= ${buffer.length - size}`, offset);
  return new DataViewCtor(buffer.buffer, buffer.byteOffset, buffer.length);
}

// The engine's error texts as V8's users know them, as far as the engine's say what is needed for it.
import { modern } from "internal:core/api";
import {
  ArrayCtor, ObjectCtor, RegExpCtor, StringCtor, SymbolCtor, fixed, getOwnPropertyDescriptor, uncurryThis,
} from "internal:core/primordials";

const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const test = uncurryThis(RegExpCtor.prototype.test);
const exec = uncurryThis(RegExpCtor.prototype.exec);

// What running code meets. A script's own errors come by here, too: these are texts that nobody writes by hand.
const ofCode = [
  [/^cannot read property 'Symbol\(Symbol\.iterator\)' of undefined$/, "undefined is not iterable (cannot read property Symbol(Symbol.iterator))"],
  [/^cannot read property 'Symbol\(Symbol\.iterator\)' of null$/, "object null is not iterable (cannot read property Symbol(Symbol.iterator))"],
  [/^cannot (read|set) property /, "Cannot $1 property "],
  [/^'(#[^']+)' is read-only$/, "Private method '$1' is not writable"],
  [/^'[^']+' is read-only$/, "Assignment to constant variable."],
  [/^this is not initialized$/, "Must call super constructor in derived class before accessing 'this' or returning from derived constructor"],
  [/^'this' can be initialized only once$/, "Super constructor may only be called once"],
  [/^([^ ]+) is not initialized$/, "Cannot access '$1' before initialization"],
  [/^cannot convert symbol to (string|number)$/, "Cannot convert a Symbol value to a $1"],
  [/^cannot convert BigInt to number$/, "Cannot mix BigInt and other types, use explicit conversions"],
  [/^bigint argument with unary \+$/, "Cannot convert a BigInt value to a number"],
  [/^BigInt operands are forbidden for >>>$/, "BigInts have no unsigned right shift, use >> instead"],
  [/^BigInt division by zero$/, "Division by zero"],
  [/^BigInt is too large( to allocate)?$/, "Maximum BigInt size exceeded"],
  [/^invalid property access$/, "'caller', 'callee', and 'arguments' properties may not be accessed on strict mode functions or the arguments objects for calls to them"],
  [/^BigInt negative exponent$/, "Exponent must be positive"],
  [/^toPrimitive$/, "Cannot convert object to primitive value"],
  [/^object is not extensible$/, "Cannot add property, object is not extensible"],
  [/^operand 'prototype' property is not an object$/, "Function has non-object prototype 'undefined' in instanceof check"],
  [/^cannot invoke a running generator$/, "Generator is already running"],
  [/^promise self resolution$/, "Chaining cycle detected for promise #<Promise>"],
  [/^invalid array length$/, "Invalid array length"],
  [/^(string too long|invalid string length)$/, "Invalid string length"],
  [/^Conversion from string failed: invalid utf-8 .*$/, "Unable to resolve dependency: the module's name has half of a surrogate pair"],
  [/^circular prototype chain$/, "Cyclic __proto__ value"],
];

// What the parser meets.
const ofParser = [
  [/^unexpected token in expression: ''$/, "Unexpected end of input"],
  [/^unexpected token in expression: '(.+)'$/, "Unexpected token '$1'"],
  [/^Unexpected identifier '.*'$/, "Unexpected identifier"],
  [/^invalid redefinition of (lexical|global) identifier$/, "Identifier has already been declared"],
  [/^redeclaration of '(.+)'$/, "Identifier '$1' has already been declared"],
  [/^invalid number literal$/, "Invalid or unexpected token"],
  [/^unexpected end of string$/, "Invalid or unexpected token"],
  [/^Invalid flags supplied to RegExp constructor '.*'$/, "Invalid regular expression flags"],
  [/^expecting field name$/, "Unexpected token"],
  [/^invalid number of arguments for getter or setter$/, "Getter must not have any formal parameters."],
  [/^unexpected end of comment$/, "Invalid or unexpected token"],
  [/^unexpected (line terminator in|end of) regexp$/, "Invalid regular expression: missing /"],
  [/^expecting catch or finally$/, "Missing catch or finally after try"],
  [/^invalid assignment left-hand side$/, "Invalid left-hand side in assignment"],
  [/^invalid increment\/decrement operand$/, "Invalid left-hand side expression in postfix operation"],
  [/^invalid lvalue in strict mode$/, "Unexpected eval or arguments in strict mode"],
  [/^missing initializer for( const)? variable$/, "Missing initializer in const declaration"],
  [/^line terminator not allowed after throw$/, "Illegal newline after throw"],
  [/^return not in a function$/, "Illegal return statement"],
  [/^break must be inside loop or switch$/, "Illegal break statement"],
  [/^continue must be inside loop$/, "Illegal continue statement: no surrounding iteration statement"],
  [/^unexpected 'await' keyword$/, "await is only valid in async function"],
  [/^unexpected 'yield' keyword$/, "Unexpected strict mode reserved word"],
  [/^unsupported keyword: (.+)$/, "Unexpected token '$1'"],
  [/^function name expected$/, "Function statements require a function name"],
  [/^new\.target only allowed within functions$/, "new.target expression is not allowed here"],
  [/^super\(\) is only valid in a derived class constructor$/, "'super' keyword unexpected here"],
  [/^property constructor appears more than once$/, "A class may only have one constructor"],
  [/^duplicate label name$/, "Label has already been declared"],
  [/^duplicate default$/, "More than one default clause in switch statement"],
  [/^duplicate __proto__ property name$/, "Duplicate __proto__ fields are not allowed in object literals"],
  [/^duplicate import binding$/, "Identifier has already been declared"],
  [/^missing formal parameter$/, "Unexpected token"],
  [/^invalid keyword: with$/, "Strict mode code may not include a with statement"],
  [/^cannot delete a direct reference in strict mode$/, "Delete of an unqualified identifier in strict mode."],
  [/^Octal literals are not allowed in strict mode$/, "Octal literals are not allowed in strict mode."],
  [/^Octal escape sequences are not allowed in (strict mode|template strings)$/, "Octal escape sequences are not allowed in $1."],
  [/^private class field is already defined$/, "Identifier has already been declared"],
  [/^undefined private field '(.+)'$/, "Private field '$1' must be declared in an enclosing class"],
  [/^exported variable '(.+)' does not exist$/, "Export '$1' is not defined in module"],
  [/^duplicate exported name '(.+)'$/, "Duplicate export of '$1'"],
  [/^Could not find export '(.+)' in module 'file:\/\/\/puppet-master\/module\/(.*)'$/, "The requested module '$2' does not provide an export named '$1'"],
  [/^export '(.+)' in module 'file:\/\/\/puppet-master\/module\/(.*)' is ambiguous$/, "The requested module '$2' contains conflicting star exports for name '$1'"],
];

// What built-in functions say; `$f` is the function's name.
const ofBuiltIns = [
  [/^'(.+)' is read-only$/, "Cannot assign to read only property '$1' of object"],
  [/^(cannot convert undefined or null to object)$/i, "Cannot convert undefined or null to object"],
  [/^circular reference$/, "Converting circular structure to JSON"],
  [/^BigInt are forbidden in JSON.stringify$/, "Do not know how to serialize a BigInt"],
  [/^invalid array (index|length)$/, "Invalid array length"],
  [/^invalid array buffer length$/, "Invalid array buffer length"],
  [/^empty array$/, "Reduce of empty array with no initial value"],
  [/^object prototype may only be an Object or null$/, "Object prototype may only be an Object or null"],
  [/^Date value is NaN$/, "Invalid time value"],
  [/^not a Date object$/, "this is not a Date object."],
  [/^cannot convert BigInt to number$/, "Cannot convert a BigInt value to a number"],
  [/^invalid value used as WeakMap key$/, "Invalid value used as weak map key"],
  [/^invalid value used as WeakSet key$/, "Invalid value used in weak set"],
  [/^([A-Z]\w+) object expected(?:, not (.*))?$/s, "Method $1.prototype.$f called on incompatible receiver $2"],
  [/^(must be called with new|constructor requires 'new')$/, "Constructor $f requires 'new'"],
  [/^BigInt is too large( to allocate)?$/, "Maximum BigInt size exceeded"],
  [/^regexp must have the 'g' flag$/, "String.prototype.$f called with a non-global RegExp argument"],
  [/^invalid array index: (-?\d+)$/, "Invalid index : $1"],
  [/^not a (TypedArray|typed array)$/i, "this is not a typed array."],
  [/^abstract class not constructable$/, "Abstract class $f not directly constructable"],
  [/^empty iterator$/, "Reduce of a done iterator with no initial value"],
  [/^array buffer is not resizable$/, "Method ArrayBuffer.prototype.$f called on incompatible receiver #<ArrayBuffer>"],
  [/^ArrayBuffer is detached( or resized)?$/, "Cannot perform $f on a detached ArrayBuffer"],
  [/^invalid hint$/, "Invalid hint"],
  [/^(Invalid flags supplied to RegExp constructor '.*')$/, "$1"],
  [/^bad normalization form$/, "The normalization form should be one of NFC, NFD, NFKC, NFKD."],
  [/^regexp not supported$/, "First argument to String.prototype.$f must not be a regular expression"],
  [/^null or undefined are forbidden$/, "String.prototype.$f called on null or undefined"],
  [/^out of bound$/, "Offset is outside the bounds of the DataView"],
  [/^(expecting hex digit|invalid character|expecting surrogate pair|malformed UTF-8|expecting %|invalid UTF-8 sequence)$/, "URI malformed"],
];
// What single functions say.
const ofOne = {
  __proto__: null,
  ArrayBuffer: [[/^invalid array (index|length)$/, "Invalid array buffer length"]],
  SharedArrayBuffer: [[/^invalid array (index|length)$/, "Invalid array buffer length"]],
  set: [[/^invalid array (index|length)$/, "offset is out of bounds"]],
  DataView: [[/^(Shared)?ArrayBuffer object expected/, "First argument to DataView constructor must be an ArrayBuffer"]],
  Promise: [[/^must be called with new$/, "Promise constructor cannot be invoked without 'new'"]],
  Symbol: [[/^not a constructor$/, "Symbol is not a constructor"]],
  BigInt: [[/^not a constructor$/, "BigInt is not a constructor"]],
};
const digits = {
  __proto__: null,
  toFixed: "toFixed() digits argument must be between 0 and 100",
  toPrecision: "toPrecision() argument must be between 1 and 100",
  toExponential: "toExponential() argument must be between 0 and 100",
};

// What is wrong with a regular expression.
const ofPatterns = [
  [/^expecting '\)'$/, "Unterminated group"],
  [/^expecting '\]'$|^unterminated character class$/, "Unterminated character class"],
  [/^unexpected end$/, "Unterminated character class"],
  [/^(unknown unicode (property name|property value|script|general category)|expecting '\{' after \\p)$/, "Invalid property name"],
  [/^expecting group name$/, "Invalid named reference"],
  [/^invalid modifiers$|^duplicate modifier: /, "Invalid flag group"],
  [/^too many captures$|^stack overflow$/, "Regular expression too large"],
  [/^nothing to repeat$/, "Nothing to repeat"],
  [/^extraneous characters at the end$/, "Unmatched ')'"],
  [/^invalid repetition count$/, "numbers out of order in {} quantifier"],
  [/^duplicate group name$/, "Duplicate capture group name"],
  [/^invalid group name$/, "Invalid capture group name"],
  [/^group name not defined$/, "Invalid named capture referenced"],
  [/^invalid class range$/, "Range out of order in character class"],
  [/^invalid group$/, "Invalid group"],
  [/^malformed unicode char$/, "Invalid Unicode escape"],
  [/^invalid character in class in regular expression$/, "Invalid character in character class"],
  [/^invalid (class set )?operation in regular expression$/, "Invalid set operation in character class"],
  [/^invalid escape sequence in regular expression$/, "Invalid escape"],
];

// What today's V8 says otherwise than that of Node 12.
const ofModernCode = [
  [/^cannot read property 'Symbol\(Symbol\.iterator\)' of undefined$/, "undefined is not iterable (cannot read property Symbol(Symbol.iterator))"],
  [/^cannot read property 'Symbol\(Symbol\.iterator\)' of null$/, "object null is not iterable (cannot read property Symbol(Symbol.iterator))"],
  [/^cannot read property '(.*)' of (undefined|null)$/s, "Cannot read properties of $2 (reading '$1')"],
  [/^cannot set property '(.*)' of (undefined|null)$/s, "Cannot set properties of $2 (setting '$1')"],
];

// What the V8 of Node 12 said otherwise.
const ofOldBuiltIns = [[/^(Invalid count value): .*$/s, "$1"]];

for (const list of [ofCode, ofParser, ofBuiltIns, ofPatterns, ofModernCode, ofOldBuiltIns]) for (const entry of list) fixed(entry[0]);
for (const name in ofOne) for (const entry of ofOne[name]) fixed(entry[0]);
const NAME = fixed(/\$f/);
const NO_OBJECT = fixed(/^cannot convert (undefined or null )?to object$/i);
const OPEN_ESCAPE = fixed(/\\\/[uv]?: $/);
const PATTERN = fixed(/^(Invalid regular expression: (?:\/.*\/[uv]?: )?)(.*)$/s);

// Whether arrays alone have a method of that name.
function isArraysOwn(name) {
  return getOwnPropertyDescriptor(ArrayCtor.prototype, name) !== undefined
    && !(name in ObjectCtor) && !(name in ObjectCtor.prototype) && !(name in StringCtor.prototype);
}

function reworded(list, message) {
  for (let i = 0; i < list.length; i++) {
    if (test(list[i][0], message)) return replace(list[i][0], message, list[i][1]);
  }
  return undefined;
}

// `builtIn` is the name of the built-in function that threw, undefined for code.
export function messageOf(message, builtIn) {
  if (message.length > 200) return message;
  if (builtIn !== undefined) {
    if (message === "invalid number of digits" && digits[builtIn] !== undefined) return digits[builtIn];
    if (test(NO_OBJECT, message) && isArraysOwn(builtIn)) return `Array.prototype.${builtIn} called on null or undefined`;
    const old = modern ? undefined : reworded(ofOldBuiltIns, message);
    if (old !== undefined) return old;
    const own = (ofOne[builtIn] && reworded(ofOne[builtIn], message)) ?? reworded(ofBuiltIns, message);
    if (own !== undefined) return replace(NAME, own, builtIn);
  }
  const pattern = exec(PATTERN, message);
  if (pattern !== null) {
    const why = pattern[2] === "unexpected end" && test(OPEN_ESCAPE, pattern[1]) ? "\\ at end of pattern" : reworded(ofPatterns, pattern[2]);
    return pattern[1] + (why ?? pattern[2]);
  }
  return (modern ? reworded(ofModernCode, message) : undefined) ?? reworded(ofCode, message) ?? reworded(ofParser, message) ?? message;
}

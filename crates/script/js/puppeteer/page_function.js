// What `evaluate` and its family take: a function or a text, and arguments. Turns both into what can cross.
import { append } from "internal:core/arrays";
import { modern } from "internal:core/api";
import { tryRidOf } from "internal:core/handles";
import { late } from "internal:core/late";
import { ErrorCtor, StringCtor, TypeErrorCtor, jsonStringify, uncurryThis } from "internal:core/primordials";

const includes = uncurryThis(StringCtor.prototype.includes);

export function isString(value) {
  return typeof value === "string" || value instanceof StringCtor;
}

// The function or text as ops take it: [text, whether it is a function].
export function source(pageFunction) {
  if (isString(pageFunction)) return [`${pageFunction}`, false];
  if (typeof pageFunction === "function") return [`${pageFunction.toString()}`, true];
  const found = StringCtor(pageFunction);
  throw new ErrorCtor(`Expected to get |string| or |function| as the first argument, but got "${found}" instead.`);
}

// The arguments as ops take them: a primitive as itself, a handle as [id], anything else as [JSON].
export function encode(args) {
  const encoded = [];
  for (let i = 0; i < args.length; i++) append(encoded, encodeOne(args[i]));
  return encoded;
}

function encodeOne(value) {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  const rid = tryRidOf(value);
  if (rid !== undefined) return [rid];
  const text = json(value);
  return text === undefined ? undefined : [text];
}

// JSON.stringify, with the words that V8 and Puppeteer have for what JSON cannot say.
export function json(value) {
  try {
    return jsonStringify(value);
  } catch (error) {
    if (!(error instanceof TypeErrorCtor) || !includes(error.message, "circular")) throw error;
    const hint = modern ? "Recursive objects are not allowed." : "Are you passing a nested JSHandle?";
    throw new TypeErrorCtor(`Converting circular structure to JSON ${hint}`);
  }
}

// A call of the function as ops take it for documents that do not exist yet: [text, its arguments as JSON].
export function callTexts(pageFunction, args) {
  if (isString(pageFunction)) {
    if (args.length !== 0) throw new ErrorCtor("Cannot evaluate a string with arguments");
    return [`${pageFunction}`];
  }
  let list = "";
  for (let i = 0; i < args.length; i++) list += (i ? "," : "") + (json(args[i]) ?? "undefined");
  return [`${pageFunction}`, list];
}

// Puppeteer's objects know each other in circles: JSON.stringify refuses them, and so do ours.
export function refuseJson() {
  throw new TypeErrorCtor("Converting circular structure to JSON");
}

// What newer Puppeteers have and a job cannot.
export const refuse = (what) => late("puppeteer/refusals").refuse(what);

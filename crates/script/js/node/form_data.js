// FormData: names and values in order.
import { append, map } from "internal:core/arrays";
import { Blob, File } from "internal:node/blob";
import { custom, inspect } from "internal:core/inspect";
import { invalidCallback } from "internal:node/node_error";
import { ArrayCtor, SymbolCtor, TypeErrorCtor, apply, create, isArray, uncurryThis } from "internal:core/primordials";

const iterate = uncurryThis(ArrayCtor.prototype.values);

function valueOf(value, fileName) {
  if (!(value instanceof Blob)) return `${value}`;
  if (value instanceof File && fileName === undefined) return value;
  return new File([value], fileName ?? "blob", { type: value.type });
}

export class FormData {
  #pairs = [];
  constructor(form = undefined) {
    if (form !== undefined) throw new TypeErrorCtor("FormData: a job has no forms; append() its fields");
  }
  append(name, value, fileName) { append(this.#pairs, [`${name}`, valueOf(value, fileName)]); }
  set(name, value, fileName) {
    const key = `${name}`;
    const pair = [key, valueOf(value, fileName)];
    const kept = [];
    let placed = false;
    for (let i = 0; i < this.#pairs.length; i++) {
      if (this.#pairs[i][0] !== key) append(kept, this.#pairs[i]);
      else if (!placed) placed = append(kept, pair) ?? true;
    }
    if (!placed) append(kept, pair);
    this.#pairs = kept;
  }
  delete(name) { this.#pairs = this.#with((pair) => pair[0] !== `${name}`); }
  get(name) { return this.#with((pair) => pair[0] === `${name}`)[0]?.[1] ?? null; }
  getAll(name) { return this.#column(this.#with((pair) => pair[0] === `${name}`), 1); }
  has(name) { return this.#with((pair) => pair[0] === `${name}`).length > 0; }
  #with(accepts) {
    const found = [];
    for (let i = 0; i < this.#pairs.length; i++) if (accepts(this.#pairs[i])) append(found, this.#pairs[i]);
    return found;
  }
  #column(pairs, index) { return map(pairs, (pair) => pair[index]); }
  forEach(callback, self) {
    if (typeof callback !== "function") throw invalidCallback(callback);
    for (let i = 0; i < this.#pairs.length; i++) apply(callback, self, [this.#pairs[i][1], this.#pairs[i][0], this]);
  }
  entries() { return iterate(map(this.#pairs, (pair) => [pair[0], pair[1]])); }
  keys() { return iterate(this.#column(this.#pairs, 0)); }
  values() { return iterate(this.#column(this.#pairs, 1)); }
  [SymbolCtor.iterator]() { return this.entries(); }
  get [SymbolCtor.toStringTag]() { return "FormData"; }
  [custom](depth, options) {
    if (typeof depth === "number" && depth < 0) return "[FormData]";
    const shown = create({ constructor: FormData });
    for (let i = 0; i < this.#pairs.length; i++) {
      const [name, value] = this.#pairs[i];
      if (!(name in shown)) shown[name] = value;
      else if (isArray(shown[name])) append(shown[name], value);
      else shown[name] = [shown[name], value];
    }
    return inspect(shown, options);
  }
}

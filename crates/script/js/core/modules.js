// What `require` and imports of files that are no ES modules get.
import { CODE, noteWrapped } from "internal:core/errors";
import { ops } from "internal:core/ops";
import {
  MapCtor, TypeErrorCtor, apply, defineProperty, jsonParse, uncurryThis, StringCtor,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const slice = uncurryThis(StringCtor.prototype.slice);

const builtins = new MapCtor();
const files = new MapCtor();

// What CommonJS gets of a module of the prelude.
export function builtin(url) {
  const known = mapGet(builtins, url);
  if (known !== undefined) return known;
  const exports = ops.module_namespace(url).default ?? {};
  mapSet(builtins, url, exports);
  return exports;
}

// The value of a CommonJS file, or of JSON.
export function commonJs(url) { return load(url, undefined).exports; }

const folderOf = (path) => slice(path, 0, lastIndexOf(path, "/")) || "/";

// Node's `module` in a file.
class Module {
  constructor(url, path, parent) {
    this.id = parent === null ? "." : path;
    this.path = folderOf(path);
    this.exports = {};
    this.filename = path;
    this.loaded = false;
    this.children = [];
    this.paths = [];
    defineProperty(this, "parent", { value: parent, writable: true, configurable: true, enumerable: false });
    defineProperty(this, "require", { value: requireFor(url, this), writable: true, configurable: true, enumerable: false });
  }
}

let main;
function mainModule() { return main ??= new Module(CODE, "/code", null); }

function load(url, parent) {
  const known = mapGet(files, url);
  if (known !== undefined) return known;
  const { kind, path } = ops.module_file(url);
  const module = new Module(url, path, parent);
  mapSet(files, url, module);
  try {
    if (kind === "json") module.exports = parsed(url, path);
    else {
      noteWrapped(url);
      const run = ops.module_function(url);
      apply(run, module.exports, [module.exports, module.require, module, path, module.path]);
    }
  } catch (error) {
    mapDelete(files, url);
    throw error;
  }
  module.loaded = true;
  return module;
}

function parsed(url, path) {
  try {
    return jsonParse(ops.module_text(url));
  } catch (error) {
    error.message = `${path}: ${error.message}`;
    throw error;
  }
}

// The function `require` of the file of that URL.
export function requireFor(url, module) {
  function require(name) {
    if (typeof name !== "string" || name === "") {
      throw new TypeErrorCtor(`The "id" argument must be a non-empty string. Received ${typeof name}`);
    }
    const { kind, url: found } = ops.module_resolve(url, name);
    if (kind === "builtin") return builtin(found);
    if (kind === "module") return ops.module_namespace(found);
    return load(found, module).exports;
  }
  require.resolve = (name) => ops.module_resolve(url, `${name}`).path;
  require.main = main ?? module;
  require.cache = { __proto__: null };
  require.extensions = { __proto__: null };
  return require;
}

// The values of the names that only a module knows, for the job's code, and what `this` is there.
export function moduleValues(names, common) {
  const values = [];
  if (names.length === 0 && !common) return { values, self: undefined };
  const module = mainModule();
  const { exports, require, filename, path } = module;
  const known = { __proto__: null, exports, require, module, __filename: filename, __dirname: path };
  for (let i = 0; i < names.length; i++) values[i] = known[names[i]];
  return { values, self: common ? exports : undefined };
}

// Modules of the prelude that many jobs never need: read when something of theirs is asked for.
import { ops } from "internal:core/ops";
import { MapCtor, uncurryThis } from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);

const read = new MapCtor();

// What the module of that name exports, without the prefix of the prelude.
export function late(name) {
  const known = mapGet(read, name);
  if (known !== undefined) return known;
  const exports = ops.module_namespace(`internal:${name}`);
  mapSet(read, name, exports);
  return exports;
}

export const inspect = (value, options) => late("core/inspect").inspect(value, options);

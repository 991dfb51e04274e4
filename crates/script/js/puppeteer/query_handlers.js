// Query handlers that a script registers, for selectors such as `name/…` and `::-p-name(…)`.
import { ops } from "internal:core/ops";
import { source } from "internal:puppeteer/page_function";
import { ErrorCtor, MapCtor, RegExpCtor, fixed, uncurryThis } from "internal:core/primordials";
import { append } from "internal:core/arrays";

const mapHas = uncurryThis(MapCtor.prototype.has);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const mapForEach = uncurryThis(MapCtor.prototype.forEach);
const test = uncurryThis(RegExpCtor.prototype.test);
const NAME = fixed(/^[a-zA-Z]+$/);

const registered = new MapCtor();

export function registerCustomQueryHandler(name, handler) {
  check(!mapHas(registered, name), `Cannot register over existing handler: ${name}`);
  check(test(NAME, name), "Custom query handler names may only contain [a-zA-Z]");
  const { queryOne, queryAll } = handler;
  check(queryOne || queryAll, "At least one query method must be implemented.");
  ops.puppeteer_register_query_handler(name, queryOne && source(queryOne), queryAll && source(queryAll));
  mapSet(registered, name, true);
}

export function unregisterCustomQueryHandler(name) {
  check(mapHas(registered, name), `Cannot unregister unknown handler: ${name}`);
  mapDelete(registered, name);
  ops.puppeteer_unregister_query_handler(name);
}

export function customQueryHandlerNames() {
  const names = [];
  mapForEach(registered, (_, name) => { append(names, name); });
  return names;
}

export function clearCustomQueryHandlers() {
  const names = customQueryHandlerNames();
  for (let i = 0; i < names.length; i++) unregisterCustomQueryHandler(names[i]);
}

function check(condition, message) {
  if (!condition) throw new ErrorCtor(message);
}

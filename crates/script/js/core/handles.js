// Resource ids and their objects: one object per id, as long as somebody holds it.
import { ops } from "internal:core/ops";
import {
  FinalizationRegistryCtor, MapCtor, SetCtor, TypeErrorCtor, WeakMapCtor, WeakRefCtor, apply, uncurryThis,
} from "internal:core/primordials";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);
const mapDelete = uncurryThis(MapCtor.prototype.delete);
const setAdd = uncurryThis(SetCtor.prototype.add);
const setDelete = uncurryThis(SetCtor.prototype.delete);
const weakGet = uncurryThis(WeakMapCtor.prototype.get);
const weakSet = uncurryThis(WeakMapCtor.prototype.set);
const deref = uncurryThis(WeakRefCtor.prototype.deref);
const register = uncurryThis(FinalizationRegistryCtor.prototype.register);

const classes = new MapCtor();
const refs = new MapCtor();
const ids = new WeakMapCtor();
const retained = new SetCtor();

// The registry's callback runs after the object has gone; by then its id may have a new object.
const collected = new FinalizationRegistryCtor(({ rid, token }) => {
  const entry = mapGet(refs, rid);
  if (entry === undefined || entry.token !== token) return;
  mapDelete(refs, rid);
  ops.release(rid);
});

// Names the class of a resource. `deliver(object, event, args)` gets what Rust emits for it. The latest `kept` objects
// live on though nobody holds them: what a script has written on a request is there again when its response comes.
export function define(name, Class, deliver, kept = 0) {
  mapSet(classes, name, { Class, deliver, kept, count: 0, latest: new MapCtor() });
}

// The modules of classes: each is read with the first object.
const late = {
  __proto__: null,
  Accessibility: "accessibility", BindingCall: "page", Browser: "browser", BrowserContext: "browser_context",
  CDPSession: "cdp_session", ConsoleMessage: "console_message", Coverage: "coverage", DeviceRequestPrompt: "device_request_prompt", Dialog: "dialog",
  ElementHandle: "element_handle", ExecutionContext: "execution_context", FileChooser: "file_chooser", Frame: "frame",
  JSHandle: "js_handle", Keyboard: "keyboard", Mouse: "mouse", Page: "page", Request: "request", Response: "response",
  SecurityDetails: "security_details",
  Target: "target", Touchscreen: "touchscreen", TouchHandle: "touchscreen", Tracing: "tracing", Worker: "worker",
};

function definitionOf(name) {
  const known = mapGet(classes, name);
  if (known !== undefined || late[name] === undefined) return known;
  ops.module_namespace(`internal:puppeteer/${late[name]}`);
  return mapGet(classes, name);
}

// What objects of that class have their methods from.
export function prototypeOf(name) { return definitionOf(name).Class.prototype; }

function live(rid) {
  const entry = mapGet(refs, rid);
  return entry === undefined ? undefined : deref(entry.ref);
}

// The object of that id; Rust calls this for every resource that enters JavaScript.
export function wrap(rid, name) {
  const known = live(rid);
  if (known !== undefined) return known;
  const definition = definitionOf(name);
  if (definition === undefined) throw new TypeErrorCtor(`no class ${name}`);
  const object = new definition.Class();
  const token = {};
  weakSet(ids, object, { rid, deliver: definition.deliver });
  mapSet(refs, rid, { ref: new WeakRefCtor(object), token });
  register(collected, object, { rid, token });
  if (definition.kept > 0) mapSet(definition.latest, definition.count++ % definition.kept, object);
  return object;
}

// The id of a wrapped object, for passing it to an op.
export function ridOf(object) {
  const entry = typeof object === "object" && object !== null ? weakGet(ids, object) : undefined;
  if (entry === undefined) throw new TypeErrorCtor("Illegal invocation");
  return entry.rid;
}

// Whether it is one: `undefined` for anything else.
export function tryRidOf(object) {
  return typeof object === "object" && object !== null ? weakGet(ids, object)?.rid : undefined;
}

// Keeps an object that has listeners alive though the script does not hold it.
export function retain(object) {
  setAdd(retained, object);
}

export function forget(object) {
  setDelete(retained, object);
}

// Runs the listeners of an event. Nothing happens when nobody holds the object.
export function dispatch(rid, name, event, args) {
  const object = live(rid);
  if (object === undefined) {
    if (mapGet(refs, rid) === undefined) ops.release(rid);
    return;
  }
  const { deliver } = weakGet(ids, object);
  if (deliver !== undefined) apply(deliver, undefined, [object, event, args]);
}

// Node's path: POSIX paths, as on the machine that a job seems to run on.
import { append } from "internal:core/arrays";
import { invalidArgument } from "internal:node/node_error";
import { ArrayCtor, StringCtor, uncurryThis } from "internal:core/primordials";

const join_ = uncurryThis(ArrayCtor.prototype.join);
const split = uncurryThis(StringCtor.prototype.split);
const slice = uncurryThis(StringCtor.prototype.slice);
const lastIndexOf = uncurryThis(StringCtor.prototype.lastIndexOf);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);

function checked(path, name = "path") {
  if (typeof path !== "string") throw invalidArgument(`"${name}" argument`, "of type string", path);
  return path;
}

// The parts without `.` and empty ones; `..` takes the part before it.
function parts(path, absolute) {
  const found = [];
  const all = split(path, "/");
  for (let i = 0; i < all.length; i++) {
    const part = all[i];
    if (part === "" || part === ".") continue;
    if (part !== "..") append(found, part);
    else if (found.length > 0 && found[found.length - 1] !== "..") found.length--;
    else if (!absolute) append(found, part);
  }
  return found;
}

const isAbsolute = (path) => startsWith(checked(path), "/");

function normalize(path) {
  if (checked(path) === "") return ".";
  const absolute = startsWith(path, "/");
  let text = join_(parts(path, absolute), "/");
  if (text === "" && !absolute) text = ".";
  if (text !== "" && endsWith(path, "/")) text += "/";
  return absolute ? `/${text}` : text;
}

function join(...paths) {
  const given = [];
  for (let i = 0; i < paths.length; i++) if (checked(paths[i]) !== "") append(given, paths[i]);
  return given.length === 0 ? "." : normalize(join_(given, "/"));
}

function resolve(...paths) {
  let path = "";
  for (let i = paths.length - 1; i >= 0 && !startsWith(path, "/"); i--) {
    if (checked(paths[i], `paths[${i}]`) !== "") path = path === "" ? paths[i] : `${paths[i]}/${path}`;
  }
  if (!startsWith(path, "/")) path = `/${path}`;
  return `/${join_(parts(path, true), "/")}`;
}

function relative(from, to) {
  const base = parts(resolve(checked(from, "from")), true);
  const target = parts(resolve(checked(to, "to")), true);
  let same = 0;
  while (same < base.length && same < target.length && base[same] === target[same]) same++;
  const way = [];
  for (let i = same; i < base.length; i++) append(way, "..");
  for (let i = same; i < target.length; i++) append(way, target[i]);
  return join_(way, "/");
}

function withoutEnd(path) {
  let end = path.length;
  while (end > 1 && path[end - 1] === "/") end--;
  return slice(path, 0, end);
}

function dirname(path) {
  if (checked(path) === "") return ".";
  const whole = withoutEnd(path);
  const at = lastIndexOf(whole, "/");
  if (at < 0) return ".";
  if (at <= 1 && whole[0] === "/") return slice("//", 0, at + 1);
  return slice(whole, 0, at);
}

function basename(path, suffix) {
  const whole = withoutEnd(checked(path));
  const name = whole === "/" ? "" : slice(whole, lastIndexOf(whole, "/") + 1);
  if (suffix === undefined) return name;
  return name !== checked(suffix, "suffix") && endsWith(name, suffix) ? slice(name, 0, name.length - suffix.length) : name;
}

function extname(path) {
  const name = basename(path);
  const at = lastIndexOf(name, ".");
  return at <= 0 || name === ".." ? "" : slice(name, at);
}

function parse(path) {
  checked(path);
  const base = basename(path);
  const ext = extname(path);
  const root = startsWith(path, "/") ? "/" : "";
  const whole = withoutEnd(path);
  const dir = lastIndexOf(whole, "/") < 0 || whole === "/" ? root : dirname(whole);
  return { root, dir, base, ext, name: ext === "" ? base : slice(base, 0, base.length - ext.length) };
}

function format(object) {
  if (typeof object !== "object" || object === null) throw invalidArgument('"pathObject" argument', "of type object", object);
  const { root = "", dir, base, name = "", ext = "" } = object;
  const file = base || `${name}${ext === "" || startsWith(ext, ".") ? ext : `.${ext}`}`;
  const folder = dir || root;
  if (!folder) return file;
  return folder === root ? `${folder}${file}` : `${folder}/${file}`;
}

const toNamespacedPath = (path) => path;
const path = {
  resolve, normalize, isAbsolute, join, relative, toNamespacedPath, dirname, basename, extname, format, parse, sep: "/",
  delimiter: ":",
};
path.posix = path;
path.win32 = path;

export default path;

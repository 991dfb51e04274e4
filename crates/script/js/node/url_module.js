// Node's url.
import { invalidArgument, typeError } from "internal:node/node_error";
import querystring from "internal:node/querystring";
import path from "internal:node/path";
import { RegExpCtor, StringCtor, SymbolCtor, fixed, uncurryThis } from "internal:core/primordials";
import { URL, URLSearchParams } from "internal:node/url";

const { decodeURIComponent: decode, encodeURI: encode } = globalThis;
const exec = uncurryThis(RegExpCtor.prototype.exec);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);
const slice = uncurryThis(StringCtor.prototype.slice);
const startsWith = uncurryThis(StringCtor.prototype.startsWith);
const endsWith = uncurryThis(StringCtor.prototype.endsWith);

function fileURLToPath(url) {
  const parsed = typeof url === "string" ? new URL(url) : url;
  if (parsed.protocol !== "file:") throw typeError("ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  return decode(parsed.pathname);
}

const SPECIAL = fixed(/[?#]/g);
function pathToFileURL(file) {
  const whole = path.resolve(file) + (endsWith(file, "/") && file !== "/" ? "/" : "");
  return new URL(`file://${replace(SPECIAL, encode(whole), (character) => (character === "?" ? "%3F" : "%23"))}`);
}

// The parts of a URL as older programs know them, of texts that are only parts of one, too.
const PARTS = fixed(/^(?:([a-zA-Z][a-zA-Z0-9+.-]*:)(\/\/)?|(\/\/))?([^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/);
function parse(text, parseQuery = false) {
  if (typeof text !== "string") throw invalidArgument('"url" argument', "of type string", text);
  const made = {
    protocol: null, slashes: null, auth: null, host: null, port: null, hostname: null, hash: null, search: null, query: null,
    pathname: null, path: null, href: text,
  };
  const found = exec(PARTS, text);
  if (found === null) return made;
  const [, protocol, slashes, relative, authority, pathname, search, hash] = found;
  made.protocol = protocol ?? null;
  made.slashes = slashes !== undefined || relative !== undefined ? true : null;
  if (made.slashes && authority) {
    const [, auth, hostname, port] = exec(AUTHORITY, authority);
    made.auth = auth === undefined ? null : decode(auth);
    made.hostname = hostname;
    made.port = port ?? null;
    made.host = port === undefined ? hostname : `${hostname}:${port}`;
  }
  made.pathname = (made.slashes ? pathname || "/" : `${authority ?? ""}${pathname}`) || null;
  made.search = search ?? null;
  made.query = parseQuery ? querystring.parse(slice(search ?? "", 1)) : search === undefined ? null : slice(search, 1);
  made.hash = hash ?? null;
  made.path = made.pathname === null && search === undefined ? null : `${made.pathname ?? ""}${search ?? ""}`;
  made.href = format(made);
  return made;
}
const AUTHORITY = fixed(/^(?:([^@]*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$/);

function format(url, options) {
  if (typeof url === "string") return parse(url).href;
  if (url instanceof URL) {
    const { auth: named = true, fragment = true, search: query = true } = options ?? {};
    const shown = new URL(url.href);
    if (!named) shown.username = shown.password = "";
    if (!fragment) shown.hash = "";
    if (!query) shown.search = "";
    return shown.href;
  }
  const { protocol, slashes, auth, host, hostname, port, pathname, search, query, hash } = url;
  const scheme = protocol ? (endsWith(protocol, ":") ? protocol : `${protocol}:`) : "";
  const place = host ?? (hostname ? `${hostname}${port ? `:${port}` : ""}` : "");
  const web = slashes || scheme === "http:" || scheme === "https:" || scheme === "file:";
  const wanted = search ?? (typeof query === "object" && query !== null ? querystring.stringify(query) : query) ?? "";
  const asked = wanted && !startsWith(wanted, "?") ? `?${wanted}` : wanted;
  const anchor = hash && !startsWith(hash, "#") ? `#${hash}` : hash ?? "";
  const way = pathname && place && !startsWith(pathname, "/") ? `/${pathname}` : pathname ?? "";
  return `${scheme}${web && (place || scheme) ? "//" : ""}${auth ? `${encode(auth)}@` : ""}${place}${way}${asked}${anchor}`;
}

function resolve(from, to) {
  const base = new URL(from, "resolve://");
  const found = new URL(to, base);
  return found.protocol === "resolve:" ? `${found.pathname}${found.search}${found.hash}` : found.href;
}

const domain = (name) => {
  try {
    return new URL(`http://${name}`).hostname;
  } catch {
    return "";
  }
};
function urlToHttpOptions({ protocol, hostname, port, pathname, search, hash, href, username, password }) {
  const options = { __proto__: null, protocol, hostname, hash, search, pathname, path: `${pathname}${search}`, href };
  if (port !== "") options.port = +port;
  if (username || password) options.auth = `${decode(username)}:${decode(password)}`;
  return options;
}

export default {
  URL, URLSearchParams, fileURLToPath, pathToFileURL, parse, format, resolve, resolveObject: (from, to) => parse(resolve(from, to)),
  domainToASCII: domain, domainToUnicode: domain, urlToHttpOptions,
};

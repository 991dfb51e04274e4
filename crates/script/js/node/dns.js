// Node's dns, of which a job has the names: whoever carries its requests looks names up.
import { refusedCall } from "internal:node/refused";

const REASON = "a job looks no names up: fetch, http.request and the page do, within the rules of its network";
const CALLS = [
  "lookup", "lookupService", "resolve", "resolve4", "resolve6", "resolveAny", "resolveCaa", "resolveCname", "resolveMx", "resolveNaptr",
  "resolveNs", "resolvePtr", "resolveSoa", "resolveSrv", "resolveTlsa", "resolveTxt", "reverse",
];
const CODES = {
  NODATA: "ENODATA", FORMERR: "EFORMERR", SERVFAIL: "ESERVFAIL", NOTFOUND: "ENOTFOUND", NOTIMP: "ENOTIMP", REFUSED: "EREFUSED",
  BADQUERY: "EBADQUERY", BADNAME: "EBADNAME", BADFAMILY: "EBADFAMILY", BADRESP: "EBADRESP", CONNREFUSED: "ECONNREFUSED",
  TIMEOUT: "ETIMEOUT", EOF: "EOF", FILE: "EFILE", NOMEM: "ENOMEM", DESTRUCTION: "EDESTRUCTION", BADSTR: "EBADSTR", BADFLAGS: "EBADFLAGS",
  NONAME: "ENONAME", BADHINTS: "EBADHINTS", NOTINITIALIZED: "ENOTINITIALIZED", LOADIPHLPAPI: "ELOADIPHLPAPI",
  ADDRGETNETWORKPARAMS: "EADDRGETNETWORKPARAMS", CANCELLED: "ECANCELLED",
};
let order = "verbatim";
const settings = {
  ...CODES, getServers: () => [], setServers() {}, getDefaultResultOrder: () => order,
  setDefaultResultOrder(value) { order = value; },
};

// Each call refuses: at once, or as a promise that rejects.
const dns = { ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8, ...settings };
const promises = { ...settings };
class Resolver { getServers() { return []; } setServers() {} setLocalAddress() {} cancel() {} }
class PromiseResolver extends Resolver {}
for (const name of CALLS) {
  const refuse = refusedCall(`dns.${name}`, REASON);
  dns[name] = Resolver.prototype[name] = refuse;
  promises[name] = PromiseResolver.prototype[name] = async () => refuse();
}
dns.Resolver = Resolver;
promises.Resolver = PromiseResolver;
dns.promises = promises;

export { promises };
export default dns;

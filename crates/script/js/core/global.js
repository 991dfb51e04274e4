// Node's name for the global object.
const global = globalThis;
export { global };

// The class of Buffers, once the job has one.
let BufferCtor;

export function setBuffer(Class) { BufferCtor = Class; }
export function isBuffer(value) { return BufferCtor !== undefined && value instanceof BufferCtor; }

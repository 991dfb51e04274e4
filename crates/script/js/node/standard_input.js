// process.stdin: a job's is empty.
import { Readable } from "internal:node/stream_readable";

let input;
export function standardInput() {
  if (input !== undefined) return input;
  input = new Readable({ read() { this.push(null); } });
  input.fd = 0;
  input.setRawMode = () => input;
  input.ref = input.unref = () => input;
  return input;
}

export const isStandardInput = (stream) => stream === input && input !== undefined;

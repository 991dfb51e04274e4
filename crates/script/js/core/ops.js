// The ops that Rust gave, for the prelude's modules alone.
export let ops;

export function install(value) {
  ops = value;
}

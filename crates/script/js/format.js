export function format(...args) { return args.join(" "); }
export function inspect(value) { return String(value); }

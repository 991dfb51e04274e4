// DOMException, as the web's errors are.
import { ErrorCtor, SymbolCtor, defineProperty, keys } from "internal:core/primordials";

const CODES = {
  IndexSizeError: 1, HierarchyRequestError: 3, WrongDocumentError: 4, InvalidCharacterError: 5, NoModificationAllowedError: 7,
  NotFoundError: 8, NotSupportedError: 9, InUseAttributeError: 10, InvalidStateError: 11, SyntaxError: 12,
  InvalidModificationError: 13, NamespaceError: 14, InvalidAccessError: 15, TypeMismatchError: 17, SecurityError: 18,
  NetworkError: 19, AbortError: 20, URLMismatchError: 21, QuotaExceededError: 22, TimeoutError: 23, InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

export class DOMException extends ErrorCtor {
  constructor(message = "", options = "Error") {
    super(`${message}`);
    const name = typeof options === "object" && options !== null ? options.name ?? "Error" : options;
    defineProperty(this, "name", { value: `${name}`, writable: true, configurable: true, enumerable: false });
    if (options?.cause !== undefined) {
      defineProperty(this, "cause", { value: options.cause, writable: true, configurable: true, enumerable: false });
    }
  }
  get code() { return CODES[this.name] ?? 0; }
  get [SymbolCtor.toStringTag]() { return "DOMException"; }
}

const names = keys(CODES);
for (let i = 0; i < names.length; i++) {
  const constant = { IndexSizeError: "INDEX_SIZE_ERR", AbortError: "ABORT_ERR", TimeoutError: "TIMEOUT_ERR", DataCloneError: "DATA_CLONE_ERR" }[names[i]];
  if (constant !== undefined) defineProperty(DOMException, constant, { value: CODES[names[i]], enumerable: true });
}

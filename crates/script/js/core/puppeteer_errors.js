// Puppeteer's error classes. 1.20 has the first; a script of any version may ask for all of them by name.
import { ErrorCtor } from "internal:core/primordials";

export class PuppeteerError extends ErrorCtor {
  constructor(message, options) {
    super(message, options);
    this.name = this.constructor.name;
  }
}

export class TimeoutError extends PuppeteerError {}
export class TouchError extends PuppeteerError {}
export class UnsupportedOperation extends PuppeteerError {}

export class ProtocolError extends PuppeteerError {
  #code;
  #originalMessage = "";

  get code() { return this.#code; }
  set code(code) { this.#code = code; }
  get originalMessage() { return this.#originalMessage; }
  set originalMessage(message) { this.#originalMessage = message; }
}

export class TargetCloseError extends ProtocolError {}
export class ConnectionClosedError extends ProtocolError {}

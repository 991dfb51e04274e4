// Page: what a job gets. Whatever concerns a document goes to its main frame.
import { deliver, EventEmitter, tap } from "internal:event_emitter";
import { define, ridOf } from "internal:handles";
import { ops } from "internal:ops";
import { map } from "internal:arrays";
import { navigation, text, timeoutOf } from "internal:options";
import { callText, isString, json, refuseJson } from "internal:page_function";
import { pdfOptions } from "internal:pdf";
import { ErrorCtor, MapCtor, PromiseCtor, apply, jsonParse, jsonStringify, keys, uncurryThis } from "internal:primordials";
import { pairs } from "internal:request";
import { screenshotOptions } from "internal:screenshot";
import { waitForEvent } from "internal:event_wait";

const mapGet = uncurryThis(MapCtor.prototype.get);
const mapSet = uncurryThis(MapCtor.prototype.set);

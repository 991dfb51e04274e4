// The helper functions of the job's documents.
import { PromiseCtor, RegExpCtor, StringCtor, SymbolCtor, TypeErrorCtor, fixed, uncurryThis } from "internal:core/primordials";
import { setTimeout } from "internal:node/timers";

const trim = uncurryThis(StringCtor.prototype.trim);
const replace = uncurryThis(RegExpCtor.prototype[SymbolCtor.replace]);

export function sleep(ms) {
  return new PromiseCtor((resolve) => { setTimeout(() => resolve(), ms); });
}

export async function scrollByPx(page, px) {
  await page.evaluate((distance) => { window.scrollBy(0, distance); }, px);
}

// One window height.
export async function scroll(page) {
  await page.evaluate(() => { window.scrollBy(0, window.innerHeight); });
}

export function getElementText(element) {
  return element.executionContext().evaluate((node) => node.textContent, element);
}

// Line breaks become a written \n with a space before it, white space becomes single spaces.
export function sanitize(text) {
  if (text === undefined || text === null) throw new TypeErrorCtor(`Cannot read property 'trim' of ${text}`);
  if (typeof text !== "string") throw new TypeErrorCtor("str.trim is not a function");
  let clean = trim(text);
  clean = replace(fixed(/\r\n|\r|\n/g), clean, " \\n");
  clean = replace(fixed(/\s+/g), clean, " ");
  return replace(fixed(/(?:\\n ){2,}/g), clean, "\\n ");
}

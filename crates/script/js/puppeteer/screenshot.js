// The options of page.screenshot() and elementHandle.screenshot(), with Puppeteer's checks of their types.
import { modern } from "internal:core/api";
import { ErrorCtor, NumberCtor, isInteger, round } from "internal:core/primordials";

export function screenshotOptions(options) {
  const {
    type, path, fullPage, clip, quality, omitBackground, encoding, captureBeyondViewport, fromSurface, optimizeForSpeed,
    scrollIntoView = true,
  } = options;
  if (quality && !modern) {
    check(typeof quality === "number", `Expected options.quality to be a number but found ${typeof quality}`);
    check(isInteger(quality), "Expected options.quality to be an integer");
  }
  return {
    __proto__: null,
    type: type ? `${type}` : undefined,
    path: path ? `${path}` : undefined,
    fullPage: !!fullPage,
    clip: clip ? rectangle(clip) : undefined,
    quality: quality ? (modern ? round(NumberCtor(quality)) : quality) : undefined,
    omitBackground: !!omitBackground,
    encoding: encoding === undefined ? undefined : `${encoding}`,
    captureBeyondViewport: captureBeyondViewport === undefined ? undefined : !!captureBeyondViewport,
    fromSurface: fromSurface === undefined ? undefined : !!fromSurface,
    optimizeForSpeed: !!optimizeForSpeed,
    scrollIntoView: !!scrollIntoView,
  };
}

function rectangle(clip) {
  const { x, y, width, height, scale } = clip;
  number("x", x);
  number("y", y);
  number("width", width);
  number("height", height);
  return { __proto__: null, x, y, width, height, scale: scale === undefined ? 1 : NumberCtor(scale) };
}

function number(name, value) {
  check(typeof value === "number", `Expected options.clip.${name} to be a number but found ${typeof value}`);
}

function check(condition, message) {
  if (!condition) throw new ErrorCtor(message);
}

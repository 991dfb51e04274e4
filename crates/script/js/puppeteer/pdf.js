// The options of page.pdf().
import { ErrorCtor, NumberCtor } from "internal:core/primordials";
import { isString } from "internal:puppeteer/page_function";
import { modern } from "internal:core/api";
import { text, timeoutOf } from "internal:puppeteer/options";

export function pdfOptions(options = {}) {
  const {
    scale = 1, displayHeaderFooter = false, headerTemplate = "", footerTemplate = "", printBackground = false,
    landscape = false, pageRanges = "", format, width, height, margin = {}, preferCSSPageSize = false, path = null,
    tagged = modern ? true : undefined, outline = false, omitBackground = false, waitForFonts = true, timeout,
  } = options;
  const { top, right, bottom, left } = margin;
  return {
    __proto__: null,
    scale: NumberCtor(scale),
    displayHeaderFooter: !!displayHeaderFooter,
    headerTemplate: `${headerTemplate}`,
    footerTemplate: `${footerTemplate}`,
    printBackground: !!printBackground,
    landscape: !!landscape,
    pageRanges: `${pageRanges}`,
    format: format ? `${format}` : undefined,
    width: length(width),
    height: length(height),
    margin: { __proto__: null, top: length(top), right: length(right), bottom: length(bottom), left: length(left) },
    preferCssPageSize: !!preferCSSPageSize,
    path: text(path),
    tagged: tagged === undefined ? undefined : !!tagged,
    outline: !!outline,
    omitBackground: !!omitBackground,
    waitForFonts: !!waitForFonts,
    timeout: timeoutOf(timeout),
  };
}

// A number of pixels, or a text with a unit.
function length(value) {
  if (value === undefined) return undefined;
  if (typeof value === "number" || value instanceof NumberCtor) return +value;
  if (isString(value)) return `${value}`;
  throw new ErrorCtor(`page.pdf() Cannot handle parameter type: ${typeof value}`);
}

// How a locator fills a field, by what kind of field it is.
import { ErrorCtor } from "internal:core/primordials";

export async function fill(handle, value, options) {
  const threshold = options?.typingThreshold ?? 100;
  const kind = await handle.evaluate(fieldKind, value);
  if (kind === "select") return await handle.select(`${value}`);
  if (kind === "check") {
    if ((await handle.evaluate(checkState)) !== !!value) await handle.click();
    return undefined;
  }
  if (kind === "unknown") throw new ErrorCtor("Element cannot be filled out.");
  if (kind === "type" && typeof value === "string" && value.length < threshold) {
    const rest = await handle.evaluate(keepPrefix, value);
    return rest ? await handle.type(rest) : undefined;
  }
  await handle.focus();
  return await handle.evaluate(setValue, `${value}`);
}

// From here on: functions of the page.

// What cannot be filled with the value throws, before anything is changed.
function fieldKind(element, value) {
  if (element instanceof HTMLSelectElement) {
    const found = Array.from(element.options).some((option) => option.value === value);
    if (!found) throw new Error(`Element has no option with the value "${value}".`);
    return "select";
  }
  if (element instanceof HTMLTextAreaElement) {
    if (element.readOnly) throw new Error("Element is read-only.");
    return "type";
  }
  if (element instanceof HTMLInputElement) {
    if (["checkbox", "radio"].includes(element.type)) return "check";
    const typed = ["text", "url", "tel", "search", "password", "number", "email"];
    const dated = ["date", "month", "week", "time", "datetime-local"];
    if (element.readOnly && [...typed, ...dated].includes(element.type)) throw new Error("Element is read-only.");
    if (element.type !== "file" && String(value) !== "") {
      const probe = document.createElement("input");
      probe.type = element.type;
      probe.value = String(value);
      if (probe.value === "") throw new Error(`Element did not accept the value "${value}".`);
    }
    return typed.includes(element.type) ? "type" : "set";
  }
  if (["checkbox", "radio", "switch"].includes(element.getAttribute("role"))) return "check";
  return element.isContentEditable ? "type" : "unknown";
}

function checkState(element) {
  const told = element.getAttribute("aria-checked");
  if (element.indeterminate || told === "mixed") return "mixed";
  return !!element.checked || told === "true";
}

// Leaves what the value begins with, clears anything else, and answers what is still to be typed.
function keepPrefix(element, value) {
  const field = element.isContentEditable ? "innerText" : "value";
  const current = element[field];
  if (current === value) return "";
  const keeps = current !== "" && value.startsWith(current);
  element[field] = "";
  // The caret goes to the end.
  if (keeps) element[field] = current;
  return keeps ? value.substring(current.length) : value;
}

function setValue(element, value) {
  const field = element.isContentEditable ? "innerText" : "value";
  if (element[field] === value) return;
  element[field] = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
  element.dispatchEvent(new Event("change", { bubbles: true }));
}

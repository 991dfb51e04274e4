// Makes elements. Whatever a job says becomes a text node or an attribute's value here, never markup.

const SVG = 'http://www.w3.org/2000/svg';

/** Makes an element. `on…` properties listen, `dataset` and `class` mean themselves, true and false set and leave out. */
export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** Makes an element of SVG. */
export function s(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (name === 'value' || name === 'checked' || name === 'indeterminate') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Replaces what an element holds. */
export function put(element, ...children) {
  element.replaceChildren(...nodes(children));
}

/** Sets a text only where it differs: what did not change keeps its selection. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Says something to whoever listens instead of looking. */
export function announce(text) {
  const region = document.querySelector('#announcements');
  if (region) region.textContent = text;
}

/** Control characters as they are escaped in code: an escape sequence of a terminal is a text here. */
export function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (sign) => {
    const code = sign.codePointAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

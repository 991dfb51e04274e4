// The address is the state: `#/jobs?state=failed`, `#/jobs/UUID?tab=result`.

/** What the address asks for: the words of its path and its parameters. */
export function read(hash = location.hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const words = path
    .split('/')
    .filter(Boolean)
    .map((word) => {
      try {
        return decodeURIComponent(word);
      } catch {
        return word; // a bare percent sign, typed by hand
      }
    });
  return { words, params: new URLSearchParams(query) };
}

/** The address of a path and parameters; empty ones are left out. */
export function href(words, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of params instanceof URLSearchParams ? params : Object.entries(params)) {
    if (value !== '' && value !== null && value !== undefined) query.set(name, value);
  }
  const path = words.map(encodeURIComponent).join('/');
  return `#/${path}${query.size ? `?${query}` : ''}`;
}

/** Goes somewhere, so that Back comes back here. */
export function go(words, params) {
  location.hash = href(words, params);
}

/** Changes parameters of where we are. Steps that nobody wants to go back to replace the last one. */
export function change(changes, { replace = false } = {}) {
  const { words, params } = read();
  for (const [name, value] of Object.entries(changes)) {
    if (value === '' || value === null || value === undefined) params.delete(name);
    else params.set(name, value);
  }
  const next = href(words, params);
  if (next === location.hash) return;
  if (replace) {
    history.replaceState(null, '', next);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    location.hash = next;
  }
}

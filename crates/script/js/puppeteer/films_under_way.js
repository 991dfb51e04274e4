// Films under way: whoever closes a page has its films finished first.
import { append } from "internal:core/arrays";
import { films } from "internal:puppeteer/page";

let running = [];

// Notes a film of a page, and what ends it; answers the function that forgets it.
export function note(page, finish) {
  const film = { __proto__: null, page, finish };
  append(running, film);
  return () => {
    const rest = [];
    for (let i = 0; i < running.length; i++) if (running[i] !== film) append(rest, running[i]);
    running = rest;
  };
}

// What goes wrong with a film is told to who stops it, not to who closes its page.
films.finish = async (isMeant) => {
  const now = running;
  for (let i = 0; i < now.length; i++) {
    if (!isMeant(now[i].page)) continue;
    try {
      await now[i].finish();
    } catch {
      continue;
    }
  }
};

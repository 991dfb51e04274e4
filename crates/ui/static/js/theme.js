// Light, dark, or as the system says. The choice stays in this browser.

const KEY = 'puppet-master-theme';
const THEMES = ['system', 'light', 'dark'];

/** Shows the theme that was chosen. */
export function applyTheme() {
  document.documentElement.dataset.theme = localStorage.getItem(KEY) ?? 'system';
}

/** Chooses the next theme and names it. */
export function nextTheme() {
  const now = document.documentElement.dataset.theme;
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  localStorage.setItem(KEY, next);
  applyTheme();
  return next;
}

// Shows the HTML that the dashboard sends, in a sandboxed frame with an origin of its own. Scripts in it do not run: the
// parser of innerHTML runs none, and the Content-Security-Policy refuses handlers.
addEventListener(
  'message',
  ({ source, data }) => {
    if (source === parent && typeof data === 'string') document.documentElement.innerHTML = data;
  },
  { once: true },
);

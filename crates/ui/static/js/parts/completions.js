// What the editor offers: the globals of a job and the methods that people use. A test compares the names with a real job.

/** Methods by the object that has them: name → arguments, with a word on what it does. */
export const MEMBERS = {
  page: {
    goto: ['(url, options)', 'opens a page'],
    setContent: ['(html, options)', 'shows this HTML'],
    title: ['()', 'the page’s title'],
    url: ['()', 'the page’s address'],
    content: ['()', 'the page’s HTML'],
    $: ['(selector)', 'the first element, or null'],
    $$: ['(selector)', 'all elements'],
    $eval: ['(selector, function, ...args)', 'runs a function on the first element'],
    $$eval: ['(selector, function, ...args)', 'runs a function on all elements'],
    $x: ['(expression)', 'elements by XPath'],
    evaluate: ['(function, ...args)', 'runs a function in the page'],
    evaluateHandle: ['(function, ...args)', 'as evaluate, with a handle of the result'],
    evaluateOnNewDocument: ['(function, ...args)', 'runs a function before the page’s own scripts'],
    exposeFunction: ['(name, function)', 'makes a function of the job callable in the page'],
    click: ['(selector, options)', 'clicks an element'],
    type: ['(selector, text, options)', 'types into an element'],
    focus: ['(selector)', 'focuses an element'],
    hover: ['(selector)', 'moves the mouse over an element'],
    select: ['(selector, ...values)', 'chooses options of a select'],
    tap: ['(selector)', 'taps an element'],
    locator: ['(selector)', 'an element that is waited for when it is used'],
    waitForSelector: ['(selector, options)', 'waits for an element'],
    waitForXPath: ['(expression, options)', 'waits for an element by XPath'],
    waitForFunction: ['(function, options, ...args)', 'waits until a function is true in the page'],
    waitForNavigation: ['(options)', 'waits for the next page'],
    waitForRequest: ['(urlOrPredicate, options)', 'waits for a request'],
    waitForResponse: ['(urlOrPredicate, options)', 'waits for a response'],
    waitForNetworkIdle: ['(options)', 'waits until the network is quiet'],
    screenshot: ['(options)', 'a picture, as a Buffer'],
    pdf: ['(options)', 'the page printed, as a Buffer'],
    setViewport: ['({ width, height })', 'the size of the page'],
    setUserAgent: ['(userAgent)', 'what the browser calls itself'],
    setExtraHTTPHeaders: ['(headers)', 'headers of every request'],
    setRequestInterception: ['(on)', 'lets the job answer requests'],
    setCookie: ['(...cookies)', 'sets cookies'],
    cookies: ['(...urls)', 'the cookies'],
    deleteCookie: ['(...cookies)', 'deletes cookies'],
    authenticate: ['({ username, password })', 'HTTP authentication'],
    setDefaultTimeout: ['(milliseconds)', 'the longest wait of every call'],
    setDefaultNavigationTimeout: ['(milliseconds)', 'the longest wait for a page'],
    reload: ['(options)', 'loads the page again'],
    goBack: ['(options)', 'back in the history'],
    goForward: ['(options)', 'forward in the history'],
    frames: ['()', 'all frames'],
    mainFrame: ['()', 'the main frame'],
    viewport: ['()', 'the size of the page'],
    emulate: ['(device)', 'a device’s size and user agent'],
    emulateMediaType: ['(type)', 'screen or print'],
    emulateTimezone: ['(zone)', 'the page’s time zone'],
    setGeolocation: ['({ latitude, longitude })', 'where the page thinks it is'],
    addScriptTag: ['(options)', 'adds a script'],
    addStyleTag: ['(options)', 'adds a style sheet'],
    metrics: ['()', 'the browser’s own measurements'],
    on: ['(event, listener)', 'console, dialog, request, response, pageerror, …'],
    keyboard: ['', 'press, type, down, up'],
    mouse: ['', 'move, click, down, up, wheel'],
  },
  logger: {
    info: ['(...)', 'a line of level INFO'],
    debug: ['(...)', 'a line of level DEBUG'],
    warn: ['(...)', 'a line of level WARN'],
    error: ['(...)', 'a line of level ERROR'],
    dir: ['(...objects)', 'objects as JSON'],
  },
};
MEMBERS.console = { log: MEMBERS.logger.info, ...MEMBERS.logger };

/** Globals that a job sees beside the language. */
export const GLOBALS = {
  page: ['', 'Puppeteer’s Page, a fresh one'],
  vars: ['', 'the job’s vars, an object of strings'],
  results: ['', 'what the job brings: an object to fill'],
  logger: ['', 'the job’s log'],
  console: ['', 'the job’s log'],
  sleep: ['(milliseconds)', 'waits'],
  format: ['(text, ...)', 'Node’s util.format'],
  sanitize: ['(text)', 'text without needless space'],
  scroll: ['(page)', 'scrolls by a window’s height'],
  scrollByPx: ['(page, pixels)', 'scrolls'],
  getElementText: ['(element)', 'the text of an element'],
  Buffer: ['', 'Node’s Buffer'],
  URL: ['', 'the URL class'],
  setTimeout: ['(function, milliseconds)', 'a timer'],
  structuredClone: ['(value)', 'a deep copy'],
};

const options = (members) =>
  Object.entries(members).map(([label, [detail, info]]) => ({
    label,
    detail,
    info,
    type: detail ? 'function' : 'variable',
  }));

/** A completion source; `vars()` names the job's vars. https://codemirror.net/docs/ref/#autocomplete.CompletionSource */
export function complete(vars) {
  const members = Object.fromEntries(Object.entries(MEMBERS).map(([object, all]) => [object, options(all)]));
  const globals = options(GLOBALS);
  return (context) => {
    const member = context.matchBefore(/\b\w+\.[\w$]*/);
    if (member) {
      const [object] = member.text.split('.');
      const from = member.from + object.length + 1;
      const offered = object === 'vars' ? vars().map((label) => ({ label, type: 'property' })) : members[object];
      return offered ? { from, options: offered, validFor: /^[\w$]*$/ } : null;
    }
    const word = context.matchBefore(/\w+/);
    if (!word && !context.explicit) return null;
    return { from: word?.from ?? context.pos, options: globals, validFor: /^\w*$/ };
  };
}

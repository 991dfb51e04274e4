// What all one-shots have in common: bring the page to where the request wants it. `request` has the members that
// docs/ONE-SHOTS.md describes, checked by the gateway.

export const request = JSON.parse(vars.request);

export async function open(page) {
  await before(page);
  await attempt(() => load(page));
  for (const tag of request.addScriptTag ?? []) await page.addScriptTag(tag);
  for (const tag of request.addStyleTag ?? []) await page.addStyleTag(tag);
  const { waitForSelector, waitForFunction, waitForTimeout } = request;
  if (waitForSelector) {
    const { selector, ...options } = waitForSelector;
    await attempt(() => page.waitForSelector(selector, options));
  }
  if (waitForFunction) {
    const { fn, ...options } = waitForFunction;
    await attempt(() => page.waitForFunction(fn, options));
  }
  if (waitForTimeout) await sleep(waitForTimeout);
  if (request.scrollPage) await scrollThrough(page);
}

// With bestAttempt a page that does not come to an end is taken as it is.
async function attempt(run) {
  try {
    await run();
  } catch (error) {
    if (!request.bestAttempt) throw error;
    console.warn(error.message);
  }
}

async function before(page) {
  if (request.viewport) await page.setViewport(request.viewport);
  if (request.userAgent) await page.setUserAgent(request.userAgent);
  if (request.authenticate) await page.authenticate(request.authenticate);
  if (request.setExtraHTTPHeaders) await page.setExtraHTTPHeaders(request.setExtraHTTPHeaders);
  if (request.setJavaScriptEnabled === false) await page.setJavaScriptEnabled(false);
  if (request.emulateMediaType) await page.emulateMediaType(request.emulateMediaType);
  if (request.cookies?.length) {
    await page.setCookie(...request.cookies.map((cookie) => (cookie.url || cookie.domain || !request.url ? cookie : { ...cookie, url: request.url })));
  }
  const { rejectResourceTypes, rejectRequestPattern, allowResourceTypes, allowRequestPattern } = request;
  if (!rejectResourceTypes && !rejectRequestPattern && !allowResourceTypes && !allowRequestPattern) return;
  const [rejected, allowed] = [rejectRequestPattern, allowRequestPattern].map((patterns) => patterns?.map((text) => new RegExp(text)));
  const matches = (patterns, url) => patterns.some((pattern) => pattern.test(url));
  await page.setRequestInterception(true);
  page.on('request', (asked) => {
    const [type, url] = [asked.resourceType(), asked.url()];
    const isPage = asked.isNavigationRequest() && asked.frame() === page.mainFrame();
    const refused = rejectResourceTypes?.includes(type) || (rejected && matches(rejected, url))
      || (!isPage && allowResourceTypes && !allowResourceTypes.includes(type)) || (!isPage && allowed && !matches(allowed, url));
    const answered = refused ? asked.abort('blockedbyclient') : asked.continue();
    answered.catch(() => {});
  });
}

async function load(page) {
  if (request.url) return page.goto(request.url, request.gotoOptions ?? {});
  const html = (await files.read('page.html')).toString();
  await files.remove('page.html');
  return page.setContent(html, request.gotoOptions ?? {});
}

// To the end and back, so that what is loaded when it is seen is there.
async function scrollThrough(page) {
  await page.evaluate(async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
    for (let step = 0; step < 200 && window.scrollY + window.innerHeight < document.body.scrollHeight; step++) {
      window.scrollBy(0, window.innerHeight);
      await pause();
    }
    window.scrollTo(0, 0);
    await pause();
  });
}

export async function answer(name, value) {
  await files.write(name, typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value));
  results.answer = name;
}

// Looks at every request of a page: blocks pictures and a tracker, answers one address itself, and counts the rest.
//
//   cargo run --bin puppet-master -- run examples/intercept
//
// vars.url is the page's address.
const seen = { blocked: [], answered: 0, passed: 0 };

await page.setRequestInterception(true);
page.on('request', (request) => {
  const { pathname } = new URL(request.url());
  if (request.resourceType() === 'image' || pathname === '/tracker.js') {
    seen.blocked.push(pathname);
    request.abort();
  } else if (pathname === '/weather.json') {
    seen.answered += 1;
    request.respond({ contentType: 'application/json', body: JSON.stringify({ city: 'Oslo', degrees: -3 }) });
  } else {
    seen.passed += 1;
    request.continue();
  }
});

await page.goto(vars.url, { waitUntil: 'networkidle0' });
results.weather = await page.$eval('#weather', (element) => element.textContent);
results.requests = { ...seen, blocked: seen.blocked.sort() };

// Uses a site's own API with the session of its page: signs in once, then asks for data instead of reading it off the screen.
//
//   cargo run --bin puppet-master -- run examples/api-and-page
//
// vars.url is the page's address. Requests are made in the page, so they carry its cookies and its origin.
await page.goto(vars.url);
await page.click('#sign-in');
await page.waitForFunction(() => document.cookie.includes('session='));

const get = (path) =>
  page.evaluate(async (path) => {
    const answer = await fetch(path, { headers: { 'X-Session': document.cookie.split('session=')[1] } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }, path);

const { orders } = await get('orders.json');
results.total = orders.reduce((sum, order) => sum + order.amount, 0);

// What the API does not say is on the page.
await page.click('#show');
await page.waitForSelector('#delivery');
results.delivery = await page.$eval('#delivery', (element) => element.textContent);

import puppeteer from 'puppeteer';

const browser = await puppeteer.launch();
const page = await browser.newPage();
await page.setContent(`<shop-cart></shop-cart><p>Outside <b>Total: 3</b></p><button>Buy now</button><script>
customElements.define('shop-cart', class extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: 'open' });
    root.innerHTML = '<h2>Cart</h2><ul><li>Tea</li><li>Milk</li></ul><button aria-label="Check out">→</button><shop-note></shop-note>';
    root.querySelector('button').onclick = () => { this.dataset.state = 'paid'; };
  }
});
customElements.define('shop-note', class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<small>Thanks</small>'; }
});
</script>`);
const text = (handle) => handle?.evaluate((element) => element.textContent);
console.log(await text(await page.$('pierce/small')), await text(await page.$('shop-cart >>> li')), (await page.$$('>>> li')).length);
console.log(await text(await page.$('shop-cart >>>> h2')), await text(await page.$('text/Total')), (await page.$$('xpath///p/b')).length);
console.log(await text(await page.$('::-p-text(Buy now)')), await text(await page.$('::-p-xpath(//button)')), await text(await page.$('p ::-p-text(Total: 3)')));
await (await page.$('aria/Check out')).click();
console.log(await page.$eval('shop-cart', (cart) => cart.dataset.state));
await page.locator('::-p-aria(Buy now)').click();
console.log(await page.$$eval('shop-cart >>> li', (items) => items.map((item) => item.textContent).join('+')));
console.log(await page.$('pierce/nothing'), (await page.waitForSelector('aria/[role="heading"]')) !== null);
await page.$('p[').catch((error) => console.log(error.message.includes('not a valid selector')));
await browser.close();

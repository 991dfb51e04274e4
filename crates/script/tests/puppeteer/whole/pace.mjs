import puppeteer, { ProtocolError } from 'puppeteer';

const took = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const seen = {};
const hasty = await puppeteer.launch({ protocolTimeout: 500, defaultViewport: null });
const error = await page.evaluate(() => new Promise(() => {})).catch((caught) => caught);
seen.late = [error instanceof ProtocolError, error.name, error.message];
await hasty.close();

const slow = await puppeteer.launch({ slowMo: 120 });
const other = await slow.newPage();
seen.slow = (await took(() => other.evaluate('1'))) >= 119;
const heard = [];
other.on('console', (message) => heard.push(message.text()));
await other.evaluate(() => { console.log('first'); console.log('second'); });
seen.heard = heard;
await slow.close();

const patient = await puppeteer.launch({ protocolTimeout: 60000, slowMo: 'x' });
seen.patient = await (await patient.newPage()).evaluate(() => new Promise((resolve) => { setTimeout(() => resolve(7), 600); }));
await patient.close();
results.seen = seen;

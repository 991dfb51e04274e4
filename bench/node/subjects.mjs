// Which Puppeteer a name means, and how its Chromium is started.
import newest from 'puppeteer-newest';
import old from 'puppeteer-1.20';

export const AsyncFunction = (async () => {}).constructor;

const puppeteers = { 'puppeteer-1.20': old, 'puppeteer-newest': newest };

export const puppeteer = (name) => puppeteers[name];

export const launchOptions = {
  executablePath: process.env.CHROMIUM,
  headless: true,
  args: [
    '--no-sandbox', '--disable-setuid-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--lang=en',
    '--window-size=1920,1080', '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--no-first-run',
  ],
};

// The page as a job finds it.
export async function prepare(page) {
  await page.setViewport({ width: 1920, height: 1080 });
  await page.setExtraHTTPHeaders({ 'Accept-Language': 'en' });
}

// What jobs that look at the dashboard share.

export function check(ok, words) {
  if (!ok) throw new Error(words);
}

/** Waits until a function is true in the page; says in words what did not come. */
export async function until(page, words, wanted, ...args) {
  try {
    await page.waitForFunction(wanted, { timeout: 15000 }, ...args);
  } catch (error) {
    throw new Error(
      `${words} did not come (${error.message}). The page says: ${(await page.$eval('body', (body) => body.innerText)).slice(0, 1500)}`,
    );
  }
}

/** The size and the theme of a screen. */
export async function screen(page, width, theme) {
  await page.setViewport({ width, height: width < 720 ? 740 : 860 });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: theme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
}

/** Opens the dashboard and signs in. What the page does wrong meanwhile ends up in `troubles`. */
export async function signIn(page, { url, token }) {
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  page.on('dialog', async (dialog) => {
    troubles.push(`a script ran: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.exposeFunction('violated', (words) => troubles.push(`policy violated: ${words}`));
  await page.evaluateOnNewDocument(() => {
    if (window.top === window) {
      addEventListener('securitypolicyviolation', (event) =>
        window.violated(`${event.violatedDirective} by ${event.blockedURI}`),
      );
    }
  });
  await page.goto(url);
  await page.waitForSelector('input[name=token]');
  await page.type('input[name=token]', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.frame');
  return troubles;
}

/** Goes to a view and waits for a text in it. */
export async function open(page, hash, text) {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, hash);
  await until(
    page,
    `“${text}” at ${hash}`,
    (text) => {
      const said = document.querySelector('main')?.innerText ?? '';
      const code = [...document.querySelectorAll('.editor')].map((editor) => editor.shadowRoot.textContent).join();
      return !document.querySelector('[aria-busy]') && (said.includes(text) || code.includes(text));
    },
    text,
  );
}

/** What axe-core finds that is moderate or worse. https://github.com/dequelabs/axe-core */
export async function faults(page, axe) {
  if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(`${axe}; 0`);
  return await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { iframes: false });
    return violations
      .filter(({ impact }) => impact !== 'minor')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ target, failureSummary }) => `${target} (${failureSummary})`)
            .join('; ')}`,
      );
  });
}

/** Whether the page is wider than the screen. */
export async function overflow(page) {
  return await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

/** Puts what has the focus into words. */
export async function focused(page) {
  return await page.evaluate(
    () => document.activeElement?.textContent || document.activeElement?.getAttribute('aria-label') || '',
  );
}

/** Clicks the button with these words in the dialog, or in the view when no dialog is open. */
export async function click(page, words) {
  await page.evaluate((words) => {
    const place = document.querySelector('dialog') ?? document.querySelector('main');
    const found = [...place.querySelectorAll('button')].find((button) => button.textContent === words);
    if (!found) throw new Error(`there is no button ${words}: ${place.innerText}`);
    found.click();
  }, words);
}

export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

/** Presses a key while Control is down. */
export async function control(page, key) {
  await page.keyboard.down('Control');
  await page.keyboard.press(key);
  await page.keyboard.up('Control');
}

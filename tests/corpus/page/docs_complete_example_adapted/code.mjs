await page.goto("{{site}}/form.html");
await page.type("#name", vars.term);

const allResultsSelector = "#next";
await page.goto("{{site}}/");
await page.waitForSelector(allResultsSelector);
await Promise.all([page.waitForNavigation(), page.click(allResultsSelector)]);

const resultsSelector = "a";
await page.waitForSelector(resultsSelector);

const links = await page.evaluate(resultsSelector => {
  const anchors = Array.from(document.querySelectorAll(resultsSelector));
  return anchors.map(anchor => {
    const title = anchor.textContent.split("|")[0].trim();
    return `${title} - ${anchor.href}`;
  });
}, resultsSelector);

results.links = links;
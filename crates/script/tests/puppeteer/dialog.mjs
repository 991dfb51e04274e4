import { equal, fails, record, watch } from "watch";
watch(page);
await page.goto(`${vars.site}/dialog.html`);
await page.click("#confirm");
equal(await page.evaluate(() => answer), false); // nobody listens: dismissed
const told = [];
let answer = (dialog) => dialog.accept("pear");
page.on("dialog", async (dialog) => {
  watch(dialog);
  told.push([dialog.type(), dialog.message(), dialog.defaultValue()]);
  equal(dialog.handled, false);
  await answer(dialog);
  equal(dialog.handled, true);
  await fails(dialog.accept(), "Cannot accept dialog which is already handled!");
});
await page.click("#prompt");
equal(await page.evaluate(() => window.answer), "pear");
answer = (dialog) => dialog.dismiss();
await page.click("#confirm");
equal(await page.evaluate(() => window.answer), false);
equal(told, [["prompt", "which fruit?", "apple"], ["confirm", "go on?", ""]]);
record(results);

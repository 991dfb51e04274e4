const caught = (promise) => promise.then((value) => value, (reason) => reason);
const error = await caught(page.evaluate(() => { throw new TypeError("of the page"); }));
results.error = [error.name, error.message];
results.thrown = await caught(page.evaluate(() => { throw "a text"; }));
const late = await caught(page.waitForSelector("nope", { timeout: 5 }));
results.late = [late.name, late.message, late.cause.message];
results.back = (await caught(page.goBack())).message;
{ using body = await page.$("body"); results.used = body.disposed; }

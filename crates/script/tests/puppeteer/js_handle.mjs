import { equal, fails, record, watch } from "watch";
watch(page);
const handle = await page.evaluateHandle(() => ({ a: 1, b: { c: 2 }, n: NaN }));
equal(String(handle), "JSHandle@object");
equal(String(await page.evaluateHandle(() => "x")), "JSHandle:x");
equal(handle.asElement(), null);
equal(await handle.jsonValue(), { a: 1, b: { c: 2 }, n: null });
equal([...(await handle.getProperties()).keys()], ["a", "b", "n"]);
equal(Number.isNaN(await (await handle.getProperty("n")).jsonValue()), true);
equal(await handle.evaluate((object, key) => object[key], "a"), 1);
equal(await (await handle.evaluateHandle((object) => object.b)).jsonValue(), { c: 2 });
equal(typeof handle.executionContext(), "object");
await fails(page.evaluate((nested) => nested, { handle }), "Are you passing a nested JSHandle?");
equal(handle.remoteObject().className, "Object");
equal(handle.disposed, false);
equal(handle.move() === handle, true);
{
  using kept = handle;
  equal(kept.disposed, false);
}
equal(handle.disposed, false); // it was moved
let left;
{
  using own = await page.evaluateHandle(() => document.body);
  left = own;
}
equal(left.disposed, true);
await handle.dispose();
await fails(page.evaluate((object) => object, handle), "JSHandle is disposed!");
for (const value of [-0, NaN, Infinity, -Infinity, 10n, undefined, null, "text", true])
  equal(Object.is(await page.evaluate((same) => same, value), value), true);
record(results);

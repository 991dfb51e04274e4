import { equal, record, watch } from "watch";
watch(page);
equal(page.listenerCount("console"), 1);
const [message] = await Promise.all([
  new Promise((resolve) => page.once("console", resolve)),
  page.evaluate(() => console.warn("hello", 5, { a: 1 })),
]);
watch(message);
equal(message.type(), "warning");
equal(message.text(), "hello 5 JSHandle@object");
equal(await message.args()[2].jsonValue(), { a: 1 });
equal(message.location().url, "__puppeteer_evaluation_script__");
equal([message.page() === page, message.frame() === page.mainFrame(), message.worker()], [true, true, null]);
equal(message.stackTrace()[0], message.location());
record(results);

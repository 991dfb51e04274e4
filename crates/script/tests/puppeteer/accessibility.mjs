import { equal, record, watch } from "watch";
watch(page);
await page.setContent("<button>Go</button><p><input placeholder=Name></p>");
const tree = await page.accessibility.snapshot();
equal(tree.children.map((node) => node.role), ["button", "textbox"]);
equal((await page.accessibility.snapshot({ root: await page.$("button") })).name, "Go");
record(results);

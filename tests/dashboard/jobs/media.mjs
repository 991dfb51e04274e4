// Everything that a result shows in a way of its own.
await page.setViewport({ width: 640, height: 320 });
await page.setContent(
  '<body style="margin:0;background:linear-gradient(135deg,#5334e8,#12a0c9)"><h1 style="color:white;padding:40px">Report</h1>',
);
results.books = [
  { title: 'Emma', price: 7.99 },
  { title: 'Ulysses', price: 12.5 },
  { title: 'Dracula', price: 5.75 },
];
results.page = `<!doctype html>${await page.content()}`;
results.picture = (await page.screenshot()).toString('base64');
results.nested = { list: [1, [2, [3]]], nothing: null, yes: true };

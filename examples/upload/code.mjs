// Fills a form with a file: makes the file, chooses it in the page, sends the form, reads what the page says of it.
//
//   cargo run --bin puppet-master -- run examples/upload
//
// vars.url is the form's address, vars.name and vars.letter what is sent. A file that came with the job would be there by its name.
await files.write('letter.txt', vars.letter);

await page.goto(vars.url);
await page.type('input[name=name]', vars.name);
await page.select('select[name=subject]', 'praise');
await (await page.$('input[type=file]')).uploadFile('letter.txt');
await Promise.all([page.waitForSelector('#thanks:not([hidden])'), page.click('button')]);

results.answer = await page.$eval('#thanks', (element) => element.textContent.trim());

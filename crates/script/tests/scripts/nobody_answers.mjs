// Standard input is empty: what waits for its end goes on.
import fs from 'node:fs';
import readline from 'node:readline';
import { stdin, stdout } from 'node:process';
import 'puppeteer';

let given = '';
stdin.setEncoding('utf8');
for await (const piece of stdin) given += piece;
console.log(JSON.stringify(given), stdin.isTTY, stdout.isTTY, stdout.columns, '-'.repeat(stdout.columns ?? 8));
console.log(JSON.stringify(fs.readFileSync(0, 'utf8')));
fs.writeSync(1, 'by number\n');

fs.writeFileSync('answers.txt', 'Ada\nyes\nrest\n');
const asked = readline.createInterface({ input: fs.createReadStream('answers.txt') });
asked.question('Name? ', (name) => {
  asked.question('Sure? ', (sure) => {
    console.log(name, sure);
    asked.on('line', (line) => console.log('line', line));
    asked.on('close', () => console.log('closed'));
  });
});

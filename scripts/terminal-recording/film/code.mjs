// Plays what `script` has kept of a terminal, and films it.
const { commands } = JSON.parse((await files.read('session.json')).toString());

await page.setViewport({ width: 900, height: 500 });
await page.setContent(`<style>
  body { margin: 0; background: #14141a; }
  pre { margin: 0; padding: 20px 24px; color: #e8e8ee; font: 15px/1.55 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
  .bold { font-weight: bold } .faint { color: #9a9aa8 } .green { color: #56d38b } .red { color: #ff7b7b } .yellow { color: #e5c07b }
</style><pre></pre>`);

const styles = { 1: 'bold', 2: 'faint', 31: 'red', 32: 'green', 33: 'yellow' };
const lines = [[]];
let style = '';

/** Takes what a terminal would take: text, colours, ends of lines, and the clearing of a line. */
function take(text) {
  for (const [part] of text.matchAll(/\x1b\[[\d;]*[A-Za-z]|\r\n|[\r\n]|[^\x1b\r\n]+/g)) {
    if (part === '\r\n' || part === '\n') lines.push([]);
    else if (part.endsWith('K') && part.startsWith('\x1b')) lines[lines.length - 1] = [];
    else if (part.startsWith('\x1b')) style = styles[part.slice(2, -1)] ?? '';
    else if (part !== '\r') lines.at(-1).push({ text: part, style });
  }
}

async function show() {
  await page.evaluate((lines) => {
    const pre = document.querySelector('pre');
    pre.replaceChildren();
    for (const line of lines) {
      for (const { text, style } of line) pre.append(Object.assign(document.createElement('span'), { textContent: text, className: style }));
      pre.append('\n');
    }
  }, lines.slice(-20));
}

const film = await page.screencast({ path: 'terminal.gif', fps: 10, colors: 32 });
for (const { command, output } of commands) {
  lines.at(-1).push({ text: '$ ', style: 'faint' }, { text: '', style: '' });
  for (const letter of command) {
    lines.at(-1).at(-1).text += letter;
    await show();
    await sleep(45);
  }
  take('\r\n');
  for (const [seconds, text] of output) {
    await sleep(seconds * 1000);
    take(text);
    await show();
  }
  await sleep(1500);
}
await sleep(1500);
await film.stop();

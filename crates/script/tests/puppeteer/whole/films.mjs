// Films of every kind, and what Chromium sees in them.
import assert from "node:assert";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import puppeteer from "puppeteer";

const browser = await puppeteer.launch({ defaultViewport: { width: 240, height: 160 } });
const page = await browser.newPage();

// A page of two colours, left and right, that moves for a second.
async function film(start) {
  await page.setContent(`<body style="margin:0;background:linear-gradient(90deg,#f00 50%,#00f 50%)"><p id=p>0</p>`);
  const recorder = await start();
  for (let i = 0; i < 10; i++) {
    await page.evaluate((text) => { p.textContent = text; }, `${i}`);
    await sleep(100);
  }
  await recorder.stop();
}

// What a video element says of a file: seconds, size, and the colours at the left and at the right.
async function play(name) {
  const type = name.endsWith(".webm") ? "video/webm" : "video/mp4";
  const data = fs.readFileSync(name).toString("base64");
  await page.setContent("<video id=v muted></video>");
  return page.evaluate(async (source) => {
    const happens = (event) => new Promise((resolve, reject) => {
      v[`on${event}`] = resolve;
      v.onerror = () => reject(new Error(v.error.message));
    });
    v.src = source;
    await happens("loadeddata");
    v.currentTime = v.duration / 2;
    await happens("seeked");
    const canvas = document.createElement("canvas");
    const [width, height] = [canvas.width, canvas.height] = [v.videoWidth, v.videoHeight];
    const context = canvas.getContext("2d");
    // A frame that was sought is there a little later than Chromium says so.
    for (let tries = 0; tries < 100 && context.getImageData(2, height - 3, 1, 1).data[3] === 0; tries++) {
      await new Promise(requestAnimationFrame);
      context.drawImage(v, 0, 0);
    }
    const colour = (x) => {
      const [red, , blue] = context.getImageData(x, height - 3, 1, 1).data;
      return red > 200 && blue < 60 ? "red" : blue > 200 && red < 60 ? "blue" : `${red} ${blue}`;
    };
    const colours = [colour(2), colour(width - 3)];
    v.playbackRate = 8;
    v.play();
    await happens("ended");
    return { seconds: v.duration, size: [width, height], colours, frames: v.getVideoPlaybackQuality().totalVideoFrames };
  }, `data:${type};base64,${data}`);
}

function check(name, seen, size, colours, least, most) {
  assert.deepStrictEqual([seen.size, seen.colours], [size, colours], `${name}: ${JSON.stringify(seen)}`);
  assert.ok(seen.seconds > least && seen.seconds < most && seen.frames > 2, `${name}: ${JSON.stringify(seen)}`);
}

const both = ["red", "blue"];
const crop = { x: 120, y: 40, width: 100, height: 80 };

await film(() => page.record({ path: "recorded.mp4" }));
check("recorded.mp4", await play("recorded.mp4"), [240, 160], both, 0.8, 30);

await film(() => page.screencast({ path: "films/plain.webm" }));
check("films/plain.webm", await play("films/plain.webm"), [240, 160], both, 0.8, 30);

await film(async () => {
  const recorder = await page.screencast({ path: "films/fast.mp4", speed: 4 });
  recorder.pipe(fs.createWriteStream("copy.mp4"));
  return recorder;
});
check("films/fast.mp4", await play("films/fast.mp4"), [240, 160], both, 0.2, 7);
assert.deepStrictEqual(fs.readFileSync("copy.mp4"), fs.readFileSync("films/fast.mp4"));

for (const name of ["films/part.webm", "films/part.mp4"]) {
  await film(() => page.screencast({ path: name, crop, scale: 1.5, quality: 10 }));
  check(name, await play(name), [150, 120], ["blue", "blue"], 0.8, 30);
}

await film(() => page.screencast({ path: "films/part.gif", crop, scale: 0.5, loop: Infinity, delay: 700, colors: 8 }));
const gif = fs.readFileSync("films/part.gif");
assert.strictEqual(gif.toString("latin1", 0, 6), "GIF89a");
await page.setContent("<img id=i>");
const shown = await page.evaluate(async (source) => {
  i.src = source;
  await i.decode();
  const context = Object.assign(document.createElement("canvas"), { width: i.width, height: i.height }).getContext("2d");
  context.drawImage(i, 0, 0);
  return { size: [i.naturalWidth, i.naturalHeight], colour: [...context.getImageData(45, 35, 1, 1).data] };
}, `data:image/gif;base64,${gif.toString("base64")}`);
assert.deepStrictEqual(shown, { size: [50, 40], colour: [0, 0, 255, 255] });
assert.ok(gif.includes("NETSCAPE2.0"));

// A page that is closed leaves its film, and so does one that closes itself, up to what Chromium had written by then.
const [shut] = await Promise.all([new Promise((resolve) => page.once("popup", resolve)), page.evaluate(() => { window.open("about:blank"); })]);
await shut.setViewport({ width: 240, height: 160 });
await shut.setContent(`<body style="margin:0;background:linear-gradient(90deg,#f00 50%,#00f 50%)"><p id=p>0</p>`);
await shut.evaluate(() => { let count = 0; setInterval(() => { p.textContent = ++count; }, 50); });
const early = await shut.screencast({ path: "early.webm" });
const closed = new Promise((resolve) => shut.once("close", resolve));
await sleep(4500);
await shut.evaluate(() => { setTimeout(() => window.close(), 10); });
await closed;
await early.stop();
check("early.webm", await play("early.webm"), [240, 160], both, 0.8, 30);

await assert.rejects(page.screencast({ path: "films/part.gif", overwrite: false }), { message: /^EEXIST: file already exists, open 'films\/part.gif'$/ });
// Nobody stops this one.
await page.setContent("<p>last</p>");
await page.record({ path: "last.mp4" });
await browser.close();

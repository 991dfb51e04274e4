import { equal, fails, record, watch } from "watch";
watch(page);
await page.setContent("<p>film</p>");

// Chromium's own recording.
const recording = await page.record({ maxWidth: 320, maxHeight: 240, frameRate: 10 });
equal(recording instanceof puppeteer.ScreenRecording, true);
const taken = [];
const whole = recording.pipe(new WritableStream({ write(chunk) { taken.push(chunk); } }));
await recording.stop();
await recording.stop();
await whole;
const bytes = Buffer.concat(taken);
equal(bytes.toString("latin1", 4, 8), "ftyp");
await fails(page.record({ maxWidth: 0 }), "`maxWidth` must be greater than 0.");
await fails(page.record({ fps: -1 }), "`fps` must be greater than 0.");

// A screencast.
const recorder = await page.screencast({ ffmpegPath: "/usr/bin/ffmpeg" });
equal(recorder instanceof puppeteer.ScreenRecorder, true);
let size = 0;
let first;
recorder.on("data", (chunk) => { first ??= chunk; size += chunk.length; });
await recorder.stop();
equal([first.readUInt32BE(0), size > 200], [0x1a45dfa3, true]);
const piped = await page.screencast({ format: "gif", scale: 0.1 });
const target = Object.assign(new puppeteer.EventEmitter(), { write(chunk) { this.got ??= chunk; return true; }, end() { this.ended = true; } });
piped.pipe(target);
await piped.stop();
equal(target.got.toString("latin1", 0, 6), "GIF89a");
const iterated = await page.screencast();
await iterated.stop();
const parts = [];
for await (const part of iterated) parts.push(part);
equal(parts.length > 0, true);
{
  await using disposed = await page.screencast();
}

await fails(page.screencast({ speed: 0 }), "`speed` must be greater than 0.");
await fails(page.screencast({ scale: -1 }), "`scale` must be greater than 0.");
await fails(page.screencast({ format: "avi" }), "unknown format of a screencast: avi; there are webm, mp4 and gif");
await fails(page.screencast({ crop: { x: -1, y: 0, width: 5, height: 5 } }), "`crop.x` and `crop.y` must be greater than or equal to 0.");
await fails(page.screencast({ crop: { x: 0, y: 0, width: 0, height: 5 } }), "`crop.height` and `crop.width` must be greater than or equal to 0.");
await fails(page.screencast({ crop: { x: 0, y: 0, width: 5000, height: 5 } }), "`crop.width` cannot be larger than the viewport width (1920).");
await fails(page.screencast({ crop: { x: 0, y: 1, width: 5, height: 1080 } }), "`crop.height` cannot be larger than the viewport height (1080).");
const films = [await page.record(), await page.record(), await page.record(), await page.record()];
await fails(page.record(), "Limit of 4 recordings at the same time exceeded: stop one of them");
for (const film of films) await film.stop();
const gone = await page.browser().newPage();
const late = await gone.record();
const lateToo = await gone.screencast({ format: "gif" });
await gone.close();
await late.stop();
await lateToo.stop();
const { value } = await late.getReader().read();
equal(Buffer.from(value).toString("latin1", 4, 8), "ftyp");
equal(lateToo.read(6).toString(), "GIF89a");
record(results);

// node worker.mjs KIND CONCURRENCY: an executor made of Node, amqplib and Puppeteer.
//   launch   a browser for each job, Puppeteer 1.20, as the predecessor did
//   cluster  puppeteer-cluster in context mode on the newest Puppeteer
// Takes jobs from the queue JOBS_QUEUE and publishes results to RESULTS_QUEUE, in the predecessor's form. Ends with its
// input.
import amqp from 'amqplib';
import { Cluster } from 'puppeteer-cluster';
import { AsyncFunction, launchOptions, prepare, puppeteer } from './subjects.mjs';

const [kind, concurrency] = [process.argv[2], Number(process.argv[3])];

async function inLaunchedBrowser(run) {
  const browser = await puppeteer('puppeteer-1.20').launch(launchOptions);
  try {
    await run(await browser.newPage());
  } finally {
    await browser.close();
  }
}

async function runners() {
  if (kind === 'launch') return { within: inLaunchedBrowser, close: async () => {} };
  const cluster = await Cluster.launch({
    concurrency: Cluster.CONCURRENCY_CONTEXT,
    maxConcurrency: concurrency,
    puppeteer: puppeteer('puppeteer-newest'),
    puppeteerOptions: launchOptions,
  });
  return { within: (run) => cluster.execute(({ page }) => run(page)), close: () => cluster.close() };
}

const { within, close } = await runners();
const { QUEUE_HOST, QUEUE_PORT, QUEUE_USERNAME, QUEUE_PASSWORD, JOBS_QUEUE, RESULTS_QUEUE } = process.env;
const connection = await amqp.connect({
  hostname: QUEUE_HOST, port: Number(QUEUE_PORT), username: QUEUE_USERNAME, password: QUEUE_PASSWORD,
});
const channel = await connection.createChannel();
await channel.assertQueue(JOBS_QUEUE, { durable: true });
await channel.assertQueue(RESULTS_QUEUE, { durable: true });
await channel.prefetch(concurrency);

async function handle(message) {
  const { uuid, code, vars } = JSON.parse(message.content.toString());
  const [results, started] = [{}, new Date()];
  let error = null;
  try {
    await within(async (page) => {
      await prepare(page);
      await new AsyncFunction('page', 'vars', 'results', code)(page, vars, results);
    });
  } catch (thrown) {
    error = String(thrown);
  }
  const finished = new Date();
  const duration = finished - started;
  const result = { uuid, logs: [], error, results, started_at: started, finished_at: finished, duration };
  channel.sendToQueue(RESULTS_QUEUE, Buffer.from(JSON.stringify(result)), { contentType: 'application/json' });
  channel.ack(message);
}

await channel.consume(JOBS_QUEUE, handle);
console.log('ready');
process.stdin.on('end', async () => {
  await close();
  process.exit(0);
});
process.stdin.resume();

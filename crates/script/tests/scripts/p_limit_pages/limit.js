export default function pLimit(concurrency) {
  const queue = [];
  let active = 0;
  const run = async (task, resolve) => {
    active++;
    const result = (async () => task())();
    resolve(result);
    try { await result; } catch {}
    active--;
    if (queue.length > 0) queue.shift()();
  };
  const limit = (task) => new Promise((resolve) => {
    if (active < concurrency) run(task, resolve);
    else queue.push(() => run(task, resolve));
  });
  Object.defineProperties(limit, { activeCount: { get: () => active }, pendingCount: { get: () => queue.length } });
  return limit;
}

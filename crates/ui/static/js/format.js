// Numbers, times and sizes as people read them.

const MINUTE = 60,
  HOUR = 3600,
  DAY = 86400;
const exactly = new Intl.DateTimeFormat(undefined, {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'short',
});
const clockOnly = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});
const minuteOnly = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const plain = new Intl.NumberFormat(undefined);

/** A duration with three significant figures: `38 ms`, `1.24 s`, `12 min 5 s`. */
export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toPrecision(3)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR)
    return whole % MINUTE ? `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s` : `${whole / MINUTE} min`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** A span between two times of the API, which are whole seconds. */
export function wholeSpan(milliseconds) {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  if (seconds < 1) return '< 1 s';
  return seconds < MINUTE ? `${seconds} s` : duration(seconds * 1000);
}

/** How long ago a time is, in whole units: the API's times are whole seconds. */
export function ago(time, now = Date.now()) {
  const seconds = Math.max(0, Math.floor((now - time) / 1000));
  if (seconds < 2) return 'now';
  if (seconds < MINUTE) return `${seconds} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  return `${Math.floor(seconds / DAY)} d ago`;
}

/** How far ahead a time is. */
export function ahead(time, now = Date.now()) {
  const seconds = Math.ceil((time - now) / 1000);
  if (seconds < 1) return 'now';
  if (seconds < MINUTE) return `in ${seconds} s`;
  if (seconds < HOUR) return `in ${Math.round(seconds / MINUTE)} min`;
  if (seconds < DAY) return `in ${Math.floor(seconds / HOUR)} h ${Math.round((seconds % HOUR) / MINUTE)} min`;
  return `in ${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
}

/** A time to the second in the user's zone. */
export function exact(time) {
  return exactly.format(new Date(time));
}

/** A time of the day with milliseconds. */
export function clock(time) {
  return clockOnly.format(new Date(time));
}

/** A time of the day to the minute. */
export function minute(time) {
  return minuteOnly.format(new Date(time));
}

/** A number with the separators of the user's language. */
export function number(value) {
  return plain.format(value);
}

/** `1 job`, `12 jobs`. */
export function count(value, word, words = `${word}s`) {
  return `${number(value)} ${value === 1 ? word : words}`;
}

/** A size in bytes. */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  for (const unit of ['kB', 'MB', 'GB']) {
    size /= 1000;
    if (size < 999.5 || unit === 'GB') return `${size.toPrecision(3)} ${unit}`;
  }
}

/** An id cut to what tells it apart: of a UUID its end, since its beginning is a time that neighbours share. */
export function shortId(id) {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.slice(-12) : id;
}

// Which Puppeteer the job is written for, where the versions contradict each other: 25, or else 1.20.
export let modern = false;

export function setModern(value) {
  modern = value;
}

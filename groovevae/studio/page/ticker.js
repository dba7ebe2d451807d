// A worker that ticks: timers of a page that is out of sight are slowed down, those of a worker are not.
const TICK = 25; // milliseconds
setInterval(() => postMessage(null), TICK);

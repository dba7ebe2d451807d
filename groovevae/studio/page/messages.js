/** Lines for the user: what went wrong, what has happened, and whether the studio is still there. */

import { getModel } from "./api.js";
import { $ } from "./controls.js";

const RETRY = 2000; // milliseconds between looks for a studio that is gone
const NOTE = 2500, HINT = 12000; // milliseconds that a note and a passing line stay

/** Shows a line that something is wrong; an empty one takes it away. With `isPassing`, it goes by itself. */
export function warn(line, isPassing = false) {
  const text = $("alert").querySelector("p");
  $("alert").hidden = !line;
  text.textContent = line;
  if (isPassing && line) setTimeout(() => text.textContent === line && warn(""), HINT);
}

/** Tells screen readers what has happened. */
export function say(line) {
  $("live").textContent = line;
}

/** Shows beside the transport what is going on; with `isPassing`, for a moment. */
export function note(text, isPassing = false) {
  $("sound-state").textContent = text;
  if (isPassing) setTimeout(() => $("sound-state").textContent === text && note(""), NOTE);
}

let waiting = null;

export const isWaiting = () => waiting !== null;

/** Looks for the studio until it answers again, then calls `onBack`. */
export function waitForStudio(onBack) {
  waiting ??= setInterval(async () => {
    try {
      await getModel();
    } catch {
      return;
    }
    clearInterval(waiting);
    waiting = null;
    warn("");
    say("The studio is back.");
    onBack();
  }, RETRY);
}

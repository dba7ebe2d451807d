/** The keys of the page, wherever no field has the focus. */

import { ROLES } from "./state.js";

const FIELDS = "input:not([type=range]):not([type=checkbox]), select, textarea, dialog";
const OWN_SPACE = "button, a, summary, input"; // what the space bar means something to

/** `work` has a function for each key, and `step(by)`, `role(what, role)`. */
export function bindKeys(work) {
  addEventListener("keydown", (event) => {
    if (event.target.closest?.(FIELDS)) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey) {
      if (key !== "z" && key !== "y") return;
      event.preventDefault();
      return work.step(key === "y" || event.shiftKey ? 1 : -1);
    }
    if (event.altKey) return;
    const digit = /^Digit([1-4])$/.exec(event.code);
    if (digit) return work.role(event.shiftKey ? "solo" : "muted", ROLES[digit[1] - 1]);
    if (!(key in work) || key.length > 1 || (key === " " && event.target.closest?.(OWN_SPACE))) return;
    event.preventDefault();
    work[key]();
  });
}

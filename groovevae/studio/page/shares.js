/** The shares of the start and the corners as numbers, below the pad. */

import { $, make } from "./controls.js";
import { percent, sharesOf } from "./state.js";

/** Shows the shares of a state. The list only grows while the point moves, until it is laid out anew: nothing below it jumps. */
export function showShares(state, nameOf, isLaidOut) {
  const list = $("weights"), shares = sharesOf(state);
  const share = (name, value, className) => make("li", { className }, make("span", { textContent: name }), make("b", { textContent: percent(value) }));
  const corners = state.corners.map((word, index) => (shares.corners[index] > 0 ? share(nameOf(word), shares.corners[index], "") : ""));
  if (isLaidOut) list.style.minHeight = "";
  list.replaceChildren(share(`${nameOf(state.start)} (start)`, shares.start, "is-start"), ...corners.filter(Boolean));
  list.style.minHeight = `${list.offsetHeight}px`;
}

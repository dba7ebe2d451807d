/** The takes so far: undo and redo, favourites, one to compare with. They outlive a reload. */

import { $, make } from "./controls.js";
import { storage } from "./state.js";

const MOST = 60; // takes that are remembered; kept ones stay longest
const STAR = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z"/></svg>';

export class History {
  /** `onGo(take)`, `onKeep(take)` and `onCompare(take or null)` tell what the user does with a take. */
  constructor({ onGo, onKeep, onCompare }) {
    Object.assign(this, { onGo, onKeep, onCompare });
    this.takes = storage.get("takes", []).filter((take) => take?.id && take.state);
    this.next = Math.max(0, ...this.takes.map((take) => take.number)) + 1;
    this.now = -1;
    this.compared = null;
    $("only-kept").addEventListener("change", () => this.show());
    $("undo").addEventListener("click", () => this.step(-1));
    $("redo").addEventListener("click", () => this.step(1));
  }

  get current() {
    return this.takes[this.now];
  }

  /** Adds a take, or goes to it where it is there already. */
  add(piece, state, text) {
    const known = this.takes.findIndex((take) => take.id === piece.id);
    if (known >= 0) {
      this.now = known;
      this.takes[known].state = structuredClone(state);
    } else {
      this.takes.push({ id: piece.id, number: this.next++, text, state: structuredClone(state), isKept: false });
      while (this.takes.length > MOST) {
        const oldest = this.takes.findIndex((take) => !take.isKept);
        this.takes.splice(Math.max(oldest, 0), 1);
      }
      this.now = this.takes.length - 1;
    }
    this.save();
  }

  /** Goes one take back or forth. */
  step(by) {
    const take = this.takes[(this.now < 0 ? this.takes.length : this.now) + by];
    if (take) this.onGo(take);
  }

  save() {
    storage.set("takes", this.takes);
    this.show();
  }

  show() {
    const shown = this.takes.filter((take) => take.isKept || !$("only-kept").checked);
    $("history").replaceChildren(...shown.map((take) => this.#row(take)).reverse());
    $("history-none").hidden = shown.length > 0;
    $("undo").disabled = this.now <= 0;
    $("redo").disabled = this.now < 0 || this.now >= this.takes.length - 1;
    $("keep").setAttribute("aria-pressed", Boolean(this.current?.isKept));
    $("keep").querySelector("span").textContent = this.current?.isKept ? "Kept" : "Keep";
  }

  #row(take) {
    const isNow = take === this.current, isCompared = take.id === this.compared;
    const name = `take ${take.number}`;
    const to = make("button", { type: "button", className: "to", title: take.text }, make("span", { textContent: take.text }));
    if (isNow) to.setAttribute("aria-current", "true");
    to.addEventListener("click", () => this.onGo(take));
    const compare = make("button", { type: "button", textContent: "B", aria: { pressed: isCompared, label: `Compare with ${name}` } });
    compare.addEventListener("click", () => {
      this.compared = isCompared ? null : take.id;
      this.show();
      this.onCompare(this.compared ? take : null);
    });
    const star = make("button", { type: "button", className: "plain star", innerHTML: STAR, aria: { pressed: take.isKept, label: `Keep ${name}` } });
    star.addEventListener("click", () => this.onKeep(take));
    return make("li", { className: isNow ? "is-now" : "" }, make("span", { className: "number", textContent: take.number }), to, compare, star);
  }
}

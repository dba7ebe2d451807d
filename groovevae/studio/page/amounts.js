/** How far each role goes: as far as the point, or an amount of its own, which may grow over the bars. */

import { make } from "./controls.js";
import { inText, ROLES } from "./state.js";

const MOST = 2;
const FIRST = 0.5; // where a slider stands that nobody has moved

export class Amounts {
  /** `onChange(patch, isFinal)` tells a change of the state. */
  constructor(parent, onChange) {
    Object.assign(this, { onChange, own: {} });
    this.rows = new Map(ROLES.map((role) => [role, this.#row(parent, role)]));
  }

  show(state) {
    this.own = state.own;
    for (const [role, row] of this.rows) {
      const amount = state.own[role], isKept = state.keep.includes(role), isRamp = Array.isArray(amount);
      const [first, last] = isRamp ? amount : [amount ?? FIRST, FIRST];
      row.first.value = first;
      row.last.value = last;
      row.last.hidden = !isRamp;
      row.first.setAttribute("aria-label", isRamp ? `${role}, first bar` : role);
      row.first.title = isRamp ? "First bar" : "";
      row.ramp.setAttribute("aria-pressed", isRamp);
      row.first.disabled = row.last.disabled = row.ramp.disabled = isKept;
      row.reset.disabled = amount === undefined;
      row.output.value = isKept ? "kept" : inText(amount) ?? "–";
    }
  }

  #row(parent, role) {
    const id = `own-${role}`;
    const [first, last] = [id, `${id}-last`].map((name) => make("input", { id: name, type: "range", min: 0, max: MOST, step: 0.05 }));
    last.setAttribute("aria-label", `${role}, last bar`);
    last.title = "Last bar";
    const output = make("output", { htmlFor: `${id} ${id}-last` });
    const ramp = make("button", { type: "button", textContent: "↗", title: "Over the bars", aria: { pressed: false, label: `${role}: over the bars` } });
    const reset = make("button", { type: "button", textContent: "↺", aria: { label: `${role}: back to as the point` } });
    const ranges = make("span", { className: "ranges" }, first, last);
    parent.append(make("div", { className: "slider of-role" }, make("label", { htmlFor: id, textContent: role }), ranges, output, ramp, reset));
    for (const [event, isFinal] of [["input", false], ["change", true]]) {
      for (const input of [first, last]) {
        input.addEventListener(event, () => {
          const isRamp = Array.isArray(this.own[role]);
          this.#set(role, isRamp ? [Number(first.value), Number(last.value)] : Number(first.value), isFinal);
        });
      }
    }
    ramp.addEventListener("click", () => {
      const amount = this.own[role];
      this.#set(role, Array.isArray(amount) ? amount[1] : [0, amount ?? 1], true);
    });
    reset.addEventListener("click", () => this.#set(role, undefined, true));
    return { first, last, output, ramp, reset };
  }

  #set(role, amount, isFinal) {
    const { [role]: _, ...rest } = this.own;
    this.onChange({ own: amount === undefined ? rest : { ...rest, [role]: amount } }, isFinal);
  }
}

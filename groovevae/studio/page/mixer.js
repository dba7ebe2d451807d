/** The roles of a take: heard, alone, kept; and how loud all of it is. */

import { $, make } from "./controls.js";
import { ROLES } from "./state.js";

export class Mixer {
  /** `onMix()` tells that levels changed, `onKeep(role)` that a role is to keep the start's notes, or not any more. */
  constructor(element, player, { onMix, onKeep }) {
    Object.assign(this, { player, onMix, lanes: new Map() });
    for (const role of [...ROLES, "other"]) {
      const small = make("small");
      const mute = this.#button("Mute", `Mute ${role}`, () => this.toggle("muted", role));
      const solo = this.#button("Solo", `Solo ${role}`, () => this.toggle("solo", role));
      const keep = this.#button("Keep notes", `Keep the start's ${role}`, () => onKeep(role));
      keep.textContent = "Lock";
      keep.title = "Keep the notes of the start";
      keep.hidden = role === "other";
      const who = make("div", { className: "who" }, role, small);
      const lane = make("div", { className: "lane", data: { role } }, make("span", { className: "dot" }), who, mute, solo, keep);
      element.append(lane);
      this.lanes.set(role, { lane, small, mute, solo, keep });
    }
    $("volume").value = player.mixer.volume;
    $("volume").addEventListener("input", () => {
      player.mixer.volume = Number($("volume").value);
      onMix();
    });
  }

  toggle(what, role) {
    const levels = this.player.mixer[what];
    levels[role] = !levels[role];
    this.show();
    this.onMix();
  }

  /** Shows levels; with a piece and a state, also which roles play and which are kept. */
  show(piece = this.piece, state = this.state) {
    Object.assign(this, { piece, state });
    const { muted, solo } = this.player.mixer;
    for (const [role, { lane, small, mute, solo: alone, keep }] of this.lanes) {
      const plays = Boolean(piece?.roles[role]);
      lane.hidden = role === "other" && !plays;
      lane.classList.toggle("is-silent", !plays);
      small.textContent = plays ? (piece.instruments[role] ?? []).join(", ") : piece ? "does not play" : " ";
      mute.setAttribute("aria-pressed", Boolean(muted[role]));
      alone.setAttribute("aria-pressed", Boolean(solo[role]));
      keep.setAttribute("aria-pressed", Boolean(state?.keep.includes(role)));
    }
  }

  #button(text, label, onClick) {
    const button = make("button", { type: "button", textContent: text, aria: { pressed: false, label } });
    button.addEventListener("click", onClick);
    return button;
  }
}

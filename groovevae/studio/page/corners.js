/** Which genres, files and folders lie around the pad. */

import { $, make } from "./controls.js";
import { fewCorners } from "./state.js";

export class Corners {
  /** `onChange(corners)` tells which words the user wants; `files` maps ids to what was read. */
  constructor(model, { onChange, nameOf, files }) {
    Object.assign(this, { onChange, nameOf, files });
    this.names = model.genres.map((genre) => genre.name);
    $("corners-all").addEventListener("click", () => onChange(this.names));
    $("corners-few").addEventListener("click", () => onChange(fewCorners(this.names, this.start)));
  }

  show(state) {
    Object.assign(this, { chosen: state.corners, start: state.start });
    $("corners").replaceChildren(...this.#words().map((word) => this.#chip(word)));
    $("corners-count").textContent = String(state.corners.length);
  }

  #words() {
    return [...this.names, ...this.files.keys()];
  }

  #chip(word) {
    const input = make("input", { type: "checkbox", checked: this.chosen.includes(word), value: word });
    input.addEventListener("change", () => this.#toggle(word));
    return make("label", { title: this.files.get(word)?.line ?? "" }, input, this.nameOf(word));
  }

  #toggle(word) {
    const isIn = this.chosen.includes(word);
    const words = this.#words().filter((one) => (one === word ? !isIn : this.chosen.includes(one)));
    this.onChange(words.length ? words : this.chosen); // one stays
    $("corners").querySelector(`[value="${CSS.escape(word)}"]`)?.focus();
  }
}

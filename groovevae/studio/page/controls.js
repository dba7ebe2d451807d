/** The fields and sliders: shows a state in them, and tells what the user changes. */

import { Amounts } from "./amounts.js";
import { isFile, KEYS, NO_CHOICES, ROLES } from "./state.js";

const MINORS = ["Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm"];
const METRES = ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8"];
const NEW = "new "; // before a genre: a phrase of it that is yet to be made
const MOST_STRENGTH = 3; // of a vector, on its slider
export const $ = (id) => document.getElementById(id);

/** Makes an element with properties and children; `data` and `aria` become attributes. */
export function make(name, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(data)) element.dataset[key] = value;
  for (const [key, value] of Object.entries(aria)) element.setAttribute(`aria-${key}`, value);
  element.append(...children);
  if (name === "button" && !element.title && !/\w\w/.test(element.textContent)) element.title = aria.label ?? ""; // a sign alone says little
  return element;
}

const option = (value, text = value) => make("option", { value, textContent: text });

function setValue(input, value) {
  if (document.activeElement !== input || input.type === "range") input.value = value ?? "";
}

export class Controls {
  /** `onChange(patch, isFinal)` tells a change of the state, `onNew(genre)` asks for a new phrase to start from; `nameOf(word)` spells a genre or a file. */
  constructor(model, { onChange, onNew, nameOf, files }) {
    Object.assign(this, { model, onChange, nameOf, files });
    const { limits } = model;
    $("bars").max = limits.bars;
    [$("tempo").min, $("tempo").max] = limits.tempo;
    $("temperature").max = limits.temperature;
    $("key").append(option("", "auto"), this.#group("Major", KEYS), this.#group("Minor", MINORS));
    $("method").append(option("", `auto (${model.methods[0]})`), ...model.methods.map((name) => option(name)));
    $("file-metre").append(option("", "as found"), ...METRES.map((name) => option(name)));
    this.#bindNumber("bars", 1, limits.bars, Math.round);
    this.#bindNumber("tempo", ...limits.tempo, (value) => value);
    this.#bindNumber("seed", 0, 2 ** 31 - 1, Math.round, 0);
    for (const name of ["key", "method", "ramp"]) $(name).addEventListener("change", () => onChange({ [name]: $(name).value }, true));
    for (const [event, isFinal] of [["input", false], ["change", true]]) {
      for (const name of ["temperature", "reach"]) $(name).addEventListener(event, () => onChange({ [name]: Number($(name).value) }, isFinal));
    }
    $("metre").addEventListener("change", () => onChange({ choices: { ...NO_CHOICES, metre: $("metre").value } }, true));
    $("start").addEventListener("change", () => {
      const start = $("start").value;
      if (start.startsWith(NEW)) {
        $("start").value = this.state.start; // until it is there
        return onNew(start.slice(NEW.length));
      }
      const bars = isFile(start) ? null : this.state.bars ?? limits.default_bars;
      onChange({ start, bars, choices: NO_CHOICES, together: [] }, true);
    });
    for (const name of ["metre", "beats"]) {
      const input = $(`file-${name}`);
      input.addEventListener("change", () => onChange({ choices: { ...this.state.choices, [name]: input.value } }, true));
    }
    $("file-pickup").addEventListener("change", () => {
      const pickup = $("file-pickup").value === "" ? null : Math.max(Number($("file-pickup").value), 0);
      onChange({ choices: { ...this.state.choices, pickup } }, true);
    });
    $("only-roles").addEventListener("change", () => onChange({ onlyRoles: $("only-roles").checked }, true));
    $("keep-tempo").addEventListener("change", () => onChange({ keepTempo: $("keep-tempo").checked }, true));
    this.amounts = new Amounts($("amounts"), onChange);
    const names = model.vectors.map((vector) => vector.name);
    this.vectors = new Map(names.map((name) => [name, this.#slider($("vectors"), name)]));
    $("vectors-fold").hidden = !names.length;
  }

  /** Shows a state everywhere. */
  show(state) {
    this.state = state;
    setValue($("bars"), state.bars);
    $("bars").placeholder = isFile(state.start) ? "all" : String(this.model.limits.default_bars);
    setValue($("tempo"), state.tempo);
    setValue($("seed"), state.seed);
    for (const name of ["key", "method", "ramp"]) $(name).value = state[name];
    const temperature = state.temperature ?? this.model.limits.default_temperature;
    setValue($("temperature"), temperature);
    $("temperature-out").value = temperature.toFixed(2);
    $("only-roles").checked = state.onlyRoles;
    $("keep-tempo").checked = $("tempo").disabled = state.keepTempo;
    setValue($("reach"), state.reach);
    $("reach-out").value = `× ${state.reach.toFixed(2)}`;
    this.amounts.show(state);
    for (const [name, show] of this.vectors) show(state.vectors[name]);
    this.#showStarts();
    this.#showMetres();
  }

  /** Shows the metres that the genre which the state starts from has phrases in; a file has its own field. */
  #showMetres() {
    const { start, choices } = this.state;
    $("metre-field").hidden = isFile(start);
    if (start !== this.metresOf) {
      const metres = this.model.genres.find((genre) => genre.name === start)?.metres ?? [];
      $("metre").replaceChildren(option("", "any"), ...metres.map((name) => option(name)));
      this.metresOf = start;
    }
    $("metre").value = choices.metre;
  }

  /** Shows the tracks of the file that the state starts from, if it does. */
  showTracks(read) {
    $("tracks-fold").hidden = !read;
    if (!read) return;
    const { choices } = this.state;
    const { length } = this.state.together;
    $("tracks-name").textContent = length ? `${read.name} and ${length} more` : read.name;
    const metres = Object.entries(read.metres).map(([metre, count]) => `${count} of ${metre}`);
    const told = [`${read.bars} bars (${metres.slice(0, 3).join(", ")})`, `key ${read.key}`, ...read.guesses];
    $("tracks-read").textContent = `${told.join("; ")}.`;
    $("file-metre").value = choices.metre;
    $("file-beats").value = choices.beats;
    setValue($("file-pickup"), choices.pickup);
    $("tracks").tBodies[0].replaceChildren(...read.tracks.map((track) => this.#trackRow(track, choices)));
  }

  #trackRow(track, choices) {
    const number = String(track.number);
    const name = track.name || `Track ${number}`;
    const [most] = Object.entries(track.roles).sort((one, other) => other[1] - one[1]);
    const found = Object.keys(track.roles).length > 1 ? Object.keys(track.roles).join(", ") : most?.[0] ?? "nothing";
    const isChosen = Boolean(choices.roles[number]);
    const select = make("select", { aria: { label: `${name} plays` } }, option("", isChosen ? "as found" : `as found: ${found}`), ...ROLES.map((role) => option(role)), option("-", "left out"));
    select.value = choices.roles[number] ?? "";
    select.addEventListener("change", () => {
      const roles = { ...this.state.choices.roles, [number]: select.value };
      if (!select.value) delete roles[number];
      this.onChange({ choices: { ...this.state.choices, roles } }, true);
    });
    return make("tr", {}, make("td", { className: "name", textContent: name }), make("td", { textContent: track.notes }), make("td", {}, select));
  }

  #showStarts() {
    const groups = [this.#group("A phrase of", this.model.genres.filter((genre) => genre.phrases).map((genre) => genre.name))];
    if (this.model.sampled.length) groups.push(make("optgroup", { label: "A new phrase of" }, ...this.model.sampled.map((name) => option(NEW + name, `${name}, new`))));
    const files = [...this.files.keys()].filter(isFile);
    if (files.length) groups.push(this.#group("Your files", files));
    const shown = files.join();
    if (shown !== this.shown || !$("start").length) $("start").replaceChildren(...groups);
    this.shown = shown;
    $("start").value = this.state.start;
  }

  #group(label, words) {
    return make("optgroup", { label }, ...words.map((word) => option(word, this.nameOf?.(word) ?? word)));
  }

  #bindNumber(name, low, high, round, otherwise = null) {
    $(name).addEventListener("change", () => {
      const text = $(name).value.trim(), number = Number(text);
      const value = text === "" || !Number.isFinite(number) ? otherwise : round(Math.min(Math.max(number, low), high));
      $(name).value = value ?? "";
      this.onChange({ [name]: value }, true);
    });
  }

  /** Adds the slider of a vector with a button that takes it back; answers a function that shows a value. */
  #slider(parent, name) {
    const id = `vectors-${name}`;
    const input = make("input", { id, type: "range", min: -MOST_STRENGTH, max: MOST_STRENGTH, step: 0.05 });
    const output = make("output", { htmlFor: id });
    const reset = make("button", { type: "button", textContent: "↺", aria: { label: `${name}: back to 0` } });
    parent.append(make("div", { className: "slider" }, make("label", { htmlFor: id, textContent: name.replaceAll("_", " ") }), input, output, reset));
    for (const [event, isFinal] of [["input", false], ["change", true]]) {
      input.addEventListener(event, () => this.onChange({ vectors: { ...this.state.vectors, [name]: Number(input.value) } }, isFinal));
    }
    reset.addEventListener("click", () => {
      const { [name]: _, ...vectors } = this.state.vectors;
      this.onChange({ vectors }, true);
    });
    input.title = this.model.vectors.find((vector) => vector.name === name)?.about ?? "";
    return (value) => {
      reset.disabled = value === undefined;
      setValue(input, value ?? 0);
      output.value = (value ?? 0).toFixed(2);
    };
  }
}

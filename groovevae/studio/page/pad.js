/** The pad: the start in the middle, genres around it, and a point that is dragged, or moved by keys. */

import { cornerPlaces, sharesOf } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.04, FAR = 0.16; // of the radius, for a key
const WIDE = 1.36; // half of the picture, in radii
const FEW = { letter: 0.062, longest: 14 }, MANY = { letter: 0.053, longest: 12 }; // how wide a letter is, and how many a name may have
const CROWD = 12; // corners: of more than that, names are smaller
const HALF = "0.3em"; // from a text's middle to its baseline: in letters this small, Firefox puts `dominant-baseline` elsewhere
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** A corner's name beside it: above or below where it lies at a side, else away from the middle; never outside the picture. */
function labelAt({ x, y }, name, { letter, longest }) {
  const text = name.length > longest ? `${name.slice(0, longest - 1)}…` : name;
  const wide = text.length * letter;
  const isAtSide = Math.abs(y) < 0.6;
  const out = isAtSide || Math.abs(x) < 0.2 ? 0 : Math.sign(x) * (wide / 2 - 0.06); // names at the top and the bottom begin, or end, at their corners
  const most = WIDE - wide / 2;
  const label = shape("text", {
    dy: HALF,
    x: Math.min(Math.max(x * (isAtSide ? 1.15 : 1.1) + out, -most), most),
    y: isAtSide ? y + (y > 0.01 ? 0.14 : -0.14) : y * 1.16,
  });
  label.textContent = text;
  return label;
}

export class Pad {
  /** Calls `onMove(x, y)` while the point moves, and `onLetGo()` when it stays. */
  constructor(element, { onMove, onLetGo }) {
    Object.assign(this, { element, onMove, onLetGo, isDragging: false });
    this.svg = shape("svg", { viewBox: "-1.36 -1.26 2.72 2.52", "aria-hidden": "true" });
    element.append(this.svg);
    element.addEventListener("pointerdown", (event) => this.#begin(event));
    element.addEventListener("pointermove", (event) => this.isDragging && this.#drag(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => this.#end());
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("keyup", (event) => (event.key in ARROWS || event.key === "Home") && this.#settle());
    element.addEventListener("blur", () => this.#settle());
  }

  /** Draws corners under these names. */
  layOut(state, nameOf) {
    const places = cornerPlaces(state.corners.length);
    this.ties = places.map((place) => shape("line", { class: "tie", x1: place.x, y1: place.y }));
    this.dots = places.map((place) => shape("circle", { class: "corner", cx: place.x, cy: place.y, r: 0.05 }));
    const isMany = places.length > CROWD;
    this.svg.classList.toggle("many", isMany);
    const labels = state.corners.map((word, index) => labelAt(places[index], nameOf(word), isMany ? MANY : FEW));
    this.point = shape("circle", { class: "point", r: 0.085 });
    const start = shape("text", { class: "of-start", y: 0.115, dy: HALF });
    start.textContent = nameOf(state.start).slice(0, 18);
    this.svg.replaceChildren(
      shape("circle", { class: "disc", r: 1 }), ...[0.33, 0.66].map((r) => shape("circle", { class: "ring", r })),
      ...this.ties, ...this.dots, shape("circle", { class: "origin", r: 0.035 }), start, ...labels, this.point,
    );
    this.show(state);
  }

  /** Moves the point to where the state has it. */
  show(state) {
    this.at = { x: state.x, y: state.y };
    this.point.setAttribute("cx", state.x);
    this.point.setAttribute("cy", state.y);
    sharesOf(state).corners.forEach((share, index) => {
      const tie = this.ties[index];
      tie.setAttribute("x2", state.x);
      tie.setAttribute("y2", state.y);
      tie.setAttribute("stroke-width", (0.045 * share).toFixed(4));
      tie.setAttribute("stroke-opacity", share ? (0.25 + 0.6 * share).toFixed(3) : 0);
      this.dots[index].classList.toggle("on", share > 0);
      this.dots[index].setAttribute("r", (0.042 + 0.05 * share).toFixed(4));
    });
  }

  #begin(event) {
    if (event.button) return;
    this.isDragging = true;
    this.element.setPointerCapture(event.pointerId);
    this.element.classList.add("dragging");
    this.#drag(event);
  }

  #drag(event) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    this.#move(place.x, place.y);
  }

  #end() {
    if (!this.isDragging) return;
    this.isDragging = false;
    this.element.classList.remove("dragging");
    this.onLetGo();
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Home") this.#move(0, 0);
    else if (event.key in ARROWS) {
      const [right, down] = ARROWS[event.key];
      const by = event.shiftKey ? FAR : STEP;
      this.#move(this.at.x + right * by, this.at.y + down * by);
    } else return;
    event.preventDefault();
    this.isKeyed = true;
  }

  #settle() {
    if (!this.isKeyed) return;
    this.isKeyed = false;
    this.onLetGo();
  }

  #move(x, y) {
    const radius = Math.max(Math.hypot(x, y), 1);
    this.onMove(Math.round((x / radius) * 1e4) / 1e4, Math.round((y / radius) * 1e4) / 1e4);
  }
}

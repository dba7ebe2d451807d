/** The piano roll: notes coloured by role with bar lines, the other take's notes faintly behind, drums by voice. */

import { Clock } from "./clock.js";
import { KEYS } from "./state.js";

const LEAST_BAR = 40; // pixels: narrower bars scroll; eight fit on a phone
const LANES = [7, 8, 3, 2, 6, 5, 4, 1, 0]; // drum voices from the top: crash, ride, hats, toms, snare, kick
const LANE = 11, GAP = 10; // pixels
const UNHEARD = 0.25; // how visible the notes are of what is muted

export class Roll {
  /** `onSeek(seconds)` is called for a click; `isHeard(role)` tells which notes are to stand out, `voices` are those of the drums. */
  constructor({ canvas, inner, box, head, voices, isHeard, onSeek }) {
    Object.assign(this, { canvas, inner, box, head, voices, isHeard, piece: null, other: null });
    canvas.addEventListener("pointermove", (event) => {
      const name = this.#nameAt(event.clientY - canvas.getBoundingClientRect().top);
      if (name !== canvas.title) canvas.title = name;
    });
    canvas.addEventListener("click", (event) => {
      if (!this.piece) return;
      const share = (event.clientX - canvas.getBoundingClientRect().left) / canvas.clientWidth;
      onSeek(this.clock.secondsAt(share * this.piece.quarters));
    });
    new ResizeObserver(() => this.draw()).observe(box);
  }

  show(piece, other) {
    Object.assign(this, { piece, other, clock: new Clock(piece) });
    this.canvas.setAttribute("aria-label", this.#inWords());
    this.draw();
  }

  /** Puts the play head at a time, or takes it away. */
  point(seconds) {
    this.head.hidden = seconds === null || !this.piece;
    if (this.head.hidden) return;
    const x = (this.clock.quarterAt(seconds) / this.piece.quarters) * this.canvas.clientWidth;
    this.head.style.transform = `translateX(${x.toFixed(1)}px)`;
    const isOut = x < this.box.scrollLeft || x > this.box.scrollLeft + this.box.clientWidth - 20;
    if (isOut && this.canvas.clientWidth > this.box.clientWidth + 1) this.box.scrollLeft = Math.max(x - 40, 0);
  }

  draw() {
    if (!this.piece) return;
    const { canvas, inner, box, piece } = this;
    const wide = Math.max(box.clientWidth, Math.min(this.clock.bars.length * LEAST_BAR, 12000));
    inner.style.width = `${wide}px`;
    const high = box.clientHeight;
    const scale = Math.min(devicePixelRatio || 1, 16000 / wide);
    canvas.width = Math.round(wide * scale);
    canvas.height = Math.round(high * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const frame = (this.frame = this.#frame(wide, high));
    this.#drawGround(pen, frame, piece);
    if (this.other && this.other.id !== piece.id) this.#drawNotes(pen, frame, this.other, true);
    this.#drawNotes(pen, frame, piece, false);
  }

  /** How notes become places: x by quarter notes, y by pitch; drums have lanes of their own below. */
  #frame(wide, high) {
    const pieces = [this.piece, this.other].filter(Boolean);
    const rows = (piece) => Object.values(piece.roles).flat();
    const pitches = pieces.flatMap(rows).filter((row) => row[4] < 0).map((row) => row[2]);
    const voices = new Set(pieces.flatMap(rows).map((row) => row[4]).filter((voice) => voice >= 0));
    const lanes = LANES.filter((voice) => voices.has(voice));
    const drums = lanes.length ? lanes.length * LANE + GAP : 0;
    const middle = pitches.length ? (Math.min(...pitches) + Math.max(...pitches)) / 2 : 60;
    const low = Math.floor(Math.min(...pitches, middle - 12)) - 2, top = Math.ceil(Math.max(...pitches, middle + 12)) + 2;
    const step = (high - drums) / (top - low + 1);
    return {
      wide, high, lanes, step, low, top, drumsTop: high - drums + GAP / 2, pitchedHigh: high - drums,
      x: (quarter) => (quarter / this.piece.quarters) * wide,
      y: (pitch) => (top - pitch) * step,
    };
  }

  #drawGround(pen, frame, piece) {
    pen.fillStyle = this.colour("roll");
    pen.fillRect(0, 0, frame.wide, frame.high);
    pen.fillStyle = this.colour("lane");
    for (let pitch = frame.low; pitch <= frame.top; pitch += 1) {
      if ([1, 3, 6, 8, 10].includes(pitch % 12)) pen.fillRect(0, frame.y(pitch), frame.wide, frame.step);
    }
    frame.lanes.forEach((_, index) => index % 2 || pen.fillRect(0, frame.drumsTop + index * LANE, frame.wide, LANE));
    pen.fillStyle = this.colour("beat");
    for (let quarter = 0; quarter < piece.quarters; quarter += 1) pen.fillRect(frame.x(quarter), 0, 1, frame.high);
    pen.fillStyle = this.colour("bar");
    pen.font = "11px system-ui, sans-serif";
    const every = Math.ceil(28 / (frame.wide / this.clock.bars.length));
    this.clock.bars.forEach((quarter, index) => {
      pen.fillStyle = this.colour("bar");
      pen.fillRect(frame.x(quarter), 0, 1, frame.high);
      if (index % every) return;
      pen.fillStyle = this.colour("quiet");
      pen.fillText(String(index + 1), frame.x(quarter) + 4, 12);
    });
    if (frame.lanes.length) {
      pen.fillStyle = this.colour("line");
      pen.fillRect(0, frame.pitchedHigh, frame.wide, 1);
    }
  }

  #drawNotes(pen, frame, piece, isFaint) {
    for (const role of ["other", "chords", "bass", "lead", "drums"]) {
      pen.fillStyle = pen.strokeStyle = this.colour(role);
      for (const [onset, length, pitch, velocity, voice] of piece.roles[role] ?? []) {
        pen.globalAlpha = (isFaint ? 0.28 : 0.6 + (0.4 * velocity) / 127) * (this.isHeard(role) ? 1 : UNHEARD);
        const x = frame.x(onset);
        if (role === "drums" || voice >= 0) {
          const lane = frame.lanes.indexOf(voice);
          if (lane < 0) continue;
          const size = 2.5 + (2.5 * velocity) / 127;
          const y = frame.drumsTop + lane * LANE + LANE / 2;
          pen.beginPath();
          pen.arc(x + 4, y, isFaint ? size + 1 : size, 0, 2 * Math.PI);
          isFaint ? pen.stroke() : pen.fill();
          continue;
        }
        const wide = Math.max(frame.x(onset + length) - x - 1, 2), high = Math.max(frame.step - 1, 2.5);
        if (isFaint) pen.strokeRect(x + 0.5, frame.y(pitch) + 0.5, wide, high);
        else {
          pen.beginPath();
          pen.roundRect(x, frame.y(pitch), wide, high, Math.min(2.5, high / 2));
          pen.fill();
        }
      }
    }
    pen.globalAlpha = 1;
  }

  /** The pitch, or the drum, that lies so many pixels below the top. */
  #nameAt(y) {
    const { frame } = this;
    if (!frame) return "";
    if (y >= frame.pitchedHigh) return this.voices[frame.lanes[Math.floor((y - frame.drumsTop) / LANE)]] ?? "";
    const pitch = frame.top - Math.floor(y / frame.step);
    return `${KEYS[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
  }

  #inWords() {
    const counts = Object.entries(this.piece.roles).map(([role, rows]) => `${role} ${rows.length} notes`);
    return `Piano roll of ${this.clock.bars.length} bars: ${counts.join(", ") || "no notes"}`;
  }
}

/** The studio's page: what the user does becomes a state, a state a request, and its answer is shown and played. */

import { getModel, keepPiece, makePhrase, makePiece, pieceAsFile } from "./api.js";
import { bindAway, offer } from "./away.js";
import { $, Controls, make } from "./controls.js";
import { Corners } from "./corners.js";
import { Files } from "./files.js";
import { History } from "./history.js";
import { bindKeys } from "./keys.js";
import { Maker } from "./maker.js";
import { isWaiting, note, say, waitForStudio, warn } from "./messages.js";
import { MidiOut } from "./midi.js";
import { Mixer } from "./mixer.js";
import { Pad } from "./pad.js";
import { Roll } from "./roll.js";
import { showShares } from "./shares.js";
import { Player } from "./sound.js";
import { firstState, fromHash, inWords, isFile, isFolder, NO_CHOICES, storage, toHash, toRequest, toStartRequest } from "./state.js";
import { Succession } from "./succession.js";

const MOST_BARS_OF_A_FILE = 32, FIRST_BARS_OF_A_FILE = 16;
const SILENT = "Nothing sounds in this take. Move the point, roll the dice for another seed, or raise the temperature.";

class Studio {
  constructor(model) {
    this.model = model;
    this.player = new Player();
    Object.assign(this.player.mixer, storage.get("mixer", {}));
    this.maker = new Maker({ onAsk: (isFinal) => this.succession.ask(isFinal), onMade: (...made) => this.#made(...made), onError: (error) => this.fail(error) });
    this.files = new Files(model, { onAdd: (reads, isCorner) => this.#useFiles(reads, isCorner), onError: (error) => this.fail(error) });
    const nameOf = (word) => this.files.name(word);
    this.controls = new Controls(model, { onChange: (patch, isFinal) => this.change(patch, isFinal), onNew: (genre) => this.#startFromNew(genre), nameOf, files: this.files.reads });
    this.corners = new Corners(model, { onChange: (corners) => this.change({ corners }, true), nameOf, files: this.files.reads });
    this.pad = new Pad($("pad"), { onMove: (x, y) => this.change({ x, y }, false), onLetGo: () => this.change({}, true) });
    this.roll = new Roll({ canvas: $("roll"), inner: $("roll-inner"), box: $("roll-box"), head: $("head"), voices: model.voices, isHeard: (role) => this.player.isHeard(role), onSeek: (seconds) => this.#seek(seconds) });
    this.mixer = new Mixer($("mixer"), this.player, { onMix: () => (this.#mixed(), this.roll.draw()), onKeep: (role) => this.#keepRole(role) });
    this.history = new History({ onGo: (take) => this.#go(take.state), onKeep: (take) => this.#keepTake(take), onCompare: (take) => this.#compare(take) });
    this.succession = new Succession(this.player, { isWanted: (piece) => piece === this.piece, onChange: () => this.#hear(false) });
    this.midi = new MidiOut(this.player, { onError: (error) => this.fail(error) });
    this.piece = this.other = null;
    this.isOther = false; // whether the other is heard
    this.seekTo = 0; // seconds
    this.#bind();
  }

  async open() {
    this.state = fromHash(location.hash, this.model) ?? firstState(this.model);
    $("model").textContent = `${this.model.genres.length} genres, ${this.model.model}`;
    this.mixer.show(null, this.state);
    this.history.show();
    await this.#go(this.state);
    this.#frame();
  }

  /** Changes the state; what is not final is only previewed. */
  async change(patch, isFinal) {
    this.state = { ...this.state, ...patch };
    if (isFinal) performance.mark("letting-go");
    this.show("start" in patch || "corners" in patch);
    if ("choices" in patch) this.#readStart();
    await this.maker.make(toRequest(this.state), isFinal);
  }

  /** Shows the state; `isLaidOut`: with other corners or another start. */
  show(isLaidOut = false) {
    const { state } = this;
    if (isLaidOut) {
      this.pad.layOut(state, (word) => this.files.name(word));
      this.corners.show(state);
    } else this.pad.show(state);
    showShares(state, (word) => this.files.name(word), isLaidOut);
    this.controls.show(state);
    if (isLaidOut) this.controls.showTracks(this.files.reads.get(state.start));
    this.mixer.show(this.piece, state);
  }

  async #made(piece, isFinal, signal, soon) {
    this.piece = piece;
    const heard = isFinal && this.succession.goOn(piece, signal, soon); // on its way while the notes are drawn
    this.roll.show(piece, this.other);
    this.mixer.show(piece, this.state);
    const bars = piece.bars.length, metres = [...new Set(piece.bars.map((bar) => bar.metre))];
    $("facts").textContent = `${bars} ${bars === 1 ? "bar" : "bars"} of ${metres.slice(0, 2).join(", ")} · ${piece.key} · ${Math.round(piece.tempos[0].tempo)} bpm`;
    $("description").textContent = $("description").title = piece.description;
    if (!isFinal) return this.maker.next || this.succession.prepare(piece, [this.other]);
    performance.measure("new-notes", "letting-go");
    offer(piece);
    this.history.add(piece, this.state, inWords(this.state, (word) => this.files.name(word)));
    history.replaceState(null, "", `#${toHash(this.state)}`);
    say(piece.is_silent ? "" : `New take: ${piece.description}`);
    if (piece.is_silent || !isWaiting()) warn([this.hint, piece.is_silent && SILENT].filter(Boolean).join(" "), !piece.is_silent);
    this.hint = null;
    await heard;
    await this.#findOther(signal);
  }

  /** Finds what the take is compared with: the start as it is, or a take that was chosen. */
  async #findOther(signal) {
    const take = this.history.takes.find((one) => one.id === this.history.compared);
    const request = take ? toRequest(take.state) : toStartRequest(this.state);
    $("ab-what").textContent = take ? `take ${take.number}` : "start";
    const key = JSON.stringify(request);
    if (key !== this.otherKey) {
      this.other = await makePiece(request, signal);
      this.otherKey = key;
      this.roll.show(this.piece, this.other);
    }
    await this.player.load(this.other);
  }

  fail(error) {
    if (error.name === "AbortError") return; // something newer is wanted
    warn(error.message);
    if (error.status === 0) waitForStudio(() => this.#go(this.state));
  }

  async play() {
    try {
      await this.player.wake();
    } catch (error) {
      return this.fail(error);
    }
    if (this.player.isPlaying) this.player.stop();
    else if (this.piece) await this.#start();
    const { isPlaying } = this.player;
    $("play").setAttribute("aria-pressed", isPlaying);
    $("play").querySelector("span").textContent = isPlaying ? "Stop" : "Play";
  }

  async #start() {
    note("rendering…");
    try {
      this.player.start(await this.player.load(this.isOther ? this.other : this.piece), this.seekTo);
      if (this.other) this.player.load(this.other).catch(() => {}); // as above
    } catch (error) {
      this.fail(error);
    }
    note("");
  }

  /** Changes between the take and what it is compared with. */
  async toggleOther() {
    if (!this.other) return;
    this.#hear(!this.isOther);
    if (!this.player.isPlaying) return;
    try {
      this.player.change(await this.player.load(this.isOther ? this.other : this.piece), { isNow: true });
    } catch (error) {
      this.fail(error);
    }
  }

  #hear(isOther) {
    this.isOther = isOther;
    $("ab").setAttribute("aria-pressed", isOther);
  }

  #seek(seconds) {
    this.seekTo = seconds;
    if (this.player.isPlaying) this.player.seek(seconds);
  }

  #mixed() {
    this.player.mix();
    storage.set("mixer", this.player.mixer);
  }

  #keepRole(role) {
    const { keep } = this.state;
    this.change({ keep: keep.includes(role) ? keep.filter((one) => one !== role) : [...keep, role] }, true);
  }

  async #keepTake(take) {
    take.isKept = !take.isKept;
    this.history.save();
    if (!take.isKept || !this.model.keeps) return;
    try {
      const { name } = await keepPiece((await makePiece(toRequest(take.state))).id);
      say(`${name} is in the folder.`);
      note("written to the folder", true);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Goes to a state as a whole: of an earlier take, of a link, or after the studio was gone. */
  async #go(state) {
    this.state = structuredClone(state);
    this.hint = (await this.files.readAll(this.state, firstState(this.model)).catch((error) => this.fail(error))) || this.hint;
    this.show(true);
    performance.mark("letting-go");
    await this.maker.make(toRequest(this.state), true);
  }

  async #compare(take) {
    try {
      await this.#findOther();
      say(take ? `Compared with take ${take.number}` : "Compared with the start");
    } catch (error) {
      this.fail(error);
    }
  }

  #useFiles([read, ...others], isCorner) {
    if (isFolder(read.id)) this.hint = `${read.line}.`;
    if (isCorner) return this.change({ corners: [...new Set([...this.state.corners, read.id])] }, true);
    const bars = read.bars > MOST_BARS_OF_A_FILE ? FIRST_BARS_OF_A_FILE : null;
    if (bars) this.hint = `${read.name} has ${read.bars} bars; the first ${bars} that sound are taken. Set Bars for more.`;
    $("tracks-fold").open = true;
    return this.change({ start: read.id, together: others.map((one) => one.id), bars, choices: NO_CHOICES }, true);
  }

  async #readStart() {
    if (!isFile(this.state.start)) return;
    try {
      this.controls.showTracks(await this.files.read(this.state.start, this.state.choices, this.state.together));
    } catch (error) {
      this.fail(error);
    }
  }

  async #startFromNew(genre) {
    const { bars, key, tempo } = this.state, seed = Math.floor(Math.random() * 10000);
    note("drawing…");
    try {
      const read = await makePhrase({ genre, bars, key: key || null, tempo, seed });
      this.files.know(read);
      await this.change({ start: read.id, together: [], bars: null, choices: NO_CHOICES }, true);
    } catch (error) {
      this.fail(error);
    } finally {
      note("");
    }
  }

  async #startFromTake() {
    if (!this.piece) return;
    try {
      const read = await pieceAsFile(this.piece.id);
      this.files.know(read);
      await this.change({ start: read.id, together: [], bars: null, x: 0, y: 0, choices: NO_CHOICES, reach: 1, own: {}, keep: [], vectors: {}, key: "", tempo: null }, true);
    } catch (error) {
      this.fail(error);
    }
  }

  #frame() {
    const place = this.player.place();
    if (place && this.piece) {
      const quarter = place.deck.clock.quarterAt(place.seconds) % this.piece.quarters;
      this.roll.point(this.roll.clock.secondsAt(quarter));
    } else this.roll.point(this.seekTo || null);
    requestAnimationFrame(() => this.#frame());
  }

  #toggleClick() {
    this.player.hasClick = !this.player.hasClick;
    $("click").setAttribute("aria-pressed", this.player.hasClick);
  }

  #changeTheme() {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === "light" ? "dark" : "light";
    storage.set("theme", dataset.theme);
    this.roll.draw();
  }

  #bind() {
    const rollDice = () => this.change({ seed: Math.floor(Math.random() * 10000) }, true);
    const keep = () => this.history.current && this.#keepTake(this.history.current);
    const work = {
      play: () => this.play(), ab: () => this.toggleOther(), click: () => this.#toggleClick(), dice: rollDice, keep,
      theme: () => this.#changeTheme(), "from-take": () => this.#startFromTake(),
      "alert-close": () => warn(""), "help-open": () => $("help").showModal(),
    };
    for (const [id, action] of Object.entries(work)) $(id).addEventListener("click", action);
    bindKeys({
      " ": work.play, b: work.ab, d: rollDice, k: keep, m: work.click,
      step: (by) => this.history.step(by), role: (what, role) => this.mixer.toggle(what, role),
    });
    bindAway();
    addEventListener("hashchange", () => {
      const state = fromHash(location.hash, this.model);
      if (state && toHash(state) !== toHash(this.state)) this.#go(state);
    });
  }
}

try {
  const studio = new Studio(await getModel());
  window.studio = studio; // for the console, and for tests that read the analyser
  await studio.open();
  document.documentElement.dataset.ready = "true";
} catch (error) {
  warn(error.message);
  throw error;
}

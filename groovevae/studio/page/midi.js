/** Sends what plays to a MIDI port, with clock, where the browser has Web MIDI: notes are handed over a moment ahead. */

import { $, make } from "./controls.js";
import { say } from "./messages.js";
import { storage } from "./state.js";

const AHEAD = 0.12; // seconds that are handed over at once
const FOLLOWS = 0.02; // share of the way, 40 times a second
const SHORTEST = 0.01; // seconds: of a note that began as its take ended
const CLOCKS = 24; // a quarter note
const CHANNELS = { lead: 0, chords: 1, bass: 2, other: 3, drums: 9 };
const NOTE_OFF = 0x80, NOTE_ON = 0x90, CONTROLLER = 0xb0, POSITION = 0xf2, CLOCK = 0xf8, START = 0xfa, CONTINUE = 0xfb, STOP = 0xfc;
const ALL_NOTES_OFF = 123;

export class MidiOut {
  /** `onError(error)` tells what the user must know. */
  constructor(player, { onError }) {
    Object.assign(this, { player, onError, access: null, port: null, sounding: [], clockedTo: null, sentTo: new WeakMap() });
    const isThere = "requestMIDIAccess" in navigator;
    $("midi-port").disabled = $("midi-clock").disabled = !isThere;
    if (!isThere) $("midi-hint").textContent = "This browser has no Web MIDI: take Chromium, Edge, Chrome or Firefox, at 127.0.0.1 or localhost.";
    else $("midi-fold").addEventListener("toggle", () => $("midi-fold").open && this.#open());
    $("midi-clock").checked = storage.get("midi-clock", true);
    $("midi-clock").addEventListener("change", () => storage.set("midi-clock", $("midi-clock").checked));
    $("midi-port").addEventListener("change", () => this.#choose($("midi-port").value));
    addEventListener("pagehide", () => this.#silence());
  }

  /** Asks for the ports; the browser asks the user. */
  async #open() {
    if (this.access) return;
    try {
      this.access = await navigator.requestMIDIAccess();
    } catch (error) {
      this.onError(new Error(`The browser gives no access to MIDI (${error.message || error.name}); allow it in the site's settings.`));
      return;
    }
    this.access.onstatechange = () => this.#showPorts();
    this.#showPorts();
  }

  #showPorts() {
    const ports = [...this.access.outputs.values()].filter((port) => port.state !== "disconnected");
    $("midi-port").replaceChildren(make("option", { value: "", textContent: "off" }), ...ports.map((port) => make("option", { value: port.id, textContent: port.name })));
    $("midi-hint").textContent = ports.length ? "Lead 1, chords 2, bass 3, other tracks 4, drums 10." : "There is no MIDI port: start the instrument, or make a virtual port in your system.";
    if (this.port && !ports.includes(this.port)) {
      say(`${this.port.name} is gone.`);
      this.port = null;
    }
    $("midi-port").value = this.port?.id ?? "";
  }

  #choose(id) {
    this.#silence();
    this.port = this.access.outputs.get(id) ?? null;
    if (!this.port || this.ticker) return;
    this.ticker = new Worker("/page/ticker.js");
    this.ticker.onmessage = () => this.tick();
  }

  /** Hands over what is to sound up to a moment from now, or ends what sounds once nothing plays. */
  tick() {
    if (!this.port) return;
    const { player } = this;
    if (!player.isPlaying) return this.#silence();
    if (this.run !== player.run) this.#silence(); // it was started anew, perhaps elsewhere
    this.run = player.run;
    this.#follow();
    const now = player.context.currentTime, to = now + AHEAD;
    this.clockedTo ??= this.#begin(player.voices[0]);
    for (const voice of player.voices) {
      const end = Math.min(to, voice.until), from = Math.max(this.sentTo.get(voice) ?? voice.at, now - AHEAD);
      this.#sendNotes(voice, from, end);
      this.sentTo.set(voice, Math.max(from, end));
      if (this.hasClock) this.#sendClocks(voice, Math.max(this.clockedTo, voice.at), end);
    }
    this.#sendEnds(to);
    this.clockedTo = to;
  }

  /** Tells whoever follows where it begins; answers when. */
  #begin({ deck, at, offset }) {
    this.hasClock = $("midi-clock").checked;
    if (!this.hasClock) return at;
    const sixteenths = Math.round(deck.clock.quarterAt(offset) * 4);
    if (sixteenths) this.#send([POSITION, sixteenths & 127, sixteenths >> 7], at);
    this.#send([sixteenths ? CONTINUE : START], at);
    return at;
  }

  #sendNotes(voice, begin, end) {
    for (const [role, rows] of Object.entries(voice.deck.piece.roles)) {
      if (!this.player.isHeard(role)) continue;
      for (const [onset, length, pitch, velocity] of rows) {
        for (const at of times(voice, onset, begin, end)) {
          this.#send([NOTE_ON | CHANNELS[role], pitch, velocity], at);
          const { clock } = voice.deck;
          this.sounding.push({ voice, role, pitch, at, until: at + clock.secondsAt(onset + length) - clock.secondsAt(onset) });
        }
      }
    }
  }

  /** Ends the notes that end by then, or whose take does: not where all of it follows a stretch of it. */
  #sendEnds(to) {
    this.sounding = this.sounding.filter(({ voice, role, pitch, at, until }) => {
      const end = Math.max(voice.goesOn ? until : Math.min(until, voice.until), at + SHORTEST);
      if (end <= to) this.#send([NOTE_OFF | CHANNELS[role], pitch, 0], end);
      return end > to;
    });
  }

  #sendClocks(voice, begin, end) {
    const count = Math.floor(voice.deck.clock.quarters * CLOCKS + 1e-6);
    for (let number = 0; number < count; number += 1) {
      for (const at of times(voice, number / CLOCKS, begin, end)) this.#send([CLOCK], at);
    }
  }

  /** Ends all notes, now and once what was handed over has begun, and the clock. */
  #silence() {
    if (this.clockedTo === null || !this.port) return;
    const { context } = this.player;
    this.port.clear?.();
    for (const at of [context.currentTime, this.clockedTo + SHORTEST]) {
      for (const { role, pitch } of this.sounding) this.#send([NOTE_OFF | CHANNELS[role], pitch, 0], at);
      for (const channel of Object.values(CHANNELS)) this.#send([CONTROLLER | channel, ALL_NOTES_OFF, 0], at);
    }
    if (this.hasClock) this.#send([STOP], context.currentTime);
    this.sounding = [];
    this.clockedTo = null;
  }

  /** Follows the clock of the sound device, which is read with a little jitter: MIDI is to come when sound is heard. */
  #follow() {
    const { context } = this.player;
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    const isKnown = contextTime > 0; // not in the first moments
    const skew = isKnown ? performanceTime - contextTime * 1000 : performance.now() - context.currentTime * 1000;
    this.skew = this.clockedTo === null ? skew : this.skew + FOLLOWS * (skew - this.skew);
  }

  /** Sends a message at a time of the sound device. */
  #send(bytes, at) {
    this.port.send(bytes, Math.max(this.skew + at * 1000, performance.now()));
  }
}

/** When a quarter note of a looping voice comes between two times. */
function times({ deck: { clock }, at, offset }, quarter, begin, end) {
  const seconds = clock.secondsAt(quarter);
  const [first, last] = [begin, end].map((time) => (offset + time - at - seconds) / clock.seconds);
  const turns = [];
  for (let turn = Math.ceil(first - 1e-9); turn < last - 1e-9; turn += 1) turns.push(at + seconds + turn * clock.seconds - offset);
  return turns;
}

/** Plays loops: each role is a sound of its own, so that muting and soloing is at once; takes change at bar lines. */

import { getLoop, getStretch } from "./api.js";
import { Clock } from "./clock.js";
import { buffersOf, left, RATE, reaches, stretchFor, stretchOf } from "./stretches.js";

const LEAD = 0.03; // seconds: nothing can be planned nearer than this
const FADE = 0.008; // seconds: without a click
const LOUDEST = 3.3; // gain of full volume: at the first volume, 0.8, most takes are near -18 LUFS
const REMEMBERED = 4; // takes whose sound stays decoded
const MOST_LINES = 4; // bar lines among the next ones at which a stretch may begin
const NEVER = 1e9; // seconds
const PATIENCE = 3000; // milliseconds that a sound device may take to open
const NO_SOUND = "The browser opens no sound device. Connect one, or choose one in your system, and press Play again.";
const AHEAD = 0.15, TICK = 40; // seconds, milliseconds: how the metronome plans

export class Player {
  constructor() {
    this.context = null; // of the sound device
    this.decoder = new OfflineAudioContext(2, 1, RATE); // loops are decoded before anybody has clicked
    this.voices = []; // {deck, at, offset, until, sources}: what plays, and what is to play, in order of time
    this.decks = new Map();
    this.mixer = { muted: {}, solo: {}, volume: 0.8 };
    this.hasClick = false;
    this.run = 0; // how often it was started
  }

  get isPlaying() {
    return this.voices.length > 0;
  }

  /** Opens the sound device; browsers allow it only after a click or a key. Throws where there is none. */
  async wake() {
    if (!this.context) {
      this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
      this.master = new GainNode(this.context);
      const limiter = new DynamicsCompressorNode(this.context, { threshold: -6, knee: 6, ratio: 12, attack: 0.003, release: 0.15 });
      this.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
      this.master.connect(limiter).connect(this.analyser).connect(this.context.destination);
      this.roles = new Map();
      this.mix();
      setInterval(() => this.#planClicks(), TICK);
    }
    if (this.context.state === "running") return;
    const late = new Promise((_, fail) => setTimeout(() => fail(new Error(NO_SOUND)), PATIENCE)); // without a device, Firefox never answers
    await Promise.race([this.context.resume(), late]);
  }

  /** Loads and decodes the loops of a piece; asked for again, it waits for the same ones. */
  load(piece) {
    if (!this.decks.has(piece.id)) {
      const controller = new AbortController();
      const entry = { controller, isLoaded: false };
      entry.deck = this.#load(piece, controller.signal).then(
        (deck) => ((entry.isLoaded = true), deck),
        (error) => {
          if (this.decks.get(piece.id) === entry) this.decks.delete(piece.id);
          throw error;
        },
      );
      this.decks.set(piece.id, entry);
      for (const id of [...this.decks.keys()].slice(0, -REMEMBERED)) this.decks.delete(id);
    }
    return this.decks.get(piece.id).deck;
  }

  /** Stops loading what nobody waits for any more: all but these pieces. */
  loadOnly(pieces) {
    const ids = pieces.map((piece) => piece?.id);
    for (const [id, entry] of this.decks) {
      if (entry.isLoaded || ids.includes(id)) continue;
      this.decks.delete(id);
      entry.controller.abort();
    }
  }

  /** Whether all of a piece is at hand. */
  isLoaded(piece) {
    return Boolean(this.decks.get(piece.id)?.isLoaded);
  }

  /** The stretch, of `least` seconds or more, with which a piece of the same bars would go on at the first bar line that is `wait` seconds away; null where nothing plays. */
  nextBars(wait, least) {
    const clock = this.place()?.deck.clock;
    return clock ? stretchFor(clock, this.#lineAfter(wait, clock).bar, least) : null;
  }

  /**
   * Loads the stretch of a piece with which it would go on as `nextBars` says; null where nothing plays, or it is short.
   * `soon`: the stretch that was asked for with it, which is taken where it can still be reached.
   */
  async loadSoon(piece, signal, { wait, least, soon = null }) {
    if (!this.isPlaying) return null;
    const clock = new Clock(piece);
    const asked = soon && stretchOf(clock, soon.bar % clock.bars.length, soon.count);
    const isThere = asked && this.#lineFor({ stretch: asked, clock });
    const stretch = isThere ? asked : stretchFor(clock, this.#lineAfter(wait, clock).bar, least);
    if (stretch.quarters > piece.quarters - 1e-3) return null;
    const samples = await getStretch(piece.id, stretch, signal);
    return { piece, stretch, clock, buffers: buffersOf(samples, Object.keys(piece.roles)) };
  }

  async #load(piece, signal) {
    const roles = Object.keys(piece.roles);
    const loops = await Promise.all(roles.map((role) => getLoop(piece.id, role, signal)));
    const buffers = await Promise.all(loops.map((loop) => this.decoder.decodeAudioData(loop)));
    return { piece, clock: new Clock(piece), buffers: new Map(roles.map((role, index) => [role, buffers[index]])) };
  }

  /** The first bar line of what sounds that is `least` seconds away: how long until it comes, and which bar of another piece begins there. */
  #lineAfter(least, clock) {
    const { deck, seconds } = this.place();
    const own = deck.clock, count = own.bars.length;
    const waitFor = (line) => Math.floor(line / count) * own.seconds + own.startOf(line % count) - seconds;
    let line = own.barAt(seconds) + 1;
    while (waitFor(line) < Math.max(least, LEAD)) line += 1;
    return { wait: waitFor(line), bar: (line % count) % clock.bars.length };
  }

  /** The next bar line at which a deck can go on; null where it is a stretch that is over. */
  #lineFor(deck) {
    let line = { wait: 0 };
    for (let number = 0; number < MOST_LINES; number += 1) {
      line = this.#lineAfter(line.wait + 1e-3, deck.clock);
      if (reaches(deck, deck.clock.startOf(line.bar))) return line;
    }
    return null;
  }

  /** Where the sounding take is, in seconds, and which it is. */
  place() {
    if (!this.context) return null;
    const now = this.context.currentTime;
    const voice = this.voices.findLast((one) => one.at <= now) ?? this.voices[0];
    if (!voice) return null;
    const { seconds } = voice.deck.clock;
    return { voice, deck: voice.deck, seconds: (voice.offset + Math.max(now - voice.at, 0)) % seconds };
  }

  start(deck, seconds = 0) {
    this.stop();
    this.run += 1;
    this.#plan(deck, this.context.currentTime + LEAD, seconds % deck.clock.seconds);
  }

  stop() {
    const now = this.context?.currentTime;
    for (const voice of this.voices) if (voice.until > now) this.#end(voice, now);
    this.voices = [];
  }

  /** Goes on with another deck at the next bar line, or now at the same place; with a stretch, where that begins or later. Answers whether it does. */
  change(deck, { isNow = false } = {}) {
    const place = this.place();
    if (!place) return false;
    const line = this.#lineFor(deck);
    if (!line) return false;
    const now = this.context.currentTime;
    this.voices.filter((voice) => voice.at > now).forEach((voice) => this.#end(voice, 0));
    this.voices = [place.voice];
    place.voice.until = NEVER;
    if (isNow) {
      const quarter = place.deck.clock.quarterAt(place.seconds + LEAD) % deck.clock.quarters;
      this.#plan(deck, now + LEAD, deck.clock.secondsAt(quarter));
    } else this.#plan(deck, now + line.wait, deck.clock.startOf(line.bar));
    return true;
  }

  /** Goes on with all of a piece where the stretch of it ends that plays, or is to. */
  complete(deck) {
    const voice = this.voices.at(-1);
    if (voice?.deck.piece !== deck.piece || !voice.deck.stretch) return;
    voice.goesOn = true;
    const at = Math.max(voice.at + left(voice.deck, voice.offset) - FADE, this.context.currentTime + LEAD);
    this.#plan(deck, at, (voice.offset + at - voice.at) % deck.clock.seconds);
  }

  /** Goes to a place of what plays. */
  seek(seconds) {
    const place = this.place();
    if (place) this.start(place.deck, seconds);
  }

  /** Whether a role is to be heard. */
  isHeard(role) {
    const { muted, solo } = this.mixer;
    return Object.values(solo).some(Boolean) ? Boolean(solo[role]) : !muted[role];
  }

  /** Sets the levels of the roles as `mixer` has them. */
  mix() {
    if (!this.context) return;
    const { volume } = this.mixer;
    this.master.gain.setTargetAtTime(volume ** 2 * LOUDEST, this.context.currentTime, 0.01);
    for (const [role, gain] of this.roles) {
      gain.gain.setTargetAtTime(this.isHeard(role) ? 1 : 0, this.context.currentTime, 0.004);
    }
  }

  /** How loud it is right now: the highest sample of the last 40 ms. */
  level() {
    if (!this.context) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  #role(role) {
    if (!this.roles.has(role)) {
      const gain = new GainNode(this.context);
      gain.connect(this.master);
      this.roles.set(role, gain);
      this.mix();
    }
    return this.roles.get(role);
  }

  #plan(deck, at, offset) {
    for (const voice of this.voices) if (voice.until > at) this.#end(voice, at);
    const begin = deck.stretch ? deck.stretch.seconds - left(deck, offset) : offset;
    const sources = [...deck.buffers].map(([role, buffer]) => {
      const source = new AudioBufferSourceNode(this.context, { buffer, loop: !deck.stretch });
      const fade = new GainNode(this.context, { gain: 0 });
      fade.gain.setValueAtTime(0, at);
      fade.gain.linearRampToValueAtTime(1, at + FADE);
      source.connect(fade).connect(this.#role(role));
      source.start(at, Math.min(begin, buffer.duration - 1e-4));
      return { source, fade };
    });
    const voice = { deck, at, offset, until: NEVER, sources };
    this.voices = [...this.voices, voice].slice(-3);
    this.clicked = at - 1e-3;
  }

  /** Ends a voice at a time; one that is to begin later is not heard at all. */
  #end(voice, at) {
    const now = this.context.currentTime;
    voice.until = at;
    for (const { source, fade } of voice.sources) {
      if (voice.at > at) source.disconnect();
      else {
        fade.gain.cancelScheduledValues(Math.max(voice.at + 1.5 * FADE, now)); // it may have been meant to end sooner
        fade.gain.setValueAtTime(1, at);
        fade.gain.linearRampToValueAtTime(0, at + FADE);
      }
      source.stop(Math.max(at + FADE, now));
    }
  }

  /** Plans the clicks of the metronome a moment ahead, on the quarter notes of what sounds. */
  #planClicks() {
    const place = this.place();
    if (!place || !this.hasClick) return;
    const { voice, deck: { clock } } = place;
    const now = this.context.currentTime;
    let quarter = Math.floor(clock.quarterAt(place.seconds));
    for (; ; quarter += 1) {
      const turns = Math.floor(quarter / clock.quarters - 1e-9) > 0 ? 1 : 0;
      const seconds = turns * clock.seconds + clock.secondsAt(quarter - turns * clock.quarters);
      const at = now + seconds - place.seconds;
      if (at > now + AHEAD) return;
      if (at <= Math.max(now, this.clicked + 0.05) || at < voice.at) continue;
      const isFirst = clock.bars.some((bar) => Math.abs(bar - (quarter - turns * clock.quarters)) < 1e-3);
      this.#click(at, isFirst);
      this.clicked = at;
    }
  }

  #click(at, isFirst) {
    const tone = new OscillatorNode(this.context, { frequency: isFirst ? 1760 : 1175 });
    const gain = new GainNode(this.context, { gain: 0 });
    gain.gain.setValueAtTime(isFirst ? 0.4 : 0.22, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.05);
    tone.connect(gain).connect(this.master);
    tone.start(at);
    tone.stop(at + 0.06);
  }
}

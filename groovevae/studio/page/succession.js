/** Lets one take follow another without a gap: its next bars first, and all of it while they play. */

import { note } from "./messages.js";

const LEAST = 1.5, MOST = 3; // seconds: the least that is played first, on a quick machine and on a slow one
const TIMES = 6; // that many times as long as it took lately: all of a take is there in a third of that
const AT_FIRST = 0.3; // seconds that it takes, until it is known
const LATELY = 0.3; // how much the last time counts

export class Succession {
  /** `isWanted(piece)` tells whether a piece still is, `onChange()` is told that another is heard. */
  constructor(player, { isWanted, onChange }) {
    Object.assign(this, { player, isWanted, onChange, soon: {} });
    this.usual = AT_FIRST; // seconds from asking for a piece until its next bars are at hand
    this.askedAt = 0; // milliseconds
  }

  /** How long the first stretch of a take is to be, in seconds. */
  get #least() {
    return Math.min(Math.max(LEAST, TIMES * this.usual), MOST);
  }

  /** Loads the next bars of a preview where the point rests: they will be wanted when the user lets go. */
  prepare(piece, others) {
    this.player.loadOnly([piece, ...others]);
    if (this.player.isLoaded(piece)) return;
    const controller = new AbortController();
    const deck = this.player.loadSoon(piece, controller.signal, { wait: this.usual / 2, least: MOST });
    this.soon = { piece, controller, deck };
    deck.catch(() => {}); // asked for again when it is to be heard
  }

  /** Another piece is asked for: leaves the processors to it. Answers the bars of a final one that will be heard first: those that it can reach. */
  ask(isFinal) {
    this.soon.controller?.abort();
    this.soon = {};
    this.askedAt = performance.now();
    return isFinal ? this.player.nextBars(this.usual, this.#least) : null;
  }

  /** Goes on with a new piece at the next bar line, as soon as its next bars are there, and then with all of it. `soon`: those that were asked for with it. */
  async goOn(piece, signal, soon) {
    note("rendering…");
    try {
      this.player.loadOnly([piece]);
      const load = (soon) => this.player.loadSoon(piece, signal, { wait: this.usual / 2, least: this.#least, soon });
      const isAtHand = this.soon.piece === piece;
      const loading = this.player.isLoaded(piece) ? null : isAtHand ? this.soon.deck.catch(() => null) : load(soon);
      let isPlanned = await this.#change(piece, loading);
      if (loading && !isPlanned && !this.player.isLoaded(piece)) isPlanned = await this.#change(piece, load()); // it rested for long, or took long
      if (soon && isPlanned) this.#learn();
      const deck = await this.player.load(piece);
      if (isPlanned) this.player.complete(deck);
      else await this.#change(piece, deck);
    } finally {
      note("");
    }
  }

  #learn() {
    this.usual += LATELY * ((performance.now() - this.askedAt) / 1000 - this.usual);
  }

  /** Changes to a deck of a piece at the next bar line; answers whether it does. */
  async #change(piece, loading) {
    const deck = await loading;
    if (!deck || !this.isWanted(piece)) return false;
    this.onChange();
    const isPlanned = this.player.change(deck);
    if (isPlanned) performance.measure("new-sound", "letting-go"); // it is heard at the next bar line
    return isPlanned;
  }
}

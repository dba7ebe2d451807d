/** Lets one take follow another without a gap: its next bars first, and all of it while they play. */

import { note } from "./messages.js";

export class Succession {
  /** `isWanted(piece)` tells whether a piece still is, `onChange()` is told that another is heard. */
  constructor(player, { isWanted, onChange }) {
    Object.assign(this, { player, isWanted, onChange, soon: {} });
  }

  /** Loads the next bars of a preview where the point rests: they will be wanted when the user lets go. */
  prepare(piece, others) {
    this.player.loadOnly([piece, ...others]);
    if (this.player.isLoaded(piece)) return;
    const controller = new AbortController();
    this.soon = { piece, controller, deck: this.player.loadSoon(piece, controller.signal) };
    this.soon.deck.catch(() => {}); // asked for again when it is to be heard
  }

  /** Another piece is asked for: leaves the processors to it. Answers the bars of a final one that will be heard first. */
  ask(isFinal) {
    this.soon.controller?.abort();
    this.soon = {};
    return isFinal ? this.player.nextBars() : null;
  }

  /** Goes on with a new piece at the next bar line, as soon as its next bars are there, and then with all of it. `soon`: those that were asked for with it. */
  async goOn(piece, signal, soon) {
    note("rendering…");
    try {
      this.player.loadOnly([piece]);
      const isAtHand = this.soon.piece === piece;
      const loading = this.player.isLoaded(piece) ? null : isAtHand ? this.soon.deck.catch(() => null) : this.player.loadSoon(piece, signal, soon);
      let isPlanned = await this.#change(piece, loading);
      if (isAtHand && !isPlanned && !this.player.isLoaded(piece)) isPlanned = await this.#change(piece, this.player.loadSoon(piece, signal)); // it rested for long
      const deck = await this.player.load(piece);
      if (isPlanned) this.player.complete(deck);
      else await this.#change(piece, deck);
    } finally {
      note("");
    }
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

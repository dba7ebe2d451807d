/** Asks for pieces: previews one at a time while something moves, and at once what is to stay. */

import { makePiece } from "./api.js";

export class Maker {
  /** `onAsk(isFinal)` tells what of a new piece will be heard first; `onMade(piece, isFinal, signal, soon)` gets the piece, `onError(error)` what went wrong. */
  constructor({ onAsk, onMade, onError }) {
    Object.assign(this, { onAsk, onMade, onError, flight: null, next: null, last: {} });
  }

  /** Asks for a piece. A final one takes the place of all that were asked for before. */
  async make(request, isFinal) {
    if (this.flight && !isFinal) {
      this.next = request;
      return;
    }
    this.next = null;
    const key = JSON.stringify(request);
    if (isFinal && this.flight?.key === key && this.flight.isMaking) {
      this.flight.isFinal = true; // the preview that is on its way is what is to stay
      return this.flight.done;
    }
    this.flight?.controller.abort();
    const flight = (this.flight = { key, isFinal, isMaking: true, controller: new AbortController() });
    flight.done = this.#fly(flight, request);
    await flight.done;
  }

  async #fly(flight, request) {
    const isCurrent = () => this.flight === flight;
    const { signal } = flight.controller;
    try {
      const known = this.last.key === flight.key ? this.last.piece : null;
      this.last = {};
      const soon = known ? null : this.onAsk(flight.isFinal);
      const piece = known ?? (await makePiece(request, signal, soon));
      flight.isMaking = false;
      if (isCurrent()) {
        if (!flight.isFinal) this.last = { key: flight.key, piece }; // where the user lets go, it is there already
        await this.onMade(piece, flight.isFinal, signal, soon);
      }
    } catch (error) {
      if (error.name !== "AbortError" && isCurrent()) this.onError(error);
    }
    if (!isCurrent()) return;
    this.flight = null;
    const { next } = this;
    if (next) await this.make(next, false);
  }
}

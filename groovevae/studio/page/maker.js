/** Asks for pieces: previews one at a time while something moves, and at once what is to stay. */

import { makePiece } from "./api.js";

export class Maker {
  /** `onMade(piece, isFinal, signal)` gets each piece; `onError(error)` what went wrong. */
  constructor({ onMade, onError }) {
    Object.assign(this, { onMade, onError, flight: null, next: null });
  }

  /** Asks for a piece. A final one takes the place of all that were asked for before. */
  async make(request, isFinal) {
    if (this.flight && !isFinal) {
      this.next = request;
      return;
    }
    this.flight?.abort();
    this.next = null;
    const flight = (this.flight = new AbortController());
    const isCurrent = () => this.flight === flight;
    try {
      const piece = await makePiece(request, flight.signal);
      if (isCurrent()) await this.onMade(piece, isFinal, flight.signal);
    } catch (error) {
      if (error.name !== "AbortError" && isCurrent()) this.onError(error);
    }
    if (!isCurrent()) return;
    this.flight = null;
    const { next } = this;
    if (next) await this.make(next, false);
  }
}

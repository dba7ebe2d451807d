/** Musical time of a piece: quarter notes to seconds and back, by its tempos, and its bars. */

export class Clock {
  constructor(piece) {
    this.seconds = piece.seconds;
    this.quarters = piece.quarters;
    this.bars = piece.bars.map((bar) => bar.quarter).filter((quarter) => quarter >= 0 && quarter < piece.quarters - 1e-6);
    if (!this.bars.length || this.bars[0] > 1e-6) this.bars.unshift(0); // a pickup, or a bar of another metre
    this.rows = [];
    let seconds = 0;
    piece.tempos.forEach(({ quarter, tempo }, index) => {
      const last = this.rows[index - 1];
      if (last) seconds += ((quarter - last.quarter) * 60) / last.tempo;
      this.rows.push({ quarter, tempo, seconds });
    });
  }

  secondsAt(quarter) {
    const row = this.rows.findLast((one) => one.quarter <= quarter + 1e-9) ?? this.rows[0];
    return row.seconds + ((quarter - row.quarter) * 60) / row.tempo;
  }

  quarterAt(seconds) {
    const row = this.rows.findLast((one) => one.seconds <= seconds + 1e-9) ?? this.rows[0];
    return row.quarter + ((seconds - row.seconds) * row.tempo) / 60;
  }

  /** The number of the bar at a time, from 0. */
  barAt(seconds) {
    const quarter = this.quarterAt(seconds) + 1e-6;
    return Math.max(this.bars.findLastIndex((start) => start <= quarter), 0);
  }

  /** When a bar begins, in seconds; the bar after the last begins with the end. */
  startOf(bar) {
    return bar < this.bars.length ? this.secondsAt(this.bars[bar]) : this.seconds;
  }
}

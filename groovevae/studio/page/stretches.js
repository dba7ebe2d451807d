/** Stretches of a loop: some bars that can be played before the rest of it is there. */

export const RATE = 48000;
const ENOUGH = 0.75; // seconds: with less left of a stretch, the rest might not be there in time

/** A stretch of `count` bars from a bar on, past the end of the loop where it must. */
export function stretchOf(clock, bar, count) {
  let quarters = 0, seconds = 0;
  for (let number = 0; number < count; number += 1) {
    const here = (bar + number) % clock.bars.length;
    quarters += (clock.bars[here + 1] ?? clock.quarters) - clock.bars[here];
    seconds += clock.startOf(here + 1) - clock.startOf(here);
  }
  return { bar, count, first: clock.bars[bar], quarters, begin: clock.startOf(bar), seconds };
}

/** The shortest stretch from a bar on that lasts for `least` seconds; all of the loop where that is shorter. */
export function stretchFor(clock, bar, least) {
  let stretch;
  for (let count = 1; count <= clock.bars.length; count += 1) {
    stretch = stretchOf(clock, bar, count);
    if (stretch.seconds >= least) break;
  }
  return stretch;
}

/** How many seconds of a stretch are left at a place of its piece; none outside. */
export function left({ stretch, clock }, offset) {
  const gone = (offset - stretch.begin + clock.seconds + 1e-6) % clock.seconds;
  return Math.max(stretch.seconds - gone, 0);
}

/** Whether a deck can go on from a place: all of a piece can, a stretch where enough of it is left. */
export const reaches = (deck, offset) => !deck.stretch || left(deck, offset) >= Math.min(ENOUGH, deck.stretch.seconds);

/** The samples of all roles, one after another, as a buffer for each: quicker by hand than a decoder is asked. */
export function buffersOf(samples, roles) {
  const length = samples.length / roles.length / 2;
  return new Map(roles.map((role, number) => {
    const buffer = new AudioBuffer({ numberOfChannels: 2, length, sampleRate: RATE });
    const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
    for (let frame = 0, at = 2 * number * length; frame < length; frame += 1) {
      left[frame] = samples[at++] / 32768;
      right[frame] = samples[at++] / 32768;
    }
    return [role, buffer];
  }));
}

"""Plans how a tune is played with MMA's grooves, has MMA play it, and reads what it wrote. Knows no hands.

MMA (Musical MIDI Accompaniment, Bob van der Poel, GPL-2+, Debian package `mma`) is run as a program; no file of its
library is copied.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpus_making.grooves import Grooves
from corpus_making.tunes import Tune
from groovevae.midi.reading import load_score
from groovevae.midi.score import Score
from groovevae.wording import one_line

PHRASE = 8  # bars: a fill ends each, and the groove changes after it
INTRO_BARS = (0, 2, 4)
Chords = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Plan:
    """The groove and the chords of each bar of a rendering; the tune begins after `intro` bars."""

    use: str
    grooves: tuple[str, ...]
    chords: tuple[Chords, ...]
    intro: int
    ends_by_groove: bool
    seed: int

    @property
    def fills(self) -> list[int]:
        """The bars that end a phrase, the last of the introduction among them."""
        last = len(self.grooves) - 2
        ends = [self.intro - 1] if self.intro else []
        return ends + [bar for bar in range(self.intro + PHRASE - 1, last, PHRASE)]


def plan_rendering(tune: Tune, grooves: Grooves, rng: np.random.Generator, seed: int) -> Plan:
    """Draw an introduction, two ways to play the groove in turn, fills, and an ending."""
    has_pickup = len(tune.melody) and tune.melody["onset"][0] < 0
    intro = int(rng.choice(INTRO_BARS, p=(0.0, 0.5, 0.5) if has_pickup else (0.25, 0.35, 0.4)))
    intro = min(intro, len(tune.chords))
    body = list(rng.choice(grooves.bodies, 2, replace=len(grooves.bodies) < 2))
    names = [body[number // PHRASE % 2] for number in range(len(tune.chords))]
    if grooves.fills:
        fill = str(rng.choice(grooves.fills))
        for bar in range(PHRASE - 1, len(names) - 2, PHRASE):
            names[bar] = fill
    opening = str(rng.choice(grooves.intros)) if grooves.intros and rng.random() < 0.7 else body[0]
    end, size = grooves.ends[rng.integers(len(grooves.ends))] if grooves.ends else ("", 0)
    has_end = bool(end) and rng.random() < 0.85
    if has_end:
        names[-size:] = [end] * min(size, len(names))
    chords = tune.chords[-intro:] + tune.chords if intro else tune.chords
    return Plan(grooves.use, tuple([opening] * intro + names), chords, intro, has_end, seed)


def chart(plan: Plan, beats: int) -> str:
    """Write a plan as MMA reads it."""
    lines = [f"RndSeed {plan.seed}", "Tempo 120", f"TimeSig {beats} 4", f"Use {plan.use}"]
    before = None
    for number, (groove, chords) in enumerate(zip(plan.grooves, plan.chords, strict=True), 1):
        if groove != before:
            lines.append(f"Groove {groove}")
            before = groove
        spelled = " ".join(name if beat == 1 else f"{name}@{beat:g}" for beat, name in chords)
        lines.append(f"{number} {spelled}")
    return "\n".join(lines) + "\n"


def play(text: str) -> Score:
    """Have MMA play a chart. Raises ValueError with what it complains of."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "chart.mma"
        source.write_text(text, "utf-8")
        command = ["mma", "-f", str(source.with_suffix(".mid")), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
        if done.returncode:
            raise ValueError(one_line(done.stdout)[-200:])
        return load_score(source.with_suffix(".mid"))

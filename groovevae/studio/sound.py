"""Plays takes: a loop for each role, for a page that mixes them, and whole files to take away.

What sounds is up to `audio`; this module chooses parts, remembers what it has played, and spreads the work over
processes, since the synthesizer lets only one thread of a process play.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import signal
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np

from groovevae.audio import encode, render
from groovevae.audio.encoding import samples_of
from groovevae.audio.parts import split_midi
from groovevae.audio.render import folded, of_length
from groovevae.audio.soundfonts import Soundfont, read_soundfont
from groovevae.audio.synthesis import CHANNELS, RATE, play_part
from groovevae.errors import RequestError
from groovevae.midi.events import EventTrack, read_events, write_events
from groovevae.midi.messages import SYSEX, TEMPO, is_meta
from groovevae.studio.parsing import UnknownError
from groovevae.studio.parting import parted
from groovevae.studio.stretches import stretch
from groovevae.studio.takes import Take

MAX_REMEMBERED = 256 * 2**20  # bytes of loops
_MAX_FILES = 8  # takes whose roles are kept as files
_ROUNDED = 1e-3  # quarter notes: pages know lengths to four digits
_LOOP_TAIL = 3.0  # seconds: what rings longer than this is faint
Result = TypeVar("Result")


class Player:
    """Plays takes on a soundfont, in `processes` of its own, or in this one where there are none."""

    def __init__(self, *, soundfont: str | None = None, processes: int = 0) -> None:
        self.soundfont, self.processes = soundfont, processes
        self._pool: ProcessPoolExecutor | None = None
        self._loops: OrderedDict[str, bytes] = OrderedDict()
        self._coming: dict[str, Future[bytes]] = {}  # loops that are being played
        self._files: dict[str, dict[str, bytes]] = {}  # take -> role -> MIDI
        self._lock, self._starting = threading.Lock(), threading.Lock()  # of what is remembered, of the processes

    def loop(self, take: Take, role: str) -> bytes:
        """Return the WAV file of one role of a take, exactly as long as the take: its end rings on into its start.

        Raises UnknownError for a role that does not play, AudioError.
        """
        return self._remembered(self._role_file(take, role), take.roll.seconds, is_loop=True)

    def stretch(self, take: Take, role: str, first: float, quarters: float) -> bytes:
        """Return the WAV file of some quarter notes of a loop, from the `first` on: it takes less time than all of it.

        It goes on at the start of the loop where it passes its end. Raises what `loop` does, and RequestError.
        """
        return self._remembered(*self._cut(take, role, first, quarters), is_loop=False)

    def stretches(self, take: Take, first: float, quarters: float) -> bytes:
        """Return the samples of a stretch of all roles, one after another: stereo, 16 bits, no header between them.

        Raises what `stretch` does.
        """
        waves = self._unbroken(lambda: [one.result() for one in self._begun(take, first, quarters)])
        return b"".join(map(samples_of, waves))

    def begin(self, take: Take, first: float, quarters: float) -> None:
        """Start to play a stretch of all roles, which somebody will ask for. Raises what `stretch` does."""
        if self.processes:
            self._begun(take, first, quarters)

    def _begun(self, take: Take, first: float, quarters: float) -> list[Future[bytes]]:
        return [self._asked(*self._cut(take, role, first, quarters), is_loop=False) for role in take.roll.roles]

    def _cut(self, take: Take, role: str, first: float, quarters: float) -> tuple[bytes, float]:
        """Return the MIDI file of a stretch of a role, and how many seconds long it is."""
        roll = take.roll
        if not has_stretch(take, first, quarters):
            raise RequestError(
                f"{quarters:g} quarter notes from {first:g} on are not in the {roll.quarters:g} of the take"
            )
        last = first + quarters
        turn = max(last - roll.quarters, 0.0)
        seconds = roll.seconds_at(last - turn) - roll.seconds_at(first) + roll.seconds_at(turn)
        return stretch(self._role_file(take, role), first, quarters), seconds

    def _remembered(self, midi: bytes, seconds: float, *, is_loop: bool) -> bytes:
        return self._unbroken(lambda: self._asked(midi, seconds, is_loop=is_loop).result())

    def _unbroken(self, work: Callable[[], Result]) -> Result:
        """Return the result of `work`, with new processes where a soundfont has brought one down."""
        pool = self._pool
        try:
            return work()
        except BrokenProcessPool:
            with self._starting:
                if pool in (self._pool, None):  # else others have seen it too, and work with new ones already
                    self._pool = None
            return work()

    def _asked(self, midi: bytes, seconds: float, *, is_loop: bool) -> Future[bytes]:
        """Return the WAV file that is to come; who asks for the same meanwhile waits for the same."""
        key = hashlib.sha256(b"%d %r " % (is_loop, seconds) + midi).hexdigest()
        with self._lock:
            if key in self._loops:
                self._loops.move_to_end(key)
                return _done(self._loops[key])
            if key in self._coming:
                return self._coming[key]
            coming = self._coming[key] = Future()
        try:  # without the lock, which `_came` takes
            played = self._submit(midi, seconds, is_loop=is_loop)
        except Exception as error:
            played = Future()
            played.set_exception(error)
        played.add_done_callback(lambda done: self._came(key, done, coming))
        return coming

    def sound(self, take: Take, audio: str) -> bytes:
        """Return a take as the bytes of an audio file. Raises RequestError for another format, AudioError."""
        return encode(render(take.piece.midi, soundfont=self.soundfont).mix, audio)

    def stems(self, take: Take) -> dict[str, bytes]:
        """Return a WAV file for each role, of one length; together they are the mix."""
        file, roles = parted(read_events(take.piece.midi), take.roll.note_roles)
        midi = write_events(file)
        sounds = render(midi, soundfont=self.soundfont, stems=True).stems
        mixed: dict[str, np.ndarray] = {}
        for part in split_midi(midi, apart=True).parts:
            role = roles[part.chunks[0]]
            mixed[role] = mixed[role] + sounds[part.name] if role in mixed else sounds[part.name]
        return {role: encode(sound, "wav") for role, sound in mixed.items()}

    def warm_up(self) -> None:
        """Start the processes now, so that the first loop does not wait for them."""
        for _ in range(self.processes):
            self._submit(b"", 0.1, is_loop=True)

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _submit(self, midi: bytes, seconds: float, *, is_loop: bool) -> Future[bytes]:
        if not self.processes:
            return _done(play_loop(midi, seconds, self.soundfont, is_loop=is_loop))
        with self._starting:
            if self._pool is None:
                context = multiprocessing.get_context("spawn")  # threads of this process hold locks
                self._pool = ProcessPoolExecutor(self.processes, mp_context=context, initializer=_end_with_parent)
            return self._pool.submit(play_loop, midi, seconds, self.soundfont, is_loop=is_loop)

    def _role_file(self, take: Take, role: str) -> bytes:
        """Return the MIDI file of a role: all loops of a take are asked for at once, so the last ones are kept."""
        if role not in take.roll.roles:
            raise UnknownError(f"{role[:20]!r} does not play in this take; there are {', '.join(take.roll.roles)}")
        with self._lock:
            if take.id not in self._files:
                self._files[take.id] = role_files(take, is_loop=True)
            while len(self._files) > _MAX_FILES:
                self._files.pop(next(iter(self._files)))
            return self._files[take.id][role]

    def _came(self, key: str, played: Future[bytes], coming: Future[bytes]) -> None:
        """Remember a loop that has been played, and forget one that could not be; tell who waits for it."""
        error = CancelledError() if played.cancelled() else played.exception()
        with self._lock:
            self._coming.pop(key, None)
            if error is None:
                self._loops[key] = played.result()
            while sum(map(len, self._loops.values())) > MAX_REMEMBERED and len(self._loops) > 1:
                self._loops.popitem(last=False)
        if error is None:
            coming.set_result(played.result())
        else:
            coming.set_exception(error)


def has_stretch(take: Take, first: float, quarters: float) -> bool:
    """Tell whether a take's loop has a stretch of some quarter notes, which may pass its end."""
    length = take.roll.quarters
    return 0 <= first < length and 0 < quarters <= length + _ROUNDED


def _done(data: bytes) -> Future[bytes]:
    future: Future[bytes] = Future()
    future.set_result(data)
    return future


def _end_with_parent() -> None:
    """Let a process of the pool end with the studio, however that ends, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=end, daemon=True).start()


def play_loop(midi: bytes, seconds: float, soundfont: str | None, *, is_loop: bool = True) -> bytes:
    """Return the WAV file of a MIDI file; of a loop, with what rings on after its end at its start. b"" is silent.

    >>> len(play_loop(midi, 2.0, None))
    384044
    """
    font, end = _soundfont(soundfont), max(round(seconds * RATE), 1)
    loop = np.zeros((end, CHANNELS), np.float32)
    for part in split_midi(midi, apart=True).parts if midi else ():
        played = play_part(replace(part, tail=_LOOP_TAIL if is_loop else 0.0), font)
        loop += folded(played, end) if is_loop else of_length(played, end)
    return encode(loop, "wav")


def zipped(take: Take, player: Player) -> bytes:
    """Return a ZIP file of a take: MIDI, MIDI of each role, WAV, stems, and the command that makes it again."""
    buffer = io.BytesIO()
    name = take.piece.name
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{name}/{name}.mid", take.piece.midi)
        for role, midi in role_files(take).items():
            file.writestr(f"{name}/midi/{name}-{role}.mid", midi)
        file.writestr(f"{name}/{name}.wav", player.sound(take, "wav"), zipfile.ZIP_STORED)
        for role, stem in player.stems(take).items():
            file.writestr(f"{name}/stems/{name}-{role}.wav", stem, zipfile.ZIP_STORED)
        file.writestr(f"{name}/command.txt", f"{take.piece.description}\n{take.command}\n")
    return buffer.getvalue()


def role_files(take: Take, *, is_loop: bool = False) -> dict[str, bytes]:
    """Return a MIDI file of each role alone: its notes and controllers, with the take's tempos, metres and texts.

    For a loop it is as long as the take, and has no texts or metres: the files of two takes in which a role is the
    same are the same.
    """
    file, roles = parted(read_events(take.piece.midi), take.roll.note_roles)
    if is_loop:
        end = round(take.roll.quarters * file.ticks_per_quarter)
        file = replace(file, tracks=tuple(_plain(track, end) for track in file.tracks))
    first, *tracks = file.tracks
    return {
        role: write_events(replace(file, tracks=(first, *_of_role(role, tracks, roles[1:]))))
        for role in take.roll.roles
    }


def _plain(track: EventTrack, end: int) -> EventTrack:
    """Return what sounds of a track up to a tick, and its tempos."""
    events = track.events
    is_heard = (events["status"] < SYSEX) | is_meta(events, TEMPO)
    return replace(track, events=events[is_heard & (events["tick"] <= end)], end=end)


def _of_role(role: str, tracks: Sequence[EventTrack], roles: Sequence[str]) -> list[EventTrack]:
    return [track for track, name in zip(tracks, roles, strict=True) if name == role]


@lru_cache(maxsize=2)
def _soundfont(path: str | None) -> Soundfont:
    return read_soundfont(path)

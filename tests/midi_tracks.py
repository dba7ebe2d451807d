"""MIDI files with tracks of every kind, written with mido, and their notes and other messages read back with it."""

from pathlib import Path

import mido

TICKS = 96
Message = tuple[int, mido.Message | mido.MetaMessage]  # tick of its track, message
Row = tuple[int, float, float, int, int]  # channel, begin and end in 96ths of a quarter note, pitch, velocity


def note(tick: int, ticks: int, pitch: int, *, channel: int, velocity: int = 80) -> list[Message]:
    on = mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)
    return [(tick, on), (tick + ticks, mido.Message("note_off", note=pitch, velocity=10, channel=channel))]


def beats(pitches: list[int], *, channel: int, ticks: int = TICKS) -> list[Message]:
    """One note a beat."""
    return [row for at, pitch in enumerate(pitches) for row in note(at * TICKS, ticks, pitch, channel=channel)]


def program(number: int, *, channel: int) -> Message:
    return 0, mido.Message("program_change", program=number, channel=channel)


def track(name: str, *messages: Message) -> mido.MidiTrack:
    out, now = mido.MidiTrack([mido.MetaMessage("track_name", name=name)] if name else []), 0
    for tick, message in sorted(messages, key=lambda row: row[0]):
        out.append(message.copy(time=tick - now))
        now = tick
    return out


def save_tracks(path: Path, *tracks: mido.MidiTrack, ticks: int = TICKS) -> Path:
    file = mido.MidiFile(type=1, ticks_per_beat=ticks)
    file.tracks = list(tracks)
    file.save(path)
    return path


def song_file(folder: Path) -> Path:
    """Four bars of a flute's tune with lyrics, a bass, piano chords with pedal, drums, and a telephone."""
    bend = mido.Message("pitchwheel", pitch=500, channel=1)
    pedal = [(at * 4 * TICKS, mido.Message("control_change", control=64, value=127, channel=2)) for at in range(4)]
    chords = [row for pitch in (60, 64, 67) for row in beats([pitch] * 16, channel=2, ticks=TICKS // 2)]
    tempo, marker = mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("marker", text="B")
    lyrics = mido.MetaMessage("lyrics", text="la")
    flute = beats([72, 74, 76, 77] * 4, channel=0, ticks=TICKS - 3)
    hits = [row for at in range(16) for row in note(at * TICKS + 1, 20, (36, 38)[at % 2], channel=9)]
    return save_tracks(
        folder / "song.mid",
        track("Song", (0, tempo), (5 * TICKS, marker)),
        track("Flute", program(73, channel=0), *flute, (TICKS, lyrics)),
        track("Bass", program(33, channel=1), (7, bend), *beats([36, 36, 43, 43] * 4, channel=1)),
        track("Piano", program(0, channel=2), *chords, *pedal),
        track("Kit", *hits),
        track("Telephone", program(124, channel=5), *beats([80] * 4, channel=5)),
    )


def notes_of(file: mido.MidiFile) -> dict[str, list[Row]]:
    """The notes of each track by its name; each beginning has an end."""
    found = {}
    for one in file.tracks:
        now, sounding, rows = 0, {}, []
        for message in one:
            now += message.time
            if message.type == "note_on" and message.velocity:
                sounding.setdefault((message.channel, message.note), []).append((now, message.velocity))
            elif message.type in ("note_on", "note_off"):
                begin, velocity = sounding[message.channel, message.note].pop(0)
                scale = file.ticks_per_beat / TICKS
                rows.append((message.channel, begin / scale, now / scale, message.note, velocity))
        assert not any(sounding.values())
        found[one.name] = sorted(rows)
    return found


def others_of(file: mido.MidiFile, name: str) -> list[tuple[float, dict]]:
    """The messages of a track that are no notes, with their times in 96ths of a quarter note."""
    [one] = [each for each in file.tracks if each.name == name]
    now, rows = 0, []
    for message in one:
        now += message.time
        if not message.type.startswith("note") and message.type != "end_of_track":
            rows.append((now * TICKS / file.ticks_per_beat, {**message.dict(), "time": 0}))
    return rows

"""What is known of a packed song without its bars, what runs are resumed by, and what makes a cache anew."""

import ast
import hashlib
import json
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from corpus_files import tune

import groovevae
from groovevae.bars import Bars
from groovevae.bars.grid import score_to_song
from groovevae.corpus.cache import reader_sources
from groovevae.corpus.duplicates import distinct_bars
from groovevae.corpus.kept import KeptSong
from groovevae.corpus.pack import flagged_beats, flagged_notes, head_of, pack_song
from groovevae.corpus.spool import Spool
from groovevae.midi.reading import midi_to_score


def test_what_is_known_of_a_song_without_its_bars() -> None:
    song = score_to_song(midi_to_score(tune(0)))
    bars = Bars.concatenate([Bars.empty(1, metre=(3, 4)), song.bars, song.bars])
    song = replace(song, bars=bars)
    for spool in (None, Spool()):
        kept = KeptSong.from_packed(pack_song(song), spool)
        assert (kept.head.num_bars, kept.head.num_sounding) == (len(bars), int(bars.has_notes.sum()))
        assert set(kept.numbers.tolist()) == distinct_bars(bars)
        assert len(kept.numbers) == kept.head.num_distinct
        assert flagged_notes(kept.flags).tolist() == bars.has_notes.tolist()
        assert flagged_beats(kept.flags).tolist() == bars.num_beats.tolist()
        for name, array in vars(kept.song().bars).items():
            np.testing.assert_array_equal(array, getattr(bars, name))


def test_the_digest_by_which_runs_are_resumed_stays() -> None:
    song = score_to_song(midi_to_score(tune(0)))
    masks = b""
    for array in vars(song.bars).values():
        flat = array.reshape(-1)
        masks += np.packbits(flat != 0).tobytes() + flat[flat != 0].tobytes()
    header = json.dumps({name: value for name, value in vars(song).items() if name != "bars"}).encode()
    body = zlib.compress(struct.pack("<II", len(header), len(song.bars)) + header + masks, 1)
    rest = hashlib.blake2b(masks, digest_size=16).digest() + body
    whole = struct.pack("<I", zlib.crc32(rest)) + rest
    assert head_of(pack_song(song)).song_digest == hashlib.sha256(whole).digest()


def imported_by(module: Path, found: set[Path]) -> set[Path]:
    """Files of groovevae that a module imports, and those that these import."""
    package = Path(groovevae.__file__).parent
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("groovevae."):
            path = package.joinpath(*node.module.split(".")[1:])
            own = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            if own not in found:
                found.add(own)
                imported_by(own, found)
    return found


def test_all_code_that_a_packed_song_depends_on_makes_a_cache_anew() -> None:
    package = Path(groovevae.__file__).parent
    needed = imported_by(package / "corpus" / "pack.py", {package / "corpus" / "pack.py"})
    assert package / "measures" / "phrases.py" in needed
    says_nothing_of_songs = {"errors.py", "progress.py", "wording.py", "files.py", "systems.py"}
    assert {path for path in needed if path.name not in says_nothing_of_songs} <= set(reader_sources())

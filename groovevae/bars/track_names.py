"""Reads in a track's name what it plays: drums, a bass, a melody or an accompaniment. It never sees the notes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from groovevae.bars.constants import VOICES

# Parts of words; a name's accents and capitals do not matter.
_MELODY_PARTS = (
    "melod",
    "vocal",
    "voice",
    "voix",
    "stimm",
    "gesang",
    "sopran",
    "canto",
    "topline",
    "歌",
    "メロディ",
    "旋律",
)
_LEAD_PARTS = ("lead", "solo", "theme")
_BASS_PARTS = ("bass", "tuba", "walk")
_NOT_BASS_PARTS = ("bassoon", "basset", "drum")
_ACCOMPANYING_PARTS = ("chord", "arp", "pad", "comp", "rhythm", "backing", "string", "sus", "scale", "accomp")

# Whole words.
_MELODY_WORDS = {
    "vox",
    "hook",
    "singer",
    "voz",
    "chant",
    "sang",
    "zang",
    "вокал",
    "мелодия",
    "голос",
    "ボーカル",
    "主旋律",
}
_BASS_WORDS = {"bas", "basu", "bajo", "baixo", "sub", "reese", "бас", "ベース", "베이스"}
_BACKING_WORDS = {"backing", "background", "bgv", "bgvs", "bvs", "bv", "choir", "chorus", "choeur", "choeurs", "coro"}
_BACKING_WORDS |= {"coros", "harmony", "harmonies", "хор"}
_DRUM_WORDS = {
    "drum",
    "drums",
    "drumkit",
    "drumset",
    "drumloop",
    "perc",
    "percs",
    "percussion",
    "percussions",
    "percusion",
}
_DRUM_WORDS |= {
    "schlagzeug",
    "batterie",
    "bateria",
    "batera",
    "batteria",
    "slagverk",
    "slagwerk",
    "trommeln",
    "trummor",
}
_DRUM_WORDS |= {
    "perkusja",
    "drm",
    "drms",
    "breakbeat",
    "beatbox",
    "ударные",
    "барабаны",
    "ドラム",
    "ドラムス",
    "鼓",
    "드럼",
}
_PERHAPS_DRUMS = {
    "kit",
    "beat",
    "beats",
    "break",
    "breaks",
    "groove",
    "dr",
    "808",
    "909",
    "707",
    "606",
    "tr808",
    "tr909",
}
_PERHAPS_DRUMS |= {"clave", "triangle", "block", "blocks", "tom", "ride", "rides", "rim", "china", "sd", "clap", "hat"}
_HAND_PERCUSSION = {"shaker", "shakers", "tamb", "tambourine", "conga", "congas", "bongo", "bongos", "cowbell", "guiro"}
_HAND_PERCUSSION |= {
    "claves",
    "cuica",
    "timbales",
    "maracas",
    "cabasa",
    "woodblock",
    "djembe",
    "cajon",
    "surdo",
    "pandeiro",
}
_WORDS_OF_VOICE = {
    "kick": {"kick", "kicks", "kik", "bd", "bassdrum", "kickdrum"},
    "snare": {"snare", "snares", "snr", "sd", "clap", "claps", "rimshot", "rim", "rims", "sidestick"},
    "closed hat": {"hh", "hat", "hats", "hihat", "hihats", "chh", "closedhat", "closedhihat"},
    "open hat": {"ohh", "openhat", "openhihat"},
    "mid tom": {"tom", "toms"},
    "crash": {"crash", "crashes", "cymbal", "cymbals", "cym", "splash", "china"},
    "ride": {"ride", "rides"},
}
_PITCHED_PARTS: tuple[str, ...] = (
    "bass",
    "basso",
    "piano",
    "guitar",
    "lead",
    "synth",
    "string",
    "violin",
    "viola",
    "cello",
    "organ",
    "pad",
)
_PITCHED_PARTS += (
    "chord",
    "melod",
    "vocal",
    "vox",
    "voice",
    "flut",
    "flaut",
    "horn",
    "brass",
    "trumpet",
    "trombone",
    "sax",
)
_PITCHED_PARTS += ("clarinet", "oboe", "harp", "keys", "keyboard", "bell", "marimba", "vibra", "xylo", "glock", "choir")
_PITCHED_PARTS += ("steel", "timpani", "rhodes", "solo", "theme", "pluck", "arpeg", "stimm", "tuba", "banjo", "celest")
_ACCENTS = {202, 220, 230}  # combining classes of marks attached, below and above; Japanese sound marks (8) stay

WHOLLY, SURELY, PERHAPS, NO_DRUM_WORD, PITCHED_NAME = 3, 2, 1, 0, -1
_MOST_WORDS = 2  # of a name that is wholly drums: "Drum Rack", "Midi Drums"; a title that speaks of drums has more


@dataclass(frozen=True)
class NameHints:
    """What a name says, each of which may be wrong."""

    sings: bool  # a melody, whoever plays it
    leads: bool  # a melody or a solo
    bass: bool
    accompanies: bool
    drums: int  # WHOLLY, SURELY or PERHAPS drums; NO_DRUM_WORD; or PITCHED_NAME
    voice: int  # index into VOICES of the one drum that is named, or -1


@lru_cache(maxsize=4096)
def name_hints(name: str) -> NameHints:
    """Return what a track's name says."""
    text = plain_name(name)
    words = _words(text)
    backs = bool(words & _BACKING_WORDS)
    sings = (_has(text, _MELODY_PARTS) or "top line" in text or bool(words & _MELODY_WORDS)) and not backs
    voice = _voice_named(words)
    return NameHints(
        sings=sings,
        leads=sings or (_has(text, _LEAD_PARTS) and not backs),
        bass=(_has(text, _BASS_PARTS) or bool(words & _BASS_WORDS)) and not _has(text, _NOT_BASS_PARTS) and voice < 0,
        accompanies=_has(text, _ACCOMPANYING_PARTS) or backs,
        drums=_drums_named(text, words),
        voice=voice,
    )


def plain_name(name: str) -> str:
    """Return a name in small letters, without accents and surrounding spaces: "Mélodie " is "melodie"."""
    letters = unicodedata.normalize("NFKD", name.casefold().strip())
    return unicodedata.normalize(
        "NFC", "".join(sign for sign in letters if unicodedata.combining(sign) not in _ACCENTS)
    )


def _words(text: str) -> set[str]:
    """Return the words of a plain name, with pairs of neighbours as one: "hi-hat 2" has "hi", "hat" and "hihat"."""
    parts = _parts(text)
    return {*parts, *(one + other for one, other in pairwise(parts))}


def _parts(text: str) -> list[str]:
    """Return the words and numbers of a plain name."""
    return re.findall(r"[^\W\d_]+|\d+", text)


def _has(text: str, parts: tuple[str, ...]) -> bool:
    return any(part in text for part in parts)


def _voice_named(words: set[str]) -> int:
    """Return the drum voice that the words name, or -1 for none or several."""
    voices = {voice for voice, names in _WORDS_OF_VOICE.items() if words & names}
    if "open hat" in voices:
        voices.discard("closed hat")
    if "ridecymbal" in words or "bassdrum" in words:
        voices.discard("crash")
    return VOICES.index(voices.pop()) if len(voices) == 1 else -1


def _drums_named(text: str, words: set[str]) -> int:
    of_voices = {word for names in _WORDS_OF_VOICE.values() for word in words & names}
    surely = bool(words & (_DRUM_WORDS | _HAND_PERCUSSION) | (of_voices - _PERHAPS_DRUMS))
    if _has(text, _PITCHED_PARTS) and "bassdrum" not in words:
        return PERHAPS if surely and "steel" not in text else PITCHED_NAME
    if surely or text in _PERHAPS_DRUMS & of_voices:  # a track called just "Tom"
        return WHOLLY if len(_parts(text)) <= _MOST_WORDS else SURELY
    return PERHAPS if of_voices or words & _PERHAPS_DRUMS else NO_DRUM_WORD

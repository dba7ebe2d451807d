"""Decodes the texts in MIDI files, such as names of tracks. No byte says in which encoding they are.

Each text is read in the encoding whose words it could be: Cyrillic words are of one case but for a first capital,
Chinese, Japanese and Korean texts are of common characters. The texts of a file decide together where one alone fits
several. All others are Western European.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from groovevae.midi.events import EventTrack, MidiFile
from groovevae.midi.messages import TRACK_NAME, is_meta
from groovevae.wording import one_line

TEXTS = range(1, 8)  # types of meta events: text, copyright, names, lyrics, markers
_CYRILLIC = ("cp1251", "koi8-r", "cp866")
_CYRILLIC_WORD = re.compile("[А-ЯЁҐЄІЇ]?[а-яёґєії]+|[А-ЯЁҐЄІЇ]+")
_CERTAINLY_CYRILLIC = re.compile("[А-Яа-яЁё]{3}")  # fewer in a row may be accented letters of Western words
_CYRILLIC_SIGNS = "«»“”„–—…№©° "
_EAST_ASIAN = {  # first bytes of common characters: the rest are rare ones, which chance makes
    "cp932": range(0x81, 0x99),
    "cp949": (*range(0xA1, 0xA4), *range(0xB0, 0xC9)),
    "gbk": (*range(0xA1, 0xA4), *range(0xB0, 0xD8)),
    "big5": range(0xA1, 0xC7),
}
_WESTERN = "cp1252"
_LONE = re.compile(r"(?<![^\0-\x7f])[^\0-\x7f](?![^\0-\x7f])")  # between ASCII characters
_HALF_WIDTH = re.compile("(?:[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ|[ｦ-ﾝ･])*")  # katakana that can carry their signs


def track_names(file: MidiFile) -> list[str]:
    """Return the name of each track, in one line: the last one that is written there; "" for none."""
    names = [_last_name(track) for track in file.tracks]
    evidence = [] if all(map(bytes.isascii, names)) else [text for track in file.tracks for text in _texts(track)]
    decoded = decode_texts(names, beside=evidence)
    return [one_line("".join(sign if sign.isprintable() else " " for sign in name)) for name in decoded]


def _last_name(track: EventTrack) -> bytes:
    named = np.flatnonzero(is_meta(track.events, TRACK_NAME))
    return track.payloads[track.events["payload"][named[-1]]] if len(named) else b""


def _texts(track: EventTrack) -> list[bytes]:
    return [track.payloads[index] for index in track.events["payload"][is_meta(track.events, *TEXTS)].tolist()]


def decode_texts(texts: Sequence[bytes], *, beside: Sequence[bytes] = ()) -> list[str]:
    """Return the texts of one file as they are to be read; `beside` are texts of it that are no more than evidence.

    >>> decode_texts(["ドラム".encode("cp932"), "Бас".encode("cp1251"), "Flöte".encode("cp1252"), b"Bass"])
    ['ドラム', 'Бас', 'Flöte', 'Bass']
    """
    odd = {text for text in (*texts, *beside) if not _is_utf8(text)}
    is_cyrillic = {
        encoding: any(_CERTAINLY_CYRILLIC.search(text.decode(encoding, "replace")) for text in odd)
        for encoding in _CYRILLIC
    }
    fitting = {text: [encoding for encoding in _fitting(text) if is_cyrillic.get(encoding, True)] for text in odd}
    votes = Counter(encoding for encodings in fitting.values() for encoding in encodings)
    return [_decode(text, max(fitting.get(text, ()), key=votes.__getitem__, default="")) for text in texts]


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decode(text: bytes, encoding: str) -> str:
    try:
        return text.decode(encoding or ("utf-8" if _is_utf8(text) else _WESTERN))
    except UnicodeDecodeError:  # a byte that stands for nothing there
        return text.decode("latin-1")


def _fitting(text: bytes) -> list[str]:
    """Return the encodings in which a text is of common words, the likelier ones first."""
    first, *rest = _CYRILLIC
    found = [first] if _is_cyrillic(text, first) else []
    found += [encoding for encoding in _EAST_ASIAN if _is_east_asian(text, encoding)]
    return found + [encoding for encoding in rest if _is_cyrillic(text, encoding)]


def _is_cyrillic(data: bytes, encoding: str) -> bool:
    text = data.decode(encoding, "replace")
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    are_signs_common = all(sign.isalpha() or sign.isascii() or sign in _CYRILLIC_SIGNS for sign in text)
    return bool(words) and are_signs_common and all(map(_CYRILLIC_WORD.fullmatch, words))


def _is_east_asian(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    wide = [sign for sign in text if not sign.isascii() and len(sign.encode(encoding)) == 2]
    if any(sign.encode(encoding)[0] not in _EAST_ASIAN[encoding] for sign in wide):
        return False
    narrow = "".join(sign for sign in text if not sign.isascii() and sign not in wide)  # of Japanese alone
    has_signs = len(narrow) > 2 and any(sign in narrow for sign in "ﾞﾟｰ")
    if not _HALF_WIDTH.fullmatch(narrow) or not (wide or has_signs):
        return False
    return not any(_is_within_western(text, found, encoding) for found in _LONE.finditer(text))


def _is_within_western(text: str, lone: re.Match[str], encoding: str) -> bool:
    """Tell whether a lone character may be a sign of a Western word, and the letter behind it: the ’t of Don’t."""
    around = text[max(lone.start() - 1, 0) : lone.start()] + text[lone.end() : lone.end() + 1]
    return any(map(str.isalpha, around)) or lone[0].encode(encoding)[-1] < 0x80

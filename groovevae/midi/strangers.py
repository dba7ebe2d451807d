"""Tells files of other kinds that are taken for MIDI files by their first bytes, and says what to do with each."""

from __future__ import annotations

import re

_EXPORT = "open it in the program that made it and export MIDI"
_NOT_MUSIC = "it holds sound, not notes; look for the MIDI file of the song"
_BEGINNINGS = (  # first bytes, what the file is, what to do with it
    (rb"\x1f\x8b", "a gzip file (.gz, or a set of Ableton Live)", "unpack it, or export MIDI clips from Live"),
    (rb"PK\x03\x04", "a zip file", "unpack it"),
    (rb"Rar!", "a rar file", "unpack it"),
    (rb"7z\xbc\xaf", "a 7z file", "unpack it"),
    (rb"BZh", "a bzip2 file", "unpack it"),
    (rb"\xfd7zXZ", "an xz file", "unpack it"),
    (rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]", "an MP3 file", _NOT_MUSIC),
    (rb"\x30\x26\xb2\x75", "a Windows Media file", _NOT_MUSIC),
    (rb"RIFF....WAVE", "a WAV file", _NOT_MUSIC),
    (rb"OggS|fLaC|FORM....AIF|....ftyp", "an audio file", _NOT_MUSIC),
    (rb"FLhd", "a project of FL Studio", "open it there and export MIDI (File > Export > MIDI file)"),
    (rb"FORM....X(?:DIR|MID)", "an XMI file, a game's own kind of MIDI", "convert it to a standard MIDI file first"),
    (rb"MUS\x1a", "a MUS file, a game's own kind of MIDI", "convert it to a standard MIDI file first"),
    (rb"MMMD|BEGIN:IMELODY", "a ring tone", "convert it to a standard MIDI file first"),
    (rb"\x18FICHIER GUITAR PRO|BCF[SZ]|ptab", "a tablature", _EXPORT),
    (rb"SCOR|ENIGMA BINARY", "a score of another program", _EXPORT),
    (rb"\x00\x05\x16\x07", "macOS's note about a file (its name begins with ._)", "take the file without ._"),
    (rb"%PDF", "a PDF file", "look for the MIDI file of the score"),
    (rb"version https://git-lfs", "a Git LFS pointer, not the file itself", "fetch it with `git lfs pull`"),
    (rb"\s*<\?xml|PK\x05\x06", "an XML file", "if it is a score, " + _EXPORT),
    (rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|!--)", "a web page", "download the MIDI file itself"),
)
_STRANGERS = [(re.compile(pattern, re.DOTALL), what, cure) for pattern, what, cure in _BEGINNINGS]


def name_stranger(data: bytes) -> str:
    """Say in one line what a file that does not begin as MIDI is, and what to do; empty where that is not known."""
    for pattern, what, cure in _STRANGERS:
        if pattern.match(data):
            return f"not a MIDI file but {what}; {cure}"
    return ""

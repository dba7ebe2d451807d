"""Writes sound as the bytes of WAV, Ogg Vorbis and MP3 files."""

from __future__ import annotations

import io
import os
import wave

import numpy as np

from groovevae.audio.extra import package
from groovevae.audio.synthesis import CHANNELS, RATE
from groovevae.errors import RequestError

FORMATS = ("wav", "ogg", "mp3")
MEDIA_TYPES = {"wav": "audio/wav", "ogg": "audio/ogg", "mp3": "audio/mpeg"}
_CODECS = {"ogg": ("OGG", "VORBIS"), "mp3": ("MP3", "MPEG_LAYER_III")}  # soundfile's names
_HIGHEST = 2**15 - 1
_BLOCK = 2**16  # frames: more at once and libsndfile's Vorbis encoder runs out of stack
_SERIAL = slice(14, 18)  # of an Ogg page, which libsndfile draws from the clock
_CHECKSUM = slice(22, 26)
_PAGE_HEADER = 27  # bytes before the lengths of an Ogg page's segments, whose number is the last of them
_POLYNOMIAL = 0x04C11DB7


def encode(sound: np.ndarray, audio: str = "wav") -> bytes:
    """Return a sound (F, 2) as the bytes of a file of one of FORMATS; the same sound gives the same bytes.

    WAV has 16 bits. Ogg Vorbis keeps the exact length as well; MP3, which more players know, begins and ends with a
    little silence. Raises RequestError for another format, AudioError where soundfile is not installed.
    """
    check_format(audio)
    if audio == "wav":
        return _wav(np.rint(sound.clip(-1, 1) * _HIGHEST).astype("<i2"))
    data = _compressed(sound, *_CODECS[audio])
    return _without_serial(data) if audio == "ogg" else data


def samples_of(data: bytes) -> bytes:
    """Return the samples in the bytes of a WAV file, as they lie there."""
    with wave.open(io.BytesIO(data), "rb") as file:
        return file.readframes(file.getnframes())


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that the name of a file asks for. Raises RequestError for a name that asks for none."""
    audio = os.path.splitext(path)[1].lower().removeprefix(".")
    if audio not in FORMATS:
        raise RequestError(f"{os.fspath(path)}: a name for sound ends in .{', .'.join(FORMATS[:-1])} or .{FORMATS[-1]}")
    return audio


def check_format(audio: str) -> None:
    """Raise RequestError for what is not one of FORMATS."""
    if audio not in FORMATS:
        raise RequestError(f"no audio format {audio!r}; there are {', '.join(FORMATS[:-1])} and {FORMATS[-1]}")


def _wav(samples: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(CHANNELS)
        file.setsampwidth(samples.itemsize)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


def _compressed(sound: np.ndarray, container: str, codec: str) -> bytes:
    """Return a sound, given as floats: libsndfile 1.2 makes noise of MP3s that are given as 16-bit integers."""
    buffer = io.BytesIO()
    with package("soundfile").SoundFile(buffer, "w", RATE, CHANNELS, codec, format=container) as file:
        for start in range(0, len(sound), _BLOCK):
            file.write(sound[start : start + _BLOCK])
    return buffer.getvalue()


def _without_serial(data: bytes) -> bytes:
    """Return an Ogg file whose pages have the serial number 0, and checksums to match (RFC 3533)."""
    pages, start = bytearray(data), 0
    while start < len(pages):
        lengths = start + _PAGE_HEADER
        end = lengths + pages[lengths - 1]
        end += sum(pages[lengths:end])
        page = pages[start:end]
        page[_SERIAL] = page[_CHECKSUM] = bytes(4)
        page[_CHECKSUM] = _checksum(page).to_bytes(4, "little")
        pages[start:end], start = page, end
    return bytes(pages)


def _checksum(page: bytes | bytearray) -> int:
    value = 0
    for byte in page:
        value = (value << 8) & 0xFFFFFFFF ^ _TABLE[value >> 24 ^ byte]
    return value


def _row(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = value << 1 ^ (_POLYNOMIAL if value >> 31 else 0)
        value &= 0xFFFFFFFF
    return value


_TABLE = [_row(byte) for byte in range(256)]

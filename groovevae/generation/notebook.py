"""Shows a piece in a notebook: its piano roll, and a player where sound can be made. All text in it is escaped."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from groovevae.audio.encoding import MEDIA_TYPES
from groovevae.bars import song_to_score
from groovevae.drawing import score_to_svg
from groovevae.errors import GrooveError

if TYPE_CHECKING:
    from groovevae.generation.groove import Piece

_FORMAT = "mp3"  # small, and known to every browser


def piece_html(piece: Piece) -> str:
    """Return a piece as HTML: its description, its piano roll, and a player where the extra `studio` is installed."""
    roll = score_to_svg(song_to_score(piece.song), title=piece.description)
    caption = f"<figcaption>{escape(piece.description)}</figcaption>"
    return f'<figure style="margin: 0">{caption}<div style="overflow-x: auto">{roll}</div>{_player(piece)}</figure>'


def _player(piece: Piece) -> str:
    try:
        data = b64encode(piece.audio(_FORMAT)).decode()
    except GrooveError as error:  # the roll is worth showing without
        return f"<p><small>No sound: {escape(str(error))}</small></p>"
    return f'<audio controls src="data:{MEDIA_TYPES[_FORMAT]};base64,{data}"></audio>'

"""`groove play`: plays a MIDI file."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.root import main
from groovevae.cli.sound import soundfont_option, write_sound


@main.command(short_help="Play a MIDI file.")
@click.argument("song")
@soundfont_option
def play(song: str, *, soundfont: str | None) -> None:
    """Turn SONG, a MIDI file, into sound and open it with the system's player. Needs the extra `studio`.

    The sound is written to a temporary folder; groove render keeps it.

    \b
    Examples:
      groove play song.mid
      groove play song.mid --soundfont my-instruments.sf2
    """
    import tempfile

    from groovevae.audio.extra import check_extra
    from groovevae.audio.render import render_file
    from groovevae.systems import open_in_player

    check_extra()
    sound = render_file(song, soundfont=soundfont)
    place = Path(tempfile.mkdtemp(prefix="groove-")) / Path(song).stem
    write_sound(sound, place, "wav")
    if not open_in_player(f"{place}.wav"):
        click.echo("no player was found here; open the file yourself", err=True)

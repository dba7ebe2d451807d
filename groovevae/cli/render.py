"""`groove render`: turns a MIDI file into sound."""

from __future__ import annotations

from pathlib import Path

import click

from groovevae.cli.root import main
from groovevae.cli.sound import soundfont_option, write_sound


@main.command(short_help="Turn a MIDI file into sound: WAV, Ogg or MP3.")
@click.argument("song")
@click.option(
    "--out", type=click.Path(), help="File to write: its name ends in .wav, .ogg or .mp3.  [default: SONG.wav]"
)
@click.option("--stems", is_flag=True, help="Write each part to a file of its own as well: song-drums.wav, ...")
@click.option("--loop", is_flag=True, help="Fold what rings on after the last bar onto the first, to loop seamlessly.")
@soundfont_option
def render(song: str, *, out: str | None, stems: bool, loop: bool, soundfont: str | None) -> None:
    """Turn SONG, a MIDI file, into sound, played on a soundfont. Needs the extra `studio`.

    The sound ends when the last notes have died away; with --loop, exactly where SONG ends. Stems are as long as the
    mix and at its level, so that their sum is the mix.

    \b
    Examples:
      groove render song.mid
      groove render song.mid --out song.mp3
      groove render song.mid --stems --loop
      groove render song.mid --soundfont my-instruments.sf2
    """
    from groovevae.audio.encoding import format_of
    from groovevae.audio.extra import check_extra
    from groovevae.audio.render import render_file
    from groovevae.files import check_place

    check_extra()
    audio = "wav" if out is None else format_of(out)
    if out is not None:
        check_place(out)
    sound = render_file(song, soundfont=soundfont, stems=stems, loop=loop)
    write_sound(sound, Path(out or song).with_suffix(""), audio, is_named=out is not None)

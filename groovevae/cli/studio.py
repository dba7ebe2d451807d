"""`groove studio`: a local page on which blends are made, seen and heard."""

from __future__ import annotations

import click

from groovevae.cli.common import model_option
from groovevae.cli.root import main
from groovevae.cli.sound import soundfont_option


@main.command(short_help="Open a local page: blend by moving a point, see it, hear it.")
@model_option
@click.option("--port", type=int, help="Port to listen on.  [default: 8765, or the next that is free]")
@click.option(
    "--host", help="Address to listen on; any but this machine's own needs the token printed.  [default: 127.0.0.1]"
)
@click.option("--folder", type=click.Path(), help="Write each take that you keep into this folder, for your DAW.")
@soundfont_option
@click.option("--no-browser", is_flag=True, help="Do not open the page.")
def studio(
    model: str | None,
    port: int | None,
    host: str | None,
    folder: str | None,
    soundfont: str | None,
    *,
    no_browser: bool,
) -> None:
    """Open a local page on which genres and your own files are blended by moving a point: seen, heard, taken away.

    It needs pip install 'groovevae[studio]', and nothing of the network. Its HTTP API is for scripts too.

    \b
    Examples:
      groove studio
      groove studio --folder ~/Music/takes
      groove studio --model my.safetensors --port 9000 --no-browser
    """
    from groovevae.audio.extra import check_extra
    from groovevae.audio.soundfonts import check_soundfont
    from groovevae.generation.groove import load_model

    check_extra()
    if soundfont is not None:
        check_soundfont(soundfont)
    try:
        from groovevae.studio.server import DEFAULT_HOST, serve
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    serve(
        load_model(model),
        host=host or DEFAULT_HOST,
        port=port,
        folder=folder or "",
        soundfont=soundfont,
        with_browser=not no_browser,
        say=click.echo,
    )


def _missing(error: ModuleNotFoundError) -> Exception:
    from groovevae.errors import AudioError

    package = (error.name or "").partition(".")[0]
    if package not in ("starlette", "uvicorn"):
        return error
    return AudioError(f"{package} is missing, which serves the page; python -m pip install 'groovevae[studio]'")

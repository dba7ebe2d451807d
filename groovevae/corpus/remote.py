"""Lists and fetches files of places that fsspec reaches: s3://bucket/folder, gs://..., https://..., memory://...

It is the only module that knows fsspec, and hands out bytes: it never parses what is in them. What is fetched is not
kept, since the songs that are read of it are.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections import deque
from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from groovevae.corpus.archives import Member, too_large
from groovevae.errors import CorpusError, GrooveError
from groovevae.midi.reading import MAX_FILE_BYTES
from groovevae.wording import one_line

_URL = re.compile(r"([a-z][a-z0-9+.-]+)://(.*)", re.IGNORECASE | re.DOTALL)
_SHORTENED = re.compile(r"([a-z][a-z0-9+.-]+):/(?!/)", re.IGNORECASE)  # what a path makes of a URL's beginning
_WEB = ("http", "https")
_DENIED = (401, 403)  # HTTP's numbers for: not without, and not with, these credentials
_FETCHERS = 16  # threads: a file comes in some 50 ms, of which nearly all is waiting
_AHEAD = 64  # files that are fetched before they are wanted
_CHUNK = 2**20  # bytes
# What tells versions of one file apart: each kind of place has some of them.
_DATES = ("LastModified", "Last-Modified", "last_modified", "mtime", "updated", "created")
_MARKS = ("ETag", "etag", "md5Hash", *_DATES, "size")


def is_url(place: object) -> bool:
    """Tell whether a place is named by a URL, and not by a path: Windows' drives have one letter."""
    return isinstance(place, str) and _URL.match(place) is not None


def as_path(url: str) -> Path:
    """Return a URL as a path to put names of files behind. Nothing lies there: `spelled` gives the URL back."""
    return Path(url.replace("://", ":/", 1))


def spelled(path: Path) -> str:
    """Spell a path; one that `as_path` has made, as the URL that it was.

    >>> spelled(as_path("s3://midi/rock") / "a.mid")
    's3://midi/rock/a.mid'
    """
    return str(path) if path.is_absolute() else _SHORTENED.sub(r"\1://", path.as_posix(), count=1)


def listed(url: str) -> dict[str, str]:
    """Return what tells its versions apart of each file under a folder, by its path within the folder.

    Raises CorpusError where there is no such folder, or it cannot be reached.
    """
    if url.partition("://")[0].lower() in _WEB:
        raise CorpusError(f"{url}: a web server has no folders; name a tar or zip archive there, or use s3:// or gs://")
    files = _files(url)
    with _told(url):
        files.system.invalidate_cache()
        found = files.system.find(files.path, detail=True)
    start = len(files.path.rstrip("/")) + 1
    marks = {name[start:]: _mark(about) for name, about in found.items() if name[start:]}
    if not marks:
        raise CorpusError(f"{url}: no such folder, or nothing in it; name one with a folder of MIDI files per genre")
    return marks


def read_remote(url: str, wanted: Collection[str]) -> Iterator[Member]:
    """Yield the files under a folder that have these names, in their order. Raises CorpusError where one cannot be had.

    Several are fetched at once. One that cannot be had is no reason to go on without it: what was read is kept.
    """
    files = _files(url)
    with ThreadPoolExecutor(_FETCHERS) as pool:
        waiting: deque[tuple[str, Future[bytes | str]]] = deque()
        try:
            for name in wanted:
                waiting.append((name, pool.submit(files.content, name)))
                if len(waiting) > _AHEAD:
                    yield _arrived(*waiting.popleft())
            while waiting:
                yield _arrived(*waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def read_bytes_if_there(url: str) -> bytes | None:
    """Return what is in the file of a URL, None where there is none. Raises CorpusError where it cannot be had."""
    files = _files(url)
    with _told(url):
        try:
            return files.system.cat_file(files.path)
        except FileNotFoundError:
            return None


def read_bytes(url: str) -> bytes:
    """Return what is in the file of a URL. Raises CorpusError where it cannot be had."""
    files = _files(url)
    with _told(url):
        return files.system.cat_file(files.path)


def write_bytes(url: str, data: bytes) -> None:
    """Write a file whole or not at all, as stores of objects do. Raises CorpusError where that cannot be done."""
    files = _files(url)
    with _told(url):
        files.system.pipe_file(files.path, data)


def names_under(url: str) -> set[str]:
    """Return the names of what lies in a folder; nothing where there is none. Raises CorpusError out of reach."""
    files = _files(url)
    with _told(url):
        files.system.invalidate_cache()
        try:
            return {name.rstrip("/").rpartition("/")[2] for name in files.system.ls(files.path, detail=False)}
        except FileNotFoundError:
            return set()


def mark_of(url: str) -> str:
    """Return what tells the versions of one file apart. Raises CorpusError where it cannot be reached."""
    files = _files(url)
    with _told(url):
        files.system.invalidate_cache()
        return _mark(files.system.info(files.path))


def chunks_of(url: str) -> Iterator[tuple[bytes, int]]:
    """Yield a file part by part, each with the size of the whole, or 0. Raises CorpusError where it cannot be had."""
    files = _files(url)
    with _told(url):
        size = files.system.info(files.path).get("size") or 0
        with closing(files.system.open(files.path, "rb")) as file:
            while chunk := file.read(_CHUNK):
                yield chunk, size


class _Files(NamedTuple):
    """The files of one URL: fsspec's file system, and the path of the URL within it."""

    url: str
    system: Any
    path: str

    def content(self, name: str) -> bytes | str:
        """Return the bytes of one file under the URL, or why they are not read."""
        path, place = f"{self.path.rstrip('/')}/{name}", f"{self.url.rstrip('/')}/{name}"
        with _told(place):
            size = self.system.info(path).get("size") or 0
            return too_large(size) if size > MAX_FILE_BYTES else self.system.cat_file(path)


def _files(url: str) -> _Files:
    """Return the files of a URL. Raises CorpusError where it names nothing, or a package for it is missing."""
    parts = _URL.match(url)
    if parts is None or not parts[2].strip("/"):
        raise CorpusError(f"{url}: names no folder; write such as s3://bucket/folder")
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise CorpusError(f"{url}: fsspec is not installed; python -m pip install 'groovevae[cluster]'") from None
    with _told(url):
        try:
            system, path = url_to_fs(url)
        except ValueError:
            raise CorpusError(f"{url}: fsspec knows no {parts[1]}://, but s3://, gs://, https:// and more") from None
        except ImportError as error:
            raise CorpusError(f"{url}: a package for {parts[1]}:// is not installed ({error})") from None
    _keep_log_from_screen(type(system).__module__.partition(".")[0])
    return _Files(url, system, path)


def _keep_log_from_screen(package: str) -> None:
    """Keep Python from printing what a package logs where nobody has asked for logs: what goes wrong is raised."""
    logger = logging.getLogger(package)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _arrived(name: str, content: Future[bytes | str]) -> Member:
    return Member(name, content.result())


def _mark(about: dict[str, Any]) -> str:
    """Return what tells a file's version from others; where nothing is known of it, this is another one each time."""
    return " ".join(str(about[key]) for key in _MARKS if about.get(key) is not None) or uuid.uuid4().hex


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what goes wrong into one line."""
    try:
        yield
    except GrooveError:
        raise
    except FileNotFoundError as error:
        why = f" ({_reason(error.__cause__)})" if error.__cause__ else ""  # web servers that are down say so there
        raise CorpusError(f"{url}: no such file, folder or bucket{why}") from None
    except Exception as error:  # each cloud's library raises errors of its own
        if _is_denied(error):
            raise CorpusError(f"{url}: access is denied ({_reason(error)}); give credentials that allow it") from None
        raise CorpusError(
            f"{url}: cannot be reached ({_reason(error)}); once it can be, run the command again: what was read is kept"
        ) from None


def _is_denied(error: Exception) -> bool:
    """Tell whether a server refuses: clouds' libraries have no error in common for it, but the numbers of HTTP."""
    code = getattr(error, "code", getattr(error, "status", None))  # of gcsfs and of aiohttp
    return isinstance(error, PermissionError) or code in _DENIED or str(error).startswith("Forbidden")


def _reason(error: BaseException) -> str:
    return one_line(str(error)) or type(error).__name__

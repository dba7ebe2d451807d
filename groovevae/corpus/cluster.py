"""Shares the reading of a corpus out to the workers of a Dask cluster, and collects the shards that they make.

Each shard is a task. A worker that dies costs the shards that it was at, which others make; the scheduler may go and
come back. Files that crash, hang or eat memory do so in a process of their own, as on one machine.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

from groovevae.bars.choices import Choices
from groovevae.corpus.cache import reader_version
from groovevae.corpus.entries import Scan
from groovevae.corpus.local_cluster import local_cluster
from groovevae.corpus.places import Answers
from groovevae.corpus.scheduler import Cluster
from groovevae.corpus.shards import (
    Shard,
    made_before,
    make_shard,
    read_shard,
    shards_of,
    shelf_at,
)
from groovevae.errors import CorpusError, Cure, GrooveError
from groovevae.wording import one_line

_ANSWER_SECONDS = 10  # for a scheduler to answer at first
_RETURN_SECONDS = 120  # for one that was lost to come back
_WORKER_SECONDS = 10  # without a worker, after which it is said
_START_SECONDS = 60  # for workers of this machine
_AT_ONCE = 1000  # shards that the scheduler knows of
_DEATHS = 5  # of workers over one shard, each after as many tries as the scheduler makes
_LOSSES = 5  # of the scheduler, without a shard in between
_VERSION = "__import__('groovevae.corpus.cache', fromlist=['reader_version']).reader_version()"

logger = logging.getLogger(__name__)


def read_on_cluster(
    found: Scan, stamps: Mapping[Path, str], choices: Mapping[Path, Choices], todo: Collection[Path], cluster: Cluster
) -> Answers:
    """Yield (path, packed song or reason) of all files of those shards that have some of `todo`, as they are made.

    Shards that are there are not made again. Raises CorpusError where the scheduler does not answer, or for what stops
    a worker: the shards that were made are kept.
    """
    shelf, wanted = shelf_at(cluster.shards), set(todo)
    shards = shards_of(found, stamps, choices, shelf, size=cluster.files_per_shard)
    there = made_before(shelf)
    left = []
    for shard in (shard for shard in shards if not wanted.isdisjoint(shard.paths)):
        results = read_shard(shard) if shard.name in there else None
        if results is None:
            left.append(shard)
        else:
            yield from _by_path(shard, results)
    with closing(_made(left, cluster)) as made:
        for shard in made:
            if (results := read_shard(shard)) is None:
                problem = f"{shard.place}: written by a worker of {cluster.scheduler}, and not seen here"
                raise CorpusError(problem, cure=Cure.SHARED_SHARDS)
            yield from _by_path(shard, results)


def _by_path(shard: Shard, results: Mapping[str, bytes | str]) -> Iterator[tuple[Path, bytes | str]]:
    return ((Path(shard.root) / name, result) for name, result in results.items())


def _made(shards: Collection[Shard], cluster: Cluster) -> Generator[Shard]:
    """Yield shards as they are made. Where the scheduler is lost, it is waited for, and what is left begins anew."""
    left = {shard.name: shard for shard in shards}
    if not left:
        return
    _check_installed(cluster)
    with _quiet_loggers(), _address_of(cluster) as address:
        seconds, losses = _ANSWER_SECONDS, 0
        while left and losses < _LOSSES:
            with _connected(address, seconds) as client, closing(_made_by(client, list(left.values()))) as made:
                _wait_for_worker(client, cluster)
                _check_workers(client)
                for name in made:
                    losses = 0
                    yield left.pop(name)
            seconds, losses = _RETURN_SECONDS, losses + 1
    if left:
        raise CorpusError(
            f"{cluster.scheduler}: the scheduler is lost over and over; see its log. What was read is kept"
        )


def _made_by(client: Any, shards: Sequence[Shard]) -> Generator[str]:
    """Yield names of shards as they are made, until all are, or the scheduler is lost. Raises CorpusError."""
    from distributed import as_completed

    deaths: Counter[Shard] = Counter()
    waiting, version, of_task = iter(shards), reader_version(), {}

    def begun(shards: Iterator[Shard]) -> Iterator[Any]:
        for shard in shards:
            key = f"groovevae-{shard.name}-{deaths[shard]}"  # two commands that want one shard share its task
            of_task[key] = shard
            yield client.submit(make_shard, shard, version, key=key)

    tasks = as_completed(begun(islice(waiting, _AT_ONCE)), loop=client.loop)
    for task in tasks:
        shard = of_task.pop(task.key)
        if task.status == "finished":
            yield shard.name
            tasks.update(begun(islice(waiting, 1)))
        elif task.status == "error":
            deaths[shard] += 1
            _check_error(task.exception(), client.scheduler.address, deaths[shard])
            tasks.update(begun(iter([shard])))
        else:
            return


def _check_error(error: Exception, address: str, deaths: int) -> None:
    """Raise what has stopped a task, unless it is the death of workers, and these are few."""
    from distributed import KilledWorker

    if isinstance(error, GrooveError):
        raise error
    if not isinstance(error, KilledWorker):
        raise CorpusError(
            f"{address}: its workers cannot read ({type(error).__name__}: {one_line(str(error))}); install the same "
            "groovevae, Python and Dask on all machines"
        )
    if deaths >= _DEATHS:
        raise CorpusError(f"{address}: workers die over and over at one shard ({one_line(str(error))}); see their logs")


def _address_of(cluster: Cluster) -> AbstractContextManager[str]:
    return local_cluster(cluster.num_local) if cluster.num_local else nullcontext(cluster.scheduler)


def _check_installed(cluster: Cluster) -> None:
    if find_spec("distributed") is None:
        raise CorpusError(
            f"{cluster.scheduler}: Dask is not installed; python -m pip install 'groovevae[cluster]' here and on its "
            "workers"
        )


@contextmanager
def _connected(address: str, seconds: int) -> Iterator[Any]:
    """Give a client of a scheduler. Raises CorpusError where it does not answer."""
    from distributed import Client

    try:
        with ThreadPoolExecutor(1) as apart:  # notebooks have an event loop in this thread
            apart.submit(asyncio.run, _answer(address, seconds)).result()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # other versions: `make_shard` checks what has to be the same
            client = Client(address, timeout=seconds, set_as_default=False)
    except Exception as error:  # what is no scheduler may answer anything
        reason = one_line(str(error)) or type(error).__name__
        raise CorpusError(
            f"{address}: no Dask scheduler answers within {seconds} s ({reason}); start one there with dask scheduler, "
            "or read here with local:4; what was read is kept"
        ) from None
    try:
        yield client
    finally:
        with suppress(OSError, RuntimeError):  # the scheduler may be gone
            client.close(timeout=2)


async def _answer(address: str, seconds: int) -> None:
    """Wait for a scheduler to answer. Raises whatever goes wrong.

    A client that cannot connect would go on trying while it is taken away.
    """
    from distributed.comm import connect
    from distributed.security import Security

    comm = await connect(address, timeout=seconds, **Security().get_connection_args("client"))
    await comm.close()


@contextmanager
def _quiet_loggers() -> Iterator[None]:
    """Keep Dask from logging here: what matters to people is raised."""
    import distributed  # noqa: F401 (it sets its loggers up)

    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _wait_for_worker(client: Any, cluster: Cluster) -> None:
    """Tell that there is no worker, where that is so for a while. Raises CorpusError where none starts here."""
    try:
        client.wait_for_workers(1, timeout=_START_SECONDS if cluster.num_local else _WORKER_SECONDS)
    except TimeoutError:
        if cluster.num_local:
            raise CorpusError(f"{cluster.scheduler}: no Dask worker starts within {_START_SECONDS} s") from None
        where = cluster.scheduler
        logger.warning("%s has no workers yet, and reading waits for them: dask worker %s starts some", where, where)
    except OSError:
        pass  # the scheduler is lost again: its tasks will be too


def _check_workers(client: Any) -> None:
    """Raise CorpusError where a worker has no groovevae, or another version; those that come later say so themselves.

    A worker without it cannot be sent a function of ours, and ends when it is: so it is asked in Python's own words.
    """
    with suppress(OSError):  # the scheduler is lost again
        for worker, version in client.run(eval, _VERSION, on_error="return").items():
            if version != reader_version():
                raise CorpusError(
                    f"{worker}: this worker has another groovevae than this machine, or none "
                    f"({one_line(str(version))}); install the same on all machines"
                )

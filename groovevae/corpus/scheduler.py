"""Says who reads a corpus, where it is not this process: quick to load, as `cluster`, which talks to Dask, is not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from groovevae.corpus.shards import FILES_PER_SHARD
from groovevae.errors import RequestError

_LOCAL = "local:"
_ADDRESS = re.compile(r"[a-z]+://.+:\d+/?")


@dataclass(frozen=True)
class Cluster:
    """Who reads a corpus: a Dask scheduler by its address, or local:N; and where what it reads is kept.

    Raises RequestError for an address that is none.
    """

    scheduler: str
    shards: str = ""  # where: a folder or a URL that all its machines reach; "": a folder in the cache
    files_per_shard: int = FILES_PER_SHARD  # at most, on average

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.scheduler) and not self.num_local:
            raise RequestError(
                f"scheduler {self.scheduler!r}; give an address such as tcp://10.0.0.1:8786, or local:4 for 4 workers "
                "on this machine"
            )

    @property
    def num_local(self) -> int:
        """The workers to start on this machine, 0 where there is a scheduler."""
        number = self.scheduler.removeprefix(_LOCAL)
        return int(number) if self.scheduler.startswith(_LOCAL) and number.isdecimal() else 0

"""Publishes an edition as Airflow would: each channel is a mapped task, so each has a process of its own.

The processes are started and have loaded everything before the clock runs, because Airflow's own cost is not what these
benchmarks are after; `bench_publish_mapped` measures with it.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.benchmarks.newsrooms import Newsrooms

from rongmei.accounts import SandboxCredentials
from rongmei.ledger import Ledger
from rongmei.publishing import confirm, publish

PATIENCE = 900.0
T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What one process did.

    Attributes:
        channel: what it published on; the last one where there were several.
        began, ended: by `time.monotonic`, which all processes of a machine share; seconds.
        peak_mb: the most memory the process ever held, MB of 1,000,000 bytes.
    """

    channel: str
    began: float
    ended: float
    peak_mb: float


def publish_side_by_side(rooms: Newsrooms, *, workers: int) -> list[Done]:
    """All channels at a time, one process each.

    Raises:
        RuntimeError: a publication did not go out.
    """
    return _publish(rooms, [(channel,) for channel in rooms.work], workers=workers, confirming=False)


def publish_in_one_process(rooms: Newsrooms, *, workers: int) -> Done:
    """One channel after the other, and each confirmed, by one process.

    Raises:
        RuntimeError: a publication did not go out.
    """
    return _publish(rooms, [tuple(rooms.work)], workers=workers, confirming=True)[0]


def call_side_by_side(url: str, calls: Mapping[str, int], *, workers: int) -> dict[str, float]:
    """So many bare calls to each channel's platform, one process each; seconds by channel."""
    given = [(url, channel, count, workers) for channel, count in calls.items()]
    return dict(zip(calls, _at_once(_call, given), strict=True))


def _publish(rooms: Newsrooms, shares: Sequence[tuple[str, ...]], *, workers: int, confirming: bool) -> list[Done]:
    done = _at_once(_work, [(rooms, share, workers, confirming) for share in shares])
    left = rooms.left(*(("live",) if confirming else ("accepted", "live")))
    if left:
        raise RuntimeError(f"not everything went out: {dict(left)}")
    return done


def _at_once(do: Callable[..., T], given: Sequence[tuple[Any, ...]]) -> list[T]:
    """`do` in as many processes, which wait for each other before they begin."""
    # Spawned, not forked: a publisher holds nothing that its parent has loaded.
    context = multiprocessing.get_context("spawn")
    with context.Pool(len(given), initializer=_take_barrier, initargs=(context.Barrier(len(given)),)) as pool:
        results = [pool.apply_async(do, arguments) for arguments in given]
        return [result.get(PATIENCE) for result in results]


_barriers: list[Barrier] = []


def _take_barrier(start: Barrier) -> None:
    _barriers.append(start)


def _call(url: str, channel: str, count: int, workers: int) -> float:
    host = urlsplit(url).netloc
    _barriers[0].wait(PATIENCE)
    began = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda number: _calls(host, channel, len(range(number, count, workers))), range(workers)))
    return time.monotonic() - began


def _calls(host: str, channel: str, count: int) -> None:
    connection = HTTPConnection(host)
    for _ in range(count):
        connection.request("GET", f"/{channel}/nothing")
        connection.getresponse().read()
    connection.close()


def _work(rooms: Newsrooms, channels: tuple[str, ...], workers: int, confirming: bool) -> Done:
    settings, plan = rooms.settings, rooms.plan
    connect = SandboxCredentials(settings.sandbox_url or "", settings.home / "exports")
    accounts = {account.channel: (outlet, account) for outlet, account in plan.cluster.accounts()}
    with closing(Ledger(settings.ledger_url)) as ledger:
        for channel in channels:
            # Connections are at hand in Airflow; the sandbox's have to be asked for once.
            connect(*accounts[channel])
        with ledger.read() as session:
            session.connection()
        _barriers[0].wait(PATIENCE)
        began = time.monotonic()
        for channel in channels:
            publish(ledger, plan, rooms.key, channel, connect=connect, settings=settings, clock=_now, workers=workers)
            if confirming:
                confirm(ledger, plan, rooms.key, channel, connect=connect, clock=_now, workers=workers)
        return Done(channels[-1], began, time.monotonic(), _peak_mb())


def _now() -> datetime:
    return datetime.now(UTC)


def _peak_mb() -> float:
    """Of this program: `getrusage` would tell the peak of the process that started it, if that was higher."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / 1_000_000

"""Publishes an edition as Airflow would: each channel is a mapped task, so each has a process of its own.

The processes are started and have loaded everything before the clock runs, because Airflow's own cost is not what these
benchmarks are after; `bench_publish_mapped` measures with it.
"""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

from rongmei.accounts import SandboxCredentials
from rongmei.ledger import Ledger
from rongmei.publishing import confirm, publish
from tests.benchmarks.newsrooms import Newsrooms

PATIENCE = 900.0


@dataclass(frozen=True)
class Done:
    """What one process did.

    Attributes:
        began, ended: by `time.monotonic`, which all processes of a machine share; seconds.
        cpu: processor time of publishing, seconds.
        peak_mb: the most memory the process ever held (VmHWM), MB of 1,000,000 bytes.
    """

    channels: tuple[str, ...]
    began: float
    ended: float
    cpu: float
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


def _publish(
    rooms: Newsrooms, shares: Sequence[tuple[str, ...]], *, workers: int, confirming: bool
) -> list[Done]:
    # Spawned, not forked: a publisher holds nothing that its parent has loaded.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(len(shares))
    with context.Pool(len(shares), initializer=_take_barrier, initargs=(start,)) as pool:
        results = [pool.apply_async(_work, (rooms, share, workers, confirming)) for share in shares]
        return [result.get(PATIENCE) for result in results]


_start: Barrier | None = None


def _take_barrier(start: Barrier) -> None:
    global _start
    _start = start


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
        assert _start is not None
        _start.wait(PATIENCE)
        began, cpu = time.monotonic(), time.process_time()
        for channel in channels:
            summary = publish(
                ledger, plan, rooms.key, channel, connect=connect, settings=settings, clock=_now, workers=workers
            )
            out = Counter(live=summary.live, accepted=summary.accepted)
            if confirming:
                confirmed = confirm(ledger, plan, rooms.key, channel, connect=connect, clock=_now, workers=workers)
                out.update(live=confirmed.live, accepted=-confirmed.live - confirmed.failed)
            if out.total() != sum(rooms.work[channel]) or (confirming and out["accepted"]):
                raise RuntimeError(f"{channel}: {summary}, {dict(out)}")
        return Done(channels, began, time.monotonic(), time.process_time() - cpu, _peak_mb())


def _now() -> datetime:
    return datetime.now(UTC)


def _peak_mb() -> float:
    """Of this program: `getrusage` would tell the peak of the process that started it, if that was higher."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / 1_000_000

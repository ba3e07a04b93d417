"""Publishes an edition in a process of its own, which has loaded everything before the clock runs."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.benchmarks.newsrooms import Newsrooms

from rongmei.accounts import SandboxCredentials
from rongmei.ledger import Ledger
from rongmei.publishing import confirm, publish_all

PATIENCE = 1800.0
T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What a publishing process did.

    Attributes:
        seconds: from the first publication to the last.
        peak_mb: the most memory the process ever held, MB of 1,000,000 bytes.
    """

    seconds: float
    peak_mb: float


def publish_edition(rooms: Newsrooms, *, workers: int | None = None, confirming: bool = False) -> Done:
    """Everything that is due, on all channels at once.

    Args:
        workers: threads; None: as many as the product uses.
        confirming: also see that every post is before the public.

    Raises:
        RuntimeError: a publication did not go out.
    """
    done = _apart(_publish, rooms, workers, confirming)
    left = rooms.left(*(("live",) if confirming else ("accepted", "live")))
    if left:
        raise RuntimeError(f"not everything went out: {dict(left)}")
    return done


def make_calls(url: str, calls: dict[str, int], *, workers: int) -> float:
    """So many bare calls to each channel's platform, and nothing else; seconds."""
    return _apart(_call, url, calls, workers)


def _apart(do: Callable[..., T], *arguments: Any) -> T:
    # Spawned, not forked: it holds nothing that its parent has loaded.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(do, arguments).get(PATIENCE)


def _publish(rooms: Newsrooms, workers: int | None, confirming: bool) -> Done:
    settings, plan, channels = rooms.settings, rooms.plan, list(rooms.work)
    connect = SandboxCredentials(settings.sandbox_url or "", settings.home / "exports")
    given: dict[str, Any] = {"connect": connect, "clock": _now, "workers": workers}
    with closing(Ledger(settings.ledger_url)) as ledger:
        # Connections are at hand in Airflow; the sandbox's have to be asked for once.
        connect(*next(iter(plan.cluster.accounts())))
        began = time.monotonic()
        publish_all(ledger, plan, rooms.key, channels, settings=settings, **given)
        if confirming:
            for channel in channels:
                confirm(ledger, plan, rooms.key, channel, **given)
        return Done(time.monotonic() - began, _peak_mb())


def _call(url: str, calls: dict[str, int], workers: int) -> float:
    every = list(chain.from_iterable(repeat(channel, count) for channel, count in calls.items()))
    host = urlsplit(url).netloc
    began = time.monotonic()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda number: _calls(host, every[number::workers]), range(workers)))
    return time.monotonic() - began


def _calls(host: str, channels: list[str]) -> None:
    with closing(HTTPConnection(host)) as connection:
        for channel in channels:
            connection.request("GET", f"/{channel}/nothing")
            connection.getresponse().read()


def _now() -> datetime:
    return datetime.now(UTC)


def _peak_mb() -> float:
    """Of this program: `getrusage` would tell the peak of the process that started it, if that was higher."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kib) * 1024 / 1_000_000

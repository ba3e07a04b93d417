"""The publishing process, which is killed at any moment: settle, publish, confirm and sweep, over all channels.

What the outbox rests on: a worker that is still alive is never taken for dead. A claim counts as a dead worker's after
`STALE_AFTER`, 15 minutes of edition time, which at `RATE` are 15 seconds here; a live one does not begin to send after
half of that, 7.5 seconds. So the longest way from that look at the clock to the answer of the call that publishes must
be shorter than the other half. It is five calls (a token, the call, its refusal for a token that has run out, another
token, the call again) of `READ_SECONDS` at most each, 4 seconds: nothing is slow to connect on the loopback interface,
and the sandbox does not dribble its answers. A `RATE` or a `READ_SECONDS` that breaks this breaks the run's verdict.
"""

from __future__ import annotations

import logging
import os
import random
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.chaos.house import CHANNELS, House

from rongmei.accounts import SandboxCredentials
from rongmei.channels import client, registry
from rongmei.channels.platforms.bilibili import upload as bilibili_upload
from rongmei.channels.platforms.douyin import DouyinChannel
from rongmei.channels.platforms.douyin.uploads import Sizes as DouyinSizes
from rongmei.channels.platforms.kuaishou import KuaishouChannel
from rongmei.channels.platforms.kuaishou.uploads import Sizes as KuaishouSizes
from rongmei.desk import SandboxClock
from rongmei.errors import RongmeiError
from rongmei.ledger import Ledger
from rongmei.publishing import confirm, publish, sweep

RATE = 60.0
READ_SECONDS = 0.8
PART_BYTES = 24_000
WORKERS = 6
CRASHED = 70
"""The exit status of a child that met an error nobody foresaw."""


def fork(work: Callable[[], None], log: Path) -> int:
    """Do `work` in a child process; its id. What it writes and what it dies of stands in `log`."""
    child = os.fork()
    if child:
        return child
    status = CRASHED
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - the child ends here whatever it was
        traceback.print_exc()
    finally:
        # Nothing of the parent's may be cleaned up here: no buffers, no temporary folders.
        os._exit(status)


def work(house: House, seed: str, *, once: bool) -> None:
    """Publish what there is, round after round, until killed; nobody goes on without his parent.

    Args:
        once: one round over everything, then return.
    """
    _hurry()
    rng, parent = random.Random(seed), os.getppid()
    with closing(Ledger(house.ledger_url)) as ledger:
        desk = _Desk(house, ledger)
        while os.getppid() == parent:
            for step in rng.sample(desk.steps, len(desk.steps)):
                _try(step)
            if once:
                return
            time.sleep(0.02)


class _Desk:
    """What a task of the edition holds in its hands, and its steps."""

    def __init__(self, house: House, ledger: Ledger) -> None:
        self._house, self._ledger = house, ledger
        self._connect = SandboxCredentials(house.sandbox_url)
        self._clock = SandboxClock(house.sandbox_url)
        self.steps: list[Callable[[], object]] = [self._sweep]
        for channel in CHANNELS:
            self.steps += [self._publish(channel), self._confirm(channel)]

    def _publish(self, channel: str) -> Callable[[], object]:
        house = self._house
        return lambda: publish(
            self._ledger, house.plan, house.key, channel,
            connect=self._connect, settings=house.settings, clock=self._clock, workers=WORKERS,
        )  # fmt: skip

    def _confirm(self, channel: str) -> Callable[[], object]:
        house = self._house
        return lambda: confirm(
            self._ledger, house.plan, house.key, channel, connect=self._connect, clock=self._clock, workers=WORKERS
        )

    def _sweep(self) -> object:
        return sweep(self._ledger, self._house.plan, rehearsal=True, connect=self._connect, clock=self._clock)


def _try(step: Callable[[], object]) -> None:
    """A step that fails as it may fail is tried again in the next round, as a task would be."""
    try:
        step()
    except RongmeiError as error:
        logging.getLogger(__name__).warning("%s", error)


def _hurry() -> None:
    """Short timeouts, small parts; see the module for why the timeouts must be as short as that."""
    client.CONNECT_SECONDS = client.READ_SECONDS = READ_SECONDS
    bilibili_upload.PART_BYTES = PART_BYTES
    channels = registry.all_channels()
    channels["douyin"] = DouyinChannel(DouyinSizes(PART_BYTES, PART_BYTES, PART_BYTES // 2))
    channels["kuaishou"] = KuaishouChannel(KuaishouSizes(PART_BYTES, PART_BYTES))

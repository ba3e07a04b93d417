"""What an edition can wait for, by name; asked every few seconds in the triggerer, so that waiting holds no slot."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from rongmei import assignments, metrics, publishing, stories
from rongmei.desk import Desk
from rongmei.errors import NotReady, TryLater
from rongmei_airflow.desk import desk_of


def _answers(desk: Desk, _: str | None) -> bool:
    return assignments.waiting(desk.ledger, desk.key, now=desk.now()) == 0


def _stories(desk: Desk, _: str | None) -> bool:
    if stories.has_new_files(desk.plan, desk.settings, rehearsal=desk.rehearsal):
        return True
    return stories.waiting(desk.ledger, desk.key, now=desk.now()) == 0


def _slots(desk: Desk, channel: str | None) -> bool:
    due = publishing.next_due(desk.ledger, desk.key, channel or "")
    return due is None or due <= desk.now()


def _checkpoint(desk: Desk, _: str | None) -> bool:
    return metrics.checkpoint_due(desk.ledger, desk.plan, desk.key, now=desk.now())


READY: dict[str, Callable[[Desk, str | None], bool]] = {
    "answers": _answers,
    "stories": _stories,
    "slots": _slots,
    "checkpoint": _checkpoint,
}
"""Name → is it there? Each is a short read of the ledger."""


def poll_seconds() -> float:
    """Seconds between two looks (`RONGMEI_POLL_SECONDS`; rehearsals set it low)."""
    return float(os.environ.get("RONGMEI_POLL_SECONDS", "30"))


class LedgerTrigger(BaseTrigger):
    """Fires once what an edition waits for is there.

    Args:
        what: a key of `READY`.
        campaign: campaign id.
        key: edition key.
        channel: for `slots`, whose.
    """

    def __init__(self, what: str, campaign: str, key: str, channel: str | None = None) -> None:
        super().__init__()
        self.what, self.campaign, self.key, self.channel = what, campaign, key, channel

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow stores it."""
        kwargs = {"what": self.what, "campaign": self.campaign, "key": self.key, "channel": self.channel}
        return f"{type(self).__module__}.{type(self).__qualname__}", kwargs

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep, look, and again.

        It never fires at once: a task that is resumed before the executor has reported its deferral would be taken
        for one that was killed from outside.
        """
        desk = await asyncio.to_thread(desk_of, self.campaign, self.key)
        try:
            while True:
                await asyncio.sleep(poll_seconds())
                if await asyncio.to_thread(self._ready, desk):
                    break
        finally:
            desk.ledger.close()
        yield TriggerEvent({"what": self.what})

    def _ready(self, desk: Desk) -> bool:
        try:
            return READY[self.what](desk, self.channel)
        except (TryLater, NotReady) as problem:
            self.log.warning("暂时看不到：%s", problem)
            return False

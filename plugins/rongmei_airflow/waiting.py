"""What an edition can wait for, by name; asked every few seconds in the triggerer, so that waiting holds no slot."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from rongmei import assignments, metrics, publishing, stories
from rongmei.desk import Desk
from rongmei.errors import NotReady, TryLater
from rongmei_airflow.desk import desk_of

FIRST_LOOK_SECONDS = 3.0
LINGER_SECONDS = 6.0
"""What comes this soon is waited for in place: leaving the slot, being triggered and queued again takes longer."""
LINGER_LOOK_SECONDS = 0.25


@dataclass(frozen=True)
class Wait:
    """What is waited for.

    Attributes:
        what: a key of `READY`.
        channel: for `slots` and `polls`, whose.
        known: for `stories`, the files that were there already and are not news.
    """

    what: str
    channel: str | None = None
    known: frozenset[str] = frozenset()


def _answers(desk: Desk, _: Wait) -> bool:
    # A no is dealt with at once, not when the last of the others has answered.
    return assignments.waiting(desk.ledger, desk.key, now=desk.now()) == 0 or assignments.declined(
        desk.ledger, desk.key
    )


def _stories(desk: Desk, wait: Wait) -> bool:
    if waiting_files(desk) - wait.known:
        return True
    rework = desk.plan.campaign.production.rework
    return stories.waiting(desk.ledger, desk.key, now=desk.now(), rework=rework) == 0


def _slots(desk: Desk, wait: Wait) -> bool:
    due = publishing.next_due(desk.ledger, desk.key, wait.channel or "")
    return due is None or due <= desk.now()


def _polls(desk: Desk, wait: Wait) -> bool:
    due = publishing.next_poll(desk.ledger, desk.key, wait.channel or "")
    return due is None or due <= desk.now()


def _checkpoint(desk: Desk, _: Wait) -> bool:
    return metrics.checkpoint_due(desk.ledger, desk.plan, desk.key, now=desk.now())


READY: dict[str, Callable[[Desk, Wait], bool]] = {
    "answers": _answers,
    "stories": _stories,
    "slots": _slots,
    "polls": _polls,
    "checkpoint": _checkpoint,
}
"""Name → is it there? Each is a short read."""


def waiting_files(desk: Desk) -> frozenset[str]:
    """The texts in the drop folders that this edition looks into."""
    return stories.waiting_files(desk.plan, desk.settings, rehearsal=desk.rehearsal)


def poll_seconds() -> float:
    """Seconds between two looks (`RONGMEI_POLL_SECONDS`; rehearsals set it low)."""
    return float(os.environ.get("RONGMEI_POLL_SECONDS", "30"))


def linger(desk: Desk, wait: Wait) -> bool:
    """Wait a few seconds in place; whether what is waited for has come."""
    looks = round(LINGER_SECONDS / LINGER_LOOK_SECONDS)
    for _ in range(looks):
        if READY[wait.what](desk, wait):
            return True
        time.sleep(LINGER_LOOK_SECONDS)
    return False


class LedgerTrigger(BaseTrigger):
    """Fires once what an edition waits for is there.

    Args:
        campaign: campaign id.
        key: edition key.
        what, channel, known: as in `Wait`.
    """

    def __init__(
        self, campaign: str, key: str, what: str, channel: str | None = None, known: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.campaign, self.key, self.wait = campaign, key, Wait(what, channel, frozenset(known))

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow stores it."""
        kwargs = {
            "campaign": self.campaign,
            "key": self.key,
            "what": self.wait.what,
            "channel": self.wait.channel,
            "known": sorted(self.wait.known),
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", kwargs

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep, look, and again.

        It never fires at once: a task that is resumed before the executor has reported its deferral would be taken
        for one that was killed from outside.
        """
        desk = await asyncio.to_thread(desk_of, self.campaign, self.key)
        try:
            await asyncio.sleep(FIRST_LOOK_SECONDS)
            while not await asyncio.to_thread(self._ready, desk):
                await asyncio.sleep(poll_seconds())
        finally:
            desk.ledger.close()
        yield TriggerEvent({"what": self.wait.what})

    def _ready(self, desk: Desk) -> bool:
        try:
            return READY[self.wait.what](desk, self.wait)
        except (TryLater, NotReady) as problem:
            self.log.warning("暂时看不到：%s", problem)
            return False

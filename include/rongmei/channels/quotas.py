"""A platform's limits per account, and the counter that keeps them across workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Quota:
    """How often one account may make one kind of call.

    Attributes:
        name: what is counted: post, poll, upload …
        label: the same for a reader: 发布.
        limit: calls in one window.
        window: its length. A day is the platform's calendar day (Asia/Shanghai); shorter windows follow each other
            from midnight.
        apart: at least so long between two calls.
        verified: whether the platform states the limit; others are to be set by whoever knows better.
    """

    name: str
    label: str
    limit: int
    window: timedelta = DAY
    apart: timedelta = timedelta(0)
    verified: bool = True


class Meter(Protocol):
    """Counts uses of quotas, atomically across all workers."""

    def take(self, account: str, quota: Quota, now: datetime) -> None:
        """Count one use.

        Raises:
            QuotaGone: none is left in this window, or the last one was too short a time ago.
        """


def with_limits(quotas: tuple[Quota, ...], limits: Mapping[str, int]) -> dict[str, Quota]:
    """Quotas by name, with an account's own limits in place of the platform's usual ones."""
    return {quota.name: replace(quota, limit=limits.get(quota.name, quota.limit)) for quota in quotas}

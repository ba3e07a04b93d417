"""How long the platforms take to answer: on order, an answer is kept back until its call has lasted so long.

The time counts from the moment the call's head is there to the moment its answer leaves, so what the sandbox does
itself lies within it. How long each call takes is a hash of the order's seed, the account, and how many calls that
account has made since: a run has the same latencies again, whatever the other accounts do meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.audience import uniform
from sandbox.store import Store

_KEY = "latency"
_MOST_MS = 60_000.0


class Pace(BaseModel):
    """An order: each call takes ``mean_ms`` ± ``spread_ms``, evenly spread; 0 answers as soon as it can."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean_ms: float = Field(default=0.0, ge=0.0, le=_MOST_MS)
    spread_ms: float = Field(default=0.0, ge=0.0, le=_MOST_MS)
    seed: str = Field(default="", max_length=200)

    @model_validator(mode="after")
    def _never_negative(self) -> Self:
        if self.spread_ms > self.mean_ms:
            raise ValueError("spread_ms is at most mean_ms")
        return self


@dataclass
class _Tally:
    calls: int = 0
    ordered_ms: float = 0.0
    took_ms: float = 0.0


class Latency:
    """The order in force, which a restart keeps, and what it has come to by account, which a restart forgets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        saved = store.meta(_KEY)
        self._pace = Pace.model_validate_json(saved) if saved else Pace()
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    def order(self, pace: Pace) -> None:
        """From now on; counting begins anew."""
        with self._lock:
            self._store.set_meta(_KEY, pace.model_dump_json())
            self._pace = pace
            self._tallies.clear()

    def report(self) -> dict[str, Any]:
        """The order, and by ``outlet/platform`` (no outlet where nobody knows who called) the calls since.

        ``ordered_ms`` is the sum of what their answers were to take, ``took_ms`` of what they took; both stay 0
        without an order.
        """
        with self._lock:
            accounts = {
                account: {
                    "calls": tally.calls,
                    "ordered_ms": round(tally.ordered_ms, 3),
                    "took_ms": round(tally.took_ms, 3),
                }
                for account, tally in sorted(self._tallies.items())
            }
            return {**self._pace.model_dump(), "accounts": accounts}

    async def keep_back(self, account: str, begun: float) -> None:
        """Wait until the answer to a call of ``account`` (``outlet/platform``) may leave.

        ``begun`` is when the call came, by ``time.monotonic``.
        """
        with self._lock:
            pace, tally = self._pace, self._tallies[account]
            if not pace.mean_ms:
                tally.calls += 1
                return
            wanted = pace.mean_ms + pace.spread_ms * (2 * uniform("latency", pace.seed, account, tally.calls) - 1)
            tally.calls += 1
            tally.ordered_ms += wanted
        await asyncio.sleep(max(0.0, begun + wanted / 1000 - time.monotonic()))
        with self._lock:
            tally.took_ms += (time.monotonic() - begun) * 1000

"""What one run over an edition's publications on one channel needs: the edition, the channel, and lines to accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from rongmei.accounts import Connect, LedgerMeter, open_account
from rongmei.channels import Channel, Line, get_channel
from rongmei.ledger import Ledger, get_edition

if TYPE_CHECKING:
    from rongmei.config import Plan

WORKERS = 8
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """One run. `clock` gives the present moment, aware UTC."""

    ledger: Ledger
    plan: Plan
    edition_id: int
    rehearsal: bool
    channel: Channel
    connect: Connect
    clock: Callable[[], datetime]

    def open(self, account: str) -> Line:
        """A line to the account `outlet/channel`.

        Raises:
            CredentialRefused: the cluster or the connection does not have it, or a rehearsal would reach readers.
            TryLater: the credential cannot be looked up now.
        """
        return open_account(
            self.plan.cluster,
            account,
            connect=self.connect,
            clock=self.clock,
            rehearsal=self.rehearsal,
            meter=LedgerMeter(self.ledger, rehearsal=self.rehearsal),
        )


def open_run(
    ledger: Ledger, plan: Plan, key: str, channel: str, *, connect: Connect, clock: Callable[[], datetime]
) -> Run:
    """A run over the edition `key` on `channel`.

    Raises:
        BadInput: there is no such edition or channel.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        return Run(ledger, plan, edition.id, edition.rehearsal, get_channel(channel), connect, clock)


def each_account(
    work: Mapping[str, Sequence[int]], do: Callable[[str, Sequence[int]], T], *, workers: int = WORKERS
) -> dict[str, T]:
    """`do(account, publication ids)` for every account, one account in one thread, at most `workers` at a time.

    An account's failure does not stop the others; the first one is raised when all are done.
    """
    if not work:
        return {}
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(work))), thread_name_prefix="account") as pool:
        futures = {account: pool.submit(do, account, ids) for account, ids in work.items()}
    return {account: future.result() for account, future in futures.items()}

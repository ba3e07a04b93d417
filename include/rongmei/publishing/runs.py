"""What one run over an edition's publications on one channel needs: the edition, the channel, and lines to accounts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

from sqlalchemy import select

from rongmei.accounts import Connect, LedgerMeter, open_account
from rongmei.channels import Channel, Described, HandOff, Line, describe
from rongmei.config import Account, PublishingRules, account_key
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Publication, get_edition
from rongmei.publishing.schedule import Timetable, pace, timetable
from rongmei.publishing.standing import page_channels

if TYPE_CHECKING:
    from rongmei.config import Plan

WORKERS = 8
MOST_WORKERS = 64
ENV_WORKERS = "RONGMEI_PUBLISH_WORKERS"
T = TypeVar("T")
R = TypeVar("R")


def worker_count(asked: int | None = None) -> int:
    """Accounts worked on at a time: as asked for, else `RONGMEI_PUBLISH_WORKERS`, else 8; from 1 to 64.

    Raises:
        BadInput: the variable is no number.
    """
    said = os.environ.get(ENV_WORKERS, "").strip() if asked is None else ""
    if said and not said.isdecimal():
        raise BadInput(f"“{said[:20]}”不是数", where=f"环境变量 {ENV_WORKERS}", mend=f"写 1 到 {MOST_WORKERS} 的整数")
    wanted = asked if asked is not None else int(said or WORKERS)
    return max(1, min(wanted, MOST_WORKERS))


@dataclass(frozen=True)
class Run:
    """One run. `clock` gives the present moment, aware UTC.

    Attributes:
        rules: the campaign's at this edition's pace, see `schedule.pace`.
        pages: the edition has pages that its other posts may link to.
    """

    ledger: Ledger
    plan: Plan
    key: str
    edition_id: int
    rehearsal: bool
    channel: Described
    connect: Connect
    clock: Callable[[], datetime]
    rules: PublishingRules
    pages: bool

    @property
    def platform(self) -> Channel:
        """The channel, which has an interface to publish by: what people publish by hand never gets that far."""
        return cast("Channel", self.channel)

    @property
    def handoff(self) -> HandOff | None:
        """The channel, if people publish on it by hand."""
        return cast("HandOff", self.channel) if self.channel.capabilities.kind == "handoff" else None

    @cached_property
    def _accounts(self) -> dict[str, Account]:
        return {account_key(outlet, account): account for outlet, account in self.plan.cluster.accounts()}

    @cached_property
    def outlet_names(self) -> dict[str, str]:
        """What readers call the outlets, by id."""
        return {outlet.id: outlet.name for outlet in self.plan.cluster.outlets}

    def timetable(self, account: str) -> Timetable:
        """When the account `outlet/channel` publishes."""
        rules, channel = self.plan.campaign.publishing, self.channel.name
        return timetable(rules, channel, self._accounts.get(account), rehearsal=self.rehearsal)

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
    known = describe(channel)
    with ledger.read() as session:
        edition = get_edition(session, key)
        pages = select(Publication.id).where(
            Publication.edition_id == edition.id, Publication.channel.in_(page_channels())
        )
        return Run(
            ledger=ledger,
            plan=plan,
            key=key,
            edition_id=edition.id,
            rehearsal=edition.rehearsal,
            channel=known,
            connect=connect,
            clock=clock,
            rules=pace(plan.campaign.publishing, rehearsal=edition.rehearsal),
            pages=not known.capabilities.page and session.scalar(pages.limit(1)) is not None,
        )


def each_account(
    work: Mapping[str, Sequence[T]],
    do: Callable[[str, Sequence[T]], R],
    *,
    workers: int | None = None,
    urgent: Callable[[str], bool] = lambda _: False,
) -> dict[str, R]:
    """`do(account, what it has to do)` for every account, one account in one thread, at most `workers` at a time.

    Urgent accounts begin first, and of the others the longest, so that no thread is left alone with it in the end. An
    account's failure does not stop the others; the first one is raised when all are done.
    """
    if not work:
        return {}
    longest_first = sorted(work, key=lambda account: (not urgent(account), -len(work[account])))
    threads = min(worker_count(workers), len(work))
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="account") as pool:
        futures = {account: pool.submit(do, account, work[account]) for account in longest_first}
    return {account: futures[account].result() for account in work}

"""The outbox: sends what is due, each publication exactly once, whatever breaks and however often it is run.

Claim (`scheduled → sending`, committed) before any byte leaves; prepare; note that the send is leaving (committed);
one mutating call. A clear "nothing happened" goes back to `scheduled`, a clear refusal is `failed`, anything else is
`unknown` and settled by reading the platform (see `settle`), never by sending again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from rongmei.accounts import Connect
from rongmei.channels import Line
from rongmei.errors import CredentialRefused, QuotaGone, TryLater
from rongmei.ledger import Ledger, Publication
from rongmei.publishing import claims
from rongmei.publishing.articles import Articles
from rongmei.publishing.bundles import bundles, size_of
from rongmei.publishing.due import STALE_AFTER, Due, due_by_account
from rongmei.publishing.handoff import lay_out
from rongmei.publishing.postponing import pause_for, put_off
from rongmei.publishing.runs import Run, each_account, open_run
from rongmei.publishing.schedule import late_after
from rongmei.publishing.sending import deliver
from rongmei.publishing.settle import settle_run
from rongmei.publishing.standing import PROPOSED
from rongmei.settings import Settings

if TYPE_CHECKING:
    from rongmei.config import Plan

_ENDS = ("accepted", "live", "failed", "unknown", "missed", "cancelled", "postponed", "awaiting")


@dataclass(frozen=True)
class PublishSummary:
    """What one run did, in publications.

    Attributes:
        accepted: taken by the platform, not yet visible; `confirm` will tell.
        live: visible to readers.
        unknown: sent without a clear answer; settled by later runs.
        missed: too late, never sent.
        cancelled: the story was edited after its sign-off.
        postponed: tried, but the platform did nothing (quota, not connected, credential), or it is not their turn yet.
        waiting: still scheduled when the run ended, the postponed ones included.
        refused_accounts: accounts whose credential a person must mend.
        awaiting: laid ready for a person who publishes them.
        proposed: of the waiting ones, those whose quota comes back too late: a person accepts a later slot.
    """

    accepted: int = 0
    live: int = 0
    failed: int = 0
    unknown: int = 0
    missed: int = 0
    cancelled: int = 0
    postponed: int = 0
    waiting: int = 0
    refused_accounts: tuple[str, ...] = ()
    awaiting: int = 0
    proposed: int = 0


@dataclass(frozen=True)
class _Tally:
    outcomes: Counter[str]
    refused: bool = False


def publish(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    settings: Settings,
    clock: Callable[[], datetime],
    workers: int | None = None,
    stale_after: timedelta = STALE_AFTER,
) -> PublishSummary:
    """Send everything of the edition that is due on `channel`; first settle what earlier runs left unclear.

    On a hand-off channel everything due is laid ready for the people who publish it.

    Args:
        connect: finds an account's credential.
        clock: the present moment, aware UTC; asked again before each publication.
        workers: accounts worked on at a time; None: as `runs.worker_count` says.
        stale_after: a claim older than this belongs to a dead worker.

    Raises:
        BadInput: there is no such edition or channel, or the credentials cannot be read at all.
    """
    return publish_all(
        ledger,
        plan,
        key,
        [channel],
        connect=connect,
        settings=settings,
        clock=clock,
        workers=workers,
        stale_after=stale_after,
    )[channel]


def publish_all(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channels: Sequence[str],
    *,
    connect: Connect,
    settings: Settings,
    clock: Callable[[], datetime],
    workers: int | None = None,
    stale_after: timedelta = STALE_AFTER,
) -> dict[str, PublishSummary]:
    """`publish` on several channels at once, their accounts side by side; sites begin, because others link to them.

    Args:
        workers: accounts worked on at a time, of all channels together.
    """
    desks = [
        _open(
            open_run(ledger, plan, key, channel, connect=connect, clock=clock),
            settings,
            stale_after=stale_after,
            workers=workers,
        )
        for channel in dict.fromkeys(channels)
    ]
    desk_of = {account: desk for desk in desks for account in desk.due}
    tallies = each_account(
        {account: desk.due[account] for account, desk in desk_of.items()},
        lambda account, due: desk_of[account].work(account, due),
        workers=workers,
        urgent=lambda account: desk_of[account].run.channel.capabilities.page,
    )
    return {desk.run.channel.name: _summary(desk, tallies) for desk in desks}


@dataclass(frozen=True)
class _Desk:
    """A run with what it found due, by account, and what it has marked missed."""

    run: Run
    home: Path
    articles: Articles
    due: dict[str, list[Due]]
    missed: int
    stale_after: timedelta

    def work(self, account: str, due: Sequence[Due]) -> _Tally:
        """One account's due publications, one post after the other."""
        if self.run.handoff is not None:
            return _Tally(lay_out(self.run, self.home, self.articles, due))
        return _work_through(self.run, self.articles, self.stale_after, account, due)


def _open(run: Run, settings: Settings, *, stale_after: timedelta, workers: int | None) -> _Desk:
    settle_run(run, stale_after=stale_after, workers=workers)
    channel, now = run.channel.name, run.clock()
    missed = claims.mark_missed(run.ledger, run.edition_id, channel, late=late_after(run.rules), now=now)
    due = due_by_account(run.ledger, run.edition_id, channel, now=now)
    versions = (one.version_id for mine in due.values() for one in mine)
    articles = Articles(run.ledger, run.plan, settings.media, versions)
    return _Desk(run, settings.home, articles, due, missed, stale_after)


def _summary(desk: _Desk, tallies: Mapping[str, _Tally]) -> PublishSummary:
    mine = {account: tallies[account] for account in desk.due}
    total = sum((tally.outcomes for tally in mine.values()), Counter({"missed": desk.missed}))
    waiting, proposed = _left(desk.run)
    return PublishSummary(
        **{state: total[state] for state in _ENDS},
        waiting=waiting,
        refused_accounts=tuple(sorted(account for account, tally in mine.items() if tally.refused)),
        proposed=proposed,
    )


def _work_through(run: Run, articles: Articles, stale_after: timedelta, account: str, due: Sequence[Due]) -> _Tally:
    """One account's due publications, one post after the other, on one line."""
    try:
        line = run.open(account)
    except (CredentialRefused, TryLater) as error:
        _put_off(run, due, error)
        return _Tally(Counter(postponed=len(due)), refused=isinstance(error, CredentialRefused))
    outcomes: Counter[str] = Counter()
    tried: set[int] = set()
    for together in bundles(due, size_of(run.channel), rehearsal=run.rehearsal):
        tried.update(one.id for one in together)
        halt = _send(run, articles, line, together, stale_after, outcomes)
        if halt is not None:
            # The next one would be refused as well, and some platforms lock accounts that keep knocking.
            _put_off(run, [one for one in due if one.id not in tried], halt)
            return _Tally(outcomes, refused=isinstance(halt, CredentialRefused))
    return _Tally(outcomes)


def _send(
    run: Run, articles: Articles, line: Line, together: list[Due], stale_after: timedelta, outcomes: Counter[str]
) -> CredentialRefused | QuotaGone | None:
    """One post; counts what became of it, and says why the account should be left alone now, if it should."""
    held, turned_away = claims.claim(run, articles, together, now=run.clock())
    outcomes.update(turned_away)
    if not held:
        return None
    delivery = deliver(run, line, held, stale_after=stale_after)
    outcomes.update(delivery.outcomes)
    return delivery.halt


def _put_off(run: Run, due: Sequence[Due], error: TryLater | CredentialRefused) -> None:
    """Push back what cannot even be claimed."""
    if not due:
        return
    now = run.clock()
    put_off(run, [one.id for one in due], pause_for(error, attempt=1, now=now), now=now)


def _left(run: Run) -> tuple[int, int]:
    """How many are still scheduled, and of how many of these a later slot is proposed."""
    with run.ledger.read() as session:
        rows = session.scalars(
            select(Publication.progress).where(
                Publication.edition_id == run.edition_id,
                Publication.channel == run.channel.name,
                Publication.state == "scheduled",
            )
        ).all()
    return len(rows), sum(bool(progress.get(PROPOSED)) for progress in rows)

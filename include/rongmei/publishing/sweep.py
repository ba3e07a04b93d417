"""Goes through everything that is open and settles what time or reading can settle; sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from rongmei.accounts import Connect
from rongmei.errors import RongmeiError
from rongmei.ledger import Edition, Ledger, Publication
from rongmei.publishing import claims
from rongmei.publishing.confirm import confirm
from rongmei.publishing.due import STALE_AFTER
from rongmei.publishing.runs import open_run
from rongmei.publishing.schedule import late_after
from rongmei.publishing.settle import settle_run

if TYPE_CHECKING:
    from rongmei.config import Plan

OPEN = ("scheduled", "sending", "unknown", "accepted")
"""What time or reading may move; what waits for a person (`awaiting_operator`) is chased by mail instead."""


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep did, over all editions of a campaign or of all campaigns.

    Attributes:
        editions: with something open.
        problems: what could not be swept and why, one line each; the rest was.
    """

    editions: int = 0
    stale: int = 0
    rescheduled: int = 0
    unknown: int = 0
    missed: int = 0
    live: int = 0
    failed: int = 0
    pending: int = 0
    problems: tuple[str, ...] = ()


def sweep(
    ledger: Ledger,
    plan: Plan,
    *,
    rehearsal: bool,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
    workers: int | None = None,
) -> SweepSummary:
    """Settle, confirm and mark missed over every edition of the campaign that has something open.

    Args:
        rehearsal: which editions; rehearsals have a clock and accounts of their own.
    """
    total: Counter[str] = Counter()
    problems: list[str] = []
    open_work = _open_work(ledger, plan.campaign.id, rehearsal=rehearsal)
    for key, channel in open_work:
        try:
            total += _sweep_one(
                ledger, plan, key, channel, connect=connect, clock=clock, stale_after=stale_after, workers=workers
            )
        except RongmeiError as problem:
            problems.append(f"{key} {channel}：{problem}")
    return SweepSummary(editions=len({key for key, _ in open_work}), **total, problems=tuple(problems))


def sweep_all(
    ledger: Ledger,
    load_plan: Callable[[str], Plan],
    *,
    rehearsal: bool,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
    workers: int | None = None,
) -> SweepSummary:
    """`sweep` for every campaign that has something open.

    Args:
        load_plan: the plan of a campaign by its id; its errors become problems of the summary.
    """
    done: list[SweepSummary] = []
    for campaign in _open_campaigns(ledger, rehearsal=rehearsal):
        try:
            plan = load_plan(campaign)
        except RongmeiError as problem:
            done.append(SweepSummary(problems=(f"活动 {campaign}：{problem}",)))
            continue
        done.append(
            sweep(
                ledger,
                plan,
                rehearsal=rehearsal,
                connect=connect,
                clock=clock,
                stale_after=stale_after,
                workers=workers,
            )
        )
    return _sum(done)


def _sum(parts: list[SweepSummary]) -> SweepSummary:
    names = [one.name for one in fields(SweepSummary) if one.name != "problems"]
    counts = {name: sum(asdict(part)[name] for part in parts) for name in names}
    return SweepSummary(**counts, problems=tuple(problem for part in parts for problem in part.problems))


def _sweep_one(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta,
    workers: int | None,
) -> Counter[str]:
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    settled = settle_run(run, stale_after=stale_after, workers=workers)
    confirmed = confirm(ledger, plan, key, channel, connect=connect, clock=clock, workers=workers)
    missed = claims.mark_missed(ledger, run.edition_id, channel, late=late_after(run.rules), now=clock())
    return Counter(
        stale=settled.stale,
        rescheduled=settled.rescheduled,
        unknown=settled.unknown,
        missed=missed,
        live=settled.live + confirmed.live,
        failed=confirmed.failed,
        pending=confirmed.pending,
    )


def _open_work(ledger: Ledger, campaign: str, *, rehearsal: bool) -> list[tuple[str, str]]:
    """(edition key, channel) with publications that time or reading may move."""
    with ledger.read() as session:
        rows = session.execute(
            select(Edition.key, Publication.channel)
            .join(Publication, Publication.edition_id == Edition.id)
            .where(
                Edition.campaign == campaign,
                Edition.rehearsal == rehearsal,
                Publication.state.in_(OPEN),
            )
            .distinct()
            .order_by(Edition.key, Publication.channel)
        ).all()
    return [(key, channel) for key, channel in rows]


def _open_campaigns(ledger: Ledger, *, rehearsal: bool) -> list[str]:
    with ledger.read() as session:
        return list(
            session.scalars(
                select(Edition.campaign)
                .join(Publication, Publication.edition_id == Edition.id)
                .where(Edition.rehearsal == rehearsal, Publication.state.in_(OPEN))
                .distinct()
                .order_by(Edition.campaign)
            )
        )

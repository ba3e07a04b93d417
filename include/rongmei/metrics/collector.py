"""Reads the platforms' figures for what is out and keeps them as snapshots; what a platform does not say stays null.

Everything of an account is asked for together, whatever campaign and edition it belongs to. One thread works on an
account at a time; this thread writes, while the others go on asking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from rongmei.accounts import Connect, LedgerMeter, open_account
from rongmei.channels import Line, Posted, Quota, describe, get_channel
from rongmei.config import account_key
from rongmei.errors import CredentialRefused
from rongmei.ledger import DueReading, Edition, Ledger, Publication, StoryVersion, get_edition
from rongmei.metrics.keeping import Heard, Kept, keep
from rongmei.metrics.planning import plan_readings
from rongmei.metrics.reading import MISSED, Reading, read_account
from rongmei.metrics.schedule import STOP

if TYPE_CHECKING:
    from rongmei.config import Cluster, Plan

WORKERS = 8
FLUSH = 5_000
"""Publications heard of before they are written down."""
OUT = ("accepted", "live")
WAITING = ("scheduled", "sending", "unknown")
CALLS_A_POST = 3
"""What publishing one post may take of a quota that reading shares: sending, and looking twice how it went."""
SHARE = 4
"""One part in so many of such a quota is left for publishing in any case."""
MOST_PROBLEMS = 20
LONGEST_PROBLEM = 300
GRACE = timedelta(days=1)
"""What is older than the last reading by so much and was never read is not begun with."""


@dataclass(frozen=True)
class CollectSummary:
    """What one collection brought.

    Attributes:
        snapshots: new ones stored.
        unchanged: publications whose figures are as they were; no new row.
        silent: publications of which their platform says nothing yet.
        fell: publications with a figure lower than before.
        gone: publications that their platform newly says are deleted.
        failed_accounts: accounts that could not be read this time.
        refused_accounts: those of them whose credential a person must mend.
        resting_accounts: accounts whose quota is left to publishing until its next window; they are not failed.
        problems: what else somebody should look at, each a sentence.
    """

    snapshots: int = 0
    unchanged: int = 0
    silent: int = 0
    fell: int = 0
    gone: int = 0
    failed_accounts: tuple[str, ...] = ()
    refused_accounts: tuple[str, ...] = ()
    resting_accounts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass
class _Job:
    """An account's part of a collection.

    Attributes:
        posts: by publication.
        hidden: publications that readers have not seen yet: that the platform has none of them is no loss.
        missing: external ids of those that had figures and of which nothing is heard any more.
    """

    posts: dict[int, Posted] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)


@dataclass
class _Told:
    """What came of a collection so far."""

    kept: Kept = field(default_factory=Kept)
    failed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    resting: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def note(self, account: str, reading: Reading) -> None:
        if reading.fault == "quota":
            self.resting.append(account)
        elif reading.fault:
            self.failed.append(account)
            self.problems.append(reading.why)
        if reading.fault == "refused":
            self.refused.append(account)

    def summary(self) -> CollectSummary:
        kept = self.kept
        lines = [
            *(f"发布单 #{key}：平台说作品已删除，保留最后的数据" for key in kept.gone),
            *(f"发布单 #{key}：有数字比上次少，已照实记下" for key in kept.fell),
            *(f"发布单 #{key}：平台给的不是数，按不知道记：{raw}" for key, raw in kept.strange),
            *self.problems,
        ]
        more = [f"另有 {len(lines) - MOST_PROBLEMS} 条没有列出"] if len(lines) > MOST_PROBLEMS else []
        return CollectSummary(
            snapshots=kept.added,
            unchanged=kept.unchanged,
            silent=kept.silent,
            fell=len(kept.fell),
            gone=len(kept.gone),
            failed_accounts=tuple(sorted(self.failed)),
            refused_accounts=tuple(sorted(self.refused)),
            resting_accounts=tuple(sorted(self.resting)),
            problems=(*(line[:LONGEST_PROBLEM] for line in lines[:MOST_PROBLEMS]), *more),
        )


def collect(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    workers: int = WORKERS,
) -> CollectSummary:
    """Read every accepted or live publication of one edition on `channel`, whether it is due or not.

    A publication that the platform does not report gets no snapshot, which is not the same as zeros. A channel that
    reports nothing (hand-offs, partners) is nothing to do.

    Raises:
        BadInput: there is no such edition or channel.
    """
    if not describe(channel).capabilities.reports:
        return CollectSummary()
    with ledger.read() as session:
        edition = get_edition(session, key)
    return _collect(
        ledger,
        [plan.cluster],
        channel,
        Publication.edition_id == edition.id,
        rehearsal=edition.rehearsal,
        connect=connect,
        clock=clock,
        workers=workers,
    )


def collect_due(
    ledger: Ledger,
    plans: Sequence[Plan],
    channel: str,
    *,
    rehearsal: bool,
    connect: Connect,
    clock: Callable[[], datetime],
    workers: int = WORKERS,
) -> CollectSummary:
    """Read what is due on `channel` of all campaigns and editions together, real ones or rehearsals.

    Platforms come when `schedule.next_reading` says; an account that fails is due again the next time.

    Args:
        plans: of all campaigns; they tell which accounts there are.

    Raises:
        BadInput: there is no such channel.
    """
    if not describe(channel).capabilities.reports:
        return CollectSummary()
    now = clock()
    out_at = func.coalesce(Publication.live_at, Publication.accepted_at, Publication.scheduled_at)
    begins = DueReading.publication_id.is_(None) & (out_at > now - STOP - GRACE)
    return _collect(
        ledger,
        [plan.cluster for plan in plans],
        channel,
        or_(DueReading.due_at <= now, begins),
        rehearsal=rehearsal,
        connect=connect,
        clock=clock,
        workers=workers,
    )


def any_due(ledger: Ledger, channel: str | None = None, *, rehearsal: bool) -> bool:
    """Whether anything is out (on `channel`) that may have to be read: if not, no clock need be asked."""
    found = _out(rehearsal=rehearsal).with_only_columns(Publication.id).limit(1)
    if channel is not None:
        found = found.where(Publication.channel == channel)
    with ledger.read() as session:
        return session.scalar(found) is not None


def _collect(
    ledger: Ledger,
    clusters: Sequence[Cluster],
    channel: str,
    which: ColumnElement[bool],
    *,
    rehearsal: bool,
    connect: Connect,
    clock: Callable[[], datetime],
    workers: int,
) -> CollectSummary:
    platform = get_channel(channel)
    observed_at = clock().replace(second=0, microsecond=0)
    jobs = _jobs(ledger, channel, which, rehearsal=rehearsal)
    meter = LedgerMeter(ledger, rehearsal=rehearsal, reserve=_reserve(ledger, channel, rehearsal=rehearsal))
    of_account = {account_key(outlet, one): cluster for cluster in clusters for outlet, one in cluster.accounts()}

    def line(account: str) -> Line:
        cluster = of_account.get(account)
        if cluster is None:
            raise CredentialRefused(f"集群文件里已没有账号 {account}")
        return open_account(cluster, account, connect=connect, clock=clock, rehearsal=rehearsal, meter=meter)

    def read(account: str) -> Reading:
        job = jobs[account]
        return read_account(platform, partial(line, account), list(job.posts.values()), job.missing)

    told, waiting = _Told(), list[Heard]()
    by_day = platform.capabilities.by_day
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(jobs))), thread_name_prefix="numbers") as pool:
        running = {pool.submit(read, account): account for account in jobs}
        for done in as_completed(running):
            account, reading = running[done], done.result()
            told.note(account, reading)
            waiting += _heard(jobs[account], reading)
            if len(waiting) >= FLUSH:
                told.kept += _written(ledger, waiting, observed_at, by_day=by_day)
                waiting = []
    told.kept += _written(ledger, waiting, observed_at, by_day=by_day)
    return told.summary()


def _written(ledger: Ledger, heard: Sequence[Heard], observed_at: datetime, *, by_day: bool) -> Kept:
    kept = keep(ledger, heard, observed_at)
    plan_readings(ledger, heard, kept, observed_at, by_day=by_day)
    return kept


def _heard(job: _Job, reading: Reading) -> Iterator[Heard]:
    """What was heard of each publication that was asked for; several may share a post."""
    for publication_id, post in job.posts.items():
        numbers = reading.figures.get(post.external_id)
        if numbers is not None and numbers.gone and publication_id in job.hidden:
            numbers = None
        if numbers is not None or post.external_id in reading.asked:
            yield Heard(publication_id, post.published_at, numbers)


def _out(*, rehearsal: bool) -> Select[Any]:
    return (
        select(Publication)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Edition.rehearsal == rehearsal, Publication.state.in_(OUT))
    )


def _jobs(ledger: Ledger, channel: str, which: ColumnElement[bool], *, rehearsal: bool) -> dict[str, _Job]:
    """What is to be read, by account."""
    asked = (
        _out(rehearsal=rehearsal)
        .with_only_columns(
            Publication.id,
            Publication.account,
            Publication.external_id,
            Publication.url,
            StoryVersion.title,
            Publication.fingerprint,
            func.coalesce(Publication.accepted_at, Publication.scheduled_at),
            func.coalesce(Publication.live_at, Publication.accepted_at, Publication.scheduled_at),
            Publication.progress,
            Publication.state,
            (DueReading.silent >= MISSED) & DueReading.changed_at.is_not(None),
        )
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .outerjoin(DueReading, DueReading.publication_id == Publication.id)
        .where(Publication.channel == channel, which)
        .order_by(Publication.account, Publication.id)
    )
    jobs: dict[str, _Job] = defaultdict(_Job)
    with ledger.read() as session:
        for row in session.execute(asked).tuples():
            publication_id, account, external_id, url, title, fingerprint, taken_at, out_at, progress, state, missed = (
                row
            )
            job, external_id = jobs[account], external_id or ""
            job.posts[publication_id] = Posted(external_id, url, title, fingerprint, taken_at, out_at, progress)
            if state != "live":
                job.hidden.add(publication_id)
            if missed:
                job.missing.append(external_id)
    return dict(jobs)


def _reserve(ledger: Ledger, channel: str, *, rehearsal: bool) -> Callable[[str, Quota], int]:
    """What reading leaves of an account's quota: a quarter at least, and enough for all that is still to go out."""
    with ledger.read() as session:
        rows = session.execute(
            select(Publication.account, func.count())
            .join(Edition, Edition.id == Publication.edition_id)
            .where(Edition.rehearsal == rehearsal, Publication.channel == channel, Publication.state.in_(WAITING))
            .group_by(Publication.account)
        )
        waiting: dict[str, int] = dict(rows.tuples().all())

    def reserve(account: str, quota: Quota) -> int:
        return max(ceil(quota.limit / SHARE), CALLS_A_POST * waiting.get(account, 0))

    return reserve

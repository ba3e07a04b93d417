"""Reads the platforms' figures for what is out and keeps them as snapshots; what a platform does not say stays null."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from rongmei.accounts import Connect, open_account, posted
from rongmei.channels import Channel, Line, Numbers, Posted, describe, get_channel
from rongmei.errors import CredentialRefused, Refused, TryLater
from rongmei.ledger import Ledger, Publication, Snapshot, get_edition

if TYPE_CHECKING:
    from rongmei.config import Plan

WORKERS = 8


@dataclass(frozen=True)
class CollectSummary:
    """What one collection brought.

    Attributes:
        snapshots: new ones stored.
        silent: publications of which their platform says nothing yet.
        failed_accounts: accounts that could not be read this time.
        refused_accounts: those of them whose credential a person must mend.
    """

    snapshots: int = 0
    silent: int = 0
    failed_accounts: tuple[str, ...] = ()
    refused_accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """What one account gave: figures by external id, or why there are none."""

    figures: dict[str, Numbers]
    failed: bool = False
    refused: bool = False


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
    """One snapshot of every accepted or live publication of the edition on `channel`, in bulk, account by account.

    Snapshots are stamped with the minute, and a minute has one: a run repeated within it adds nothing. A publication
    that the platform does not report gets no snapshot, which is not the same as zeros. A channel that reports nothing
    (hand-offs, partners) is nothing to do.

    Raises:
        BadInput: there is no such edition or channel.
    """
    if not describe(channel).capabilities.reports:
        return CollectSummary()
    platform = get_channel(channel)
    observed_at = clock().replace(second=0, microsecond=0)
    rehearsal, posts = _posts(ledger, key, channel)

    def read(account: str) -> _Reading:
        line = partial(open_account, plan.cluster, account, connect=connect, clock=clock, rehearsal=rehearsal)
        return _read(platform, line, list(posts[account].values()))

    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(posts))), thread_name_prefix="numbers") as pool:
        readings = dict(zip(posts, pool.map(read, posts), strict=True))
    rows = [
        _row(publication_id, observed_at, readings[account].figures[posted.external_id])
        for account, mine in posts.items()
        for publication_id, posted in mine.items()
        if posted.external_id in readings[account].figures
    ]
    read_well = sum(len(mine) for account, mine in posts.items() if not readings[account].failed)
    return CollectSummary(
        snapshots=_store(ledger, rows),
        silent=read_well - len(rows),
        failed_accounts=tuple(sorted(account for account, reading in readings.items() if reading.failed)),
        refused_accounts=tuple(sorted(account for account, reading in readings.items() if reading.refused)),
    )


def _posts(ledger: Ledger, key: str, channel: str) -> tuple[bool, dict[str, dict[int, Posted]]]:
    """Whether it is a rehearsal, and what is out: by account, then by publication id."""
    by_account: dict[str, dict[int, Posted]] = defaultdict(dict)
    with ledger.read() as session:
        edition = get_edition(session, key)
        for publication in session.scalars(
            select(Publication)
            .where(
                Publication.edition_id == edition.id,
                Publication.channel == channel,
                Publication.state.in_(("accepted", "live")),
            )
            .order_by(Publication.account, Publication.id)
        ):
            by_account[publication.account][publication.id] = posted(publication)
        return edition.rehearsal, dict(by_account)


def _read(platform: Channel, line: Callable[[], Line], posts: Sequence[Posted]) -> _Reading:
    try:
        return _Reading(platform.read_numbers(line(), posts))
    except (Refused, TryLater) as error:
        return _Reading({}, failed=True, refused=isinstance(error, CredentialRefused))


def _row(publication_id: int, observed_at: datetime, numbers: Numbers) -> dict[str, Any]:
    return {
        "publication_id": publication_id,
        "observed_at": observed_at,
        "reads": numbers.reads,
        "likes": numbers.likes,
        "comments": numbers.comments,
        "shares": numbers.shares,
        "watching": numbers.watching,
        "favourites": numbers.favourites,
        "raw": dict(numbers.raw),
    }


def _store(ledger: Ledger, rows: list[dict[str, Any]]) -> int:
    """Insert snapshots, leaving a minute's first one as it is; how many were new."""
    if not rows:
        return 0
    dialect = ledger.engine.dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    with ledger.begin() as session:
        added = session.scalars(
            make(Snapshot).on_conflict_do_nothing().returning(Snapshot.id),
            rows,
            execution_options={"render_nulls": True},
        )
        return len(added.all())

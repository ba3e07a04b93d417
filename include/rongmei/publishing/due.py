"""What is due, when the next thing will be, and what waits for a person; only reads."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from rongmei.ledger import Edition, Ledger, Publication, get_edition
from rongmei.publishing.standing import ALONE, CREDENTIAL, PROPOSED, RESCHEDULED, WAITS_FOR

STALE_AFTER = timedelta(minutes=15)
"""A claim older than this belongs to a dead worker; a live one gives up sending at half of it."""


@dataclass(frozen=True)
class Due:
    """A publication whose time has come, as it stood when the run began.

    Attributes:
        position: its place in a bundle, from 1; None where it has none.
        alone: it goes out by itself even where others could go with it.
    """

    id: int
    account: str
    outlet: str
    version_id: int
    fingerprint: str
    scheduled_at: datetime
    position: int | None = None
    alone: bool = False


@dataclass(frozen=True)
class Stuck:
    """An account whose publications wait for a person to mend its credential.

    Attributes:
        why: what the platform, or the connection, said last.
    """

    account: str
    publications: int
    why: str


def due_by_account(ledger: Ledger, edition_id: int, channel: str, *, now: datetime) -> dict[str, list[Due]]:
    """What is due, by account, in the order of slots."""
    columns = (
        Publication.id,
        Publication.account,
        Publication.outlet,
        Publication.version_id,
        Publication.fingerprint,
        Publication.scheduled_at,
        Publication.position,
    )
    with ledger.read() as session:
        rows = session.execute(
            select(*columns, Publication.progress)
            .where(
                Publication.edition_id == edition_id,
                Publication.channel == channel,
                Publication.state == "scheduled",
                Publication.scheduled_at <= now,
                Publication.not_before.is_(None) | (Publication.not_before <= now),
            )
            .order_by(Publication.scheduled_at, Publication.id)
        ).all()
    due: dict[str, list[Due]] = defaultdict(list)
    for row in rows:
        facts = dict(row._mapping)
        facts["alone"] = bool(facts.pop("progress").get(ALONE))
        due[row.account].append(Due(**facts))
    return dict(due)


def next_due(ledger: Ledger, key: str, channel: str) -> datetime | None:
    """When `publish` has something to do next (aware UTC, maybe past); None when nothing is left that time alone mends.

    Unknown publications count while they are still looked for often; later the sweep looks, and in the end a person.
    A publication whose quota comes back too late counts no more: a person accepts the proposed time, or it is missed.
    One whose credential was refused does count, because somebody may mend it meanwhile; see `stuck`.
    """
    moments = (_moment(row) for row in _open_rows(ledger, key, channel))
    return min((moment for moment in moments if moment is not None), default=None)


def stuck(ledger: Ledger, key: str, channel: str) -> tuple[Stuck, ...]:
    """Accounts whose refused credential is all that the edition still waits for on the channel; else nothing."""
    waiting: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in _open_rows(ledger, key, channel):
        if row.state == "scheduled" and row.progress.get(WAITS_FOR) == CREDENTIAL:
            waiting[row.account].append(row)
        elif _moment(row) is not None:
            return ()
    return tuple(
        Stuck(account, len(rows), str(rows[0].last_error or "凭据被拒绝")) for account, rows in sorted(waiting.items())
    )


def rescheduled_due(ledger: Ledger, *, rehearsal: bool, now: datetime) -> tuple[tuple[str, str, str], ...]:
    """(campaign, edition key, channel) of what a person moved to a time that has come.

    The run that planned it may be over, so whoever sweeps calls `publish` for these.
    """
    with ledger.read() as session:
        rows = session.execute(
            select(Edition.campaign, Edition.key, Publication.channel, Publication.progress)
            .join(Edition, Edition.id == Publication.edition_id)
            .where(
                Edition.rehearsal == rehearsal,
                Publication.state == "scheduled",
                Publication.scheduled_at <= now,
                Publication.not_before.is_(None) | (Publication.not_before <= now),
            )
        ).all()
    return tuple(sorted({(row.campaign, row.key, row.channel) for row in rows if row.progress.get(RESCHEDULED)}))


def _open_rows(ledger: Ledger, key: str, channel: str) -> list[Row[Any]]:
    with ledger.read() as session:
        return list(
            session.execute(
                select(
                    Publication.state,
                    Publication.account,
                    Publication.scheduled_at,
                    Publication.not_before,
                    Publication.claimed_at,
                    Publication.progress,
                    Publication.last_error,
                ).where(
                    Publication.edition_id == get_edition(session, key).id,
                    Publication.channel == channel,
                    Publication.state.in_(("scheduled", "sending", "unknown")),
                )
            )
        )


def _moment(row: Row[Any]) -> datetime | None:
    """When time does something about it; None where only a person can."""
    moment: datetime | None = row.not_before
    if row.state == "scheduled":
        return None if row.progress.get(PROPOSED) else max(row.scheduled_at, moment or row.scheduled_at)
    if row.state == "sending" and row.claimed_at is not None:
        moment = row.claimed_at + STALE_AFTER
    return moment


def ids_by_account(ledger: Ledger, edition_id: int, channel: str, state: str) -> dict[str, list[int]]:
    """Publications in one state, by account, oldest first."""
    with ledger.read() as session:
        rows = session.execute(
            select(Publication.account, Publication.id)
            .where(
                Publication.edition_id == edition_id,
                Publication.channel == channel,
                Publication.state == state,
            )
            .order_by(Publication.id)
        ).all()
    by_account: dict[str, list[int]] = defaultdict(list)
    for account, publication_id in rows:
        by_account[account].append(publication_id)
    return dict(by_account)

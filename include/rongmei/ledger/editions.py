"""Opens, finds and closes editions; an edition is opened once however often its task runs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger.tables import Edition


def edition_key(campaign: str, day: date, *, rehearsal: bool = False) -> str:
    """`cunchao/2026-06-06`, and `cunchao/2026-06-06/rehearsal` for the rehearsal of the same day."""
    return f"{campaign}/{day.isoformat()}" + ("/rehearsal" if rehearsal else "")


def open_edition(
    session: Session, campaign: str, day: date, *, rehearsal: bool, options: dict[str, Any], now: datetime
) -> Edition:
    """The edition of `campaign` on `day`, made if it is not there; an existing one keeps its first options."""
    key = edition_key(campaign, day, rehearsal=rehearsal)
    known = session.scalar(select(Edition).where(Edition.key == key))
    if known:
        return known
    edition = Edition(
        key=key, campaign=campaign, day=day, rehearsal=rehearsal, state="open", options=options, opened_at=now
    )
    try:
        with session.begin_nested():
            session.add(edition)
    except IntegrityError:
        # Another task opened it in the meantime; it is committed, or the insert would still be waiting for it.
        return session.scalars(select(Edition).where(Edition.key == key)).one()
    return edition


def get_edition(session: Session, key: str) -> Edition:
    """The edition named `key`.

    Raises:
        BadInput: there is none.
    """
    edition = session.scalar(select(Edition).where(Edition.key == key))
    if edition is None:
        raise BadInput(f"没有期次 {key}", mend="先触发活动，或运行 rongmei editions open 开出这一期")
    return edition


def lock_edition(session: Session, key: str) -> Edition:
    """The edition, held until the end of the transaction: tasks of one edition write one after the other.

    SQLite has no row locks and needs none: its transactions begin with the write lock.

    Raises:
        BadInput: there is no such edition.
    """
    edition = get_edition(session, key)
    session.refresh(edition, with_for_update=True)
    return edition


def close_edition(session: Session, key: str, *, now: datetime) -> Edition:
    """Mark the edition closed; closing a closed one changes nothing."""
    edition = get_edition(session, key)
    if edition.state == "open":
        edition.state, edition.closed_at = "closed", now
    return edition

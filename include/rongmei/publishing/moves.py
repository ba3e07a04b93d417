"""The moves every publication makes, quick: what `ledger.transitions` does for one loaded row, done without loading it.

They are the same guarded UPDATE and the same rows in the event log, in the caller's transaction; statements are built
once. Everything rarer goes through `move` and `try_move`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Executable, Table, bindparam, insert, update
from sqlalchemy.orm import Session

from rongmei.ledger import Publication, PublicationEvent
from rongmei.publishing.standing import BY

_rows = cast("Table", Publication.__table__)
_log = insert(cast("Table", PublicationEvent.__table__))

_mine = (
    _rows.c.id == bindparam("of_id"),
    _rows.c.state == "sending",
    _rows.c.claim == bindparam("of_claim"),
)
_take = (
    update(_rows)
    .where(_rows.c.id == bindparam("of_id"), _rows.c.state == "scheduled")
    .values(
        state="sending",
        claim=bindparam("token"),
        claimed_at=bindparam("now"),
        not_before=None,
        attempts=_rows.c.attempts + 1,
        progress=bindparam("known"),
    )
)
_keep = update(_rows).where(*_mine).values(progress=bindparam("known"))
_accept = (
    update(_rows)
    .where(*_mine)
    .values(
        state=bindparam("to"),
        claim=None,
        external_id=bindparam("given_id"),
        url=bindparam("address"),
        accepted_at=bindparam("now"),
        live_at=bindparam("seen_at"),
        not_before=None,
        last_error=None,
        progress=bindparam("known"),
    )
)


@dataclass(frozen=True)
class Step:
    """One row of the event log."""

    publication_id: int
    was: str
    to: str
    why: str


def take(session: Session, publication_id: int, token: str, progress: dict[str, Any], *, now: datetime) -> bool:
    """`scheduled → sending` under `token`; whether it was scheduled. The caller logs it."""
    return _one(session, _take, of_id=publication_id, token=token, now=now, known=progress)


def keep(session: Session, publication_id: int, token: str, progress: dict[str, Any]) -> bool:
    """Store `progress` while the row carries `token`; whether it does."""
    return _one(session, _keep, of_id=publication_id, of_claim=token, known=progress)


def accept(
    session: Session,
    publication_id: int,
    token: str,
    progress: dict[str, Any],
    *,
    external_id: str,
    url: str | None,
    live: bool,
    now: datetime,
) -> bool:
    """`sending → accepted`, or on to `live`, while the row carries `token`; whether it does. The caller logs it.

    Raises:
        IntegrityError: another publication of the account has that id.
    """
    return _one(
        session,
        _accept,
        of_id=publication_id,
        of_claim=token,
        to="live" if live else "accepted",
        given_id=external_id,
        address=url,
        now=now,
        seen_at=now if live else None,
        known=progress,
    )


def log_steps(session: Session, steps: Sequence[Step], *, now: datetime) -> None:
    """Add rows to the event log, in this order."""
    if steps:
        session.connection().execute(
            _log,
            [
                {
                    "thing_id": step.publication_id,
                    "at": now,
                    "who": BY,
                    "from_state": step.was,
                    "to_state": step.to,
                    "why": step.why,
                    "detail": {},
                }
                for step in steps
            ],
        )


def _one(session: Session, statement: Executable, **values: Any) -> bool:
    # Past the session, straight to its connection: there are no objects to keep in step.
    return session.connection().execute(statement, values).rowcount == 1

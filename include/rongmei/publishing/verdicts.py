"""How an attempt ended: back on the schedule, failed, unknown, taken; each function is one transaction.

A worker writes only while the row carries its token, with one exception: that the platform took a post is believed
from whoever heard it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.channels import Accepted
from rongmei.channels.links import is_web_address
from rongmei.ledger import Ledger, Publication, log, move
from rongmei.publishing import moves
from rongmei.publishing.claims import Claim
from rongmei.publishing.standing import BY, LEAVING, without

Known: TypeAlias = dict[str, Any]
"""What `Publication.progress` is to hold."""
Held: TypeAlias = tuple[Claim, Known]

MAX_ID = 200
MAX_URL = 2000
_TAKEN = "平台已收下"
_SEEN = "读者可见"


def end(
    ledger: Ledger,
    ended: Sequence[Held],
    state: str,
    *,
    now: datetime,
    changes: Callable[[Session, Publication, Claim, Known], tuple[str, Known]],
) -> int:
    """Give claims up, in one transaction: each row goes to `state`; how many still carried their token.

    Args:
        changes: why, and the columns to set.
    """
    done = 0
    with ledger.begin() as session:
        for held, known in ended:
            publication = locked(session, held.publication_id)
            why, columns = changes(session, publication, held, known)
            if publication.state != "sending" or publication.claim != held.token:
                log(session, publication, by=BY, why=f"迟到的结果，未改状态：{why}", now=now)
                continue
            move(session, publication, "sending", state, by=BY, why=why, now=now, claim=None, **columns)
            done += 1
    return done


def fail(ledger: Ledger, ended: Sequence[Held], *, why: str, now: datetime) -> int:
    """`failed`: a clear refusal that the same request would meet again."""
    return end(
        ledger,
        ended,
        "failed",
        now=now,
        changes=lambda _s, _p, _h, known: (why, {"last_error": why, "progress": known}),
    )


def leave_unknown(ledger: Ledger, ended: Sequence[Held], *, why: str, look_at: datetime, now: datetime) -> int:
    """`unknown`: sent without a clear answer; `look_at` is when reading will tell."""

    def changes(_s: Session, _p: Publication, _h: Claim, known: Known) -> tuple[str, Known]:
        return why, {"not_before": look_at, "last_error": why, "progress": known}

    return end(ledger, ended, "unknown", now=now, changes=changes)


def succeed(ledger: Ledger, taken: Sequence[tuple[Claim, Known, Accepted]], *, now: datetime) -> list[str]:
    """Record that the platform took them, even for a worker declared dead meanwhile; the states they are in now."""
    if _succeed_plainly(ledger, taken, now):
        return ["live" if accepted.live else "accepted" for _, _, accepted in taken]
    return [_succeed_anyhow(ledger, held, known, accepted, now) for held, known, accepted in taken]


class _NotPlain(Exception):
    """One of the rows has lost its token, or the platform's id needs a look."""


def _succeed_plainly(ledger: Ledger, taken: Sequence[tuple[Claim, Known, Accepted]], now: datetime) -> bool:
    """The usual case, without loading a row; False, and nothing is changed, if anything is unusual."""
    steps: list[moves.Step] = []
    try:
        with ledger.begin() as session:
            for held, known, accepted in taken:
                if not _is_usable(accepted.external_id) or not moves.accept(
                    session,
                    held.publication_id,
                    held.token,
                    _kept(known, accepted),
                    external_id=accepted.external_id,
                    url=usable_url(accepted.url),
                    live=accepted.live,
                    now=now,
                ):
                    raise _NotPlain
                steps.append(moves.Step(held.publication_id, "sending", "accepted", _TAKEN))
                if accepted.live:
                    steps.append(moves.Step(held.publication_id, "accepted", "live", _SEEN))
            moves.log_steps(session, steps, now=now)
    except (_NotPlain, IntegrityError):
        return False
    return True


def _succeed_anyhow(ledger: Ledger, held: Claim, known: Known, accepted: Accepted, now: datetime) -> str:
    with ledger.begin() as session:
        publication = locked(session, held.publication_id)
        mine = publication.state == "sending" and publication.claim == held.token
        if publication.state == "scheduled":
            # Settled as not sent while this answer was on its way: it was, so nobody may send it again.
            move(session, publication, "scheduled", "sending", by=BY, why="迟到的回执", now=now, claim=held.token)
        elif not mine and publication.state != "unknown":
            log(session, publication, by=BY, why=f"迟到的回执：平台标识 {accepted.external_id[:MAX_ID]}", now=now)
            return publication.state
        accept(session, publication, accepted, progress=known, why=_TAKEN, now=now)
        return publication.state


def accept(
    session: Session,
    publication: Publication,
    accepted: Accepted,
    *,
    progress: Known,
    why: str,
    now: datetime,
    by: str = BY,
) -> None:
    """From `sending` or `unknown` to `accepted`, and on to `live` when readers can see it.

    An id that another publication of the account has already, or that is no id, leaves it `unknown`: a person decides.
    """
    state = publication.state
    wrong = doubt(session, publication, accepted)
    if wrong:
        if state == "sending":
            move(session, publication, state, "unknown", by=by, why=wrong, now=now, claim=None, last_error=wrong)
        # No more looking by ourselves: it would find the same again.
        publication.last_error, publication.not_before = wrong, None
        return
    move(
        session,
        publication,
        state,
        "accepted",
        by=by,
        why=why,
        now=now,
        claim=None,
        external_id=accepted.external_id,
        url=usable_url(accepted.url),
        accepted_at=now,
        not_before=None,
        last_error=None,
        progress=_kept(progress, accepted),
    )
    if accepted.live:
        move(session, publication, "accepted", "live", by=by, why=_SEEN, now=now, live_at=now)


def usable_url(url: str | None) -> str | None:
    """An address that may stand in a page; None for anything that is no web address or too long."""
    return url if url and len(url) <= MAX_URL and is_web_address(url) else None


def doubt(session: Session, publication: Publication, accepted: Accepted) -> str:
    """Why the platform's id cannot be this publication's; "" when it can."""
    if not _is_usable(accepted.external_id):
        return "平台给出的标识不能用，请人工核对"
    other = owner_of(session, publication, accepted.external_id)
    return f"平台给出的标识属于发布单 #{other}，请人工核对" if other else ""


def owner_of(session: Session, publication: Publication, external_id: str) -> int | None:
    """The other publication of the same account that has this id, if there is one."""
    return session.scalar(
        select(Publication.id).where(
            Publication.account == publication.account,
            Publication.external_id == external_id,
            Publication.id != publication.id,
        )
    )


def locked(session: Session, publication_id: int) -> Publication:
    """The row, locked. SQLite's transactions begin with the write lock; PostgreSQL takes the row's."""
    return session.get_one(Publication, publication_id, with_for_update=True)


def _is_usable(external_id: str) -> bool:
    return 0 < len(external_id) <= MAX_ID


def _kept(known: Known, accepted: Accepted) -> Known:
    return without({**known, **accepted.keep}, LEAVING)

"""Tokens by which an outlet's own systems file stories over HTTP: one door, one outlet, until a day, revocable."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.access import Sealer, SpentLink, issue, look, revoke_all
from rongmei.clock import spoken
from rongmei.config import Cluster
from rongmei.ledger import Ledger, Link

PURPOSE: Final = "intake"
REAL, REHEARSAL = "stories", "rehearsal-stories"
MAX_DAYS: Final = 730


@dataclass(frozen=True)
class Door:
    """What a token opens: an outlet's drop folder, the real one or a rehearsal's."""

    outlet: str
    rehearsal: bool


@dataclass(frozen=True)
class Token:
    """A token that was handed out; what it says itself is never kept."""

    id: str
    rehearsal: bool
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


def issue_token(
    ledger: Ledger,
    sealer: Sealer,
    cluster: Cluster,
    outlet: str,
    *,
    by: str,
    now: datetime,
    days: int = 365,
    rehearsal: bool = False,
) -> str:
    """Hand out a new token; those handed out before stay good, so that an outlet can change over without a gap.

    Returns:
        The token: a secret, shown once.

    Raises:
        BadInput: no such outlet or person.
    """
    who, whose = cluster.person(by).id, cluster.outlet(outlet).id
    with ledger.begin() as session:
        return issue(
            session,
            sealer,
            PURPOSE,
            _subject(whose, rehearsal=rehearsal),
            outlet=whose,
            by=who,
            now=now,
            expires_at=now + timedelta(days=min(days, MAX_DAYS)),
            link_id=sealer.link_id(PURPOSE, whose, secrets.token_hex(16)),
        )


def revoke_tokens(ledger: Ledger, outlet: str, *, now: datetime, rehearsal: bool = False) -> int:
    """Take back every token of an outlet; how many were still good."""
    with ledger.begin() as session:
        return revoke_all(session, PURPOSE, _subject(outlet, rehearsal=rehearsal), now=now)


def tokens_of(ledger: Ledger, outlet: str) -> tuple[Token, ...]:
    """Every token of an outlet, the newest first."""
    wanted = select(Link).where(Link.purpose == PURPOSE, Link.outlet == outlet).order_by(Link.issued_at.desc())
    with ledger.read() as session:
        return tuple(
            Token(
                row.id,
                row.subject.startswith(f"{REHEARSAL}:"),
                row.issued_by,
                row.issued_at,
                row.expires_at,
                row.revoked_at,
            )
            for row in session.scalars(wanted)
        )


def door(session: Session, sealer: Sealer, token: str, *, now: datetime) -> Door:
    """What a token opens.

    Raises:
        BadLink: it is none of ours.
        SpentLink: expired or taken back.
    """
    found = look(session, sealer, PURPOSE, token, now=now)
    kind, _, outlet = found.subject.partition(":")
    if kind not in {REAL, REHEARSAL} or outlet != found.outlet:
        raise SpentLink("令牌打不开收稿的门", mend="向制片人要新的")
    return Door(outlet, kind == REHEARSAL)


def token_state(token: Token, now: datetime) -> str:
    """How a token stands, for people."""
    if token.revoked_at is not None:
        return f"{spoken(token.revoked_at)} 作废"
    return "已过期" if now >= token.expires_at else f"有效到 {spoken(token.expires_at)}"


def _subject(outlet: str, *, rehearsal: bool) -> str:
    return f"{REHEARSAL if rehearsal else REAL}:{outlet}"

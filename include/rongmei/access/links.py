"""Hands out links and looks at those that come back: genuine, in time, not used up, not taken back.

A link is a row of the ledger; its token is the row's id, signed. What it opens stands in the row, so that nothing can
be read from a token, and a link can be taken back. Tokens are secrets: they are never logged and never in a path; as
the query parameter `token` Airflow's access log masks them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import quote

from sqlalchemy import CursorResult, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.access.sealing import Sealer
from rongmei.clock import spoken
from rongmei.errors import BadInput
from rongmei.ledger import Link

PATHS: Final[dict[str, str]] = {
    "answer": "/rongmei/answers/",
    "pitch": "/rongmei/pitches/",
    "submission": "/rongmei/submissions/",
    "intake": "/rongmei/stories/",
}
"""Purpose → where its link leads. `intake` is a bearer token for machines and has no page.

The last slash is part of it: without it a request is not the plugin app's but Airflow's own, whose pages ask for a
login (3.3: apps are mounted, and what no mount takes goes to the UI).
"""


class BadLink(BadInput):
    """Nobody here handed this out: forged, mutilated, or for another door."""


class SpentLink(BadInput):
    """It was good once: its time has passed, it was used, or it was taken back."""


def issue(
    session: Session,
    sealer: Sealer,
    purpose: str,
    subject: str,
    *,
    outlet: str | None = None,
    by: str,
    now: datetime,
    expires_at: datetime,
    link_id: str | None = None,
) -> str:
    """Hand out a link; the same occasion again gets the same token, until when it was first good for.

    Args:
        purpose: a key of `PATHS`.
        subject: what it opens, e.g. `assignment:12`.
        outlet: whom it was given to, if an outlet.
        link_id: `Sealer.link_id` of an occasion of its own (a standing link given again after it was taken back);
            None for that of purpose, subject and outlet.

    Returns:
        The token.
    """
    link_id = link_id or sealer.link_id(purpose, subject, outlet or "")
    if session.get(Link, link_id) is None:
        made = Link(
            id=link_id,
            purpose=purpose,
            subject=subject,
            outlet=outlet,
            issued_by=by,
            issued_at=now,
            expires_at=expires_at,
        )
        try:
            with session.begin_nested():
                session.add(made)
        except IntegrityError:
            # Another process handed it out between the look and the insert.
            if session.get(Link, link_id) is None:
                raise
    return sealer.seal(purpose, link_id)


def find(session: Session, sealer: Sealer, purpose: str, token: str) -> Link:
    """The link behind a token, whether or not it still opens something: to say why it does not.

    Raises:
        BadLink: it is none of ours for this purpose.
    """
    link_id = sealer.open(purpose, token)
    found = session.get(Link, link_id) if link_id else None
    if found is None or found.purpose != purpose:
        raise BadLink("链接不对", mend="从邮件里复制完整的链接，或向制片人要新的")
    return found


def look(session: Session, sealer: Sealer, purpose: str, token: str, *, now: datetime) -> Link:
    """The link behind a token, if it still opens something. Looking changes nothing.

    Raises:
        BadLink: it is none of ours for this purpose.
        SpentLink: expired, used or taken back.
    """
    found = find(session, sealer, purpose, token)
    if found.revoked_at is not None:
        raise SpentLink("链接已经作废", mend="向制片人要新的")
    if found.used_at is not None:
        raise SpentLink(f"链接已在 {spoken(found.used_at)} 用过", mend="要更改请联系制片人")
    if now >= found.expires_at:
        raise SpentLink(f"链接到 {spoken(found.expires_at)} 为止，已经过期", mend="请联系制片人")
    return found


def spend(session: Session, link: Link, *, now: datetime) -> None:
    """Use a link up; of two who try together one succeeds.

    Raises:
        SpentLink: somebody was faster.
    """
    statement = (
        update(Link)
        .where(Link.id == link.id, Link.used_at.is_(None), Link.revoked_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        raise SpentLink("链接刚刚被用过", mend="要更改请联系制片人")
    session.refresh(link)


def revoke(session: Session, sealer: Sealer, purpose: str, token: str, *, now: datetime) -> None:
    """Take one link back.

    Raises:
        BadLink: it is none of ours for this purpose.
    """
    found = find(session, sealer, purpose, token)
    found.revoked_at = found.revoked_at or now


def revoke_all(session: Session, purpose: str, subject: str, *, outlet: str | None = None, now: datetime) -> int:
    """Take back what was handed out for a subject (to one outlet, where named); how many were still good."""
    mine = [Link.purpose == purpose, Link.subject == subject, Link.revoked_at.is_(None), Link.expires_at > now]
    if outlet is not None:
        mine.append(Link.outlet == outlet)
    done = session.execute(
        update(Link).where(*mine).values(revoked_at=now).execution_options(synchronize_session=False)
    )
    session.expire_all()
    return cast("CursorResult[Any]", done).rowcount


def prolong(session: Session, purpose: str, subject: str, *, until: datetime) -> None:
    """Let what was handed out for a subject, and neither used nor taken back, be good until another moment."""
    still = (Link.purpose == purpose, Link.subject == subject, Link.used_at.is_(None), Link.revoked_at.is_(None))
    session.execute(update(Link).where(*still).values(expires_at=until).execution_options(synchronize_session="fetch"))


def address(base_url: str, purpose: str, token: str) -> str:
    """The link as it stands in a mail or a QR code.

    Args:
        base_url: where the house is reached from outside, `Settings.base_url`.
    """
    return f"{base_url.rstrip('/')}{PATHS[purpose]}?token={quote(token, safe='.-_')}"

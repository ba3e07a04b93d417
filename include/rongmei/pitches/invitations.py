"""The forms' standing links: one for each outlet of a campaign, one for the public; given, found again, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.access import Links, revoke_all
from rongmei.config import Campaign, SubmissionsSource
from rongmei.errors import BadInput
from rongmei.ledger import Link

STANDING: Final = timedelta(days=180)
"""How long a link is good for."""
RENEWED: Final = timedelta(days=30)
"""A link that ends sooner than this is given anew when it is asked for; the old one works on until its end."""
PITCH, SUBMISSION = "pitch", "submission"
_REAL, _REHEARSAL = "campaign:", "rehearsal:"


@dataclass(frozen=True)
class Invitation:
    """A link as it is handed out.

    Attributes:
        known: it had been handed out before.
    """

    address: str
    expires_at: datetime
    known: bool


@dataclass(frozen=True)
class Door:
    """What the subject of a form's link says: whose submissions it takes."""

    campaign: str
    rehearsal: bool

    @property
    def subject(self) -> str:
        """As it stands in the link."""
        return (_REHEARSAL if self.rehearsal else _REAL) + self.campaign


def door_of(subject: str) -> Door | None:
    """The other way round; None for the subject of another kind of link."""
    for head in (_REAL, _REHEARSAL):
        if subject.startswith(head):
            return Door(subject.removeprefix(head), head == _REHEARSAL)
    return None


def forms_of(campaign: Campaign) -> SubmissionsSource | None:
    """The campaign's source for what comes in by forms; None where its forms are closed."""
    return next((source for source in campaign.sources if isinstance(source, SubmissionsSource)), None)


def open_forms(campaign: Campaign, *, public: bool) -> SubmissionsSource:
    """The campaign's source for forms.

    Args:
        public: the form for citizens is meant.

    Raises:
        BadInput: the campaign takes none.
    """
    source = forms_of(campaign)
    if source is None or (public and not source.citizens):
        what = "没有开放市民投稿" if public else "没有开放网上报题"
        line = "{kind: submissions, id: forms, name: 报题表与市民投稿, citizens: true}"
        raise BadInput(f"活动“{campaign.name}”{what}", mend=f"在活动文件的 sources 里加一行 - {line}")
    return source


def outlet_link(session: Session, links: Links, door: Door, outlet: str, *, by: str, now: datetime) -> Invitation:
    """The link of an outlet's own form: the one it has, or a new one."""
    return _standing(session, links, PITCH, door, outlet, by, now)


def public_link(session: Session, links: Links, door: Door, *, by: str, now: datetime) -> Invitation:
    """The link of a campaign's form for everybody: the one it has, or a new one."""
    return _standing(session, links, SUBMISSION, door, None, by, now)


def take_back(session: Session, door: Door, *, outlet: str | None, now: datetime) -> int:
    """Take back an outlet's link, or without one the public's; how many were still good. The next one is another."""
    return revoke_all(session, PITCH if outlet else SUBMISSION, door.subject, outlet=outlet, now=now)


def _standing(
    session: Session, links: Links, purpose: str, door: Door, outlet: str | None, by: str, now: datetime
) -> Invitation:
    mine = (Link.purpose == purpose, Link.subject == door.subject, Link.outlet == outlet)
    good = (Link.revoked_at.is_(None), Link.expires_at > now + RENEWED)
    found = session.scalars(select(Link).where(*mine, *good).order_by(Link.issued_at.desc())).first()
    if found is not None:
        return Invitation(links.again(purpose, found.id), found.expires_at, True)
    number = session.scalar(select(func.count()).select_from(Link).where(*mine)) or 0
    given = links.give(
        session,
        purpose,
        door.subject,
        outlet=outlet,
        by=by,
        now=now,
        expires_at=now + STANDING,
        link_id=links.sealer.link_id(purpose, door.subject, outlet or "", str(number)),
    )
    return Invitation(given, now + STANDING, False)

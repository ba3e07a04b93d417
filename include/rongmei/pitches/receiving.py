"""Takes in what the forms bring between editions: an outlet's pitch, a citizen's idea; each once, and not too many.

What came in waits in the table `submission` until the source of kind `submissions` makes a pitch of it: an outlet's at
once, a citizen's after a person has let it through (see `moderation`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from rongmei.access import Sealer
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Link, Pitch, Submission
from rongmei.pitches.forms import Idea, OutletPitch
from rongmei.pitches.invitations import Door
from rongmei.pitches.photos import Photo, keep_photo

OUTLET, CITIZEN = "outlet", "citizen"
SHOWN: Final = 20
"""An outlet sees so many of its latest pitches."""
NOTICE: Final = "2026-11"
"""Which wording of the privacy notice was agreed to."""

STATES: Final = {"waiting": "待收", "passed": "初筛通过，待上会", "refused": "未采用", "taken": "已上会"}
"""What an outlet's submission's state is called; of one that is taken, its pitch's counts."""
PITCH_STATES: Final = {
    "submitted": "已收，待入围",
    "shortlisted": "入围，待选题会",
    "accepted": "采用",
    "held": "缓议，下期再上会",
    "declined": "未采用",
    "merged": "与别家报题合并",
}

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NAME: Final = 32


@dataclass(frozen=True)
class Limit:
    """So many within a stretch of time."""

    most: int
    within: timedelta


PER_DEVICE: Final = (Limit(5, _HOUR), Limit(20, _DAY))
PER_ADDRESS: Final = (Limit(40, _HOUR), Limit(150, _DAY))
"""More than for a device: a school, or half a town on one operator's network, has one address."""
PER_CAMPAIGN: Final = (Limit(500, _DAY),)
PER_OUTLET: Final = (Limit(100, _DAY),)


class TooMany(BadInput):
    """A limit is reached.

    Args:
        retry_after: how long to wait.
    """

    def __init__(self, what: str, *, retry_after: timedelta) -> None:
        super().__init__(what, mend="请过一会儿再交")
        self.retry_after = retry_after


@dataclass(frozen=True)
class Receipt:
    """What was stored, as it stands there.

    Attributes:
        first: this call stored it; else it had come in before.
    """

    number: int
    title: str
    body: str
    place: str
    author: str
    photos: int
    received_at: datetime
    first: bool


@dataclass(frozen=True)
class Sent:
    """One of an outlet's latest pitches and what became of it."""

    number: int
    title: str
    received_at: datetime
    state: str
    why: str


def sender_name(sealer: Sealer, address: str, device: str) -> str:
    """A name for where something came from, 64 hexadecimal digits that tell nobody the address.

    The first half is the network's (of IPv6 the /64, which one household has to itself), the second half the device's
    in it, so that both can be counted.

    Args:
        device: what a browser says of itself.
    """
    network = _network(address)
    return sealer.sender(network)[:_NAME] + sealer.sender(f"{network}\x1f{device[:500]}")[:_NAME]


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return f"{int(found) >> 64:x}::/64"
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)


def form_ref(link_id: str, form_id: str) -> str:
    """The key of one filled-in form: sent again, it has the same."""
    return hashlib.sha256(f"{link_id}\x1f{form_id}".encode()).hexdigest()[:_NAME]


def send_pitch(
    ledger: Ledger, door: Door, outlet: str, form: OutletPitch, *, link_id: str, ref: str, now: datetime
) -> Receipt:
    """Take in an outlet's pitch; the same form again changes nothing.

    Raises:
        TooMany: the outlet has sent as many as it may in a day.
    """
    with ledger.begin() as session:
        _queue_up(session, link_id)
        if known := _known(session, door, OUTLET, ref):
            return _receipt(known, first=False)
        _check(session, PER_OUTLET, now, *_of(door, OUTLET), Submission.outlet == outlet)
        fields = {"column": form.column, "channels": list(form.channels), "url": form.url, "link": link_id}
        row = Submission(
            kind=OUTLET,
            campaign=door.campaign,
            rehearsal=door.rehearsal,
            outlet=outlet,
            ref=ref,
            title=form.title,
            body=form.body,
            place=form.place or None,
            author=form.author or None,
            fields=fields,
            media=[],
            received_at=now,
        )
        return _stored(session, row)


def send_idea(
    ledger: Ledger,
    door: Door,
    idea: Idea,
    photos: Sequence[Photo],
    *,
    media: Path,
    link_id: str,
    ref: str,
    sender: str,
    now: datetime,
) -> Receipt:
    """Take in what a citizen sent, to wait for a person's look; the same form again changes nothing.

    Args:
        media: folder for the photographs.
        sender: `sender_name`.

    Raises:
        TooMany: the device, its network or the whole campaign has reached a limit.
        OSError: a photograph cannot be kept; then nothing is taken in.
    """
    for photo in photos:
        keep_photo(media, photo)
    with ledger.begin() as session:
        _queue_up(session, link_id)
        if known := _known(session, door, CITIZEN, ref):
            return _receipt(known, first=False)
        check_limits(session, door, sender, now=now)
        fields: dict[str, Any] = {"age": idea.age, "masked": idea.masked, "notice": NOTICE, "link": link_id}
        if idea.contact:
            fields["contact"] = idea.contact
        row = Submission(
            kind=CITIZEN,
            campaign=door.campaign,
            rehearsal=door.rehearsal,
            ref=ref,
            title=idea.title,
            body=idea.body,
            place=idea.place or None,
            author=idea.author,
            fields=fields,
            media=[photo.as_row() for photo in photos],
            sender=sender,
            received_at=now,
        )
        return _stored(session, row)


def check_limits(session: Session, door: Door, sender: str, *, now: datetime) -> None:
    """Whether one more may come from there; all processes count together, in the ledger.

    Raises:
        TooMany: no.
    """
    network = sender[:_NAME]
    mine = (Submission.kind == CITIZEN,)
    _check(session, PER_DEVICE, now, *mine, Submission.sender == sender)
    # A range and not LIKE: every database has an index for it. The names are hexadecimal.
    _check(session, PER_ADDRESS, now, *mine, Submission.sender >= network, Submission.sender < network + "g")
    _check(session, PER_CAMPAIGN, now, *_of(door, CITIZEN))


def known_receipt(ledger: Ledger, door: Door, kind: str, ref: str) -> Receipt | None:
    """The receipt of a form that has come in before."""
    with ledger.read() as session:
        found = _known(session, door, kind, ref)
        return _receipt(found, first=False) if found else None


def sent_by(ledger: Ledger, door: Door, outlet: str) -> list[Sent]:
    """An outlet's latest pitches by the form, the newest first."""
    with ledger.read() as session:
        rows = session.execute(
            select(Submission, Pitch)
            .outerjoin(Pitch, Pitch.id == Submission.pitch_id)
            .where(*_of(door, OUTLET), Submission.outlet == outlet)
            .order_by(Submission.id.desc())
            .limit(SHOWN)
        ).tuples()
        return [
            Sent(row.id, row.title, row.received_at, _state(row, pitch), row.why if row.state == "refused" else "")
            for row, pitch in rows
        ]


def _state(row: Submission, pitch: Pitch | None) -> str:
    return PITCH_STATES.get(pitch.state, STATES["taken"]) if pitch else STATES[row.state]


def _of(door: Door, kind: str) -> tuple[ColumnElement[bool], ...]:
    return Submission.campaign == door.campaign, Submission.rehearsal == door.rehearsal, Submission.kind == kind


def _queue_up(session: Session, link_id: str) -> None:
    """Let those who come by one link in one after the other, so that nobody slips past a count.

    SQLite has no row locks and needs none: its transactions begin with the write lock.
    """
    session.scalar(select(Link.id).where(Link.id == link_id).with_for_update())


def _known(session: Session, door: Door, kind: str, ref: str) -> Submission | None:
    found = select(Submission).where(
        Submission.campaign == door.campaign, Submission.kind == kind, Submission.ref == ref
    )
    return session.scalar(found)


def _check(session: Session, limits: Sequence[Limit], now: datetime, *mine: ColumnElement[bool]) -> None:
    for limit in limits:
        latest = select(Submission.received_at).where(*mine, Submission.received_at > now - limit.within)
        oldest = session.scalar(latest.order_by(Submission.received_at.desc()).offset(limit.most - 1).limit(1))
        if oldest is not None:
            raise TooMany("收到的太多了", retry_after=oldest + limit.within - now)


def _stored(session: Session, row: Submission) -> Receipt:
    session.add(row)
    session.flush()
    return _receipt(row, first=True)


def _receipt(row: Submission, *, first: bool) -> Receipt:
    return Receipt(
        number=row.id,
        title=row.title,
        body=row.body,
        place=row.place or "",
        author=row.author or "",
        photos=len(row.media),
        received_at=row.received_at,
        first=first,
    )

"""指令: what the desk orders from above. It skips the pitch meeting, but not the log.

An order waits in the submission table until its edition is open, becomes a pitch there and is accepted at once in the
name of who gave it. It does not count against what the meeting may accept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import local_date
from rongmei.config import OWN_SOURCE, Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Pitch, Submission, lock_edition, move
from rongmei.pitches.directory import Directory
from rongmei.pitches.sources.base import SUMMARY_LIMIT, TITLE_LIMIT, RawPitch, pitch_ref
from rongmei.pitches.store import PLACE_LIMIT, insert_if_new, store_pitch
from rongmei.pitches.taking import mark_taken, ready, same_pitch
from rongmei.text.normalise import clean_line, clean_text

KIND = "directive"
ASSIGN_TO = "assign_to"
"""In the log entry of the acceptance: the outlet that whoever hands out work has to leave it with."""
MAX_WHY = 500


@dataclass(frozen=True)
class Directive:
    """What is ordered; texts as a person wrote them.

    Attributes:
        by: id of who orders it: the campaign's owner or a producer.
        outlet: id of the outlet that has to do it; None leaves it to the optimiser.
        column, channels: names or ids.
        day: of the edition it is for; None is today's if it is open, else the next one.
    """

    title: str
    why: str
    by: str
    outlet: str | None = None
    summary: str = ""
    place: str | None = None
    column: str | None = None
    channels: tuple[str, ...] = ()
    day: date | None = None


@dataclass(frozen=True)
class DirectSummary:
    """What became of an order.

    Attributes:
        pitch: its pitch; None as long as it waits for its edition.
        edition: key of the edition that has it; "" as long as it waits.
    """

    submission: int
    pitch: int | None
    edition: str


def direct(ledger: Ledger, plan: Plan, wanted: Directive, *, rehearsal: bool = False, now: datetime) -> DirectSummary:
    """Write the order down, and make a pitch of it at once if its edition is open; the same again changes nothing.

    Raises:
        BadInput: no title or reason; who orders it may not; no such outlet, column or channel; the day is over.
    """
    fields = _checked(plan, wanted, local_date(now))
    day = wanted.day
    ref = f"{pitch_ref(wanted.outlet, wanted.title)}:{day or local_date(now)}{':rehearsal' if rehearsal else ''}"
    with ledger.begin() as session:
        edition = _open_edition(session, plan, day or local_date(now), rehearsal=rehearsal)
        if edition is None and day is not None:
            _not_closed(session, plan, day, rehearsal=rehearsal)
        insert_if_new(
            session,
            Submission,
            ("campaign", "kind", "ref"),
            kind=KIND,
            campaign=plan.campaign.id,
            rehearsal=rehearsal,
            day=day,
            outlet=wanted.outlet,
            ref=ref,
            title=clean_line(wanted.title, TITLE_LIMIT),
            body=clean_text(wanted.summary, SUMMARY_LIMIT),
            place=clean_line(wanted.place or "", PLACE_LIMIT) or None,
            fields=fields,
            media=[],
            state="waiting",
            why=clean_text(wanted.why, MAX_WHY),
            received_at=now,
        )
        ours = (Submission.campaign == plan.campaign.id, Submission.kind == KIND, Submission.ref == ref)
        row = session.scalars(select(Submission).where(*ours)).one()
        if edition is not None and row.state == "waiting":
            _take(session, edition, row, now)
        pitch = session.get(Pitch, row.pitch_id) if row.pitch_id else None
        key = session.get_one(Edition, pitch.edition_id).key if pitch else ""
        return DirectSummary(row.id, row.pitch_id, key)


def take_directives(session: Session, plan: Plan, edition: Edition, *, now: datetime) -> int:
    """Make accepted pitches of the orders that wait for this edition; how many. The edition is locked by the caller."""
    if edition.state == "closed" or edition.campaign != plan.campaign.id:
        return 0
    rows = ready(session, edition, (KIND,))
    for row in rows:
        _take(session, edition, row, now)
    return len(rows)


def _checked(plan: Plan, wanted: Directive, today: date) -> dict[str, object]:
    """What the submission keeps beside its columns, once everything is found fit."""
    where = f"指令《{clean_line(wanted.title, 60)}》"
    person = plan.cluster.person(wanted.by)
    if person.id != plan.campaign.owner and person.role != "producer":
        owner = plan.cluster.person(plan.campaign.owner).name
        raise BadInput(f"{person.name} 不能下指令", where=where, mend=f"由活动负责人 {owner} 或制片下达")
    if not clean_text(wanted.why, MAX_WHY):
        raise BadInput("没有写理由", where=where, mend="写明为什么要做，理由留在记录里")
    try:
        pitch_ref(wanted.outlet, wanted.title)
    except ValueError:
        raise BadInput("没有题目", where=where, mend="写出题目") from None
    if wanted.outlet is not None:
        plan.cluster.outlet(wanted.outlet)
    if wanted.day is not None and wanted.day < today:
        raise BadInput(f"{wanted.day} 已经过去", where=where, mend="写今天或以后的日期")
    directory = Directory(plan.campaign, plan.cluster)
    column = directory.column(wanted.column)
    if wanted.column and column is None:
        known = "、".join(one.name for one in plan.campaign.columns)
        raise BadInput(f"没有栏目“{clean_line(wanted.column, 40)}”", where=where, mend=f"现有的栏目：{known}")
    channels, strange = directory.channels(wanted.channels)
    if strange:
        raise BadInput(f"不认识渠道“{clean_line(strange[0], 40)}”", where=where, mend="写渠道的名称或标识，如 微信")
    return {"by": person.id, "column": column, "channels": channels}


def _open_edition(session: Session, plan: Plan, day: date, *, rehearsal: bool) -> Edition | None:
    edition = _edition(session, plan, day, rehearsal=rehearsal)
    if edition is None or edition.state == "closed":
        return None
    edition = lock_edition(session, edition.key)
    return edition if edition.state == "open" else None


def _not_closed(session: Session, plan: Plan, day: date, *, rehearsal: bool) -> None:
    edition = _edition(session, plan, day, rehearsal=rehearsal)
    if edition is not None:
        raise BadInput("这一期已经结束", where=edition.key, mend="写下一期的日期，或不写 --day")


def _edition(session: Session, plan: Plan, day: date, *, rehearsal: bool) -> Edition | None:
    that = (Edition.campaign == plan.campaign.id, Edition.day == day, Edition.rehearsal == rehearsal)
    return session.scalar(select(Edition).where(*that))


def _take(session: Session, edition: Edition, row: Submission, now: datetime) -> None:
    """A pitch of the order, accepted in the name of who gave it."""
    by = str(row.fields.get("by", ""))
    said = {"by": by, "why": row.why, "outlet": row.outlet}
    raw = RawPitch(
        source_id=OWN_SOURCE,
        ref=pitch_ref(row.outlet, row.title),
        # The desk's idea, whoever has to carry it out: it is nobody's pitch in the track records.
        outlet=None,
        title=row.title,
        summary=row.body,
        place=row.place,
        submitted_at=row.received_at,
    )
    pitch = store_pitch(
        session,
        edition,
        raw,
        outlet=None,
        column=row.fields.get("column"),
        channels=list(row.fields.get("channels") or ()),
        why=f"编辑部指令：{row.why}",
        detail={"submission": row.id, KIND: said},
        now=now,
    )
    if pitch is not None:
        pitch.score_terms = {KIND: said}
        why = f"自上而下指令，不经选题会：{row.why}"
        lock = {ASSIGN_TO: row.outlet} if row.outlet else {}
        move(session, pitch, "submitted", "accepted", by=by, why=why, now=now, detail=lock)
    mark_taken(session, row, pitch or same_pitch(session, edition, raw))

"""Turns what waits in the submission table — forms, citizens, mail, orders — into pitches of an edition, each once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Edition, Pitch, Submission
from rongmei.pitches.directory import Directory
from rongmei.pitches.sources.base import SUMMARY_LIMIT, TITLE_LIMIT, RawPitch, pitch_ref, web_address
from rongmei.pitches.store import store_pitch
from rongmei.text.normalise import clean_line, clean_text

READY: dict[str, str] = {"outlet": "waiting", "mail": "waiting", "directive": "waiting", "citizen": "passed"}
"""Kind → the state from which it becomes a pitch: what citizens send only when a person has let it through."""
CITIZEN = "市民投稿"
_CAME = {"outlet": "来自报题表", "mail": "来自报题邮件", "citizen": CITIZEN}


def ready(session: Session, edition: Edition, kinds: Collection[str]) -> Sequence[Submission]:
    """Submissions that are for this edition and may become pitches, oldest first, locked.

    One that names a day is for that day's edition, or for the next one if that day had none; one that names no day is
    for whichever edition comes first.
    """
    fit = [(Submission.kind == kind) & (Submission.state == READY[kind]) for kind in kinds]
    found = (
        select(Submission)
        .where(Submission.campaign == edition.campaign, Submission.rehearsal == edition.rehearsal, or_(*fit))
        .where(or_(Submission.day.is_(None), Submission.day <= edition.day))
        .order_by(Submission.id)
        .with_for_update()
    )
    return session.scalars(found).all()


def take(session: Session, plan: Plan, edition: Edition, source_id: str, row: Submission, *, now: datetime) -> bool:
    """Make a pitch of a submission and mark it taken; False when the edition had that pitch already.

    Raises:
        BadInput: it cannot become a pitch: its outlet is gone, or its title says nothing.
    """
    raw = _raw(plan, source_id, row)
    directory = Directory(plan.campaign, plan.cluster)
    channels, _ = directory.channels(_words(row.fields.get("channels")))
    pitch = store_pitch(
        session,
        edition,
        raw,
        outlet=row.outlet,
        column=directory.column(_word(row.fields.get("column"))),
        channels=channels,
        why=_why(row),
        detail={"submission": row.id, **({"passed_by": row.decided_by} if row.decided_by else {})},
        now=now,
    )
    mark_taken(session, row, pitch or same_pitch(session, edition, raw))
    return pitch is not None


def mark_taken(session: Session, row: Submission, pitch: Pitch) -> None:
    """Tie a submission to its pitch.

    Raises:
        WrongState: somebody else has dealt with it in the meantime.
    """
    session.flush()
    statement = (
        update(Submission)
        .where(Submission.id == row.id, Submission.state == READY[row.kind])
        .values(state="taken", pitch_id=pitch.id)
        .execution_options(synchronize_session=False)
    )
    if cast("CursorResult[Any]", session.execute(statement)).rowcount != 1:
        raise WrongState(f"来稿线索 #{row.id} 已被别处处理")
    session.refresh(row)


def same_pitch(session: Session, edition: Edition, raw: RawPitch) -> Pitch:
    """The edition's pitch with the key of `raw`."""
    same = (Pitch.edition_id == edition.id, Pitch.source == raw.source_id, Pitch.ref == raw.ref)
    return session.scalars(select(Pitch).where(*same)).one()


def _raw(plan: Plan, source_id: str, row: Submission) -> RawPitch:
    where = f"来稿线索 #{row.id}《{clean_line(row.title, 60)}》"
    if row.outlet is not None and row.outlet not in {outlet.id for outlet in plan.cluster.outlets}:
        raise BadInput(f"媒体“{row.outlet}”已不在集群里", where=where, mend="请制片核对集群文件")
    try:
        # Two citizens who write the same words are two people; an outlet that sends its form twice is one.
        ref = pitch_ref(row.outlet or f"{row.kind} {row.ref}", row.title)
    except ValueError:
        raise BadInput("题目里没有文字", where=where, mend="请对方重报") from None
    tail = f"（附 {len(row.media)} 张照片）" if row.media else ""
    return RawPitch(
        source_id=source_id,
        ref=ref,
        outlet=row.outlet,
        title=clean_line(row.title, TITLE_LIMIT),
        summary=clean_text(row.body, SUMMARY_LIMIT - len(tail)) + tail,
        place=row.place,
        author=row.author,
        url=web_address(_word(row.fields.get("url"))) if row.kind != "citizen" else None,
        submitted_at=row.received_at,
    )


def _why(row: Submission) -> str:
    passed = f"，{row.decided_by} 初筛通过" if row.kind == "citizen" and row.decided_by else ""
    return _CAME.get(row.kind, "来自来稿线索") + passed


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _words(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []

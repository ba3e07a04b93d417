"""A person moves a publication to another time: the one that was proposed, or one of their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.clock import aware, spoken
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Publication, Story, StoryVersion, log, move
from rongmei.publishing.postponing import proposal
from rongmei.publishing.schedule import embargo_of
from rongmei.publishing.standing import (
    ALONE,
    OF_ONE_WAIT,
    OUTDATED,
    RESCHEDULED,
    capabilities_of,
    may_go_out,
    without,
)

MOVABLE = ("scheduled", "missed")


def reschedule(ledger: Ledger, publication_id: int, *, at: datetime | None, by: str, now: datetime) -> datetime:
    """Put a publication that has not gone out on another time; the time it now has, aware UTC.

    Whoever watches for it is `next_due` of its edition, or `rescheduled_due` where that edition is over.

    Args:
        at: aware; None accepts the time that was proposed.
        by: who says so.

    Raises:
        BadInput: it is neither scheduled nor missed, nothing was proposed, the time is past or within the embargo, or
            the story was edited meanwhile.
    """
    with ledger.begin() as session:
        publication = session.get(Publication, publication_id, with_for_update=True)
        where = f"发布单 #{publication_id}"
        if publication is None or publication.state not in MOVABLE:
            raise BadInput("不在等待发布，也不是错过时段，不能改期", where=where, mend="只有待发布和错过时段的可以改期")
        moment = _wanted(publication, at, where)
        version = session.get_one(StoryVersion, publication.version_id)
        if not may_go_out(session.get_one(Story, publication.story_id), version):
            raise BadInput(OUTDATED, where=where, mend="新的一版签发后重新排期")
        if moment <= now:
            raise BadInput(f"{spoken(moment)} 已经过去", where=where, mend="写一个以后的时间")
        embargo = embargo_of(version.extras)
        if embargo is not None and moment < embargo:
            raise BadInput(f"{spoken(moment)} 早于解禁时间 {spoken(embargo)}", where=where, mend="改到解禁之后")
        _put(session, publication, moment, by=by, now=now)
        return moment


def _wanted(publication: Publication, at: datetime | None, where: str) -> datetime:
    moment = aware(at) if at is not None else proposal(publication.progress)
    if moment is None:
        raise BadInput("没有建议的时间", where=where, mend="写明改到什么时候")
    return moment


def _put(session: Session, publication: Publication, moment: datetime, *, by: str, now: datetime) -> None:
    why = f"人工改期：{spoken(publication.scheduled_at)} → {spoken(moment)}"
    position = _place(session, publication, moment)
    progress = {**without(publication.progress, *OF_ONE_WAIT, ALONE), RESCHEDULED: True}
    if publication.state == "missed":
        move(session, publication, "missed", "scheduled", by=by, why=why, now=now)
    else:
        log(session, publication, by=by, why=why, now=now)
    publication.scheduled_at, publication.not_before, publication.last_error = moment, None, None
    publication.position, publication.progress = position, progress


def _place(session: Session, publication: Publication, moment: datetime) -> int | None:
    """Behind what goes out from the account at that moment already; None on channels without bundles."""
    known = capabilities_of(publication.channel)
    if known is None or known.bundle == 1:
        return None
    last = session.scalar(
        select(func.max(Publication.position)).where(
            Publication.account == publication.account,
            Publication.edition_id == publication.edition_id,
            Publication.scheduled_at == moment,
            Publication.state == "scheduled",
            Publication.id != publication.id,
        )
    )
    return (last or 0) + 1

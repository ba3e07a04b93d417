"""The desk pins a pitch to the meeting's list, vetoes it off it, or takes either back, with a name and a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Pitch, lock_edition, log
from rongmei.pitches.choosing import choose_again
from rongmei.pitches.marks import MARK_NAMES, Kind
from rongmei.pitches.standing import is_decided
from rongmei.text.normalise import clean_text

MAX_WHY = 500


@dataclass(frozen=True)
class MarkSummary:
    """How a pitch stands after the desk's word.

    Attributes:
        mark: 置顶, 否决, or "" for none.
        listed: its place on the meeting's list, 1 for the first; 0 when it is not on it, or there is none yet.
    """

    pitch: int
    mark: str
    listed: int


def mark_pitch(
    ledger: Ledger, plan: Plan, pitch_id: int, mark: Kind | None, *, by: str, why: str, now: datetime
) -> MarkSummary:
    """Pin or veto a pitch, or (None) take that back; a list that stands already is put right at once.

    May be done before the first shortlist, between two, and until the meeting decides. The same word by anybody again
    changes nothing.

    Args:
        by: id of the campaign's owner, a producer, or a member of its pitch meeting.

    Raises:
        BadInput: no such pitch; who says it may not; no reason; the meeting has decided; the pitch is merged.
    """
    where = f"选题 #{pitch_id}"
    _may_mark(plan, by, where)
    why = clean_text(why, MAX_WHY)
    if not why:
        raise BadInput("没有写理由", where=where, mend="写明理由，留在记录里")
    with ledger.begin() as session:
        pitch = session.get(Pitch, pitch_id)
        if pitch is None:
            raise BadInput("没有这条选题", where=where, mend="用 rongmei pitches list 期次 核对编号")
        edition = lock_edition(session, session.get_one(Edition, pitch.edition_id).key)
        session.refresh(pitch)
        _check(session, plan, edition, pitch)
        if pitch.desk_mark != mark:
            was = MARK_NAMES.get(pitch.desk_mark or "", "")
            pitch.desk_mark = mark
            said = f"编辑部{MARK_NAMES[mark]}：{why}" if mark else f"取消{was}：{why}"
            log(session, pitch, by=by, why=said, now=now, detail={"mark": mark, "why": why})
            choose_again(session, plan, edition, now=now)
        rank = pitch.score_terms.get("shortlist", {}).get("rank", 0)
        return MarkSummary(pitch.id, MARK_NAMES.get(pitch.desk_mark or "", ""), rank)


def _may_mark(plan: Plan, by: str, where: str) -> None:
    person = plan.cluster.person(by)
    may = by in plan.campaign.pitching.meeting or by == plan.campaign.owner or person.role == "producer"
    if not may:
        owner = plan.cluster.person(plan.campaign.owner).name
        raise BadInput(f"{person.name} 不能置顶或否决选题", where=where, mend=f"由 {owner}、制片或选题会成员来做")


def _check(session: Session, plan: Plan, edition: Edition, pitch: Pitch) -> None:
    where = f"选题 #{pitch.id}"
    if edition.campaign != plan.campaign.id:
        raise BadInput(f"这条选题属于 {edition.key}", where=where, mend="写那个活动的期次")
    if pitch.state == "merged":
        into = pitch.merged_into_id
        raise BadInput(f"已并入 #{into}", where=where, mend=f"对 #{into} 操作，或先用 rongmei pitches unmerge 拆开")
    if is_decided(session, edition):
        raise BadInput("选题会已有决定，不能再置顶或否决", where=edition.key, mend="要改请与选题会成员商量，放到下一期")
    if pitch.state not in ("submitted", "shortlisted"):
        raise BadInput("是编辑部指令，不经选题会", where=where, mend="不用置顶；不做了请与派单的媒体说明")

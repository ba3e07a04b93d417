"""重大选题备案: which authority a major topic was reported to, and what it answered; without its yes nothing is signed.

A filing is of the topic, not of a text: a new version needs its own signatures, and no new filing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Filing, Ledger, Story, log
from rongmei.ledger.tables import FILING_STATES
from rongmei.stories.stages import GRADE_NAMES, MAJOR, SETTLED, STATE_NAMES
from rongmei.text.normalise import clean_line, clean_text

APPLIED, APPROVED, REFUSED = FILING_STATES
FILING_NAMES: Final = {APPLIED: "已申报，等答复", APPROVED: "已获准", REFUSED: "未获准"}
NOT_FILED: Final = "还没有申报"
MAX_AUTHORITY, MAX_NUMBER, MAX_NOTE = 120, 80, 500


@dataclass(frozen=True)
class FiledTopic:
    """What was recorded: a key of `FILING_NAMES` and its Chinese."""

    story: int
    state: str
    said: str


def file_topic(
    ledger: Ledger,
    plan: Plan,
    story_id: int,
    state: str,
    *,
    by: str,
    now: datetime,
    authority: str = "",
    number: str = "",
    note: str = "",
) -> FiledTopic:
    """Record that a major topic was reported (applied), or what the authority answered (approved, refused).

    An answer follows an application. Reporting again, after either answer, opens the question anew.

    Args:
        by: id of the person who records it.
        authority: whom it was reported to; an answer is the last application's unless it says otherwise.
        number: of the answer's letter, needed with approved.
        note: needed with refused.

    Raises:
        BadInput: no such story, state or person; the story is no major topic, or is signed off or
            closed; what is needed is missing, or it is not this state's turn.
    """
    if state not in FILING_STATES:
        raise BadInput(f"没有备案状态“{state[:40]}”", mend=f"可用的有：{'、'.join(FILING_STATES)}")
    who = plan.cluster.person(by)
    authority, number = clean_line(authority, MAX_AUTHORITY), clean_line(number, MAX_NUMBER)
    note = clean_text(note, MAX_NOTE)
    with ledger.begin() as session:
        story = session.get(Story, story_id, with_for_update=True)
        if story is None:
            raise BadInput(f"没有稿件 #{story_id}", mend="核对稿件编号")
        where = f"稿件 #{story_id}"
        if story.grade != MAJOR:
            mend = f"先定级：rongmei stories grade {story_id} {MAJOR} --by … --why …"
            raise BadInput(f"级别是{GRADE_NAMES[story.grade]}，只有重大选题要备案", where=where, mend=mend)
        if story.state in SETTLED:
            mend = "备案要在最后一审之前办；稿件不该发的，走撤稿"
            raise BadInput(f"{STATE_NAMES[story.state]}，不再登记备案", where=where, mend=mend)
        last = latest_filings(session, (story_id,)).get(story_id)
        authority = authority or (last.authority if last and state != APPLIED else "")
        _check(where, state, last.state if last else None, authority, number, note)
        session.add(
            Filing(story_id=story_id, state=state, authority=authority, number=number, note=note, by=who.id, at=now)
        )
        said = filing_said(state, authority, number, note)
        log(session, story, by=who.id, why=f"备案{said}", now=now, was=story.state, detail={"filing": state})
    return FiledTopic(story_id, state, said)


def _check(where: str, state: str, before: str | None, authority: str, number: str, note: str) -> None:
    if state == APPLIED and before == APPLIED:
        raise BadInput("已经申报，还在等答复", where=where, mend="有了答复再登记 approved 或 refused")
    if state != APPLIED and before != APPLIED:
        raise BadInput("没有正在等答复的申报", where=where, mend="先登记 applied")
    if not authority:
        raise BadInput("没有写向谁备案", where=where, mend="加上 --authority，例如 --authority 市委宣传部")
    if state == APPROVED and not number:
        raise BadInput("没有写备案号", where=where, mend="加上 --number 批复的文号")
    if state == REFUSED and not note:
        raise BadInput("没有写不准的理由", where=where, mend="加上 --note 理由")


def filing_said(state: str, authority: str, number: str, note: str) -> str:
    """已获准：市委宣传部，文号 …，说明."""
    parts = (authority, f"文号 {number}" if number else "", note)
    return f"{FILING_NAMES[state]}：{'，'.join(part for part in parts if part)}"


def latest_filings(session: Session, ids: Collection[int]) -> dict[int, Filing]:
    """The last filing of each of these stories that has one."""
    found = select(Filing).where(Filing.story_id.in_(ids)).order_by(Filing.id)
    return {filing.story_id: filing for filing in session.scalars(found)}


def filing_state(filing: Filing | None) -> str:
    """How a filing stands, for people; None is one that there is not."""
    if filing is None:
        return NOT_FILED
    return filing_said(filing.state, filing.authority, filing.number, filing.note)


def undecided(story: Story, filing: Filing | None) -> bool:
    """Whether a story is a major topic that still waits for the authority's answer, and so for its last reviews."""
    return story.grade == MAJOR and (filing is None or filing.state == APPLIED)

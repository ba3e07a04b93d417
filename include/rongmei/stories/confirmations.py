"""核对: what reviewers confirm of a sensitive story or major topic beside passing it, by name and on one content hash.

A confirmation is a remark in the story's log. It speaks of the hash that the reviewer saw, so a new version has none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger import Story, StoryEvent, log
from rongmei.ledger.tables import REVIEW_STAGES
from rongmei.stories.stages import COUNTERSIGN, FINAL, STAGE_NAMES, asks_more

CHECKS: Final = {"facts": "事实核查", "sources": "信源核对"}
"""What is to be confirmed → what the newsroom calls it."""
WHAT_IT_MEANS: Final = {
    "facts": "人名、职务、时间、地点、数字、引语逐一核对过",
    "sources": "消息来源可靠，关键事实有两个以上互不相干的来源，当事各方都问过",
}
CONFIRMED: Final = "confirmed"
"""In the detail of a remark: keys of `CHECKS`; beside it the content hash."""
ASKED_IN: Final = (FINAL, COUNTERSIGN)
"""The stages that cannot be passed before everything is confirmed."""


@dataclass(frozen=True)
class Confirmation:
    """One of `CHECKS`, confirmed by a person, in the stage that the story was in."""

    check: str
    by: str
    stage: str
    at: datetime


Confirmations = Mapping[tuple[int, str], tuple[Confirmation, ...]]
"""(story id, content hash) → what was confirmed, each check once: by whoever was first."""


def confirmations(session: Session, ids: Collection[int]) -> Confirmations:
    """What was confirmed of these stories' versions."""
    remarks = select(StoryEvent).where(
        StoryEvent.thing_id.in_(ids),
        StoryEvent.to_state.in_(REVIEW_STAGES),
        StoryEvent.from_state == StoryEvent.to_state,
    )
    found: dict[tuple[int, str], dict[str, Confirmation]] = {}
    for event in session.scalars(remarks.order_by(StoryEvent.id)):
        checks, content_hash = event.detail.get(CONFIRMED), event.detail.get("hash")
        if isinstance(checks, list) and isinstance(content_hash, str):
            own = found.setdefault((event.thing_id, content_hash), {})
            for check in checks:
                own.setdefault(check, Confirmation(check, event.by, event.to_state, event.at))
    return {key: tuple(own.values()) for key, own in found.items()}


def missing(grade: str, found: Iterable[Confirmation]) -> tuple[str, ...]:
    """The checks that a version of a grade still lacks."""
    made = {one.check for one in found}
    return tuple(check for check in CHECKS if check not in made) if asks_more(grade) else ()


def confirm(
    session: Session, story: Story, content_hash: str, checks: Iterable[str], *, by: str, remark: str, now: datetime
) -> None:
    """Write what a reviewer confirmed into the story's log.

    Args:
        checks: keys of `CHECKS`; none writes nothing.
        remark: in whose place, for people to read: （代 林初）; "" for nobody's.

    Raises:
        BadInput: there is no such check.
    """
    made = list(dict.fromkeys(checks))
    if strange := [check for check in made if check not in CHECKS]:
        raise BadInput(f"没有“{strange[0][:40]}”这一项核对", where="审稿单", mend=f"可用的有：{'、'.join(CHECKS)}")
    if made:
        names = "、".join(CHECKS[check] for check in made)
        why = f"{STAGE_NAMES[story.state]}确认{remark}：{names}"
        log(session, story, by=by, why=why, now=now, was=story.state, detail={CONFIRMED: made, "hash": content_hash})

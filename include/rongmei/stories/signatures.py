"""Who signed a decision: the reviewer and, where they stood in for somebody (代班), in whose place.

The review's own row names the person who decided; in whose place is in the story's event of that decision.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.ledger import StoryEvent
from rongmei.stories.stages import STAGE_NAMES, person_name

STANDS_FOR = "stands_for"
"""In the detail of a decision's event: ids of those in whose place it was made."""


def signature(plan: Plan, reviewer: str, absent: Iterable[str] = ()) -> str:
    """林初; 何慎（代 林初）for who stood in."""
    return person_name(plan, reviewer) + in_place_of(plan, absent)


def in_place_of(plan: Plan, absent: Iterable[str]) -> str:
    """（代 林初）; nothing for who stood in for nobody."""
    names = "、".join(person_name(plan, one) for one in absent)
    return f"（代 {names}）" if names else ""


def stood_for(session: Session, story_id: int) -> dict[tuple[str, str], tuple[str, ...]]:
    """(content hash, stage) → ids of those in whose place the decision was made; without an entry in nobody's."""
    found = select(StoryEvent).where(StoryEvent.thing_id == story_id, StoryEvent.from_state.in_(STAGE_NAMES))
    return {
        (str(event.detail.get("hash")), str(event.from_state)): tuple(map(str, absent))
        for event in session.scalars(found)
        if isinstance(absent := event.detail.get(STANDS_FOR), list)
    }

"""The reviews: what they are called, which of them a story goes through by its grade, and who may decide in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import product
from typing import Final

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger.tables import GRADES, REVIEW_STAGES

FIRST: Final = REVIEW_STAGES[0]
THREE: Final = REVIEW_STAGES[:3]
FINAL: Final = REVIEW_STAGES[2]
COUNTERSIGN: Final = REVIEW_STAGES[3]
STAGE_NAMES: Final = {
    "first_review": "初审",
    "second_review": "复审",
    "final_review": "终审",
    "countersign": "签发",
}
STATE_NAMES: Final = {
    "filed": "已交稿",
    "first_review": "待初审",
    "second_review": "待复审",
    "final_review": "待终审",
    "countersign": "待签发",
    "signed_off": "已签发",
    "returned": "退回修改",
    "rejected": "已否决",
    "corrected": "已更正",
    "recalled": "已撤稿",
}
SETTLED: Final = frozenset(("rejected", "recalled", "signed_off", "corrected"))
"""States in which nothing is decided about a story any more, unless a new version comes."""
DECISION_NAMES: Final = {"pass": "通过", "return": "退回", "reject": "否决"}
ORDINARY, SENSITIVE, MAJOR = GRADES
GRADE_NAMES: Final = {ORDINARY: "一般", SENSITIVE: "敏感", MAJOR: "重大选题"}
_LISTS: Final = dict(zip(REVIEW_STAGES, ("first", "second", "final", "countersign"), strict=True))
"""Stage → the key of its people in the campaign file."""


def route(grade: str) -> tuple[str, ...]:
    """The stages that a story of a grade goes through, in order."""
    return REVIEW_STAGES if grade == MAJOR else THREE


def after(stage: str, grade: str) -> str:
    """The state that a story of a grade moves on to when it has passed a stage."""
    later = later_stages(stage, grade)
    return later[0] if later else "signed_off"


def later_stages(stage: str, grade: str) -> tuple[str, ...]:
    """What a story of a grade has before it beyond a stage."""
    return tuple(one for one in route(grade) if REVIEW_STAGES.index(one) > REVIEW_STAGES.index(stage))


def asks_more(grade: str) -> bool:
    """Whether a story of a grade needs the confirmations."""
    return grade != ORDINARY


def stage_name(stage: str) -> str:
    """What the newsroom calls a stage.

    Raises:
        BadInput: there is no such stage.
    """
    if stage not in STAGE_NAMES:
        raise BadInput(f"没有审级“{stage}”", mend=f"可用的有：{'、'.join(REVIEW_STAGES)}")
    return STAGE_NAMES[stage]


def stage_people(plan: Plan, stage: str) -> tuple[str, ...]:
    """Ids of the people who may decide in a stage, in the order of the campaign file."""
    stage_name(stage)
    people: tuple[str, ...] = getattr(plan.campaign.production.reviews, _LISTS[stage])
    return people


def with_deputies(plan: Plan, day: date) -> Plan:
    """The plan of `day` (the newsroom's): beside every reviewer the one who stands in for them then (代班).

    Made of such a plan again, it is the same one: nobody who stands in has a deputy on that day.
    """
    deputies = {
        person.id: deputy.person for person in plan.cluster.people for deputy in person.deputies if day in deputy
    }
    if not deputies:
        return plan
    production = plan.campaign.production
    lists = {
        stage: (*people, *dict.fromkeys(deputies[one] for one in people if deputies.get(one, one) not in people))
        for stage, people in ((stage, getattr(production.reviews, stage)) for stage in _LISTS.values())
    }
    reviews = production.reviews.model_copy(update=lists)
    changed = {"production": production.model_copy(update={"reviews": reviews})}
    return plan._replace(campaign=plan.campaign.model_copy(update=changed))


def stands_in_for(plan: Plan, stage: str, person: str, day: date) -> tuple[str, ...]:
    """Ids of those whose place a person takes in a stage on `day`; none for who may review there anyway.

    Args:
        plan: as the files say it, without deputies.
    """
    people = stage_people(plan, stage)
    if person in people:
        return ()
    absent = {
        one.id for one in plan.cluster.people for deputy in one.deputies if deputy.person == person and day in deputy
    }
    return tuple(one for one in people if one in absent)


def free_people(plan: Plan, stage: str, used: Collection[str], grade: str = ORDINARY) -> tuple[str, ...]:
    """Who may review a version in a stage when `used` did so in others: whoever leaves somebody for the stages after.

    Where no choice leaves somebody, that rule is dropped: a person must mend the lists anyway.
    """
    free = tuple(one for one in stage_people(plan, stage) if one not in used)
    later = later_stages(stage, grade)
    return tuple(one for one in free if _can_finish(plan, later, {*used, one})) or free


def _can_finish(plan: Plan, later: Collection[str], used: Collection[str]) -> bool:
    free = [[one for one in stage_people(plan, after) if one not in used] for after in later]
    return any(len(set(chosen)) == len(later) for chosen in product(*free))


def outlet_name(plan: Plan, outlet: str) -> str:
    """The outlet's name; its id when it has left the cluster since."""
    return next((known.name for known in plan.cluster.outlets if known.id == outlet), outlet)


def person_name(plan: Plan, person: str) -> str:
    """The person's name; the id when they have left the cluster since."""
    return next((known.name for known in plan.cluster.people if known.id == person), person)

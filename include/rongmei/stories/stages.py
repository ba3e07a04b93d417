"""The three reviews: what they are called, what comes after each, and who may decide in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import product
from typing import Final

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger.tables import REVIEW_STAGES

FIRST: Final = REVIEW_STAGES[0]
STAGE_NAMES: Final = {"first_review": "初审", "second_review": "复审", "final_review": "终审"}
DECISION_NAMES: Final = {"pass": "通过", "return": "退回", "reject": "否决"}
AFTER: Final = {"first_review": "second_review", "second_review": "final_review", "final_review": "signed_off"}
"""The state a passed story moves on to."""


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
    reviews = plan.campaign.production.reviews
    people = {"first_review": reviews.first, "second_review": reviews.second, "final_review": reviews.final}
    stage_name(stage)
    return people[stage]


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
        for stage, people in ((stage, getattr(production.reviews, stage)) for stage in ("first", "second", "final"))
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


def free_people(plan: Plan, stage: str, used: Collection[str]) -> tuple[str, ...]:
    """Who may review a version in a stage when `used` did so in others: whoever leaves somebody for the stages after.

    Where no choice leaves somebody, that rule is dropped: a person must mend the lists anyway.
    """
    free = tuple(one for one in stage_people(plan, stage) if one not in used)
    return tuple(one for one in free if _can_finish(plan, stage, {*used, one})) or free


def _can_finish(plan: Plan, stage: str, used: Collection[str]) -> bool:
    later = REVIEW_STAGES[REVIEW_STAGES.index(stage) + 1 :]
    free = [[one for one in stage_people(plan, after) if one not in used] for after in later]
    return any(len(set(chosen)) == len(later) for chosen in product(*free))


def outlet_name(plan: Plan, outlet: str) -> str:
    """The outlet's name; its id when it has left the cluster since."""
    return next((known.name for known in plan.cluster.outlets if known.id == outlet), outlet)


def person_name(plan: Plan, person: str) -> str:
    """The person's name; the id when they have left the cluster since."""
    return next((known.name for known in plan.cluster.people if known.id == person), person)

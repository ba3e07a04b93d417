"""The three reviews: what they are called, what comes after each, and who may decide in them."""

from __future__ import annotations

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


def outlet_name(plan: Plan, outlet: str) -> str:
    """The outlet's name; its id when it has left the cluster since."""
    return next((known.name for known in plan.cluster.outlets if known.id == outlet), outlet)


def person_name(plan: Plan, person: str) -> str:
    """The person's name; the id when they have left the cluster since."""
    return next((known.name for known in plan.cluster.people if known.id == person), person)

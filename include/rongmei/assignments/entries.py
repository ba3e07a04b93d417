"""Writes offers into the ledger: their times, their reasons, their birth in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.assignments.model import Term
from rongmei.config import Plan
from rongmei.ledger import Assignment, Edition, log


def new_offer(plan: Plan, edition: Edition, pitch_id: int, outlet: str, number: int, now: datetime) -> Assignment:
    """The offer; its deadline supposes the last possible answer and moves forward when the outlet accepts earlier."""
    answer_by = now + timedelta(hours=plan.campaign.assignment.answer_hours)
    return Assignment(
        edition_id=edition.id,
        pitch_id=pitch_id,
        outlet=outlet,
        round=number,
        state="offered",
        partners=[],
        answer_by=answer_by,
        deadline_at=answer_by + timedelta(hours=plan.campaign.production.deadline_hours),
        offered_at=now,
    )


def record(session: Session, offer: Assignment, reasons: dict[str, Any], *, by: str, why: str, now: datetime) -> None:
    """Put the offer with its reasons into the ledger, and its birth into the log."""
    offer.reasons = reasons
    session.add(offer)
    session.flush()
    log(session, offer, by=by, why=why, now=now)


def as_json(terms: Mapping[str, Term]) -> dict[str, Any]:
    """Reasons as the ledger keeps them."""
    return {name: {"points": term.points, "why": term.why} for name, term in terms.items()}


def next_round(session: Session, edition: Edition) -> int:
    """Rounds are counted over the whole edition, so that an outlet gets at most one mail a round."""
    last = session.scalar(select(func.max(Assignment.round)).where(Assignment.edition_id == edition.id))
    return (last or 0) + 1

"""When an edition's numbers are taken: so many hours after its last publication."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from rongmei.ledger import Ledger, Publication, get_edition

if TYPE_CHECKING:
    from rongmei.config import Plan

# What is out, or may still come out. The others have no readers to wait for.
_COUNTED = ("scheduled", "sending", "unknown", "accepted", "live", "awaiting_operator")


def checkpoint_at(ledger: Ledger, plan: Plan, key: str) -> datetime | None:
    """The moment of the checkpoint, aware UTC; None when nothing went out and nothing will.

    A publication counts from when readers saw it, from when the platform took it, or else from when it was due.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        last = session.scalar(
            select(
                func.max(
                    func.coalesce(
                        Publication.live_at, Publication.accepted_at, Publication.claimed_at, Publication.scheduled_at
                    )
                )
            ).where(Publication.edition_id == edition.id, Publication.state.in_(_COUNTED))
        )
    return last + timedelta(hours=plan.campaign.measurement.checkpoint_hours) if last else None


def checkpoint_due(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> bool:
    """Whether the checkpoint has come; at once when there is nothing to wait for."""
    moment = checkpoint_at(ledger, plan, key)
    return moment is None or now >= moment

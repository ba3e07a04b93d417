"""Sends what a mail server would not take when a report was mailed: no report waits for the post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from rongmei.config import Plan
from rongmei.ledger import Ledger, Mail
from rongmei.mail import DeliverySummary, Transport, deliver


def unsent(ledger: Ledger, plan: Plan, *, rehearsal: bool) -> list[str]:
    """Keys of the mails of the campaign's and its cluster's reports that still wait, oldest first."""
    campaign, cluster = plan.campaign.id, plan.cluster.id
    side = "/rehearsal" if rehearsal else ""
    beginnings = (
        f"report:{campaign}/",
        f"wrapup:{campaign}{side}:",
        f"daily:{cluster}{side}:",
        f"weekly:{cluster}{side}:",
    )
    with ledger.read() as session:
        waiting = session.scalars(select(Mail.key).where(Mail.state == "pending").order_by(Mail.id)).all()
    mine = [key for key in waiting if key.startswith(beginnings)]
    return [key for key in mine if not key.startswith("report:") or ("/rehearsal:" in key) == rehearsal]


def send_unsent(
    ledger: Ledger, keys: list[str], *, transport: Transport, clock: Callable[[], datetime]
) -> DeliverySummary:
    """Try these mails once more; each is sent once however many processes try.

    Raises:
        CredentialRefused: the server takes nothing from us; the mails are kept.
    """
    return deliver(ledger, transport, keys=keys, clock=clock)

"""Tells an outlet by mail what was said about its stories that did not pass, and what to do: one mail a review sheet.

The mail is written into the outbox in the transaction that records the decisions, so neither is ever without the other;
`post_returns` then hands it to the mail server, and whoever calls it later sends what is still there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.config import Outlet, Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Mail, Review, Story, StoryVersion
from rongmei.mail import DeliverySummary, Transport, deliver, message, queue, sender_address
from rongmei.stories.pages import render
from rongmei.stories.signatures import signature, stood_for
from rongmei.stories.stages import DECISION_NAMES, STAGE_NAMES, outlet_name, person_name
from rongmei.stories.versions import is_out

MAILS: Final = "returned:"
"""What the keys of these mails begin with."""


@dataclass(frozen=True)
class Opinion:
    """What one reviewer decided about the version in question."""

    stage: str
    who: str
    decision: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Returned:
    """One story in the mail.

    Attributes:
        rejected: it takes no new version; otherwise one is asked for.
        correction: some version of it is out, so the new one corrects that.
        deadline: until when the new version is to be filed; None where there is no such time.
    """

    story_id: int
    assignment_id: int
    title: str
    number: int
    content_hash: str
    rejected: bool
    correction: bool
    deadline: datetime | None
    opinions: tuple[Opinion, ...]


def queue_returns(
    session: Session, plan: Plan, edition: Edition, stage: str, stories: Iterable[Story], *, now: datetime
) -> tuple[str, ...]:
    """Put into the outbox what the outlets of `stories`, which one sheet has just returned or rejected, are to read.

    Returns:
        what kept an outlet from being told, in Chinese, and who must act; the decision stands all the same.
    """
    session.flush()
    of_outlets: defaultdict[str, list[Story]] = defaultdict(list)
    for story in stories:
        of_outlets[story.outlet].append(story)
    outlets = {outlet.id: outlet for outlet in plan.cluster.outlets}
    problems = []
    for outlet_id, returned in sorted(of_outlets.items()):
        name, numbers = outlet_name(plan, outlet_id), "、".join(f"#{story.id}" for story in returned)
        outlet = outlets.get(outlet_id)
        if outlet is None:
            problems.append(f"“{name}”已不在集群文件里，稿件 {numbers} 的审稿意见无处可寄，请制片转告")
            continue
        try:
            _queue(session, plan, edition, stage, outlet, returned, now=now)
        except BadInput as problem:
            problems.append(f"稿件 {numbers} 的审稿意见没能寄给{name}（{problem}），请制片转告")
    return tuple(problems)


def post_returns(ledger: Ledger, key: str, *, transport: Transport, clock: Callable[[], datetime]) -> DeliverySummary:
    """Send the edition's mails about returned stories that lie in the outbox, those of earlier sheets included.

    Raises:
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    ours = Mail.key.startswith(mail_prefix(key), autoescape=True)
    with ledger.read() as session:
        found = select(Mail.key).where(ours, Mail.state.in_(("pending", "sending"))).order_by(Mail.id)
        keys = list(session.scalars(found))
    return deliver(ledger, transport, keys=keys, clock=clock) if keys else DeliverySummary()


def mail_prefix(key: str) -> str:
    """What the keys of an edition's mails about returned stories begin with."""
    return f"{MAILS}{key}:"


def write(
    plan: Plan, edition: Edition, stage: str, outlet: Outlet, lines: Iterable[Returned], *, now: datetime
) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail to one outlet."""
    lines = tuple(lines)
    again = sum(not line.rejected for line in lines)
    rejected = len(lines) - again
    counts = "，".join(f"{n} 篇{what}" for n, what in ((again, "退回修改"), (rejected, "否决")) if n)
    subject = f"审稿意见：{plan.campaign.name} {edition.day:%m-%d}，{counts}"
    content = {
        "subject": subject,
        "campaign": plan.campaign,
        "owner": person_name(plan, plan.campaign.owner),
        "day": edition.day,
        "outlet": outlet,
        "stage": STAGE_NAMES[stage],
        "counts": counts,
        "lines": lines,
        "folder": f"{'rehearsal/' if edition.rehearsal else ''}inbox/stories/{outlet.id}/",
        "now": now,
    }
    return subject, render("returned.html", **content), render("returned.txt", **content)


def _queue(
    session: Session,
    plan: Plan,
    edition: Edition,
    stage: str,
    outlet: Outlet,
    returned: list[Story],
    *,
    now: datetime,
) -> None:
    lines = [_line(session, plan, story, now=now) for story in returned]
    subject, html, text = write(plan, edition, stage, outlet, lines, now=now)
    owner = next((person.email for person in plan.cluster.people if person.id == plan.campaign.owner), None)
    mail = message(subject, html, text, sender=sender_address(), to=outlet.contact_email, reply_to=owner)
    # A version has one decision in a stage, so the first story and its version name the sheet, whatever is retried.
    first = lines[0]
    key = f"{mail_prefix(edition.key)}{stage}:{first.story_id}.{first.content_hash[:16]}"
    queue(session, key=key, recipient=outlet.contact_email, message=mail, edition_id=edition.id, now=now)


def _line(session: Session, plan: Plan, story: Story, *, now: datetime) -> Returned:
    of_version = (StoryVersion.story_id == story.id, StoryVersion.content_hash == story.current_hash)
    version = session.scalars(select(StoryVersion).where(*of_version)).one()
    deadline = session.get_one(Assignment, story.assignment_id).deadline_at
    if rework := plan.campaign.production.rework:
        deadline = max(deadline, now + rework)
    rejected, correction = story.state == "rejected", is_out(session, story)
    return Returned(
        story_id=story.id,
        assignment_id=story.assignment_id,
        title=version.title,
        number=version.number,
        content_hash=version.content_hash,
        rejected=rejected,
        correction=correction,
        deadline=None if rejected or correction else deadline,
        opinions=_opinions(session, plan, story),
    )


def _opinions(session: Session, plan: Plan, story: Story) -> tuple[Opinion, ...]:
    absent = stood_for(session, story.id)
    found = select(Review).where(Review.story_id == story.id, Review.content_hash == story.current_hash)
    return tuple(
        Opinion(
            stage=STAGE_NAMES[row.stage],
            who=signature(plan, row.reviewer, absent.get((row.content_hash, row.stage), ())),
            decision=DECISION_NAMES[row.decision],
            text=row.opinion,
            at=row.decided_at,
        )
        for row in session.scalars(found.order_by(Review.id))
    )

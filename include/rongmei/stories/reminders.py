"""Reminds by mail of review sheets that wait: their reviewers at once and once again, then the campaign's owner.

Every reminder is a remark in the story's log, written together with the mail into the outbox, so that each is sent once
for each version, stage and step. Nothing here decides about a story: an unanswered reminder leaves it where it is.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from rongmei.clock import local_date
from rongmei.config import Person, Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Mail, Review, Story, StoryEvent, StoryVersion, lock_edition, log
from rongmei.ledger.tables import REVIEW_STAGES
from rongmei.mail import DeliverySummary, Transport, deliver, message, queue, sender_address
from rongmei.stories import returns
from rongmei.stories.confirmations import ASKED_IN
from rongmei.stories.filings import filing_state, latest_filings, undecided
from rongmei.stories.pages import render
from rongmei.stories.stages import (
    GRADE_NAMES,
    MAJOR,
    ORDINARY,
    STAGE_NAMES,
    free_people,
    outlet_name,
    person_name,
    with_deputies,
)

WAITING, AGAIN, ESCALATED = "waiting", "again", "escalated"
STEP_NAMES: Final = {WAITING: "通知待审", AGAIN: "再次提醒", ESCALATED: "报请督办"}
STEP: Final = "reminder"
"""In the detail of a story's remark: the step; beside it the stage and the content hash."""
GIVEN_UP_AFTER: Final = timedelta(days=2)
"""How long after the last step was due nobody is written to any more: the story lies there for another reason."""
MAILS: Final = "review:"
"""What the keys of these mails begin with."""
MAX_SHOWN: Final = 50
"""Stories that a mail lists."""


@dataclass(frozen=True)
class RemindSummary:
    """How the mails about reviews stand.

    Attributes:
        queued: mails this call put into the outbox.
        reminded: stories that it reminded reviewers of.
        escalated: stories of which it told the campaign's owner.
        problems: people who cannot be written to, and who must act, a line each.
        sent, pending, failed, unknown: mails, those about returned stories included.
    """

    queued: int = 0
    reminded: int = 0
    escalated: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A story that waits for a review.

    Attributes:
        since: when it came to this stage.
        people: ids of those who may review it; of a major topic that waits for the authority, the campaign's owner.
        note: what keeps it from being reviewed, "" for nothing.
        steps: reminders that it has had in this stage, for this version.
    """

    story: Story
    title: str
    stage: str
    since: datetime
    people: tuple[str, ...]
    steps: frozenset[str]
    note: str = ""


@dataclass
class _Done:
    """What a call has put into the outbox so far."""

    queued: int = 0
    reminded: int = 0
    escalated: int = 0
    problems: list[str] = field(default_factory=list)


def mail_due(ledger: Ledger, plan: Plan, *, rehearsal: bool, now: datetime) -> bool:
    """Whether `remind` would have anything to do; it needs a mail server then."""
    if _undelivered(ledger, plan, rehearsal=rehearsal):
        return True
    return any(_due(ledger, plan, key, now) for key in _editions_with_reviews(ledger, plan, rehearsal=rehearsal))


def remind(
    ledger: Ledger, plan: Plan, *, rehearsal: bool, transport: Transport, clock: Callable[[], datetime]
) -> RemindSummary:
    """Do what is due for every edition of the campaign, real ones or rehearsals, and send what lies in the outbox.

    Raises:
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    now = clock()
    done = _Done()
    for key in _editions_with_reviews(ledger, plan, rehearsal=rehearsal):
        if not _due(ledger, plan, key, now):
            continue
        with ledger.begin() as session:
            edition = lock_edition(session, key)
            for stage in REVIEW_STAGES:
                found = [one for one in waiting_reviews(session, plan, key, now=now) if one.stage == stage]
                for step in STEP_NAMES:
                    due = [one for one in found if step in due_steps(plan, one, now)]
                    _tell(session, plan, edition, stage, step, due, done, now=now)
    keys = _undelivered(ledger, plan, rehearsal=rehearsal)
    mails = deliver(ledger, transport, keys=keys, clock=clock) if keys else DeliverySummary()
    return RemindSummary(
        queued=done.queued,
        reminded=done.reminded,
        escalated=done.escalated,
        sent=mails.sent,
        pending=mails.pending,
        failed=mails.failed,
        unknown=mails.unknown,
        problems=tuple(done.problems),
    )


def waiting_reviews(session: Session, plan: Plan, key: str, *, now: datetime) -> list[Waiting]:
    """The edition's stories that wait for a review, in the order of their ids."""
    today = with_deputies(plan, local_date(now))
    rows = session.execute(
        select(Story, StoryVersion.title)
        .join(Edition, Edition.id == Story.edition_id)
        .join(StoryVersion, (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash))
        .where(Edition.key == key, Story.state.in_(REVIEW_STAGES))
        .order_by(Story.id)
    ).tuples()
    return [_waiting(session, today, story, title) for story, title in rows]


def due_steps(plan: Plan, one: Waiting, now: datetime) -> tuple[str, ...]:
    """The steps that are to be taken now; a reminder that comes too late is left out for the one after it."""
    lain = now - one.since
    again, escalate = timedelta(hours=plan.campaign.production.remind_hours), plan.campaign.production.escalate_after
    if lain > max(again, escalate) + GIVEN_UP_AFTER:
        return ()
    if lain < again:
        first = () if one.steps & {WAITING, AGAIN} else (WAITING,)
    else:
        first = () if AGAIN in one.steps else (AGAIN,)
    return (*first, ESCALATED) if lain >= escalate and ESCALATED not in one.steps else first


def write(
    plan: Plan, edition: Edition, stage: str, step: str, person: Person, lines: Sequence[Waiting], *, now: datetime
) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail to one reviewer, or to the owner when `step` is the last one."""
    name = STAGE_NAMES[stage]
    heads = {WAITING: f"待{name}", AGAIN: f"再次提醒，待{name}", ESCALATED: f"请督办，{name}没有人审"}
    subject = f"{heads[step]}：{plan.campaign.name} {edition.day:%m-%d}，{len(lines)} 篇"
    content = {
        "subject": subject,
        "step": step,
        "person": person,
        "campaign": plan.campaign,
        "day": edition.day,
        "stage": name,
        "lines": [
            {
                "id": one.story.id,
                "title": one.title,
                "outlet": outlet_name(plan, one.story.outlet),
                "since": one.since,
                "hours": int((now - one.since) / timedelta(hours=1)),
                "people": "、".join(person_name(plan, who) for who in one.people),
                "grade": "" if one.story.grade == ORDINARY else GRADE_NAMES[one.story.grade],
                "note": one.note,
            }
            for one in lines[:MAX_SHOWN]
        ],
        "more": max(len(lines) - MAX_SHOWN, 0),
        "page": review_page(),
        "owner": person_name(plan, plan.campaign.owner),
    }
    return subject, render("waiting.html", **content), render("waiting.txt", **content)


def review_page() -> str | None:
    """Where reviews are answered, from the address that Airflow is given (`AIRFLOW__API__BASE_URL`); None without."""
    base = os.environ.get("AIRFLOW__API__BASE_URL", "").rstrip("/")
    parts = urlsplit(base)
    fits = parts.scheme in {"http", "https"} and parts.hostname and base.isprintable() and "@" not in parts.netloc
    return f"{base}/required_actions?response_received=false" if fits else None


# ── what waits ───────────────────────────────────────────────────────────────────────────────────────────────────


def _editions_with_reviews(ledger: Ledger, plan: Plan, *, rehearsal: bool) -> list[str]:
    of_campaign = (Edition.campaign == plan.campaign.id, Edition.rehearsal == rehearsal)
    found = select(Edition.key).join(Story, Story.edition_id == Edition.id)
    found = found.where(*of_campaign, Story.state.in_(REVIEW_STAGES)).distinct()
    with ledger.read() as session:
        return sorted(session.scalars(found))


def _due(ledger: Ledger, plan: Plan, key: str, now: datetime) -> bool:
    """Whether a step is to be taken for the edition; looked at before its row is held."""
    with ledger.read() as session:
        return any(due_steps(plan, one, now) for one in waiting_reviews(session, plan, key, now=now))


def _waiting(session: Session, plan: Plan, story: Story, title: str) -> Waiting:
    stage, content_hash = story.state, story.current_hash
    came = select(func.max(StoryEvent.at)).where(
        StoryEvent.thing_id == story.id, StoryEvent.to_state == stage, StoryEvent.from_state != stage
    )
    remarks = select(StoryEvent.detail).where(
        StoryEvent.thing_id == story.id, StoryEvent.to_state == stage, StoryEvent.from_state == stage
    )
    used = select(Review.reviewer).where(
        Review.story_id == story.id, Review.content_hash == content_hash, Review.stage != stage
    )
    filing = latest_filings(session, (story.id,)).get(story.id) if story.grade == MAJOR else None
    unfiled = stage in ASKED_IN and undecided(story, filing)
    free = free_people(plan, stage, set(session.scalars(used)), story.grade)
    return Waiting(
        story=story,
        title=title,
        stage=stage,
        since=session.scalar(came) or story.filed_at,
        people=(plan.campaign.owner,) if unfiled else free,
        note=f"重大选题备案{filing_state(filing)}，获准之前不能审" if unfiled else "",
        steps=frozenset(
            str(detail[STEP])
            for detail in session.scalars(remarks)
            if detail.get("hash") == content_hash and STEP in detail
        ),
    )


# ── mails ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tell(
    session: Session,
    plan: Plan,
    edition: Edition,
    stage: str,
    step: str,
    due: Sequence[Waiting],
    done: _Done,
    *,
    now: datetime,
) -> None:
    """Queue the mails of one step and remark it in the stories' logs."""
    people = {person.id: person for person in plan.cluster.people}
    for who, lines in _letters(plan, step, due).items():
        try:
            done.queued += _queue(session, plan, edition, stage, step, people[who], lines, now=now)
        except BadInput as problem:
            done.problems.append(f"{people[who].name}收不到{STEP_NAMES[step]}的邮件：{problem}")
    for one in due:
        told = (plan.campaign.owner,) if step == ESCALATED else one.people
        names = "、".join(person_name(plan, who) for who in told) or "没有人可以审"
        detail = {STEP: step, "stage": stage, "hash": one.story.current_hash}
        why = f"{STAGE_NAMES[stage]}{STEP_NAMES[step]}：{names}"
        log(session, one.story, by="rongmei", why=why, now=now, was=stage, detail=detail)
    if step == ESCALATED:
        done.escalated += len(due)
    else:
        done.reminded += len(due)


def _queue(
    session: Session,
    plan: Plan,
    edition: Edition,
    stage: str,
    step: str,
    person: Person,
    lines: Sequence[Waiting],
    *,
    now: datetime,
) -> bool:
    subject, html, text = write(plan, edition, stage, step, person, lines, now=now)
    return queue(
        session,
        key=_mail_key(edition.key, stage, step, person.id, lines),
        recipient=person.email,
        message=message(subject, html, text, sender=sender_address(), to=person.email),
        edition_id=edition.id,
        now=now,
    )


def _letters(plan: Plan, step: str, due: Iterable[Waiting]) -> dict[str, list[Waiting]]:
    """Who is to be written to about what."""
    letters: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in due:
        for who in (plan.campaign.owner,) if step == ESCALATED else one.people:
            letters[who].append(one)
    return dict(sorted(letters.items()))


def _mail_key(key: str, stage: str, step: str, who: str, lines: Iterable[Waiting]) -> str:
    said = " ".join([who, *(f"{one.story.id}.{one.story.current_hash}" for one in lines)])
    return f"{MAILS}{key}:{stage}:{step}:{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _undelivered(ledger: Ledger, plan: Plan, *, rehearsal: bool) -> list[str]:
    """Keys of what lies in the outbox about the campaign's reviews and returned stories."""
    ours = or_(Mail.key.startswith(MAILS), Mail.key.startswith(returns.MAILS))
    of_campaign = (Edition.campaign == plan.campaign.id, Edition.rehearsal == rehearsal)
    found = select(Mail.key).join(Edition, Edition.id == Mail.edition_id)
    found = found.where(*of_campaign, Mail.state.in_(("pending", "sending")), ours).order_by(Mail.id)
    with ledger.read() as session:
        return list(session.scalars(found))

"""The work of a stretch of days: how far pitches and stories came, what went wrong, what stood on hot boards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from rongmei.ledger import (
    Amendment,
    Anomaly,
    Assignment,
    AssignmentEvent,
    Edition,
    Pitch,
    PitchEvent,
    Publication,
    PublicationEvent,
    Story,
    StoryEvent,
)
from rongmei.ledger.hits import board_hits
from rongmei.mail.compose import one_line
from rongmei.reports.edition.gathering import Gathering
from rongmei.reports.lines import HitLine, Step, Task, TroubleLine
from rongmei.reports.stretch.figures import board_name, went_live
from rongmei.reports.stretch.scope import DAY, TITLE, Scope
from rongmei.reports.words import moment_text

EXAMPLES = 3
OPEN_FOR_DAYS = 7
"""Editions of so many days back are looked through for what waits for somebody."""


@dataclass(frozen=True)
class Punctuality:
    """Stories whose deadline fell into the stretch: how many there were, and how many had been filed in time."""

    due: int
    on_time: int

    @property
    def rate(self) -> float | None:
        """A ratio; None when nothing was due."""
        return self.on_time / self.due if self.due else None


def funnel(scope: Scope) -> tuple[Step, ...]:
    """What was done in the stretch, from pitch to publication; a step counts what reached it in these days."""
    return (
        Step("报题", _count(scope, Pitch, Pitch.submitted_at)),
        Step("通过", _moved(scope, PitchEvent, Pitch, "accepted")),
        Step("派单", _count(scope, Assignment, Assignment.offered_at)),
        Step("交稿", _count(scope, Story, Story.filed_at)),
        Step("签发", _count(scope, Story, Story.signed_off_at)),
        Step("发布", sum(went_live(scope, Publication.channel).values())),
    )


def _count(scope: Scope, thing: Any, moment: Any) -> int:
    wanted = select(func.count(thing.id)).join(Edition, Edition.id == thing.edition_id)
    during = (moment >= scope.start, moment < scope.end, *_mine(scope, thing))
    return scope.session.scalar(wanted.where(scope.editions, *during)) or 0


def _moved(scope: Scope, event: Any, thing: Any, *states: str) -> int:
    wanted = (
        select(func.count(func.distinct(event.thing_id)))
        .join(thing, thing.id == event.thing_id)
        .join(Edition, Edition.id == thing.edition_id)
        .where(scope.editions, event.to_state.in_(states), event.at >= scope.start, event.at < scope.end)
    )
    return scope.session.scalar(wanted.where(*_mine(scope, thing))) or 0


def _mine(scope: Scope, thing: Any) -> tuple[Any, ...]:
    return () if scope.outlet is None else (thing.outlet == scope.outlet,)


def punctuality(scope: Scope) -> Punctuality:
    """Of the accepted assignments whose deadline is past."""
    rows = scope.session.execute(
        select(Assignment.deadline_at, Story.filed_at)
        .join(Edition, Edition.id == Assignment.edition_id)
        .outerjoin(Story, Story.assignment_id == Assignment.id)
        .where(scope.editions, *_mine(scope, Assignment), Assignment.state.in_(("accepted", "filed", "done")))
        .where(Assignment.deadline_at >= scope.start, Assignment.deadline_at < scope.end)
    ).tuples()
    found = [filed is not None and filed <= deadline for deadline, filed in rows]
    return Punctuality(len(found), sum(found))


# ── what went wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


def troubles(scope: Scope) -> tuple[TroubleLine, ...]:
    """What went wrong, most frequent first, beside the stretch before; kinds that happened in neither are left out."""
    now, then = dict(_troubles(scope)), dict(_troubles(scope.before()))
    lines = [
        TroubleLine(kind, len(examples), len(then[kind]), tuple(examples[:EXAMPLES])) for kind, examples in now.items()
    ]
    return tuple(sorted((one for one in lines if one.count or one.before), key=lambda one: -one.count))


def _troubles(scope: Scope) -> Iterator[tuple[str, list[str]]]:
    yield "发布失败", _publications(scope, "failed")
    yield "结果不明", _publications(scope, "unknown")
    yield "错过时段", _publications(scope, "missed")
    yield "审稿退回", _stories(scope, "returned")
    yield "审稿否决", _stories(scope, "rejected")
    yield "逾期交稿", _late(scope)
    yield "推辞或超时未答", _assignments(scope)
    yield "发布后更正", _amended(scope, "correction")
    yield "撤稿", _amended(scope, "recall")
    yield "数据异常", _anomalies(scope)


def _publications(scope: Scope, state: str) -> list[str]:
    rows = scope.session.execute(
        select(Publication.version_id, Publication.account)
        .join(PublicationEvent, PublicationEvent.thing_id == Publication.id)
        .where(scope.publications, PublicationEvent.to_state == state)
        .where(PublicationEvent.at >= scope.start, PublicationEvent.at < scope.end)
        .group_by(Publication.id, Publication.version_id, Publication.account)
        .order_by(Publication.id)
    ).tuples()
    return _told(scope, rows.all())


def _told(scope: Scope, rows: Iterable[tuple[int, str]]) -> list[str]:
    known = list(rows)
    titles = scope.titles(version for version, _ in known[:EXAMPLES])
    return [
        f"《{titles[version]}》→ {scope.account_name(account)}" if version in titles else ""
        for version, account in known
    ]


def _stories(scope: Scope, state: str) -> list[str]:
    rows = scope.session.execute(
        select(Story.outlet, func.count(StoryEvent.id))
        .join(StoryEvent, StoryEvent.thing_id == Story.id)
        .join(Edition, Edition.id == Story.edition_id)
        .where(scope.editions, *_mine(scope, Story), StoryEvent.to_state == state)
        .where(StoryEvent.at >= scope.start, StoryEvent.at < scope.end)
        .group_by(Story.id, Story.outlet)
        .order_by(Story.id)
    ).tuples()
    return [f"{scope.outlet_name(outlet)}一篇" + (f" {times} 次" if times > 1 else "") for outlet, times in rows]


def _late(scope: Scope) -> list[str]:
    rows = scope.session.execute(
        select(Assignment.outlet, Pitch.title, Assignment.deadline_at, Story.filed_at)
        .join(Edition, Edition.id == Assignment.edition_id)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .outerjoin(Story, Story.assignment_id == Assignment.id)
        .where(scope.editions, *_mine(scope, Assignment), Assignment.state.in_(("accepted", "filed", "done")))
        .where(Assignment.deadline_at >= scope.start, Assignment.deadline_at < scope.end)
        .where((Story.filed_at.is_(None)) | (Story.filed_at > Assignment.deadline_at))
        .order_by(Assignment.deadline_at)
    ).tuples()
    return [
        f"{scope.outlet_name(outlet)}《{one_line(title, TITLE)}》应于 {moment_text(due)} 交，"
        + (f"{moment_text(filed)} 交来" if filed else "还没有交")
        for outlet, title, due, filed in rows
    ]


def _assignments(scope: Scope) -> list[str]:
    rows = scope.session.execute(
        select(Assignment.outlet, Pitch.title)
        .join(AssignmentEvent, AssignmentEvent.thing_id == Assignment.id)
        .join(Edition, Edition.id == Assignment.edition_id)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .where(scope.editions, *_mine(scope, Assignment), AssignmentEvent.to_state.in_(("declined", "expired")))
        .where(AssignmentEvent.at >= scope.start, AssignmentEvent.at < scope.end)
        .order_by(AssignmentEvent.id)
    ).tuples()
    return [f"{scope.outlet_name(outlet)}《{one_line(title, TITLE)}》" for outlet, title in rows]


def _amended(scope: Scope, kind: str) -> list[str]:
    rows = scope.session.execute(
        select(Publication.version_id, Publication.account)
        .join(Amendment, Amendment.publication_id == Publication.id)
        .where(scope.publications, Amendment.kind == kind)
        .where(Amendment.ordered_at >= scope.start, Amendment.ordered_at < scope.end)
        .order_by(Amendment.id)
    ).tuples()
    return _told(scope, rows.all())


def _anomalies(scope: Scope) -> list[str]:
    rows = scope.session.execute(
        select(Publication.version_id, Publication.account)
        .join(Anomaly, Anomaly.publication_id == Publication.id)
        .where(scope.publications, Anomaly.flagged_at >= scope.start, Anomaly.flagged_at < scope.end)
        .order_by(Anomaly.id)
    ).tuples()
    return _told(scope, rows.all())


def undecided(scope: Scope) -> int:
    """Anomalies of our publications that nobody has decided about."""
    wanted = select(func.count(Anomaly.id)).join(Publication, Publication.id == Anomaly.publication_id)
    return scope.session.scalar(wanted.where(scope.publications, Anomaly.state == "flagged")) or 0


# ── who must act ─────────────────────────────────────────────────────────────────────────────────────────────────────


def open_tasks(scope: Scope) -> tuple[Task, ...]:
    """What waits for somebody now in the editions of the last days, urgent things first."""
    since = scope.last - DAY * OPEN_FOR_DAYS
    keys = scope.session.execute(
        select(Edition.campaign, Edition.key)
        .where(scope.editions, Edition.day >= since, Edition.opened_at < scope.now)
        .order_by(Edition.day.desc(), Edition.id)
    ).tuples()
    plans = {plan.campaign.id: plan for plan in scope.plan.plans}
    found = [
        task for campaign, key in keys for task in Gathering(scope.session, plans[campaign], key, scope.now).tasks()
    ]
    flagged = undecided(scope)
    if flagged:
        why = "逐条看证据，排除或放行；没有判断之前照常计入"
        found.append(Task("数据异常", f"{flagged} 条数据待判断", why, "制片"))
    return tuple(sorted(found, key=lambda task: not task.urgent))


# ── hot boards ───────────────────────────────────────────────────────────────────────────────────────────────────────


def hits(scope: Scope) -> tuple[HitLine, ...]:
    """The campaigns' topics that were seen on hot boards, the highest first; paid lines are no success."""
    found = [
        hit
        for campaign in scope.campaigns
        for hit in board_hits(scope.session, campaign, scope.start, scope.end, rehearsal=scope.rehearsal)
        if scope.outlet is None or hit.outlet == scope.outlet
    ]
    versions = dict(
        scope.session.execute(
            select(Publication.id, Publication.version_id).where(
                Publication.id.in_([hit.publication_id for hit in found if hit.publication_id is not None])
            )
        )
        .tuples()
        .all()
    )
    titles = scope.titles(versions.values())
    ordered = sorted(found, key=lambda hit: (hit.best_position or 1000, -hit.minutes, hit.first_seen, hit.id))
    return tuple(
        HitLine(
            board=board_name(hit.board),
            campaign=scope.campaign_name(hit.campaign),
            title=one_line(hit.title, TITLE),
            position=hit.best_position,
            minutes=hit.minutes,
            heat=hit.peak_heat,
            first_seen_at=hit.first_seen,
            about=titles.get(versions.get(hit.publication_id or 0, 0), ""),
        )
        for hit in ordered
    )

"""重复: whether a story says what another one said that is out already; the one check that needs the ledger."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.ledger import Edition, Publication, Story, StoryVersion
from rongmei.stories.checks.finding import Finding
from rongmei.stories.markdown import plain
from rongmei.stories.stages import outlet_name
from rongmei.text.similarity import Duplicate, find_repeats

LOOK_BACK: Final = timedelta(days=90)
MOST_LOOKED_AT: Final = 20_000
_OUT: Final = ("accepted", "live")
_MOST_SHOWN: Final = 3
# The beginning of a text, long enough to tell stories apart and short enough to be compared like a title.
_LEAD: Final = 60
_READ: Final = 400
_SAME_LEAD: Final = 0.85
_MARKUP: Final = re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)|[#*>`_]+")


@dataclass(frozen=True)
class _Out:
    """A version that is out."""

    story: int
    title: str
    lead: str
    outlet: str
    day: date


def repeats(
    session: Session, plan: Plan, edition: Edition, versions: Iterable[StoryVersion], *, now: datetime
) -> dict[str, tuple[Finding, ...]]:
    """By content hash, what of the last 90 days a version repeats in its title or its beginning; likest first.

    Stories of all campaigns that are out, newest first and at most `MOST_LOOKED_AT`, rehearsals among themselves; never
    the story itself, of which the version may be a correction.

    Args:
        versions: those on the sheet, compared in one go.
    """
    mine = {version.content_hash: version for version in versions}
    out = _published(session, plan, edition, now) if mine else {}
    if not out:
        return {}
    places = [region for outlet in plan.cluster.outlets for region in outlet.regions]
    by_title = find_repeats(
        [(key, version.title) for key, version in mine.items()],
        [(number, one.title) for number, one in out.items()],
        places=places,
    )
    by_lead = find_repeats(
        [(key, lead) for key, version in mine.items() if (lead := _lead(plain(version.body[:_READ])))],
        [(number, one.lead) for number, one in out.items() if one.lead],
        places=places,
    )
    leads = [pair for pair in by_lead if pair.verdict.score >= _SAME_LEAD]
    return {key: found for key, version in mine.items() if (found := _findings(version, by_title, leads, out))}


def _published(session: Session, plan: Plan, edition: Edition, now: datetime) -> dict[int, _Out]:
    """What is out, by version id."""
    when = func.coalesce(Publication.live_at, Publication.accepted_at)
    first = func.min(when)
    out = (
        select(Publication.version_id, first.label("first"))
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Publication.state.in_(_OUT), Edition.rehearsal == edition.rehearsal)
        .where(when > now - LOOK_BACK, when <= now)
        .group_by(Publication.version_id)
        .order_by(first.desc())
        .limit(MOST_LOOKED_AT)
        .subquery()
    )
    rows = session.execute(
        select(
            StoryVersion.id,
            StoryVersion.story_id,
            StoryVersion.title,
            func.substr(StoryVersion.body, 1, _READ),
            Story.outlet,
            Edition.day,
        )
        .join(out, out.c.version_id == StoryVersion.id)
        .join(Story, Story.id == StoryVersion.story_id)
        .join(Edition, Edition.id == Story.edition_id)
    ).tuples()
    return {
        version: _Out(story, title, _lead(_MARKUP.sub("", body)), outlet_name(plan, outlet), day)
        for version, story, title, body, outlet, day in rows
    }


def _lead(text: str) -> str:
    """The first characters without line breaks; "" for a text too short to have a beginning of its own."""
    joined = "".join(text.split())
    return joined[:_LEAD] if len(joined) >= _LEAD else ""


def _findings(
    version: StoryVersion,
    by_title: Sequence[Duplicate[str, int]],
    by_lead: Sequence[Duplicate[str, int]],
    out: Mapping[int, _Out],
) -> tuple[Finding, ...]:
    likest: defaultdict[int, list[tuple[float, str, _Out]]] = defaultdict(list)
    for what, pairs in (("标题", by_title), ("开头", by_lead)):
        for pair in pairs:
            other = out[pair.existing]
            if pair.new == version.content_hash and other.story != version.story_id:
                likest[other.story].append((pair.verdict.score, what, other))
    best = sorted((max(found, key=lambda one: one[0]) for found in likest.values()), key=lambda one: -one[0])
    return tuple(_finding(*one) for one in best[:_MOST_SHOWN])


def _finding(score: float, what: str, other: _Out) -> Finding:
    # Only equal texts are shown as 100 %.
    share = "相同" if score == 1 else f"{min(0.99, score):.0%} 相近"
    message = (
        f"{what}与已发的 #{other.story}《{other.title}》（{other.outlet}，{other.day:%Y-%m-%d}）{share}："
        "核对是不是同一篇，确有新内容再发"
    )
    return Finding("repeat", message, group="repeats")

"""The review sheet of a stage: the stories that wait, for Airflow's 待操作 page, and who may decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from rongmei.clock import local_date
from rongmei.config import Plan, load_lists
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, get_edition, try_move
from rongmei.stories.checks import blocking, check, index, repeats
from rongmei.stories.confirmations import ASKED_IN, missing
from rongmei.stories.entries import Entry, entries_of, in_state
from rongmei.stories.filings import undecided
from rongmei.stories.grading import grade_story, rules_of
from rongmei.stories.sheet_page import sheet_page, waiting_for_filing
from rongmei.stories.stages import FIRST, free_people, outlet_name, stage_name, stage_people, with_deputies

_MAX_LABEL_TITLE: Final = 24


@dataclass(frozen=True)
class ReviewItem:
    """A story on the sheet; `content_hash` is the version a decision about it is bound to.

    Attributes:
        label: "#3 东城｜题目… [a1b2c3d4]".
        blocked: the checks, or the authority, keep it from passing; it can be returned or rejected only.
        to_confirm: keys of `confirmations.CHECKS` that nobody has confirmed of this version yet.
    """

    story_id: int
    content_hash: str
    label: str
    blocked: bool
    to_confirm: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReviewSheet:
    """What a stage's reviewer is shown; without items there is nothing to decide.

    Attributes:
        body: Markdown (GitHub flavour, no HTML).
        reviewers: ids of the people who may decide about every item.
        held_over: stories in this stage that none of these people may review, for a later sheet.
        unfiled: major topics in this stage that wait for the authority's answer first.
    """

    subject: str
    body: str
    items: tuple[ReviewItem, ...]
    reviewers: tuple[str, ...]
    held_over: int = 0
    unfiled: tuple[int, ...] = ()


def start_review(ledger: Ledger, plan: Plan, key: str, *, now: datetime, only: int | None = None) -> int:
    """Hand every filed story of the edition, or `only` one, to the first review, graded; how many there were.

    Raises:
        BadInput: there is no such edition.
    """
    rules = rules_of(plan)
    with ledger.begin() as session:
        edition = get_edition(session, key)
        filed = session.scalars(in_state(edition, "filed", only).with_for_update()).all()
        for story in filed:
            # Once more after the intake's: the lists may have changed since.
            grade_story(session, story, rules, now=now)
        return sum(try_move(session, story, "filed", FIRST, by="rongmei", why="送初审", now=now) for story in filed)


def review_sheet(
    ledger: Ledger, plan: Plan, key: str, stage: str, *, now: datetime, only: int | None = None
) -> ReviewSheet:
    """The sheet of a stage; making the first review's sheet hands over the stories filed so far.

    Args:
        only: the one story to be on it.

    Raises:
        BadInput: no such edition or stage, or nobody of the stage's people may review any of its stories.
    """
    name = stage_name(stage)
    plan = with_deputies(plan, local_date(now))
    if stage == FIRST:
        start_review(ledger, plan, key, now=now, only=only)
    with ledger.read() as session:
        edition = get_edition(session, key)
        entries, unfiled = _apart(stage, entries_of(session, edition, stage, only))
        chosen, reviewers = _who_may_review(plan, stage, entries)
        held_over = len(entries) - len(chosen)
        unchecked, chosen = _checked(session, plan, edition, chosen, now)
        rehearsal = "【彩排】" if edition.rehearsal else ""
        subject = f"{rehearsal}【{name}】{plan.campaign.name} {edition.day:%Y-%m-%d} 待审 {len(chosen)} 篇"
        items = tuple(_item(plan, entry) for entry in chosen)
        body = "\n".join([sheet_page(plan, stage, chosen, held_over, unchecked), *waiting_for_filing(unfiled)])
        waiting = tuple(entry.story.id for entry in unfiled)
        return ReviewSheet(subject, body, items, reviewers, held_over, waiting)


def _apart(stage: str, entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What can be decided about in a stage, and the major topics that the authority has to answer about first."""
    waiting = [entry for entry in entries if stage in ASKED_IN and undecided(entry.story, entry.filing)]
    return [entry for entry in entries if entry not in waiting], waiting


def _checked(
    session: Session, plan: Plan, edition: Edition, entries: list[Entry], now: datetime
) -> tuple[tuple[str, ...], list[Entry]]:
    """What could not be checked for want of a list, and the entries with their findings."""
    lists = load_lists(plan.folder)
    indexes, channels = index(lists), plan.campaign.publishing.channels
    again = repeats(session, plan, edition, [entry.version for entry in entries], now=now)
    checked = []
    for entry in entries:
        found = check(entry.version, channels, indexes, day=max(edition.day, local_date(now)))
        repeated = again.get(entry.version.content_hash, ())
        checked.append(replace(entry, findings=(*found, *repeated)))
    return lists.unread, checked


def _item(plan: Plan, entry: Entry) -> ReviewItem:
    version = entry.version
    title = version.title
    if len(title) > _MAX_LABEL_TITLE:
        title = title[:_MAX_LABEL_TITLE].rstrip() + "…"
    label = f"#{entry.story.id} {outlet_name(plan, entry.story.outlet)}｜{title} [{version.content_hash[:8]}]"
    blocked = bool(blocking(version)) or entry.refused
    to_confirm = missing(entry.story.grade, entry.confirmed)
    return ReviewItem(entry.story.id, version.content_hash, label, blocked, to_confirm)


# ── who may review ───────────────────────────────────────────────────────────────────────────────────────────────


def _who_may_review(plan: Plan, stage: str, entries: list[Entry]) -> tuple[list[Entry], tuple[str, ...]]:
    """The stories one person can review together — as many as possible — and everyone who can review them all."""
    people = stage_people(plan, stage)
    if not entries:
        return [], people
    covers = {person: _may_review(plan, stage, person, entries) for person in people}
    chosen = max(covers.values(), key=len)
    if not chosen:
        listed = "、".join(f"#{entry.story.id}" for entry in entries[:10])
        what = f"{stage_name(stage)}没有人可以审 {listed}：名单上的人都审过这些稿件的其他审级"
        mend = "在活动文件的 production.reviews 里给这一审级加人；三审须由三个不同的人来审，签发是第四个"
        raise BadInput(what, where=plan.campaign.name, mend=mend)
    wanted = {entry.story.id for entry in chosen}
    able = tuple(person for person in people if wanted <= {entry.story.id for entry in covers[person]})
    return chosen, able


def _may_review(plan: Plan, stage: str, person: str, entries: Iterable[Entry]) -> list[Entry]:
    """The stories a person may review, with somebody left for the stages after."""
    return [
        entry for entry in entries if person in free_people(plan, stage, entry.reviewers(but=stage), entry.story.grade)
    ]

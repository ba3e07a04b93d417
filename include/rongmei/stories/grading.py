"""分级: how much a story's content risks — ordinary, sensitive or a major topic — and so which way it is reviewed.

A machine only raises a grade, by the campaign's rules and the centre's list, and writes its evidence into the story's
log. Evidence counts once: what a person has lowered a grade in spite of does not raise it again after an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import local_date
from rongmei.config import Plan, load_lists
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Ledger, Pitch, Publication, Review, Story, StoryEvent, StoryVersion, log, move
from rongmei.ledger.tables import GRADES, REVIEW_STAGES
from rongmei.stories.checks.finding import Passage, passages
from rongmei.stories.checks.matching import Terms, skeleton
from rongmei.stories.markdown import plain
from rongmei.stories.stages import (
    COUNTERSIGN,
    FINAL,
    GRADE_NAMES,
    MAJOR,
    SENSITIVE,
    SETTLED,
    STATE_NAMES,
    person_name,
    stage_people,
    with_deputies,
)
from rongmei.text.normalise import clean_text

EVIDENCE: Final = "grade_evidence"
"""In the detail of a remark about a story's grade: keys of what speaks for one; beside it `GRADE`."""
GRADE: Final = "grade"
MAX_WHY: Final = 500
_MAX_SAID: Final = 8
_RANK: Final = {grade: rank for rank, grade in enumerate(GRADES)}


@dataclass(frozen=True)
class Evidence:
    """One thing that speaks for a grade.

    Attributes:
        key: names the rule, so that it counts once for a story: major/words/台湾问题.
        said: for people: where it stands, and why it counts.
    """

    key: str
    grade: str
    said: str


@dataclass(frozen=True)
class _Rule:
    word: str
    reason: str


@dataclass(frozen=True)
class Rules:
    """A campaign's rules with the centre's, made ready to be looked up.

    Attributes:
        words, topics: by grade; each grade has its own, so that a longer word of one does not hide another's.
        columns: ids of columns by grade.
        names: what the columns are called.
    """

    words: dict[str, Terms[_Rule]]
    topics: dict[str, Terms[_Rule]]
    columns: dict[str, frozenset[str]]
    names: dict[str, str]


@dataclass(frozen=True)
class Graded:
    """What a person's decision about a grade did; `said` is for people."""

    story: int
    before: str
    grade: str
    said: str


# ── what speaks for a grade ──────────────────────────────────────────────────────────────────────────────────────


def rules_of(plan: Plan) -> Rules:
    """The rules as the files have them now; the centre's list is read anew when it has changed."""
    own = plan.campaign.production.grading
    kept = load_lists(plan.folder).grades if own.centre else None
    centre = kept.words if kept else ()
    words, topics, columns = {}, {}, {}
    for grade in (SENSITIVE, MAJOR):
        mine = getattr(own, grade)
        listed = [entry for entry in centre if entry.grade == grade]
        words[grade] = _terms(
            [(one, _OWN, ()) for one in mine.words]
            + [(one.word, one.reason, one.exceptions) for one in listed if one.where == "text"]
        )
        topics[grade] = _terms(
            [(one, _OWN, ()) for one in mine.topics]
            + [(one.word, one.reason, one.exceptions) for one in listed if one.where == "topic"]
        )
        columns[grade] = frozenset(mine.columns)
    return Rules(words, topics, columns, {column.id: column.name for column in plan.campaign.columns})


_OWN: Final = "活动文件的分级规则"


def _terms(entries: Iterable[tuple[str, str, Sequence[str]]]) -> Terms[_Rule]:
    return Terms(
        (skeleton(word)[0], _Rule(word, reason), [skeleton(phrase)[0] for phrase in exceptions])
        for word, reason, exceptions in entries
    )


def evidence(version: StoryVersion, rules: Rules, pitch: str = "") -> tuple[Evidence, ...]:
    """What in a version speaks for a grade above the ordinary, each rule once; major topics first.

    Args:
        pitch: the title of the pitch that the story answers.
    """
    if not any((*rules.words.values(), *rules.topics.values(), *rules.columns.values())):
        return ()
    read = passages(version, plain(version.body))
    about = [part for part in read if part.where == "摘要" or part.where.endswith("标题")]
    about.append(Passage("选题题目", pitch))
    found: dict[str, Evidence] = {}
    for grade in (MAJOR, SENSITIVE):
        for kind, index, parts in (("words", rules.words[grade], read), ("topics", rules.topics[grade], about)):
            for one in _found(grade, kind, index, parts):
                found.setdefault(one.key, one)
        if version.column in rules.columns[grade]:
            name = rules.names.get(version.column, version.column)
            key = f"{grade}/columns/{version.column}"
            found[key] = Evidence(key, grade, f"栏目“{name}”：{GRADE_NAMES[grade]}，{_OWN}")
    return tuple(found.values())


def _found(grade: str, kind: str, index: Terms[_Rule], parts: Iterable[Passage]) -> Iterator[Evidence]:
    for part in parts if index else ():
        bare, places = skeleton(part.text)
        for hit in index.find(bare):
            start, end = places[hit.start], places[hit.end - 1] + 1
            rule = hit.entry
            said = f"{part.around(start, end)}：{GRADE_NAMES[grade]}词“{rule.word}”，{rule.reason}"
            yield Evidence(f"{grade}/{kind}/{rule.word}", grade, said)


# ── a machine raises ─────────────────────────────────────────────────────────────────────────────────────────────


def grade_story(session: Session, story: Story, rules: Rules, *, now: datetime) -> bool:
    """Raise a story's grade by what is new in its current version, in the caller's transaction; whether it was raised.

    New is what no remark of the story's log names yet. It is remarked even where the grade is high enough.
    """
    version = session.scalar(
        select(StoryVersion).where(
            StoryVersion.story_id == story.id, StoryVersion.content_hash == (story.current_hash or "")
        )
    )
    if version is None:
        return False
    pitch = select(Pitch.title).join(Assignment, Assignment.pitch_id == Pitch.id)
    found = evidence(version, rules, session.scalar(pitch.where(Assignment.id == story.assignment_id)) or "")
    if not found:
        return False
    known = _known(session, story)
    new = [one for one in found if one.key not in known]
    if not new:
        return False
    highest = max((one.grade for one in new), key=_RANK.__getitem__)
    raised = _RANK[highest] > _RANK[story.grade]
    if raised:
        story.grade = highest
    reasons = "；".join(one.said for one in new[:_MAX_SAID])
    rest = f"；另有 {len(new) - _MAX_SAID} 处" if len(new) > _MAX_SAID else ""
    what = f"级别升为{GRADE_NAMES[highest]}" if raised else f"级别仍为{GRADE_NAMES[story.grade]}，新的分级依据"
    detail = {GRADE: story.grade, EVIDENCE: [one.key for one in new], "hash": version.content_hash}
    log(session, story, by="rongmei", why=f"{what}：{reasons}{rest}", now=now, was=story.state, detail=detail)
    return raised


def _known(session: Session, story: Story) -> set[str]:
    found = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story.id))
    return {str(key) for detail in found for key in detail.get(EVIDENCE) or ()}


def grade_remarks(session: Session, ids: Iterable[int]) -> dict[int, list[StoryEvent]]:
    """What was said about the grades of these stories, in order."""
    remarks: dict[int, list[StoryEvent]] = {}
    wanted = select(StoryEvent).where(StoryEvent.thing_id.in_(list(ids))).order_by(StoryEvent.id)
    for event in session.scalars(wanted):
        if GRADE in event.detail:
            remarks.setdefault(event.thing_id, []).append(event)
    return remarks


# ── a person raises or lowers ────────────────────────────────────────────────────────────────────────────────────


def set_grade(ledger: Ledger, plan: Plan, story_id: int, grade: str, *, by: str, why: str, now: datetime) -> Graded:
    """Raise or lower a story's grade, as a person of the desk decides; the reason is logged.

    Anyone of the desk may raise it; only who may review last, or countersign, may lower it. A story that has its three
    signatures and is not planned anywhere yet can still be raised to a major topic: it then waits for the fourth. One
    that waits for the fourth needs it whatever becomes of its grade.

    Args:
        by: id of the person: the campaign's owner, of its pitch meeting, or one of its reviewers (or deputies) today.

    Raises:
        BadInput: no such story, grade or person of the desk; no reason; the grade is that one already, or it is too
            late for it; nobody could countersign a major topic.
    """
    if grade not in GRADES:
        names = "、".join(f"{one} {name}" for one, name in GRADE_NAMES.items())
        raise BadInput(f"没有级别“{grade[:40]}”", mend=f"可用的有：{names}")
    why = clean_text(why, MAX_WHY)
    if not why:
        raise BadInput("没有写理由", where=f"稿件 #{story_id}", mend="写明为什么升级或降级，记入稿件的流转记录")
    today = with_deputies(plan, local_date(now))
    with ledger.begin() as session:
        story = session.get(Story, story_id, with_for_update=True)
        if story is None:
            raise BadInput(f"没有稿件 #{story_id}", mend="核对稿件编号")
        before = story.grade
        _check_person(today, by, lowers=_RANK[grade] < _RANK[before])
        _check_change(session, plan, story, grade)
        said = f"级别由{GRADE_NAMES[before]}改为{GRADE_NAMES[grade]}：{why}"
        detail = {GRADE: grade, "hash": story.current_hash}
        story.grade = grade
        if story.state == "signed_off":
            said += "；签名不够，转签发"
            move(session, story, "signed_off", COUNTERSIGN, by=by, why=said, now=now, detail=detail, signed_off_at=None)
        else:
            log(session, story, by=by, why=said, now=now, was=story.state, detail=detail)
    return Graded(story_id, before, grade, said)


def _check_person(plan: Plan, by: str, *, lowers: bool) -> None:
    last = {*stage_people(plan, FINAL), *stage_people(plan, COUNTERSIGN)}
    desk = last.union(*(stage_people(plan, stage) for stage in REVIEW_STAGES))
    desk |= {plan.campaign.owner, *plan.campaign.pitching.meeting}
    if by not in desk:
        allowed = "、".join(sorted(person_name(plan, one) for one in desk))
        raise BadInput(f"{person_name(plan, by)}不能定级", where=plan.campaign.name, mend=f"由 {allowed} 来定")
    if lowers and by not in last:
        allowed = "、".join(sorted(person_name(plan, one) for one in last))
        raise BadInput(f"{person_name(plan, by)}不能降级", where=plan.campaign.name, mend=f"降级由 {allowed} 来定")


def _check_change(session: Session, plan: Plan, story: Story, grade: str) -> None:
    where = f"稿件 #{story.id}"
    if grade == story.grade:
        raise BadInput(f"级别已经是{GRADE_NAMES[grade]}", where=where, mend="不用改")
    if grade == MAJOR and not stage_people(plan, COUNTERSIGN):
        mend = "先在活动文件的 production.reviews 里加一行 countersign: [人员标识, 人员标识]"
        raise BadInput("没有人可以签发重大选题", where=where, mend=mend)
    if story.state in SETTLED and not (story.state == "signed_off" and grade == MAJOR):
        what = f"{STATE_NAMES[story.state]}，级别不再起作用"
        raise BadInput(what, where=where, mend="不该发的，走撤稿；要重新三审，请媒体改动后重交")
    if story.state == "signed_off" and (_planned(session, story) or _countersigned(session, story)):
        what = "稿件已经排期、发出，或已经签发过，不能再转签发"
        raise BadInput(what, where=where, mend="不该发的，走撤稿；要重新三审，请媒体改动后重交")


def _countersigned(session: Session, story: Story) -> bool:
    """Whether the current version has the fourth signature: its grade was lowered while it waited for that."""
    own = (Review.story_id == story.id, Review.content_hash == story.current_hash, Review.stage == COUNTERSIGN)
    return session.scalar(select(Review.id).where(*own)) is not None


def _planned(session: Session, story: Story) -> bool:
    """Whether the signed-off version stands, or stood, on any account: one that was taken back is not planned twice."""
    version = StoryVersion.id == Publication.version_id
    planned = select(Publication.id).join(StoryVersion, version).where(Publication.story_id == story.id)
    return session.scalar(planned.where(StoryVersion.content_hash == story.current_hash).limit(1)) is not None

"""Tells the whole life of a thing from the event logs: what it came from, what happened to it, what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from rongmei.errors import BadInput
from rongmei.ledger.editions import get_edition
from rongmei.ledger.tables import (
    Assignment,
    Edition,
    EventColumns,
    Mail,
    Pitch,
    Publication,
    Report,
    Score,
    Snapshot,
    Story,
    StoryVersion,
)
from rongmei.ledger.transitions import EVENTS, Thing

MOST: Final = 500
"""Happenings told unless more are asked for."""
KINDS: Final[dict[str, type[Thing]]] = {
    "pitch": Pitch,
    "assignment": Assignment,
    "story": Story,
    "publication": Publication,
}
KIND_NAMES: Final = {
    "edition": "期次",
    "pitch": "选题",
    "assignment": "任务",
    "story": "稿件",
    "publication": "发布单",
}
WHAT: Final[dict[str, dict[str, str]]] = {
    "pitch": {
        "submitted": "报题",
        "merged": "合并",
        "shortlisted": "入围",
        "accepted": "采用",
        "held": "缓议",
        "declined": "未采用",
    },
    "assignment": {
        "offered": "派单",
        "accepted": "接受",
        "declined": "推辞",
        "expired": "超时未答",
        "filed": "交稿",
        "done": "完成",
    },
    "story": {
        "filed": "交稿",
        "first_review": "送初审",
        "second_review": "送复审",
        "final_review": "送终审",
        "countersign": "送签发",
        "signed_off": "签发",
        "returned": "退回",
        "rejected": "否决",
        "corrected": "已更正",
        "recalled": "撤稿",
    },
    "publication": {
        "scheduled": "排期",
        "sending": "开始发送",
        "accepted": "平台受理",
        "live": "上线",
        "failed": "发布失败",
        "unknown": "结果不明",
        "missed": "错过时段",
        "cancelled": "取消",
        "awaiting_operator": "交人工发布",
        "recalled": "撤回",
    },
}
"""What a move into a state is called."""
REMARK, AGAIN, NEW_VERSION = "记事", "放回待发", "交来新版"
COUNTS: Final = {"reads": "阅读", "likes": "点赞", "comments": "评论", "shares": "转发"}
_KEY = re.compile(r"(?P<kind>[a-z]+)[:：](?P<id>\d{1,9})", re.ASCII)
_MAIL_STATES: Final = {
    "pending": "待发",
    "sending": "发送中",
    "sent": "已送达",
    "failed": "被拒收",
    "unknown": "结果不明",
}


@dataclass(frozen=True)
class Happening:
    """One line of a life.

    Attributes:
        kind: pitch, assignment, story, publication or edition.
        by: who did it: id of a person or outlet, `rongmei` for the system itself.
        what: what happened, in Chinese.
        why: in the words of whoever did it; from outside, to be escaped.
        content_hash: the story version concerned; "" where none is.
        stands_for: ids of those in whose place it was done.
    """

    at: datetime
    kind: str
    id: int
    by: str
    what: str
    why: str
    content_hash: str = ""
    stands_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Life:
    """A thing's life, oldest first.

    Attributes:
        edition: key of the edition that it belongs to.
        campaign: id of that edition's campaign.
        names: (kind, id) → title, or `outlet/channel` of a publication.
        left: happenings after these that are not told.
    """

    edition: str
    campaign: str
    names: Mapping[tuple[str, int], str]
    happenings: tuple[Happening, ...]
    left: int


@dataclass
class _Cast:
    """Ids of what takes part in a life."""

    edition: Edition
    pitch: Collection[int] = ()
    assignment: Collection[int] = ()
    story: Collection[int] = ()
    publication: Collection[int] = ()
    whole_edition: bool = False

    def ids(self, kind: str) -> Collection[int]:
        found: Collection[int] = getattr(self, kind)
        return found


@dataclass
class _Told:
    """What has been read so far, and how many more there are of it."""

    lines: list[Happening] = field(default_factory=list)
    total: int = 0


def history(session: Session, key: str, *, most: int = MOST) -> Life:
    """The life of `pitch:12`, `assignment:12`, `story:12`, `publication:12` or of an edition, named by its key.

    A story's life begins with its pitch and goes on to its publications and what readers made of them. Of the numbers
    that platforms reported, the first and the last of each publication are told.

    Raises:
        BadInput: there is no such thing.
    """
    cast = _cast(session, key)
    told = _Told()
    for kind in KINDS:
        _tell_events(session, kind, cast.ids(kind), told, most)
    _tell_numbers(session, cast.publication, told, most)
    if cast.whole_edition:
        _tell_edition(session, cast.edition, told, most)
    order = list(KIND_NAMES)
    lines = sorted(told.lines, key=lambda line: (line.at, order.index(line.kind)))[:most]
    names = _names(session, {(line.kind, line.id) for line in lines})
    return Life(cast.edition.key, cast.edition.campaign, names, tuple(lines), told.total - len(lines))


# ── who takes part ───────────────────────────────────────────────────────────────────────────────────────────────


def _cast(session: Session, key: str) -> _Cast:
    wanted = _KEY.fullmatch(key.strip())
    if wanted is None:
        return _all_of(session, get_edition(session, key.strip()))
    find = _FIND.get(wanted["kind"])
    if find is None:
        mend = f"可用的有：{'、'.join(KINDS)}，或一个期次，例如 cunchao/2026-06-06"
        raise BadInput(f"不认得“{wanted['kind'][:40]}”", mend=mend)
    thing = session.get(KINDS[wanted["kind"]], int(wanted["id"]))
    if thing is None:
        raise BadInput(f"没有{KIND_NAMES[wanted['kind']]} #{wanted['id']}", mend="核对编号")
    return find(session, thing)


def _all_of(session: Session, edition: Edition) -> _Cast:
    def ids(kind: type[Any]) -> Collection[int]:
        found: Collection[int] = session.scalars(select(kind.id).where(kind.edition_id == edition.id)).all()
        return found

    return _Cast(edition, ids(Pitch), ids(Assignment), ids(Story), ids(Publication), whole_edition=True)


def _of_pitch(session: Session, pitch: Pitch) -> _Cast:
    assignments = session.scalars(select(Assignment.id).where(Assignment.pitch_id == pitch.id)).all()
    stories = session.scalars(select(Story.id).where(Story.assignment_id.in_(assignments))).all()
    edition = session.get_one(Edition, pitch.edition_id)
    return _Cast(edition, (pitch.id,), assignments, stories, _publications(session, stories))


def _of_assignment(session: Session, assignment: Assignment) -> _Cast:
    stories = session.scalars(select(Story.id).where(Story.assignment_id == assignment.id)).all()
    edition = session.get_one(Edition, assignment.edition_id)
    return _Cast(edition, (assignment.pitch_id,), (assignment.id,), stories, _publications(session, stories))


def _of_story(session: Session, story: Story) -> _Cast:
    return _of_assignment(session, session.get_one(Assignment, story.assignment_id))


def _of_publication(session: Session, publication: Publication) -> _Cast:
    cast = _of_story(session, session.get_one(Story, publication.story_id))
    cast.publication = (publication.id,)
    return cast


_FIND: Final[dict[str, Callable[[Session, Any], _Cast]]] = {
    "pitch": _of_pitch,
    "assignment": _of_assignment,
    "story": _of_story,
    "publication": _of_publication,
}


def _publications(session: Session, stories: Collection[int]) -> Collection[int]:
    return session.scalars(select(Publication.id).where(Publication.story_id.in_(stories))).all()


def _names(session: Session, things: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What the things told of are called."""

    def ids(kind: str) -> list[int]:
        return [number for of, number in things if of == kind]

    titles = {
        "pitch": select(Pitch.id, Pitch.title).where(Pitch.id.in_(ids("pitch"))),
        "assignment": (select(Assignment.id, Assignment.outlet).where(Assignment.id.in_(ids("assignment")))),
        "story": (
            select(Story.id, StoryVersion.title)
            .join(StoryVersion, (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash))
            .where(Story.id.in_(ids("story")))
        ),
        "publication": (select(Publication.id, Publication.account).where(Publication.id.in_(ids("publication")))),
    }
    return {
        (kind, number): name for kind, wanted in titles.items() for number, name in session.execute(wanted).tuples()
    }


# ── what happened ────────────────────────────────────────────────────────────────────────────────────────────────


def _tell_events(session: Session, kind: str, ids: Collection[int], told: _Told, most: int) -> None:
    event: Any = EVENTS[KINDS[kind]]
    of_these = event.thing_id.in_(ids)
    told.total += session.scalar(select(func.count(event.id)).where(of_these)) or 0
    born: set[int] = set()
    for row in session.scalars(select(event).where(of_these).order_by(event.at, event.id).limit(most)):
        told.lines.append(_happening(kind, row.thing_id, row, first=row.thing_id not in born))
        born.add(row.thing_id)


def _happening(kind: str, thing_id: int, row: EventColumns, *, first: bool) -> Happening:
    absent = row.detail.get("stands_for")
    content_hash = row.detail.get("hash")
    return Happening(
        at=row.at,
        kind=kind,
        id=thing_id,
        by=row.by,
        what=_what(kind, row, first=first),
        why=row.why,
        content_hash=content_hash if isinstance(content_hash, str) else "",
        stands_for=tuple(map(str, absent)) if isinstance(absent, list) else (),
    )


def _what(kind: str, row: EventColumns, *, first: bool) -> str:
    """A move by the state that it led to; a remark, which leaves the state alone, as one."""
    known = WHAT[kind].get(row.to_state, row.to_state)
    if kind == "story" and "version" in row.detail and not first:
        return NEW_VERSION
    if first:
        return known
    if row.from_state is None or row.from_state == row.to_state:
        return REMARK
    return AGAIN if (kind, row.to_state) == ("publication", "scheduled") else known


def _tell_numbers(session: Session, publications: Collection[int], told: _Told, most: int) -> None:
    """The first and the last observation of each publication, what was seen unchanged counting once."""
    ends = (
        select(
            Snapshot.publication_id,
            func.min(Snapshot.observed_at).label("first"),
            func.max(Snapshot.observed_at).label("last"),
            func.count().label("times"),
        )
        .where(Snapshot.publication_id.in_(publications))
        .group_by(Snapshot.publication_id)
        .subquery()
    )
    told.total += session.scalar(select(func.count() + func.count().filter(ends.c.last > ends.c.first))) or 0
    other = aliased(Snapshot)
    # One look at a platform that counts by day tells of several days; the latest stands for them.
    newest = (
        select(func.max(other.about_day))
        .where(other.publication_id == Snapshot.publication_id, other.observed_at == Snapshot.observed_at)
        .correlate_except(other)
        .scalar_subquery()
    )
    found = (
        select(Snapshot, ends.c.first, ends.c.times)
        .join(ends, ends.c.publication_id == Snapshot.publication_id)
        .where(Snapshot.observed_at.in_((ends.c.first, ends.c.last)), Snapshot.about_day == newest)
        .order_by(Snapshot.observed_at, Snapshot.publication_id)
        .limit(most)
    )
    for snapshot, first, times in session.execute(found).tuples():
        what = "首次读数" if snapshot.observed_at == first else f"最近读数（共 {times} 次）"
        line = Happening(
            snapshot.observed_at, "publication", snapshot.publication_id, "rongmei", what, _counts(snapshot)
        )
        told.lines.append(line)


def _counts(snapshot: Snapshot) -> str:
    """阅读 1,234，点赞 56; what the platform did not report is left out, never 0."""
    said = [f"{name} {value:,}" for column, name in COUNTS.items() if (value := getattr(snapshot, column)) is not None]
    return "，".join(said) or "平台没有给出数字"


def _tell_edition(session: Session, edition: Edition, told: _Told, most: int) -> None:
    lines = list(_of_edition(session, edition, most))
    told.lines += lines
    mails = session.scalar(select(func.count(Mail.id)).where(Mail.edition_id == edition.id)) or 0
    told.total += len(lines) + max(mails - most, 0)


def _of_edition(session: Session, edition: Edition, most: int) -> Iterator[Happening]:
    def line(at: datetime, what: str, why: str) -> Happening:
        return Happening(at, "edition", edition.id, "rongmei", what, why)

    yield line(edition.opened_at, "开出", "彩排" if edition.rehearsal else "")
    scored_at, outlets = session.execute(
        select(func.max(Score.scored_at), func.count(Score.id)).where(Score.edition_id == edition.id)
    ).one()
    if scored_at:
        yield line(scored_at, "考核计分", f"{outlets} 家媒体")
    for report in session.scalars(select(Report).where(Report.edition_id == edition.id)):
        yield line(report.built_at, "生成报告", report.subject)
    mails = select(Mail.queued_at, Mail.sent_at, Mail.state, Mail.subject, Mail.recipient)
    mails = mails.where(Mail.edition_id == edition.id).order_by(Mail.queued_at, Mail.id).limit(most)
    for queued_at, sent_at, state, subject, recipient in session.execute(mails).tuples():
        yield line(sent_at or queued_at, f"邮件{_MAIL_STATES[state]}", f"{subject}（{recipient}）")
    if edition.closed_at:
        yield line(edition.closed_at, "结束", "")

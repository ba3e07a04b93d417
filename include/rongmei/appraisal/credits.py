"""What the desk enters by hand: adoptions, awards, errors, with evidence; wrong entries are withdrawn, not changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.appraisal.names import LONGEST_SUBJECT
from rongmei.clock import local_date
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Credit, Edition, Ledger, Story, StoryVersion
from rongmei.ledger.tables import CREDIT_KINDS, CREDIT_LEVELS, ERROR_LEVELS
from rongmei.text.normalise import clean_line

if TYPE_CHECKING:
    from rongmei.config import Cluster

KIND_NAMES = {"adoption": "上级采用", "award": "获奖", "error": "见报差错"}
LEVEL_NAMES = {
    "county": "县级",
    "city": "市级",
    "province": "省级",
    "state": "国家级",
    "minor": "一般",
    "serious": "严重",
    "major": "重大",
}
MAX_TITLE, MAX_EVIDENCE, MAX_NOTE, MAX_TIMES = 300, 2000, 2000, 1000


@dataclass(frozen=True)
class Entry:
    """What somebody wants entered.

    Attributes:
        title: of what was adopted, awarded or wrong; may be left out for a story of ours.
        evidence: a web address, or where it can be looked up: programme, issue, number of the document.
        day: on which it was adopted, awarded or found (Asia/Shanghai).
        times: errors found.
    """

    kind: str
    level: str
    day: date
    evidence: str
    outlet: str | None = None
    person: str | None = None
    story: int | None = None
    title: str = ""
    times: int = 1
    note: str = ""
    rehearsal: bool = False


def add_credit(ledger: Ledger, cluster: Cluster, entry: Entry, *, by: str, now: datetime) -> int:
    """Enter it; its number.

    Raises:
        BadInput: something about it cannot be, `by` is not of the cluster's people, or it stands there already.
    """
    cluster.person(by)
    _check(cluster, entry, now)
    with ledger.begin() as session:
        outlet, title = _of_story(session, cluster, entry)
        if outlet is None and entry.person is None:
            raise BadInput("没有写是谁的", mend="写媒体、人员或稿件编号")
        same = session.scalar(
            select(Credit.id).where(
                Credit.cluster == cluster.id,
                Credit.kind == entry.kind,
                Credit.rehearsal == entry.rehearsal,
                Credit.level == entry.level,
                Credit.day == entry.day,
                Credit.title == title,
                Credit.outlet.is_(None) if outlet is None else Credit.outlet == outlet,
                Credit.person.is_(None) if entry.person is None else Credit.person == entry.person,
                Credit.withdrawn_at.is_(None),
            )
        )
        if same is not None:
            raise BadInput(f"已经登记过，是 #{same}", where=title, mend="不用再登；登错了先撤销那一条")
        row = Credit(
            cluster=cluster.id,
            kind=entry.kind,
            rehearsal=entry.rehearsal,
            outlet=outlet,
            person=entry.person,
            story_id=entry.story,
            title=title,
            level=entry.level,
            times=entry.times,
            day=entry.day,
            evidence=clean_line(entry.evidence, MAX_EVIDENCE),
            note=entry.note.strip()[:MAX_NOTE],
            by=by,
            at=now,
        )
        session.add(row)
        session.flush()
        return row.id


def withdraw_credit(ledger: Ledger, cluster: Cluster, number: int, *, why: str, by: str, now: datetime) -> None:
    """Take an entry back; periods that are frozen keep what they were scored from.

    Raises:
        BadInput: there is no such entry, no reason, or `by` is not of the cluster's people.
        WrongState: it was withdrawn already.
    """
    cluster.person(by)
    if not why.strip():
        raise BadInput("没有写撤销的原因", where=f"#{number}", mend="用 --why 写一句")
    with ledger.begin() as session:
        row = session.scalar(select(Credit).where(Credit.id == number, Credit.cluster == cluster.id).with_for_update())
        if row is None:
            raise BadInput(f"没有登记 #{number}", where=cluster.name, mend="用 rongmei appraisal credit list 核对编号")
        if row.withdrawn_at is not None:
            raise WrongState(f"登记 #{number} 已经由 {row.withdrawn_by} 撤销")
        row.withdrawn_by, row.withdrawn_at, row.withdrawn_why = by, now, why.strip()[:MAX_NOTE]


def list_credits(ledger: Ledger, cluster: Cluster, first: date, last: date, *, rehearsal: bool = False) -> list[Credit]:
    """The entries for these days, withdrawn ones too, in order of day and number."""
    with ledger.read() as session:
        rows = session.scalars(
            select(Credit)
            .where(Credit.cluster == cluster.id, Credit.rehearsal == rehearsal, Credit.day.between(first, last))
            .order_by(Credit.day, Credit.id)
        ).all()
        return list(rows)


def _check(cluster: Cluster, entry: Entry, now: datetime) -> None:
    _one_of(entry.kind, CREDIT_KINDS, "登记的种类")
    _one_of(entry.level, ERROR_LEVELS if entry.kind == "error" else CREDIT_LEVELS, f"{KIND_NAMES[entry.kind]}的级别")
    if not 1 <= entry.times <= MAX_TIMES:
        raise BadInput(f"处数 {entry.times} 不对", mend=f"写 1 到 {MAX_TIMES}")
    if entry.times > 1 and entry.kind != "error":
        raise BadInput("只有差错按处数登记", where=KIND_NAMES[entry.kind], mend="一件登记一条")
    if entry.day > local_date(now):
        raise BadInput(f"{entry.day} 还没到", where="日期", mend="写采用、获奖或发现差错的那一天")
    if entry.outlet is not None:
        cluster.outlet(entry.outlet)
    if entry.person is not None:
        _check_person(cluster, entry.person)
    _check_evidence(entry.evidence)


def _check_person(cluster: Cluster, person: str) -> None:
    """Somebody of the cluster's list, or `outlet/name`: a slip of the pen would be counted for nobody."""
    outlet, slash, name = person.partition("/")
    if slash and name and len(person) <= LONGEST_SUBJECT:
        cluster.outlet(outlet)
    else:
        cluster.person(person)


def _check_evidence(evidence: str) -> None:
    """Something that another person can look up."""
    said = evidence.strip()
    if len(said) < 4 or len(said) > MAX_EVIDENCE:
        raise BadInput("没有写证据，或太长", where="证据", mend="写网址，或写明哪家媒体、哪一期（节目）、文号")
    scheme = urlsplit(said).scheme if "://" in said else ""
    if scheme and scheme not in {"http", "https"}:
        raise BadInput(f"网址以 {scheme[:20]}:// 开头，不能用", where="证据", mend="写 http:// 或 https:// 开头的网址")


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise BadInput(f"{what}没有“{value[:40]}”", mend=f"写其中一个：{'、'.join(allowed)}")


def _of_story(session: Session, cluster: Cluster, entry: Entry) -> tuple[str | None, str]:
    """Outlet and title, taken from the story where they were not given."""
    title = clean_line(entry.title, MAX_TITLE)
    outlet = entry.outlet
    if entry.story is not None:
        story = session.get(Story, entry.story)
        if story is None:
            raise BadInput(f"没有稿件 #{entry.story}", mend="核对稿件编号，或不写编号只写题目")
        rehearsal = session.scalar(select(Edition.rehearsal).where(Edition.id == story.edition_id))
        if bool(rehearsal) != entry.rehearsal:
            raise BadInput(f"稿件 #{entry.story} {'是' if rehearsal else '不是'}彩排的", mend="核对稿件编号")
        known = {outlet.id for outlet in cluster.outlets} | {old for one in cluster.outlets for old in one.formerly}
        if story.outlet not in known:
            raise BadInput(f"稿件 #{entry.story} 不是这个集群的", where=cluster.name, mend="核对稿件编号")
        outlet = outlet or story.outlet
        title = title or _title(session, story)
    if not title:
        raise BadInput("没有写题目", mend="用 --title 写被采用、获奖或出错的作品名")
    return outlet, title


def _title(session: Session, story: Story) -> str:
    found = session.scalar(
        select(StoryVersion.title).where(
            StoryVersion.story_id == story.id, StoryVersion.content_hash == story.current_hash
        )
    )
    return clean_line(found or "", MAX_TITLE)

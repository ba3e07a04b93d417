"""投稿初筛: a person looks through what citizens sent before it may become a pitch; the machine only gives hints.

Nothing is passed or refused by itself: what nobody decided about waits for the next edition.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from rongmei.clock import spoken
from rongmei.config import Lists, Plan, load_lists
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Submission, get_edition
from rongmei.pitches.forms import AGES
from rongmei.pitches.invitations import Door, forms_of
from rongmei.pitches.markdown import escape
from rongmei.pitches.receiving import CITIZEN
from rongmei.text.normalise import clean_line, clean_text, fold, normalise

AT_A_TIME: Final = 40
"""Submissions on one page; the oldest come first, the rest waits for the next one."""
BODY_SHOWN: Final = 600
MAX_LABEL: Final = 60
MAX_WHY: Final = 300
ALL_OTHERS: Final = "其余"
DESK_PATH: Final = "/rongmei/submissions/desk/"
"""Where the photographs are looked at, for people who are logged in; followed by the campaign's id."""

_ADS: Final = re.compile(
    r"加\s*(?:我|微|v|薇|威)|代办|代写|代发|贷款|刷单|日结|返利|返现|博彩|彩票内幕|投资理财|稳赚|扫码|点击链接|优惠券|招代理|招商加盟|"
    r"私聊|低价出售|包邮|下单|免费领",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(r"https?:|www\.|[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|vip|cc|me)\b", re.IGNORECASE)
_LINE: Final = re.compile(r"^\s*#?(\d{1,9}|其余|其他)\s*[：:，,、.\s]\s*(.*\S)?\s*$")


@dataclass(frozen=True)
class ModerationOption:
    """A submission that can be let through; `label` is unique within the sheet and at most 60 characters."""

    submission_id: int
    label: str


@dataclass(frozen=True)
class ModerationSheet:
    """The page of the moderation.

    Attributes:
        body: Markdown (GFM tables); everything from outside in it is escaped.
        options: the oldest first; empty when nothing waits.
        moderators: ids of the people who may decide.
    """

    subject: str
    body: str
    options: tuple[ModerationOption, ...]
    moderators: tuple[str, ...]


@dataclass(frozen=True)
class ModerationSummary:
    """What was decided by one call, in submissions.

    Attributes:
        stale: somebody else had decided about them in the meantime; that stands.
        waiting: left undecided.
    """

    passed: int = 0
    refused: int = 0
    stale: int = 0
    waiting: int = 0


def moderators_of(plan: Plan) -> tuple[str, ...]:
    """Ids of the people who may decide about what citizens send to the campaign."""
    source = forms_of(plan.campaign)
    return (source.moderators if source else ()) or plan.campaign.pitching.meeting


def moderation_sheet(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> ModerationSheet:
    """What waits for a look, for the people who run an edition; reading it changes nothing.

    Args:
        now: what came in later (a rehearsal's clock may be ahead) is left out.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        door = _door(get_edition(session, key))
        rows = list(session.scalars(_waiting(door, now).order_by(Submission.id).limit(AT_A_TIME)))
        more = (session.scalar(select(func.count()).select_from(_waiting(door, now).subquery())) or 0) - len(rows)
        again = _sent_before(session, door, rows)
        session.expunge_all()
    lists = load_lists(plan.folder)
    mark = "【彩排】" if door.rehearsal else ""
    return ModerationSheet(
        subject=f"{mark}【投稿初筛】{plan.campaign.name}：{len(rows)} 条市民投稿",
        body="\n".join(_body(plan, rows, more, lists, again)) + "\n",
        options=tuple(ModerationOption(row.id, _label(row)) for row in rows),
        moderators=moderators_of(plan),
    )


def moderate(
    ledger: Ledger,
    door: Door,
    *,
    passed: Collection[int],
    refused: Mapping[int, str],
    asked: Collection[int] = (),
    by: str,
    now: datetime,
) -> ModerationSummary:
    """Write down what a person decided; a submission that is no longer waiting stays as it is.

    Args:
        refused: number → why.
        asked: numbers that were shown; those without a decision wait.
    """
    done = stale = 0
    with ledger.begin() as session:
        for number in sorted(passed):
            moved = _decide(session, door, number, ("waiting",), "passed", by, "", now)
            done, stale = done + moved, stale + (not moved)
        turned = 0
        for number, why in sorted(refused.items()):
            moved = _decide(session, door, number, ("waiting",), "refused", by, why, now)
            turned, stale = turned + moved, stale + (not moved)
    return ModerationSummary(done, turned, stale, len(set(asked) - set(passed) - set(refused)))


def decide_one(ledger: Ledger, number: int, *, let_through: bool, by: str, why: str, now: datetime) -> Submission:
    """Let one submission through or refuse it; before it is taken a decision can be changed, and both are kept.

    Raises:
        BadInput: there is no such submission of a citizen, or it is a pitch already.
    """
    to = "passed" if let_through else "refused"
    with ledger.begin() as session:
        row = session.get(Submission, number)
        if row is None or row.kind != CITIZEN:
            mend = "用 rongmei submissions list 核对编号"
            raise BadInput("没有这条市民投稿", where=f"投稿 #{number}", mend=mend)
        door = Door(row.campaign, row.rehearsal)
        if row.state != to and not _decide(
            session, door, number, ("waiting", "passed", "refused"), to, by, clean_text(why, MAX_WHY), now
        ):
            mend = "在选题会上决定取舍"
            raise BadInput(f"已经成为选题 #{row.pitch_id}", where=f"投稿 #{number}", mend=mend)
        session.refresh(row)
        session.expunge(row)
        return row


def parse_refusals(text: str, *, known: Collection[int], passed: Collection[int]) -> dict[int, str]:
    """Reasons from the moderator's field, one a line: `12 广告`, `其余 与活动无关`.

    Raises:
        BadInput: a line cannot be read, or names what was not shown, was chosen to pass, or stands there twice.
    """
    refused: dict[int, str] = {}
    others = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        found = _LINE.match(line)
        where = f"退稿理由第 {number} 行"
        if found is None or not found[2]:
            raise BadInput("看不懂", where=where, mend="每行写：编号 理由，如“12 广告”；其余全退写“其余 理由”")
        why = clean_line(found[2], MAX_WHY)
        if not found[1].isdecimal():
            others = why
            continue
        named = int(found[1])
        if named not in known:
            raise BadInput(f"#{named} 不在这张表里", where=where, mend="核对编号")
        if named in passed or named in refused:
            raise BadInput(f"#{named} 既选了通过又写了退稿，或写了两次", where=where, mend="只留一种决定")
        refused[named] = why
    if others is not None:
        refused |= {one: others for one in known if one not in passed and one not in refused}
    return refused


def hints(row: Submission, lists: Lists, again: Mapping[int, int]) -> list[str]:
    """What a moderator should look at, in Chinese; none of it decides.

    Args:
        again: number of a submission → that of an earlier one with the same text.
    """
    text = f"{row.title}\n{row.body}\n{row.place or ''}"
    found = [f"敏感词“{word}”" for word in _sensitive(text, lists)]
    found += [f"像广告：“{word}”" for word in dict.fromkeys(hit.group() for hit in _ADS.finditer(text))][:3]
    if _ADDRESS.search(text):
        found.append("有网址")
    if row.id in again:
        found.append(f"与 #{again[row.id]} 内容相同")
    if row.fields.get("masked"):
        found.append("有个人信息，已自动遮盖")
    if any(photo.get("ai_label") for photo in row.media):
        found.append("照片带有人工智能生成标识")
    return found


def _sensitive(text: str, lists: Lists) -> Iterator[str]:
    """Words of the centre's list, whatever stands between their characters."""
    bare = "".join(char for char in fold(text) if char.isalnum())
    for entry in lists.sensitive_words.words if lists.sensitive_words else ():
        left = bare
        for phrase in entry.exceptions:
            left = left.replace("".join(filter(str.isalnum, fold(phrase))), " ")
        if "".join(filter(str.isalnum, fold(entry.word))) in left:
            yield entry.word


def _door(edition: Edition) -> Door:
    return Door(edition.campaign, edition.rehearsal)


def _waiting(door: Door, now: datetime) -> Any:
    return select(Submission).where(
        Submission.campaign == door.campaign,
        Submission.rehearsal == door.rehearsal,
        Submission.kind == CITIZEN,
        Submission.state == "waiting",
        Submission.received_at <= now,
    )


def sent_before(ledger: Ledger, door: Door, rows: Sequence[Submission]) -> dict[int, int]:
    """Number of each submission whose text had come in before → that of the first one that had it."""
    with ledger.read() as session:
        return _sent_before(session, door, rows)


def _sent_before(session: Session, door: Door, rows: Sequence[Submission]) -> dict[int, int]:
    titles = {row.title for row in rows}
    alike = select(Submission.id, Submission.title, Submission.body).where(
        Submission.campaign == door.campaign, Submission.rehearsal == door.rehearsal, Submission.title.in_(titles)
    )
    first: defaultdict[str, list[int]] = defaultdict(list)
    for number, title, body in session.execute(alike).tuples():
        first[normalise(f"{title}\n{body}")].append(number)
    found = {row.id: min(first[normalise(f"{row.title}\n{row.body}")], default=row.id) for row in rows}
    return {number: earlier for number, earlier in found.items() if earlier < number}


def _decide(
    session: Session, door: Door, number: int, expected: Sequence[str], to: str, by: str, why: str, now: datetime
) -> bool:
    """Move a submission; the decision before, if any, is kept beside the new one."""
    row = session.get(Submission, number)
    if row is None:
        return False
    fields = dict(row.fields)
    if row.decided_by:
        before = {"to": row.state, "by": row.decided_by, "why": row.why}
        before["at"] = row.decided_at.isoformat() if row.decided_at else ""
        fields["before"] = [*fields.get("before", []), before]
    statement = (
        update(Submission)
        .where(
            Submission.id == number,
            Submission.kind == CITIZEN,
            Submission.campaign == door.campaign,
            Submission.rehearsal == door.rehearsal,
            Submission.state.in_(expected),
        )
        .values(state=to, decided_by=by, decided_at=now, why=why, fields=fields)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _label(row: Submission) -> str:
    return clean_line(f"#{row.id} {row.author or '市民'}｜{row.title}", MAX_LABEL)


def _body(plan: Plan, rows: Sequence[Submission], more: int, lists: Lists, again: Mapping[int, int]) -> Iterator[str]:
    yield (
        f"有 **{len(rows)}** 条市民投稿等初筛"
        + (f"，另有 {more} 条下次再看" if more > 0 else "")
        + "。在页面下方“选项”里选出可以上选题会的；不用的在“退稿理由”里每行写一条：编号 理由。"
        "没选也没写理由的留到下一期。"
    )
    yield ""
    yield "姓名、学校、电话等已自动遮盖，可能有遗漏：文字里还看得出未成年人是谁的，请退稿或不选。"
    if any(row.media for row in rows):
        yield ""
        yield f"[看照片和全文]({DESK_PATH}{plan.campaign.id})（登录后打开；照片已去掉拍摄地点）"
    for row in rows:
        yield from _one(row, hints(row, lists, again))


def _one(row: Submission, told: Sequence[str]) -> Iterator[str]:
    yield ""
    yield f"### {escape(f'#{row.id} {row.title}')}"
    yield ""
    age = AGES.get(row.fields.get("age", ""), "未知")
    facts = [
        ("作者", f"{row.author or '市民'}（{age}）"),
        ("地点", row.place or "—"),
        ("照片", f"{len(row.media)} 张" if row.media else "没有"),
        ("收到", spoken(row.received_at)),
        ("提示", "；".join(told) or "—"),
        ("内容", clean_line(row.body, BODY_SHOWN)),
    ]
    yield "| 项目 | 内容 |"
    yield "|---|---|"
    for name, value in facts:
        yield f"| {name} | {escape(clean_line(value, BODY_SHOWN + MAX_WHY))} |"

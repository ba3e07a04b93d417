"""Writes the page the pitch meeting decides on: the shortlist with reasons, what resembles it, and the hot boards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import spoken
from rongmei.config import CHANNEL_NAMES, OWN_SOURCE, Plan
from rongmei.ledger import Edition, Lead, Ledger, Pitch, PitchEvent, get_edition
from rongmei.pitches.decisions import most_accepted
from rongmei.pitches.explaining import (
    MAX_TITLE,
    directive_table,
    evidence_table,
    formula,
    mark_table,
    score_table,
    why_cell,
)
from rongmei.pitches.markdown import escape, link, table
from rongmei.pitches.marks import VETOED, Mark, read_marks
from rongmei.pitches.standing import directives_of, in_state
from rongmei.pitches.taking import CITIZEN
from rongmei.pitches.window import end_of_day
from rongmei.text.normalise import clean_line

MAX_LABEL = 60
MAX_LEADS = 50
MAX_SUMMARY = 60
PAST_NAMES = {"accepted": "采用", "held": "缓议", "declined": "未采用", "published": "已发稿"}
BOARD_NAMES = {
    "weibo": "微博热搜",
    "zhihu": "知乎热榜",
    "douyin": "抖音热榜",
    "toutiao": "头条热榜",
    "baidu": "百度热搜",
    "bilibili": "哔哩哔哩热榜",
}


@dataclass(frozen=True)
class MeetingOption:
    """A pitch that can be chosen; `label` is unique within the sheet and at most 60 characters."""

    pitch_id: int
    label: str


@dataclass(frozen=True)
class _Names:
    """What ids are called: outlets, sources for pitches that no outlet sent, and people."""

    outlets: Mapping[str, str]
    sources: Mapping[str, str]
    people: Mapping[str, str]

    def of(self, outlet: str | None, source: str) -> str:
        return self.outlets.get(outlet, outlet) if outlet else self.sources.get(source, source)


@dataclass(frozen=True)
class _Twin:
    """A pitch that was merged, and why."""

    pitch: Pitch
    why: str


@dataclass(frozen=True)
class MeetingSheet:
    """The page of the meeting.

    Attributes:
        body: Markdown (GFM tables); everything from outside in it is escaped.
        options: in order of rank; empty when there is nothing to decide.
        most: how many may be accepted.
    """

    subject: str
    body: str
    options: tuple[MeetingOption, ...]
    most: int


def meeting(ledger: Ledger, plan: Plan, key: str) -> MeetingSheet:
    """The sheet of the edition's shortlist; reading it changes nothing.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        found = _find(session, plan, edition)
        session.expunge_all()
    names = _names(plan)
    limit = most_accepted(plan, edition)
    mark = "【彩排】" if edition.rehearsal else ""
    pitches = found.pitches
    head = [
        f"入围 **{len(pitches)}** 条，最多采用 **{limit}** 条。在页面下方“选项”里选出要采用的，选多了要重来；"
        "没有选的缓议，下一期再上会；已缓议过的落选。",
        "",
        "按得分从高到低排列；同一来源或同一地点的，第二条起往后让；编辑部置顶的在最前。",
        "",
        "会前要置顶或否决，用命令 rongmei pitches pin（veto）编号 --by 人员标识 --why 理由，"
        "改后清除本任务，页面按新名单重发。",
    ]
    parts = [*head, "", "## 入围选题", "", *_pitch_table(plan, found, names)]
    parts += _section("得分明细", [formula(plan), "", *score_table(plan, pitches)] if pitches else [])
    parts += _section("相近选题对照", _alike_table(pitches, names))
    parts += _section("联合报题", _joint_table(pitches, found.twins, names))
    parts += _section("线索依据", evidence_table(plan, pitches, found.evidence))
    parts += _section("编辑部否决", mark_table(found.vetoed, found.marks, names.people))
    parts += _section("指令", directive_table(found.ordered, names.outlets, names.people))
    parts += ["", "## 热榜线索", "", *_lead_table(plan, found.leads)]
    return MeetingSheet(
        subject=f"{mark}【选题会】{plan.campaign.name} {edition.day}",
        body="\n".join(parts) + "\n",
        options=tuple(MeetingOption(pitch.id, label(pitch, names)) for pitch in pitches),
        most=limit,
    )


@dataclass(frozen=True)
class _Found:
    """What the page shows, as it stands in the ledger."""

    pitches: list[Pitch]
    twins: dict[int, list[_Twin]]
    marks: dict[int, Mark]
    vetoed: list[Pitch]
    ordered: list[Pitch]
    evidence: dict[int, Lead]
    leads: list[Lead]


def _find(session: Session, plan: Plan, edition: Edition) -> _Found:
    pitches = _shortlisted(session, edition)
    left = [pitch for pitch in in_state(session, edition, "submitted") if pitch.desk_mark == VETOED]
    marks = read_marks(session, [pitch.id for pitch in (*pitches, *left)])
    return _Found(
        pitches,
        _twins(session, pitches),
        marks,
        left,
        list(directives_of(session, edition)),
        _evidence(session, pitches),
        _leads(session, plan, edition),
    )


def _names(plan: Plan) -> _Names:
    """A citizen's idea comes from no outlet, whatever the source is called."""
    sources = {source.id: CITIZEN if source.kind == "submissions" else source.name for source in plan.campaign.sources}
    return _Names(
        {outlet.id: outlet.name for outlet in plan.cluster.outlets},
        {**sources, OWN_SOURCE: "编辑部指令"},
        {person.id: person.name for person in plan.cluster.people},
    )


def label(pitch: Pitch, names: _Names) -> str:
    """What the form shows for a pitch: `#12 东城融媒体中心｜题目…`; the number makes it unique."""
    return clean_line(f"#{pitch.id} {names.of(pitch.outlet, pitch.source)}｜{pitch.title}", MAX_LABEL)


def _section(title: str, lines: Sequence[str]) -> list[str]:
    """A part of the page; none when there is nothing to show."""
    return ["", f"## {title}", "", *lines] if lines else []


# ── the shortlist ────────────────────────────────────────────────────────────────────────────────────────────────


def _shortlisted(session: Session, edition: Edition) -> list[Pitch]:
    found = session.scalars(select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state == "shortlisted"))
    return sorted(found, key=lambda pitch: (pitch.score_terms.get("shortlist", {}).get("rank", 0), pitch.id))


def _twins(session: Session, pitches: Sequence[Pitch]) -> dict[int, list[_Twin]]:
    """Pitch id → those merged into it."""
    twins: defaultdict[int, list[_Twin]] = defaultdict(list)
    merged = (
        select(Pitch, PitchEvent.why)
        .join(PitchEvent, PitchEvent.thing_id == Pitch.id)
        .where(Pitch.merged_into_id.in_([pitch.id for pitch in pitches]), PitchEvent.to_state == "merged")
        .order_by(Pitch.id, PitchEvent.id)
    )
    # A pitch that was taken apart and merged again has two events; the later one counts.
    latest = {pitch.id: _Twin(pitch, why) for pitch, why in session.execute(merged).tuples()}
    for twin in latest.values():
        twins[twin.pitch.merged_into_id or 0].append(twin)
    return dict(twins)


def _pitch_table(plan: Plan, found: _Found, names: _Names) -> list[str]:
    columns = {column.id: column.name for column in plan.campaign.columns}
    rows = [
        (
            str(rank),
            f"#{pitch.id}",
            _title_cell(pitch, columns) + _similar(pitch.score_terms),
            _origin_cell(pitch, [twin.pitch for twin in found.twins.get(pitch.id, ())], names),
            f"**{pitch.score or 0.0:.1f}**",
            why_cell(pitch, found.marks.get(pitch.id), names.people),
            "、".join(CHANNEL_NAMES.get(channel, escape(channel)) for channel in pitch.channels) or "—",
        )
        for rank, pitch in enumerate(found.pitches, start=1)
    ]
    heads = ("名次", "编号", "选题", "来源", "得分", "理由", "建议渠道")
    return table(heads, rows, numbers=(0, 4)) or ["没有入围的选题。"]


def _evidence(session: Session, pitches: Sequence[Pitch]) -> dict[int, Lead]:
    """Pitch id → the lead that it, or a twin merged into it, came from."""
    ids = [pitch.id for pitch in pitches]
    family = (
        select(Pitch.id, Pitch.merged_into_id, Lead)
        .join(Lead, Lead.id == Pitch.lead_id)
        .where(Pitch.id.in_(ids) | Pitch.merged_into_id.in_(ids))
        .order_by(Pitch.id.desc())
    )
    return {into or pitch_id: lead for pitch_id, into, lead in session.execute(family).tuples()}


def _origin_cell(pitch: Pitch, merged: Sequence[Pitch], names: _Names) -> str:
    """Who pitched it: `石龙融媒体中心（李四）`, and who pitched the same: `；联合报题：虎门融媒体中心（张三）`."""
    first, *others = dict.fromkeys(_who(one, names) for one in (pitch, *merged))
    joint = f"；联合报题：{'、'.join(others)}" if others else ""
    return escape(first) + escape(joint)


def _who(pitch: Pitch, names: _Names) -> str:
    author = f"（{pitch.author}）" if pitch.author else ""
    return names.of(pitch.outlet, pitch.source) + author


def _title_cell(pitch: Pitch, columns: Mapping[str, str]) -> str:
    notes = [columns[pitch.column]] if pitch.column and pitch.column in columns else []
    if pitch.place:
        notes.append(pitch.place)
    tail = f"（{escape('，'.join(notes))}）" if notes else ""
    summary = f"：{escape(clean_line(pitch.summary, MAX_SUMMARY))}" if pitch.summary else ""
    address = f" {more}" if (more := link("链接", pitch.url)) else ""
    return f"**{escape(clean_line(pitch.title, MAX_TITLE))}**{tail}{summary}{address}"


def _similar(terms: Mapping[str, Any]) -> str:
    shown = [f"#{one['id']}（{one['likeness']:.0%}）" for one in terms.get("similar", [])]
    shown += [f"往期（{one['likeness']:.0%}）" for one in terms.get("before", [])[:1]]
    return f" 相近：{'、'.join(shown)}，见下表" if shown else ""


# ── what resembles it ────────────────────────────────────────────────────────────────────────────────────────────


def _alike_table(pitches: Sequence[Pitch], names: _Names) -> list[str]:
    """Each pitch beside what it resembles: in this edition, in earlier ones, among what is published."""
    rows = [
        f"| {escape(clean_line(pitch.title, MAX_TITLE))}（#{pitch.id}） | {shown} |"
        for pitch in pitches
        for shown in (
            *(_alike_cells(f"本期 #{one['id']}", one, names) for one in pitch.score_terms.get("similar", [])),
            *(_alike_cells(_when(one), one, names) for one in pitch.score_terms.get("before", [])),
        )
    ]
    note = "机器只提示，不据此合并或淘汰；是不是一件事，由选题会定。相近度 100% 是标题完全相同。"
    return [note, "", "| 选题 | 相近的 | 出处 | 相近度 | 依据 |", "|---|---|---|---:|---|", *rows] if rows else []


def _alike_cells(where: str, one: Mapping[str, Any], names: _Names) -> str:
    who = f"，{names.of(one['outlet'], '')}" if one.get("outlet") else ""
    cells = (
        escape(clean_line(one["title"], MAX_TITLE)),
        escape(where + who),
        f"{one['likeness']:.0%}",
        escape(one["why"]),
    )
    return " | ".join(cells)


def _when(one: Mapping[str, Any]) -> str:
    """`cunchao/2026-05-30 已发稿`, `cunchao/2026-05-30 报题（采用）`."""
    state = PAST_NAMES.get(one["state"], "")
    if one["kind"] == "story":
        return f"{one['edition']} {state}"
    return f"{one['edition']} 报题" + (f"（{state}）" if state else "")


def _joint_table(pitches: Sequence[Pitch], twins: Mapping[int, Sequence[_Twin]], names: _Names) -> list[str]:
    """What was merged, so that a person can see it and take it apart."""
    rows = [
        f"| {escape(clean_line(twin.pitch.title, MAX_TITLE))}（#{twin.pitch.id}） "
        f"| {escape(_who(twin.pitch, names))} | #{pitch.id} | {escape(twin.why)} |"
        for pitch in pitches
        for twin in twins.get(pitch.id, ())
    ]
    note = (
        "以下报题与入围选题是同一件事，已自动并入，报题媒体和作者记为联合报题。不是一件事的，请拆开："
        "`rongmei pitches unmerge 编号 --by 人员标识 --why 理由`，拆开后不再自动合并。"
    )
    return [note, "", "| 报题 | 媒体 | 并入 | 依据 |", "|---|---|---|---|", *rows] if rows else []


# ── the boards ───────────────────────────────────────────────────────────────────────────────────────────────────


def _leads(session: Session, plan: Plan, edition: Edition) -> list[Lead]:
    """Board leads of the campaign that were seen in the edition's window, hottest first.

    The window's exact end was the moment of collecting; here it reaches from `board_window_hours` before the
    edition's opening (or its day's end, whichever is earlier) to the end of its day.
    """
    boards = [source.id for source in plan.campaign.sources if source.kind == "board"]
    end = end_of_day(edition)
    start = min(edition.opened_at, end) - timedelta(hours=plan.campaign.pitching.board_window_hours)
    found = session.scalars(
        select(Lead)
        .where(Lead.campaign == edition.campaign, Lead.source.in_(boards))
        .where(Lead.last_seen_at > start, Lead.first_seen_at <= end)
    )
    return sorted(found, key=lambda lead: (_is_paid(lead), lead.best_position or 999, -(lead.peak_heat or 0), lead.id))


def _is_paid(lead: Lead) -> bool:
    return bool(lead.evidence.get("promoted"))


def _lead_table(plan: Plan, leads: Sequence[Lead]) -> list[str]:
    if not leads:
        return ["热榜上没有与本活动有关的话题。"]
    boards = {source.id: source.board for source in plan.campaign.sources if source.kind == "board"}
    rows = ["| 话题 | 热榜 | 最高位次 | 峰值热度 | 在榜时间 | 依据 |", "|---|---|---|---|---|---|"]
    for lead in leads[:MAX_LEADS]:
        board = boards[lead.source]
        cells = (
            ("【推广位】" if _is_paid(lead) else "") + escape(clean_line(lead.title, MAX_TITLE)),
            BOARD_NAMES.get(board, board),
            f"第 {lead.best_position} 位" if lead.best_position else "—",
            f"{lead.peak_heat:,}" if lead.peak_heat else "—",
            _seen(lead.first_seen_at, lead.last_seen_at),
            escape(str(lead.evidence.get("matched", ""))) or "—",
        )
        rows.append("| " + " | ".join(cells) + " |")
    if len(leads) > MAX_LEADS:
        rows += ["", f"另有 {len(leads) - MAX_LEADS} 条未列出。"]
    if any(_is_paid(lead) for lead in leads):
        rows += ["", "【推广位】是付费位置，热度不计入评分。"]
    return rows


def _seen(first: datetime, last: datetime) -> str:
    return spoken(first) if first == last else f"{spoken(first)} 至 {spoken(last)}"

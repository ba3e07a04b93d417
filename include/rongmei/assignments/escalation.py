"""值班台指派: what no outlet takes is placed by a person, with an outlet of their choice or with nobody.

What the desk places is an order: the outlet is told and not asked. What it drops keeps the meeting's decision and gets
a remark in its log; the machine leaves it alone from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.access import Links
from rongmei.assignments.byhand import limits_passed, place, standing
from rongmei.assignments.case import Case, make_case
from rongmei.assignments.entries import next_round
from rongmei.assignments.gather import DROPPED, newsrooms, tasks, unassigned
from rongmei.assignments.model import HALVES, Newsroom, Task, lead_terms, load_cost, mean_usage, rounded, worth
from rongmei.assignments.notices import ORDERED, queue_letters
from rongmei.assignments.relax import relaxations
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent, Edition, Ledger, Pitch, get_edition, lock_edition, log, move
from rongmei.text.markdown import escape
from rongmei.text.normalise import clean_line

CANDIDATES = 3
"""Outlets offered to the desk for each task; others are named with `rongmei assignments hand-out`."""
MAX_TASKS = 40
"""Tasks on one page; more are left to the command line."""
MAX_TITLE = 24
_REASON = re.compile(r"#?([0-9]{1,9})[ \t\u3000，,:：、.]+(.+)")
MAX_REASON = 200


@dataclass(frozen=True)
class DeskOption:
    """One way to deal with one task; `outlet` is None for dropping it. `label` is unique within the sheet."""

    label: str
    pitch_id: int
    outlet: str | None


@dataclass(frozen=True)
class DeskSheet:
    """The page of the desk.

    Attributes:
        body: Markdown; everything from outside in it is escaped.
        options: by task, the machine's first choice first; empty when there is nothing to decide.
        people: ids of those who may decide.
    """

    subject: str
    body: str
    options: tuple[DeskOption, ...]
    people: tuple[str, ...]


@dataclass(frozen=True)
class DeskSummary:
    """What the desk decided.

    Attributes:
        ordered: ids of the assignments made, or that stood so already.
        dropped: ids of the pitches dropped.
        left: ids of the pitches that still wait.
        queued: mails put into the outbox; `notify` sends them.
        problems: in Chinese, the limits that were passed.
    """

    ordered: tuple[int, ...]
    dropped: tuple[int, ...]
    left: tuple[int, ...]
    queued: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    room: Newsroom
    points: float
    why: str
    passed: tuple[str, ...]


def unplaced(ledger: Ledger, key: str) -> bool:
    """Whether any accepted pitch of the edition has no outlet and was not dropped, however often it was offered.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        return bool(_unheld(session, get_edition(session, key)))


def desk_sheet(ledger: Ledger, plan: Plan, key: str) -> DeskSheet:
    """What waits for the desk, with the best outlets for each; reading it changes nothing.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        wanted = _unheld(session, edition)
        subject = f"值班台指派：{plan.campaign.name} {edition.day:%m-%d}，{len(wanted)} 条任务没有媒体接"
        people = tuple(dict.fromkeys((plan.campaign.owner, *plan.campaign.pitching.meeting)))
        found = select(Pitch).where(Pitch.id.in_(wanted[:MAX_TASKS])).order_by(Pitch.id)
        pitches = list(session.scalars(found))
        every = tasks(session, plan, edition, pitches)
        rules = plan.campaign.assignment
        case = make_case(every, newsrooms(session, plan, edition), rules.partners, rules.weights)
        body, options = [_intro(plan, len(wanted))], list[DeskOption]()
        ways = [one for one in relaxations(case, {}) if one.pitches]
        for task, pitch in zip(case.tasks, pitches, strict=True):
            best = _candidates(case, task)
            told = _history(session, plan, pitch)
            body.append(_section(pitch, told, best, [one.words for one in ways if pitch.id in one.pitches]))
            options += _options(pitch, best)
        return DeskSheet(subject, "\n\n".join(body), tuple(options), people)


def desk_assign(
    ledger: Ledger,
    plan: Plan,
    key: str,
    *,
    placed: Mapping[int, str],
    dropped: Mapping[int, str],
    by: str,
    links: Links | None = None,
    now: datetime,
) -> DeskSummary:
    """Place and drop as a person decided, all or nothing; the outlets' mails go into the outbox with it.

    Recording the same again changes nothing.

    Args:
        placed: pitch id → outlet id.
        dropped: pitch id → reason.
        by: id of a person who may decide, see `DeskSheet.people`.

    Raises:
        BadInput: no such edition, pitch or outlet; `by` may not decide; a pitch is held by another outlet or waits for
            nobody; dropped without a reason; both placed and dropped.
    """
    if by not in (plan.campaign.owner, *plan.campaign.pitching.meeting):
        raise BadInput(f"{by} 不是值班台的人", where=plan.campaign.name, mend="由活动负责人或选题会成员决定")
    if both := sorted(set(placed) & set(dropped)):
        raise BadInput("既指派又撤下", where=f"选题 #{both[0]}", mend="只选一样")
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        waiting = set(_unheld(session, edition))
        number, problems, ordered = next_round(session, edition), [], []
        for pitch_id, outlet in sorted(placed.items()):
            offer, passed = _order(session, plan, edition, pitch_id, outlet, waiting, by=by, number=number, now=now)
            ordered.append(offer.id)
            problems += [f"选题 #{pitch_id}：{words}" for words in passed]
        for pitch_id, reason in sorted(dropped.items()):
            _drop(session, edition, pitch_id, reason, waiting, by=by, now=now)
        queued, _ = queue_letters(session, plan, edition, links=links, now=now)
        left = _unheld(session, edition)
        return DeskSummary(tuple(ordered), tuple(sorted(dropped)), left, queued, tuple(problems))


def read_choices(chosen: Iterable[tuple[int, str | None]], reasons: str) -> tuple[dict[int, str], dict[int, str]]:
    """The page's answer as `desk_assign` takes it: pitch id → outlet, and pitch id → reason.

    Args:
        chosen: pitch id and outlet of each option chosen, None for dropping.
        reasons: a line for each pitch dropped, `12 为什么`.

    Raises:
        BadInput: two choices for one pitch; a line without a number, or about a pitch that is not dropped.
    """
    placed: dict[int, str] = {}
    dropped: dict[int, str] = {}
    for pitch_id, outlet in chosen:
        if pitch_id in placed or pitch_id in dropped:
            raise BadInput("选了不止一项", where=f"选题 #{pitch_id}", mend="清除本任务，每条选题最多勾一项")
        if outlet is None:
            dropped[pitch_id] = ""
        else:
            placed[pitch_id] = outlet
    for line in filter(None, (line.strip() for line in reasons.splitlines())):
        said = _REASON.fullmatch(line)
        if said is None or int(said[1]) not in dropped:
            what = f"理由“{clean_line(line, 40)}”不是一条撤下的选题的"
            raise BadInput(what, where="撤下的理由", mend="清除本任务，每条一行：编号 理由")
        dropped[int(said[1])] = said[2]
    return placed, dropped


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────


def _order(
    session: Session,
    plan: Plan,
    edition: Edition,
    pitch_id: int,
    outlet: str,
    waiting: set[int],
    *,
    by: str,
    number: int,
    now: datetime,
) -> tuple[Assignment, tuple[str, ...]]:
    plan.cluster.outlet(outlet)
    pitch = _pitch(session, edition, pitch_id)
    if holding := standing(session, pitch, outlet, f"选题 #{pitch_id}"):
        return holding, ()
    _check_waits(pitch, waiting)
    said = {"by": by, "what": f"{plan.cluster.person(by).name}代表值班台指派", "why": "值班台指派"}
    offer, passed = place(session, plan, edition, pitch, outlet, **said, number=number, now=now)
    offer.reasons = {**offer.reasons, ORDERED: True}
    move(
        session,
        offer,
        "offered",
        "accepted",
        by=by,
        why="值班台指派，不用媒体答复",
        now=now,
        answered_at=now,
        answer_by=now,
        deadline_at=now + timedelta(hours=plan.campaign.production.deadline_hours),
    )
    return offer, passed


def _drop(
    session: Session, edition: Edition, pitch_id: int, reason: str, waiting: set[int], *, by: str, now: datetime
) -> None:
    pitch, reason = _pitch(session, edition, pitch_id), clean_line(reason, MAX_REASON)
    if not reason:
        raise BadInput("撤下没有写理由", where=f"选题 #{pitch_id}", mend=f"在理由里写一行“{pitch_id} 为什么不做”")
    if pitch_id in waiting:
        log(session, pitch, by=by, why=f"值班台撤下：{reason}", now=now, detail={DROPPED: True})


def _unheld(session: Session, edition: Edition) -> tuple[int, ...]:
    every = (unassigned(session, edition, offered_before=before) for before in (True, False))
    return tuple(sorted(pitch.id for pitches in every for pitch in pitches))


def _pitch(session: Session, edition: Edition, pitch_id: int) -> Pitch:
    pitch = session.get(Pitch, pitch_id)
    if pitch is None or pitch.edition_id != edition.id or pitch.state != "accepted":
        raise BadInput("不是本期已采用的选题", where=f"选题 #{pitch_id}", mend="核对编号和期次")
    return pitch


def _check_waits(pitch: Pitch, waiting: set[int]) -> None:
    if pitch.id not in waiting:
        raise BadInput("不在等值班台指派", where=f"选题 #{pitch.id}", mend="清除本任务，看最新的情况")


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _candidates(case: Case, task: Task) -> list[_Candidate]:
    """The outlets that were not asked yet: those that pass no limit first, then by points."""
    mean = mean_usage(tuple(case.rooms.values()))
    found = []
    for room in case.rooms.values():
        if room.id in task.barred:
            continue
        terms = lead_terms(case.weights, room, task, mean)
        why = "；".join(term.why for term in terms.values())
        points = rounded(worth(terms.values()) - load_cost(case.weights, room, 0))
        passed = tuple(limits_passed(room, task, case.held, HALVES))
        found.append(_Candidate(room, points, why, passed))
    return sorted(found, key=lambda one: (bool(one.passed), -one.points, one.room.id))[:CANDIDATES]


def _history(session: Session, plan: Plan, pitch: Pitch) -> list[str]:
    """Who was asked, and what became of it."""
    names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
    rows = session.execute(
        select(Assignment, AssignmentEvent.why)
        .join(AssignmentEvent, AssignmentEvent.thing_id == Assignment.id)
        .where(Assignment.pitch_id == pitch.id, AssignmentEvent.to_state.in_(("declined", "expired")))
        .order_by(AssignmentEvent.id)
    ).tuples()
    return [f"{names.get(offer.outlet, offer.outlet)}：{why}" for offer, why in rows]


def _intro(plan: Plan, count: int) -> str:
    hours = plan.campaign.assignment.desk_hours
    lines = [
        f"下面的任务问过的媒体没有接，或没有媒体派得出。**{hours} 小时内**没有决定，期次就不等这些任务了，"
        "系统不会替你们指派。",
        "每条任务最多勾一项：勾一家媒体，就是**指派**给它（发邮件告知，不用它答复）；勾“撤下”，这期就不做了，"
        "理由写在下面的框里；都不勾，先放着。",
    ]
    if count > MAX_TASKS:
        lines.append(f"只列出前 {MAX_TASKS} 条，其余 {count - MAX_TASKS} 条用 rongmei assignments hand-out 指派。")
    return "\n\n".join(lines)


def _section(pitch: Pitch, told: Sequence[str], best: Sequence[_Candidate], ways: Sequence[str]) -> str:
    facts = [f"- 地点：{escape(clean_line(pitch.place))}"] if pitch.place else []
    asked = [f"- 问过 {escape(clean_line(words))}" for words in told] or ["- 没有一家派得出"]
    return "\n".join(
        [
            f"### #{pitch.id} {escape(clean_line(pitch.title))}",
            "",
            *facts,
            *asked,
            *(f"- 怎样才派得出：{escape(words)}" for words in ways),
            "",
            *_table(best),
        ]
    )


def _table(best: Sequence[_Candidate]) -> Iterable[str]:
    if not best:
        return ["所有媒体都问过了，只能撤下，或先放着。"]
    rows = ["| 可指派 | 分 | 为什么 | 手上 | 注意 |", "|---|---:|---|---|---|"]
    for one in best:
        in_hand = f"{one.room.halves_used / HALVES:g}/{one.room.capacity_per_day} 条"
        warned = "；".join(one.passed) or "—"
        rows.append(
            f"| {escape(one.room.name)} | {one.points:g} | {escape(one.why) or '—'} | {in_hand} | {escape(warned)} |"
        )
    return rows


def _options(pitch: Pitch, best: Sequence[_Candidate]) -> Iterator[DeskOption]:
    """The machine's first choice begins with the number, the others with 或."""
    title = clean_line(pitch.title, MAX_TITLE)
    for place_in_list, one in enumerate(best):
        head = "或 " if place_in_list else ""
        yield DeskOption(f"{head}#{pitch.id} {title} → {one.room.name}", pitch.id, one.room.id)
    yield DeskOption(f"或 #{pitch.id} 撤下，这期不做", pitch.id, None)

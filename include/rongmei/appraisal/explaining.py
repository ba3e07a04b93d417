"""Opens a score into its arithmetic: power by power, line by line, row by row, down to publications and snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rongmei.appraisal.credits import KIND_NAMES, LEVEL_NAMES
from rongmei.appraisal.freezing import Frozen, thaw
from rongmei.appraisal.reckoning import Result, how, line_of, reckon, row_how, rows_words
from rongmei.boards import BOARDS
from rongmei.clock import spoken
from rongmei.config import CHANNEL_NAMES
from rongmei.config.appraisal.algebra import Rows
from rongmei.config.appraisal.facts import COUNTS
from rongmei.config.appraisal.marking import Marked, rows_of
from rongmei.config.appraisal.rules import POWERS
from rongmei.config.appraisal.writing import Words, figure
from rongmei.errors import BadInput
from rongmei.ledger.periods import PeriodRead, ScoredSubject, read_period

MOST_ROWS = 200


@dataclass(frozen=True)
class Opened:
    """A line of a score with all it stands on.

    Attributes:
        key, name: of the line; `sum`: its arithmetic; `worth`: how it gets into the total.
        each: how a row is reckoned, in words.
        rows: for each thing counted what it is, its arithmetic, and where its figures are from; worth most first.
        events: for lines that count events, which ones.
    """

    key: str
    name: str
    sum: str
    worth: str
    each: tuple[str, ...]
    rows: tuple[RowLine, ...]
    events: tuple[str, ...]


@dataclass(frozen=True)
class RowLine:
    """One row of a line: what it is, what it comes to, how, and the source of its figures."""

    what: str
    value: float
    how: str
    source: str


@dataclass(frozen=True)
class Explanation:
    """A subject's score, opened."""

    period: PeriodRead
    subject: ScoredSubject
    lines: tuple[Opened, ...]


def explain(session: Session, key: str, subject: str, term: str | None = None, *, kind: str = "outlet") -> Explanation:
    """Open a score, or one line of it.

    Everything is reckoned anew from the frozen copy and compared with what the ledger keeps.

    Raises:
        BadInput: no such period, subject or line; or the ledger's figures are not what the frozen copy gives.
    """
    period = read_period(session, key, kind=kind)
    kept = period.of(subject)
    if kept is None:
        raise BadInput(f"这个周期没有给“{subject}”计分", where=key, mend=_known(period))
    frozen = thaw(session, key)
    result = next(one for one in reckon(frozen.rules, frozen.inputs, kind) if one.case.id == subject)
    if result.marks.total != kept.total:
        what = f"账本里是 {kept.total:.2f}，按冻结的数据重算是 {result.marks.total:.2f}"
        raise BadInput(what, where=f"{key} {subject}", mend="账本被改动过，从备份恢复后核对")
    if term is None:
        return Explanation(period, kept, tuple(_opened(frozen, result, line) for line in result.marks.lines))
    line = line_of(result, term)
    if line is None:
        lines = "、".join(one.line.key for one in result.marks.lines)
        raise BadInput(f"没有计分项“{term}”", where=key, mend=f"写其中一个：{lines}")
    return Explanation(period, kept, (_opened(frozen, result, line),))


def _known(period: PeriodRead) -> str:
    names = [one.subject for one in period.subjects[:8]]
    return f"写标识，例如 {'、'.join(names)}" if names else "这个周期没有人员计分，规则里要有 people 一节"


def _opened(frozen: Frozen, result: Result, marked: Marked) -> Opened:
    rows = [line for node in rows_of(marked.line.inner) for line in _row_lines(node, result)]
    rows.sort(key=lambda row: -row.value)
    return Opened(
        key=marked.line.key,
        name=marked.line.said.name,
        sum=how(marked, result.case.facts),
        worth=_worth(result, marked),
        each=tuple(rows_words(node) for node in rows_of(marked.line.inner) if result.case.facts[node.of]),
        rows=tuple(rows[:MOST_ROWS]),
        events=tuple(_events(frozen.inputs, result, marked)),
    )


def _worth(result: Result, marked: Marked) -> str:
    """How a line gets into the total."""
    if marked.value is None:
        return "不计"
    if marked.line.group not in POWERS:
        return f"总分 {marked.points:+.4f}"
    power = next(one for one in result.marks.powers if one.id == marked.line.group)
    share = f"{POWERS[power.id]}占 {power.share * 100:.4g}% × 本项占 {marked.share * 100:.4g}%"
    return f"{share} × {figure(marked.value)} ＝ {marked.points:.4f} 分"


def _row_lines(node: Rows, result: Result) -> Iterator[RowLine]:
    counted = {id(row) for row in node.counted(result.case.facts)}
    for facts, source in zip(result.case.facts[node.of], result.case.sources[node.of], strict=True):
        if id(facts) not in counted:
            yield RowLine(_what(node.of, source), 0.0, "平台没有给出数据，不计", _source(node.of, source))
            continue
        yield RowLine(_what(node.of, source), node.each.value(facts), row_how(node, facts), _source(node.of, source))


def _what(rows: str, source: Mapping[str, Any]) -> str:
    if rows == "posts":
        place = f"第 {source['position']} 条" if source["position"] else ""
        channel = CHANNEL_NAMES.get(source["channel"], source["channel"])
        return f"发布单 #{source['id']} {channel}{place}《{source['title']}》"
    if rows in {"weeks", "months"}:
        return f"{source['from']} 至 {source['to']}"
    if rows == "works":
        return f"稿件 #{source['story']}《{source['title']}》"
    if rows == "hits":
        label = BOARDS[source["board"]].label if source["board"] in BOARDS else source["board"]
        return f"{label}第 {source['best']} 名《{source['title']}》"
    return f"{KIND_NAMES[source['kind']]} #{source['id']} {LEVEL_NAMES[source['level']]}《{source['title']}》"


def _source(rows: str, source: Mapping[str, Any]) -> str:
    """Where the figures of a row are from."""
    if rows == "posts":
        return _snapshot(source)
    if rows == "works":
        return "发布单 " + "、".join(f"#{number}" for number in source["posts"])
    if rows == "hits":
        return f"上榜记录 #{source['id']}，{_moment(source['best_at'])}，发布单 #{source['publication']}"
    if rows in {"weeks", "months"}:
        return "按稿件首次上线的日子数"
    others = [f"#{number} {LEVEL_NAMES[level]}" for number, level in source.get("all", ()) if number != source["id"]]
    more = f"；同一件另有 {'、'.join(others)}，只计最高一级" if others else ""
    return f"{source['day']}，证据：{source['evidence']}{more}"


def _snapshot(post: Mapping[str, Any]) -> str:
    cutoff = f"截止 {_moment(post['cutoff'])}"
    if "observed_at" not in post:
        return f"{cutoff}，平台没有给过数据"
    known = "，".join(f"{label} {post['figures'][name]:,}" for name, label in COUNTS.items() if name in post["figures"])
    said = f"快照 {_moment(post['observed_at'])}（{cutoff}）：{known or '没有数'}"
    if post.get("gone"):
        said += "；平台上已删除，这是删除前最后的数"
    if bounds := post.get("upper"):
        said += "；约数 " + "、".join(f"{COUNTS.get(name, name)}按最少计" for name in sorted(bounds))
    for one in post.get("excluded", ()):
        reported = post["reported"][one["measure"]]
        label = COUNTS[one["measure"]]
        said += f"；异常 #{one['id']} 由 {one['by']} 排除（{one['why'] or one['words']}），平台原报{label} {reported:,}"
    return said


def _events(inputs: Mapping[str, Any], result: Result, marked: Marked) -> Iterator[str]:
    """The events behind a line that is made of counts."""
    wanted = _facts_of(marked)
    mine = result.case.id
    for rows, tell in _TELLERS.items():
        for row in inputs[rows]:
            owners = [row.get("outlet"), *row.get("authors", ()), row.get("person"), *row.get("partners", ())]
            if mine in owners and (said := tell(row, wanted, mine)):
                yield said


def _facts_of(marked: Marked) -> frozenset[str]:
    """The mere counts that a line speaks of."""
    found: set[str] = set()

    class Listener(Words):
        def fact(self, name: str) -> str:
            found.add(name)
            return ""

    marked.line.inner.write(Listener())
    return frozenset(found)


def _task(row: Mapping[str, Any], wanted: frozenset[str], mine: str) -> str:
    story = f"稿件 #{row['story']}" if row["story"] else "没有交稿"
    if mine in row["partners"]:
        return f"任务 #{row['id']}：协办，{story}" if "partnered" in wanted else ""
    if row["filed"] in wanted:
        words = {"on_time": "按时交稿", "late": "迟交", "missing": "未交"}[row["filed"]]
        filed = f"，{_moment(row['filed_at'])} 交" if row["filed_at"] else ""
        return f"任务 #{row['id']}：{words}，{_moment(row['deadline_at'])} 截止{filed}，{story}"
    answered = {True: "answered", False: "unanswered"}.get(row["answered"], "")
    if answered in wanted:
        return f"任务 #{row['id']}：{'按时答复' if row['answered'] else '逾期未答'}"
    return ""


def _verdict(row: Mapping[str, Any], wanted: frozenset[str], mine: str) -> str:  # noqa: ARG001
    fate = "rejected" if row["rejected"] else "returned" if row["returned"] else "passed"
    words = {"rejected": "被否决", "returned": f"被退 {row['returned']} 次后签发", "passed": "一次过审"}[fate]
    return f"稿件 #{row['story']}：{words}" if fate in wanted else ""


def _pitch(row: Mapping[str, Any], wanted: frozenset[str], mine: str) -> str:  # noqa: ARG001
    words = {"accepted": "采用", "joined": "并入采用选题", "held": "留用", "other": "未采用"}[row["fate"]]
    return f"选题 #{row['id']}《{row['title']}》：{words}" if f"pitches_{row['fate']}" in wanted else ""


def _review(row: Mapping[str, Any], wanted: frozenset[str], mine: str) -> str:  # noqa: ARG001
    return f"审稿 #{row['id']}：稿件 #{row['story']}" if "reviews" in wanted else ""


def _amendment(row: Mapping[str, Any], wanted: frozenset[str], mine: str) -> str:  # noqa: ARG001
    fact = "recalled" if row["kind"] == "recall" else "corrected"
    return f"稿件 #{row['story']}：{'撤稿' if fact == 'recalled' else '更正'}" if fact in wanted else ""


_TELLERS = {
    "tasks": _task,
    "verdicts": _verdict,
    "pitches": _pitch,
    "reviews": _review,
    "amendments": _amendment,
}


def _moment(text: str) -> str:
    return spoken(datetime.fromisoformat(text))


def told(found: Explanation) -> Sequence[str]:
    """An explanation as lines of text."""
    one = found.subject
    lines = [
        f"{one.name}　{found.period.rules_name}　{found.period.first_day} 至 {found.period.last_day}",
        f"冻结时 {one.total:.2f} 分，第 {one.rank} 名：{one.summary}",
    ]
    lines += [
        f"更正 {spoken(made.at)} {made.term} {made.points:+g}：{made.why}（{made.by}）" for made in one.amendments
    ]
    if one.amendments:
        lines.append(f"更正后 {one.standing:.2f} 分，第 {one.place} 名")
    lines += [f"说明：{note}" for note in (*found.period.notes, *one.notes)]
    for line in found.lines:
        lines += ["", f"【{line.key}】{line.name}：{line.worth}", f"  {line.sum}"]
        lines += [f"  {each}：" for each in line.each]
        for row in line.rows:
            lines += [f"  · {row.what}：{row.how}", f"    {row.source}"]
        lines += [f"  · {event}" for event in line.events]
    lines += ["", f"数据指纹 {found.period.inputs_hash}"]
    return lines

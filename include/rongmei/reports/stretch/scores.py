"""Scores of a stretch of days: those of the frozen period where there is one, else the mean of its editions' scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean, median
from typing import Any

from sqlalchemy import func, select

from rongmei.ledger import Appeal, Edition, Period, PeriodScore, Score
from rongmei.ledger.periods import ScoredSubject, ScoredTerm, find_period, read_period
from rongmei.reports.lines import IndexLine, Ranking, RankLine, TermLine
from rongmei.reports.stretch.scope import Scope
from rongmei.reports.words import days_text, moment_text


def ranking(scope: Scope) -> Ranking:
    """The outlets' scores of the stretch, with their places in the stretch before and the medians of every term."""
    now = _of_period(scope) or of_editions(scope)
    then = _of_period(scope.before()) or of_editions(scope.before())
    places = {line.outlet_id: line for line in then.lines}
    lines = [_beside(line, places.get(line.outlet_id)) for line in now.lines]
    medians = _medians(lines)
    return replace(now, lines=tuple(_with_medians(line, medians) for line in lines))


def open_appeals(scope: Scope) -> int:
    """申诉 about periods of the cluster that the desk has not answered."""
    wanted = (
        select(func.count(Appeal.id))
        .join(PeriodScore, PeriodScore.id == Appeal.score_id)
        .join(Period, Period.id == PeriodScore.period_id)
        .where(Period.cluster == scope.plan.cluster.id, Period.rehearsal == scope.rehearsal, Appeal.state == "open")
    )
    if scope.outlet is not None:
        wanted = wanted.where(PeriodScore.kind == "outlet", PeriodScore.subject == scope.outlet)
    return scope.session.scalar(wanted) or 0


def _beside(line: RankLine, before: RankLine | None) -> RankLine:
    return line if before is None else replace(line, before=before.rank, total_before=before.total)


def _medians(lines: Sequence[RankLine]) -> Mapping[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        for term in line.terms:
            if term.value is not None:
                values[term.name].append(term.value)
    return {name: round(median(known), 1) for name, known in values.items()}


def _with_medians(line: RankLine, medians: Mapping[str, float]) -> RankLine:
    return replace(line, terms=tuple(replace(term, median=medians.get(term.name)) for term in line.terms))


# ── a frozen period ──────────────────────────────────────────────────────────────────────────────────────────────────


def _of_period(scope: Scope) -> Ranking | None:
    """The period frozen last for exactly these days over all campaigns: what stands, corrections included."""
    cluster = scope.plan.cluster.id
    key = find_period(scope.session, cluster, scope.first, scope.last, rehearsal=scope.rehearsal)
    if key is None:
        return None
    period = read_period(scope.session, key)
    source = f"{days_text(period.first_day, period.last_day)}考核周期，{moment_text(period.frozen_at)} 冻结"
    amended = sum(len(subject.amendments) for subject in period.subjects)
    source += f"，含 {amended} 项申诉更正。" if amended else "。"
    version = period.rules.partition("@")[2]
    return Ranking(f"{period.rules_name} {version}", source, tuple(_scored(one) for one in period.subjects), key)


def _scored(one: ScoredSubject) -> RankLine:
    powers = {power.key: power.name for power in one.powers}
    return RankLine(
        rank=one.place,
        outlet=one.name,
        total=one.standing,
        complete=one.complete,
        summary=one.summary,
        terms=tuple(TermLine(power.name, power.value, power.points, "", power.share) for power in one.powers),
        details=tuple(
            TermLine(f"{powers.get(term.group, '加减分')}·{term.name}", term.value, _points(term), term.how, term.share)
            for term in one.terms
            # Beside the powers most lines are nothing: no award, no recall.
            if term.group in powers or term.points or term.amended
        ),
        outlet_id=one.subject,
    )


def _points(term: ScoredTerm) -> float | None:
    """The term's points with the corrections it has had since."""
    return term.points if term.points is None and not term.amended else round((term.points or 0.0) + term.amended, 2)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_editions(scope: Scope) -> Ranking:
    """The mean of an outlet's scores in the editions of the stretch that it took part in."""
    rows = scope.session.execute(
        select(Score, Edition.key)
        .join(Edition, Edition.id == Score.edition_id)
        .where(scope.editions, Edition.day >= scope.first, Edition.day <= scope.last)
        .order_by(Edition.day, Score.id)
    ).tuples()
    by_outlet: dict[str, list[Score]] = defaultdict(list)
    editions, rules = set(), []
    for score, key in rows:
        by_outlet[score.outlet].append(score)
        editions.add(key)
        rules.append(score.rules)
    if not by_outlet:
        return Ranking()
    lines = [_mean(scope, outlet, scores) for outlet, scores in by_outlet.items()]
    source = f"这段时间 {len(editions)} 期期次考核的平均，各媒体只算参加了的期次；考核周期没有冻结，冻结后以周期为准。"
    names = {
        f"{plan.rules.id}@{plan.rules.version}": f"{plan.rules.name} {plan.rules.version}" for plan in scope.plan.plans
    }
    told = dict.fromkeys(names.get(one, one) for one in rules)
    return Ranking("、".join(told), source, _ranked(lines))


def _mean(scope: Scope, outlet: str, scores: Sequence[Score]) -> RankLine:
    terms: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for score in scores:
        for one in score.terms.get("dimensions", ()):
            terms[str(one["name"])].append((one.get("value"), one.get("points")))
    return RankLine(
        rank=0,
        outlet=scope.outlet_name(outlet),
        total=round(fmean(score.total for score in scores), 2),
        complete=all(score.terms.get("complete", True) for score in scores),
        summary=f"{len(scores)} 期平均：" + "、".join(f"{score.total:.2f}" for score in scores),
        terms=tuple(
            TermLine(name, _known_mean(value for value, _ in pairs), _known_mean(points for _, points in pairs), "")
            for name, pairs in terms.items()
        ),
        outlet_id=outlet,
    )


def _known_mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(fmean(known), 2) if known else None


def term_line(one: Mapping[str, Any]) -> TermLine:
    """A term as the ledger keeps it."""
    return TermLine(str(one["name"]), one.get("value"), one.get("points"), str(one.get("how", "")), one.get("share"))


def index_line(one: Mapping[str, Any], account_name: str) -> IndexLine:
    """An index as the ledger keeps it; scores from before intervals have one exact `value`."""
    bounded = "low" in one
    low, high = (one["low"], one["high"]) if bounded else (one["value"], one["value"])
    return IndexLine(account_name, str(one["version"]), bool(one.get("forwards")), low, high)


def _ranked(lines: Sequence[RankLine]) -> tuple[RankLine, ...]:
    """Best first; equal totals share a rank and the next one leaves room for them."""
    ordered = sorted(lines, key=lambda one: (-one.total, one.outlet))
    ranks: list[RankLine] = []
    for place, one in enumerate(ordered, start=1):
        tied = ranks and ranks[-1].total == one.total
        ranks.append(replace(one, rank=ranks[-1].rank if tied else place))
    return tuple(ranks)

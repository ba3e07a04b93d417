"""Freezes a period: copies its rules and inputs into the ledger and scores them; recomputing gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.appraisal.inputs import Span, gather
from rongmei.appraisal.reckoning import KINDS, Result, reckon, terms
from rongmei.clock import spoken
from rongmei.config.appraisal import PeriodRules, faults, ready
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Period, PeriodScore
from rongmei.ledger.periods import canonical, fingerprint, get_period, packed, unpacked

LONGEST_DAYS = 366
LONGEST_KEY, LONGEST_RULES = 160, 96


@dataclass(frozen=True)
class FreezeSummary:
    """Outcome of `freeze`; `frozen` when the period stood already and was left alone."""

    key: str
    outlets: int
    people: int
    best: tuple[str, ...]
    frozen: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frozen:
    """A period's own copy of its rules and inputs."""

    key: str
    rules: PeriodRules
    inputs: Mapping[str, Any]
    inputs_hash: str


def period_key(span: Span, rules: PeriodRules, number: int = 1) -> str:
    """`period:dongguan:2026-06-01..2026-06-07:dongguan-cluster-v1`, then campaign, rehearsal and a number above 1."""
    parts = ["period", span.cluster.id, f"{span.first.isoformat()}..{span.last.isoformat()}", rules.id]
    parts += [span.campaign] if span.campaign else []
    parts += ["rehearsal"] if span.rehearsal else []
    parts += [f"#{number}"] if number > 1 else []
    return ":".join(parts)


def freeze(
    ledger: Ledger, span: Span, rules: PeriodRules, *, by: str, now: datetime, again: bool = False
) -> FreezeSummary:
    """Freeze and score a period.

    What is frozen stays: doing it again changes nothing. `again=True` (figures were mended, an outlet's former id was
    forgotten) freezes the same days a second time beside the first, under a number of its own.

    Args:
        by: who asked for it: a person's id, or the name of a scheduled task.

    Raises:
        BadInput: the period is not over, is too long, or is not wholly within the days the rules are in force; the
            rules cannot be proved sane, or are not what was frozen under their id before.
    """
    _check(span, rules, now)
    with ledger.read() as session:
        _check_unchanged(session, rules)
        number, standing = _standing(session, span, rules)
        if standing and not again:
            return _summary(session, standing, frozen=True)
        inputs = json.loads(canonical(gather(session, span, rules.figures, now=now)))
    period = Period(
        key=period_key(span, rules, number + 1),
        cluster=span.cluster.id,
        campaign=span.campaign,
        rehearsal=span.rehearsal,
        first_day=span.first,
        last_day=span.last,
        rules=f"{rules.id}@{rules.version}",
        rules_json=packed(rules_json(rules)),
        inputs_json=packed(inputs),
        inputs_hash=fingerprint(inputs),
        frozen_at=now,
        frozen_by=by,
    )
    try:
        with ledger.begin() as session:
            session.add(period)
            session.flush()
            for kind in KINDS:
                session.add_all(_rows(period.id, kind, rules, inputs))
            session.flush()
            return _summary(session, period, frozen=False)
    except IntegrityError:
        # Somebody else froze it while the inputs were gathered; theirs stands.
        with ledger.read() as session:
            return _summary(session, get_period(session, period_key(span, rules, number + 1)), frozen=True)


def rules_json(rules: PeriodRules) -> dict[str, Any]:
    """A rule set with everything it leaves unsaid, so that later defaults do not change what was frozen."""
    return rules.model_dump(mode="json", by_alias=True)


def scored(rules: PeriodRules, inputs: Mapping[str, Any], kind: str) -> list[tuple[Result, dict[str, Any]]]:
    """Every subject's result, and what the ledger keeps of it."""
    found = reckon(rules, inputs, kind)
    scheme = ready(rules, kind) if found else None
    return [(one, terms(one, scheme)) for one in found if scheme]


def thaw(session: Session, key: str) -> Frozen:
    """A period's rules and inputs as they were frozen.

    Raises:
        BadInput: there is no such period, or its inputs are not what was frozen.
    """
    period = get_period(session, key)
    inputs = json.loads(unpacked(period.inputs_json))
    if fingerprint(inputs) != period.inputs_hash:
        raise BadInput("冻结的数据与指纹不符，账本被改动过", where=key, mend="从备份恢复账本，核对后再用")
    rules = PeriodRules.model_validate_json(unpacked(period.rules_json))
    return Frozen(key, rules, inputs, period.inputs_hash)


def recompute(session: Session, key: str) -> bytes:
    """Everything the period's scores say, reckoned anew from the frozen copy, as canonical JSON."""
    frozen = thaw(session, key)
    return canonical(
        [
            [kind, one.case.id, one.marks.total, one.rank, kept]
            for kind in KINDS
            for one, kept in sorted(scored(frozen.rules, frozen.inputs, kind), key=lambda found: found[0].case.id)
        ]
    )


def as_kept(session: Session, key: str) -> bytes:
    """What the ledger holds of the same, in the same form."""
    period = get_period(session, key)
    rows = session.scalars(select(PeriodScore).where(PeriodScore.period_id == period.id)).all()
    ordered = sorted(rows, key=lambda row: (KINDS.index(row.kind), row.subject))
    return canonical([[row.kind, row.subject, row.total, row.rank, row.terms] for row in ordered])


def _rows(period_id: int, kind: str, rules: PeriodRules, inputs: Mapping[str, Any]) -> list[PeriodScore]:
    return [
        PeriodScore(
            period_id=period_id, kind=kind, subject=one.case.id, total=one.marks.total, rank=one.rank, terms=kept
        )
        for one, kept in scored(rules, inputs, kind)
    ]


def _check(span: Span, rules: PeriodRules, now: datetime) -> None:
    days = (span.last - span.first).days + 1
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput(
            f"周期 {span.first} 至 {span.last} 有 {days} 天", mend=f"写 1 到 {LONGEST_DAYS} 天，起日不晚于止日"
        )
    if now < span.end:
        raise BadInput(
            f"周期到 {spoken(span.end)} 才结束，现在还不能冻结",
            where=f"{span.first} 至 {span.last}",
            mend="过后再来，或把止日提前",
        )
    if not rules.in_force(span.first, span.last):
        raise BadInput(
            f"规则在 {rules.first or '此前'} 至 {rules.last or '此后'} 生效，周期没有全在里面",
            where=f"{rules.name} {rules.id}",
            mend=f"按生效日把周期分成两段，各用当时的规则冻结{_cut(span, rules)}",
        )
    if len(period_key(span, rules, 99)) > LONGEST_KEY or len(f"{rules.id}@{rules.version}") > LONGEST_RULES:
        raise BadInput("周期的名字太长，账本放不下", where=rules.id, mend="把规则的 id、版本或活动标识改短")
    if found := faults(rules):
        raise BadInput(f"规则没有通过证明：{found[0].message}", where=rules.id, mend="运行 rongmei check，按提示改正")


def _cut(span: Span, rules: PeriodRules) -> str:
    cuts: list[date] = [day for day in (rules.first, rules.last) if day is not None and span.first <= day <= span.last]
    return f"，以 {cuts[0]} 为界" if cuts else ""


def _check_unchanged(session: Session, rules: PeriodRules) -> None:
    """An id stands for one text for ever: otherwise two periods with the same rules would not be comparable."""
    earlier = session.execute(
        select(Period.key, Period.rules_json)
        .where(Period.rules == f"{rules.id}@{rules.version}")
        .order_by(Period.id.desc())
        .limit(1)
    ).first()
    if earlier and PeriodRules.model_validate_json(unpacked(earlier.rules_json)) != rules:
        raise BadInput(
            f"规则 {rules.id} 的内容和冻结 {earlier.key} 时不一样了",
            where=rules.name,
            mend="改了内容就换新的 id（例如 -v2）另存一份，旧文件恢复原样",
        )


def _standing(session: Session, span: Span, rules: PeriodRules) -> tuple[int, Period | None]:
    """How often just this was frozen, and the latest of them."""
    number, latest = 0, None
    while found := session.scalar(select(Period).where(Period.key == period_key(span, rules, number + 1))):
        number, latest = number + 1, found
    return number, latest


def _summary(session: Session, period: Period, *, frozen: bool) -> FreezeSummary:
    rows = session.scalars(select(PeriodScore).where(PeriodScore.period_id == period.id)).all()
    outlets = [row for row in rows if row.kind == "outlet"]
    best = tuple(sorted(row.subject for row in outlets if row.rank == 1))
    said = json.loads(unpacked(period.inputs_json))["notes"]
    return FreezeSummary(period.key, len(outlets), len(rows) - len(outlets), best, frozen, tuple(said))

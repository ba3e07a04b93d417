"""Reads what an appraisal period came to: scores with their arithmetic, appeals, corrections, and the standing.

A score is never changed. What an appeal changed is a dated entry beside it, and the standing is the score plus these
entries, between the floor and the cap of the rules; ranks are by standing. `rongmei.appraisal` writes all this.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger.tables import Appeal, Period, PeriodScore, ScoreAmendment

OUTLET, PERSON = "outlet", "person"
TOTAL_DIGITS = 2


@dataclass(frozen=True)
class ScoredTerm:
    """One line of a score.

    Attributes:
        key: as appeals name it: spread.reads, bonuses.adoption, deductions.late.
        group: a power (spread, guidance, influence, credibility, collaboration), bonuses or deductions.
        measured: what was counted, in the unit of its measure; None when no platform said.
        value: 0–100 under a power, else the points; None when unknown.
        weight: share of its power as the rules say; `share`: after what is unknown was left out; 0 outside the powers.
        points: what it adds to the total, below 0 for deductions; None when unknown.
        how: the arithmetic in Chinese, one line.
        amended: points that corrections have added since.
    """

    key: str
    group: str
    name: str
    measured: float | None
    value: float | None
    weight: float
    share: float
    points: float | None
    how: str
    amended: float = 0.0


@dataclass(frozen=True)
class ScoredPower:
    """One of the five dimensions: its value 0–100 (None when unknown), its weight, and its points in the total."""

    key: str
    name: str
    value: float | None
    weight: float
    share: float
    points: float | None


@dataclass(frozen=True)
class AppealLine:
    """An appeal and what became of it; `state` is open, upheld or refused. Times are aware UTC."""

    id: int
    subject: str
    name: str
    term: str
    why: str
    by: str
    at: datetime
    state: str
    answer: str
    answered_by: str | None
    answered_at: datetime | None
    points: float
    """What its correction added; 0 as long as there is none."""


@dataclass(frozen=True)
class AmendmentLine:
    """A correction: dated points on one term."""

    id: int
    subject: str
    term: str
    points: float
    why: str
    by: str
    at: datetime
    appeal_id: int | None


@dataclass(frozen=True)
class ScoredSubject:
    """An outlet or person in a period.

    Attributes:
        subject: id of the outlet or person; a person who is not in the cluster's list is `outlet/name`.
        total, rank: as frozen. `standing`, `place`: with the corrections made since.
        complete: whether every line could be known.
        notes: in Chinese, what a reader should know beside the figures.
    """

    score_id: int
    subject: str
    name: str
    outlet: str | None
    total: float
    rank: int
    standing: float
    place: int
    complete: bool
    summary: str
    terms: tuple[ScoredTerm, ...]
    powers: tuple[ScoredPower, ...]
    notes: tuple[str, ...]
    amendments: tuple[AmendmentLine, ...]
    appeals: tuple[AppealLine, ...]


@dataclass(frozen=True)
class PeriodRead:
    """A period with everything that is told of it; subjects by place, then by id. Days are Asia/Shanghai."""

    id: int
    key: str
    cluster: str
    campaign: str | None
    rehearsal: bool
    first_day: date
    last_day: date
    rules: str
    rules_name: str
    inputs_hash: str
    frozen_at: datetime
    frozen_by: str
    notes: tuple[str, ...]
    subjects: tuple[ScoredSubject, ...]

    def of(self, subject: str) -> ScoredSubject | None:
        """That subject, if it was scored."""
        return next((one for one in self.subjects if one.subject == subject), None)


def find_period(
    session: Session,
    cluster: str,
    first_day: date,
    last_day: date,
    *,
    rules: str | None = None,
    campaign: str | None = None,
    rehearsal: bool = False,
) -> str | None:
    """The key of the period of just these days, frozen last if there are several; None when there is none.

    Args:
        rules: id of the rule set; None for any.
    """
    rows = session.execute(
        select(Period.key, Period.rules)
        .where(
            Period.cluster == cluster,
            Period.first_day == first_day,
            Period.last_day == last_day,
            Period.rehearsal == rehearsal,
            Period.campaign.is_(None) if campaign is None else Period.campaign == campaign,
        )
        .order_by(Period.frozen_at.desc(), Period.id.desc())
    )
    return next((key for key, name in rows if rules is None or name.partition("@")[0] == rules), None)


def read_period(session: Session, key: str, *, kind: str = OUTLET) -> PeriodRead:
    """A period and the standing of its outlets (or, with `kind="person"`, of its people).

    Raises:
        BadInput: there is no such period.
    """
    period = get_period(session, key)
    rows = session.scalars(
        select(PeriodScore)
        .where(PeriodScore.period_id == period.id, PeriodScore.kind == kind)
        .order_by(PeriodScore.subject)
    ).all()
    amended = _amendments(session, {row.id: row.subject for row in rows})
    appealed = _appeals(session, {row.id: row for row in rows}, amended)
    rules = json.loads(unpacked(period.rules_json))
    scheme = rules if kind == OUTLET else rules.get("people") or {}
    ends = scheme.get("total") or {}
    standings = {
        row.id: _standing(row.total, amended[row.id], ends.get("floor", 0.0), ends.get("cap", 100.0)) for row in rows
    }
    places = _places(standings)
    subjects = [_subject(row, standings[row.id], places[row.id], amended[row.id], appealed[row.id]) for row in rows]
    return PeriodRead(
        id=period.id,
        key=period.key,
        cluster=period.cluster,
        campaign=period.campaign,
        rehearsal=period.rehearsal,
        first_day=period.first_day,
        last_day=period.last_day,
        rules=period.rules,
        rules_name=str(rules.get("name", "")),
        inputs_hash=period.inputs_hash,
        frozen_at=period.frozen_at,
        frozen_by=period.frozen_by,
        notes=tuple(json.loads(unpacked(period.inputs_json)).get("notes", ())),
        subjects=tuple(sorted(subjects, key=lambda one: (one.place, one.subject))),
    )


def get_period(session: Session, key: str) -> Period:
    """The period of that key.

    Raises:
        BadInput: there is none.
    """
    period = session.scalar(select(Period).where(Period.key == key))
    if period is None:
        raise BadInput(f"没有考核周期 {key}", mend="用 rongmei appraisal periods 列出已有的周期，或先 freeze 一个")
    return period


def workbook_path(reports: Path, key: str) -> Path:
    """Where the workbook of a period lies under the folder of reports, if it was written."""
    return reports / "periods" / f"{re.sub(r'[^0-9A-Za-z-]+', '_', key)}.xlsx"


def packed(value: Any) -> bytes:
    """JSON in its one canonical form, gzipped: sorted keys, no blanks, UTF-8, no infinities."""
    return gzip.compress(canonical(value), mtime=0)


def unpacked(data: bytes) -> bytes:
    """The canonical JSON that was packed."""
    return gzip.decompress(data)


def canonical(value: Any) -> bytes:
    """JSON in its one canonical form; hashes are of this, since gzip is not the same everywhere."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def fingerprint(value: Any) -> str:
    """SHA-256 of the canonical JSON, hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _standing(total: float, amendments: list[AmendmentLine], floor: float, cap: float) -> float:
    return round(min(cap, max(floor, total + sum(one.points for one in amendments))), TOTAL_DIGITS)


def _places(standings: dict[int, float]) -> dict[int, int]:
    """Equal standings share a place and the next one leaves room for them: 1, 2, 2, 4."""
    above: dict[float, int] = {}
    for place, standing in enumerate(sorted(standings.values(), reverse=True), start=1):
        above.setdefault(standing, place)
    return {score: above[standing] for score, standing in standings.items()}


def _amendments(session: Session, subjects: dict[int, str]) -> defaultdict[int, list[AmendmentLine]]:
    found: defaultdict[int, list[AmendmentLine]] = defaultdict(list)
    rows = select(ScoreAmendment).where(ScoreAmendment.score_id.in_(subjects)).order_by(ScoreAmendment.id)
    for row in session.scalars(rows):
        line = AmendmentLine(
            row.id, subjects[row.score_id], row.term, row.points, row.why, row.by, row.at, row.appeal_id
        )
        found[row.score_id].append(line)
    return found


def _appeals(
    session: Session, scores: dict[int, PeriodScore], amended: dict[int, list[AmendmentLine]]
) -> defaultdict[int, list[AppealLine]]:
    found: defaultdict[int, list[AppealLine]] = defaultdict(list)
    for row in session.scalars(select(Appeal).where(Appeal.score_id.in_(scores)).order_by(Appeal.id)):
        score = scores[row.score_id]
        added = sum(one.points for one in amended.get(row.score_id, ()) if one.appeal_id == row.id)
        found[row.score_id].append(
            AppealLine(
                id=row.id,
                subject=score.subject,
                name=str(score.terms.get("name", score.subject)),
                term=row.term,
                why=row.why,
                by=row.by,
                at=row.at,
                state=row.state,
                answer=row.answer,
                answered_by=row.answered_by,
                answered_at=row.answered_at,
                points=added,
            )
        )
    return found


def _subject(
    row: PeriodScore, standing: float, place: int, amendments: list[AmendmentLine], appeals: list[AppealLine]
) -> ScoredSubject:
    terms = row.terms
    added: defaultdict[str, float] = defaultdict(float)
    for one in amendments:
        added[one.term] += one.points
    return ScoredSubject(
        score_id=row.id,
        subject=row.subject,
        name=str(terms.get("name", row.subject)),
        outlet=terms.get("outlet"),
        total=row.total,
        rank=row.rank,
        standing=standing,
        place=place,
        complete=bool(terms.get("complete", True)),
        summary=str(terms.get("summary", "")),
        terms=tuple(_term(line, added[line["key"]]) for line in terms.get("lines", ())),
        powers=tuple(
            ScoredPower(one["key"], one["name"], one["value"], one["weight"], one["share"], one["points"])
            for one in terms.get("powers", ())
        ),
        notes=tuple(terms.get("notes", ())),
        amendments=tuple(amendments),
        appeals=tuple(appeals),
    )


def _term(line: dict[str, Any], amended: float) -> ScoredTerm:
    return ScoredTerm(
        key=line["key"],
        group=line["group"],
        name=line["name"],
        measured=line["measured"],
        value=line["value"],
        weight=line["weight"],
        share=line["share"],
        points=line["points"],
        how=str(line.get("how", "")),
        amended=amended,
    )

"""申诉: an outlet or person points at a line of a score, the desk answers once, a correction is a new dated entry."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rongmei.appraisal.freezing import thaw
from rongmei.clock import spoken
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Appeal, Ledger, Period, PeriodScore, ScoreAmendment
from rongmei.ledger.periods import AppealLine, PeriodRead, ScoredSubject, get_period, read_period

if TYPE_CHECKING:
    from rongmei.config import Cluster

DESK = frozenset({"producer", "leader", "admin"})
"""Roles that answer appeals and see everybody's score."""
MAX_WORDS = 2000
MOST_POINTS = 100.0
DIGITS = 4


@dataclass(frozen=True)
class Answered:
    """What became of an appeal: its state, the points of the correction (0 when refused), the standing now."""

    appeal: int
    state: str
    points: float
    standing: float
    place: int


def appeal(
    ledger: Ledger,
    cluster: Cluster,
    key: str,
    subject: str,
    term: str,
    *,
    why: str,
    by: str,
    now: datetime,
    kind: str = "outlet",
) -> int:
    """Enter an appeal; its number.

    Args:
        subject: whose score; `term`: the line pointed at, e.g. spread.reads.
        by: the subject itself, or one of the cluster's people who enters what was said by telephone.

    Raises:
        BadInput: no such period, subject or line; no reason; too late; or `by` may not speak for the subject.
        WrongState: there is an appeal about this line that is not answered yet.
    """
    reason = _words(why, "申诉的理由")
    if by != subject and by not in {person.id for person in cluster.people}:
        raise BadInput(f"“{by}”不能替“{subject}”申诉", mend="由本媒体（本人）或编务人员提出")
    with ledger.begin() as session:
        score = _score(session, key, subject, kind)
        _check_term(score, term)
        period = get_period(session, key)
        last = period.frozen_at + timedelta(days=thaw(session, key).rules.appeal_days)
        if now > last:
            raise BadInput(f"申诉到 {spoken(last)} 为止", where=key, mend="由编务查清后用 rongmei appraisal amend 更正")
        open_one = session.scalar(
            select(Appeal.id).where(Appeal.score_id == score.id, Appeal.term == term, Appeal.state == "open")
        )
        if open_one is not None:
            raise WrongState(f"对 {term} 的申诉 #{open_one} 还没有答复，等答复后再提")
        row = Appeal(score_id=score.id, term=term, why=reason, by=by, at=now)
        session.add(row)
        session.flush()
        return row.id


def answer(
    ledger: Ledger, cluster: Cluster, number: int, *, points: float | None, words: str, by: str, now: datetime
) -> Answered:
    """Answer an appeal: with points it is upheld and corrected, without it is refused. Once only.

    Args:
        points: what is added to the total, or taken from it (below 0); None refuses.

    Raises:
        BadInput: no such appeal, no words, points that are none, or `by` is not of the desk.
        WrongState: it is answered already.
    """
    said = _words(words, "答复")
    _check_desk(cluster, by)
    if points is not None:
        _check_points(points)
    with ledger.begin() as session:
        found = session.execute(
            select(Appeal, PeriodScore, Period)
            .join(PeriodScore, PeriodScore.id == Appeal.score_id)
            .join(Period, Period.id == PeriodScore.period_id)
            .where(Appeal.id == number, Period.cluster == cluster.id)
        ).first()
        if found is None:
            raise BadInput(f"没有申诉 #{number}", where=cluster.name, mend="用 rongmei appraisal appeals 核对编号")
        row, score, period = found
        if by == row.by == score.subject:
            raise BadInput("不能答复自己的申诉", where=f"#{number}", mend="换一个人来答复")
        state = "refused" if points is None else "upheld"
        done = session.execute(
            update(Appeal)
            .where(Appeal.id == number, Appeal.state == "open")
            .values(state=state, answer=said, answered_by=by, answered_at=now)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            session.refresh(row)
            raise WrongState(f"申诉 #{number} 已由 {row.answered_by} 答复（{row.state}）")
        if points is not None:
            _add(session, score.id, row.term, points, said, by, now, appeal_id=number)
        one = _one(read_period(session, period.key, kind=score.kind), score.subject)
        return Answered(number, state, points or 0.0, one.standing, one.place)


def amend(
    ledger: Ledger,
    cluster: Cluster,
    key: str,
    subject: str,
    term: str,
    *,
    points: float,
    why: str,
    by: str,
    now: datetime,
    kind: str = "outlet",
) -> float:
    """Correct a score without an appeal; the standing that it makes.

    Raises:
        BadInput: no such period, subject or line; no reason; points that are none; or `by` is not of the desk.
    """
    reason = _words(why, "更正的原因")
    _check_desk(cluster, by)
    _check_points(points)
    with ledger.begin() as session:
        score = _score(session, key, subject, kind)
        _check_term(score, term)
        _add(session, score.id, term, points, reason, by, now, appeal_id=None)
        return _one(read_period(session, key, kind=kind), subject).standing


def appeals(session: Session, key: str, *, open_only: bool = False) -> list[AppealLine]:
    """The appeals of a period, of outlets and people, in order of their numbers.

    Raises:
        BadInput: there is no such period.
    """
    found = [
        line
        for kind in ("outlet", "person")
        for one in read_period(session, key, kind=kind).subjects
        for line in one.appeals
    ]
    return sorted((line for line in found if line.state == "open" or not open_only), key=lambda line: line.id)


def mine(
    session: Session, cluster: Cluster, key: str, subject: str, *, viewer: str, kind: str = "person"
) -> tuple[ScoredSubject, int]:
    """One's own score and among how many it stands; nobody else's, except for the desk.

    Args:
        viewer: who looks: the id of a person, or of an outlet.

    Raises:
        BadInput: the score is another's, or there is none.
    """
    desk = any(person.id == viewer and person.role in DESK for person in cluster.people)
    if viewer != subject and not desk:
        # The same words whether there is such a score or not.
        raise BadInput("只能看自己的成绩", mend="用自己的标识；要看全部的由制片、分管领导或管理员来看")
    period = read_period(session, key, kind=kind)
    return _one(period, subject), len(period.subjects)


def _one(period: PeriodRead, subject: str) -> ScoredSubject:
    found = period.of(subject)
    if found is None:
        raise BadInput(f"这个周期没有给“{subject}”计分", where=period.key, mend="核对标识和周期")
    return found


def _score(session: Session, key: str, subject: str, kind: str) -> PeriodScore:
    period = get_period(session, key)
    found = session.scalar(
        select(PeriodScore).where(
            PeriodScore.period_id == period.id, PeriodScore.kind == kind, PeriodScore.subject == subject
        )
    )
    if found is None:
        raise BadInput(f"这个周期没有给“{subject}”计分", where=key, mend="核对标识和周期")
    return found


def _check_term(score: PeriodScore, term: str) -> None:
    known = [line["key"] for line in score.terms["lines"]]
    if term not in known:
        raise BadInput(f"没有计分项“{term[:60]}”", where=score.subject, mend=f"写其中一个：{'、'.join(known)}")


def _check_desk(cluster: Cluster, by: str) -> None:
    if cluster.person(by).role not in DESK:
        raise BadInput(f"“{by}”不能答复和更正", where=cluster.name, mend="由制片、分管领导或管理员来做")


def _check_points(points: float) -> None:
    if not math.isfinite(points) or not 0 < abs(points) <= MOST_POINTS:
        raise BadInput(f"更正 {points:g} 分不对", mend=f"写不是 0、绝对值不超过 {MOST_POINTS:g} 的数；减分写负数")


def _add(
    session: Session, score: int, term: str, points: float, why: str, by: str, now: datetime, *, appeal_id: int | None
) -> None:
    made = ScoreAmendment(
        score_id=score, appeal_id=appeal_id, term=term, points=round(points, DIGITS), why=why, by=by, at=now
    )
    session.add(made)
    session.flush()


def _words(text: str, what: str) -> str:
    said = text.strip()
    if not said or len(said) > MAX_WORDS:
        raise BadInput(f"没有写{what}，或超过 {MAX_WORDS} 字", mend="写清楚一句话")
    return said

"""A person's word on an anomaly: exclude the figures, or clear them; who and why is kept, also of earlier words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger import Anomaly, Edition, Ledger, Publication
from rongmei.ledger.anomalies import counted, exclusions
from rongmei.ledger.numbers import latest
from rongmei.text.normalise import clean_line

WHY_LIMIT = 500
DECISIONS = "decisions"
STATE_NAMES = {"flagged": "待人判断", "excluded": "不计", "cleared": "照计"}
KIND_NAMES = {
    "spike": "突增无互动",
    "ratio": "读赞比例异常",
    "likes_only": "赞多于读",
    "round_hour": "整点突增",
    "round_number": "整数增加",
    "linear": "匀速增长",
    "fall": "数据回落",
    "glitch": "读数错误",
    "shared_fall": "平台数据回落",
}


@dataclass(frozen=True)
class Effect:
    """What counts for the publication's measure now.

    Attributes:
        reported: the last figure of the platform; counts: what of it counts. None is not known.
    """

    publication_id: int
    measure: str
    state: str
    reported: int | None
    counts: int | None


def exclude(ledger: Ledger, anomaly_id: int, *, by: str, why: str, now: datetime) -> Effect:
    """The figures of the anomaly do not count from now on, see `rongmei.ledger.anomalies` for what counts instead.

    Scores that are frozen already stay as they are; they change by an appeal alone.

    Args:
        by: the person's id.
        why: must say something.

    Raises:
        BadInput: there is no such anomaly, or no reason is given.
    """
    return _decide(ledger, anomaly_id, "excluded", by, why, now)


def clear(ledger: Ledger, anomaly_id: int, *, by: str, why: str, now: datetime) -> Effect:
    """The figures are readers after all, or do no harm: they count, and the anomaly is not raised again.

    Raises:
        BadInput: as `exclude`.
    """
    return _decide(ledger, anomaly_id, "cleared", by, why, now)


def campaign_of(session: Session, anomaly_id: int) -> str:
    """The campaign whose people may decide.

    Raises:
        BadInput: there is no such anomaly.
    """
    row = _get(session, anomaly_id)
    publication = session.get_one(Publication, row.publication_id)
    return session.get_one(Edition, publication.edition_id).campaign


def _decide(ledger: Ledger, anomaly_id: int, state: str, by: str, why: str, now: datetime) -> Effect:
    reason = clean_line(why, WHY_LIMIT)
    if not reason:
        raise BadInput("没有写理由", where=f"异常 #{anomaly_id}", mend="用 --why 写明依据，例如 媒体承认投放了推广")
    with ledger.begin() as session:
        row = _get(session, anomaly_id, lock=True)
        if (row.state, row.decided_by, row.why) != (state, by, reason):
            said = {"at": now.isoformat(), "by": by, "state": state, "why": reason}
            row.evidence = {**row.evidence, DECISIONS: [*row.evidence.get(DECISIONS, ()), said]}
            row.state, row.decided_by, row.decided_at, row.why = state, by, now, reason
        session.flush()
        return effect(session, row, now)


def effect(session: Session, row: Anomaly, now: datetime) -> Effect:
    """What is reported and what counts, by all the decisions on that publication."""
    last = latest(session, [row.publication_id], until=now).get(row.publication_id)
    reported = None if last is None else getattr(last, row.measure)
    excluded = exclusions(session, [row.publication_id]).get(row.publication_id, ())
    counts = None if last is None else counted(reported, row.measure, last.last_seen_at, excluded)
    return Effect(row.publication_id, row.measure, row.state, reported, counts)


def _get(session: Session, anomaly_id: int, *, lock: bool = False) -> Anomaly:
    row = session.get(Anomaly, anomaly_id, with_for_update=lock)
    if row is None:
        raise BadInput(f"没有异常 #{anomaly_id}", mend="编号见 rongmei metrics anomalies list")
    return row

"""Looks at what came in since the last time, and keeps what is odd as anomalies; it decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.config import CHANNEL_NAMES
from rongmei.ledger import Anomaly, Edition, Ledger, Publication
from rongmei.ledger.anomalies import AFTER, BEFORE, WORDS
from rongmei.ledger.numbers import latest, series
from rongmei.ledger.tables import Snapshot
from rongmei.metrics.anomalies.detectors import detect
from rongmei.metrics.anomalies.norms import Norm, norm_of
from rongmei.metrics.anomalies.series import ENGAGEMENT, Finding, points_of

BACK = timedelta(hours=26)
"""How far back a run looks for new figures: a day of missed runs is made good."""
HISTORY = timedelta(days=180)
RIPE = timedelta(days=1)
"""A post counts for its channel's norm from that age on."""
MOST_HISTORY = 500
AT_A_TIME = 500
SHARED = 4
SHARED_WITHIN = timedelta(minutes=90)
_FALLS = frozenset(("fall", "glitch", "shared_fall"))


@dataclass(frozen=True)
class AnomalySummary:
    """What one look brought.

    Attributes:
        checked: publications with new figures.
        flagged: new anomalies; extended: known ones that go on and that nobody has decided about.
    """

    checked: int = 0
    flagged: int = 0
    extended: int = 0


def flag_anomalies(
    ledger: Ledger, *, now: datetime, since: datetime | None = None, rehearsal: bool = False
) -> AnomalySummary:
    """Check every publication of which figures came in after `since` (None: the last 26 hours); again, it adds nothing.

    What a person has decided about is never touched.

    Args:
        now: aware; in a rehearsal the sandbox's.
    """
    with ledger.read() as session:
        channels = _changed(session, since or now - BACK, now, rehearsal=rehearsal)
        norms = {
            channel: channel_norm(session, channel, now, rehearsal=rehearsal) for channel in set(channels.values())
        }
    found: dict[int, list[Finding]] = {}
    ids = sorted(channels)
    for at in range(0, len(ids), AT_A_TIME):
        with ledger.read() as session:
            rows = series(session, ids[at : at + AT_A_TIME], until=now)
        for publication_id, mine in rows.items():
            findings = detect(points_of(mine), norms[channels[publication_id]])
            if findings:
                found[publication_id] = findings
    found = mark_shared(found, channels)
    flagged = extended = 0
    with ledger.begin() as session:
        known = _known(session, found)
        for publication_id, findings in sorted(found.items()):
            for finding in findings:
                new, longer = _keep(session, publication_id, finding, known[publication_id], now)
                flagged, extended = flagged + new, extended + longer
    return AnomalySummary(len(ids), flagged, extended)


def channel_norm(session: Session, channel: str, now: datetime, *, rehearsal: bool = False) -> Norm:
    """What is usual on the channel by the house's latest posts there; anomalies weigh little in a median."""
    posts = (
        select(Publication.id)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Publication.channel == channel, Publication.state == "live", Edition.rehearsal == rehearsal)
        .where(Publication.live_at >= now - HISTORY, Publication.live_at <= now - RIPE)
        .order_by(Publication.live_at.desc(), Publication.id.desc())
        .limit(MOST_HISTORY)
    )
    rows = latest(session, session.scalars(posts).all(), until=now).values()
    return norm_of(pair for row in rows if (pair := _reads_and_actions(row)) is not None)


def mark_shared(found: Mapping[int, Sequence[Finding]], channels: Mapping[int, str]) -> dict[int, list[Finding]]:
    """Falls that come over several posts of a channel together are the platform's doing, and are called so."""
    falls: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for publication_id, findings in found.items():
        for finding in findings:
            if finding.kind == "fall":
                falls[channels[publication_id], finding.measure].append(finding.start)
    marked = {}
    for publication_id, findings in found.items():
        channel = channels[publication_id]
        marked[publication_id] = [_shared(finding, channel, falls[channel, finding.measure]) for finding in findings]
    return marked


def _shared(finding: Finding, channel: str, moments: Iterable[datetime]) -> Finding:
    together = sum(abs(moment - finding.start) <= SHARED_WITHIN for moment in moments)
    if finding.kind != "fall" or together < SHARED:
        return finding
    name = CHANNEL_NAMES.get(channel, channel)
    words = f"{finding.words}。同一时段{name}有 {together} 条一起回落：是平台或采集的问题，与媒体无关"
    return replace(finding, kind="shared_fall", words=words, numbers={**finding.numbers, "together": together})


def _changed(session: Session, since: datetime, now: datetime, *, rehearsal: bool) -> dict[int, str]:
    """The channel of each publication that something new is known of."""
    rows = session.execute(
        select(Publication.id, Publication.channel)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Edition.rehearsal == rehearsal)
        .where(
            Publication.id.in_(
                select(Snapshot.publication_id).where(Snapshot.observed_at >= since, Snapshot.observed_at <= now)
            )
        )
    ).tuples()
    return dict(rows.all())


def _reads_and_actions(row: Snapshot) -> tuple[int, int] | None:
    actions = [value for name in ENGAGEMENT if (value := getattr(row, name)) is not None]
    return (row.reads, sum(actions)) if row.reads is not None and actions else None


def _known(session: Session, publication_ids: Iterable[int]) -> defaultdict[int, list[Anomaly]]:
    known: defaultdict[int, list[Anomaly]] = defaultdict(list)
    wanted = sorted(publication_ids)
    for at in range(0, len(wanted), AT_A_TIME):
        rows = select(Anomaly).where(Anomaly.publication_id.in_(wanted[at : at + AT_A_TIME])).order_by(Anomaly.id)
        for row in session.scalars(rows.with_for_update()):
            known[row.publication_id].append(row)
    return known


def _keep(
    session: Session, publication_id: int, finding: Finding, known: list[Anomaly], now: datetime
) -> tuple[bool, bool]:
    """Write a finding unless it is known; whether it is new, and whether a known one has grown."""
    same = next((row for row in known if _is_same(row, finding)), None)
    if same is None:
        row = Anomaly(
            publication_id=publication_id,
            kind=finding.kind,
            measure=finding.measure,
            observed_at=finding.start,
            until_at=finding.until,
            evidence=_evidence(finding),
            state="flagged",
            flagged_at=now,
        )
        session.add(row)
        known.append(row)
        return True, False
    if same.state != "flagged" or _covers(same, finding):
        return False, False
    same.kind, same.until_at, same.evidence = finding.kind, finding.until, _evidence(finding)
    return False, True


def _is_same(row: Anomaly, finding: Finding) -> bool:
    if row.measure != finding.measure:
        return False
    alike = row.kind == finding.kind or {row.kind, finding.kind} <= _FALLS
    overlaps = row.until_at is None or finding.start <= row.until_at
    return alike and row.observed_at <= finding.start and overlaps


def _covers(row: Anomaly, finding: Finding) -> bool:
    """Whether the row says already what the finding does; an open one is brought up to date with its last figure."""
    if row.kind != finding.kind:
        return False
    if row.until_at is None or finding.until is None:
        return row.until_at == finding.until and row.evidence.get(AFTER) == finding.after
    return row.until_at >= finding.until


def _evidence(finding: Finding) -> dict[str, Any]:
    return {WORDS: finding.words, BEFORE: finding.before, AFTER: finding.after, **finding.numbers}

"""What a person excluded from the figures of a publication, and what counts instead; and what has been flagged.

An anomaly covers a closed stretch of observations of one measure: `observed_at` is the first suspicious figure,
`until_at` the last one (null: all that follow). Its evidence holds `before`, the last figure before the stretch, and
`after`, the figure at its end. Excluding it has one meaning everywhere:

* inside the stretch `before` stands in for what was reported;
* later on, what grew inside the stretch (`after` − `before`) is taken off every figure.

So bought reads are gone and readers who came afterwards still count. A stretch that begins before the first figure has
no `before`; then the measure is not known (None) inside it, and counted from zero after it. Stretches that overlap
count once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.ledger.tables import COUNTS, Anomaly, Edition, Publication, Snapshot

BEFORE, AFTER, WORDS = "before", "after", "words"
"""Keys of `Anomaly.evidence`: figures (or null) and one Chinese sentence for a person to judge by."""
_CHUNK = 500


@dataclass(frozen=True)
class Exclusion:
    """One excluded stretch of one measure of a publication.

    Attributes:
        measure: reads, likes, comments, shares, watching, favourites.
        start, until: first and last excluded observation, aware UTC; `until` None means everything after `start`.
        before, after: the figures at the edges, see the module; None where there was none.
        words: what was found, in Chinese; `why`: what `decided_by` said about it.
    """

    id: int
    publication_id: int
    kind: str
    measure: str
    start: datetime
    until: datetime | None
    before: int | None
    after: int | None
    words: str
    decided_by: str
    decided_at: datetime | None
    why: str


@dataclass(frozen=True)
class Flag:
    """One anomaly with the publication it is about, for lists and reports. Times are aware UTC.

    Attributes:
        state: flagged (nobody has decided), excluded, cleared.
        words: what was found, in Chinese.
    """

    id: int
    publication_id: int
    edition: str
    campaign: str
    outlet: str
    channel: str
    account: str
    title: str
    kind: str
    measure: str
    start: datetime
    until: datetime | None
    words: str
    evidence: dict[str, Any]
    state: str
    flagged_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    why: str


def exclusions(session: Session, publication_ids: Iterable[int]) -> dict[int, tuple[Exclusion, ...]]:
    """What is excluded by now, by publication and in order of time; publications without any are left out."""
    found: defaultdict[int, list[Exclusion]] = defaultdict(list)
    wanted = sorted(set(publication_ids))
    for at in range(0, len(wanted), _CHUNK):
        rows = select(Anomaly).where(Anomaly.publication_id.in_(wanted[at : at + _CHUNK]), Anomaly.state == "excluded")
        for row in session.scalars(rows.order_by(Anomaly.observed_at, Anomaly.id)):
            found[row.publication_id].append(_exclusion(row))
    return {publication_id: tuple(rows) for publication_id, rows in found.items()}


def counted(figure: int | None, measure: str, moment: datetime, excluded: Sequence[Exclusion]) -> int | None:
    """The figure that counts for `measure` at `moment`, given what was reported then and what is excluded.

    Args:
        figure: what the platform reported; None stays None.
        excluded: the publication's, of any measure.
    """
    if figure is None:
        return None
    taken_off = 0
    for stretch in _merged(one for one in excluded if one.measure == measure):
        if moment < stretch.start:
            break
        if stretch.until is None or moment < stretch.until:
            return None if stretch.before is None else max(0, stretch.before - taken_off)
        if stretch.after is not None:
            taken_off += stretch.after - (stretch.before or 0)
    return max(0, figure - taken_off)


def counted_figures(snapshot: Snapshot | None, excluded: Sequence[Exclusion]) -> dict[str, int | None]:
    """The figures of a snapshot as they count, by name; all unknown without a snapshot.

    Args:
        excluded: the publication's.
    """
    if snapshot is None:
        return dict.fromkeys(COUNTS)
    return {name: counted(getattr(snapshot, name), name, snapshot.observed_at, excluded) for name in COUNTS}


def flags(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    states: Sequence[str] = ("flagged", "excluded", "cleared"),
    campaign: str | None = None,
    edition: str | None = None,
    publication_ids: Sequence[int] | None = None,
    rehearsal: bool | None = None,
    limit: int | None = None,
) -> tuple[Flag, ...]:
    """Anomalies, the newest first.

    Args:
        since, until: flagged at or after, and before.
        edition: an edition's key.
        publication_ids: only these; an empty list finds nothing.
    """
    rows = (
        select(Anomaly, Publication, Edition)
        .join(Publication, Publication.id == Anomaly.publication_id)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(Anomaly.state.in_(states))
        .order_by(Anomaly.flagged_at.desc(), Anomaly.id.desc())
    )
    conditions = {
        "since": since is not None and Anomaly.flagged_at >= since,
        "until": until is not None and Anomaly.flagged_at < until,
        "campaign": campaign is not None and Edition.campaign == campaign,
        "edition": edition is not None and Edition.key == edition,
        "publications": publication_ids is not None and Anomaly.publication_id.in_(publication_ids),
        "rehearsal": rehearsal is not None and Edition.rehearsal == rehearsal,
    }
    rows = rows.where(*(condition for condition in conditions.values() if condition is not False))
    if limit is not None:
        rows = rows.limit(limit)
    return tuple(_flag(*row) for row in session.execute(rows).tuples())


def _merged(stretches: Iterable[Exclusion]) -> list[Exclusion]:
    """In order of time, those that overlap run together: from the first's `before` to the last's `after`."""
    merged: list[Exclusion] = []
    for one in sorted(stretches, key=lambda stretch: (stretch.start, stretch.id)):
        last = merged[-1] if merged else None
        if last is None or (last.until is not None and one.start > last.until):
            merged.append(one)
        elif last.until is not None and (one.until is None or one.until > last.until):
            merged[-1] = _joined(last, one)
    return merged


def _joined(first: Exclusion, second: Exclusion) -> Exclusion:
    return Exclusion(**{**vars(first), "until": second.until, "after": second.after})


def _exclusion(row: Anomaly) -> Exclusion:
    return Exclusion(
        id=row.id,
        publication_id=row.publication_id,
        kind=row.kind,
        measure=row.measure,
        start=row.observed_at,
        until=row.until_at,
        before=_figure(row.evidence, BEFORE),
        after=_figure(row.evidence, AFTER),
        words=str(row.evidence.get(WORDS) or ""),
        decided_by=row.decided_by or "",
        decided_at=row.decided_at,
        why=row.why,
    )


def _flag(row: Anomaly, publication: Publication, edition: Edition) -> Flag:
    return Flag(
        id=row.id,
        publication_id=publication.id,
        edition=edition.key,
        campaign=edition.campaign,
        outlet=publication.outlet,
        channel=publication.channel,
        account=publication.account,
        title=publication.version.title,
        kind=row.kind,
        measure=row.measure,
        start=row.observed_at,
        until=row.until_at,
        words=str(row.evidence.get(WORDS) or ""),
        evidence=dict(row.evidence),
        state=row.state,
        flagged_at=row.flagged_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        why=row.why,
    )


def _figure(evidence: Mapping[str, Any], name: str) -> int | None:
    value = evidence.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""Settles what stayed unclear by reading the platform; sends nothing.

`unknown` becomes `accepted` when the platform has the post, `scheduled` when it certainly has not: the send never left
this house, or a reading that shows everything does not show it although enough time has passed. Otherwise it stays
`unknown`, and in the end a person looks (`settle_by_hand`). Publications that went out together are settled one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.accounts import Connect
from rongmei.channels import Absent, Accepted, Line
from rongmei.errors import BadInput, CredentialRefused, Refused, TryLater
from rongmei.ledger import Ledger, Publication, move, try_move
from rongmei.publishing import verdicts
from rongmei.publishing.due import STALE_AFTER, ids_by_account
from rongmei.publishing.runs import Run, each_account, open_run
from rongmei.publishing.standing import BY, LEAVING, without

if TYPE_CHECKING:
    from rongmei.config import Plan

LOOKS = 5
LOOK_PAUSE = timedelta(minutes=1)
_LOOKED = "looks"


@dataclass(frozen=True)
class SettleSummary:
    """What `settle` did, in publications.

    Attributes:
        stale: claims of dead workers that were taken from them.
        accepted: found on the platform, not yet visible.
        live: found on the platform, visible.
        rescheduled: certainly not sent; they will be.
        unknown: still undecided.
    """

    stale: int = 0
    accepted: int = 0
    live: int = 0
    rescheduled: int = 0
    unknown: int = 0


def settle(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
    workers: int | None = None,
) -> SettleSummary:
    """Take claims from dead workers and read the platform for everything `unknown`; sends nothing.

    Raises:
        BadInput: there is no such edition or channel.
    """
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    return settle_run(run, stale_after=stale_after, workers=workers)


def settle_run(run: Run, *, stale_after: timedelta, workers: int | None) -> SettleSummary:
    """`settle` for a run that is open already."""
    stale = _take_stale_claims(run, stale_after)
    work = ids_by_account(run.ledger, run.edition_id, run.channel.name, "unknown")
    total: Counter[str] = Counter()
    for outcome in each_account(work, partial(_settle_account, run), workers=workers).values():
        total += outcome
    return SettleSummary(
        stale=stale,
        accepted=total["accepted"],
        live=total["live"],
        rescheduled=total["scheduled"],
        unknown=total["unknown"],
    )


def _take_stale_claims(run: Run, stale_after: timedelta) -> int:
    now = run.clock()
    with run.ledger.begin() as session:
        dead = session.scalars(
            select(Publication).where(
                Publication.edition_id == run.edition_id,
                Publication.channel == run.channel.name,
                Publication.state == "sending",
                Publication.claimed_at <= now - stale_after,
            )
        ).all()
        why = "发送的进程没有回音"
        return sum(
            try_move(session, publication, "sending", "unknown", by=BY, why=why, now=now, claim=None, last_error=why)
            for publication in dead
        )


@dataclass(frozen=True)
class _Seen:
    """What is needed of an unknown publication while the platform is read, outside any transaction."""

    id: int
    attempts: int
    fingerprint: str
    progress: dict[str, Any]


def _settle_account(run: Run, account: str, ids: Sequence[int]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    line: Line | None = None
    refusal: CredentialRefused | None = None
    for publication_id in ids:
        with run.ledger.read() as session:
            row = session.get_one(Publication, publication_id)
            if row.state != "unknown":
                continue
            seen = _Seen(row.id, row.attempts, row.fingerprint, dict(row.progress))
        if LEAVING not in seen.progress:
            outcomes[_back_to_schedule(run, seen, "进程在发出之前中断，没有发出")] += 1
            continue
        try:
            if refusal is not None:
                # Some platforms lock accounts that keep knocking.
                raise refusal
            line = line or run.open(account)
            outcomes[_look(run, line, seen)] += 1
        except (Refused, TryLater) as error:
            refusal = error if isinstance(error, CredentialRefused) else None
            outcomes[_still_unknown(run, seen, f"读取平台时：{error}")] += 1
    return outcomes


def _look(run: Run, line: Line, seen: _Seen) -> str:
    left_at = datetime.fromisoformat(seen.progress[LEAVING])
    # A reading takes its time; what it shows is as old as its beginning.
    read_at = run.clock()
    sighting = run.platform.find(line, seen.fingerprint, left_at, seen.progress)
    if isinstance(sighting, Accepted):
        return _found(run, seen, sighting)
    proof_at = left_at + run.channel.capabilities.settle_after
    if isinstance(sighting, Absent) and read_at >= proof_at:
        return _back_to_schedule(run, seen, f"平台上没有：{sighting.why}")
    return _still_unknown(run, seen, sighting.why, not_earlier_than=proof_at)


def _found(run: Run, seen: _Seen, accepted: Accepted) -> str:
    now = run.clock()
    with run.ledger.begin() as session:
        publication = _same_attempt(session, seen)
        if publication is None:
            return "elsewhere"
        verdicts.accept(
            session, publication, accepted, progress=dict(publication.progress), why="在平台上找到了", now=now
        )
        return publication.state


def _back_to_schedule(run: Run, seen: _Seen, why: str) -> str:
    with run.ledger.begin() as session:
        publication = _same_attempt(session, seen)
        if publication is None:
            return "elsewhere"
        left = without(publication.progress, LEAVING, _LOOKED)
        move(
            session,
            publication,
            "unknown",
            "scheduled",
            by=BY,
            why=why,
            now=run.clock(),
            not_before=None,
            progress=left,
        )
        return "scheduled"


def _still_unknown(run: Run, seen: _Seen, why: str, not_earlier_than: datetime | None = None) -> str:
    """Note when to look next: after 1, 2, 4 … minutes, and after a few looks only when the sweep comes by."""
    now = run.clock()
    with run.ledger.begin() as session:
        publication = _same_attempt(session, seen)
        if publication is None:
            return "elsewhere"
        looks = int(publication.progress.get(_LOOKED) or 0) + 1
        publication.progress = {**publication.progress, _LOOKED: looks}
        publication.last_error = why
        pause = LOOK_PAUSE * (1 << min(looks - 1, LOOKS))
        publication.not_before = max(now + pause, not_earlier_than or now) if looks <= LOOKS else None
        return "unknown"


def _same_attempt(session: Session, seen: _Seen) -> Publication | None:
    """The row, locked, if it is still the same attempt that was looked for; a newer one is not ours to judge."""
    publication = session.get_one(Publication, seen.id, with_for_update=True)
    same = publication.state == "unknown" and publication.attempts == seen.attempts
    return publication if same else None


def settle_by_hand(
    ledger: Ledger, publication_id: int, *, url: str | None, external_id: str | None, by: str, now: datetime
) -> str:
    """A person's word on an `unknown` publication, after looking at the platform; the state it is in now.

    Args:
        url: where readers see it; None says that it is not there and shall not be sent any more.
        external_id: the platform's id; the address stands in where nobody can tell it.
        by: who says so.

    Raises:
        BadInput: it is not `unknown`, or the address is none, or the post belongs to another publication.
    """
    with ledger.begin() as session:
        publication = session.get(Publication, publication_id, with_for_update=True)
        if publication is None or publication.state != "unknown":
            raise BadInput(f"发布单 #{publication_id} 不是“结果不明”", mend="只有结果不明的发布单要人工核对")
        if url is None:
            why = "人工核对：平台上没有，不再发送"
            move(session, publication, "unknown", "failed", by=by, why=why, now=now, last_error=why)
            return publication.state
        if verdicts.usable_url(url) is None:
            raise BadInput(f"“{url[:100]}”不是网址", mend="粘贴读者看到的文章地址")
        found = Accepted((external_id or url)[:200], url, live=True)
        progress = dict(publication.progress)
        verdicts.accept(session, publication, found, progress=progress, why="人工核对：已发出", now=now, by=by)
        if publication.state == "unknown":
            raise BadInput(str(publication.last_error), mend="核对地址是不是另一条的")
        return publication.state

"""Settles what stayed unclear by reading the platform, confirms what was accepted, and sweeps up what time has decided.

`unknown` becomes `accepted` when the platform has the post, `scheduled` when it certainly has not: the send never left
this house, or a reading that shows everything does not show it although enough time has passed. Otherwise it stays
`unknown`, and in the end a person looks (`settle_by_hand`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.accounts import Connect, posted
from rongmei.channels import Absent, Accepted, Line, Pending, Rejected
from rongmei.errors import BadInput, CredentialRefused, Refused, TryLater
from rongmei.ledger import Edition, Ledger, Publication, get_edition, move, try_move
from rongmei.publishing import claims
from rongmei.publishing.plan import BY
from rongmei.publishing.runs import WORKERS, Run, each_account, open_run

if TYPE_CHECKING:
    from rongmei.config import Plan

STALE_AFTER = timedelta(minutes=15)
"""A claim older than this belongs to a dead worker; a live one gives up sending at half of it."""
LOOKS = 5
POLL_PAUSE = timedelta(seconds=1)
POLLS = 11
"""A platform that reviews what it has taken is asked after 1, 2, 4 … s, for half an hour; then by the sweep."""
_POLLED = "polled"
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


@dataclass(frozen=True)
class ConfirmSummary:
    """What `confirm` found: now visible, turned down after all, not decided yet."""

    live: int = 0
    failed: int = 0
    pending: int = 0


@dataclass(frozen=True)
class SweepSummary:
    """What `sweep` did over all editions of a campaign."""

    editions: int = 0
    stale: int = 0
    rescheduled: int = 0
    unknown: int = 0
    missed: int = 0
    live: int = 0
    failed: int = 0
    pending: int = 0


def settle(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
    workers: int = WORKERS,
) -> SettleSummary:
    """Take claims from dead workers and read the platform for everything `unknown`; sends nothing.

    Raises:
        BadInput: there is no such edition or channel.
    """
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    return settle_run(run, stale_after=stale_after, workers=workers)


def settle_run(run: Run, *, stale_after: timedelta, workers: int) -> SettleSummary:
    """`settle` for a run that is open already."""
    stale = _take_stale_claims(run, stale_after)
    total: Counter[str] = Counter()
    for outcome in each_account(_ids(run, "unknown"), partial(_settle_account, run), workers=workers).values():
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


def _ids(run: Run, state: str) -> dict[str, list[int]]:
    with run.ledger.read() as session:
        rows = session.execute(
            select(Publication.account, Publication.id)
            .where(
                Publication.edition_id == run.edition_id,
                Publication.channel == run.channel.name,
                Publication.state == state,
            )
            .order_by(Publication.id)
        ).all()
    by_account: dict[str, list[int]] = defaultdict(list)
    for account, publication_id in rows:
        by_account[account].append(publication_id)
    return by_account


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
    for publication_id in ids:
        with run.ledger.read() as session:
            row = session.get_one(Publication, publication_id)
            if row.state != "unknown":
                continue
            seen = _Seen(row.id, row.attempts, row.fingerprint, dict(row.progress))
        if claims.LEAVING not in seen.progress:
            outcomes[_back_to_schedule(run, seen, "进程在发出之前中断，没有发出")] += 1
            continue
        try:
            line = line or run.open(account)
            outcomes[_look(run, line, seen)] += 1
        except (Refused, TryLater) as error:
            outcomes[_still_unknown(run, seen, f"读取平台时：{error}")] += 1
            if isinstance(error, CredentialRefused):
                line = None
    return outcomes


def _look(run: Run, line: Line, seen: _Seen) -> str:
    left_at = datetime.fromisoformat(seen.progress[claims.LEAVING])
    sighting = run.channel.find(line, seen.fingerprint, left_at, seen.progress)
    if isinstance(sighting, Accepted):
        return _found(run, seen, sighting)
    proof_at = left_at + run.channel.capabilities.settle_after
    if isinstance(sighting, Absent) and run.clock() >= proof_at:
        return _back_to_schedule(run, seen, f"平台上没有：{sighting.why}")
    return _still_unknown(run, seen, sighting.why, not_earlier_than=proof_at)


def _found(run: Run, seen: _Seen, accepted: Accepted) -> str:
    now = run.clock()
    with run.ledger.begin() as session:
        publication = _same_attempt(session, seen)
        if publication is None:
            return "elsewhere"
        claims.accept(
            session, publication, accepted, progress=dict(publication.progress), why="在平台上找到了", now=now
        )
        return publication.state


def _back_to_schedule(run: Run, seen: _Seen, why: str) -> str:
    with run.ledger.begin() as session:
        publication = _same_attempt(session, seen)
        if publication is None:
            return "elsewhere"
        left = {name: value for name, value in publication.progress.items() if name not in (claims.LEAVING, _LOOKED)}
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


def confirm(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    workers: int = WORKERS,
) -> ConfirmSummary:
    """Ask the platform about everything `accepted`: `live` with its address, `failed`, or still pending.

    Raises:
        BadInput: there is no such edition or channel.
    """
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    total: Counter[str] = Counter()
    for outcome in each_account(_ids(run, "accepted"), partial(_confirm_account, run), workers=workers).values():
        total += outcome
    return ConfirmSummary(live=total["live"], failed=total["failed"], pending=total["pending"])


def next_poll(ledger: Ledger, key: str, channel: str) -> datetime | None:
    """When `confirm` should ask again (aware UTC, maybe past); None when nothing is pending or the sweep asks on."""
    with ledger.read() as session:
        return session.scalar(
            select(func.min(Publication.not_before)).where(
                Publication.edition_id == get_edition(session, key).id,
                Publication.channel == channel,
                Publication.state == "accepted",
            )
        )


def _confirm_account(run: Run, account: str, ids: Sequence[int]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    line: Line | None = None
    for publication_id in ids:
        with run.ledger.read() as session:
            post = posted(session.get_one(Publication, publication_id))
        try:
            line = line or run.open(account)
            answer = run.channel.confirm(line, post)
        except (Refused, TryLater) as error:
            answer = Pending(f"查询发布结果时：{error}")
        outcomes[_record_confirmation(run, publication_id, answer)] += 1
    return outcomes


def _record_confirmation(run: Run, publication_id: int, answer: Accepted | Pending | Rejected) -> str:
    now = run.clock()
    with run.ledger.begin() as session:
        publication = session.get_one(Publication, publication_id, with_for_update=True)
        if publication.state != "accepted":
            return "elsewhere"
        if isinstance(answer, Rejected):
            why = f"平台收下后又退回：{answer.why}"
            move(session, publication, "accepted", "failed", by=BY, why=why, now=now, last_error=why)
            return "failed"
        why = answer.why if isinstance(answer, Pending) else claims.doubt(session, publication, answer)
        if why or isinstance(answer, Pending) or not answer.live:
            publication.last_error = why or "还没有公开"
            polls = int(publication.progress.get(_POLLED) or 0) + 1
            publication.progress = {**publication.progress, _POLLED: polls}
            publication.not_before = now + POLL_PAUSE * (1 << (polls - 1)) if polls <= POLLS else None
            return "pending"
        move(
            session,
            publication,
            "accepted",
            "live",
            by=BY,
            why="读者可见",
            now=now,
            live_at=now,
            not_before=None,
            last_error=None,
            external_id=answer.external_id,
            url=claims.usable_url(answer.url) or publication.url,
        )
        return "live"


def sweep(
    ledger: Ledger,
    plan: Plan,
    *,
    rehearsal: bool,
    connect: Connect,
    clock: Callable[[], datetime],
    stale_after: timedelta = STALE_AFTER,
) -> SweepSummary:
    """Settle, confirm and mark missed over every edition of the campaign that has something open; sends nothing.

    Args:
        rehearsal: which editions; rehearsals have a clock and accounts of their own.
    """
    total: Counter[str] = Counter()
    open_work = _open_work(ledger, plan.campaign.id, rehearsal=rehearsal)
    for key, channel in open_work:
        run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
        settled = settle_run(run, stale_after=stale_after, workers=WORKERS)
        confirmed = confirm(ledger, plan, key, channel, connect=connect, clock=clock)
        missed = claims.mark_missed(ledger, run.edition_id, channel, rules=plan.campaign.publishing, now=clock())
        total += Counter(
            stale=settled.stale,
            rescheduled=settled.rescheduled,
            unknown=settled.unknown,
            missed=missed,
            live=settled.live + confirmed.live,
            failed=confirmed.failed,
            pending=confirmed.pending,
        )
    return SweepSummary(editions=len({key for key, _ in open_work}), **total)


def _open_work(ledger: Ledger, campaign: str, *, rehearsal: bool) -> list[tuple[str, str]]:
    """(edition key, channel) with publications that time or reading may move."""
    with ledger.read() as session:
        rows = session.execute(
            select(Edition.key, Publication.channel)
            .join(Publication, Publication.edition_id == Edition.id)
            .where(
                Edition.campaign == campaign,
                Edition.rehearsal == rehearsal,
                Publication.state.in_(("scheduled", "sending", "unknown", "accepted")),
            )
            .distinct()
            .order_by(Edition.key, Publication.channel)
        ).all()
    return [(key, channel) for key, channel in rows]


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
        if claims.usable_url(url) is None:
            raise BadInput(f"“{url[:100]}”不是网址", mend="粘贴读者看到的文章地址")
        found = Accepted((external_id or url)[:200], url, live=True)
        progress = dict(publication.progress)
        claims.accept(session, publication, found, progress=progress, why="人工核对：已发出", now=now, by=by)
        if publication.state == "unknown":
            raise BadInput(str(publication.last_error), mend="核对地址是不是另一条的")
        return publication.state

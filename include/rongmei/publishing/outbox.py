"""The outbox: sends what is due, each publication exactly once, whatever breaks and however often it is run.

Claim (`scheduled → sending`, committed) before any byte leaves; prepare; note that the send is leaving (committed);
one mutating call. A clear "nothing happened" goes back to `scheduled`, a clear refusal is `failed`, anything else is
`unknown` and settled by reading the platform (see `settle`), never by sending again.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from rongmei.accounts import Connect
from rongmei.channels import Accepted, Line, Progress
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Ledger, Publication, get_edition
from rongmei.publishing import claims
from rongmei.publishing.claims import Claim, ClaimLost
from rongmei.publishing.plan import pace
from rongmei.publishing.runs import WORKERS, Run, each_account, open_run
from rongmei.publishing.settle import STALE_AFTER, settle_run
from rongmei.settings import Settings

if TYPE_CHECKING:
    from rongmei.config import Plan

CREDENTIAL_PAUSE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublishSummary:
    """What one run did, in publications.

    Attributes:
        accepted: taken by the platform, not yet visible; `confirm` will tell.
        live: visible to readers.
        unknown: sent without a clear answer; settled by later runs.
        missed: too late, never sent.
        cancelled: the story was edited after its sign-off.
        postponed: the platform did nothing this time (quota, not connected, credential), or it is not their turn yet.
        waiting: still scheduled when the run ended, the postponed ones included.
        refused_accounts: accounts whose credential a person must mend.
    """

    accepted: int = 0
    live: int = 0
    failed: int = 0
    unknown: int = 0
    missed: int = 0
    cancelled: int = 0
    postponed: int = 0
    waiting: int = 0
    refused_accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Tally:
    outcomes: Counter[str]
    refused: bool = False


def publish(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    settings: Settings,
    clock: Callable[[], datetime],
    workers: int = WORKERS,
    stale_after: timedelta = STALE_AFTER,
) -> PublishSummary:
    """Send everything of the edition that is due on `channel`; first settle what earlier runs left unclear.

    Args:
        connect: finds an account's credential.
        clock: the present moment, aware UTC; asked again before each publication.
        workers: accounts worked on at a time.
        stale_after: a claim older than this belongs to a dead worker.

    Raises:
        BadInput: there is no such edition or channel, or the credentials cannot be read at all.
    """
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    settle_run(run, stale_after=stale_after, workers=workers)
    rules = plan.campaign.publishing
    missed = claims.mark_missed(ledger, run.edition_id, channel, rules=rules, now=clock())
    tallies = each_account(_due(run), partial(_work_through, run, settings, stale_after), workers=workers)
    total = sum((tally.outcomes for tally in tallies.values()), Counter({"missed": missed}))
    return PublishSummary(
        **{state: total[state] for state in ("accepted", "live", "failed", "unknown", "missed", "cancelled")},
        postponed=total["postponed"],
        waiting=_waiting(run),
        refused_accounts=tuple(sorted(account for account, tally in tallies.items() if tally.refused)),
    )


def next_due(ledger: Ledger, key: str, channel: str) -> datetime | None:
    """When `publish` has something to do next (aware UTC, maybe past); None when nothing is left that time alone mends.

    Unknown publications count while they are still looked for often; later the sweep looks, and in the end a person.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        rows = session.execute(
            select(Publication.state, Publication.scheduled_at, Publication.not_before, Publication.claimed_at).where(
                Publication.edition_id == edition.id,
                Publication.channel == channel,
                Publication.state.in_(("scheduled", "sending", "unknown")),
            )
        ).all()
    moments = []
    for state, scheduled_at, not_before, claimed_at in rows:
        if state == "scheduled":
            moments.append(max(scheduled_at, not_before or scheduled_at))
        elif state == "sending" and claimed_at:
            moments.append(claimed_at + STALE_AFTER)
        elif not_before:
            moments.append(not_before)
    return min(moments, default=None)


def _due(run: Run) -> dict[str, list[int]]:
    """Ids of due publications by account, in the order of their slots."""
    now = run.clock()
    with run.ledger.read() as session:
        rows = session.execute(
            select(Publication.account, Publication.id)
            .where(
                Publication.edition_id == run.edition_id,
                Publication.channel == run.channel.name,
                Publication.state == "scheduled",
                Publication.scheduled_at <= now,
                Publication.not_before.is_(None) | (Publication.not_before <= now),
            )
            .order_by(Publication.scheduled_at, Publication.id)
        ).all()
    due: dict[str, list[int]] = defaultdict(list)
    for account, publication_id in rows:
        due[account].append(publication_id)
    return due


def _waiting(run: Run) -> int:
    with run.ledger.read() as session:
        return len(
            session.scalars(
                select(Publication.id).where(
                    Publication.edition_id == run.edition_id,
                    Publication.channel == run.channel.name,
                    Publication.state == "scheduled",
                )
            ).all()
        )


def _work_through(run: Run, settings: Settings, stale_after: timedelta, account: str, ids: Sequence[int]) -> _Tally:
    """One account's due publications, one after the other, on one line."""
    outcomes: Counter[str] = Counter()
    try:
        line = run.open(account)
    except (CredentialRefused, TryLater) as error:
        _postpone(run, ids, str(error), getattr(error, "retry_after", None))
        return _Tally(Counter(postponed=len(ids)), refused=isinstance(error, CredentialRefused))
    author = run.plan.cluster.outlet(account.rpartition("/")[0]).name
    for publication_id in ids:
        held = claims.claim(
            run.ledger,
            publication_id,
            rules=pace(run.plan.campaign.publishing, rehearsal=run.rehearsal),
            author=author,
            media=settings.media,
            now=run.clock(),
        )
        if isinstance(held, str):
            outcomes[held] += 1
        elif held is not None:
            outcome = _send_one(run, line, held, stale_after)
            outcomes["postponed" if outcome == "credential" else outcome] += 1
            if outcome == "credential":
                # The next one would be refused as well, and some platforms lock accounts that keep knocking.
                return _Tally(outcomes, refused=True)
    return _Tally(outcomes)


def _postpone(run: Run, ids: Sequence[int], why: str, retry_after: timedelta | None) -> None:
    """Push back what cannot even be claimed."""
    until = run.clock() + (retry_after or CREDENTIAL_PAUSE)
    with run.ledger.begin() as session:
        for publication in session.scalars(
            select(Publication).where(Publication.id.in_(ids), Publication.state == "scheduled")
        ):
            publication.not_before, publication.last_error = until, why


def _send_one(run: Run, line: Line, held: Claim, stale_after: timedelta) -> str:
    """Prepare and send one claimed publication; the state it ended in, or `credential`, or `lost`."""
    progress = Progress(held.progress, partial(claims.keep, run.ledger, held))
    ledger = run.ledger
    try:
        accepted = _attempt(run, line, held, progress, stale_after)
    except ClaimLost as error:
        _logger.warning("%s", error)
        return "lost"
    except CredentialRefused as error:
        until = run.clock() + CREDENTIAL_PAUSE
        claims.release(ledger, held, progress.values, why=str(error), until=until, now=run.clock())
        return "credential"
    except Refused as error:
        claims.fail(ledger, held, progress.values, why=str(error), now=run.clock())
        return "failed"
    except TryLater as error:
        until = run.clock() + max(error.retry_after or timedelta(0), _pause(held.attempt))
        claims.release(ledger, held, progress.values, why=str(error), until=until, now=run.clock())
        return "postponed"
    except OutcomeUnknown as error:
        look_at = run.clock() + run.channel.capabilities.settle_after
        claims.leave_unknown(ledger, held, progress.values, why=str(error), look_at=look_at, now=run.clock())
        return "unknown"
    return claims.succeed(ledger, held, progress.values, accepted, now=run.clock())


def _attempt(run: Run, line: Line, held: Claim, progress: Progress, stale_after: timedelta) -> Accepted:
    problems = run.channel.validate(held.article, line.credential)
    if problems:
        raise Refused(f"{line.account}：{'；'.join(problems)}")
    run.channel.prepare(line, held.article, progress)
    now = run.clock()
    if now - held.claimed_at > stale_after / 2:
        # Somebody may soon take this worker for dead and read the platform: the send must not come after that.
        raise TryLater(f"{line.account}：准备发布用了太久，下次接着发")
    progress.save(**{claims.SENDS: int(progress.get(claims.SENDS) or 0) + 1, claims.LEAVING: now.isoformat()})
    return run.channel.send(line, held.article, progress)


def _pause(attempt: int) -> timedelta:
    """1, 2, 4 … 30 minutes."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(max(attempt, 1) - 1, 10)))

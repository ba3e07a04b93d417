"""Carries out what was ordered for posts that are out: takes them down or corrects them, and keeps the evidence.

Every step may be repeated: taking down what is gone, or writing the same correction again, changes nothing more. What
no platform will do by itself is given to a person (`by_hand`), who says when it is done.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from rongmei.accounts import Connect
from rongmei.channels import Line, all_channels
from rongmei.channels.reading import page_status
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Amendment, Edition, Ledger, Publication, log
from rongmei.publishing import taken
from rongmei.publishing.amended import mark_corrected
from rongmei.publishing.amendments import gets_note
from rongmei.publishing.confirm import confirm
from rongmei.publishing.correcting import correct
from rongmei.publishing.due import STALE_AFTER
from rongmei.publishing.recalling import Read, recall
from rongmei.publishing.runs import Run, each_account, open_run
from rongmei.publishing.settle import settle_run
from rongmei.publishing.standing import BY
from rongmei.publishing.taken import Order, Overtaken

if TYPE_CHECKING:
    from rongmei.config import Plan


@dataclass(frozen=True)
class CarrySummary:
    """What one run did, in amendments.

    Attributes:
        done: with evidence.
        by_hand: a person has to do these.
        waiting: the platform did nothing this time, or it is not known yet whether the post went out.
        corrected: stories of which all that was out is corrected now.
        refused_accounts: accounts whose credential a person must mend; their orders wait.
    """

    done: int = 0
    by_hand: int = 0
    waiting: int = 0
    corrected: int = 0
    refused_accounts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Task:
    """An amendment that is due, and where it belongs.

    Attributes:
        note: it is a correction that is told of in a publication of its own.
    """

    id: int
    account: str
    key: str
    channel: str
    note: bool


def carry_out(
    ledger: Ledger,
    plan: Plan,
    *,
    rehearsal: bool,
    connect: Connect,
    media: Path,
    clock: Callable[[], datetime],
    story_id: int | None = None,
    workers: int | None = None,
    read: Read = page_status,
) -> CarrySummary:
    """Everything ordered and due for the campaign's editions (or one story) that no platform has done yet.

    Publications whose own outcome is unclear are settled and confirmed first. Nothing is sent but correction notes.

    Args:
        rehearsal: which editions; rehearsals have a clock and accounts of their own.
        media: the media folder, for corrections.
        read: asks a post's public address how it answers, after a recall.
    """
    total: Counter[str] = Counter()
    tasks = []
    for task in _due(ledger, plan.campaign.id, rehearsal, story_id, clock()):
        known = all_channels().get(task.channel)
        if known is None or known.capabilities.kind == "handoff":
            total += _give_to_people(ledger, task, clock())
        else:
            tasks.append(task)
    runs = {
        (key, channel): open_run(ledger, plan, key, channel, connect=connect, clock=clock)
        for key, channel in sorted({(task.key, task.channel) for task in tasks})
    }
    for run in runs.values():
        _settle_what_is_unclear(run, tasks, workers)
    hands = _Hands(runs, media, read)
    # Notes come last: they link to the story's page, which is corrected before them.
    for notes in (False, True):
        by_account: dict[str, list[_Task]] = defaultdict(list)
        for task in tasks:
            if task.note == notes:
                by_account[task.account].append(task)
        for outcomes in each_account(by_account, hands.work_through, workers=workers).values():
            total += outcomes
    return CarrySummary(
        done=total["done"],
        by_hand=total["by_hand"],
        waiting=total["waiting"],
        corrected=mark_corrected(ledger, plan.campaign.id, rehearsal=rehearsal, now=clock()),
        refused_accounts=tuple(sorted(hands.refused)),
    )


def _due(ledger: Ledger, campaign: str, rehearsal: bool, story_id: int | None, now: datetime) -> list[_Task]:
    wanted = [Edition.campaign == campaign, Edition.rehearsal == rehearsal, Amendment.state == "ordered"]
    if story_id is not None:
        wanted.append(Publication.story_id == story_id)
    with ledger.read() as session:
        rows = session.execute(
            select(Amendment.id, Publication.account, Edition.key, Publication.channel, Amendment.kind)
            .join(Publication, Publication.id == Amendment.publication_id)
            .join(Edition, Edition.id == Publication.edition_id)
            .where(*wanted, func.coalesce(Amendment.not_before, Amendment.ordered_at) <= now)
            .order_by(Amendment.id)
        ).tuples()
        return [
            _Task(amendment_id, account, key, channel, kind == "correction" and gets_note(channel))
            for amendment_id, account, key, channel, kind in rows
        ]


def _give_to_people(ledger: Ledger, task: _Task, now: datetime) -> Counter[str]:
    with ledger.begin() as session:
        publication, found = taken.both(session, task.id)
        if found.state != "ordered":
            return Counter()
        if task.channel not in all_channels():
            why = f"系统里已没有渠道“{task.channel}”，请值班人到平台上处理"
        elif publication.state == "live":
            why = "这个平台没有接口，请发布的人在平台上处理"
        else:
            why = "材料交给过人工，可能已经发布：请发布的人核对，发了就到平台上处理"
        found.state, found.last_error = "by_hand", why
        log(session, publication, by=BY, why=why, now=now)
    return Counter(by_hand=1)


def _settle_what_is_unclear(run: Run, tasks: Sequence[_Task], workers: int | None) -> None:
    """Read the platform for publications of the stories concerned whose own outcome is not known yet."""
    mine = [task.id for task in tasks if (task.key, task.channel) == (run.key, run.channel.name)]
    stories = (
        select(Publication.story_id)
        .join(Amendment, Amendment.publication_id == Publication.id)
        .where(Amendment.id.in_(mine))
    )
    unclear = select(Publication.id).where(
        Publication.edition_id == run.edition_id,
        Publication.channel == run.channel.name,
        Publication.story_id.in_(stories),
        Publication.state.in_(("sending", "unknown", "accepted")),
    )
    with run.ledger.read() as session:
        if session.scalar(unclear.limit(1)) is None:
            return
    settle_run(run, stale_after=STALE_AFTER, workers=workers)
    confirm(run.ledger, run.plan, run.key, run.channel.name, connect=run.connect, clock=run.clock, workers=workers)


@dataclass
class _Hands:
    """What works through the accounts; threads share it.

    Attributes:
        runs: by edition key and channel.
        refused: accounts whose credential was refused.
    """

    runs: Mapping[tuple[str, str], Run]
    media: Path
    read: Read
    refused: set[str] = field(default_factory=set)

    def work_through(self, account: str, tasks: Sequence[_Task]) -> Counter[str]:
        """One account's orders, the oldest first, on one line."""
        outcomes: Counter[str] = Counter()
        line: Line | None = None
        refusal: CredentialRefused | None = None
        for task in tasks:
            run = self.runs[task.key, task.channel]
            order = taken.take(run, task.id)
            if isinstance(order, str):
                outcomes[order] += 1
                continue
            try:
                if refusal is not None:
                    # The next one would be refused as well, and some platforms lock accounts that keep knocking.
                    raise refusal
                line = line or run.open(account)
                outcomes[self._carry(run, line, order)] += 1
            except CredentialRefused as problem:
                refusal = problem
                self.refused.add(account)
                outcomes[taken.put_off(run, order, str(problem))] += 1
            except TryLater as problem:
                at_least = problem.retry_after or timedelta(0)
                outcomes[taken.put_off(run, order, str(problem), at_least=at_least)] += 1
            except OutcomeUnknown as problem:
                # No danger here: the next attempt looks first, and may do it again.
                outcomes[taken.put_off(run, order, str(problem))] += 1
            except Refused as problem:
                outcomes[taken.give_to_person(run, order, str(problem))] += 1
            except Overtaken:
                outcomes[taken.let_go(run, order)] += 1
        return outcomes

    def _carry(self, run: Run, line: Line, order: Order) -> str:
        if order.version_id is None:
            return recall(run, line, order, self.read)
        return correct(run, line, self.media, order, order.version_id)

"""Asks the platforms whether what they have accepted is before the public yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from rongmei.accounts import Connect, posted
from rongmei.channels import Channel, Confirmation, Line, Pending, Polling, Posted, Rejected
from rongmei.errors import CredentialRefused, Refused, TryLater
from rongmei.ledger import Ledger, Publication, StoryVersion, get_edition, move
from rongmei.publishing import verdicts
from rongmei.publishing.due import ids_by_account
from rongmei.publishing.runs import Run, each_account, open_run
from rongmei.publishing.standing import BY

if TYPE_CHECKING:
    from rongmei.config import Plan

POLL_PAUSE = timedelta(seconds=1)
POLLS = 11
"""A platform that reviews what it has taken is asked after 1, 2, 4 … s, for half an hour; then by the sweep."""
_POLLED = "polled"


@dataclass(frozen=True)
class ConfirmSummary:
    """What `confirm` found: now visible, turned down after all, not decided yet."""

    live: int = 0
    failed: int = 0
    pending: int = 0


def confirm(
    ledger: Ledger,
    plan: Plan,
    key: str,
    channel: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    workers: int | None = None,
) -> ConfirmSummary:
    """Ask the platform about everything `accepted`: `live` with its address, `failed`, or still pending.

    Raises:
        BadInput: there is no such edition or channel.
    """
    run = open_run(ledger, plan, key, channel, connect=connect, clock=clock)
    work = ids_by_account(ledger, run.edition_id, channel, "accepted")
    total: Counter[str] = Counter()
    for outcome in each_account(work, partial(_confirm_account, run), workers=workers).values():
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
    refusal: CredentialRefused | None = None
    posted_as, known = _read(run, ids)
    for posts in _batches(run.platform, known):
        answers: Sequence[Confirmation]
        try:
            if refusal is not None:
                # Some platforms lock accounts that keep knocking.
                raise refusal
            line = line or run.open(account)
            answers = _ask(run.platform, line, posts)
        except (Refused, TryLater) as error:
            refusal = error if isinstance(error, CredentialRefused) else None
            answers = [Pending(f"查询发布结果时：{error}")] * len(posts)
        for post, answer in zip(posts, answers, strict=True):
            outcomes[_record_confirmation(run, posted_as[post.external_id], answer)] += 1
    return outcomes


def _read(run: Run, ids: Sequence[int]) -> tuple[dict[str, int], list[Posted]]:
    """Publications by the platform's id, which an account has only once, and as their channel knows them."""
    wanted = (
        select(Publication)
        .where(Publication.id.in_(ids))
        .order_by(Publication.id)
        .options(joinedload(Publication.version).lazyload(StoryVersion.media))
    )
    with run.ledger.read() as session:
        found = [(publication.id, posted(publication)) for publication in session.scalars(wanted)]
    return {post.external_id: publication_id for publication_id, post in found}, [post for _, post in found]


def _batches(channel: Channel, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
    return channel.batches(posts) if isinstance(channel, Polling) else [[post] for post in posts]


def _ask(channel: Channel, line: Line, posts: Sequence[Posted]) -> Sequence[Confirmation]:
    if isinstance(channel, Polling):
        return channel.confirm_together(line, posts)
    return [channel.confirm(line, post) for post in posts]


def _record_confirmation(run: Run, publication_id: int, answer: Confirmation) -> str:
    now = run.clock()
    with run.ledger.begin() as session:
        return record(session, publication_id, answer, now=now)


def record(session: Session, publication_id: int, answer: Confirmation, *, now: datetime) -> str:
    """Write down what a platform says of a publication that it took; nothing, where it is past that.

    Returns:
        `live`, `failed`, `pending` or `elsewhere`.
    """
    publication = session.get_one(Publication, publication_id, with_for_update=True)
    if publication.state != "accepted":
        return "elsewhere"
    if isinstance(answer, Rejected):
        why = f"平台收下后又退回：{answer.why}"
        move(session, publication, "accepted", "failed", by=BY, why=why, now=now, last_error=why)
        return "failed"
    why = answer.why if isinstance(answer, Pending) else verdicts.doubt(session, publication, answer)
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
        progress={**publication.progress, **answer.keep},
        url=verdicts.usable_url(answer.url) or publication.url,
    )
    return "live"

"""One order in a worker's hands: taking it, keeping hold of it, and how it ended; each function is one transaction.

Who takes an order puts its `not_before` ahead, so that nobody else finds it due meanwhile; a worker that dies leaves it
due again. What the platform has done is believed from whoever saw it, late or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.accounts import posted
from rongmei.channels import Posted
from rongmei.clock import spoken
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Amendment, Publication, StoryVersion, log, try_move
from rongmei.publishing.amendments import PUBLIC, TAKEN_UNTIL, gets_note
from rongmei.publishing.runs import Run
from rongmei.publishing.schedule import embargo_of
from rongmei.publishing.standing import BY, without
from rongmei.publishing.verdicts import locked

LEASE = timedelta(minutes=5)
"""How long a worker has an order before another may take it: longer than any one call takes."""
PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)

Change = Callable[[Session, Publication, Amendment], None]


@dataclass(frozen=True)
class Order:
    """What is needed of one amendment while its platform is spoken to, outside any transaction.

    Attributes:
        attempt: how often it was taken, this time included; it names this taking.
        version_id: what the post is to show; None for a recall.
    """

    id: int
    publication_id: int
    story_id: int
    outlet: str
    attempt: int
    post: Posted
    version_id: int | None
    why: str
    evidence: dict[str, Any]


class Overtaken(RongmeiError):
    """The order is no longer this worker's; nothing may be written to the platform any more."""


def take(run: Run, amendment_id: int) -> Order | str:
    """The order, which is this worker's for a while; or what became of it without a word to the platform.

    That is `done`, `by_hand`, `waiting`, or `elsewhere` where another worker has it.
    """
    now = run.clock()
    with run.ledger.begin() as session:
        publication, found = both(session, amendment_id)
        if found.state != "ordered" or (found.not_before or found.ordered_at) > now:
            return "elsewhere"
        ended = _without_the_platform(session, publication, found, now)
        if ended is not None:
            return ended
        found.attempts += 1
        _hold(found, now)
        return Order(
            id=found.id,
            publication_id=publication.id,
            story_id=publication.story_id,
            outlet=publication.outlet,
            attempt=found.attempts,
            post=posted(publication),
            version_id=found.version_id,
            why=found.why,
            evidence=dict(found.evidence),
        )


def both(session: Session, amendment_id: int) -> tuple[Publication, Amendment]:
    """The publication and the amendment, locked, in the order in which everybody locks them."""
    wanted = select(Amendment.publication_id).where(Amendment.id == amendment_id)
    publication = locked(session, session.scalars(wanted).one())
    return publication, session.get_one(Amendment, amendment_id, with_for_update=True)


def _hold(found: Amendment, now: datetime) -> None:
    found.not_before = now + LEASE
    found.evidence = {**found.evidence, TAKEN_UNTIL: found.not_before.isoformat()}


def _without_the_platform(session: Session, publication: Publication, found: Amendment, now: datetime) -> str | None:
    if publication.state in ("sending", "unknown"):
        return _wait(found, now + PAUSE, "还不知道这一条有没有发出，核实之后再处理")
    if publication.state == "accepted" and found.version_id and gets_note(publication.channel):
        # The platform may yet turn it down, and then there is nothing that readers would have to be told.
        return _wait(found, now + PAUSE, "平台还在审核这一条，上线之后再发更正说明")
    if publication.state in PUBLIC:
        return _wait_for_embargo(session, publication, found, now)
    if publication.state == "scheduled":
        # It turned out not to have been sent, and shall not be.
        why = "没有发出过，不再发送"
        try_move(session, publication, "scheduled", "cancelled", by=BY, why=why, now=now, not_before=None)
    found.state, found.done_at, found.last_error = "done", now, None
    found.how = "overtaken" if publication.state == "recalled" and found.kind == "correction" else "never_public"
    found.evidence = {**without(found.evidence, TAKEN_UNTIL), "at": now.isoformat()}
    return "done"


def _wait_for_embargo(session: Session, publication: Publication, found: Amendment, now: datetime) -> str | None:
    """A corrected text keeps its embargo; None where there is none."""
    version = session.get(StoryVersion, found.version_id) if found.version_id else None
    try:
        embargo = embargo_of(version.extras) if version else None
    except BadInput as problem:
        _hand_over(session, publication, found, str(problem), now)
        return "by_hand"
    if embargo is None or embargo <= now:
        return None
    return _wait(found, embargo, f"新版本 {spoken(embargo)} 解禁，到时更正")


def _wait(found: Amendment, until: datetime, why: str) -> str:
    found.not_before, found.last_error = until, why
    return "waiting"


# ── while it is worked on ────────────────────────────────────────────────────────────────────────────────────────


def keep(run: Run, order: Order, progress: dict[str, Any]) -> None:
    """Store what the platform gave for the publication, and hold the order a while longer.

    Raises:
        Overtaken: it is not this worker's any more.
    """
    with run.ledger.begin() as session:
        publication, found = both(session, order.id)
        if found.state != "ordered" or found.attempts != order.attempt:
            raise Overtaken(f"撤稿或更正 #{order.id} 已由新的指令或别的进程接手")
        publication.progress = progress
        _hold(found, run.clock())


def note(run: Run, order: Order, **facts: Any) -> None:
    """Add to the evidence, whatever became of the order meanwhile."""
    with run.ledger.begin() as session:
        _, found = both(session, order.id)
        found.evidence = {**found.evidence, **facts}


# ── how it ended ─────────────────────────────────────────────────────────────────────────────────────────────────


def finish(run: Run, order: Order, how: str, evidence: dict[str, Any], change: Change | None = None) -> str:
    """`done`, or `elsewhere` where somebody else has ended it meanwhile.

    Args:
        change: what else is to be written, if the order was still open.
    """
    now = run.clock()
    with run.ledger.begin() as session:
        publication, found = both(session, order.id)
        kept = {**without(found.evidence, TAKEN_UNTIL), **evidence, "at": now.isoformat()}
        if found.state == "done":
            found.evidence = without(found.evidence, TAKEN_UNTIL)
            log(session, publication, by=BY, why=f"迟到的结果（{how}）", now=now, detail={"evidence": kept})
            _make_way(session, order, wrote=how == "edited", now=now)
            return "elsewhere"
        found.state, found.how, found.done_at = "done", how, now
        found.last_error, found.evidence = None, kept
        if change is not None:
            change(session, publication, found)
        return "done"


def put_off(
    run: Run,
    order: Order,
    why: str,
    *,
    at_least: timedelta = timedelta(0),
    until: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
    wrote: Change | None = None,
) -> str:
    """`waiting`: it stays ordered, for 1, 2, 4 … 60 minutes more with each attempt; or `elsewhere`.

    Args:
        at_least: what the platform asks for.
        until: when to go on, instead; not before `PAUSE` is over.
        facts: added to the evidence.
        wrote: the platform has taken the text all the same; what else is to be written then.
    """
    now = run.clock()
    pause = max(at_least, min(LONGEST_PAUSE, PAUSE * (1 << min(order.attempt - 1, 6))))

    def change(session: Session, publication: Publication, found: Amendment) -> None:
        found.not_before = now + pause if until is None else max(until, now + PAUSE)
        found.last_error = why
        found.evidence = {**found.evidence, **(facts or {})}
        if wrote is not None:
            wrote(session, publication, found)

    return "waiting" if _give_back(run, order, change, wrote=wrote is not None) else "elsewhere"


def give_to_person(run: Run, order: Order, why: str) -> str:
    """`by_hand`: the platform will not do it."""
    now = run.clock()

    def change(session: Session, publication: Publication, found: Amendment) -> None:
        _hand_over(session, publication, found, why, now)

    return "by_hand" if _give_back(run, order, change) else "elsewhere"


def let_go(run: Run, order: Order) -> str:
    """`elsewhere`: a newer order need not wait for this one any longer."""
    _give_back(run, order, None)
    return "elsewhere"


def _give_back(run: Run, order: Order, change: Change | None, *, wrote: bool = False) -> bool:
    """End this taking; whether the order was still this worker's, and has been changed."""
    with run.ledger.begin() as session:
        publication, found = both(session, order.id)
        if found.attempts != order.attempt:
            return False
        found.evidence = without(found.evidence, TAKEN_UNTIL)
        if found.state != "ordered":
            _make_way(session, order, wrote=wrote, now=run.clock())
            return False
        if change is not None:
            change(session, publication, found)
        return change is not None


def _hand_over(session: Session, publication: Publication, found: Amendment, why: str, now: datetime) -> None:
    found.state, found.last_error = "by_hand", why
    log(session, publication, by=BY, why=why, now=now)


def _make_way(session: Session, order: Order, *, wrote: bool, now: datetime) -> None:
    """The order that has taken this one's place need not wait any longer; what it wrote already, it writes again.

    Args:
        wrote: this one has just written an older text over whatever the post showed.
    """
    newer = session.scalars(
        select(Amendment)
        .where(Amendment.publication_id == order.publication_id, Amendment.id > order.id)
        .order_by(Amendment.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if newer is None:
        return
    if newer.state == "ordered" and not newer.attempts:
        newer.not_before = now
    elif wrote and newer.state == "done" and newer.how == "edited":
        newer.state, newer.how, newer.done_at, newer.not_before = "ordered", None, None, now
        newer.last_error = "旧的更正迟到，盖掉了这一次，重新更正"

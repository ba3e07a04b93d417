"""Claims: which publications may go out now, who may send them, and what the platform gave so far.

Every function is one transaction. A claim is a random token in the row; whatever a worker writes is written only while
the row still carries its token, so a worker that was declared dead cannot send or report over another's head.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from rongmei.channels import Article
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Edition, Ledger, Publication, Story, StoryVersion, move, try_move
from rongmei.publishing import moves
from rongmei.publishing.articles import Articles
from rongmei.publishing.due import Due
from rongmei.publishing.notes import noted
from rongmei.publishing.runs import Run
from rongmei.publishing.schedule import embargo_of, late_after
from rongmei.publishing.standing import APPROVED, BY, COMING, OF_ONE_WAIT, OUTDATED, SENT, page_channels, without

LINK_PATIENCE = timedelta(minutes=10)
"""How long a post that links to the story's page waits for it before it links to the account's home instead."""
LINK_CHECK = timedelta(seconds=1)
_LATE = "错过发布时间太久，不再补发"

# Statements on the tables themselves, built once: every publication asks these.
_one = cast("Table", Publication.__table__).c
_story = cast("Table", Story.__table__).c
_version = cast("Table", StoryVersion.__table__).c
_edition = cast("Table", Edition.__table__).c
_facts = (
    select(
        _one.id,
        _one.state,
        _one.account,
        _one.outlet,
        _one.version_id,
        _one.scheduled_at,
        _one.not_before,
        _one.attempts,
        _one.progress,
        (_story.state.in_(APPROVED) & (_story.current_hash == _version.content_hash)).label("current"),
        _version.extras,
    )
    .where(_one.id == bindparam("of_id"), _story.id == _one.story_id, _version.id == _one.version_id)
    .with_for_update(of=_one.id, key_share=True)
)
_last_post = select(func.max(_one.claimed_at)).where(
    _edition.id == _one.edition_id,
    _one.account == bindparam("of_account"),
    _one.state.in_(SENT),
    _edition.rehearsal == bindparam("in_rehearsal"),
)
_pages = (
    select(_one.version_id, _one.outlet, _one.state, _one.url)
    .where(
        _one.version_id.in_(bindparam("versions", expanding=True)),
        _one.channel.in_(bindparam("channels", expanding=True)),
    )
    .order_by(_one.id)
)


class ClaimLost(RongmeiError):
    """The row no longer carries the worker's token; nothing may be sent."""


@dataclass(frozen=True)
class Claim:
    """The right to send one publication, and what to send."""

    publication_id: int
    token: str
    claimed_at: datetime
    attempt: int
    article: Article
    progress: dict[str, Any]


@dataclass
class Admission:
    """Which of some due publications may go out now.

    Attributes:
        rows: those that may, with the columns of `_facts`, in the order asked for.
        links: where readers find their stories' pages, by publication id.
        outcomes: what became of the others: `missed`, `cancelled`, `failed`, `postponed`; some were not due after all.
    """

    rows: list[Row[Any]] = field(default_factory=list)
    links: dict[int, str | None] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)


def claim(run: Run, articles: Articles, together: Sequence[Due], *, now: datetime) -> tuple[list[Claim], Counter[str]]:
    """Claim publications of one account that are to go out together, committed on return.

    Each row is claimed for itself, or drops out. If one of them waits for its page, or the account for its distance,
    all wait.

    Returns:
        The claims in the order given, and what became of the others.
    """
    # Rendered before the transaction, in which nothing slow may happen.
    made = {
        due.id: articles.make(
            due.version_id, fingerprint=due.fingerprint, author=run.outlet_names.get(due.outlet, due.outlet)
        )
        for due in together
    }
    with run.ledger.begin() as session:
        admission = admit(session, run, [due.id for due in together], now=now, keep_distance=True)
        held = []
        for row in admission.rows:
            token, known = secrets.token_hex(16), without(row.progress, *OF_ONE_WAIT)
            if moves.take(session, row.id, token, known, now=now):
                link = admission.links.get(row.id)
                article = replace(made[row.id], link=link) if link else made[row.id]
                held.append(Claim(row.id, token, now, row.attempts + 1, noted(article, known), known))
        steps = [moves.Step(one.publication_id, "scheduled", "sending", "开始发送") for one in held]
        moves.log_steps(session, steps, now=now)
    return held, admission.outcomes


def admit(session: Session, run: Run, ids: Sequence[int], *, now: datetime, keep_distance: bool) -> Admission:
    """Look at due publications of one account, locked until the transaction ends; those that may not go out are moved.

    Args:
        keep_distance: the campaign's time between two posts counts.
    """
    admission = Admission()
    # Locked in the order of their ids, so that two workers never wait for each other.
    found = {one: session.connection().execute(_facts, {"of_id": one}).one() for one in sorted(ids)}
    for row in (found[one] for one in ids):
        outcome = _turn_away(session, run, row, now) if _is_due(row, now) else "elsewhere"
        if outcome is None:
            admission.rows.append(row)
        elif outcome != "elsewhere":
            admission.outcomes[outcome] += 1
    if not admission.rows:
        return admission
    admission.links, hold = _find_pages(session, run, admission.rows, now)
    later = max((one for one in (hold, _gap_ends(session, run, admission.rows, keep_distance)) if one), default=now)
    if later > now:
        _postpone(session, [row.id for row in admission.rows], later)
        admission.outcomes["postponed"] += len(admission.rows)
        admission.rows = []
    return admission


def _is_due(row: Row[Any], now: datetime) -> bool:
    return bool(row.state == "scheduled" and max(row.scheduled_at, row.not_before or row.scheduled_at) <= now)


def _turn_away(session: Session, run: Run, row: Row[Any], now: datetime) -> str | None:
    """Move a due publication that must not go out now; what it became, None for one that may."""
    if now - row.scheduled_at > late_after(run.rules):
        _leave(session, row.id, "missed", _LATE, now)
        return "missed"
    if not row.current:
        _leave(session, row.id, "cancelled", OUTDATED, now)
        return "cancelled"
    try:
        embargo = embargo_of(row.extras)
    except BadInput as problem:
        _leave(session, row.id, "failed", str(problem), now)
        return "failed"
    if embargo is not None and embargo > now:
        _postpone(session, [row.id], embargo)
        return "postponed"
    return None


def _leave(session: Session, publication_id: int, state: str, why: str, now: datetime) -> None:
    publication = session.get_one(Publication, publication_id)
    move(session, publication, "scheduled", state, by=BY, why=why, now=now, not_before=None)
    if state == "failed":
        publication.last_error = why


def _postpone(session: Session, ids: Sequence[int], until: datetime) -> None:
    session.execute(
        update(Publication)
        .where(Publication.id.in_(ids))
        .values(not_before=until)
        .execution_options(synchronize_session=False)
    )


def _gap_ends(session: Session, run: Run, rows: Sequence[Row[Any]], keep_distance: bool) -> datetime | None:
    """When the account may post again; a bundle is one post, because its publications are claimed at one moment."""
    if not keep_distance or not run.rules.min_gap_minutes:
        return None
    if session.get_bind().dialect.name == "postgresql":
        # Whoever else is about to claim something else of this account: one after the other. SQLite's writers are.
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(rows[0].account))))
    last = session.connection().scalar(_last_post, {"of_account": rows[0].account, "in_rehearsal": run.rehearsal})
    return last + timedelta(minutes=run.rules.min_gap_minutes) if last else None


def _find_pages(
    session: Session, run: Run, rows: Sequence[Row[Any]], now: datetime
) -> tuple[dict[int, str | None], datetime | None]:
    """The stories' own pages by publication id, and until when to wait for them, on channels that link to them."""
    if not run.pages:
        return {}, None
    pages: dict[int, list[Any]] = defaultdict(list)
    wanted = {"versions": sorted({row.version_id for row in rows}), "channels": sorted(page_channels())}
    for page in session.connection().execute(_pages, wanted):
        pages[page.version_id].append(page)
    waits = run.channel.capabilities.links
    found = {row.id: _page(row, pages[row.version_id], now, waits=waits) for row in rows}
    links = {publication_id: link for publication_id, (link, _) in found.items()}
    return links, max((hold for _, hold in found.values() if hold), default=None)


def _page(
    row: Row[Any], pages: Iterable[Row[Any]], now: datetime, *, waits: bool
) -> tuple[str | None, datetime | None]:
    """The outlet's own page before another's; None and a moment while it is still coming."""
    everywhere = list(pages)
    own = [page for page in everywhere if page.outlet == row.outlet]
    for page in own:
        if page.state == "live" and page.url:
            return page.url, None
    patience_ends = row.scheduled_at + LINK_PATIENCE
    if waits and now < patience_ends and any(page.state in COMING for page in own or everywhere):
        return None, min(now + LINK_CHECK, patience_ends)
    return next((page.url for page in everywhere if page.state == "live" and page.url), None), None


def mark_missed(ledger: Ledger, edition_id: int, channel: str, *, late: timedelta, now: datetime) -> int:
    """Everything scheduled whose slot is longer past than `late` becomes `missed`; how many."""
    wanted = select(Publication).where(
        Publication.edition_id == edition_id,
        Publication.channel == channel,
        Publication.state == "scheduled",
        Publication.scheduled_at < now - late,
    )
    with ledger.read() as session:
        if session.scalar(wanted.with_only_columns(Publication.id).limit(1)) is None:
            return 0
    with ledger.begin() as session:
        rows = session.scalars(wanted).all()
        return sum(
            try_move(session, row, "scheduled", "missed", by=BY, why=_LATE, now=now, not_before=None) for row in rows
        )


def keep(ledger: Ledger, held: Claim, progress: dict[str, Any]) -> None:
    """Store what the platform gave.

    Raises:
        ClaimLost: the claim is no longer this worker's.
    """
    keep_all(ledger, [(held, progress)])


def keep_all(ledger: Ledger, kept: Iterable[tuple[Claim, dict[str, Any]]]) -> None:
    """Store what is known of several publications, in one transaction: all of it or nothing.

    Raises:
        ClaimLost: one of the claims is no longer this worker's.
    """
    with ledger.begin() as session:
        for held, progress in kept:
            if not moves.keep(session, held.publication_id, held.token, progress):
                raise ClaimLost(f"发布单 #{held.publication_id} 已由别的进程接手")

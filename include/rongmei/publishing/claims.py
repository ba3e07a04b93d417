"""Claims: who may send a publication now, what the platform gave so far, and how the attempt ended.

Every function is one transaction. A claim is a random token in the row; whatever a worker writes is written only while
the row still carries its token, so a worker that was declared dead cannot send or report over another's head.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from rongmei.channels import Accepted, Article, article
from rongmei.channels.links import is_web_address
from rongmei.config import PublishingRules
from rongmei.errors import RongmeiError
from rongmei.ledger import Edition, Ledger, Publication, Story, log, move, try_move
from rongmei.publishing.plan import BY, OUTDATED, may_go_out

LINK_PATIENCE = timedelta(minutes=10)
"""How long a Weibo post waits for the story's page before it links to the account's home instead."""
LINK_CHECK = timedelta(seconds=1)
LEAVING = "leaving"
SENDS = "sends"
# An account's last post is the last one that was, or may have been, sent.
_SENT = ("sending", "unknown", "accepted", "live", "recalled")
_COMING = ("scheduled", "sending", "unknown", "accepted")


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


def claim(
    ledger: Ledger, publication_id: int, *, rules: PublishingRules, author: str, media: Path, now: datetime
) -> Claim | str | None:
    """Claim a due publication, committed on return.

    Args:
        author: by-line for a story that names nobody.
        media: the media folder.

    Returns:
        The claim; or the state that came instead (`missed`, `cancelled`, `postponed`); or None when it is not due or
        somebody else has it.
    """
    with ledger.begin() as session:
        publication = _locked(session, publication_id)
        waits_until = publication.not_before
        if publication.state != "scheduled" or publication.scheduled_at > now or (waits_until and waits_until > now):
            return None
        if is_late(publication, rules, now):
            _miss(session, publication, now)
            return "missed"
        story = session.get_one(Story, publication.story_id)
        if not may_go_out(story, publication.version):
            move(session, publication, "scheduled", "cancelled", by=BY, why=OUTDATED, now=now)
            return "cancelled"
        link, hold = _page(session, publication, now)
        later = max((moment for moment in (hold, _gap_ends(session, publication, rules)) if moment), default=now)
        if later > now:
            publication.not_before = later
            return "postponed"
        token = secrets.token_hex(16)
        move(
            session,
            publication,
            "scheduled",
            "sending",
            by=BY,
            why="开始发送",
            now=now,
            claim=token,
            claimed_at=now,
            not_before=None,
            attempts=publication.attempts + 1,
        )
        made = article(publication.version, media, fingerprint=publication.fingerprint, author=author, link=link)
        return Claim(publication.id, token, now, publication.attempts, made, dict(publication.progress))


def is_late(publication: Publication, rules: PublishingRules, now: datetime) -> bool:
    """Whether its slot is longer past than the campaign allows."""
    return now - publication.scheduled_at > timedelta(hours=rules.late_after_hours)


def mark_missed(ledger: Ledger, edition_id: int, channel: str, *, rules: PublishingRules, now: datetime) -> int:
    """Everything scheduled whose slot is too long past becomes `missed`; how many."""
    with ledger.begin() as session:
        rows = session.scalars(
            select(Publication).where(
                Publication.edition_id == edition_id,
                Publication.channel == channel,
                Publication.state == "scheduled",
            )
        ).all()
        return sum(_miss(session, publication, now) for publication in rows if is_late(publication, rules, now))


def _miss(session: Session, publication: Publication, now: datetime) -> bool:
    why = "错过发布时间太久，不再补发"
    return try_move(session, publication, "scheduled", "missed", by=BY, why=why, now=now, not_before=None)


def keep(ledger: Ledger, held: Claim, progress: dict[str, Any]) -> None:
    """Store what the platform gave.

    Raises:
        ClaimLost: the claim is no longer this worker's.
    """
    with ledger.begin() as session:
        _locked(session, held.publication_id)
        kept = session.execute(
            update(Publication)
            .where(
                Publication.id == held.publication_id,
                Publication.state == "sending",
                Publication.claim == held.token,
            )
            .values(progress=progress)
            .returning(Publication.id)
        ).all()
    if len(kept) != 1:
        raise ClaimLost(f"发布单 #{held.publication_id} 已由别的进程接手")


def release(ledger: Ledger, held: Claim, progress: dict[str, Any], *, why: str, until: datetime, now: datetime) -> bool:
    """Back to `scheduled` until `until`: the platform clearly did nothing. False without the claim."""
    left = {name: value for name, value in progress.items() if name != LEAVING}
    return _end(ledger, held, "scheduled", why=why, now=now, not_before=until, last_error=why, progress=left)


def fail(ledger: Ledger, held: Claim, progress: dict[str, Any], *, why: str, now: datetime) -> bool:
    """`failed`: a clear refusal that the same request would meet again. False without the claim."""
    return _end(ledger, held, "failed", why=why, now=now, last_error=why, progress=progress)


def leave_unknown(
    ledger: Ledger, held: Claim, progress: dict[str, Any], *, why: str, look_at: datetime, now: datetime
) -> bool:
    """`unknown`: sent without a clear answer; `look_at` is when reading will tell. False without the claim."""
    return _end(ledger, held, "unknown", why=why, now=now, not_before=look_at, last_error=why, progress=progress)


def _end(ledger: Ledger, held: Claim, state: str, *, why: str, now: datetime, **changes: Any) -> bool:
    with ledger.begin() as session:
        publication = _locked(session, held.publication_id)
        if publication.state != "sending" or publication.claim != held.token:
            log(session, publication, by=BY, why=f"迟到的结果，未改状态：{why}", now=now)
            return False
        move(session, publication, "sending", state, by=BY, why=why, now=now, claim=None, **changes)
        return True


def succeed(ledger: Ledger, held: Claim, progress: dict[str, Any], accepted: Accepted, *, now: datetime) -> str:
    """Record that the platform took it, also for a worker that was declared dead meanwhile; the state it is in now."""
    with ledger.begin() as session:
        publication = _locked(session, held.publication_id)
        mine = publication.state == "sending" and publication.claim == held.token
        if publication.state == "scheduled":
            # Settled as not sent while this answer was on its way: it was, so nobody may send it again.
            move(session, publication, "scheduled", "sending", by=BY, why="迟到的回执", now=now, claim=held.token)
        elif not mine and publication.state != "unknown":
            log(session, publication, by=BY, why=f"迟到的回执：平台标识 {accepted.external_id[:200]}", now=now)
            return publication.state
        accept(session, publication, accepted, progress=progress, why="平台已收下", now=now)
        return publication.state


def accept(
    session: Session,
    publication: Publication,
    accepted: Accepted,
    *,
    progress: dict[str, Any],
    why: str,
    now: datetime,
    by: str = BY,
) -> None:
    """From `sending` or `unknown` to `accepted`, and on to `live` when readers can see it.

    An id that another publication of the account has already, or that is no id, leaves it `unknown`: a person decides.
    """
    state = publication.state
    wrong = doubt(session, publication, accepted)
    if wrong:
        if state == "sending":
            move(session, publication, state, "unknown", by=by, why=wrong, now=now, claim=None, last_error=wrong)
        else:
            # No more looking by ourselves: it would find the same again.
            publication.last_error, publication.not_before = wrong, None
        return
    url = usable_url(accepted.url)
    left = {name: value for name, value in {**progress, **accepted.keep}.items() if name != LEAVING}
    move(
        session,
        publication,
        state,
        "accepted",
        by=by,
        why=why,
        now=now,
        claim=None,
        external_id=accepted.external_id,
        url=url,
        accepted_at=now,
        not_before=None,
        last_error=None,
        progress=left,
    )
    if accepted.live:
        move(session, publication, "accepted", "live", by=by, why="读者可见", now=now, live_at=now)


def usable_url(url: str | None) -> str | None:
    """An address that may stand in a page; None for anything that is no web address or too long."""
    return url if url and len(url) <= 2000 and is_web_address(url) else None


def doubt(session: Session, publication: Publication, accepted: Accepted) -> str:
    """Why the platform's id cannot be this publication's; "" when it can."""
    if not 0 < len(accepted.external_id) <= 200:
        return "平台给出的标识不能用，请人工核对"
    other = session.scalar(
        select(Publication.id).where(
            Publication.account == publication.account,
            Publication.external_id == accepted.external_id,
            Publication.id != publication.id,
        )
    )
    return f"平台给出的标识属于发布单 #{other}，请人工核对" if other else ""


def _locked(session: Session, publication_id: int) -> Publication:
    # SQLite's transactions begin with the write lock; PostgreSQL takes the row's.
    return session.get_one(Publication, publication_id, with_for_update=True)


def _gap_ends(session: Session, publication: Publication, rules: PublishingRules) -> datetime | None:
    """When the account may post again."""
    if not rules.min_gap_minutes:
        return None
    mine = session.get_one(Edition, publication.edition_id)
    last = session.scalar(
        select(func.max(Publication.claimed_at))
        .join(Edition, Edition.id == Publication.edition_id)
        .where(
            Publication.account == publication.account,
            Publication.id != publication.id,
            Publication.state.in_(_SENT),
            Edition.rehearsal == mine.rehearsal,
        )
    )
    return last + timedelta(minutes=rules.min_gap_minutes) if last else None


def _page(session: Session, publication: Publication, now: datetime) -> tuple[str | None, datetime | None]:
    """The story's own page, and until when to wait for one (Weibo only); the outlet's own site before another's."""
    if publication.channel == "wordpress":
        return None, None
    pages = session.scalars(
        select(Publication)
        .where(Publication.version_id == publication.version_id, Publication.channel == "wordpress")
        .order_by(Publication.id)
    ).all()
    own = [page for page in pages if page.outlet == publication.outlet]
    for page in own:
        if page.state == "live" and page.url:
            return page.url, None
    patience_ends = publication.scheduled_at + LINK_PATIENCE
    if publication.channel == "weibo" and now < patience_ends and any(page.state in _COMING for page in own or pages):
        return None, min(now + LINK_CHECK, patience_ends)
    return next((page.url for page in pages if page.state == "live" and page.url), None), None

"""Puts a new version before the readers of one post: edited in place, or told of in a correction note."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import Accepted, Article, Correcting, Line, Progress, Rejected
from rongmei.errors import Refused
from rongmei.ledger import Amendment, Publication, StoryVersion, log
from rongmei.publishing import claims, taken, verdicts
from rongmei.publishing.amendments import gets_note
from rongmei.publishing.articles import Articles
from rongmei.publishing.due import STALE_AFTER, Due
from rongmei.publishing.notes import make_note
from rongmei.publishing.runs import Run
from rongmei.publishing.sending import deliver
from rongmei.publishing.standing import ALONE, BY, page_channels
from rongmei.publishing.taken import Order

REVIEWED = "reviewed_since"
"""In an amendment's evidence: when the platform took a correction that it reviews before readers see it."""
MAX_ANSWER = 500


def correct(run: Run, line: Line, media: Path, order: Order, version_id: int) -> str:
    """What became of the order: `done`, `waiting`, `by_hand` or `elsewhere`.

    Args:
        media: the media folder.

    Raises:
        ChannelError: as `Correcting.correct` says; it is safe to try again.
        Overtaken: a newer order came before the text was written.
    """
    if gets_note(run.channel.name):
        return _follow_note(run, line, media, order, version_id)
    if not isinstance(run.channel, Correcting):
        raise Refused(f"{line.account}：{run.channel.label}不能更正已发的内容")
    if order.evidence.get(REVIEWED):
        return _ask_review(run, line, order)
    made = _article(run, media, order, version_id)
    problems = run.channel.validate(made, line.credential)
    if problems:
        raise Refused(f"{line.account}：{'；'.join(problems)}")
    progress = Progress(order.post.progress, partial(taken.keep, run, order))
    accepted = run.channel.correct(line, order.post, made, progress)
    return _edited(run, order, version_id, accepted)


# ── edited in place ──────────────────────────────────────────────────────────────────────────────────────────────


def _article(run: Run, media: Path, order: Order, version_id: int) -> Article:
    made = Articles(run.ledger, run.plan, media, [version_id])
    author = run.outlet_names.get(order.outlet, order.outlet)
    return made.make(version_id, fingerprint=order.post.fingerprint, author=author, link=_page(run, order))


def _page(run: Run, order: Order) -> str | None:
    """Where the story's page is, the outlet's own before another's."""
    if run.channel.capabilities.page:
        return None
    with run.ledger.read() as session:
        rows = session.execute(
            select(Publication.outlet, Publication.url)
            .where(
                Publication.story_id == order.story_id,
                Publication.channel.in_(page_channels()),
                Publication.state == "live",
                Publication.url.is_not(None),
            )
            .order_by(Publication.id)
        ).all()
    return next((url for _, url in sorted(rows, key=lambda row: row.outlet != order.outlet)), None)


def _edited(run: Run, order: Order, version_id: int, accepted: Accepted) -> str:
    answer = json.dumps(dict(accepted.keep), ensure_ascii=False, default=str)[:MAX_ANSWER]
    change = partial(_write_edit, run, version_id, accepted)
    if accepted.live:
        return taken.finish(run, order, "edited", {"said": "平台已换成新版本", "answer": answer}, change)
    facts = {"answer": answer, REVIEWED: run.clock().isoformat()}
    return taken.put_off(run, order, "平台已收下新版本，正在复审", facts=facts, wrote=change)


def _write_edit(
    run: Run, version_id: int, accepted: Accepted, session: Session, publication: Publication, _: Amendment
) -> None:
    """What the platform gave for the new version, and that the post shows it."""
    version = session.get_one(StoryVersion, version_id)
    publication.progress = {**publication.progress, **accepted.keep}
    if not verdicts.doubt(session, publication, accepted):
        publication.external_id = accepted.external_id
        publication.url = verdicts.usable_url(accepted.url) or publication.url
    _show(session, publication, version)
    log(session, publication, by=BY, why=f"已更正为第 {version.number} 版", now=run.clock())


def _show(session: Session, publication: Publication, version: StoryVersion) -> None:
    """The publication is of that version now, unless another one of the account is: they are unique."""
    other = session.scalar(
        select(Publication.id).where(
            Publication.version_id == version.id,
            Publication.account == publication.account,
            Publication.id != publication.id,
        )
    )
    if other is None:
        publication.version_id = version.id


def _ask_review(run: Run, line: Line, order: Order) -> str:
    """Whether a correction that the platform reviews is before the readers."""
    answer = run.platform.confirm(line, order.post)
    if isinstance(answer, Rejected):
        return taken.give_to_person(run, order, f"平台复审没有通过新版本：{answer.why}")
    if not isinstance(answer, Accepted) or not answer.live:
        why = "" if isinstance(answer, Accepted) else answer.why
        return taken.put_off(run, order, f"平台还在复审新版本：{why}".rstrip("："))
    return taken.finish(run, order, "edited", {"said": "平台复审通过，已换成新版本"})


# ── told of in a note ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Note:
    """A correction note as it stands, and the time from which it may go out."""

    due: Due
    state: str
    url: str | None
    opens_at: datetime
    last_error: str | None


def _follow_note(run: Run, line: Line, media: Path, order: Order, version_id: int) -> str:
    """The correction is a publication of its own; this order is done when that one is before the public."""
    found = _find_note(run, order, version_id)
    if found is not None and found.state == "scheduled" and found.opens_at <= run.clock():
        _send(run, line, media, found.due)
        found = _find_note(run, order, version_id)
    if found is None:
        return taken.give_to_person(run, order, "这一版在这个账号上已经取消过，更正说明请人工发布")
    if found.state == "live":
        return taken.finish(run, order, "noted", {"publication": found.due.id, "url": found.url})
    if found.state not in ("scheduled", "sending", "unknown", "accepted"):
        return taken.give_to_person(run, order, f"更正说明没有发出：{found.last_error or found.state}")
    until = found.opens_at if found.state == "scheduled" else run.clock()
    why = f"更正说明（发布单 #{found.due.id}）还没有上线" + (f"：{found.last_error}" if found.last_error else "")
    return taken.put_off(run, order, why, until=until)


def _find_note(run: Run, order: Order, version_id: int) -> _Note | None:
    """The note, made now if it is not there yet; all posts of the story on the account share one."""
    now = run.clock()
    with run.ledger.begin() as session:
        publication, _ = taken.both(session, order.id)
        version = session.get_one(StoryVersion, version_id)
        latest = session.scalars(
            select(Publication)
            .where(
                Publication.story_id == order.story_id,
                Publication.account == publication.account,
                Publication.state == "live",
                Publication.version_id != version_id,
            )
            .order_by(Publication.id.desc())
            .limit(1)
        ).one_or_none()
        note = make_note(session, latest or publication, version, why=order.why, now=now)
        return _as_it_stands(note) if note is not None else None


def _as_it_stands(note: Publication) -> _Note:
    progress: Mapping[str, Any] = note.progress
    due = Due(
        id=note.id,
        account=note.account,
        outlet=note.outlet,
        version_id=note.version_id,
        fingerprint=note.fingerprint,
        scheduled_at=note.scheduled_at,
        alone=bool(progress.get(ALONE)),
    )
    opens_at = max(note.scheduled_at, note.not_before or note.scheduled_at)
    return _Note(due, note.state, note.url, opens_at, note.last_error)


def _send(run: Run, line: Line, media: Path, note: Due) -> None:
    """The note goes out as every publication does; whether it did stands in the ledger."""
    articles = Articles(run.ledger, run.plan, media, [note.version_id])
    held, _ = claims.claim(run, articles, [note], now=run.clock())
    if held:
        deliver(run, line, held, stale_after=STALE_AFTER)

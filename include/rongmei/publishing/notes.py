"""Correction notes (更正说明): publications of a corrected version where the platform cannot edit the post that is out.

A note is an ordinary publication, sent by the outbox as all are, that says at its beginning which post it corrects and
why. What it says stands in its progress from the moment it is made.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import Article, fingerprint
from rongmei.channels.captions import cut
from rongmei.channels.links import is_web_address
from rongmei.channels.rendering import one_line
from rongmei.clock import aware, spoken
from rongmei.ledger import CORRECTS, Edition, Publication, StoryVersion, log
from rongmei.publishing.standing import BY

FACTS = "correction"
"""Beside it: title, url and time of that publication, and why it is corrected."""
MARK = "【更正】"
TITLE_UNITS = 30
"""A title of this length, in UTF-16 units, fits on every platform that gets notes; WeChat's 32 is the least."""
DIGEST_UNITS = 120


def as_correction(
    article: Article, earlier_title: str, earlier_url: str | None, published_at: datetime, why: str
) -> Article:
    """The article as a correction note: marked in its title, and begun with what it corrects and why.

    A title that becomes too long is cut at its end, but never below what was reviewed or what every platform takes.

    Args:
        earlier_title: of the post that is wrong.
        earlier_url: where readers find it; left out where there is no web address.
        published_at: when it came out, aware; said in Shanghai's time.
        why: one clause; readers see it.
    """
    said = _sentence(earlier_title, published_at, why)
    before, title, after = said
    shown = html.escape(title)
    if earlier_url and is_web_address(earlier_url):
        shown = f'<a href="{html.escape(earlier_url)}">{shown}</a>'
    note = "".join(said)
    return replace(
        article,
        title=_marked(article.title),
        titles={channel: _marked(title) for channel, title in article.titles.items()},
        digest=cut(note, DIGEST_UNITS),
        html=f"<p>{html.escape(before)}{shown}{html.escape(after)}</p>{article.html}",
        text=f"{note}{article.text}",
    )


def noted(article: Article, progress: Mapping[str, Any]) -> Article:
    """The article of a publication with that progress: as a correction note if it is one, else as it is."""
    facts = progress.get(FACTS)
    if CORRECTS not in progress or not isinstance(facts, dict):
        return article
    moment = aware(datetime.fromisoformat(facts["at"]))
    return as_correction(article, facts["title"], facts["url"], moment, facts["why"])


def make_note(
    session: Session, earlier: Publication, version: StoryVersion, *, why: str, now: datetime
) -> Publication | None:
    """The publication that corrects `earlier` on its account, due at once; made once, found after that.

    None where this version was tried there and given up: the account cannot get it a second time.
    """
    known = session.scalars(
        select(Publication).where(Publication.version_id == version.id, Publication.account == earlier.account)
    ).one_or_none()
    if known is not None:
        return None if known.state == "cancelled" else known
    edition = session.get_one(Edition, earlier.edition_id)
    note = Publication(
        edition_id=earlier.edition_id,
        story_id=earlier.story_id,
        version_id=version.id,
        outlet=earlier.outlet,
        channel=earlier.channel,
        account=earlier.account,
        state="scheduled",
        fingerprint=fingerprint(
            edition=edition.key, story_id=earlier.story_id, content_hash=version.content_hash, account=earlier.account
        ),
        scheduled_at=now,
        progress={CORRECTS: earlier.id, FACTS: _facts(session, earlier, why)},
    )
    session.add(note)
    log(session, note, by=BY, why=f"发布单 #{earlier.id} 的更正说明", now=now)
    return note


def _facts(session: Session, earlier: Publication, why: str) -> dict[str, Any]:
    version = session.get_one(StoryVersion, earlier.version_id)
    titles: Mapping[str, str] = (version.extras or {}).get("titles", {})
    out_at = earlier.live_at or earlier.accepted_at or earlier.scheduled_at
    return {
        "title": titles.get(earlier.channel) or version.title,
        "url": earlier.url,
        "at": out_at.isoformat(),
        "why": why,
    }


def _sentence(title: str, published_at: datetime, why: str) -> tuple[str, str, str]:
    """What stands before the title, the title, and what follows it."""
    reason = one_line(why).rstrip("。．.；;，, ")
    return f"{MARK}{spoken(published_at)}发布的《", one_line(title), f"》有误：{reason}。现更正如下。"


def _marked(title: str) -> str:
    if title.startswith((MARK, MARK[1:-1])):
        return title
    return cut(MARK + title, max(len(title), TITLE_UNITS))

"""One draft for one to eight publications, laid so that whatever crashes when, no article can go out twice.

What a publication's progress says of it:

* `draft`, `index`, `together`, `laid`: the draft's media_id, the article's place in it (from 1), the fingerprints of
  all its articles in their order, and when it was laid;
* `submitted`: the draft that may have been submitted. It is committed right before the call and taken back when the
  platform clearly did nothing.

A draft leaves the draft box when it is submitted, so the same draft cannot publish twice, and one that is still in the
box was not published: that is what makes it safe to settle the publications of a bundle one by one. Each looks for
itself; those that certainly did not go out are bundled anew in another draft, and the old one is submitted by nobody,
because only publications that stand together again in just its order may take it up.

A draft that has left the box is taken up too, and before any other, if it may have been submitted or stands in the
published list (somebody pressed 发表 in the console): submitting it is refused (40007), so nothing goes out twice, and
reading settles each publication: those it held are found, the others did not go out.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rongmei.channels.base import Absent, Line, Parcel, Pending
from rongmei.channels.platforms.wechat.calls import (
    NO_SUCH_MEDIA,
    Calls,
    code_of,
    object_of,
    objects,
    refuse,
    wanted,
)
from rongmei.channels.platforms.wechat.published import is_ours, listed
from rongmei.channels.values import text_of
from rongmei.errors import TryLater

MAX_ARTICLES = 8
_LOOK_BACK = timedelta(days=2)


def assemble(
    calls: Calls, line: Line, parcels: Sequence[Parcel], titles: Sequence[str], articles: Sequence[Mapping[str, Any]]
) -> None:
    """See that every parcel's progress names one draft that holds exactly these articles, in this order.

    Args:
        titles: of the articles, in the order of the parcels.
        articles: as `draft/add` takes them, in the same order.

    Raises:
        ValueError: not between one and eight, or one of them twice.
    """
    together = [parcel.article.fingerprint for parcel in parcels]
    if not 1 <= len(together) <= MAX_ARTICLES or len(set(together)) < len(together):
        raise ValueError(f"{len(together)} articles with {len(set(together))} fingerprints do not make a message")
    held = {draft: _look(calls, line, draft) for draft in _known(parcels)}
    # A draft that may be out comes first: another one with the same article would publish it twice.
    for draft, news in held.items():
        if news is None and _may_be_out(calls, line, draft, parcels):
            _note(parcels, together, draft=draft)
            return
    for draft, news in held.items():
        if news is not None and _holds(news, parcels, titles):
            _note(parcels, together, draft=draft)
            return
    data = calls.ask(line, "/cgi-bin/draft/add", "存草稿", json_body={"articles": list(articles)})
    draft = wanted(data, "media_id", line, "存草稿")
    _note(parcels, together, draft=draft, laid=line.clock().isoformat())


def _known(parcels: Sequence[Parcel]) -> list[str]:
    """The drafts that the parcels' progress names, each once."""
    drafts = (text_of(parcel.progress.get("draft")) for parcel in parcels)
    return list(dict.fromkeys(draft for draft in drafts if draft))


def _may_be_out(calls: Calls, line: Line, draft: str, parcels: Sequence[Parcel]) -> bool:
    """Whether a draft that has left the box may have been submitted, or stands in the published list."""
    users = [parcel for parcel in parcels if parcel.progress.get("draft") == draft]
    if any(parcel.progress.get("submitted") == draft for parcel in users):
        return True
    since = min(_laid_at(parcel, line) for parcel in users)
    return any(
        is_ours(article.news, parcel.article.fingerprint, text_of(parcel.progress.get("cover")))
        for article in listed(calls, line, since)
        for parcel in users
    )


def _holds(held: Sequence[Mapping[str, Any]], parcels: Sequence[Parcel], titles: Sequence[str]) -> bool:
    """Whether the articles of a draft are just these publications, in this order."""
    return len(held) == len(parcels) and all(
        _same(news, parcel, title) for news, parcel, title in zip(held, parcels, titles, strict=True)
    )


def _look(calls: Calls, line: Line, draft: str) -> list[dict[str, Any]] | None:
    """`draft/get`: the articles of a draft; None when it is no longer in the box."""
    data = object_of(calls.post(line, "/cgi-bin/draft/get", json_body={"media_id": draft}), line, "查看草稿")
    code = code_of(data)
    if code == NO_SUCH_MEDIA:
        return None
    if code:
        refuse(line, "查看草稿", code, data)
    held = objects(data.get("news_item"))
    if not held:
        raise TryLater(f"{line.account} 查看草稿：平台的回答里没有文章")
    return held


def _same(news: Mapping[str, Any], parcel: Parcel, title: str) -> bool:
    """Whether an article of a draft is this publication's, under the title that was reviewed."""
    fingerprint, cover = parcel.article.fingerprint, text_of(parcel.progress.get("cover"))
    return is_ours(news, fingerprint, cover) and _plain(text_of(news.get("title"))) == _plain(title)


def _plain(title: str) -> str:
    return "".join(html.unescape(title).split())


def _laid_at(parcel: Parcel, line: Line) -> datetime:
    now = line.clock()
    try:
        laid = datetime.fromisoformat(text_of(parcel.progress.get("laid")))
    except ValueError:
        return now - _LOOK_BACK
    return laid if laid.tzinfo is not None else now - _LOOK_BACK


def _note(parcels: Sequence[Parcel], together: list[str], **more: str) -> None:
    """Commit to every parcel what is not written there yet."""
    for index, parcel in enumerate(parcels, start=1):
        news = {"index": index, "together": together, **more}
        changes = {name: value for name, value in news.items() if parcel.progress.get(name) != value}
        if changes:
            parcel.progress.save(**changes)


def assembled(line: Line, parcels: Sequence[Parcel]) -> str:
    """The draft that holds the parcels in their order, by their progress.

    Raises:
        TryLater: they do not agree on one.
    """
    together = [parcel.article.fingerprint for parcel in parcels]
    drafts = set(_known(parcels))
    agreed = len(drafts) == 1 and all(
        parcel.progress.get("draft") and parcel.progress.get("together") == together for parcel in parcels
    )
    if not agreed:
        raise TryLater(f"{line.account} 提交发布：草稿还没有存好")
    return drafts.pop()


def note_submission(parcels: Sequence[Parcel], draft: str) -> list[Parcel]:
    """Commit that the draft is about to be submitted; the parcels of which that was not known."""
    fresh = [parcel for parcel in parcels if parcel.progress.get("submitted") != draft]
    for parcel in fresh:
        parcel.progress.save(submitted=draft)
    return fresh


def forget_submission(parcels: Sequence[Parcel]) -> None:
    """Take the note back: the platform clearly did nothing."""
    for parcel in parcels:
        parcel.progress.forget("submitted")


def draft_state(calls: Calls, line: Line, progress: Mapping[str, Any]) -> Absent | Pending:
    """What the draft box says of a publication that does not stand in the published list."""
    draft = text_of(progress.get("draft"))
    if not draft:
        return Absent("还没有存草稿，没有提交过")
    if _look(calls, line, draft) is not None:
        return Absent("草稿还在草稿箱，没有发出")
    if progress.get("submitted") != draft:
        return Absent("草稿已不在草稿箱，但没有提交过，也不在已发布里")
    return Pending("草稿已离开草稿箱，但还没有出现在已发布里，可能在审核")

"""Figures of published articles out of the datacube, which counts by day and knows nothing of today.

`getarticletotaldetail` (data from 2025-11-01) counts readers; where it has nothing, `getarticletotal` counts readings
and knows neither likes nor comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rongmei.channels.base import Line, Numbers, Posted
from rongmei.channels.platforms.wechat.calls import (
    UNAUTHORISED,
    Calls,
    code_of,
    object_of,
    objects,
    refuse,
)
from rongmei.channels.platforms.wechat.jobs import name_and_index
from rongmei.channels.values import count, text_of
from rongmei.clock import local_date

# Wrong dates, or an interface that is not open to the account: no data, and nothing a person has to mend.
_SILENT = (61500, 61501, 61503, UNAUTHORISED)


def read_numbers(calls: Calls, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
    """Cumulative figures up to yesterday by external id; one call a day of publication, two where the first is mute."""
    today = local_date(line.clock())
    found: dict[str, Numbers] = {}
    days = sorted({day for post in posts for day in _days(post)})
    for day in (day for day in days if day < today):
        of_day = [post for post in posts if day in _days(post) and post.external_id not in found]
        found.update(_match(_day(calls, line, day, "getarticletotaldetail"), of_day, _new_numbers))
        rest = [post for post in of_day if post.external_id not in found]
        if rest:
            found.update(_match(_day(calls, line, day, "getarticletotal"), rest, _old_numbers))
    return found


def _day(calls: Calls, line: Line, day: date, interface: str) -> list[dict[str, Any]]:
    """The list of one day; empty where the interface has no data for it or is not open to the account."""
    dates = {"begin_date": day.isoformat(), "end_date": day.isoformat()}
    data = object_of(calls.post(line, f"/datacube/{interface}", json_body=dates), line, "读取数据")
    code = code_of(data)
    if code in _SILENT:
        return []
    if code:
        refuse(line, "读取数据", code, data)
    return objects(data.get("list"))


def _days(post: Posted) -> set[date]:
    """The Shanghai days on which it may have been published: two when the review went past midnight."""
    return {local_date(post.accepted_at), local_date(post.published_at)}


def _match(
    items: Iterable[dict[str, Any]], posts: Sequence[Posted], numbers: Callable[[Mapping[str, Any]], Numbers | None]
) -> dict[str, Numbers]:
    """Figures by external id: matched by msg_data_id and place, else by address, else by a title only one item has."""
    listed = list(items)
    found = {}
    for post in posts:
        item = _item_of(post, listed)
        figures = numbers(item) if item is not None else None
        if figures is not None:
            found[post.external_id] = figures
    return found


def _item_of(post: Posted, items: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    message = text_of(post.progress.get("msg_data_id"))
    if message:
        wanted = f"{message}_{name_and_index(post)[1]}"
        return next((item for item in items if text_of(item.get("msgid")) == wanted), None)
    address = (post.url or "").partition("#")[0]
    if address:
        for item in items:
            if text_of(item.get("content_url")).partition("#")[0] == address:
                return item
    titled = [item for item in items if item.get("title") == post.title]
    return titled[0] if len(titled) == 1 else None


def _new_numbers(item: Mapping[str, Any]) -> Numbers | None:
    last = _last(item.get("detail_list"))
    if last is None:
        return None
    return Numbers(
        reads=count(last.get("read_user")),
        likes=count(last.get("like_user")),
        comments=count(last.get("comment_count")),
        shares=count(last.get("share_user")),
        watching=count(last.get("zaikan_user")),
        favourites=count(last.get("collection_user")),
        raw={"interface": "getarticletotaldetail", **_scalars(last)},
    )


def _old_numbers(item: Mapping[str, Any]) -> Numbers | None:
    last = _last(item.get("details"))
    if last is None:
        return None
    return Numbers(
        reads=count(last.get("int_page_read_count")),
        shares=count(last.get("share_count")),
        favourites=count(last.get("add_to_fav_count")),
        raw={"interface": "getarticletotal", **_scalars(last)},
    )


def _last(details: Any) -> dict[str, Any] | None:
    """The record of the latest `stat_date`; records are cumulative."""
    return max(objects(details), key=lambda detail: text_of(detail.get("stat_date")), default=None)


def _scalars(record: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items() if isinstance(value, int | float | str)}

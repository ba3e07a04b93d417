"""Figures of published articles out of the datacube, which counts by day and knows nothing of today.

`getarticletotaldetail` (data from 2025-11-01) counts readers; where it has nothing, `getarticletotal` counts readings
and knows neither likes nor comments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from rongmei.channels.base import Line, Numbers, Posted
from rongmei.channels.counting import numbers_of
from rongmei.channels.platforms.wechat.calls import (
    UNAUTHORISED,
    Calls,
    code_of,
    object_of,
    objects,
    refuse,
)
from rongmei.channels.platforms.wechat.jobs import name_and_index
from rongmei.channels.values import text_of
from rongmei.clock import local_date

FIRST_DAY = date(2025, 11, 1)
"""The first day that the new interface has data of."""
MOST_DAYS = 90
"""Records of one article that are looked at; the datacube gives thirty."""
_NEW = {
    "reads": "read_user",
    "likes": "like_user",
    "comments": "comment_count",
    "shares": "share_user",
    "watching": "zaikan_user",
    "favourites": "collection_user",
}
_BESIDE = ("read_subscribe_user", "read_finish_rate", "read_avg_activetime", "praise_money")
_OLD = {"reads": "int_page_read_count", "shares": "share_count", "favourites": "add_to_fav_count"}
# Wrong dates, or an interface that is not open to the account: no data, and nothing a person has to mend.
_SILENT = (61500, 61501, 61503, UNAUTHORISED)


class Mute:
    """Remembers for the rest of a day which accounts the new interface is not open to; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, date] = {}

    def note(self, account: str, today: date) -> None:
        """The account was told so today."""
        with self._lock:
            self._told[account] = today

    def __call__(self, account: str, today: date) -> bool:
        """Whether it was told so today."""
        with self._lock:
            return self._told.get(account) == today


def read_numbers(calls: Calls, line: Line, posts: Sequence[Posted], mute: Mute | None = None) -> dict[str, Numbers]:
    """Cumulative figures up to the end of each day so far, by external id.

    One call a day of publication, a second one where the new interface is mute. `Numbers.earlier` holds the days
    before the last one that the datacube tells of: figures of theirs that were revised are among them.
    """
    today = local_date(line.clock())
    mute = mute or Mute()
    found: dict[str, Numbers] = {}
    for day in sorted({day for post in posts for day in _days(post)}):
        for interface, numbers in (("getarticletotaldetail", _new_numbers), ("getarticletotal", _old_numbers)):
            wanted = [post for post in posts if day in _days(post) and post.external_id not in found]
            new = interface == "getarticletotaldetail"
            if wanted and day < today and not (new and (day < FIRST_DAY or mute(line.account, today))):
                items, code = _day(calls, line, day, interface)
                if new and code == UNAUTHORISED:
                    mute.note(line.account, today)
                found.update(_match(items, wanted, partial(numbers, first=day, last=today)))
    return found


def _day(calls: Calls, line: Line, day: date, interface: str) -> tuple[list[dict[str, Any]], int]:
    """The list of one day, empty where the interface has no data for it or is not open to the account; its code."""
    dates = {"begin_date": day.isoformat(), "end_date": day.isoformat()}
    data = object_of(calls.post(line, f"/datacube/{interface}", json_body=dates), line, "读取数据")
    code = code_of(data)
    if code and code not in _SILENT:
        refuse(line, "读取数据", code, data)
    return ([] if code else objects(data.get("list"))), code


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


def _new_numbers(item: Mapping[str, Any], first: date, last: date) -> Numbers | None:
    return _by_day(
        [
            numbers_of(record, _NEW, beside=_BESIDE, about=day)
            for day, record in _records(item.get("detail_list"), first, last)
        ]
    )


def _old_numbers(item: Mapping[str, Any], first: date, last: date) -> Numbers | None:
    return _by_day(
        [
            numbers_of(record, _OLD, about=day, source="getarticletotal")
            for day, record in _records(item.get("details"), first, last)
        ]
    )


def _records(details: Any, first: date, last: date) -> list[tuple[date, dict[str, Any]]]:
    """The cumulative records by the day they end on, in order; of a day told twice the later one. Others are none."""
    found: dict[date, dict[str, Any]] = {}
    for record in objects(details)[:MOST_DAYS]:
        try:
            day = date.fromisoformat(text_of(record.get("stat_date")))
        except ValueError:
            continue
        if first <= day <= last:
            found[day] = record
    return sorted(found.items(), key=lambda one: one[0])


def _by_day(days: Sequence[Numbers]) -> Numbers | None:
    """The last day's, with those before it."""
    return replace(days[-1], earlier=tuple(days[:-1])) if days else None

"""Figures of Alipay articles, by day of publication and title, the only names the statistics know them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rongmei.channels.base import Line, Numbers, Posted
from rongmei.channels.counting import numbers_of
from rongmei.channels.platforms.alipay import gateway
from rongmei.channels.values import text_of
from rongmei.clock import local_date

_FIGURES = {
    "reads": "read_user_cnt",
    "likes": "praise_user_cnt",
    "comments": "reply_user_cnt",
    "shares": "share_user_cnt",
}
_BESIDE = ("deliver_user_cnt", "expose_user_cnt", "avg_read_time")
METHOD = "alipay.open.public.singlearticle.data.batchquery"
REACH = timedelta(days=30)
"""As far back as the interface goes, and as many days as one call may ask for."""


def read(line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
    """Figures up to yesterday, one call for all posts; those that share day and title with another are left out."""
    today = local_date(line.clock())
    yesterday = today - timedelta(days=1)
    days = sorted({day for post in posts for day in days_of(post) if today - REACH < day < today})
    if not days:
        return {}
    dates = {"begin_date": f"{days[0]:%Y%m%d}", "end_date": f"{days[-1]:%Y%m%d}"}
    node = gateway.ask(line, METHOD, "读取数据", content=dates)
    listed = node.get("data_list")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    found = {}
    for post in posts:
        row = _row_of(post, rows)
        if row is not None:
            found[post.external_id] = numbers_of(row, _FIGURES, beside=_BESIDE, about=yesterday)
    return found


def days_of(post: Posted) -> set[date]:
    """The Shanghai days on which it may have been published."""
    return {local_date(post.accepted_at), local_date(post.published_at)}


def _row_of(post: Posted, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    titles = {text_of(post.progress.get(name)) for name in ("title", "corrected_title")} - {""} or {post.title}
    wanted = {f"{day:%Y%m%d}" for day in days_of(post)}
    same = [row for row in rows if text_of(row.get("title")) in titles and _digits(row.get("date")) in wanted]
    return same[0] if len(same) == 1 else None


def _digits(value: Any) -> str:
    """A day as eight digits, however it is written."""
    return "".join(sign for sign in text_of(value) if sign.isdecimal())[:8]

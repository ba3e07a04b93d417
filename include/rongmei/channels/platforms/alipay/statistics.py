"""Figures of Alipay articles, by day of publication and title, the only names the statistics know them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from rongmei.channels.base import Line, Numbers, Posted
from rongmei.channels.platforms.alipay import gateway
from rongmei.channels.values import count, text_of
from rongmei.clock import local_date

METHOD = "alipay.open.public.singlearticle.data.batchquery"
REACH = timedelta(days=30)
"""As far back as the interface goes, and as many days as one call may ask for."""


def read(line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
    """Figures up to yesterday, one call for all posts; those that share day and title with another are left out."""
    today = local_date(line.clock())
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
            found[post.external_id] = _numbers(row)
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


def _numbers(row: Mapping[str, Any]) -> Numbers:
    return Numbers(
        reads=count(row.get("read_user_cnt")),
        likes=count(row.get("praise_user_cnt")),
        comments=count(row.get("reply_user_cnt")),
        shares=count(row.get("share_user_cnt")),
        raw={str(name): value for name, value in row.items() if isinstance(value, int | str)},
    )

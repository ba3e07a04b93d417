"""What became of a submission: one job publishes up to eight articles, and each has a fate of its own.

`freepublish/get` and the event PUBLISHJOBFINISH say the same, so both are read into a `Job`. `fail_idx` counts from 1
and is filled for the statuses 2 and 4 by the official page, for 3 by a captured answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rongmei.channels.base import Accepted, Pending, Posted, Rejected
from rongmei.channels.platforms.wechat.calls import objects
from rongmei.channels.values import number_or_none, text_of

PUBLISHED = 0
REFUSED = {2: "原创声明未通过", 3: "平台发布失败", 4: "平台审核不通过"}
_PLACE = re.compile(r"[1-9][0-9]?")
WITHDRAWN = {5: "文章已被删除", 6: "文章已被平台封禁"}


@dataclass(frozen=True)
class Job:
    """A submission as the platform tells of it.

    Attributes:
        status: 0 published, 1 in progress, 2–4 refused, 5–6 published and taken away again; None: not said.
        article_id: names the message; only once it is published.
        urls: addresses of the articles by their place in the message, from 1.
        failed: places of the articles that were refused.
    """

    publish_id: str
    status: int | None
    article_id: str = ""
    urls: Mapping[int, str] = field(default_factory=dict)
    failed: tuple[int, ...] = ()


def job_of(data: Mapping[str, Any]) -> Job:
    """The job in an answer of `freepublish/get`."""
    detail = data.get("article_detail")
    items = objects(detail.get("item")) if isinstance(detail, dict) else []
    failed = data.get("fail_idx")
    return Job(
        publish_id=text_of(data.get("publish_id")),
        status=number_or_none(data.get("publish_status")),
        article_id=text_of(data.get("article_id")),
        urls={
            number_or_none(item.get("idx")) or place: text_of(item.get("article_url"))
            for place, item in enumerate(items, start=1)
        },
        failed=tuple(sorted(places(failed if isinstance(failed, list) else []))),
    )


def places(values: list[Any]) -> set[int]:
    """The places in a message that the values name."""
    numbers = (number_or_none(value) for value in values)
    return {number for number in numbers if number is not None and number > 0}


def verdict(job: Job, index: int) -> Accepted | Pending | Rejected | None:
    """What the job says of the article at `index`; None where others were refused and it is not spoken of."""
    if job.status in WITHDRAWN:
        return Rejected(WITHDRAWN[job.status])
    if job.status not in (PUBLISHED, *REFUSED):
        return Pending("平台正在发布")
    if index in job.failed:
        return Rejected(REFUSED.get(job.status, "平台审核不通过"))
    if job.article_id and (index in job.urls or (job.status == PUBLISHED and not job.urls)):
        return Accepted(external_id_of(job.article_id, index), job.urls.get(index) or None, live=True)
    if job.status == PUBLISHED:
        what = "没有列出这一篇，请到公众号后台核对" if job.article_id else "还没有给出文章标识"
        return Pending(f"平台说已发布，{what}")
    return None if job.failed else Rejected(REFUSED[job.status])


def external_id_of(name: str, index: int) -> str:
    """One article of a message: the id of the job or the message, and its place. Unique for an account."""
    return f"{name}:{index}"


def article_of(external_id: str, otherwise: int = 1) -> tuple[str, int]:
    """The id of the job or the message, and the place of the article in it, from 1.

    Args:
        otherwise: the place where the id has none.
    """
    name, _, place = external_id.rpartition(":")
    return (name, int(place)) if name and _PLACE.fullmatch(place) else (external_id, otherwise)


def name_and_index(posted: Posted) -> tuple[str, int]:
    """`article_of` a publication."""
    return article_of(posted.external_id, number_or_none(posted.progress.get("index")) or 1)


def publish_id_of(posted: Posted) -> str:
    """The id that `freepublish/submit` gave."""
    return text_of(posted.progress.get("publish_id")) or name_and_index(posted)[0]


def is_confirmed(posted: Posted) -> bool:
    """Whether the external id names a published message and not yet the job that is to publish it."""
    return name_and_index(posted)[0] != text_of(posted.progress.get("publish_id"))

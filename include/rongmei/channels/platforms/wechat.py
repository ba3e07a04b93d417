"""WeChat Official Accounts (微信公众号): pictures, draft, freepublish, datacube.

Protocol: developers.weixin.qq.com, as written down in the project's protocol notes, section 1. One story is one draft
with one article. What makes a post go out once here:

* the draft's `media_id` is kept before `freepublish/submit`; a submitted draft leaves the draft box, so submitting the
  same one again cannot publish twice;
* a draft that is still in the box was certainly not published (`draft/get`), one that is published is found in
  `freepublish/batchget`, by the fingerprint in `content_source_url` (`?rm=…`) or by its cover's `thumb_media_id`,
  which belongs to this one publication.

Connection fields: `appid`, `secret`; optionally `home` (http(s) page behind 阅读原文 where the story has none of its
own) and `title_limit` (characters, default 32: the official pages disagree between 32 and 64).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NoReturn

from rongmei.channels import rendering
from rongmei.channels.base import (
    Absent,
    Accepted,
    Article,
    Capabilities,
    Confirmation,
    Credential,
    Line,
    Numbers,
    Pending,
    Post,
    Posted,
    Progress,
    Rejected,
    Sighting,
)
from rongmei.channels.links import marked, shows_mark
from rongmei.channels.pictures import Upload, fit, plain_cover
from rongmei.channels.values import count, number_or_none, text_of
from rongmei.clock import at_local, local_date
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

TITLE_CHARS = 32
AUTHOR_CHARS = 16
DIGEST_CHARS = 128
CONTENT_CHARS = 20_000
CONTENT_BYTES = 1024 * 1024
UPLOADIMG_BYTES = 1024 * 1024
COVER_BYTES = 10 * 1024 * 1024

BATCH = 20
MAX_LISTED = 200
"""Articles looked through for one that may have gone out; an account publishes a handful a day."""

_RENEW_SECONDS = 300
_STALE_TOKEN = {40001, 40014, 42001}
_BAD_CREDENTIAL = {40001, 40013, 40014, 40125, 40164, 41002, 41004, 42001, 48001, 48004, 50002}
_DAY_QUOTA = 45009
_MINUTE_QUOTA = 45011
_TOO_OFTEN = 53501
_BUSY = -1
_NO_SUCH_MEDIA = 40007
_FAILED = {
    2: "原创声明未通过",
    3: "平台发布失败",
    4: "平台审核不通过",
    5: "文章已被删除",
    6: "文章已被平台封禁",
}


@dataclass(frozen=True)
class _Token:
    value: str
    renew_at: float


class TokenCache:
    """Access tokens of this process by account; `stable_token` gives every process the same one.

    Args:
        seconds: a clock that only moves forward.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], _Token] = {}

    def get(self, line: Line) -> str:
        """The token of the account, fetched if there is none that will last."""
        key = (line.client.base_url, line.credential.require("appid"))
        with self._lock:
            known = self._tokens.get(key)
        if known is None or known.renew_at <= self._seconds():
            known = self._fetch(line)
            with self._lock:
                self._tokens[key] = known
        line.client.hide(known.value)
        return known.value

    def drop(self, line: Line, value: str) -> None:
        """Forget a token that the platform no longer takes."""
        key = (line.client.base_url, line.credential.require("appid"))
        with self._lock:
            known = self._tokens.get(key)
            if known is not None and known.value == value:
                del self._tokens[key]

    def _fetch(self, line: Line) -> _Token:
        answer = line.client.call(
            "POST",
            "/cgi-bin/stable_token",
            json_body={
                "grant_type": "client_credential",
                "appid": line.credential.require("appid"),
                "secret": line.credential.require("secret"),
                "force_refresh": False,
            },
        )
        data = _object(answer.data, line, "取 access_token")
        if code := _errcode(data):
            _refuse(line, "取 access_token", code, data)
        token = text_of(data.get("access_token"))
        if not token:
            raise TryLater(f"{line.account} 取 access_token：平台的回答里没有它")
        return _Token(token, self._seconds() + (number_or_none(data.get("expires_in")) or 0) - _RENEW_SECONDS)


class WechatChannel:
    """See the module."""

    name = "wechat"
    label = "微信公众号"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=2),
        bulk=100,
        reports=("reads", "likes", "comments", "shares", "watching", "favourites"),
        login=("appid", "secret"),
        official="https://api.weixin.qq.com",
    )

    def __init__(self, tokens: TokenCache | None = None) -> None:
        self._tokens = tokens or TokenCache()

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """A reviewed headline is never cut, so one that is too long is refused here."""
        problems = []
        limit = _title_limit(credential)
        if not article.title:
            problems.append("没有标题")
        if len(article.title) > limit:
            problems.append(f"标题有 {len(article.title)} 字，公众号最多 {limit} 字；请改短后重新送审")
        body = rendering.without_links(article.html)
        # What the pictures' addresses will add: they are about 150 characters long.
        size = len(body) + 150 * len(article.pictures)
        if size >= CONTENT_CHARS or len(body.encode()) + 150 * len(article.pictures) >= CONTENT_BYTES:
            problems.append(f"正文连格式有 {size} 字，公众号要少于 {CONTENT_CHARS} 字；请精简后重新送审")
        if not article.text and not article.pictures:
            problems.append("没有正文")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:
        """HTML without links (45166), with `content_source_url` carrying the fingerprint."""
        source = article.link or credential.fields.get("home") or ""
        return Post(
            title=article.title,
            author=article.author[:AUTHOR_CHARS],
            digest=article.digest[:DIGEST_CHARS],
            body=rendering.place_pictures(rendering.without_links(article.html), pictures),
            link=marked(source, article.fingerprint) if source else "",
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Pictures, cover, draft; each id is kept before the next call."""
        if progress.get("draft"):
            return
        addresses: dict[str, str] = dict(progress.get("images") or {})
        for picture in article.pictures:
            if f"{rendering.SCHEME}:{picture.sha256}" in article.html and picture.sha256 not in addresses:
                upload = fit(picture, max_bytes=UPLOADIMG_BYTES)
                addresses[picture.sha256] = self._upload(line, "/cgi-bin/media/uploadimg", upload, "url", "上传图片")
                progress.save(images=addresses)
        if not progress.get("cover"):
            cover = fit(article.cover, max_bytes=COVER_BYTES) if article.cover else plain_cover()
            path = "/cgi-bin/material/add_material?type=image"
            progress.save(cover=self._upload(line, path, cover, "media_id", "上传封面"))
        post = self.render(article, line.credential, addresses)
        draft = {
            "article_type": "news",
            "title": post.title,
            "author": post.author,
            "digest": post.digest,
            "content": post.body,
            "content_source_url": post.link,
            "thumb_media_id": progress.get("cover"),
            "need_open_comment": 1,
            "only_fans_can_comment": 0,
        }
        data = self._ask(line, "/cgi-bin/draft/add", "存草稿", json_body={"articles": [draft]})
        progress.save(draft=_wanted(data, "media_id", line, "存草稿"))

    def _upload(self, line: Line, path: str, upload: Upload, key: str, what: str) -> str:
        files = {"media": (upload.filename, upload.data, upload.mime)}
        return _wanted(self._ask(line, path, what, files=files), key, line, what)

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:  # noqa: ARG002
        """`freepublish/submit` of the kept draft."""
        body = {"media_id": progress.get("draft")}
        data = self._post(line, "/cgi-bin/freepublish/submit", publishes=True, json_body=body)
        if not isinstance(data, dict):
            raise OutcomeUnknown(f"{line.account} 提交发布：看不懂平台的回答")
        code = _errcode(data)
        if code:
            self._not_submitted(line, code, data, progress)
        publish_id = text_of(data.get("publish_id"))
        if not publish_id:
            raise OutcomeUnknown(f"{line.account} 提交发布：平台的回答里没有 publish_id")
        keep = {"publish_id": publish_id, "msg_data_id": text_of(data.get("msg_data_id"))}
        return Accepted(publish_id, keep={name: value for name, value in keep.items() if value})

    def _not_submitted(self, line: Line, code: int, data: Mapping[str, Any], progress: Progress) -> NoReturn:
        if code == _BUSY:
            raise OutcomeUnknown(f"{line.account} 提交发布：平台系统繁忙（-1），不知道有没有收下")
        if code == _NO_SUCH_MEDIA:
            if (number_or_none(progress.get("sends")) or 0) > 1:
                raise OutcomeUnknown(f"{line.account} 提交发布：草稿已不在草稿箱，可能上一次已经发出")
            # Never submitted and gone all the same: somebody deleted the draft by hand.
            progress.forget("draft")
            raise TryLater(f"{line.account} 提交发布：草稿已被删除，重新存一份")
        _refuse(line, "提交发布", code, data)

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """`freepublish/get`: article_id and address once the review is over."""
        publish_id = text_of(posted.progress.get("publish_id")) or posted.external_id
        asked: Any = int(publish_id) if publish_id.isdecimal() else publish_id
        data = self._ask(line, "/cgi-bin/freepublish/get", "查询发布", json_body={"publish_id": asked})
        status = number_or_none(data.get("publish_status"))
        if status == 0:
            return _published(data)
        if status in _FAILED:
            return Rejected(_FAILED[status])
        return Pending("平台正在发布")

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:
        """Published, still a draft, or neither (under review, or refused by it)."""
        cover = text_of(progress.get("cover"))
        for offset in range(0, MAX_LISTED, BATCH):
            page = {"offset": offset, "count": BATCH, "no_content": 1}
            data = self._ask(line, "/cgi-bin/freepublish/batchget", "查看已发布", json_body=page)
            items = _objects(data.get("item"))
            for item in items:
                if found := _recognise(item, fingerprint, cover):
                    return found
            oldest = min((number_or_none(item.get("update_time")) or 0 for item in items), default=0)
            if len(items) < BATCH or oldest < (since - timedelta(hours=1)).timestamp():
                break
        return self._draft_state(line, text_of(progress.get("draft")))

    def _draft_state(self, line: Line, draft: str) -> Sighting:
        data = self._post(line, "/cgi-bin/draft/get", json_body={"media_id": draft})
        data = _object(data, line, "查看草稿")
        code = _errcode(data)
        if code == 0 and _objects(data.get("news_item")):
            return Absent("草稿还在草稿箱，没有发出")
        if code not in (0, _NO_SUCH_MEDIA):
            _refuse(line, "查看草稿", code, data)
        return Pending("草稿已离开草稿箱，但还没有出现在已发布里，可能在审核")

    def recall(self, line: Line, posted: Posted) -> None:
        """`freepublish/delete`, which cannot be undone."""
        body = {"article_id": posted.external_id, "index": 0}
        data = self._post(line, "/cgi-bin/freepublish/delete", publishes=True, json_body=body)
        if not isinstance(data, dict):
            raise OutcomeUnknown(f"{line.account} 删除文章：看不懂平台的回答")
        if code := _errcode(data):
            if code == _BUSY:
                raise OutcomeUnknown(f"{line.account} 删除文章：平台系统繁忙（-1）")
            _refuse(line, "删除文章", code, data)

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Cumulative figures up to yesterday (the platform counts by day), one call a day of publication.

        `getarticletotaldetail` (data from 2025-11-01) counts readers; where it has nothing, `getarticletotal`
        counts readings and knows neither likes nor comments.
        """
        today = local_date(line.clock())
        found: dict[str, Numbers] = {}
        days = sorted({day for post in posts for day in _days(post)})
        for day in (day for day in days if day < today):
            of_day = [post for post in posts if day in _days(post) and post.external_id not in found]
            found.update(_match(self._day(line, day, "getarticletotaldetail"), of_day, _new_numbers))
            rest = [post for post in of_day if post.external_id not in found]
            if rest:
                found.update(_match(self._day(line, day, "getarticletotal"), rest, _old_numbers))
        return found

    def _day(self, line: Line, day: date, interface: str) -> list[dict[str, Any]]:
        """The list of one day; empty where the interface has no data for it or is not open to the account."""
        dates = {"begin_date": day.isoformat(), "end_date": day.isoformat()}
        data = _object(self._post(line, f"/datacube/{interface}", json_body=dates), line, "读取数据")
        code = _errcode(data)
        if code in (61500, 61501, 61503, 48001):
            return []
        if code:
            _refuse(line, "读取数据", code, data)
        return _objects(data.get("list"))

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, line: Line, path: str, what: str, **request: Any) -> dict[str, Any]:
        """A call that publishes nothing; its JSON object.

        Raises:
            TryLater, Refused, CredentialRefused: by the platform's error code.
        """
        data = _object(self._post(line, path, **request), line, what)
        if code := _errcode(data):
            _refuse(line, what, code, data)
        return data

    def _post(self, line: Line, path: str, *, publishes: bool = False, **request: Any) -> Any:
        """One call; a second one with a new token if the first was refused for its token, so nothing happened."""
        token = self._tokens.get(line)
        separator = "&" if "?" in path else "?"
        data = line.client.call("POST", f"{path}{separator}access_token={token}", publishes=publishes, **request).data
        if not isinstance(data, dict) or _errcode(data) not in _STALE_TOKEN:
            return data
        self._tokens.drop(line, token)
        token = self._tokens.get(line)
        return line.client.call("POST", f"{path}{separator}access_token={token}", publishes=publishes, **request).data


def _title_limit(credential: Credential) -> int:
    return number_or_none(credential.fields.get("title_limit")) or TITLE_CHARS


def _errcode(data: Mapping[str, Any]) -> int:
    """`errcode`, 0 where there is none; one that is no number counts as -1."""
    code = data.get("errcode", 0)
    try:
        return int(code)
    except (TypeError, ValueError):
        return _BUSY


def _object(data: Any, line: Line, what: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise TryLater(f"{line.account} {what}：看不懂平台的回答")
    return data


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _wanted(data: Mapping[str, Any], key: str, line: Line, what: str) -> str:
    value = text_of(data.get(key))
    if not value:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 {key}")
    return value


def _refuse(line: Line, what: str, code: int, data: Mapping[str, Any]) -> NoReturn:
    """The typed error of an error code; the platform did nothing."""
    said = line.client.clean(data.get("errmsg", ""))
    message = f"{line.account} {what}：平台拒绝（{code} {said}）"
    if code in _BAD_CREDENTIAL:
        raise CredentialRefused(f"{message}，请核对连接里的 AppID、AppSecret、IP 白名单和接口权限")
    if code == _DAY_QUOTA:
        raise TryLater(f"{message}，今天的次数用完了", retry_after=_until_tomorrow(line.clock()))
    if code == _MINUTE_QUOTA:
        raise TryLater(message, retry_after=timedelta(minutes=1))
    if code == _TOO_OFTEN:
        raise TryLater(message, retry_after=timedelta(minutes=30))
    if code == _BUSY:
        raise TryLater(message)
    raise Refused(message)


def _until_tomorrow(now: datetime) -> timedelta:
    """Daily quotas begin anew at midnight in Shanghai; five minutes more for clocks that disagree."""
    return at_local(local_date(now) + timedelta(days=1), "00:05") - now


def _published(data: Mapping[str, Any]) -> Accepted | Pending:
    article_id = text_of(data.get("article_id"))
    if not article_id:
        return Pending("平台说已发布，还没有给出文章标识")
    detail = data.get("article_detail")
    items = _objects(detail.get("item")) if isinstance(detail, dict) else []
    url = next((text_of(item.get("article_url")) for item in items), "")
    return Accepted(article_id, url or None, live=True)


def _recognise(item: Mapping[str, Any], fingerprint: str, cover: str) -> Accepted | None:
    content = item.get("content")
    for news in _objects(content.get("news_item")) if isinstance(content, dict) else []:
        ours = shows_mark(text_of(news.get("content_source_url")), fingerprint)
        if ours or (cover and text_of(news.get("thumb_media_id")) == cover):
            article_id = text_of(item.get("article_id"))
            return Accepted(article_id, text_of(news.get("url")) or None, live=True) if article_id else None
    return None


def _days(post: Posted) -> set[date]:
    """The Shanghai days on which it may have been published: two when the review went past midnight."""
    return {local_date(post.accepted_at), local_date(post.published_at)}


def _match(
    items: Iterable[dict[str, Any]], posts: Sequence[Posted], numbers: Callable[[Mapping[str, Any]], Numbers | None]
) -> dict[str, Numbers]:
    """Figures by external id: matched by msg_data_id, else by address, else by a title that only one item has."""
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
        return next((item for item in items if text_of(item.get("msgid")).partition("_")[0] == message), None)
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
    return max(_objects(details), key=lambda detail: text_of(detail.get("stat_date")), default=None)


def _scalars(record: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in record.items() if isinstance(value, int | float | str)}


CHANNELS = (WechatChannel(),)

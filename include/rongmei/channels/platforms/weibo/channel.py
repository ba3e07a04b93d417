"""The face of Weibo: one status a story, shared, looked for, read and destroyed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rongmei.channels.base import (
    Absent,
    Accepted,
    Article,
    Capabilities,
    Confirmation,
    Credential,
    Line,
    Measure,
    Numbers,
    Pending,
    Post,
    Posted,
    Progress,
    Sighting,
    TakenDown,
)
from rongmei.channels.counting import numbers_of
from rongmei.channels.links import is_web_address, marked
from rongmei.channels.pictures import fit
from rongmei.channels.platforms.weibo.answers import (
    NO_SUCH_STATUS,
    accepted,
    code_of,
    created_at,
    id_of,
    is_id,
    is_ours,
    refuse,
    said,
    words_of,
)
from rongmei.channels.platforms.weibo.text import TEXT_UNITS, compose, headline, units
from rongmei.channels.quotas import Quota
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import OutcomeUnknown, Refused, TryLater

MIN_WORDS = 30
"""Units that a link must leave for words; a longer link gives way to the account's home."""
PICTURE_BYTES = 5 * 1024 * 1024
COUNT_BATCH = 100
PAGE = 100
MAX_PAGES = 3
AI_MARK = "（AI生成）"
_EARLIER = timedelta(minutes=5)
_GAP = " "
_FIGURES = {"likes": "attitudes", "comments": "comments", "shares": "reposts"}

QUOTAS = (
    # Both from the current wiki's page on rate limits; apps of a higher level have more (older tiers: 60 to 90 posts
    # and 300 to 450 calls an hour), which an account's own limits can say.
    Quota("post", "发微博", 30, window=timedelta(hours=1)),
    Quota("call", "接口调用", 100),
)


class WeiboChannel:
    """See the package."""

    name = "weibo"
    label = "微博"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=3),
        bulk=COUNT_BATCH,
        reports=("likes", "comments", "shares"),
        links=True,
        quotas=QUOTAS,
        login=("uid", "access_token"),
        official="https://api.weibo.com",
    )

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """A status needs a headline, whole, and a link on a safe domain.

        A story's own link outside of them is no fault as long as the account's home can stand in for it.
        """
        title = article.title_for(self.name)
        link = _link(article, title, credential)
        if not link:
            return tuple(problem for problem in ("" if title else "没有标题", _unlinked(article)) if problem)
        if not title:
            return ("没有标题",)
        room = TEXT_UNITS - units(_ending(article, link))
        if room < MIN_WORDS:
            return ("安全域名的链接太长，放不进 140 字",)
        if units(headline(title)) > room:
            return (f"标题有 {units(title)} 字，加上链接放不进 140 字；请为微博另拟短标题后重新送审",)
        return ()

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """`【title】digest tags link`; words give way to the link, the digest gives way to the title."""
        title = article.title_for(self.name)
        link = _link(article, title, credential)
        ending = _ending(article, link)
        words = compose(title, article.digest, article.tags, TEXT_UNITS - units(ending))
        body = words.text + ending
        return Post(
            title=title,
            author=article.author,
            digest=article.digest,
            body=body,
            link=link,
            form="text",
            tags=words.tags,
            measures=(
                Measure("标题", units(headline(title)), TEXT_UNITS - units(ending)),
                Measure("正文", units(body), TEXT_UNITS),
            ),
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Nothing is uploaded ahead; the text is kept, so that it is the same whenever it is sent or looked for."""
        if not progress.get("text"):
            progress.save(text=self.render(article, line.credential, {}).body)

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """`statuses/share` with the cover, which makes the status public at once."""
        files = None
        if article.cover is not None:
            upload = fit(article.cover, max_bytes=PICTURE_BYTES, formats=("JPEG", "PNG", "GIF"))
            files = {"pic": (upload.filename, upload.data, upload.mime)}
        form = {
            "access_token": line.credential.require("access_token"),
            "status": progress.get("text"),
            "rip": line.credential.fields.get("rip") or "127.0.0.1",
        }
        line.take("call")
        line.take("post")
        answer = line.client.call("POST", "/2/statuses/share.json", publishes=True, data=form, files=files)
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown(f"{line.account} 发微博：看不懂平台的回答")
        if code_of(answer) is not None or answer.status >= 400:
            refuse(line, "发微博", answer, publishes=True)
        post = accepted(line, answer.data)
        if post is None:
            raise OutcomeUnknown(f"{line.account} 发微博：平台的回答里没有微博标识")
        return post

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:  # noqa: ARG002
        """A status that Weibo took is public."""
        return Accepted(posted.external_id, posted.url, live=True)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:
        """The account's timeline back to `since`; whole pages only, else nothing is proved."""
        words, horizon = words_of(text_of(progress.get("text"))), since - _EARLIER
        status, whole = self._look(line, horizon, lambda status: is_ours(status, fingerprint, words, horizon))
        if status is not None:
            return accepted(line, status) or Pending("找到了这条微博，但没有它的标识")
        return Absent("时间线上没有这条微博") if whole else Pending("时间线没有列全，不能断定没有发出")

    def _look(
        self, line: Line, horizon: datetime, wanted: Callable[[Mapping[str, Any]], bool]
    ) -> tuple[dict[str, Any] | None, bool]:
        """The first status of `statuses/user_timeline` that is wanted, and whether all since `horizon` was shown."""
        for page in range(1, MAX_PAGES + 1):
            params = {"uid": line.credential.require("uid"), "count": PAGE, "page": page}
            data = self._ask(line, "/2/statuses/user_timeline.json", "查看微博", params)
            if not isinstance(data, dict) or not isinstance(data.get("statuses"), list):
                raise TryLater(f"{line.account} 查看微博：看不懂平台的回答")
            statuses = [status for status in data["statuses"] if isinstance(status, dict)]
            found = next((status for status in statuses if wanted(status)), None)
            total = number_or_none(data.get("total_number")) or 0
            times = [moment for status in statuses if (moment := created_at(status)) is not None]
            whole = bool(times and min(times) < horizon) or total <= (page - 1) * PAGE + len(statuses)
            if found is not None or whole or not statuses:
                return found, whole
        return None, False

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`statuses/destroy`."""
        if not is_id(posted.external_id):
            raise Refused(f"{line.account} 删微博：登记的不是微博编号，请到微博上删除")
        form = {"access_token": line.credential.require("access_token"), "id": posted.external_id}
        line.take("call")
        answer = line.client.call("POST", "/2/statuses/destroy.json", publishes=True, data=form)
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown(f"{line.account} 删微博：看不懂平台的回答")
        if code_of(answer) == NO_SUCH_STATUS:
            return TakenDown("deleted", f"已经不在：{said(line, answer)}")
        if code_of(answer) is not None or answer.status >= 400:
            refuse(line, "删微博", answer, publishes=True)
        return TakenDown("deleted", line.client.clean(f"statuses/destroy 删除了微博 {id_of(answer.data)}"))

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether the timeline no longer has the status; None when it does not reach back that far."""
        if not is_id(posted.external_id):
            return None
        horizon = posted.accepted_at - _EARLIER
        status, whole = self._look(line, horizon, lambda status: id_of(status) == posted.external_id)
        return False if status is not None else (True if whole else None)

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Reposts, comments and likes, a hundred statuses a call. Ordinary apps are not told about reads."""
        found: dict[str, Numbers] = {}
        wanted = [post.external_id for post in posts if is_id(post.external_id)]
        for start in range(0, len(wanted), COUNT_BATCH):
            batch = wanted[start : start + COUNT_BATCH]
            data = self._ask(line, "/2/statuses/count.json", "读取数据", {"ids": ",".join(batch)})
            if not isinstance(data, list):
                raise TryLater(f"{line.account} 读取数据：看不懂平台的回答")
            for row in data:
                if isinstance(row, dict) and (external_id := text_of(row.get("id"))) in batch:
                    found[external_id] = numbers_of(row, _FIGURES)
        return found

    def _ask(self, line: Line, path: str, what: str, params: Mapping[str, Any]) -> Any:
        line.take("call")
        answer = line.client.call(
            "GET", path, params={"access_token": line.credential.require("access_token"), **params}
        )
        if code_of(answer) is not None or answer.status >= 400:
            refuse(line, what, answer, publishes=False)
        return answer.data


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _link(article: Article, title: str, credential: Credential) -> str:
    """The story's own page where it is on a safe domain and leaves room for the headline, else the account's home.

    "" where the connection has no home and the story no safe page.
    """
    home = _home(credential)
    page = article.link or ""
    own = marked(page, article.fingerprint) if is_safe(page, credential) else ""
    room = TEXT_UNITS - max(MIN_WORDS, units(headline(title)))
    if own and (units(_ending(article, own)) <= room or not home):
        return own
    return marked(home, article.fingerprint) if home else ""


def is_safe(url: str, credential: Credential) -> bool:
    """Whether an address is on one of the app's 安全域名 (`safe_domain`, `safe_domains`), or on a subdomain of one."""
    if not is_web_address(url) or re.search(r"\s", url):
        return False
    host = (urlsplit(url).hostname or "").lower()
    listed = (_host(domain) for domain in credential.fields.get("safe_domains", "").split(","))
    domains = {_host(_home(credential)), *listed} - {""}
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _home(credential: Credential) -> str:
    """The account's page on a safe domain, "" where the connection has none."""
    domain = credential.fields.get("safe_domain", "").strip()
    url = domain if "://" in domain else f"https://{domain}/"
    return url if domain and is_web_address(url) and not re.search(r"[\s#]", url) else ""


def _host(domain: str) -> str:
    """A domain, or the one of an address, in lower case; "" for what is neither."""
    given = domain.strip()
    url = given if "://" in given else f"https://{given}/"
    return (urlsplit(url).hostname or "").lower() if given and is_web_address(url) else ""


def _ending(article: Article, link: str) -> str:
    return (AI_MARK if article.ai_generated else "") + _GAP + link


def _unlinked(article: Article) -> str:
    where = "稿件的链接不在安全域名里，" if article.link else ""
    return f"{where}账号连接里的 safe_domain 不是域名或网址；微博要求正文带安全域名的链接，请在连接里补上"

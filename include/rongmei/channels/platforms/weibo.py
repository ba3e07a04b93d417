"""Weibo (微博): one status a story by `statuses/share`, counts by `statuses/count`.

Protocol: open.weibo.com, as written down in the project's protocol notes, section 3. `statuses/share` is one call and
Weibo gives no key against doing it twice, so the text is kept before it is sent and looked for afterwards in
`statuses/user_timeline`: by the fingerprint in its link (`?rm=…`) or, because Weibo shows links as t.cn addresses, by
the same words. Weibo itself refuses the very same text (20019), which is taken as "it may be there already".

Length: Weibo counts an ASCII character as half a character and a link as ten. Here every UTF-16 unit counts as one, the
link's too, which never comes out shorter than Weibo's count; so 140 by this count is at most 140 by theirs.

Connection fields: `access_token`, `uid`, `safe_domain` (a registered 安全域名, or a page on one: the link of a story
that has no page of its own); optionally `rip` (the operator's IP that Weibo asks for, default 127.0.0.1) and, for
stand-ins, `pages_url` (where readers see the statuses, default the address of the interface).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

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
    Sighting,
)
from rongmei.channels.client import Answer
from rongmei.channels.links import MARK, is_web_address, marked, shows_mark
from rongmei.channels.pictures import fit
from rongmei.channels.values import count, number_or_none, text_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

TEXT_UNITS = 140
MIN_WORDS = 30
"""Units that a link must leave for words; a longer link gives way to the account's home."""
PICTURE_BYTES = 5 * 1024 * 1024
COUNT_BATCH = 100
PAGE = 100
MAX_PAGES = 3
AI_MARK = "（AI生成）"

# Weibo may have acted: 20019 says the same text is there, 20032 done but slow, the others are faults of its own.
_UNCLEAR = {10001, 10002, 10003, 10009, 10010, 10011, 20019, 20032}
_BAD_CREDENTIAL = {
    10005, 10006, 10013, 10014, 20003, 21301, 21314, 21315, 21316, 21317, 21319, 21321, 21327, 21332, 21335, 21337,
}  # fmt: skip
_LIMITS = {10004, 10022, 10023, 10024, 20016, 20022}
_URL = re.compile(r"https?://\S+")
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Marks that belong to the sign before them, so that a cut never leaves half an emoji.
_JOINERS = re.compile("[\u200d\ufe0e\ufe0f\u0300-\u036f\u20e3\U0001f3fb-\U0001f3ff]")


class WeiboChannel:
    """See the module."""

    name = "weibo"
    label = "微博"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=3),
        bulk=COUNT_BATCH,
        reports=("likes", "comments", "shares"),
        links=True,
        login=("uid", "access_token"),
        official="https://api.weibo.com",
    )

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """A status needs words and a link on a safe domain."""
        problems = []
        if not article.title:
            problems.append("没有标题")
        if not _home(credential):
            problems.append("账号连接里的 safe_domain 不是域名或网址，微博要求正文带安全域名的链接")
        elif _units(_link(article, credential)) > TEXT_UNITS - MIN_WORDS:
            problems.append("安全域名的链接太长，放不进 140 字")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """`【title】digest link`, cut between words and link so that the link is always whole."""
        link = _link(article, credential)
        ending = (AI_MARK if article.ai_generated else "") + " " + link
        words = f"【{_tame(article.title)}】{_tame(article.digest)}"
        body = _cut(words, TEXT_UNITS - _units(ending)) + ending
        return Post(article.title, article.author, article.digest, body, link)

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
        answer = line.client.call("POST", "/2/statuses/share.json", publishes=True, data=form, files=files)
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown(f"{line.account} 发微博：看不懂平台的回答")
        if _code(answer) is not None or answer.status >= 400:
            _refuse(line, "发微博", answer, publishes=True)
        accepted = _accepted(line, answer.data)
        if accepted is None:
            raise OutcomeUnknown(f"{line.account} 发微博：平台的回答里没有微博标识")
        return accepted

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:  # noqa: ARG002
        """A status that Weibo took is public."""
        return Accepted(posted.external_id, posted.url, live=True)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:
        """The account's timeline back to `since`; whole pages only, else nothing is proved."""
        words = _words(text_of(progress.get("text")))
        horizon = since - timedelta(minutes=5)
        for page in range(1, MAX_PAGES + 1):
            params = {"uid": line.credential.require("uid"), "count": PAGE, "page": page}
            data = self._ask(line, "/2/statuses/user_timeline.json", "查看微博", params)
            if not isinstance(data, dict) or not isinstance(data.get("statuses"), list):
                raise TryLater(f"{line.account} 查看微博：看不懂平台的回答")
            statuses = [status for status in data["statuses"] if isinstance(status, dict)]
            for status in statuses:
                if _is_ours(status, fingerprint, words, horizon):
                    return _accepted(line, status) or Pending("找到了这条微博，但没有它的标识")
            total = number_or_none(data.get("total_number")) or 0
            times = [moment for status in statuses if (moment := _created(status)) is not None]
            if (times and min(times) < horizon) or total <= (page - 1) * PAGE + len(statuses):
                return Absent("时间线上没有这条微博")
            if not statuses:
                break
        return Pending("时间线没有列全，不能断定没有发出")

    def recall(self, line: Line, posted: Posted) -> None:
        """`statuses/destroy`."""
        form = {"access_token": line.credential.require("access_token"), "id": posted.external_id}
        answer = line.client.call("POST", "/2/statuses/destroy.json", publishes=True, data=form)
        if not isinstance(answer.data, dict):
            raise OutcomeUnknown(f"{line.account} 删微博：看不懂平台的回答")
        if _code(answer) is not None or answer.status >= 400:
            _refuse(line, "删微博", answer, publishes=True)

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Reposts, comments and likes, a hundred statuses a call. Ordinary apps are not told about reads."""
        found: dict[str, Numbers] = {}
        wanted = [post.external_id for post in posts]
        for start in range(0, len(wanted), COUNT_BATCH):
            batch = wanted[start : start + COUNT_BATCH]
            data = self._ask(line, "/2/statuses/count.json", "读取数据", {"ids": ",".join(batch)})
            if not isinstance(data, list):
                raise TryLater(f"{line.account} 读取数据：看不懂平台的回答")
            for row in data:
                if isinstance(row, dict) and (external_id := text_of(row.get("id"))) in batch:
                    found[external_id] = Numbers(
                        likes=count(row.get("attitudes")),
                        comments=count(row.get("comments")),
                        shares=count(row.get("reposts")),
                        raw={name: value for name, value in row.items() if isinstance(value, int | str)},
                    )
        return found

    def _ask(self, line: Line, path: str, what: str, params: Mapping[str, Any]) -> Any:
        answer = line.client.call(
            "GET", path, params={"access_token": line.credential.require("access_token"), **params}
        )
        if _code(answer) is not None or answer.status >= 400:
            _refuse(line, what, answer, publishes=False)
        return answer.data


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _home(credential: Credential) -> str:
    """The account's page on a safe domain, "" where the connection has none."""
    domain = credential.fields.get("safe_domain", "").strip()
    url = domain if "://" in domain else f"https://{domain}/"
    return url if domain and is_web_address(url) and not re.search(r"[\s#]", url) else ""


def _link(article: Article, credential: Credential) -> str:
    """The story's own page if there is one and it leaves room for words, else the account's home."""
    home = marked(_home(credential), article.fingerprint)
    if article.link is None or not is_web_address(article.link):
        return home
    own = marked(article.link, article.fingerprint)
    return own if _units(own) <= TEXT_UNITS - MIN_WORDS else home


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _tame(text: str) -> str:
    """Without what Weibo would act on: `#…#` is a topic, which share refuses, and `@name` calls somebody."""
    return text.replace("#", "＃").replace("@", "＠")


def _cut(text: str, units: int) -> str:
    """At most `units` of the text, with … where something was cut, never through the middle of a sign."""
    if _units(text) <= units:
        return text
    kept = text
    while _units(kept) > units - 1 or _splits_a_sign(text, len(kept)):
        kept = kept[:-1]
    return kept + "…"


def _splits_a_sign(text: str, at: int) -> bool:
    return 0 < at < len(text) and bool(_JOINERS.match(text[at]) or text[at - 1] == "\u200d")


def _words(text: str) -> str:
    """A text as it is compared: without links and white space, entities resolved."""
    return "".join(_URL.sub("", html.unescape(text)).split())


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _code(answer: Answer) -> int | None:
    """The error code, None for a success; it comes as a string or a number."""
    if not isinstance(answer.data, dict) or "error_code" not in answer.data:
        return None
    return number_or_none(answer.data["error_code"]) or 10001


def _refuse(line: Line, what: str, answer: Answer, *, publishes: bool) -> NoReturn:
    code = _code(answer)
    said = line.client.clean(answer.data.get("error", "") if isinstance(answer.data, dict) else "")
    message = f"{line.account} {what}：平台拒绝（{code or f'HTTP {answer.status}'} {said}）"
    if code in _BAD_CREDENTIAL or (code is None and answer.status in (401, 403)):
        raise CredentialRefused(f"{message}，请核对连接里的 access_token 和 uid，或重新授权")
    if code in _LIMITS:
        raise TryLater(f"{message}，次数用完了", retry_after=timedelta(hours=1))
    if code is None or code in _UNCLEAR:
        raise OutcomeUnknown(message) if publishes else TryLater(message)
    raise Refused(message)


def _accepted(line: Line, status: Mapping[str, Any]) -> Accepted | None:
    external_id = text_of(status.get("idstr")) or text_of(status.get("id"))
    if not external_id:
        return None
    return Accepted(external_id, _address(line, external_id), live=True)


def _address(line: Line, external_id: str) -> str:
    """Where readers see the status: weibo.com with the id in base 62; elsewhere (the sandbox) below `pages_url`."""
    uid = line.credential.require("uid")
    host = urlsplit(line.client.base_url).hostname or ""
    if host == "weibo.com" or host.endswith(".weibo.com"):
        return f"https://weibo.com/{uid}/{base62(external_id)}"
    pages = line.credential.fields.get("pages_url") or line.client.base_url
    return f"{pages}/u/{uid}/{external_id}"


def base62(number: str) -> str:
    """A status id as weibo.com's addresses write it: groups of seven digits from the right, four signs each."""
    if not (number.isascii() and number.isdecimal()):
        return number
    groups: list[str] = []
    for end in range(len(number), 0, -7):
        group, signs = int(number[max(0, end - 7) : end]), ""
        while group:
            group, digit = divmod(group, 62)
            signs = _BASE62[digit] + signs
        groups.insert(0, signs.rjust(4, "0") if end > 7 else signs)
    return "".join(groups)


def _is_ours(status: Mapping[str, Any], fingerprint: str, words: str, horizon: datetime) -> bool:
    text = text_of(status.get("text"))
    if shows_mark(html.unescape(text), fingerprint):
        return True
    if f"{MARK}=" in text:
        return False  # The same words with another publication's mark.
    created = _created(status)
    return bool(words) and created is not None and created >= horizon and _words(text) == words


def _created(status: Mapping[str, Any]) -> datetime | None:
    """`Wed Oct 24 23:49:17 +0800 2012` as an aware datetime."""
    parts = text_of(status.get("created_at")).split()
    if len(parts) != 6:
        return None
    _, month, day, clock, zone, year = parts
    try:
        return parsedate_to_datetime(f"{day} {month} {year} {clock} {zone}")
    except ValueError:
        return None


CHANNELS = (WeiboChannel(),)

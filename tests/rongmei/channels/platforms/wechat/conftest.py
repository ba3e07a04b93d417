"""A WeChat account that lives in memory: a draft box, a review, a list of published messages, and ways to fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from rongmei.channels import Parcel, Posted
from rongmei.channels.platforms.wechat import WechatChannel

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


def fingerprint(number: int) -> str:
    return f"rm{number:018x}"


class Killed(BaseException):
    """The worker dies."""


@dataclass
class Message:
    """A submitted draft: `hidden` more calls until the review lets it through."""

    article_id: str
    publish_id: int
    articles: list[dict[str, Any]]
    hidden: int = 0
    deleted: set[int] = field(default_factory=set)


class Account:
    """Answers the calls that publish, one fault of `faults` after the other, then none.

    A fault is `ok`, `refused` (not reached), `lost` (done, no answer), `before` or `after` (the worker dies before the
    call is done, or right after it).
    """

    def __init__(self, wire: Any) -> None:
        self.faults: list[str] = []
        self.delays: list[int] = []
        self.drafts: dict[str, list[dict[str, Any]]] = {}
        self.messages: list[Message] = []
        self.laid = self.covers = 0
        wire.on("/cgi-bin/stable_token", {"access_token": "token-number-one", "expires_in": 7200})
        for path, answer in {
            "/cgi-bin/material/add_material": self._cover,
            "/cgi-bin/draft/add": self._lay,
            "/cgi-bin/draft/get": self._draft,
            "/cgi-bin/freepublish/submit": self._submit,
            "/cgi-bin/freepublish/get": self._job,
            "/cgi-bin/freepublish/batchget": self._listed,
            "/cgi-bin/freepublish/getarticle": self._article,
            "/cgi-bin/freepublish/delete": self._delete,
        }.items():
            wire.on(path, self._wrapped(answer))

    def marks(self) -> list[list[str]]:
        """The fingerprints of every message that went out, in their order."""
        return [[mark_of(article) for article in message.articles] for message in self.messages]

    def publish(self, draft: str, hidden: int = 0) -> Message:
        """Somebody, or a submission, publishes a draft."""
        number = len(self.messages) + 1
        self.messages.append(Message(f"A{number}", 2650177000 + number, self.drafts.pop(draft), hidden=hidden))
        return self.messages[-1]

    def _wrapped(self, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def call(request: Any) -> Any:
            for message in self.messages:
                message.hidden = max(0, message.hidden - 1)
            fault = self.faults.pop(0) if self.faults else "ok"
            if fault == "refused":
                return requests.exceptions.ConnectTimeout()
            if fault == "before":
                raise Killed
            made = answer(request)
            if fault == "after":
                raise Killed
            return requests.exceptions.ReadTimeout() if fault == "lost" else made

        return call

    def _cover(self, _request: Any) -> Any:
        self.covers += 1
        return {"media_id": f"C{self.covers}", "url": "http://mmbiz.qpic.cn/c/0"}

    def _lay(self, request: Any) -> Any:
        self.laid += 1
        self.drafts[f"D{self.laid}"] = request.json["articles"]
        return {"media_id": f"D{self.laid}", "item": []}

    def _draft(self, request: Any) -> Any:
        articles = self.drafts.get(request.json["media_id"])
        return {"news_item": articles} if articles else {"errcode": 40007, "errmsg": "invalid media_id"}

    def _submit(self, request: Any) -> Any:
        if request.json["media_id"] not in self.drafts:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        message = self.publish(request.json["media_id"], self.delays.pop(0) if self.delays else 0)
        return {"errcode": 0, "publish_id": message.publish_id, "msg_data_id": f"22474800{message.publish_id % 1000}"}

    def _job(self, request: Any) -> Any:
        message = next(known for known in self.messages if known.publish_id == request.json["publish_id"])
        if message.hidden:
            return {"publish_status": 1}
        urls = [{"idx": idx, "article_url": url_of(message, idx)} for idx in range(1, len(message.articles) + 1)]
        return {"publish_status": 0, "article_id": message.article_id, "article_detail": {"item": urls}, "fail_idx": []}

    def _listed(self, request: Any) -> Any:
        shown = [message for message in reversed(self.messages) if not message.hidden]
        page = shown[request.json["offset"] :][: request.json["count"]]
        return {"item": [{**content_of(message), "update_time": int(NOW.timestamp())} for message in page]}

    def _article(self, request: Any) -> Any:
        message = self._message(request)
        return content_of(message)["content"] if message else {"errcode": 53600, "errmsg": "invalid article_id"}

    def _delete(self, request: Any) -> Any:
        message = self._message(request)
        if message is None:
            return {"errcode": 53600, "errmsg": "invalid article_id"}
        index = request.json["index"]
        message.deleted |= {index} if index else set(range(1, len(message.articles) + 1))
        return {"errcode": 0, "errmsg": "ok rid: 1"}

    def _message(self, request: Any) -> Message | None:
        return next((known for known in self.messages if known.article_id == request.json["article_id"]), None)


def url_of(message: Message, index: int) -> str:
    return f"https://mp.weixin.qq.com/s?mid={message.publish_id}&idx={index}"


def content_of(message: Message) -> dict[str, Any]:
    news = [
        {**article, "url": url_of(message, index), "is_deleted": index in message.deleted}
        for index, article in enumerate(message.articles, start=1)
    ]
    return {"article_id": message.article_id, "content": {"news_item": news}, "news_item": news}


def mark_of(article: dict[str, Any]) -> str:
    return str(article["content_source_url"]).partition("rm=")[2]


@pytest.fixture
def channel() -> WechatChannel:
    return WechatChannel()


@pytest.fixture
def account(wire: Any) -> Account:
    return Account(wire)


@pytest.fixture
def new_account(wire: Any) -> Callable[[], Account]:
    """A fresh account on the same wire, for tests that run many examples."""

    def make() -> Account:
        wire.sent.clear()
        return Account(wire)

    return make


@pytest.fixture
def numbered(story: Any) -> Callable[[int], Any]:
    """Article number so-and-so, with a link that carries its fingerprint."""

    def make(number: int) -> Any:
        return story(fingerprint=fingerprint(number), title=f"第 {number} 条", link="https://site.example/1")

    return make


@pytest.fixture
def parcels(numbered: Any, kept: Any) -> Callable[..., list[Parcel]]:
    """Prepared parcels; the cover of number 3 is C3."""

    def make(numbers: Iterable[int], **progress: Any) -> list[Parcel]:
        return [Parcel(numbered(number), kept(cover=f"C{number}", **progress)) for number in numbers]

    return make


@pytest.fixture
def posted() -> Callable[..., Posted]:
    def make(
        external_id: str = "2650177668:1",
        *,
        url: str | None = None,
        title: str = "t",
        at: datetime = NOW,
        **progress: Any,
    ) -> Posted:
        return Posted(external_id, url, title, MARK, at, at, progress)

    return make


@pytest.fixture
def killed() -> type[Killed]:
    return Killed


@pytest.fixture
def print_of() -> Callable[[int], str]:
    return fingerprint

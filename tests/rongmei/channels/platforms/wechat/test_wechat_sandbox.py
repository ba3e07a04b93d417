"""Bundles against the real wire: the stand-in over loopback."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import requests

from rongmei.channels import Absent, Accepted, Parcel, Posted, Progress, Rejected
from rongmei.channels.platforms.wechat import WechatChannel
from rongmei.errors import OutcomeUnknown, Refused

pytestmark = pytest.mark.net

SUBMIT = "/cgi-bin/freepublish/submit"


@pytest.fixture
def sandbox_limits() -> dict[str, dict[str, Any]]:
    return {"wechat": {"publish_polls": 0, "publish_seconds": 0}}


class Bundle:
    """Three publications of one account, and what is kept of them."""

    def __init__(self, stand_in: Any, story: Any) -> None:
        self.channel, self.stand_in = WechatChannel(), stand_in
        self.line = stand_in.line(self.channel)
        self.articles = [story(fingerprint=f"rm{number:018x}", title=f"第 {number} 条") for number in (1, 2, 3)]
        self.kept: list[dict[str, Any]] = [{}, {}, {}]

    def parcels(self, which: Sequence[int] = (0, 1, 2)) -> list[Parcel]:
        return [Parcel(self.articles[number], Progress(self.kept[number], self._keep(number))) for number in which]

    def _keep(self, number: int) -> Any:
        return lambda values: self.kept.__setitem__(number, dict(values))

    def send(self, which: Sequence[int] = (0, 1, 2)) -> list[Posted]:
        parcels = self.parcels(which)
        for parcel in parcels:
            self.channel.prepare(self.line, parcel.article, parcel.progress)
        self.channel.assemble(self.line, parcels)
        accepted = self.channel.send_together(self.line, parcels)
        return [self.posted(number, answer) for number, answer in zip(which, accepted, strict=True)]

    def posted(self, number: int, answer: Accepted) -> Posted:
        article, now = self.articles[number], self.stand_in.now()
        known = {**self.kept[number], **answer.keep}
        return Posted(answer.external_id, answer.url, article.title, article.fingerprint, now, now, known)

    def look(self, number: int) -> Any:
        since = self.stand_in.now() - timedelta(minutes=1)
        return self.channel.find(self.line, self.articles[number].fingerprint, since, self.kept[number])


@pytest.fixture
def bundle(stand_in: Any, story: Any) -> Bundle:
    return Bundle(stand_in, story)


def test_one_message_and_each_article_its_own(bundle, stand_in):
    waiting = bundle.send()
    confirmed = [bundle.channel.confirm(bundle.line, post) for post in waiting]
    assert all(isinstance(answer, Accepted) and answer.live for answer in confirmed)
    live = [bundle.posted(number, answer) for number, answer in enumerate(confirmed)]
    rows = sorted(stand_in.published(), key=lambda row: row["position"])
    assert [row["title"] for row in rows] == ["第 1 条", "第 2 条", "第 3 条"]
    assert [row["url"] for row in rows] == [post.url for post in live]
    assert len({row["article_id"] for row in rows}) == 1
    assert all("第 2 条" in requests.get(post.url, timeout=5).text for post in live[1:2])

    stand_in.move(days=2)
    figures = bundle.channel.read_numbers(bundle.line, live)
    assert set(figures) == {post.external_id for post in live}
    assert figures[live[0].external_id].reads > figures[live[2].external_id].reads

    taken = bundle.channel.recall(bundle.line, live[1])
    assert taken.how == "deleted"
    assert [bundle.channel.is_gone(bundle.line, post) for post in live] == [False, True, False]
    assert [requests.get(post.url, timeout=5).status_code for post in live] == [200, 404, 200]
    assert bundle.channel.recall(bundle.line, live[1]).how == "deleted"


@pytest.mark.parametrize(
    "fault", [{"kind": "drop_after"}, {"kind": "server_error_after"}, {"kind": "timeout", "seconds": 1}]
)
def test_a_lost_answer_and_each_finds_itself(bundle, stand_in, fault):
    stand_in.order(platform="wechat", path=SUBMIT, **fault)
    with pytest.raises(OutcomeUnknown):
        bundle.send()
    found = [bundle.look(number) for number in range(3)]
    assert [answer.external_id.rpartition(":")[2] for answer in found] == ["1", "2", "3"]
    assert len(stand_in.published()) == 3


def test_nothing_happened_and_the_draft_is_used_again(bundle, stand_in):
    stand_in.order(platform="wechat", path=SUBMIT, kind="error", code=-1)
    with pytest.raises(OutcomeUnknown):
        bundle.send()
    assert all(isinstance(bundle.look(number), Absent) for number in range(3))
    bundle.send()
    assert stand_in.calls()["/cgi-bin/draft/add"] == 1
    assert len(stand_in.published()) == 3


def test_taken_apart_after_a_refusal(bundle, stand_in):
    stand_in.order(platform="wechat", path=SUBMIT, kind="error", code=87014)
    with pytest.raises(Refused):
        bundle.send()
    for number in range(3):
        bundle.send([number])
    assert stand_in.calls()["/cgi-bin/draft/add"] == 4
    assert sorted(row["title"] for row in stand_in.published()) == ["第 1 条", "第 2 条", "第 3 条"]
    assert {row["position"] for row in stand_in.published()} == {1}


def test_the_review_refuses_one(bundle, stand_in):
    stand_in.order(platform="wechat", path=SUBMIT, kind="review_rejected", code="2")
    answers = [bundle.channel.confirm(bundle.line, post) for post in bundle.send()]
    assert answers[1] == Rejected("平台审核不通过")
    assert all(isinstance(answer, Rejected) and "第 2 篇没有通过" in answer.why for answer in (answers[0], answers[2]))
    assert stand_in.published() == []

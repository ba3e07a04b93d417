"""Confirming where a platform tells of several posts in one call: one look each batch, one verdict each post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from rongmei.channels import Accepted, Line, Pending, Polling, Posted, Rejected, registry
from rongmei.errors import CredentialRefused, TryLater
from rongmei.publishing import confirm, plan_publications, publish

KEY = "cunchao/2026-06-06"


@pytest.fixture
def weibo(monkeypatch, kinds):
    """A platform that tells of two posts in one call; `looks` are the titles that were asked for together."""

    class Together(kinds["single"]):
        def __init__(self) -> None:
            super().__init__("weibo", links=False)
            self.live = False
            self.looks: list[list[str]] = []
            self.faults: dict[str, Exception] = {}
            self.verdicts: dict[str, Any] = {}

        def confirm(self, line: Line, posted: Posted) -> Any:
            raise AssertionError("those that can be asked for together are")

        def batches(self, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
            return [posts[:2], posts[2:]] if len(posts) > 2 else [posts]

        def confirm_together(self, line: Line, posts: Sequence[Posted]) -> tuple[Any, ...]:
            self.looks.append([post.title for post in posts])
            for post in posts:
                if post.title in self.faults:
                    raise self.faults[post.title]
            live = [Accepted(post.external_id, "https://weibo.example/1", live=True) for post in posts]
            return tuple(self.verdicts.get(post.title, answer) for post, answer in zip(posts, live, strict=True))

    channel = Together()
    assert isinstance(channel, Polling)
    monkeypatch.setitem(registry.all_channels(), "weibo", channel)
    return channel


@pytest.fixture
def house(newsroom, planned, connect, weibo):
    """Three posts that the platform has taken; calling it confirms them."""
    plan = planned(channels=["weibo"], accounts="author")
    for title in ("一", "二", "三"):
        newsroom.sign_off(title)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    given = {"connect": connect, "clock": newsroom.time}
    publish(newsroom.ledger, plan, KEY, "weibo", settings=newsroom.settings, **given)
    assert newsroom.states() == ["accepted"] * 3
    return lambda: confirm(newsroom.ledger, plan, KEY, "weibo", **given)


def test_each_batch_is_asked_for_once(house, newsroom, weibo):
    assert house().live == 3
    assert weibo.looks == [["一", "二"], ["三"]]
    assert newsroom.states() == ["live"] * 3


def test_each_post_has_its_own_verdict(house, newsroom, weibo):
    weibo.verdicts = {"一": Rejected("违规"), "三": Pending("审核中")}
    summary = house()
    assert (summary.live, summary.failed, summary.pending) == (1, 1, 1)
    assert newsroom.states() == ["failed", "live", "accepted"]


def test_a_look_that_fails_decides_nothing_about_its_batch_and_leaves_the_others_alone(house, newsroom, weibo):
    weibo.faults = {"二": TryLater("连不上")}
    summary = house()
    assert (summary.live, summary.pending) == (1, 2)
    assert newsroom.states() == ["accepted", "accepted", "live"]
    assert "连不上" in newsroom.publications()[0].last_error


def test_after_a_refused_credential_nobody_knocks_again(house, newsroom, weibo):
    weibo.faults = {"一": CredentialRefused("令牌失效")}
    assert house().pending == 3
    assert weibo.looks == [["一", "二"]]
    assert all("令牌失效" in publication.last_error for publication in newsroom.publications())

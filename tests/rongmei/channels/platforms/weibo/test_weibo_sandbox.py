"""Weibo against the real wire: sharing what was cut, taking a status down, and seeing that it is gone."""

from __future__ import annotations

import pytest

from rongmei.channels import TakenDown
from rongmei.channels.platforms.weibo import WeiboChannel

pytestmark = pytest.mark.net


@pytest.mark.parametrize("digest", ["全场观众超过3万人，goal！👨‍👩‍👧‍👦" * 12, "ab " * 90, "１２" * 120, ""])
def test_whatever_is_cut_is_short_enough_for_the_platform(stand_in, story, digest):
    channel = WeiboChannel()
    line = stand_in.line(channel)
    post = stand_in.publish(channel, line, story(digest=digest, tags=("#村超#", "@东城")))
    assert (post.state, post.why) == ("live", "")
    (row,) = stand_in.published()
    assert row["text"] == post.kept["text"]


def test_taken_down_and_gone(stand_in, story):
    channel = WeiboChannel()
    line = stand_in.line(channel)
    first = stand_in.publish(channel, line, story()).posted
    second = stand_in.publish(channel, line, story(fingerprint="rm0123456789abcdef02", title="另一条")).posted
    assert channel.is_gone(line, first) is False
    taken = channel.recall(line, first)
    assert taken == TakenDown("deleted", f"statuses/destroy 删除了微博 {first.external_id}")
    assert [channel.is_gone(line, post) for post in (first, second)] == [True, False]
    assert "已经不在" in channel.recall(line, first).said

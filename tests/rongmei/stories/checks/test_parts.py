"""平台限制: what a channel refuses or is not given, and only where the campaign publishes to it."""

from __future__ import annotations

from typing import Any

import pytest

from rongmei.ledger import StoryMedia
from rongmei.stories.checks import check


def limits(version: Any, *channels: str) -> dict[str, str]:
    return {one.code: one.message for one in check(version, channels) if one.group == "limits"}


@pytest.mark.parametrize(("channel", "limit", "name"), [("bilibili", 80, "哔哩哔哩"), ("alipay", 32, "支付宝生活号")])
def test_titles_that_would_be_refused(version: Any, channel: str, limit: int, name: str) -> None:
    film = [StoryMedia(role="video", position=0, name="a.mp4", alt="全场", credit="李四")]
    long = version(title="长" * (limit + 1), media=film)
    assert limits(long, channel) == {f"{channel}_title": f"标题 {limit + 1} 字，{name}最多 {limit} 字，会被拒收"}
    assert limits(long, "weibo") == {}
    assert limits(version(title="长" * limit, media=film), channel) == {}
    assert limits(version(title="长" * 100, extras={"titles": {channel: "短"}}, media=film), channel) == {}


def test_channels_that_take_films_only(version: Any) -> None:
    told = limits(version(), "weibo", "bilibili", "kuaishou")
    assert told == {"no_video_there": "没有视频，不会排到哔哩哔哩、快手"}
    film = StoryMedia(role="video", position=1, name="a.mp4", alt="全场", credit="李四")
    assert limits(version(media=[film]), "bilibili", "kuaishou") == {}
    assert limits(version(), "weibo") == {}

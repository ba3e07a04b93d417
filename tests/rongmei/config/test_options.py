"""The options of a run: defaults, labels for the trigger form, and what a producer reads when one is wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from rongmei.config import RunOptions, read_options
from rongmei.errors import BadInput


def test_nothing_chosen_means_the_campaigns_own_ways() -> None:
    options = read_options({})
    assert (options.edition_date, options.channels, options.stories) == (None, (), 6)
    assert (options.note, options.rehearsal) == ("", False)


def test_what_the_form_sends_is_read() -> None:
    raw = {"edition_date": "2026-06-06", "channels": ["weibo"], "stories": 3, "note": " 加油\n村超 ", "rehearsal": True}
    options = read_options(raw)
    assert options.edition_date == date(2026, 6, 6)
    assert options.channels == ("weibo",)
    assert options.note == "加油\n村超"
    assert options.rehearsal


def test_a_field_left_empty_in_the_form_counts_as_not_chosen() -> None:
    left = {"edition_date": None, "channels": None, "stories": None, "note": None, "rehearsal": None}
    assert read_options(left) == read_options({})


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"stories": 0}, "采用条数：不能小于 1，写的是 0。改法：采用条数：改成 1 或更大的数"),
        ({"stories": 101}, "采用条数：不能大于 100"),
        ({"stories": "6"}, "采用条数：应为整数，写的是“6”"),
        ({"stories": True}, "采用条数：应为整数，写的是 true"),
        ({"stories": 2.5}, "采用条数：应为整数，写的是 2.5"),
        ({"channels": ["wechat", "weixin"]}, "发布渠道：没有渠道“weixin”"),
        ({"scenario": "earthquake"}, "彩排场景：没有彩排场景“earthquake”"),
        ({"channels": ["weibo", "weibo"]}, "发布渠道：渠道“weibo”重复了"),
        ({"channels": "weibo"}, "发布渠道：应为列表，写的是“weibo”"),
        ({"edition_date": "2026/6/6"}, "期次日期：“2026/6/6”不是日期"),
        ({"edition_date": "2026-02-30"}, "期次日期：没有“2026-02-30”这一天"),
        ({"edition_date": 86400}, "期次日期：“86400”不是日期"),
        ({"note": "啊" * 501}, "制片留言：最多 500 个字"),
        ({"note": "a\x1bb"}, "制片留言：文字里有控制字符"),
        ({"rehearsal": "maybe"}, "彩排：应为是或否，写的是“maybe”"),
        ({"chanels": []}, "选项：这里没有“chanels”这一项。改法：选项：是不是想写“channels”？"),
    ],
)
def test_a_wrong_option_is_named_by_its_label(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_options(raw)
    assert said in str(caught.value)
    assert str(caught.value).startswith("本期选项：")


def test_every_wrong_option_is_told_at_once() -> None:
    with pytest.raises(BadInput, match=r"发布渠道：.*；采用条数：.*；彩排："):
        read_options({"stories": 999, "rehearsal": 3, "channels": 1})


def test_the_form_has_a_chinese_label_and_help_for_every_option() -> None:
    for name, schema in RunOptions.model_json_schema()["properties"].items():
        for words in (schema["title"], schema["description"]):
            assert any("一" <= letter <= "龥" for letter in words), name


def test_the_form_shows_channels_by_the_names_readers_know() -> None:
    channels = RunOptions.model_json_schema()["properties"]["channels"]
    assert channels["examples"] == channels["items"]["enum"]
    assert channels["values_display"]["wechat"] == "微信公众号"
    assert set(channels["values_display"]) == set(channels["examples"])


def test_options_are_frozen() -> None:
    with pytest.raises(ValidationError):
        read_options({}).stories = 2  # type: ignore[misc]

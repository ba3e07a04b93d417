"""Ranks, heat and links as a person reads them."""

from __future__ import annotations

import pytest

from rongmei.boards import BOARDS
from rongmei.boards.words import heat_words, rank_words, search_link, short_count


def test_every_board_has_a_search_page_and_a_unit_of_its_own() -> None:
    units = {heat_words(board, 1).rpartition(" ")[0] for board in BOARDS}
    assert len(units) == len(BOARDS)
    for board in BOARDS:
        assert str(search_link(board, "村超")).startswith("https://")
    assert search_link("fax", "村超") is None


@pytest.mark.parametrize("title", ['"><script>', "村超&x=1#", "a b/../c", "#村超#"])
def test_a_title_cannot_leave_its_place_in_the_link(title: str) -> None:
    link = str(search_link("weibo", title))
    assert link.startswith("https://s.weibo.com/weibo?q=%23")
    assert link.endswith("%23")
    assert not set('"<>& #') & set(link.removeprefix("https://s.weibo.com/weibo?q="))


def test_words() -> None:
    assert heat_words("weibo", None) == "平台未给热度"
    assert heat_words("zhihu", 11_810_000) == "知乎热度 1181.0 万"
    assert [short_count(count) for count in (9_800, 10_000, 120_000_000)] == ["9,800", "1.0 万", "1.20 亿"]
    assert [rank_words(position) for position in (0, 3)] == ["置顶", "第 3 位"]

"""Tests of reading Weibo's board."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.errors import BadInput, TryLater
from rongmei.pitches.sources.board import MAX_LINES, BoardLine, parse_board


def board(*rows: Any) -> dict[str, Any]:
    return {"ok": 1, "data": {"realtime": list(rows)}}


def test_lines_keep_order_heat_category_and_advertisements() -> None:
    rows = (
        {"word": "贵州村超少年圆梦欧洲杯", "note": "x", "num": 204829, "category": "体育", "rank": 0},
        {"word": "某饮料", "num": 0, "is_ad": 1},
        {"note": "龙舟\u202e赛", "num": None, "category": 3},
    )
    assert parse_board(json.dumps(board(*rows)).encode(), "weibo") == [
        BoardLine(1, "贵州村超少年圆梦欧洲杯", 204829.0, "体育", False),
        BoardLine(2, "某饮料", 0.0, None, True),
        BoardLine(3, "龙舟赛", None, None, False),
    ]


@pytest.mark.parametrize("heat", [True, "many", float("nan"), float("inf"), -1, [1], {}])
def test_heat_that_is_no_count_is_unknown(heat: Any) -> None:
    assert parse_board(board({"word": "村超", "num": heat}), "weibo")[0].heat is None


def test_rows_that_are_no_lines_are_left_out_and_the_board_is_bounded() -> None:
    assert parse_board(board(None, 3, {}, {"word": "！"}, {"word": "村超"}), "weibo")[0].position == 1
    assert len(parse_board(board(*({"word": f"第{n}条"} for n in range(500))), "weibo")) == MAX_LINES


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b'{"ok": 1}', b'{"ok": 1, "data": {"realtime": {}}}', b"[" * 100_000]
)
def test_other_shapes_are_bad_input(content: bytes) -> None:
    with pytest.raises(BadInput, match="热榜 weibo"):
        parse_board(content, "weibo")


def test_a_platform_that_is_not_ok_is_asked_again_later() -> None:
    with pytest.raises(TryLater):
        parse_board(b'{"ok": -100, "url": "https://passport.example"}', "weibo")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_random_bytes_raise_only_typed_errors(noise: bytes) -> None:
    with pytest.raises((BadInput, TryLater)):
        parse_board(noise, "weibo")

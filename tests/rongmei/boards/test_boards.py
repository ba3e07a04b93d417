"""Tests of the hot boards: the forms of each platform, of aggregators, and what is none of them."""

from __future__ import annotations

import io
import json
from typing import Any, get_args

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.boards import BOARDS
from rongmei.boards.base import MAX_LINES
from rongmei.boards.values import count
from rongmei.config.models import BoardName
from rongmei.errors import BadInput, TryLater
from rongmei.ledger.boards import BoardLine
from rongmei.metrics.boardforms import BOARDS as ARCHIVED


def weibo(*rows: Any) -> dict[str, Any]:
    return {"ok": 1, "data": {"realtime": list(rows)}}


def parse(board: str, answer: dict[str, Any]) -> list[BoardLine]:
    return BOARDS[board].parse(json.dumps(answer).encode())


def test_every_board_a_campaign_or_an_archive_may_name_can_be_read() -> None:
    assert set(BOARDS) == set(get_args(BoardName)) == set(ARCHIVED.values())
    assert all(board.address.startswith("https://") and board.id == name for name, board in BOARDS.items())


FORMS: list[tuple[str, str, dict[str, Any], list[BoardLine]]] = [
    (
        "weibo",
        "side/hotSearch",
        {
            "ok": 1,
            "data": {
                "hotgov": {"word": "#民生实事进行时#"},
                "realtime": [
                    {"word": "贵州村超少年圆梦欧洲杯", "note": "x", "num": 204829, "category": "体育", "rank": 0},
                    {"word": "某饮料", "num": 0, "is_ad": 1},
                    {"note": "龙舟\u202e赛", "num": None, "category": 3},
                ],
            },
        },
        [
            BoardLine(0, "民生实事进行时"),
            BoardLine(1, "贵州村超少年圆梦欧洲杯", "体育", 204829),
            BoardLine(2, "某饮料", is_ad=True),
            BoardLine(3, "龙舟赛"),
        ],
    ),
    (
        "weibo",
        "hot_band",
        {"ok": 1, "data": {"band_list": [{"word": "村超", "num": 9, "label_name": "商"}]}},
        [BoardLine(1, "村超", heat=9, is_ad=True)],
    ),
    (
        "weibo",
        "mobile",
        {
            "ok": 1,
            "data": {
                "cards": [
                    {
                        "card_group": [
                            {"desc": "置顶要闻"},
                            {"desc": "村超总决赛", "desc_extr": "剧集 1234567"},
                            {"desc": "某车", "desc_extr": "1", "promotion": {"monitor_url": "x"}},
                        ]
                    }
                ]
            },
        },
        [BoardLine(0, "置顶要闻"), BoardLine(1, "村超总决赛", heat=1234567), BoardLine(2, "某车", heat=1, is_ad=True)],
    ),
    (
        "zhihu",
        "hot-lists/total",
        {
            "data": [
                {
                    "target": {"title": "如何看待村超？", "excerpt": "榕江…", "answer_count": 279},
                    "detail_text": "1181 万热度",
                },
                {"target": {"title": "好物推荐", "answer_count": 0}, "detail_text": "盐选推荐"},
            ]
        },
        [
            BoardLine(1, "如何看待村超？", heat=11_810_000, discussions=279, description="榕江…"),
            BoardLine(2, "好物推荐", discussions=0, is_ad=True),
        ],
    ),
    (
        "zhihu",
        "hot-list-web",
        {"data": [{"target": {"title_area": {"text": "村BA"}, "metrics_area": {"text": "22.5 万热度"}}}]},
        [BoardLine(1, "村BA", heat=225_000)],
    ),
    (
        "douyin",
        "hot/search/list",
        {"status_code": 0, "data": {"word_list": [{"word": "村超进球", "hot_value": 12_000_345, "position": 1}]}},
        [BoardLine(1, "村超进球", heat=12_000_345)],
    ),
    ("douyin", "billboard", {"word_list": [{"word": "村超", "hot_value": "77"}]}, [BoardLine(1, "村超", heat=77)]),
    (
        "douyin",
        "open platform",
        {"data": {"error_code": 0, "list": [{"sentence": "村超开哨", "hot_level": 88}]}},
        [BoardLine(1, "村超开哨", heat=88)],
    ),
    (
        "toutiao",
        "hot-board",
        {
            "status": "success",
            "data": [
                {"Title": "村超周末再战", "HotValue": "4321000", "InterestCategory": ["sports"]},
                {"Title": "要闻", "HotValue": "5"},
            ],
            "fixed_top_data": [{"Title": "置顶"}, {"Title": "要闻"}],
        },
        [BoardLine(0, "置顶"), BoardLine(1, "村超周末再战", "sports", 4_321_000), BoardLine(2, "要闻", heat=5)],
    ),
    (
        "baidu",
        "cards",
        {"data": {"cards": [{"topContent": [{"word": "顶"}], "content": [{"word": "村超", "hotScore": "498"}]}]}},
        [BoardLine(0, "顶"), BoardLine(1, "村超", heat=498)],
    ),
    (
        "baidu",
        "wise",
        {
            "data": {
                "cards": [{"content": [{"content": [{"word": "顶", "isTop": True}, {"word": "村超", "desc": "榕江"}]}]}]
            }
        },
        [BoardLine(0, "顶"), BoardLine(1, "村超", description="榕江")],
    ),
    (
        "bilibili",
        "hotword",
        {"code": 0, "list": [{"keyword": "村超", "show_name": "村超决赛", "heat_score": 3456}]},
        [BoardLine(1, "村超决赛", heat=3456)],
    ),
    (
        "bilibili",
        "square",
        {"code": 0, "data": {"trending": {"list": [{"keyword": "村超", "is_commercial": "1"}, {"keyword": "村BA"}]}}},
        [BoardLine(1, "村超", is_ad=True), BoardLine(2, "村BA")],
    ),
    (
        "toutiao",
        "DailyHot",
        {"code": 200, "name": "toutiao", "data": [{"title": "村超", "desc": "今晚", "hot": 12, "url": "https://x"}]},
        [BoardLine(1, "村超", heat=12, description="今晚")],
    ),
    (
        "douyin",
        "vvhan",
        {"success": True, "data": [{"title": "村超", "hot": "123.4万"}]},
        [BoardLine(1, "村超", heat=1_234_000)],
    ),
    (
        "weibo",
        "NewsNow",
        {"status": "cache", "id": "weibo", "items": [{"id": 1, "title": "村超", "extra": {"info": "5亿"}}]},
        [BoardLine(1, "村超", heat=500_000_000)],
    ),
]


@pytest.mark.parametrize(("board", "form", "answer", "lines"), FORMS, ids=[f"{b}-{f}" for b, f, _, _ in FORMS])
def test_the_forms_of_the_platforms_and_of_aggregators(
    board: str, form: str, answer: dict[str, Any], lines: list[BoardLine]
) -> None:
    assert parse(board, answer) == lines


def test_rows_that_are_no_lines_are_left_out_and_the_board_is_bounded() -> None:
    lines = parse("weibo", weibo(None, 3, {}, {"word": "！"}, {"word": "村超"}, {"word": "村超"}))
    assert [(line.position, line.title) for line in lines] == [(1, "村超")]
    assert len(parse("weibo", weibo(*({"word": f"第{n}条"} for n in range(500))))) == MAX_LINES


@pytest.mark.parametrize(
    ("value", "is_count"),
    [
        ("1181 万热度", 11_810_000),
        ("12.5w", 125_000),
        ("204,829", 204_829),
        (1910000000.0000002, 1_910_000_000),
        (0, None),
        (True, None),
        ("many", None),
        ("-3", None),
        (float("nan"), None),
        (float("inf"), None),
        (-1, None),
        (10**400, None),
        ([1], None),
        ({}, None),
    ],
)
def test_counts_in_numbers_and_in_words(value: Any, is_count: int | None) -> None:
    assert count(value) == is_count


@pytest.mark.parametrize("board", list(BOARDS))
@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"ok": 1, "data": {"realtime": {}}}', b'{"data": 3}', b"[" * 100_000]
)
def test_other_shapes_are_bad_input_that_names_the_board(board: str, content: bytes) -> None:
    with pytest.raises(BadInput, match=f"热榜 .*{board}"):
        BOARDS[board].parse(content)


@pytest.mark.parametrize(
    ("board", "answer"),
    [
        ("weibo", {"ok": -100, "url": "https://passport.example"}),
        ("douyin", {"status_code": 8}),
        ("douyin", {"data": {"error_code": 28001005, "description": "系统繁忙"}}),
        ("bilibili", {"code": -412, "message": "request was banned"}),
        ("zhihu", {"code": 500, "message": "x"}),
        ("weibo", {"success": False, "message": "x"}),
    ],
)
def test_a_platform_that_is_not_well_is_asked_again_later(board: str, answer: dict[str, Any]) -> None:
    with pytest.raises(TryLater):
        parse(board, answer)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ok", "data", "realtime", "list", "cards", "content", "target", "title", "word", "keyword"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(BOARDS)), st.dictionaries(st.sampled_from(["ok", "data", "list", "items", "code"]), _VALUES)
)
def test_whatever_is_in_the_answer_only_typed_errors_come(board: str, answer: dict[str, Any]) -> None:
    try:
        lines = BOARDS[board].parse(answer)
    except (BadInput, TryLater):
        return
    assert all(line.title and line.position >= 0 for line in lines)


def test_the_platform_itself_is_asked_with_its_own_page_as_referer() -> None:
    asked: list[tuple[str, str | None]] = []

    class Session(requests.Session):
        def get(self, url: Any, **how: Any) -> requests.Response:
            asked.append((url, how["headers"].get("Referer")))
            answer = requests.Response()
            answer.status_code = 200
            answer.raw = io.BytesIO('{"status_code": 0, "data": {"word_list": [{"word": "村超"}]}}'.encode())
            return answer

    def public(host: str, port: int) -> list[str]:
        return ["93.184.215.14"]

    douyin = BOARDS["douyin"]
    assert [line.title for line in douyin.read(Session(), resolve=public)] == ["村超"]
    assert douyin.read(Session(), url="https://hot.example/douyin", resolve=public)
    assert asked == [(douyin.address, "https://www.douyin.com/"), ("https://hot.example/douyin", None)]

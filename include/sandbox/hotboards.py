"""The rehearsal's invented hot board in the form in which each platform's own pages are served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.rehearsal import hot_board

Row = Mapping[str, Any]


def _weibo(board: Row) -> Row:
    return board


def _zhihu(board: Row) -> Row:
    return {"data": [_zhihu_line(row) for row in _rows(board)], "paging": {"is_end": True}}


def _zhihu_line(row: Row) -> Row:
    target = {"title": f"如何看待{row['word']}？", "excerpt": "", "answer_count": row["num"] // 4_000}
    return {"type": "hot_list_feed", "target": target, "detail_text": f"{row['num'] // 10_000} 万热度"}


def _douyin(board: Row) -> Row:
    words = [{"position": row["realpos"], "word": row["word"], "hot_value": row["num"]} for row in _rows(board)]
    return {"status_code": 0, "data": {"word_list": words}}


def _toutiao(board: Row) -> Row:
    lines = [{"Title": row["word"], "HotValue": str(row["num"]), "InterestCategory": []} for row in _rows(board)]
    return {"status": "success", "data": lines, "fixed_top_data": []}


def _baidu(board: Row) -> Row:
    lines = [{"word": row["word"], "hotScore": str(row["num"]), "desc": "", "isTop": False} for row in _rows(board)]
    return {"success": True, "data": {"cards": [{"component": "hotList", "content": lines}]}}


def _bilibili(board: Row) -> Row:
    lines = [{"keyword": row["word"], "show_name": row["word"], "heat_score": row["num"]} for row in _rows(board)]
    return {"code": 0, "list": lines}


_FORMS: Mapping[str, Callable[[Row], Row]] = {
    "weibo": _weibo,
    "zhihu": _zhihu,
    "douyin": _douyin,
    "toutiao": _toutiao,
    "baidu": _baidu,
    "bilibili": _bilibili,
}
BOARDS = tuple(_FORMS)


def served(board: str, now: float) -> dict[str, Any]:
    """What the platform answers at `now` (epoch seconds); the board changes with the hour.

    Raises:
        KeyError: there is no such board.
    """
    return dict(_FORMS[board](hot_board(board, now)))


def _rows(board: Row) -> list[Row]:
    rows: list[Row] = board["data"]["realtime"]
    return rows

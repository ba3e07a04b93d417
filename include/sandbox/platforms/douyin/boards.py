"""Douyin's hot lists, read with an app's client_token: the rehearsal's invented board in the platform's form."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.clock import shanghai
from sandbox.platforms.douyin.base import NAME, DouyinLimits, done, refuse, routes, whole, with_client
from sandbox.rehearsal import hot_board
from sandbox.wire import Call

_NONE, _NEW, _FIRST = 0, 1, 5


@routes.on("GET", "/hotsearch/sentences")
@with_client("hotsearch")
def sentences(call: Call) -> Response:
    rows = [{"sentence": row["word"], "hot_level": row["num"]} for row in _board(call)]
    # The board changes with the hour.
    return done(call, active_time=f"{shanghai(call.now):%Y-%m-%d %H}:00:00", list=rows)


@routes.on("GET", "/hotsearch/trending/sentences")
@with_client("hotsearch")
def trending_sentences(call: Call) -> Response:
    cursor, count = whole(call, "cursor", 0), whole(call, "count")
    if cursor < 0 or count < 1:
        raise refuse(call, 28001007, "cursor 或 count 不合法")
    board = _board(call)
    end = cursor + min(count, call.world.limits(DouyinLimits).page_max)
    rows = [{"sentence": row["word"], "hot_level": row["num"], "label": _label(row)} for row in board[cursor:end]]
    return done(call, list=rows, total=len(board), cursor=min(end, len(board)), has_more=end < len(board))


def _board(call: Call) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = hot_board(NAME, call.now)["data"]["realtime"]
    return rows


def _label(row: dict[str, Any]) -> int:
    if row["rank"] == 0:
        return _FIRST
    return _NEW if row["label_name"] else _NONE

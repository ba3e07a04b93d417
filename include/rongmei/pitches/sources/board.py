"""Read a hot-search board as Weibo's public page serves it: {"ok": 1, "data": {"realtime": [...]}}."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from rongmei.errors import BadInput, TryLater
from rongmei.pitches.sources.base import NAME_LIMIT, TITLE_LIMIT
from rongmei.pitches.sources.fetch import Resolve, fetch, resolve_host
from rongmei.text.normalise import clean_line, normalise

MAX_LINES = 200
MAX_BOARD_BYTES = 2 * 1024 * 1024
_AD_FLAGS = ("is_ad", "ad_type", "topic_ad", "is_ad_pos")
_MEND = "核对热榜地址，或等平台恢复后重试"


@dataclass(frozen=True)
class BoardLine:
    """One line of a board.

    Attributes:
        position: 1 is the top; counted over all lines with a title, advertisements included.
        title: one line of plain text.
        heat: the platform's own figure (`num`); None where it gives none, which is not zero.
        category: as the platform names it.
        is_ad: paid for; not a sign of interest.
    """

    position: int
    title: str
    heat: float | None
    category: str | None
    is_ad: bool


def parse_board(content: bytes | Mapping[str, Any], board: str) -> list[BoardLine]:
    """The lines of a board in their order, at most 200; lines without a title are left out.

    Args:
        content: the answer's bytes, or the object already read from JSON.
        board: its id, for messages.

    Raises:
        BadInput: not JSON or not the expected shape.
        TryLater: the platform says that it is not ok (`ok` is not 1).
    """
    where = f"热榜 {clean_line(board, 40)}"
    answer = _load(content, where) if isinstance(content, bytes) else content
    if not isinstance(answer, Mapping):
        raise BadInput("应答不是 JSON 对象", where=where, mend=_MEND)
    if answer.get("ok") != 1:
        raise TryLater(f"{where}：平台没有给出榜单，稍后再试")
    data = answer.get("data")
    rows = data.get("realtime") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise BadInput("应答里没有 data.realtime 列表", where=where, mend=_MEND)
    lines: list[BoardLine] = []
    for row in rows[:MAX_LINES]:
        title = _title(row) if isinstance(row, Mapping) else ""
        if title:
            lines.append(BoardLine(len(lines) + 1, title, _heat(row.get("num")), _category(row), _is_ad(row)))
    return lines


def fetch_board(
    url: str,
    session: requests.Session,
    *,
    board: str,
    allow_private: bool = False,
    resolve: Resolve = resolve_host,
) -> list[BoardLine]:
    """`fetch` and `parse_board` in one; raises what they raise. `session` comes from `public_session`."""
    content = fetch(url, session, limit=MAX_BOARD_BYTES, allow_private=allow_private, resolve=resolve)
    return parse_board(content, board)


def _load(content: bytes, where: str) -> Any:
    if len(content) > MAX_BOARD_BYTES:
        raise BadInput("应答超过 2 MB", where=where, mend=_MEND)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadInput("应答不是 JSON", where=where, mend=_MEND) from error


def _title(row: Mapping[str, Any]) -> str:
    for name in ("word", "note"):
        value = row.get(name)
        if isinstance(value, str) and normalise(value):
            return clean_line(value, TITLE_LIMIT)
    return ""


def _heat(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        heat = float(value)
    except (ValueError, OverflowError):
        return None
    return heat if math.isfinite(heat) and heat >= 0 else None


def _category(row: Mapping[str, Any]) -> str | None:
    value = row.get("category")
    return (clean_line(value, NAME_LIMIT) or None) if isinstance(value, str) else None


def _is_ad(row: Mapping[str, Any]) -> bool:
    return any(row.get(flag) not in (None, 0, "0", "", False) for flag in _AD_FLAGS)

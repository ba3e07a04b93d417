"""The forms in which public aggregators hand on any platform's board.

| who | form |
|---|---|
| DailyHot | `{"code": 200, "name": "weibo", "data": [{"title", "desc", "hot", "url"}]}` |
| vvhan and others | `{"success": true, "title": "微博", "data": [{"index", "title", "hot": "123.4万"}]}` |
| 60s | `{"code": 200, "data": [{"title", "hot_value" or "score" or "detail", "link"}]}` |
| NewsNow | `{"status": "success" or "cache", "items": [{"title", "extra": {"info": "123万"}}]}` |

Which platform an answer is about is the address's business; these forms do not always say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rongmei.boards.values import Answer, Draft, inside, rows
from rongmei.errors import TryLater

_HEATS = ("hot", "hot_value", "hotValue", "score", "heat")
_LISTS = (("data",), ("items",), ("data", "list"), ("data", "items"))


def aggregated(answer: Answer, where: str) -> Iterable[Draft] | None:
    """The lines of an aggregator's answer in their order; None when it is none of these forms.

    Args:
        where: the board, for messages.

    Raises:
        TryLater: the aggregator says that it has nothing now.
    """
    for way in _LISTS:
        lines = rows(inside(answer, *way))
        if lines is not None and any("title" in line or "name" in line for line in lines):
            return [_line(line) for line in lines]
    code = answer.get("code")
    if answer.get("success") is False or (
        isinstance(code, int) and not isinstance(code, bool) and code not in (0, 200)
    ):
        raise TryLater(f"{where}：聚合接口没有给出榜单，稍后再试")
    return None


def _line(line: Answer) -> Draft:
    return Draft((line.get("title"), line.get("name")), _heat(line), description=line.get("desc"))


def _heat(line: Answer) -> Any:
    for name in _HEATS:
        if line.get(name) not in (None, "", 0):
            return line[name]
    return inside(line, "extra", "info")

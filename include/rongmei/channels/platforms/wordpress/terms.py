"""A site's categories (columns) and tags: looked up by name, made where missing, and remembered for an open line."""

from __future__ import annotations

import html
import logging
import threading
from collections.abc import Sequence
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

from rongmei.channels.base import Line
from rongmei.channels.client import Client
from rongmei.channels.platforms.wordpress.answers import call, code_of, id_of, objects, refuse
from rongmei.channels.rendering import one_line
from rongmei.channels.values import number_or_none
from rongmei.errors import TryLater

Taxonomy: TypeAlias = Literal["categories", "tags"]

NAME_CHARS = 200
"""WordPress keeps no more of a term's name."""
MAX_TERMS = 20
_MOST = 100
_LABELS = {"categories": "分类", "tags": "标签"}

_logger = logging.getLogger(__name__)


class Terms:
    """Ids of terms by name. What is known of a site is forgotten with the line to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: WeakKeyDictionary[Client, dict[tuple[Taxonomy, str], int | None]] = WeakKeyDictionary()

    def ids(self, line: Line, taxonomy: Taxonomy, names: Sequence[str]) -> list[int]:
        """The ids of the terms of these names, each once.

        A term that is missing and that the account may not make is left out: an article in no category is better than
        none, and the log says which one an editor has to make.
        """
        with self._lock:
            known = self._known.setdefault(line.client, {})
        found: dict[int, None] = {}
        for name in _clean(names):
            key = (taxonomy, name.casefold())
            if key not in known:
                known[key] = _find(line, taxonomy, name) or _make(line, taxonomy, name)
            number = known[key]
            if number is not None:
                found[number] = None
        return list(found)


def _clean(names: Sequence[str]) -> list[str]:
    """Names without markup, on one line, not too long and not too many."""
    plain = (one_line(name.replace("<", " ").replace(">", " "))[:NAME_CHARS].strip() for name in names)
    return [name for name in dict.fromkeys(plain) if name][:MAX_TERMS]


def _find(line: Line, taxonomy: Taxonomy, name: str) -> int | None:
    what = f"查找{_LABELS[taxonomy]}"
    answer = call(line, "GET", f"/{taxonomy}", params={"search": name, "per_page": _MOST, "_fields": "id,name"})
    if answer.status >= 400:
        refuse(line, what, answer)
    if not isinstance(answer.data, list):
        raise TryLater(f"{line.account} {what}：看不懂平台的回答")
    for term in objects(answer):
        # The site answers names as HTML.
        if html.unescape(str(term.get("name", ""))).strip().casefold() == name.casefold():
            return number_or_none(term.get("id"))
    return None


def _make(line: Line, taxonomy: Taxonomy, name: str) -> int | None:
    what = f"新建{_LABELS[taxonomy]}"
    answer = call(line, "POST", f"/{taxonomy}", json_body={"name": name})
    code = code_of(answer)
    if code == "term_exists":
        # Made by somebody else meanwhile, or kept under a name that differs in its markup.
        data = answer.data.get("data")
        return number_or_none(data.get("term_id")) if isinstance(data, dict) else None
    if code == "rest_cannot_create":
        _logger.warning(
            "%s 没有权限%s“%s”，文章不带它；请在网站后台建好，或给账号编辑权限",
            line.account,
            what,
            line.client.clean(name),
        )
        return None
    if answer.status >= 400:
        refuse(line, what, answer)
    if not isinstance(answer.data, dict):
        raise TryLater(f"{line.account} {what}：看不懂平台的回答")
    return id_of(answer.data, line, what)

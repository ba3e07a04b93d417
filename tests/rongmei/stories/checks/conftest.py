"""A version of a story to be checked, and the checks' remarks on it by code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from rongmei.config import Lists
from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.checks import Finding, check, index

# A Saturday.
DAY = date(2026, 6, 6)


def make_version(**parts: Any) -> StoryVersion:
    given = {
        "title": "东城夺冠",
        "author": "张三",
        "digest": "摘要",
        "body": "东城队赢了。",
        "column": "match",
        "tags": [],
        "ai_generated": False,
        "extras": {},
        "media": [StoryMedia(role="body", position=0, name="a.jpg", alt="捧杯", credit="李四")],
    }
    return StoryVersion(**{**given, **parts})


@pytest.fixture(name="version")
def _version() -> Callable[..., StoryVersion]:
    return make_version


@pytest.fixture
def found() -> Callable[..., list[Finding]]:
    """`found(body, lists)`: every finding on a story with that body, published on Saturday 6 June 2026."""

    def look(body: str, lists: Lists | None = None, *, day: date | None = DAY, **parts: Any) -> list[Finding]:
        return list(check(make_version(body=body, **parts), (), index(lists or Lists()), day=day))

    return look


@pytest.fixture
def codes(found: Callable[..., list[Finding]]) -> Callable[..., list[str]]:
    """As `found`, the codes only."""

    def look(*args: Any, **parts: Any) -> list[str]:
        return [finding.code for finding in found(*args, **parts)]

    return look

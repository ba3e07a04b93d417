"""A story with a film for Bilibili, and an account's archives as the platform shows them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rongmei.channels import Article, Posted
from rongmei.channels.platforms.bilibili.channel import BilibiliChannel

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
OK = {"code": 0, "message": "0", "ttl": 1}
BV = "BV1MW421X7gM"
COVER_URL = "https://i1.hdslb.com/bfs/archive/cover.jpg"


@pytest.fixture
def film(story, clip) -> Callable[..., Article]:
    """A story with a film."""

    def make(**changes: Any) -> Article:
        return story(**{"videos": (clip(),), "tags": ("村超", "东莞"), **changes})

    return make


@pytest.fixture
def channel() -> BilibiliChannel:
    numbers = itertools.count(1)
    return BilibiliChannel(nonce=lambda: f"nonce-{next(numbers):04}")


@pytest.fixture
def fitted(wire) -> Any:
    """The wire, answering everything that leads to a submitted archive."""
    wire.on("/arcopen/fn/archive/video/init", {**OK, "data": {"upload_token": "upload-token-1"}})
    wire.on("/video/v2/part/upload", OK).on("/arcopen/fn/archive/video/complete", OK)
    wire.on("/arcopen/fn/archive/cover/upload", {**OK, "data": {"url": COVER_URL}})
    return wire.on("/arcopen/fn/archive/add-by-utoken", {**OK, "data": {"resource_id": BV}})


@pytest.fixture
def ready(channel, line, fitted, film, kept) -> tuple[Any, Article, Any]:
    """Everything prepared: (line, article, progress), the wire emptied."""
    article, progress, at = film(), kept(), line("bilibili")
    channel.prepare(at, article, progress)
    fitted.sent.clear()
    return at, article, progress


@pytest.fixture
def posted() -> Callable[..., Posted]:
    def make(**changes: Any) -> Posted:
        values = {"url": None, "title": "题", "fingerprint": "rm0", "accepted_at": NOW, "published_at": NOW}
        return Posted(**{"external_id": BV, "progress": {}, **values, **changes})

    return make


@pytest.fixture
def archive() -> Callable[..., dict[str, Any]]:
    """What was submitted, as `viewlist` shows it a little later."""

    def make(progress: Any, **changes: Any) -> dict[str, Any]:
        submission = progress.get("submission")
        return {
            "resource_id": BV,
            "title": submission["title"],
            "desc": submission["desc"],
            "cover": submission["cover"],
            "ctime": int(NOW.timestamp()) + 5,
            "ptime": 0,
            "addit_info": {"state": -30, "state_desc": "审核中", "reject_reason": ""},
            "video_info": {},
            **changes,
        }

    return make

"""A story with a service card for Alipay, and a message as it stands there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rongmei.channels import Article, Posted, ServiceCard
from rongmei.channels.platforms.alipay.channel import AlipayChannel

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MESSAGE = "20260606-9fa2-481b"
PAGE = "https://render.example/p/yuyan/180020010001206617/index.html?contentId=c1"


@pytest.fixture
def channel() -> AlipayChannel:
    return AlipayChannel()


@pytest.fixture
def carded(story) -> Callable[..., Article]:
    """A story with a service card."""

    def make(**changes: Any) -> Article:
        card = ServiceCard("村超门票", "alipays://platformapi/startapp?appId=2021&page=pages%2Fticket", "满100减20")
        return story(**{"card": card, "tags": ("村超", "东莞"), **changes})

    return make


@pytest.fixture
def posted() -> Callable[..., Posted]:
    def make(**changes: Any) -> Posted:
        values = {
            "external_id": MESSAGE,
            "url": PAGE,
            "title": "东城队二比一战胜南城队",
            "fingerprint": "rm0",
            "accepted_at": NOW,
            "published_at": NOW,
            "progress": {"message_id": MESSAGE, "content_id": "c1"},
        }
        return Posted(**{**values, **changes})

    return make

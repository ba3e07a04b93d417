"""Lines to partners, and files to deliver to them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rongmei.channels import Credential, Line, open_line
from rongmei.channels.bodies import Pieces
from rongmei.delivery import Goods

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


@pytest.fixture
def line() -> Callable[..., Line]:
    def make(base_url: str, **fields: str) -> Line:
        return open_line("daily/ninjs", Credential(base_url, fields), lambda: NOW)

    return make


@pytest.fixture
def goods() -> Callable[..., Goods]:
    def make(name: str = "rongmei-story-17-v1-rm1.json", data: bytes = b"{}") -> Goods:
        return Goods(name, Pieces(data, "application/json"), hashlib.sha256(data).hexdigest())

    return make

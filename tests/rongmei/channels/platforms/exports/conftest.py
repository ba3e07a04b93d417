"""Stories that can be exported, and lines to partners' folders and endpoints."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from rongmei.channels import Article, Clip, Credential, Line, Posted, open_line
from rongmei.channels.client import Client

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


@pytest.fixture
def wired(story) -> Callable[..., Article]:
    """A story with all that wire copy needs."""

    def make(**changes: Any) -> Article:
        known = {
            "guid": "rongmei:story:17",
            "filed_at": NOW,
            "outlet": "东莞日报",
            "source": "东莞日报社",
            "place": "东莞",
        }
        return replace(story(), **{**known, **changes})

    return make


@pytest.fixture
def clip(tmp_path) -> Clip:
    data = b"film" * 100
    sha256 = hashlib.sha256(data).hexdigest()
    (tmp_path / sha256).write_bytes(data)
    return Clip(sha256, tmp_path / sha256, "绝杀.mp4", "video/mp4", len(data), 35.5, 1920, 1080, "陈策")


@pytest.fixture
def inbox(tmp_path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def to_folder(inbox) -> Callable[..., Line]:
    def make(**fields: str) -> Line:
        return open_line("daily/ninjs", Credential(inbox.as_uri(), fields), lambda: NOW + timedelta(hours=1))

    return make


@pytest.fixture
def to_endpoint(wire) -> Callable[..., Line]:
    def make(**fields: str) -> Line:
        credential = Credential("https://partner.example/in", fields)
        session = requests.Session()
        session.mount("https://", wire)
        client = Client(credential.base_url, "daily/ninjs", secrets=fields.values(), session=session)
        return Line("daily/ninjs", credential, client, lambda: NOW + timedelta(hours=1))

    return make


@pytest.fixture
def posted() -> Callable[..., Posted]:
    def make(progress: Mapping[str, Any], external_id: str = "x.json") -> Posted:
        return Posted(external_id, None, "旧题", "rm0123456789abcdef01", NOW, NOW, progress)

    return make

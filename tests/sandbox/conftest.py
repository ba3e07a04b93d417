"""A sandbox in the test's own process, with its clock standing still, and small clients for its platforms."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from sandbox.app import create_app, open_world
from sandbox.seed import build_seed, wechat_credentials, weibo_credentials, wordpress_credentials
from sandbox.world import World

# A Friday evening, 18:00 in Dongguan.
START = datetime(2026, 6, 5, 10, 0, tzinfo=UTC)

SEED: dict[str, Any] = {
    "derive": True,
    "ids": [
        {"id": "dongguan-daily", "name": "东莞日报", "followers": 1_000_000},
        {"id": "dongcheng", "name": "东城", "followers": 20_000},
        {"id": "humen", "name": "虎门", "followers": 20_000},
    ],
    "weibo": {"limits": {"safe_domains": ["rongmei.example"], "forbidden_words": ["赌球"]}},
}


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "#b4232a").save(buffer, kind)
    return buffer.getvalue()


def film(seconds: float = 12.5, size: tuple[int, int] = (720, 1280), *, data: bytes = b"\0" * 64) -> bytes:
    """A small MP4 that says how long and how large it is; its pictures are ``data``."""

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), name) + content

    header = struct.pack(">4I", 0, 0, 0, 1000) + struct.pack(">I", int(seconds * 1000)) + b"\0" * 80
    track = b"\0" * 76 + struct.pack(">2I", size[0] << 16, size[1] << 16)
    movie = box(b"moov", box(b"mvhd", header) + box(b"trak", box(b"tkhd", track)))
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + box(b"mdat", data) + movie


class WeChatClient:
    """Just enough of a client: UTF-8 JSON, one account."""

    def __init__(self, http: TestClient, account: str) -> None:
        self.http = http
        self.credentials = wechat_credentials(account)
        self.token = self.login()["access_token"]

    def login(self) -> dict[str, Any]:
        query = {"grant_type": "client_credential", **self.credentials}
        return self.http.get("/wechat/cgi-bin/token", params=query).json()

    def post(self, path: str, body: Any) -> dict[str, Any]:
        content = json.dumps(body, ensure_ascii=False).encode()
        return self.http.post(f"/wechat{path}", params={"access_token": self.token}, content=content).json()

    def get(self, path: str) -> dict[str, Any]:
        return self.http.get(f"/wechat{path}", params={"access_token": self.token}).json()

    def upload(self, path: str, data: bytes, **query: str) -> dict[str, Any]:
        files = {"media": ("cover.jpg", data, "image/jpeg")}
        return self.http.post(f"/wechat{path}", params={"access_token": self.token, **query}, files=files).json()

    def cover(self) -> str:
        return str(self.upload("/cgi-bin/material/add_material", picture(), type="image")["media_id"])

    def draft(self, *titles: str, content: str = "<p>街坊们准时到场。</p>") -> str:
        cover = self.cover()
        articles = [{"title": title, "content": content, "thumb_media_id": cover} for title in titles]
        return str(self.post("/cgi-bin/draft/add", {"articles": articles})["media_id"])

    def submit(self, *titles: str, content: str = "<p>街坊们准时到场。</p>") -> dict[str, Any]:
        return self.post("/cgi-bin/freepublish/submit", {"media_id": self.draft(*titles, content=content)})

    def publish(self, *titles: str, content: str = "<p>街坊们准时到场。</p>") -> dict[str, Any]:
        """Submit and poll twice: published."""
        submitted = self.submit(*titles, content=content)
        for _ in range(2):
            status = self.post("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})
        return {**submitted, **status}


class WeiboClient:
    def __init__(self, http: TestClient, account: str) -> None:
        self.http = http
        self.credentials = weibo_credentials(account)
        self.token = self.credentials["access_token"]

    def share(self, text: str, **more: Any) -> Any:
        data = {"access_token": self.token, "status": text, "rip": "127.0.0.1"}
        return self.http.post("/weibo/2/statuses/share.json", data=data, **more)

    def get(self, name: str, **query: Any) -> Any:
        return self.http.get(f"/weibo/2/{name}.json", params={"access_token": self.token, **query})


class WordPressClient:
    base = "/wordpress/wp-json/wp/v2"

    def __init__(self, http: TestClient, account: str) -> None:
        self.http = http
        found = wordpress_credentials(account)
        self.auth = (found["username"], found["password"])

    def call(self, method: str, path: str, **more: Any) -> Any:
        return self.http.request(method, f"{self.base}{path}", auth=self.auth, **more)

    def post(self, **fields: Any) -> dict[str, Any]:
        return self.call("POST", "/posts", json={"status": "publish", **fields}).json()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = open_world(tmp_path / "state", build_seed(SEED), wall=START.timestamp)
    yield found
    found.store.close()


@pytest.fixture
def http(world: World) -> TestClient:
    return TestClient(create_app(world), base_url="http://sandbox.test")


@pytest.fixture
def advance(http: TestClient):
    """Moves the sandbox's clock forward."""

    def move(**delta: float) -> None:
        seconds = delta.get("days", 0) * 86400 + delta.get("hours", 0) * 3600 + delta.get("seconds", 0)
        assert http.post("/_sandbox/clock", json={"advance_seconds": seconds}).status_code == 200

    return move


@pytest.fixture
def order(http: TestClient):
    """Orders a fault."""

    def place(**fault: Any) -> dict[str, Any]:
        answer = http.post("/_sandbox/faults", json=fault)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return place


@pytest.fixture
def published(http: TestClient):
    def read(**query: str) -> list[dict[str, Any]]:
        return http.get("/_sandbox/published", params=query).json()

    return read


@pytest.fixture
def jpeg() -> bytes:
    return picture()


@pytest.fixture
def make_picture():
    return picture


@pytest.fixture
def make_film():
    return film


@pytest.fixture
def wechat(http: TestClient) -> WeChatClient:
    return WeChatClient(http, "dongcheng")


@pytest.fixture
def wechat_daily(http: TestClient) -> WeChatClient:
    return WeChatClient(http, "dongguan-daily")


@pytest.fixture
def weibo(http: TestClient) -> WeiboClient:
    return WeiboClient(http, "dongcheng")


@pytest.fixture
def weibo_other(http: TestClient) -> WeiboClient:
    return WeiboClient(http, "humen")


@pytest.fixture
def wordpress(http: TestClient) -> WordPressClient:
    return WordPressClient(http, "dongcheng")


@pytest.fixture
def wordpress_other(http: TestClient) -> WordPressClient:
    return WordPressClient(http, "humen")

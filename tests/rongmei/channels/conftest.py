"""A platform that answers from a list, without sockets; articles and pictures to send to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from PIL import ExifTags, Image
from requests.adapters import BaseAdapter

from rongmei.channels import Article, Clip, Credential, Line, Picture, Progress
from rongmei.channels.client import Client
from sandbox.keys import alipay_keys

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
FIELDS = {
    "wechat": {"appid": "wx1234567890", "secret": "wechat-secret-0123456789"},
    "weibo": {"access_token": "2.00weibo-token", "uid": "1404376560", "safe_domain": "rongmei.example"},
    "wordpress": {"username": "daily", "password": "abcd efgh ijkl mnop"},
    "douyin": {
        "open_id": "ba253642-0590-40bc-9bdf-9a1334b94059",
        "access_token": "act.douyin-token-0001",
        "client_key": "awx1234567890abc",
    },
    "kuaishou": {
        "app_id": "ks669628970404537790",
        "access_token": "kuaishou-token-0001",
        "app_secret": "kuaishou-secret-0001",
    },
    "bilibili": {
        "client_id": "client-0001",
        "client_secret": "bili-secret-0123456789",
        "access_token": "bili-access-token-0001",
        "upload_url": "https://upload.example",
        "tid": "205",
    },
    "alipay": {
        "app_id": "2021000000000001",
        "private_key": alipay_keys().app_private_key,
        "alipay_public_key": alipay_keys().alipay_public_key,
    },
}


@dataclass
class Sent:
    """A request as it left."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire(BaseAdapter):
    """Answers each request with the next answer of its path, or with the last one again.

    An answer is a JSON-able value, (status, value), an exception, or a function of the request.
    """

    answers: dict[str, list[Any]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def on(self, path: str, *answers: Any) -> Wire:
        self.answers[path] = list(answers)
        return self

    def paths(self) -> list[str]:
        return [request.path for request in self.sent]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        assert options["timeout"] is not None
        assert None not in options["timeout"]
        url = urlsplit(request.url)
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, bytes):
            body = b"".join(body)  # A body that is read while it is sent.
            assert request.headers["Content-Length"] == str(len(body))
        sent = Sent(request.method, url.path, dict(parse_qsl(url.query)), body, dict(request.headers))
        self.sent.append(sent)
        queue = self.answers.get(url.path)
        assert queue, f"nobody expected {url.path}"
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        answer = answer(sent) if callable(answer) and not isinstance(answer, type) else answer
        if isinstance(answer, Exception):
            answer.request = request
            raise answer
        status, value = answer if isinstance(answer, tuple) else (200, answer)
        response = requests.Response()
        response.status_code = status
        response.url = request.url
        response.request = request
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        response.raw = BytesIO(content)
        return response

    def close(self) -> None:
        pass


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def line(wire: Wire) -> Callable[..., Line]:
    def make(channel: str, base_url: str = "https://platform.example", **fields: str) -> Line:
        credential = Credential(base_url, {**FIELDS[channel], **fields})
        session = requests.Session()
        session.mount("http://", wire)
        session.mount("https://", wire)
        client = Client(base_url, f"daily/{channel}", secrets=credential.fields.values(), session=session)
        return Line(f"daily/{channel}", credential, client, lambda: NOW)

    return make


class Kept(Progress):
    """Progress that remembers every commit."""

    def __init__(self, **values: Any) -> None:
        self.commits: list[dict[str, Any]] = []
        super().__init__(values, lambda stored: self.commits.append(dict(stored)))


@pytest.fixture
def kept() -> type[Kept]:
    return Kept


def photograph(size: tuple[int, int] = (640, 360), kind: str = "JPEG", *, noise: bool = False, **options: Any) -> bytes:
    buffer = BytesIO()
    image = Image.effect_noise(size, 90).convert("RGB") if noise else Image.new("RGB", size, "#b4232a")
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Picture]:
    def make(data: bytes | None = None, *, role: str = "cover", name: str = "球场.jpg", **more: str) -> Picture:
        data = photograph() if data is None else data
        sha256 = hashlib.sha256(data).hexdigest()
        (tmp_path / sha256).write_bytes(data)
        return Picture(sha256, tmp_path / sha256, role, name, **more)

    return make


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Clip]:
    def make(content: bytes = b"\x00\x00\x00\x18ftypmp42 a film", **more: Any) -> Clip:
        sha256 = hashlib.sha256(content).hexdigest()
        (tmp_path / sha256).write_bytes(content)
        values = {"name": "村超.mp4", "mime": "video/mp4", "size_bytes": len(content), "seconds": 61.0, **more}
        return Clip(sha256, tmp_path / sha256, **values)

    return make


@pytest.fixture(scope="session")
def snapshot() -> bytes:
    """A photograph as a telephone writes it: with the place, a serial number, and who took it."""
    made = Image.Exif()
    made[ExifTags.Base.Artist] = "Chen Ce"
    made.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SERIAL-4711"
    made.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (23.0, 1.0, 15.0), 3: "E", 4: (113.0, 45.0, 6.0)})
    buffer = BytesIO()
    Image.linear_gradient("L").save(buffer, "JPEG", exif=made)
    return buffer.getvalue()


@pytest.fixture
def photo() -> Callable[..., bytes]:
    return photograph


@pytest.fixture
def story() -> Callable[..., Article]:
    def make(**changes: Any) -> Article:
        values: dict[str, Any] = {
            "fingerprint": "rm0123456789abcdef01",
            "title": "东城队二比一战胜南城队",
            "author": "记者 林初",
            "digest": "全场观众超过三万人。",
            "html": "<p>东城队昨晚获胜。</p>",
            "text": "东城队昨晚获胜。",
        }
        return Article(**{**values, **changes})

    return make

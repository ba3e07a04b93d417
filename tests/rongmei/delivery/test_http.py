"""What the headers of a HEAD say about a delivered file."""

import base64
import hashlib

import pytest

from rongmei.channels.client import Answer
from rongmei.delivery import open_target
from rongmei.delivery.http import HttpTarget

DATA = b"{}"
SHA256 = hashlib.sha256(DATA).hexdigest()
DIGEST = base64.b64encode(hashlib.sha256(DATA).digest()).decode()


@pytest.mark.parametrize(
    ("status", "headers", "presence"),
    [
        (200, {"Content-Length": "2"}, "there"),
        (200, {"Content-Length": "3"}, "different"),
        (200, {"Content-Length": "²"}, "unknown"),
        (200, {}, "unknown"),
        (200, {"Content-Digest": f"sha-256=:{DIGEST}:", "Content-Length": "9"}, "there"),
        (200, {"Content-Digest": "sha-256=:AAAA:", "Content-Length": "2"}, "different"),
        (200, {"Content-Digest": "sha-256=:=:", "Content-Length": "2"}, "different"),
        (404, {}, "absent"),
        (410, {}, "absent"),
        (206, {"Content-Length": "2"}, "unknown"),
    ],
)
def test_head(line, monkeypatch, status, headers, presence):
    there = line("https://partner.example/in", readback="head")
    asked = []

    def call(method, path, **more):
        asked.append((method, path))
        return Answer(status, headers, b"", None)

    monkeypatch.setattr(there.client, "call", call)
    with open_target(there) as target:
        assert isinstance(target, HttpTarget)
        assert target.look("a.json", len(DATA), SHA256) == presence
    assert asked == [("HEAD", "/a.json")]

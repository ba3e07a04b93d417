"""Bilibili's signature, and that every call carries it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from rongmei.channels.platforms.bilibili.signing import signed

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
OK = {"code": 0, "message": "0", "ttl": 1}
PART = "/video/v2/part/upload"
COVER = "/arcopen/fn/archive/cover/upload"


def body_of(request):
    return request.body if isinstance(request.body, bytes) else b"".join(request.body)


@pytest.mark.parametrize(
    ("body", "nonce", "md5", "seal"),
    [
        # Computed with `openssl dgst -sha256 -hmac` over the text of section 6.2.
        (
            b'{"name":"a.mp4","utype":"0"}',
            "nonce-0001",
            "5af21bd9ac5a6ba36abac0b1bc2fedc0",
            "bbaebe698ea18f4a5db38f53cd78a4c84c54798a3845438af395bf5c5acd6029",
        ),
        (
            b"",
            "nonce-0002",
            "d41d8cd98f00b204e9800998ecf8427e",
            "f945fd11c05708a6a0333f14a66a5b0f577f9cf76412090bf42409fb51c0ac50",
        ),
    ],
)
def test_the_signature(body, nonce, md5, seal):
    headers = signed(
        body,
        client_id="client-0001",
        client_secret="bili-secret-0123456789",
        access_token="token",
        nonce=nonce,
        at=datetime.fromtimestamp(1780718400.9, UTC),
    )
    assert headers["Authorization"] == seal
    assert headers["X-Bili-Content-Md5"] == md5
    assert headers["X-Bili-Timestamp"] == "1780718400"
    assert headers["Access-Token"] == "token"
    assert headers["Accept"] == "application/json"


def test_every_call_is_signed_over_what_is_sent_and_no_nonce_twice(channel, line, wire, fitted, film, kept):
    channel.prepare(line("bilibili"), film(), kept())
    calls = [request for request in wire.sent if request.path != PART]
    assert len({request.headers["X-Bili-Signature-Nonce"] for request in calls}) == len(calls) == 3
    for request in calls:
        multipart = request.path == COVER
        expected = hashlib.md5(b"" if multipart else body_of(request)).hexdigest()
        assert request.headers["X-Bili-Content-Md5"] == expected
        assert request.headers["Content-Type"].startswith("multipart/" if multipart else "application/json")
        assert ";" not in request.headers["Content-Type"] or multipart
        assert request.headers["X-Bili-Timestamp"] == str(int(NOW.timestamp()))

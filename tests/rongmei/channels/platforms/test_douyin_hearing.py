"""Letters from Douyin: the address is checked, a created item is asked about, a forged letter is not heard."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rongmei.channels import Credential, Hearing, Letter, Pending, WrongSignature
from rongmei.channels.platforms.douyin import DouyinChannel
from rongmei.errors import BadInput, CredentialRefused

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
SECRET = "douyin-client-secret"
CREATED = {
    "event": "create_video",
    "from_user_id": "open",
    "client_key": "aw",
    "content": {"share_id": "", "item_id": "@item==", "video_id": "75"},
}


def letter(body: bytes, secret: str = SECRET) -> Letter:
    headers = {"x-douyin-signature": hashlib.sha1(secret.encode() + body).hexdigest(), "msg-id": "1"}
    return Letter("POST", {}, headers, body)


def hear(what: Any, *, secret: str = SECRET, **fields: str) -> Any:
    channel = DouyinChannel()
    assert isinstance(channel, Hearing)
    body = what if isinstance(what, bytes) else json.dumps(what).encode()
    return channel.hear(letter(body, secret), Credential("https://x.example", fields), NOW)


def test_the_check_of_the_address_reads_its_own_number() -> None:
    heard = hear({"event": "verify_webhook", "content": {"challenge": 12345}}, client_secret=SECRET)
    assert (heard.answer, heard.kind, heard.told) == ('{"challenge": 12345}', "application/json", {})


def test_a_created_item_is_worth_asking_about_and_no_more() -> None:
    heard = hear(CREATED, client_secret=SECRET)
    assert heard.told == {"@item==": Pending("抖音通知：作品 @item== 已创建")}
    assert heard.answer == "{}"


def test_other_events_say_nothing() -> None:
    assert hear({"event": "authorize", "content": {}}, client_secret=SECRET).told == {}


def test_who_does_not_know_the_secret_is_refused() -> None:
    with pytest.raises(WrongSignature, match="client_secret"):
        hear(CREATED, secret="guessed", client_secret=SECRET)
    with pytest.raises(WrongSignature):
        DouyinChannel().hear(Letter("GET"), Credential("https://x.example", {"client_secret": SECRET}), NOW)
    with pytest.raises(CredentialRefused, match="client_secret"):
        hear(CREATED)


@pytest.mark.parametrize(
    "body",
    [
        {**CREATED, "content": {"item_id": "9" * 101}},
        {**CREATED, "content": {"item_id": {"a": 1}}},
        {**CREATED, "from_user_id": None},
        # What lengthens a body under a signature of SHA-1 begins with the hash's own padding.
        json.dumps(CREATED).encode() + b"\x80" + bytes(40) + b"{}",
        json.dumps(CREATED).encode("utf-16"),
    ],
)
def test_what_is_signed_and_no_event(body: Any) -> None:
    with pytest.raises(BadInput):
        hear(body, client_secret=SECRET)

"""Letters from Bilibili: an opened archive is live, a returned one is asked about, and a forged one is neither."""

from __future__ import annotations

import contextlib
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Accepted, Credential, Hearing, Letter, Pending, WrongSignature
from rongmei.channels.platforms.bilibili import BilibiliChannel
from rongmei.channels.platforms.bilibili.webhooks import verify_webhook
from rongmei.errors import BadInput, CredentialRefused

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
SECRET = "bilibili-app-secret"
BV = "BV1MW421X7gM"
OFFICIAL = "https://member.bilibili.com"


def event(name: str = "video_open", *, at: Any = "2026-06-06 12:00:00", **content: Any) -> bytes:
    of = {"openid": "o", "client_id": "c", "resource_id": BV, "state": 0, "state_desc": "开放浏览", **content}
    return json.dumps({"event": name, "content": of, "timestamp": at}, ensure_ascii=False).encode()


def letter(body: bytes, secret: str = SECRET) -> Letter:
    return Letter("POST", {}, {"x-bilibili-signature": hashlib.sha1(secret.encode() + body).hexdigest()}, body)


def hear(body: bytes, *, base: str = OFFICIAL, now: datetime = NOW, secret: str = SECRET) -> Any:
    channel = BilibiliChannel()
    assert isinstance(channel, Hearing)
    return channel.hear(letter(body, secret), Credential(base, {"client_secret": SECRET}), now)


def test_the_signature() -> None:
    body = event()
    good = hashlib.sha1(SECRET.encode() + body).hexdigest()
    assert verify_webhook(body, f" {good.upper()} ", SECRET)
    for signature in ("", "签名", good[:-1], hashlib.sha1(body).hexdigest()):
        assert not verify_webhook(body, signature, SECRET)
    assert not verify_webhook(body + b" ", good, SECRET)
    assert not verify_webhook(body, hashlib.sha1(body).hexdigest(), "")


@pytest.mark.parametrize("number", [12345, 0, "a-string"])
def test_the_check_of_the_address_reads_its_own_value(number: Any) -> None:
    heard = hear(json.dumps({"event": "verify_webhooks", "content": {"data": number}}).encode())
    assert (json.loads(heard.answer), heard.kind, heard.told) == ({"data": number}, "application/json", {})


def test_an_opened_archive_is_live_where_readers_see_it() -> None:
    heard = hear(event())
    assert (heard.answer, heard.kind) == ("{}", "application/json")
    assert heard.told == {BV: Accepted(BV, f"https://www.bilibili.com/video/{BV}", live=True)}


def test_a_stand_ins_archive_is_not_said_to_be_on_the_real_site() -> None:
    (said,) = hear(event(), base="http://127.0.0.1:8600/bilibili").told.values()
    assert said.url == f"http://127.0.0.1:8600/bilibili/video/{BV}"


@pytest.mark.parametrize(
    "body",
    [
        event("video_fail", state=-2, state_desc="已退回"),
        event("video_fail"),
        event(state=-2),
        event(state=None),
        event(at=None),
        event(at="不久以前"),
    ],
)
def test_everything_less_certain_is_a_hint(body: bytes) -> None:
    (said,) = hear(body).told.values()
    assert isinstance(said, Pending)
    assert BV in said.why


@pytest.mark.parametrize("at", ["2026-06-06 12:09:59", 1780718400, "1780718400", 1780718400000])
def test_ways_to_write_the_time(at: Any) -> None:
    assert isinstance(hear(event(at=at)).told[BV], Accepted)


def test_an_old_letter_is_refused() -> None:
    for late in (timedelta(minutes=11), timedelta(minutes=-11), timedelta(days=400)):
        with pytest.raises(WrongSignature, match="时间"):
            hear(event(), now=NOW + late)


def test_who_does_not_know_the_secret_is_refused() -> None:
    with pytest.raises(WrongSignature, match="client_secret"):
        hear(event(), secret="guessed")
    with pytest.raises(WrongSignature):
        BilibiliChannel().hear(Letter("GET"), Credential(OFFICIAL, {"client_secret": SECRET}), NOW)
    with pytest.raises(CredentialRefused, match="client_secret"):
        BilibiliChannel().hear(letter(event()), Credential(OFFICIAL, {}), NOW)


def test_other_events_say_nothing() -> None:
    heard = hear(b'{"event":"article_open","content":{"resource_id":"cv1"}}')
    assert (heard.answer, heard.told) == ("{}", {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 50_000,
        b'{"event":"verify_webhooks"}',
        b'{"event":"verify_webhooks","content":{"data":{"a":1}}}',
        b'{"event":"verify_webhooks","content":{"data":true}}',
        json.dumps({"event": "verify_webhooks", "content": {"data": "x" * 300}}).encode(),
        b'{"event":"video_open"}',
        b'{"event":"video_open","content":[1]}',
        event(resource_id="BV1"),
        event(resource_id=["BV1MW421X7gM"]),
        event(resource_id=f"{BV}\nX"),
        # What lengthens a body under a signature of SHA-1 begins with the hash's own padding.
        event() + b"\x80" + bytes(40) + event(resource_id="BV1xx411c7mD"),
    ],
)
def test_what_is_no_event(body: bytes) -> None:
    with pytest.raises(BadInput):
        assert hear(body).told == {BV: None}


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["event", "content", "timestamp", "data", "resource_id", "state"]), inner, max_size=6
            )
        ),
        max_leaves=12,
    ),
    name=st.sampled_from(["video_open", "video_fail", "verify_webhooks"]),
)
def test_anything_signed_is_heard_or_refused(document: Any, name: str) -> None:
    whole = {**document, "event": name} if isinstance(document, dict) else document
    with contextlib.suppress(BadInput):
        assert hear(json.dumps(whole).encode()).kind == "application/json"

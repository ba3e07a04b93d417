"""Letters from WeChat: plain ones are hints, sealed ones are verdicts, and who is not WeChat is turned away."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Accepted, Credential, Hearing, Letter, Pending, Rejected, WrongSignature
from rongmei.channels.platforms.wechat import WechatChannel
from rongmei.channels.platforms.wechat.callback import UnreadableEvent, check_signature
from rongmei.channels.platforms.wechat.hearing import MAX_SIGNATURES, Signatures
from rongmei.channels.platforms.wechat.sealing import opened
from rongmei.errors import BadInput, CredentialRefused

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
TOKEN = "rongmei-callback"
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APPID = "wx0123456789abcdef"
PLAIN = {"appid": APPID, "secret": "s", "callback_token": TOKEN}
SAFE = {**PLAIN, "callback_secret": KEY}

PUBLISHED = b"""<xml><ToUserName><![CDATA[gh_1]]></ToUserName><MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[PUBLISHJOBFINISH]]></Event><PublishEventInfo><publish_id>2247503051</publish_id>
<publish_status>0</publish_status><article_id><![CDATA[zjMK]]></article_id><article_detail><count>1</count>
<item><idx>1</idx><article_url><![CDATA[https://mp.weixin.qq.com/s/1]]></article_url></item>
</article_detail></PublishEventInfo></xml>"""
REFUSED = b"""<xml><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event><PublishEventInfo>
<publish_id>2247503051</publish_id><publish_status>4</publish_status><fail_idx>2</fail_idx>
</PublishEventInfo></xml>"""
SAID = "<xml><MsgType>text</MsgType><Content>读者的话</Content></xml>".encode()


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(message: bytes, *, appid: str = APPID, key: str = KEY, padding: int | None = None) -> str:
    """As the platform encrypts."""
    secret = base64.b64decode(key + "=")
    plain = b"r" * 16 + len(message).to_bytes(4, "big") + message + appid.encode()
    size = 32 - len(plain) % 32 if padding is None else padding
    plain += bytes([size]) * (size if padding is None else 32 - len(plain) % 32)
    encryptor = Cipher(AES(secret), CBC(secret[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def plain(body: bytes = PUBLISHED, *, nonce: str = "42", stamp: str = STAMP, **query: str) -> Letter:
    signed = {"signature": sign(TOKEN, stamp, nonce), "timestamp": stamp, "nonce": nonce}
    return Letter("POST", {**signed, **query}, {}, body)


def sealed(encrypted: str, *, nonce: str = "42", stamp: str = STAMP, extra: str = "", **query: str) -> Letter:
    body = f"<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>{extra}</xml>".encode()
    signed = {"msg_signature": sign(TOKEN, stamp, nonce, encrypted), "encrypt_type": "aes"}
    return plain(body, nonce=nonce, stamp=stamp, **{**signed, **query})


@pytest.fixture
def channel() -> WechatChannel:
    return WechatChannel()


@pytest.fixture
def hear(channel):
    assert isinstance(channel, Hearing)
    return lambda letter, fields=PLAIN, now=NOW: channel.hear(letter, Credential("https://x.example", fields), now)


class TestAddress:
    def question(self, **change: str) -> Letter:
        signed = {"signature": sign(TOKEN, STAMP, "42"), "timestamp": STAMP, "nonce": "42", "echostr": "5837"}
        return Letter("GET", {**signed, **change})

    @pytest.mark.parametrize("fields", [PLAIN, SAFE])
    def test_the_console_reads_its_own_string(self, hear, fields):
        heard = hear(self.question(), fields)
        assert (heard.answer, heard.kind, heard.told) == ("5837", "text/plain", {})

    @pytest.mark.parametrize(
        "change",
        [
            {"signature": "0" * 40},
            {"nonce": "43"},
            {"timestamp": "0"},
            {"echostr": ""},
            {"echostr": "<script>\n"},
            {"echostr": "1" * 300},
        ],
    )
    def test_nobody_else_does(self, hear, change):
        with pytest.raises(WrongSignature):
            hear(self.question(**change))


class TestPlain:
    def test_an_event_is_a_hint_for_every_place_of_the_message(self, hear):
        heard = hear(plain())
        assert heard.answer == "success"
        assert set(heard.told) == {f"{name}:{place}" for name in ("2247503051", "zjMK") for place in range(1, 9)}
        assert set(heard.told.values()) == {Pending("微信通知：提交 2247503051 的结果是 0")}

    def test_one_that_decides_nothing_says_nothing(self, hear):
        body = PUBLISHED.replace(b"<publish_status>0", b"<publish_status>1")
        assert hear(plain(body)).told == {}

    def test_readers_messages_are_taken_and_say_nothing(self, hear):
        heard = hear(plain(SAID))
        assert (heard.answer, heard.told) == ("success", {})

    def test_the_same_letter_again_is_heard_again(self, hear):
        assert hear(plain()) == hear(plain())

    def test_a_signature_is_good_for_one_body(self, hear):
        hear(plain(SAID))
        with pytest.raises(WrongSignature, match="别的内容"):
            hear(plain())

    def test_an_old_one_is_refused(self, hear):
        with pytest.raises(WrongSignature, match="时间"):
            hear(plain(), now=NOW + timedelta(minutes=11))

    def test_without_a_token_nobody_listens(self, hear):
        with pytest.raises(CredentialRefused, match="callback_token"):
            hear(plain(), {"appid": APPID})

    @pytest.mark.parametrize("body", [b"", b"<xml>", b"{}", b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>'])
    def test_what_is_no_letter_of_theirs(self, hear, body):
        with pytest.raises(UnreadableEvent):
            hear(plain(body))

    def test_nothing_is_bound_to_a_wrong_signature(self, hear):
        with pytest.raises(WrongSignature):
            hear(plain(SAID, nonce="1", signature="0" * 40))
        assert hear(plain(nonce="1")).told


class TestSafe:
    def test_a_sealed_event_is_the_verdict(self, hear):
        heard = hear(sealed(seal(PUBLISHED)), SAFE)
        verdict = Accepted("zjMK:1", "https://mp.weixin.qq.com/s/1", live=True)
        assert heard.answer == "success"
        assert heard.told["2247503051:1"] == heard.told["zjMK:1"] == verdict
        assert isinstance(heard.told["2247503051:2"], Pending)

    def test_who_was_refused_and_who_was_not_spoken_of(self, hear):
        told = hear(sealed(seal(REFUSED)), SAFE).told
        assert told["2247503051:2"] == Rejected("平台审核不通过")
        assert told["2247503051:1"] == Pending("微信通知：提交 2247503051 里有没通过的")

    def test_the_plain_part_of_compatible_mode_is_never_read(self, hear):
        info = PUBLISHED.decode().partition("<MsgType>")[2].removesuffix("</xml>")
        heard = hear(sealed(seal(SAID), extra=f"<MsgType>{info}"), SAFE)
        assert heard.told == {}

    def test_what_is_not_sealed_is_refused(self, hear):
        with pytest.raises(WrongSignature, match="没有加密"):
            hear(plain(), SAFE)

    @pytest.mark.parametrize("change", [{"msg_signature": sign(TOKEN, STAMP, "42")}, {"msg_signature": ""}])
    def test_the_seal_has_to_be_signed(self, hear, change):
        with pytest.raises(WrongSignature):
            hear(sealed(seal(PUBLISHED), **change), SAFE)

    def test_another_seal_under_the_same_signature(self, hear):
        good = sealed(seal(SAID))
        forged = sealed(seal(PUBLISHED), msg_signature=good.query["msg_signature"])
        with pytest.raises(WrongSignature):
            hear(forged, SAFE)

    def test_an_old_one_is_refused(self, hear):
        with pytest.raises(WrongSignature, match="时间"):
            hear(sealed(seal(PUBLISHED)), SAFE, NOW + timedelta(minutes=11))

    @pytest.mark.parametrize(
        "encrypted",
        [
            seal(PUBLISHED, appid="wxother"),
            seal(PUBLISHED, key="B" * 43),
            seal(PUBLISHED, padding=0),
            seal(PUBLISHED, padding=33),
            seal(PUBLISHED)[:-24],
            "AAAA",
            "not base64 at all!",
            "签",
            base64.b64encode(bytes(32)).decode(),
        ],
    )
    def test_a_seal_of_somebody_else(self, hear, encrypted):
        with pytest.raises(UnreadableEvent, match="解不开"):
            hear(sealed(encrypted), SAFE)

    @pytest.mark.parametrize("key", ["short", KEY + "=", KEY[:-1] + "!"])
    def test_a_key_that_is_none_is_for_a_person_to_mend(self, hear, key):
        with pytest.raises(CredentialRefused, match="EncodingAESKey") as refusal:
            hear(sealed(seal(PUBLISHED)), {**SAFE, "callback_secret": key})
        assert key not in str(refusal.value)

    def test_bombs_inside_the_seal(self, hear):
        bomb = b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml>&b;</xml>'
        with pytest.raises(UnreadableEvent):
            hear(sealed(seal(bomb)), SAFE)


class TestPublishedSamples:
    """What the platform's own sample code for this scheme prints."""

    def test_the_message_of_the_java_sample(self):
        encrypted = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
        assert opened(encrypted, key=KEY, appid="wxb11529c136998cb6") == "我是中文abcd123".encode()

    def test_the_question_of_the_php_sample(self):
        token, key, owner = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
        encrypted = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
        check_signature(
            token,
            signature="5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
            timestamp="1409659589",
            nonce="263014780",
            encrypted=encrypted,
            now=datetime.fromtimestamp(1409659589, UTC),
        )
        assert opened(encrypted, key=key, appid=owner) == b"1616140317555161061"


class TestSignatures:
    def test_they_are_forgotten_when_their_time_is_over(self):
        known = Signatures()
        known.bind("a", b"1", NOW)
        known.bind("b", b"1", NOW + timedelta(minutes=21))
        known.bind("a", b"2", NOW + timedelta(minutes=21))

    def test_there_is_an_end_to_what_is_remembered(self):
        known = Signatures(most=3)
        for number in range(10):
            known.bind(str(number), b"1", NOW)
        known.bind("0", b"2", NOW)
        with pytest.raises(WrongSignature):
            known.bind("9", b"2", NOW)
        assert len(known._known) <= 4
        assert MAX_SIGNATURES >= 1000


@given(body=st.binary(max_size=120) | st.text(alphabet="<>&;!/x[]\"'? =1", max_size=80).map(str.encode))
def test_anything_is_heard_or_refused(body):
    channel = WechatChannel()
    for fields in (PLAIN, SAFE):
        with contextlib.suppress(BadInput):
            assert channel.hear(plain(body), Credential("https://x.example", fields), NOW).told == {}


@given(encrypted=st.binary(min_size=16, max_size=96).map(lambda data: base64.b64encode(data[: len(data) // 16 * 16])))
def test_any_blocks_are_opened_or_refused(encrypted):
    with contextlib.suppress(UnreadableEvent):
        assert opened(encrypted.decode(), key=KEY, appid=APPID) is None

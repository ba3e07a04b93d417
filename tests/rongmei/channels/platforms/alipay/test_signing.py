"""Alipay's signatures both ways, the keys people paste, and answers taken apart."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels.platforms.alipay import signing
from rongmei.channels.platforms.alipay.envelope import opened
from rongmei.errors import CredentialRefused
from sandbox.keys import alipay_keys

CREATE = "alipay.open.public.message.content.create"

KEYS = alipay_keys()
APP_KEY = serialization.load_der_private_key(base64.b64decode(KEYS.app_private_key), None)
ALIPAY_KEY = serialization.load_der_private_key(base64.b64decode(KEYS.alipay_private_key), None)
TEXT_TO_SIGN = (
    'app_id=2021000000000001&biz_content={"title":"标题"}&charset=utf-8&method=alipay.open.public.message.content.create'
    "&sign_type=RSA2&timestamp=2026-06-06 12:00:00&version=1.0"
)
# `openssl dgst -sha256 -sign` with the test key over the text above.
SIGN = (
    "hGKfpihgtAYqYFI6DCs4VfojsaKcoMhDrU0qKuifgbziXJHtOdR/fuBLGili1ZqJCB/VS4+WCcxQFydNPhp4yEIYcfLx3em0aNRbM4twirixosWU"
    "VuwcWrHTvU1+FEOAZDNUzNJocufzXCeRVh2B59lEFb0JkPZHgcVo1TyQ8hSlSdKX9m3fz8NsHIpJKWv6gxwnuuIu5gSUCwT6Fm8JDWSBNGYG4Q/D"
    "MbSbIia3WtAdSg21S29atxwE9y3lbnL7tsFkLDGEV0MT6TTe3JhCkMmymzV5LXnb4CtcgnuQhZl9X31DfdRSjIv0HTEwi+592835YCYI1wFgXlwR"
    "JmEDPA=="
)
ANSWERED = (
    '{"code":"10000","msg":"Success","content_url":"https:\\/\\/render.example\\/p\\/1","content_id":"20260606001" }'
)
ANSWER_SIGN = (
    "ebB3g2UmEkkkphRNy2pYyg+2/uRIdv0W2RCl7tYd9GSAs/M+H+CRg99ZBWRvsdYBPZvGTbsrIgmd9T3ykmofTvgPhcILlS53G5lb+0wQv+qr2ZpS"
    "tajuJfMjSPNsPXZkRv7+K1OM+dY6LyoHMlXNIktk8GTbKgYa2hK1oVbtJ3sm3hFhfdvU13rvVpvSZH1pcb4H5o5RJ4Tm/0vTHi7EN6g6cth3rccE"
    "+oPSS3/nElFxvOyd2CXPR7lOGrghkccj8hKIDTchKe8qRhen4RfQC1krncgoTAoIcQLprdZHmHZYn+U7gZS2voWEZev1VEn+H9HqDRgtDOp11XNM"
    "ieS7qg=="
)


def sealed(text: str) -> str:
    return base64.b64encode(ALIPAY_KEY.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def test_what_goes_out_is_signed():
    parameters = {
        "version": "1.0",
        "app_id": "2021000000000001",
        "method": CREATE,
        "charset": "utf-8",
        "sign_type": "RSA2",
        "sign": "not this",
        "app_auth_token": "",
        "timestamp": "2026-06-06 12:00:00",
        "biz_content": '{"title":"标题"}',
    }
    assert signing.to_sign(parameters) == TEXT_TO_SIGN
    assert signing.sign(parameters, signing.private_key(KEYS.app_private_key)) == SIGN


def test_what_comes_in_is_checked_character_for_character():
    key = signing.public_key(KEYS.alipay_public_key)
    body = f' {{ "sign" : "{ANSWER_SIGN}",\n"alipay_open_public_message_content_create_response": {ANSWERED} }}\n'
    envelope = opened(body.encode(), CREATE)
    assert envelope.text == ANSWERED
    assert envelope.node["content_url"] == "https://render.example/p/1"
    assert signing.is_signed(envelope.text, envelope.sign, key)
    assert not signing.is_signed(ANSWERED.replace("001", "002"), ANSWER_SIGN, key)
    assert not signing.is_signed(json.dumps(json.loads(ANSWERED)), ANSWER_SIGN, key)
    for broken in ("", "!!", ANSWER_SIGN[:-8], SIGN):
        assert not signing.is_signed(ANSWERED, broken, key)


def test_a_gateway_that_escapes_after_signing_is_understood():
    key = signing.public_key(KEYS.alipay_public_key)
    assert signing.is_signed(r'{"url":"https:\/\/a"}', sealed('{"url":"https://a"}'), key)


def pem(der: str, name: str) -> str:
    return f"-----BEGIN {name}-----\n{der[:64]}\n{der[64:]}\n-----END {name}-----\n"


def test_keys_in_every_form_people_paste():
    pkcs8 = KEYS.app_private_key
    pkcs1 = base64.b64encode(
        APP_KEY.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    ).decode()
    numbers = APP_KEY.private_numbers()
    for text in (
        pkcs8,
        pkcs1,
        pem(pkcs8, "PRIVATE KEY"),
        pem(pkcs1, "RSA PRIVATE KEY"),
        pem(pkcs8, "PRIVATE KEY").replace("\n", "\\n"),
        pem(pkcs8, "PRIVATE KEY").replace("\n", " "),
        f"  {pkcs8[:100]}\r\n{pkcs8[100:]}  ",
    ):
        assert signing.private_key(text).private_numbers() == numbers
    public = KEYS.alipay_public_key
    for text in (public, pem(public, "PUBLIC KEY")):
        assert signing.public_key(text).public_numbers() == ALIPAY_KEY.public_key().public_numbers()


def test_what_is_no_key_is_said_without_showing_it():
    curve = ec.generate_private_key(ec.SECP256R1())
    other = base64.b64encode(
        curve.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    ).decode()
    for text in ("", "secret-key-text", "口令", KEYS.alipay_public_key, other, KEYS.app_private_key[:-40]):
        with pytest.raises(CredentialRefused, match="private_key") as caught:
            signing.private_key(text)
        assert not text or text[:20] not in str(caught.value)
        assert caught.value.__context__ is None
    for text in ("", "x", KEYS.app_private_key):
        with pytest.raises(CredentialRefused, match="支付宝公钥"):
            signing.public_key(text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"x"',
        b"{",
        b'{"a_response":{}}',
        b'{"alipay_x_response":1}',
        b'{"alipay_x_response":{}} trailing',
        b'{"alipay_x_response":{},"alipay_x_response":{}}',
        b'{"alipay_x_response":{} "sign":"x"}',
        b'{"alipay_x_response":{},1:2}',
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_is_no_answer(body):
    assert opened(body, "alipay.x") is None


def test_an_answer_in_gbk_is_read_but_never_believed():
    body = '{"alipay_x_response":{"code":"40002","sub_msg":"无效的AppID参数"}}'.encode("gbk")
    envelope = opened(body, "alipay.x")
    assert (envelope.node["sub_msg"], envelope.sign) == ("无效的AppID参数", "")


@given(
    fields=st.dictionaries(
        st.text(max_size=6), st.one_of(st.text(max_size=9), st.integers(), st.lists(st.text(max_size=3))), max_size=5
    ),
    indent=st.sampled_from([None, 0, 2]),
    first=st.booleans(),
    ascii_only=st.booleans(),
)
def test_the_signed_text_is_cut_out_exactly(fields, indent, first, ascii_only):
    text = json.dumps(fields, indent=indent, ensure_ascii=ascii_only)
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    members = [f'"alipay_x_response" : {text}', '"sign":"c2ln"']
    envelope = opened(f"{{{','.join(members if first else members[::-1])}}}".encode(), "alipay.x")
    assert (envelope.text, envelope.sign, envelope.node) == (text, "c2ln", fields)

"""Alipay's gateway for life accounts: signatures both ways, contents, messages, recalls and figures."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from fastapi.testclient import TestClient
from PIL import Image

from sandbox.app import create_app, open_world
from sandbox.keys import alipay_keys
from sandbox.seed import alipay_credentials, build_seed
from sandbox.world import World

NOW = 1_780_653_600
CREATE = "alipay.open.public.message.content.create"
MODIFY = "alipay.open.public.message.content.modify"
TOTAL_SEND = "alipay.open.public.message.total.send"
PUBLISH = "alipay.open.public.content.publish"
CANCEL = "alipay.open.public.content.cancel"
LIFE_SEND = "alipay.open.public.life.msg.send"
RECALL = "alipay.open.public.life.msg.recall"
QUERY = "alipay.open.public.message.query"
UPLOAD = "alipay.offline.material.image.upload"
COVER = (996, 450)


class AlipayClient:
    """A client that checks what it is told: every answer's signature, over the text as it came."""

    def __init__(self, http: TestClient, account: str) -> None:
        self.http = http
        self.credentials = http.get("/_sandbox/credentials").json()[f"{account}/alipay"]
        self.gateway = self.credentials["base_url"] + "/gateway.do"
        key = load_der_private_key(base64.b64decode(self.credentials["private_key"]), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self.key = key

    def now(self) -> str:
        at = datetime.fromisoformat(self.http.get("/_sandbox/clock").json()["now"])
        return at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S")

    def signed(self, given: dict[str, str]) -> dict[str, str]:
        text = "&".join(f"{name}={given[name]}" for name in sorted(given) if given[name])
        return {**given, "sign": base64.b64encode(self.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()}

    def common(self, method: str, **changes: str) -> dict[str, str]:
        return {
            "app_id": self.credentials["app_id"],
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": self.now(),
            "version": "1.0",
            **changes,
        }

    def raw(self, params: dict[str, str], **more: Any) -> str:
        return self.http.post(self.gateway, data=params, **more).text

    def checked(self, text: str, method: str) -> dict[str, Any]:
        """The answer in an envelope, whose signature holds over the exact text."""
        node = method.replace(".", "_") + "_response"
        head, tail = f'{{"{node}":', ',"sign":"'
        assert text.startswith(head), text
        body, _, rest = text.removeprefix(head).rpartition(tail)
        key = load_der_public_key(base64.b64decode(self.credentials["alipay_public_key"]))
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(base64.b64decode(rest.removesuffix('"}')), body.encode(), PKCS1v15(), SHA256())
        assert json.loads(text)[node] == json.loads(body)
        return json.loads(body)

    def call(self, method: str, biz: Any = None, **changes: str) -> dict[str, Any]:
        content = {} if biz is None else {"biz_content": json.dumps(biz, ensure_ascii=False)}
        return self.checked(self.raw(self.signed(self.common(method, **content, **changes))), method)

    def send_plain(self, method: str, files: dict[str, Any] | None = None, **fields: str) -> dict[str, Any]:
        """Parameters beside the common ones, the files outside the signature."""
        return self.checked(self.raw(self.signed(self.common(method, **fields)), files=files), method)

    def image(self, data: bytes, kind: str = "jpg") -> dict[str, Any]:
        files = {"image_content": ("cover.jpg", data, "image/jpeg")}
        return self.send_plain(UPLOAD, files=files, image_type=kind, image_name="封面")

    def content(
        self, title: str = "村超今晚开赛", text: str = "<p>街坊们准时到场。</p>", **more: Any
    ) -> dict[str, Any]:
        cover = self.image(picture(COVER))["image_url"]
        return self.call(CREATE, {"title": title, "content": text, "cover": cover, **more})

    def article(self, **changes: Any) -> dict[str, Any]:
        content = self.content()
        image = self.image(picture(COVER))["image_url"]
        return {"title": "村超今晚开赛", "desc": "七点半", "image_url": image, "url": content["content_url"], **changes}

    def send(self, *articles: dict[str, Any]) -> str:
        given = list(articles) or [self.article()]
        answer = self.call(TOTAL_SEND, {"msg_type": "image-text", "articles": given})
        assert answer["code"] == "10000", answer
        return str(answer["message_id"])

    def status(self, *ids: str) -> list[str]:
        return [message["status"] for message in self.call(QUERY, {"message_ids": list(ids)})["list"]]

    def sent(self, *articles: dict[str, Any]) -> str:
        """Sent and looked at twice: before the public."""
        found = self.send(*articles)
        assert [self.status(found) for _ in range(2)] == [["RUNNING"], ["SUCCESS"]]
        return found


def picture(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "#b4232a").save(buffer, kind)
    return buffer.getvalue()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def alipay(http: TestClient) -> AlipayClient:
    return AlipayClient(http, "dongcheng")


@pytest.fixture
def other(http: TestClient) -> AlipayClient:
    return AlipayClient(http, "humen")


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Callable[..., AlipayClient]]:
    """A client of a sandbox with limits of its own."""
    worlds: list[World] = []

    def make(accounts: list[dict[str, Any]] | None = None, **limits: Any) -> AlipayClient:
        section = {"accounts": accounts or [], "limits": limits}
        seed = build_seed({"derive": True, "ids": ["dongcheng", "humen"], "alipay": section})
        worlds.append(open_world(tmp_path / str(len(worlds)), seed, wall=lambda: float(NOW)))
        return AlipayClient(TestClient(create_app(worlds[-1]), base_url="http://sandbox.test"), "dongcheng")

    yield make
    for world in worlds:
        world.store.close()


# --- keys and signatures --------------------------------------------------------------------------------------------


def test_credentials_are_what_is_documented(alipay: AlipayClient) -> None:
    found = alipay_credentials("humen")
    assert found["app_id"] == "2021" + str(int(digest("alipay:humen"), 16))[-12:]
    assert found["public_id"] == "2088" + str(int(digest("alipay-public:humen"), 16))[-12:]
    assert alipay.credentials["base_url"] == "http://sandbox.test/alipay"
    assert {"app_id", "private_key", "alipay_public_key", "public_id"} <= set(alipay.credentials)


def test_the_shipped_keys_belong_together_and_are_two() -> None:
    keys = alipay_keys()
    assert keys.app_private_key != keys.alipay_private_key
    for private in (keys.app_private_key, keys.alipay_private_key):
        loaded = load_der_private_key(base64.b64decode(private), password=None)
        assert isinstance(loaded, rsa.RSAPrivateKey)
        assert loaded.key_size == 2048
    public = loaded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert keys.alipay_public_key == base64.b64encode(public).decode()
    assert "private_key" not in repr(keys)


def test_parameters_may_stand_in_query_or_form(alipay: AlipayClient, http: TestClient) -> None:
    biz = json.dumps({"message_ids": ["none"]})
    signed = alipay.signed(alipay.common(QUERY, biz_content=biz))
    body = {"biz_content": signed.pop("biz_content")}
    assert alipay.checked(http.post(alipay.gateway, params=signed, data=body).text, QUERY)["list"] == []
    assert alipay.call(QUERY, {"message_ids": ["none"]}) == {"code": "10000", "msg": "Success", "list": []}


def test_the_signature_covers_every_parameter(alipay: AlipayClient) -> None:
    signed = alipay.signed(alipay.common(QUERY, biz_content='{"message_ids":["一"]}'))
    for name, value in (
        ("biz_content", '{"message_ids":["二"]}'),
        ("sign", "bm8="),
        ("sign", "?"),
        ("notify_url", "http://a.test"),
    ):
        answer = alipay.checked(alipay.raw({**signed, name: value}), QUERY)
        assert (answer["code"], answer["msg"]) == ("40002", "Invalid Arguments")
        assert answer["sub_code"] == "isv.invalid-signature"
    # A parameter without a value is not signed.
    assert alipay.checked(alipay.raw({**signed, "notify_url": ""}), QUERY)["code"] == "10000"


def test_another_apps_key_does_not_do(limited: Callable[..., AlipayClient]) -> None:
    own = rsa.generate_private_key(65537, 2048)
    encoded = base64.b64encode(own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
    alipay = limited(accounts=[{"id": "dongcheng", "private_key": encoded}])
    assert alipay.call(QUERY, {"message_ids": ["x"]})["code"] == "10000"
    alipay.key = AlipayClient(alipay.http, "humen").key
    assert alipay.call(QUERY, {"message_ids": ["x"]})["sub_code"] == "isv.invalid-signature"


def test_answers_escape_slashes_so_that_only_the_exact_text_verifies(alipay: AlipayClient) -> None:
    params = alipay.signed(alipay.common(UPLOAD, image_type="jpg", image_name="a"))
    text = alipay.raw(params, files={"image_content": ("a.jpg", picture((9, 9)), "image/jpeg")})
    assert "http:\\/\\/sandbox.test\\/alipay\\/material\\/" in text
    assert alipay.checked(text, UPLOAD)["image_url"].startswith("http://sandbox.test/alipay/material/")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sign_type": ""}, ("40001", "isv.missing-signature-type")),
        ({"timestamp": ""}, ("40001", "isv.missing-timestamp")),
        ({"version": ""}, ("40001", "isv.missing-version")),
        ({"sign_type": "RSA"}, ("40002", "isv.invalid-signature-type")),
        ({"format": "xml"}, ("40002", "isv.invalid-format")),
        ({"charset": "gbk"}, ("40002", "isv.invalid-charset")),
        ({"version": "2.0"}, ("40002", "isv.invalid-parameter")),
        ({"timestamp": "2026-06-05T18:00:00"}, ("40002", "isv.invalid-timestamp")),
        ({"timestamp": "2026-06-05 17:49:59"}, ("40002", "isv.invalid-timestamp")),
        ({"timestamp": "2026-06-05 10:00:00"}, ("40002", "isv.invalid-timestamp")),
        ({"biz_content": "{"}, ("40002", "isv.invalid-parameter")),
        ({"biz_content": "[]"}, ("40002", "isv.invalid-parameter")),
        ({"biz_content": "{}"}, ("40004", "INVALID_PARAMETER")),
    ],
)
def test_common_parameters(alipay: AlipayClient, changes: dict[str, str], expected: tuple[str, str]) -> None:
    answer = alipay.call(QUERY, **changes)
    assert (answer["code"], answer["sub_code"]) == expected
    assert answer["sub_msg"]


def test_a_missing_signature_and_strangers(alipay: AlipayClient, http: TestClient) -> None:
    assert alipay.checked(alipay.raw(alipay.common(QUERY)), QUERY)["sub_code"] == "isv.missing-signature"
    for changes, detail in (
        ({"app_id": ""}, "isv.missing-app-id"),
        ({"method": ""}, "isv.missing-method"),
        ({"method": "alipay.open.nothing"}, "isv.invalid-method"),
        ({"method": 'a"b/../c'}, "isv.invalid-method"),
    ):
        answer = json.loads(alipay.raw(alipay.signed({**alipay.common(QUERY), **changes})))
        assert set(answer) == {"error_response"}
        assert answer["error_response"]["sub_code"] == detail
    assert http.put("/alipay/gateway.do", params=alipay.signed(alipay.common(QUERY))).status_code == 405
    assert "没有找到" in http.get("/alipay/nothing").text


def test_time_is_the_sandboxs(alipay: AlipayClient, advance) -> None:
    advance(days=40)
    assert alipay.call(QUERY, {"message_ids": ["x"]})["code"] == "10000"
    assert alipay.call(QUERY, timestamp="2026-06-05 18:00:00")["sub_code"] == "isv.invalid-timestamp"


# --- pictures and contents ------------------------------------------------------------------------------------------


def test_pictures_are_judged_by_their_content(alipay: AlipayClient, http: TestClient) -> None:
    data = picture((20, 10), "PNG")
    kept = alipay.image(data, "PNG")
    assert http.get(kept["image_url"]).content == data
    assert len(kept["image_id"]) == 32
    assert alipay.image(data, "jpg")["sub_code"] == "isv.upload-fail"
    assert alipay.image(b"no picture")["sub_code"] == "isv.upload-fail"
    assert alipay.image(data, "webp")["sub_code"] == "isv.invalid-file-extension"
    assert alipay.image(data + bytes(5 * 1024 * 1024), "png")["sub_code"] == "isv.invalid-file-size"
    assert alipay.send_plain(UPLOAD, image_type="jpg", image_name="a")["sub_code"] == "INVALID_PARAMETER"
    assert alipay.send_plain(UPLOAD, image_type="jpg")["sub_code"] == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, None),
        ({"title": " "}, "title"),
        ({"title": None}, "title"),
        ({"title": ["x"]}, "title"),
        ({"content": ""}, "content"),
        ({"cover": "https://elsewhere.example/a.jpg"}, "cover"),
        ({"ctype": "film"}, "ctype"),
        ({"benefit": "买一送一"}, "benefit"),
        ({"ctype": "activity", "benefit": "买一送一"}, None),
        ({"ctype": "activity", "benefit": "字" * 11}, "benefit"),
        ({"could_comment": "T"}, None),
        ({"could_comment": "yes"}, "could_comment"),
        ({"ext_tags": "一,二,三,四,五"}, None),
        ({"ext_tags": "一,二,三,四,五,六"}, "ext_tags"),
        ({"login_ids": ",".join("abcdefghijk")}, "login_ids"),
    ],
)
def test_rules_of_a_content(alipay: AlipayClient, changes: dict[str, Any], wrong: str | None) -> None:
    answer = alipay.content(
        **({"text": changes["content"]} if "content" in changes else {}),
        **{name: value for name, value in changes.items() if name != "content"},
    )
    if wrong is None:
        assert answer["code"] == "10000"
    else:
        assert (answer["code"], answer["sub_code"]) == ("40004", "INVALID_PARAMETER")
        assert wrong in answer["sub_msg"]


def test_covers_have_one_size(alipay: AlipayClient, other: AlipayClient) -> None:
    words = {"title": "题", "content": "文"}
    for data, kind in ((picture((995, 450)), "jpg"), (picture(COVER, "BMP"), "bmp")):
        assert "cover" in alipay.call(CREATE, {**words, "cover": alipay.image(data, kind)["image_url"]})["sub_msg"]
    large = picture(COVER) + bytes(3 * 1024 * 1024)
    assert "cover" in alipay.call(CREATE, {**words, "cover": alipay.image(large)["image_url"]})["sub_msg"]
    mine = alipay.image(picture(COVER, "PNG"), "png")["image_url"]
    assert alipay.call(CREATE, {**words, "cover": mine})["code"] == "10000"
    assert "cover" in other.call(CREATE, {**words, "cover": mine})["sub_msg"]


def test_only_uploads_take_parameters_outside_biz_content(alipay: AlipayClient) -> None:
    cover = alipay.image(picture(COVER))["image_url"]
    assert alipay.send_plain(CREATE, title="题", content="文", cover=cover)["sub_code"] == "INVALID_PARAMETER"


def test_a_content_is_a_preview_until_a_message_shows_it(alipay: AlipayClient, http: TestClient, published) -> None:
    content = alipay.content()
    assert re.fullmatch(r"20260605\d{8}[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", content["content_id"])
    assert content["content_url"] == f"http://sandbox.test/alipay/content/{content['content_id']}"
    assert "街坊们准时到场" in http.get(content["content_url"]).text
    assert published() == []
    sent = alipay.sent(alipay.article(url=content["content_url"]))
    row = published()[0]
    assert (row["id"], row["publish_id"], row["article_id"]) == (sent, sent, content["content_id"])
    assert (row["url"], row["title"]) == (content["content_url"], "村超今晚开赛")
    assert (row["text"], row["requests"]) == ("<p>街坊们准时到场。</p>", 1)
    assert row["sha256"] == digest("村超今晚开赛\n<p>街坊们准时到场。</p>")
    assert http.get("/alipay/content/none").status_code == 404


def test_a_content_is_modified_in_place(alipay: AlipayClient, other: AlipayClient, http: TestClient, published) -> None:
    article = alipay.article()
    alipay.sent(article)
    content_id = article["url"].rpartition("/")[2]
    changed = {
        "content_id": content_id,
        "title": "更正：村超改期",
        "content": "<p>改到周六。</p><script>x()</script>",
        "cover": article["image_url"],
    }
    assert other.call(MODIFY, changed)["sub_code"] == "CONTENT_NOT_EXIST"
    assert "title" in alipay.call(MODIFY, {**changed, "title": ""})["sub_msg"]
    answer = alipay.call(MODIFY, changed)
    assert (answer["content_id"], answer["content_url"]) == (content_id, article["url"])
    page = http.get(article["url"]).text
    assert "改到周六" in page
    assert "<script>" not in page
    assert [(row["title"], row["requests"]) for row in published()] == [("更正：村超改期", 1)]


# --- messages -------------------------------------------------------------------------------------------------------


def test_a_message_of_several_articles(alipay: AlipayClient, http: TestClient, published) -> None:
    second = {"title": "赛程表", "desc": "八支球队", "url": "https://rongmei.example/2"}
    sent = alipay.sent(alipay.article(), second)
    rows = sorted(published(), key=lambda row: row["position"])
    assert [(row["id"], row["position"]) for row in rows] == [(f"{sent}_1", 1), (f"{sent}_2", 2)]
    assert rows[1]["text"] == "八支球队"
    assert "八支球队" in http.get(rows[1]["url"]).text
    shown = alipay.call(QUERY, {"message_ids": [sent]})["list"][0]
    assert (shown["message_id"], shown["status_desc"]) == (sent, "发送成功")
    assert shown["send_time"] == "2026-06-05 18:00:00"
    assert [article["title"] for article in shown["articles"]] == ["村超今晚开赛", "赛程表"]
    assert shown["articles"][0]["msg_id"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"desc": ""}, "desc"),
        ({"url": ""}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "http://[x"}, "url"),
        ({"image_url": ""}, "image_url"),
        ({"image_url": "https://elsewhere.example/a.jpg"}, "image_url"),
    ],
)
def test_rules_of_an_article(alipay: AlipayClient, published, changes: dict[str, Any], wrong: str) -> None:
    answer = alipay.call(TOTAL_SEND, {"msg_type": "image-text", "articles": [alipay.article(**changes)]})
    assert (answer["sub_code"], wrong in answer["sub_msg"]) == ("INVALID_PARAMETER", True)
    assert published() == []


def test_other_messages_that_make_no_sense(alipay: AlipayClient) -> None:
    article = alipay.article()
    for biz in (
        {},
        {"msg_type": "film"},
        {"msg_type": "text"},
        {"msg_type": "text", "text": {"title": "x"}},
        {"msg_type": "image-text", "articles": []},
        {"msg_type": "image-text", "articles": ["x"]},
        {"msg_type": "image-text", "articles": [article] * 11},
    ):
        assert alipay.call(TOTAL_SEND, biz)["sub_code"] == "INVALID_PARAMETER"


def test_a_text_message(alipay: AlipayClient, published, advance) -> None:
    alipay.call(TOTAL_SEND, {"msg_type": "text", "text": {"title": "通知", "content": "今晚七点半开赛"}})
    assert published() == []
    advance(seconds=60)
    assert [(row["title"], row["text"], row["published_at"]) for row in published()] == [
        ("通知", "今晚七点半开赛", "2026-06-05T10:00:03Z")
    ]


def test_a_mass_message_has_no_key_and_goes_out_again(alipay: AlipayClient, published, advance) -> None:
    text = {"msg_type": "text", "text": {"content": "今晚七点半开赛"}}
    assert alipay.call(TOTAL_SEND, text)["message_id"] != alipay.call(TOTAL_SEND, text)["message_id"]
    advance(seconds=3)
    assert [row["requests"] for row in published()] == [2, 2]


def test_mass_messages_a_day(limited: Callable[..., AlipayClient]) -> None:
    alipay = limited(total_sends_per_day=1)
    text = {"msg_type": "text", "text": {"content": "开赛"}}
    assert alipay.call(TOTAL_SEND, text)["code"] == "10000"
    assert alipay.call(TOTAL_SEND, text)["sub_code"] == "PUB.MSG_BATCH_SD_OVER"
    alipay.http.post("/_sandbox/clock", json={"advance_seconds": 6 * 3600})
    assert alipay.call(TOTAL_SEND, text)["code"] == "10000"


ARTICLE = {"article_id": "rm-1", "title": "村超", "content": "<p>文</p>", "source": "rongmei", "desc": "简介"}


def test_a_published_content_is_known_by_its_article_id(alipay: AlipayClient, other: AlipayClient, published) -> None:
    first = alipay.call(PUBLISH, ARTICLE)["message_id"]
    assert alipay.call(PUBLISH, ARTICLE)["message_id"] == first
    assert other.call(PUBLISH, ARTICLE)["message_id"] != first
    assert [alipay.status(first) for _ in range(2)][1] == ["SUCCESS"]
    assert alipay.call(PUBLISH, {**ARTICLE, "article_id": "rm-2"})["message_id"] != first
    assert [(row["id"], row["requests"]) for row in published(account="dongcheng")] == [(first, 3)]
    for name in ("article_id", "title", "content", "source"):
        assert name in alipay.call(PUBLISH, {**ARTICLE, name: ""})["sub_msg"]
    assert "action_url" in alipay.call(PUBLISH, {**ARTICLE, "action_url": "ftp://a"})["sub_msg"]


def test_duplicates_may_be_refused(limited: Callable[..., AlipayClient]) -> None:
    alipay = limited(duplicates="refuse")
    assert alipay.call(PUBLISH, ARTICLE)["code"] == "10000"
    assert alipay.call(PUBLISH, ARTICLE)["sub_code"] == "MESSAGE_DUPLICATE"


def test_a_life_message_comes_with_its_cover(alipay: AlipayClient, published, http: TestClient, advance) -> None:
    fields = {
        "category": "news",
        "msg_type": "text",
        "title": "村超",
        "content": "<p>开赛</p>",
        "unique_msg_id": "rm-1",
    }
    files = {"cover": ("a.jpg", picture((30, 20)), "image/jpeg")}
    first = alipay.send_plain(LIFE_SEND, files=files, **fields)["alipay_msg_id"]
    # The notes' table has its parameters in biz_content, the SDK beside the common ones: both are understood.
    assert alipay.call(LIFE_SEND, fields)["alipay_msg_id"] == first
    anonymous = {**fields, "unique_msg_id": ""}
    assert len({alipay.send_plain(LIFE_SEND, **anonymous)["alipay_msg_id"] for _ in range(2)} | {first}) == 3
    advance(seconds=3)
    page = http.get(next(row["url"] for row in published() if row["id"] == first)).text
    assert "开赛" in page
    assert "/alipay/material/" in page
    png = {"cover": ("a.png", picture((30, 20), "PNG"), "image/png")}
    large = {"cover": ("a.jpg", picture((30, 20)) + bytes(1024 * 1024), "image/jpeg")}
    assert alipay.send_plain(LIFE_SEND, files=png, **fields)["sub_code"] == "isv.invalid-file-extension"
    assert alipay.send_plain(LIFE_SEND, files=large, **fields)["sub_code"] == "isv.invalid-file-size"
    assert "category" in alipay.send_plain(LIFE_SEND, **{**fields, "category": ""})["sub_msg"]


def test_recalling(alipay: AlipayClient, other: AlipayClient, published, http: TestClient) -> None:
    sent = alipay.sent()
    url = published()[0]["url"]
    assert other.call(RECALL, {"message_id": sent})["sub_code"] == "MESSAGE_NOT_EXIST"
    assert alipay.call(CANCEL, {"message_id": sent})["sub_code"] == "MESSAGE_NOT_EXIST"
    assert alipay.call(RECALL, {"message_id": sent}) == {"code": "10000", "msg": "Success"}
    assert alipay.status(sent) == ["RECALLED"]
    assert [row["deleted"] for row in published()] == [True]
    assert http.get(url).status_code == 404
    assert alipay.call(RECALL, {"message_id": sent})["code"] == "10000"
    assert alipay.status(sent) == ["RECALLED"]


def test_cancelling_a_content_that_is_still_on_its_way(alipay: AlipayClient, published, advance) -> None:
    sent = alipay.call(PUBLISH, ARTICLE)["message_id"]
    assert alipay.call(RECALL, {"message_id": sent})["sub_code"] == "MESSAGE_NOT_EXIST"
    assert alipay.call(CANCEL, {"message_id": sent})["code"] == "10000"
    advance(hours=1)
    assert published() == []
    assert alipay.status(sent) == ["RECALLED"]


def test_query_knows_only_ones_own(alipay: AlipayClient, other: AlipayClient) -> None:
    sent = alipay.send()
    assert other.status(sent, "none") == []
    for ids in ([], "x", ["x"] * 21, None):
        assert alipay.call(QUERY, {"message_ids": ids})["sub_code"] == "INVALID_PARAMETER"


def test_sensitive_words(limited: Callable[..., AlipayClient]) -> None:
    alipay = limited(forbidden_words=["赌球"])
    assert alipay.content(title="赌球内幕")["sub_code"] == "CONTENT_ILLEGAL"
    text = {"msg_type": "text", "text": {"content": "赌球"}}
    assert (alipay.call(TOTAL_SEND, text)["code"], alipay.call(TOTAL_SEND, text)["sub_code"]) == (
        "40004",
        "CONTENT_ILLEGAL",
    )


# --- figures --------------------------------------------------------------------------------------------------------


def data(alipay: AlipayClient, name: str, begin: str, end: str) -> list[dict[str, Any]]:
    return alipay.call(f"alipay.open.public.{name}.data.batchquery", {"begin_date": begin, "end_date": end})[
        "data_list"
    ]


def test_figures_of_articles_and_of_days_agree(alipay: AlipayClient, advance) -> None:
    alipay.sent()
    assert data(alipay, "singlearticle", "20260605", "20260605") == []
    advance(days=5)
    article = data(alipay, "singlearticle", "20260601", "20260630")
    assert [(row["date"], row["title"]) for row in article] == [("20260605", "村超今晚开赛")]
    days = data(alipay, "articlesummary", "20260604", "20260620")
    assert [row["date"] for row in days] == [f"202606{day:02}" for day in range(4, 10)]
    for name in ("deliver", "expose", "read", "praise", "reply", "share"):
        assert sum(row[f"{name}_user_cnt"] for row in days) == article[0][f"{name}_user_cnt"]
    assert article[0]["read_user_cnt"] > 0
    assert article[0]["deliver_user_cnt"] == 20_000
    assert float(article[0]["avg_read_time"]) > 0
    assert data(alipay, "singlearticle", "20260606", "20260606") == []


def test_followers_add_up(alipay: AlipayClient, advance) -> None:
    advance(days=10)
    rows = data(alipay, "user", "20260601", "20260610")
    assert len(rows) == 10
    for before, row in itertools.pairwise(rows):
        new, left, grown = (int(row[f"{name}_user_cnt"]) for name in ("new", "cancel", "grow"))
        assert new - left == grown == int(row["cumulate_user_cnt"]) - int(before["cumulate_user_cnt"])
        assert new >= 0 <= left


def test_dates_are_checked(alipay: AlipayClient) -> None:
    method = "alipay.open.public.user.data.batchquery"
    for begin, end in (
        ("2026-06-01", "20260602"),
        ("20260602", "20260601"),
        ("20260501", "20260531"),
        ("", "20260601"),
    ):
        answer = alipay.call(method, {"begin_date": begin, "end_date": end})
        assert (answer["code"], answer["sub_code"]) == ("40004", "INVALID_PARAMETER")


# --- faults ---------------------------------------------------------------------------------------------------------


def test_a_fault_may_be_meant_for_one_interface(alipay: AlipayClient, order, http: TestClient, published) -> None:
    order(platform="alipay", path=f"/gateway.do/{TOTAL_SEND}", kind="server_error_after", status=502)
    text = json.dumps({"msg_type": "text", "text": {"content": "开赛"}})
    params = alipay.signed(alipay.common(TOTAL_SEND, biz_content=text))
    assert alipay.call(QUERY, {"message_ids": ["x"]})["code"] == "10000"
    assert http.post(alipay.gateway, data=params).status_code == 502
    http.post("/_sandbox/clock", json={"advance_seconds": 3})
    assert len(published()) == 1
    calls = {(row["path"], row["account"], row["count"]) for row in http.get("/_sandbox/calls").json()}
    assert (f"/gateway.do/{TOTAL_SEND}", "dongcheng", 1) in calls


@pytest.mark.parametrize(
    ("ordered", "expected"),
    [
        ({}, ("20000", "isp.unknow-error")),
        ({"code": 20000}, ("20000", "isp.unknow-error")),
        ({"code": "40006"}, ("40006", "isv.insufficient-isv-permissions")),
        ({"code": "app-call-limited"}, ("40005", "app-call-limited")),
        ({"code": "PUBLIC_FROZEN", "message": "生活号已冻结"}, ("40004", "PUBLIC_FROZEN")),
    ],
)
def test_ordered_errors(alipay: AlipayClient, order, ordered: dict[str, Any], expected: tuple[str, str]) -> None:
    order(platform="alipay", kind="error", **ordered)
    answer = alipay.call(QUERY, {"message_ids": ["x"]})
    assert (answer["code"], answer["sub_code"]) == expected
    assert answer["sub_msg"] == ordered.get("message", answer["sub_msg"]) != ""


def test_an_expired_token(alipay: AlipayClient, other: AlipayClient, order) -> None:
    order(platform="alipay", kind="expired_token", account="dongcheng")
    assert other.call(QUERY, {"message_ids": ["x"]})["code"] == "10000"
    answer = alipay.call(QUERY, {"message_ids": ["x"]})
    assert (answer["code"], answer["sub_code"]) == ("20001", "aop.app-auth-token-time-out")


def test_review_rejected(alipay: AlipayClient, order, published, advance) -> None:
    order(platform="alipay", kind="review_rejected")
    sent = alipay.send()
    assert [alipay.status(sent) for _ in range(2)] == [["RUNNING"], ["FAILURE"]]
    advance(hours=1)
    assert published() == []
    assert alipay.call(RECALL, {"message_id": sent})["sub_code"] == "MESSAGE_NOT_EXIST"


def test_stay_pending_until_cleared(alipay: AlipayClient, order, published, advance, http: TestClient) -> None:
    order(platform="alipay", kind="stay_pending")
    sent = alipay.send()
    advance(days=1)
    assert [alipay.status(sent) for _ in range(3)] == [["RUNNING"]] * 3
    http.delete("/_sandbox/faults")
    assert len(published()) == 1
    assert alipay.status(sent) == ["SUCCESS"]

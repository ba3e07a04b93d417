"""Bilibili's open platform: the signature, uploads on the second host, submission, review, figures and events."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import struct
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sandbox import hooks
from sandbox.app import create_app, open_world
from sandbox.seed import bilibili_credentials, build_seed
from sandbox.world import World

NOW = 1_780_653_600
ADD, VIEW = "/arcopen/fn/archive/add-by-utoken", "/arcopen/fn/archive/view"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def film(seconds: int = 12, padding: int = 64) -> bytes:
    """The smallest MP4 that says how long it plays."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    header = struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000) + bytes(80)
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", header)) + box(b"mdat", bytes(padding))


class BilibiliClient:
    """A client as the notes describe it: JSON bodies, six signed headers, uploads to the address it was given."""

    def __init__(self, http: TestClient, account: str) -> None:
        self.http = http
        self.credentials = http.get("/_sandbox/credentials").json()[f"{account}/bilibili"]
        self.token = self.credentials["access_token"]
        self.nonces = 0

    def now(self) -> int:
        return int(datetime.fromisoformat(self.http.get("/_sandbox/clock").json()["now"]).timestamp())

    def headers(self, body: bytes = b"", **changes: str) -> dict[str, str]:
        """The headers of one call; ``changes`` are made before the signature, those beginning ``raw_`` after it."""
        self.nonces += 1
        named = {
            "x-bili-accesskeyid": self.credentials["client_id"],
            "x-bili-content-md5": hashlib.md5(body).hexdigest(),
            "x-bili-signature-method": "HMAC-SHA256",
            "x-bili-signature-nonce": f"nonce-{id(self)}-{self.nonces}",
            "x-bili-signature-version": "2.0",
            "x-bili-timestamp": str(self.now()),
        }
        later = {name[4:].replace("_", "-"): value for name, value in changes.items() if name.startswith("raw_")}
        named |= {name.replace("_", "-"): value for name, value in changes.items() if not name.startswith("raw_")}
        text = "\n".join(f"{name}:{named[name]}" for name in sorted(named))
        secret = self.credentials["client_secret"].encode()
        return {
            **named,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Access-Token": self.token,
            "Authorization": hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
            **later,
        }

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.http.get(f"/bilibili{path}", params=query, headers=self.headers()).json()

    def post(self, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = self.headers(content)
        return self.http.post(f"/bilibili{path}", params=query, content=content, headers=headers).json()

    def cover(self, data: bytes, name: str = "cover.jpg") -> dict[str, Any]:
        # A multipart body is signed as if it were empty, and says its own type.
        headers = {name: value for name, value in self.headers().items() if name != "Content-Type"}
        files = {"file": (name, data, "image/jpeg")}
        return self.http.post("/bilibili/arcopen/fn/archive/cover/upload", files=files, headers=headers).json()

    def init(self, utype: str = "0") -> str:
        answer = self.post("/arcopen/fn/archive/video/init", {"name": "a.mp4", "utype": utype})
        return str(answer["data"]["upload_token"])

    def upload(self, path: str, data: bytes, **query: Any) -> dict[str, Any]:
        url = self.credentials["upload_url"] + path
        return self.http.post(
            url, params=query, content=data, headers={"Content-Type": "application/octet-stream"}
        ).json()

    def uploaded(self, data: bytes | None = None) -> str:
        """An upload token whose video is there, sent in one piece."""
        token = self.init("1")
        assert self.upload("/video/v2/upload", film() if data is None else data, upload_token=token)["code"] == 0
        return token

    def add(self, title: str = "村超决赛集锦", **fields: Any) -> dict[str, Any]:
        body = {"title": title, "tid": 249, "tag": "村超,足球", "copyright": 1, "desc": "东城队捧杯", **fields}
        return self.post(ADD, body, upload_token=self.uploaded())

    def added(self, title: str = "村超决赛集锦", **fields: Any) -> str:
        answer = self.add(title, **fields)
        assert answer["code"] == 0, answer
        return str(answer["data"]["resource_id"])

    def opened(self, title: str = "村超决赛集锦", **fields: Any) -> str:
        """Submitted and looked at twice: open."""
        found = self.added(title, **fields)
        states = [self.get(VIEW, resource_id=found)["data"]["addit_info"]["state"] for _ in range(2)]
        assert states == [-1, 0]
        return found


@pytest.fixture
def bilibili(http: TestClient) -> BilibiliClient:
    return BilibiliClient(http, "dongcheng")


@pytest.fixture
def other(http: TestClient) -> BilibiliClient:
    return BilibiliClient(http, "humen")


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Callable[..., BilibiliClient]]:
    """A client of a sandbox with limits of its own."""
    worlds: list[World] = []

    def make(**limits: Any) -> BilibiliClient:
        seed = build_seed({"derive": True, "ids": ["dongcheng"], "bilibili": {"limits": limits}})
        worlds.append(open_world(tmp_path / str(len(worlds)), seed, wall=lambda: float(NOW)))
        return BilibiliClient(TestClient(create_app(worlds[-1]), base_url="http://sandbox.test"), "dongcheng")

    yield make
    for world in worlds:
        world.store.close()


# --- signature and tokens -------------------------------------------------------------------------------------------


def test_credentials_are_what_is_documented(http: TestClient) -> None:
    assert bilibili_credentials("humen") == {
        "client_id": digest("bilibili:humen")[:16],
        "client_secret": digest("bilibili-secret:humen")[:32],
        "access_token": digest("bilibili-token:humen")[:32],
    }
    listed = http.get("/_sandbox/credentials").json()["humen/bilibili"]
    assert listed["base_url"] == "http://sandbox.test/bilibili"
    assert listed["upload_url"] == "http://sandbox.test/bilibili/openupos"


INFO = "/bilibili/arcopen/fn/user/account/info"


def code(bilibili: BilibiliClient, **changes: str) -> int:
    return bilibili.http.get(INFO, headers=bilibili.headers(**changes)).json()["code"]


def test_a_signed_call_is_answered(bilibili: BilibiliClient) -> None:
    answer = bilibili.get("/arcopen/fn/user/account/info")
    assert (answer["code"], answer["message"], answer["ttl"]) == (0, "0", 1)
    assert answer["data"]["name"] == "东城"
    assert re.fullmatch("[0-9a-f]{32}", answer["data"]["openid"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"raw_Accept": "*/*"}, 4009),
        ({"raw_Content_Type": "text/plain"}, 4007),
        ({"raw_Authorization": ""}, 4000),
        ({"raw_x_bili_signature_nonce": ""}, 4000),
        ({"x_bili_signature_method": "HMAC-SHA1"}, 4005),
        ({"x_bili_signature_version": "1.0"}, 4006),
        ({"x_bili_accesskeyid": "0" * 16}, 4001),
        ({"x_bili_timestamp": "today"}, 4000),
        ({"x_bili_timestamp": str(NOW - 601)}, 4003),
        ({"x_bili_timestamp": str(NOW + 601)}, 4003),
        ({"x_bili_timestamp": str(NOW - 600)}, 0),
        ({"x_bili_content_md5": "0" * 32}, 4008),
        ({"raw_x_bili_signature_nonce": "another"}, 4002),
        ({"raw_Authorization": "0" * 64}, 4002),
        ({"raw_Access_Token": ""}, 127000),
        ({"raw_Access_Token": "0" * 32}, 127001),
    ],
)
def test_signature_codes(bilibili: BilibiliClient, changes: dict[str, str], expected: int) -> None:
    assert code(bilibili, **changes) == expected


def test_the_body_is_part_of_the_signature(bilibili: BilibiliClient) -> None:
    body = b'{"name":"a.mp4","utype":"0"}'
    init = "/bilibili/arcopen/fn/archive/video/init"
    assert bilibili.http.post(init, content=body, headers=bilibili.headers(b"{}")).json()["code"] == 4008
    assert bilibili.http.post(init, content=body, headers=bilibili.headers(body)).json()["code"] == 0


def test_a_nonce_counts_once_until_its_time_is_over(bilibili: BilibiliClient, world: World, advance) -> None:
    headers = bilibili.headers()
    forged = {**headers, "Authorization": "0" * 64}
    assert [bilibili.http.get(INFO, headers=sent).json()["code"] for sent in (forged, headers, headers)] == [
        4002,
        0,
        4004,
    ]
    advance(seconds=601)
    assert bilibili.http.get(INFO, headers=headers).json()["code"] == 4003
    advance(seconds=1201)
    code(bilibili)
    assert len(world.store.find("bilibili", "nonce")) == 1


def test_time_is_the_sandboxs(bilibili: BilibiliClient, advance) -> None:
    advance(days=3)
    assert code(bilibili) == 0
    assert code(bilibili, x_bili_timestamp=str(NOW)) == 4003


def test_a_token_belongs_to_one_app(bilibili: BilibiliClient, other: BilibiliClient) -> None:
    assert code(bilibili, raw_Access_Token=other.token) == 127004


def test_a_derived_token_expires(bilibili: BilibiliClient, advance) -> None:
    assert code(bilibili) == 0
    advance(days=180)
    assert code(bilibili) == 127001


def test_oauth_gives_tokens_and_a_refresh_token_once(bilibili: BilibiliClient, http: TestClient) -> None:
    app = {name: bilibili.credentials[name] for name in ("client_id", "client_secret")}
    url = "/bilibili/x/account-oauth2/v1"
    grant = {**app, "grant_type": "authorization_code", "code": "code-dongcheng"}
    first = http.post(f"{url}/token", data=grant).json()["data"]
    assert first["expires_in"] == NOW + 180 * 86_400
    assert "ARC_BASE" in first["scopes"]
    renew = {**app, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    # The official demo sends its fields in the query of the POST.
    second = http.post(f"{url}/refresh_token", params=renew).json()["data"]
    bilibili.token = second["access_token"]
    assert code(bilibili) == 0
    assert http.post(f"{url}/refresh_token", data=renew).json()["code"] == 122007
    for change, expected in (
        ({"client_id": "x"}, 122000),
        ({"client_secret": "x"}, 122001),
        ({"code": "code-nobody"}, 122002),
        ({"code": "code-humen"}, 122008),
        ({"grant_type": "password"}, 4000),
    ):
        assert http.post(f"{url}/token", data={**grant, **change}).json()["code"] == expected


# --- uploads --------------------------------------------------------------------------------------------------------


def test_a_video_in_parts(limited: Callable[..., BilibiliClient]) -> None:
    bilibili = limited(part_bytes=40)
    data = film(seconds=75)
    token = bilibili.init()
    parts = [data[start : start + 40] for start in range(0, len(data), 40)]
    assert len(parts) > 3
    complete = "/arcopen/fn/archive/video/complete"
    assert bilibili.post(complete, upload_token=token)["code"] == 123040
    # Parts may come in any order, and again.
    for number in (2, 1, 2, *range(3, len(parts))):
        sent = bilibili.upload("/video/v2/part/upload", parts[number - 1], upload_token=token, part_number=number)
        assert sent == {"code": 0, "message": "0", "ttl": 1}
    body = {"title": "集锦", "tid": 249, "tag": "村超", "copyright": 1}
    assert bilibili.post(ADD, body, upload_token=token)["code"] == 123040
    last = {"upload_token": token, "part_number": len(parts)}
    assert bilibili.upload("/video/v2/part/upload", parts[-1], **last)["code"] == 0
    assert bilibili.post(complete, upload_token=token)["code"] == 0
    found = bilibili.post(ADD, body, upload_token=token)["data"]["resource_id"]
    for _ in range(2):
        shown = bilibili.get(VIEW, resource_id=found)["data"]
    assert shown["video_info"]["duration"] == 75
    assert bilibili.http.get(f"/bilibili/video/{found}/play").content == data


def test_parts_may_be_smaller_but_are_alike(limited: Callable[..., BilibiliClient]) -> None:
    # The official PHP demo cuts pieces of a little less than the full size.
    bilibili, data = limited(part_bytes=64), film()

    def complete(*sizes: int) -> int:
        token, start = bilibili.init(), 0
        for number, size in enumerate(sizes, start=1):
            bilibili.upload("/video/v2/part/upload", data[start : start + size], upload_token=token, part_number=number)
            start += size
        assert start >= len(data)
        return int(bilibili.post("/arcopen/fn/archive/video/complete", upload_token=token)["code"])

    assert complete(*[40] * -(-len(data) // 40)) == 0
    assert complete(40, 41, *[40] * (len(data) // 40)) == 123008
    assert complete(*[20] * ((len(data) - 20) // 20), 64) == 123008


def test_parts_are_checked(limited: Callable[..., BilibiliClient], http: TestClient) -> None:
    bilibili = limited(part_bytes=40, parts_max=4)
    part = "/video/v2/part/upload"
    complete = "/arcopen/fn/archive/video/complete"
    token = bilibili.init()
    assert bilibili.upload(part, b"x" * 41, upload_token=token, part_number=1)["code"] == 123008
    assert bilibili.upload(part, b"", upload_token=token, part_number=1)["code"] == 123008
    assert bilibili.upload(part, b"x", upload_token=token, part_number=0)["code"] == 123008
    assert bilibili.upload(part, b"x", upload_token=token, part_number=5)["code"] == 123008
    assert bilibili.upload(part, b"x", upload_token=token, part_number="one")["code"] == 123008
    assert bilibili.upload(part, b"x", upload_token="unknown", part_number=1)["code"] == 127022
    assert bilibili.upload("/video/v2/upload", film(), upload_token=token)["code"] == 123008
    bilibili.upload(part, film()[:30], upload_token=token, part_number=1)
    bilibili.upload(part, film()[30:60], upload_token=token, part_number=3)
    assert bilibili.post(complete, upload_token=token)["code"] == 123040
    bilibili.upload(part, film()[30:50], upload_token=token, part_number=2)
    assert bilibili.post(complete, upload_token=token)["code"] == 123008


def test_a_video_is_judged_by_its_content(bilibili: BilibiliClient, advance) -> None:
    upload = "/video/v2/upload"
    assert bilibili.upload(upload, b"GIF89a" + bytes(99), upload_token=bilibili.init("1"))["code"] == 123006
    assert bilibili.upload(upload, film(5 * 3600 + 1), upload_token=bilibili.init("1"))["code"] == 123006
    assert bilibili.upload(upload, film(5 * 3600), upload_token=bilibili.init("1"))["code"] == 0
    assert (
        bilibili.upload("/video/v2/part/upload", film(), upload_token=bilibili.init("1"), part_number=1)["code"]
        == 123008
    )
    token = bilibili.init("1")
    advance(days=1.1)
    assert bilibili.upload(upload, film(), upload_token=token)["code"] == 127022


def test_init_wants_a_name_and_a_kind(bilibili: BilibiliClient) -> None:
    init = "/arcopen/fn/archive/video/init"
    for body in ({}, {"name": ""}, {"name": 7}, {"name": "a.mp4", "utype": "2"}, [], "x"):
        assert bilibili.post(init, body)["code"] == 123008
    assert bilibili.post(init)["code"] == 123008


def test_covers(bilibili: BilibiliClient, other: BilibiliClient, make_picture, http: TestClient) -> None:
    large = make_picture("JPEG", (960, 600))
    url = bilibili.cover(large)["data"]["url"]
    assert http.get(url).content == large
    assert bilibili.cover(make_picture("PNG", (1146, 717)))["code"] == 0
    assert bilibili.cover(make_picture("GIF", (960, 600)))["code"] == 123038
    assert bilibili.cover(make_picture("BMP", (960, 600)))["code"] == 123008
    assert bilibili.cover(make_picture("JPEG", (959, 600)))["code"] == 123008
    assert bilibili.cover(large + bytes(5 * 1024 * 1024))["code"] == 123008
    assert bilibili.cover(b"no picture")["code"] == 123008
    assert bilibili.post("/arcopen/fn/archive/cover/upload")["code"] == 123008
    assert other.add(cover=url)["code"] == 123008
    assert bilibili.add(cover="https://elsewhere.example/a.jpg")["code"] == 123008
    found = bilibili.opened(cover=url)
    assert bilibili.get(VIEW, resource_id=found)["data"]["cover"] == url
    assert "/bilibili/bfs/archive/" in http.get(f"/bilibili/video/{found}").text


# --- archives -------------------------------------------------------------------------------------------------------


def test_types_are_a_tree_with_the_leaves_that_add_takes(bilibili: BilibiliClient) -> None:
    tree = bilibili.get("/arcopen/fn/archive/type/list")["data"]
    leaves = [child for region in tree for child in region["children"]]
    assert {249, 205} <= {leaf["id"] for leaf in leaves}
    assert set(tree[0]) == {"id", "name", "parent", "description", "children"}
    assert all(child["parent"] == region["id"] for region in tree for child in region["children"])
    assert bilibili.add(tid=tree[0]["id"])["code"] == 123009
    assert bilibili.add(tid=leaves[0]["id"])["code"] == 0


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"title": "长" * 80}, 0),
        ({"title": "长" * 81}, 123030),
        ({"title": " "}, 123013),
        ({"title": None}, 123013),
        ({"desc": "长" * 250}, 0),
        ({"desc": "长" * 251}, 123018),
        ({"desc": None}, 0),
        ({"desc": ["x"]}, 123014),
        ({"tag": "标" * 200}, 0),
        ({"tag": "标" * 201}, 123012),
        ({"tag": "村超,,足球"}, 123012),
        ({"tag": ""}, 123012),
        ({"tid": 1}, 123009),
        ({"tid": "足球"}, 123008),
        ({"no_reprint": 2}, 123008),
        ({"copyright": 3}, 123008),
        ({"copyright": True}, 123008),
        ({"copyright": None}, 123008),
        ({"copyright": 2}, 123016),
        ({"copyright": 2, "source": "东莞日报"}, 0),
    ],
)
def test_rules_of_an_archive(bilibili: BilibiliClient, fields: dict[str, Any], expected: int) -> None:
    assert bilibili.add(**fields)["code"] == expected


def test_sensitive_words(limited: Callable[..., BilibiliClient]) -> None:
    bilibili = limited(forbidden_words=["赌球"])
    assert bilibili.add(desc="赌球内幕")["code"] == 123024
    assert bilibili.add(tag="赌球")["code"] == 123024


def test_an_archive_is_reviewed_and_then_shown(bilibili: BilibiliClient, http: TestClient, published, advance) -> None:
    found = bilibili.added()
    assert re.fullmatch("BV[0-9A-Za-z]{10}", found)
    waiting = bilibili.get(VIEW, resource_id=found)["data"]
    assert waiting["addit_info"] == {"state": -1, "state_desc": "待审核", "reject_reason": ""}
    assert (waiting["video_info"], waiting["ptime"], waiting["ctime"]) == ({}, 0, NOW)
    assert published() == []
    assert http.get(f"/bilibili/video/{found}").status_code == 404
    assert http.get(f"/bilibili/video/{found}/play").status_code == 404
    shown = bilibili.get(VIEW, resource_id=found)["data"]
    assert shown["addit_info"]["state"] == 0
    assert shown["ptime"] == NOW
    video = shown["video_info"]
    assert (video["duration"], isinstance(video["cid"], int)) == (12, True)
    assert video["share_url"] == f"http://sandbox.test/bilibili/video/{found}?share_source=open_plat"
    assert "村超决赛集锦" in http.get(video["share_url"]).text
    assert "村超决赛集锦" in http.get(video["iframe_url"]).text
    row = published()[0]
    assert (row["id"], row["title"], row["text"], row["requests"]) == (found, "村超决赛集锦", "东城队捧杯", 1)
    assert row["url"] == f"http://sandbox.test/bilibili/video/{found}"
    assert row["sha256"] == digest("村超决赛集锦\n东城队捧杯")


def test_time_alone_ends_the_review(bilibili: BilibiliClient, advance, published) -> None:
    bilibili.added()
    advance(seconds=59)
    assert published() == []
    advance(hours=1)
    assert [row["published_at"] for row in published()] == ["2026-06-05T10:01:00Z"]


def test_pace(bilibili: BilibiliClient, other: BilibiliClient, advance, published) -> None:
    bilibili.added("第一条")
    assert bilibili.add("第二条")["code"] == 123026
    other.added("第二条")
    advance(seconds=30)
    assert bilibili.add("第一条")["code"] == 123015
    bilibili.added("第二条")
    advance(seconds=600)
    bilibili.added("第一条")
    advance(seconds=60)
    assert [row["requests"] for row in published(account="dongcheng") if row["title"] == "第一条"] == [3, 3]


def test_archives_a_day(limited: Callable[..., BilibiliClient]) -> None:
    bilibili = limited(adds_per_day=1, min_interval_seconds=0)
    bilibili.added("第一条")
    assert bilibili.add("第二条")["code"] == 123029


def test_one_upload_may_be_submitted_twice(bilibili: BilibiliClient, advance) -> None:
    token = bilibili.uploaded()
    body = {"tid": 249, "tag": "村超", "copyright": 1}
    first = bilibili.post(ADD, {**body, "title": "一"}, upload_token=token)["data"]["resource_id"]
    advance(seconds=30)
    second = bilibili.post(ADD, {**body, "title": "二"}, upload_token=token)["data"]["resource_id"]
    assert first != second


def test_an_upload_is_its_accounts_own(bilibili: BilibiliClient, other: BilibiliClient) -> None:
    body = {"title": "一", "tid": 249, "tag": "村超", "copyright": 1}
    assert other.post(ADD, body, upload_token=bilibili.uploaded())["code"] == 127022
    assert other.post(ADD, body)["code"] == 127022


def test_viewlist(bilibili: BilibiliClient, other: BilibiliClient, advance, order) -> None:
    viewlist = "/arcopen/fn/archive/viewlist"
    found = []
    for number in range(4):
        if number == 3:
            order(platform="bilibili", path=ADD, kind="review_rejected", message="标题夸张")
        found.append(bilibili.added(f"第{number}条"))
        advance(seconds=61)
    found.append(bilibili.added("第五条"))
    other.added("别家的")
    page = bilibili.get(viewlist, ps=2, pn=2)["data"]
    assert [archive["resource_id"] for archive in page["list"]] == [found[2], found[1]]
    assert page["page"] == {"pn": 2, "ps": 2, "total": 5}

    def ids(status: str) -> list[str]:
        return [archive["resource_id"] for archive in bilibili.get(viewlist, status=status)["data"]["list"]]

    assert ids("is_pubing") == [found[4]]
    assert ids("not_pubed") == [found[3]]
    assert ids("pubed") == [found[2], found[1], found[0]]
    assert bilibili.get(viewlist, pn=9)["data"]["list"] == []
    for query in ({"ps": 51}, {"ps": 0}, {"pn": 0}, {"pn": "x"}, {"status": "some"}):
        assert bilibili.get(viewlist, **query)["code"] == 123008
    bilibili.post("/arcopen/fn/archive/delete", {"resource_id": found[0]})
    assert found[0] not in ids("all")


def test_rejected_and_resubmitted(bilibili: BilibiliClient, order, published, advance) -> None:
    order(platform="bilibili", kind="review_rejected", message="标题夸张")
    found = bilibili.added()
    for _ in range(2):
        shown = bilibili.get(VIEW, resource_id=found)["data"]
    assert shown["addit_info"] == {"state": -2, "state_desc": "已退回", "reject_reason": "标题夸张"}
    assert (shown["video_info"], shown["ptime"]) == ({}, 0)
    advance(hours=2)
    assert published() == []
    edit = {"resource_id": found, "title": "村超决赛回顾"}
    assert bilibili.post("/arcopen/fn/archive/edit", edit)["data"] == {"resource_id": found}
    assert bilibili.post("/arcopen/fn/archive/edit", edit)["code"] == 123028
    advance(seconds=60)
    assert [(row["title"], row["published_at"]) for row in published()] == [("村超决赛回顾", "2026-06-05T12:01:00Z")]


def test_stay_pending_until_cleared(bilibili: BilibiliClient, order, published, advance, http: TestClient) -> None:
    order(platform="bilibili", kind="stay_pending")
    found = bilibili.added()
    advance(days=2)
    for _ in range(5):
        assert bilibili.get(VIEW, resource_id=found)["data"]["addit_info"]["state"] == -1
    assert published() == []
    http.delete("/_sandbox/faults")
    assert len(published()) == 1


def test_editing_what_is_open(bilibili: BilibiliClient, other: BilibiliClient, published) -> None:
    found = bilibili.opened()
    edit = "/arcopen/fn/archive/edit"
    assert bilibili.post(edit, {"resource_id": found, "title": "长" * 81})["code"] == 123030
    assert other.post(edit, {"resource_id": found, "title": "改"})["code"] == 123001
    assert bilibili.post(edit, {"resource_id": found, "title": "更正：村超决赛", "desc": "虎门队捧杯"})["code"] == 0
    shown = bilibili.get(VIEW, resource_id=found)["data"]
    assert (shown["title"], shown["desc"], shown["tag"]) == ("更正：村超决赛", "虎门队捧杯", "村超,足球")
    assert shown["addit_info"]["state"] == 0
    assert [(row["id"], row["title"], row["requests"]) for row in published()] == [(found, "更正：村超决赛", 1)]


def test_deleting(bilibili: BilibiliClient, other: BilibiliClient, published, http: TestClient, advance) -> None:
    found, delete = bilibili.opened(), "/arcopen/fn/archive/delete"
    assert other.post(delete, {"resource_id": found})["code"] == 123001
    assert bilibili.post(delete, {"resource_id": "BV1nothing00"})["code"] == 123004
    assert bilibili.post(delete, {})["code"] == 123008
    assert bilibili.post(delete, {"resource_id": found})["code"] == 0
    assert [row["deleted"] for row in published()] == [True]
    assert http.get(f"/bilibili/video/{found}").status_code == 404
    assert http.get(f"/bilibili/video/{found}/play").status_code == 404
    for path in (VIEW, "/arcopen/fn/data/arc/stat"):
        assert bilibili.get(path, resource_id=found)["code"] == 123005
    assert bilibili.post(delete, {"resource_id": found})["code"] == 123005
    advance(seconds=30)
    waiting = bilibili.added("还在审核")
    assert bilibili.post(delete, {"resource_id": waiting})["code"] == 0
    advance(hours=1)
    assert [row["id"] for row in published()] == [found]


def test_figures_grow(bilibili: BilibiliClient, advance) -> None:
    stat = "/arcopen/fn/data/arc/stat"
    waiting = bilibili.added()
    assert bilibili.get(stat, resource_id=waiting)["data"]["view"] == 0
    advance(days=2)
    first = bilibili.get(stat, resource_id=waiting)["data"]
    advance(days=20)
    later = bilibili.get(stat, resource_id=waiting)["data"]
    assert set(later) == {"title", "ptime", "view", "like", "coin", "favorite", "share", "danmaku", "reply"}
    counts = set(later) - {"title", "ptime"}
    assert all(later[name] >= first[name] for name in counts)
    assert later["view"] > first["view"] > 0
    assert later["ptime"] == NOW + 60
    user = bilibili.get("/arcopen/fn/data/user/stat")["data"]
    assert user == {"following": 0, "follower": 20_000, "arc_passed_total": 1}
    assert bilibili.get(stat, resource_id="BV1nothing00")["code"] == 123004


def test_a_video_in_one_piece_has_its_limit(limited: Callable[..., BilibiliClient]) -> None:
    bilibili = limited(single_max_bytes=len(film()))
    upload = "/video/v2/upload"
    assert bilibili.upload(upload, film() + b"x", upload_token=bilibili.init("1"))["code"] == 123008
    assert bilibili.upload(upload, b"", upload_token=bilibili.init("1"))["code"] == 123008
    assert bilibili.upload(upload, film(), upload_token=bilibili.init("1"))["code"] == 0


# --- faults and events ----------------------------------------------------------------------------------------------


def test_faults_speak_bilibilis_language(bilibili: BilibiliClient, other: BilibiliClient, order, published) -> None:
    order(platform="bilibili", path=ADD, kind="error", code=123042)
    assert bilibili.add()["code"] == 123042
    order(platform="bilibili", path="/arcopen", kind="error")
    assert code(bilibili) == 4010
    order(platform="bilibili", kind="expired_token", account="dongcheng")
    assert code(other) == 0
    assert code(bilibili) == 127001
    assert published() == []
    # The upload host knows whose upload it is.
    token = bilibili.init("1")
    order(platform="bilibili", path="/openupos", kind="refuse", status=503, account="dongcheng")
    url, query = f"{bilibili.credentials['upload_url']}/video/v2/upload", {"upload_token": token}
    assert [bilibili.http.post(url, params=query, content=film()).status_code for _ in range(2)] == [503, 200]


def test_unknown_addresses(http: TestClient) -> None:
    assert http.get("/bilibili/arcopen/fn/nothing").status_code == 404
    assert http.get(f"/bilibili{ADD}").status_code == 405
    assert "没有找到" in http.get("/bilibili/nothing").text


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[hooks.Event]:
    """The events sent to callbacks, which answer as a callback should; no thread, no socket."""
    events: list[hooks.Event] = []

    def deliver(event: hooks.Event) -> bytes:
        events.append(event)
        said = json.loads(event.body)
        return json.dumps({"data": said["content"]["data"]} if said["event"] == "verify_webhooks" else {}).encode()

    monkeypatch.setattr(hooks, "deliver", deliver)
    monkeypatch.setattr(hooks, "in_background", lambda work: work())
    return events


def test_events_are_posted_to_a_verified_callback(limited: Callable[..., BilibiliClient], told) -> None:
    bilibili = limited(callback_url="http://callback.test/hook")
    http = bilibili.http
    first = bilibili.opened()
    http.post("/_sandbox/faults", json={"platform": "bilibili", "kind": "review_rejected"})
    http.post("/_sandbox/clock", json={"advance_seconds": 60})
    second = bilibili.added("第二条")
    http.post("/_sandbox/clock", json={"advance_seconds": 60})
    assert [json.loads(event.body)["event"] for event in told] == ["verify_webhooks", "video_open", "video_fail"]
    opened, failed = (json.loads(event.body) for event in told[1:])
    assert opened["timestamp"] == "2026-06-05 18:00:00"
    assert opened["content"] == {
        "openid": bilibili.get("/arcopen/fn/user/account/info")["data"]["openid"],
        "client_id": bilibili.credentials["client_id"],
        "resource_id": first,
        "state": 0,
        "state_desc": "开放浏览",
    }
    assert (failed["content"]["resource_id"], failed["content"]["state"]) == (second, -2)
    for event in told:
        expected = hashlib.sha1(bilibili.credentials["client_secret"].encode() + event.body).hexdigest()
        assert (event.url, event.headers["x-bilibili-signature"]) == ("http://callback.test/hook", expected)


@pytest.mark.parametrize("echo", [None, b"", b"[1]", b'{"data": 1}', b"\xff"])
def test_who_does_not_echo_gets_nothing(
    limited: Callable[..., BilibiliClient], monkeypatch: pytest.MonkeyPatch, echo: bytes | None
) -> None:
    said: list[str] = []

    def deliver(event: hooks.Event) -> bytes | None:
        said.append(json.loads(event.body)["event"])
        return echo

    monkeypatch.setattr(hooks, "deliver", deliver)
    monkeypatch.setattr(hooks, "in_background", lambda work: work())
    limited(callback_url="http://callback.test/hook").opened()
    assert said == ["verify_webhooks"]


def test_without_a_callback_nothing_is_sent(bilibili: BilibiliClient, told) -> None:
    bilibili.opened()
    assert told == []

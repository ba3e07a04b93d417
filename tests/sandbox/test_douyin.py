"""Douyin's protocol: tokens, uploads, items under review, figures, hot lists, faults and webhooks."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sandbox.app import create_app, open_world
from sandbox.seed import build_seed, douyin_credentials
from sandbox.store import content_hash

V1 = "/api/douyin/v1/video"
MIB = 1024 * 1024
START = 1_780_653_600.0


class DouyinClient:
    """Just enough of a client: one user, the token in the header."""

    def __init__(self, http: TestClient, account: str = "dongcheng", film: bytes = b"") -> None:
        self.http = http
        self.film = film
        self.credentials = douyin_credentials(account)
        self.token = self.credentials["access_token"]
        self.open_id = self.credentials["open_id"]

    def call(self, method: str, path: str, *, query: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        answer = self.http.request(
            method,
            f"/douyin{path}",
            params={"open_id": self.open_id, **(query or {})},
            headers={"access-token": self.token},
            **more,
        )
        assert answer.status_code == 200
        found = answer.json()
        assert found["data"]["error_code"] == found["extra"]["error_code"]
        assert found["data"]["description"] == found["extra"]["description"]
        return found

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.call("GET", path, query=query)["data"]

    def post(self, path: str, body: Any = None, *, query: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        content = {} if body is None else {"content": json.dumps(body, ensure_ascii=False).encode()}
        return self.call("POST", path, query=query, **content, **more)["data"]

    def upload(self, data: bytes | None = None, path: str = f"{V1}/upload_video/", name: str = "video", **query: Any):
        files = {name: ("file", self.film if data is None else data, "application/octet-stream")}
        return self.post(path, query=query, files=files)

    def video(self) -> str:
        return str(self.upload()["video"]["video_id"])

    def create(self, text: str, **more: Any) -> dict[str, Any]:
        return self.post(f"{V1}/create_video/", {"video_id": self.video(), "text": text, **more})

    def item(self, item_id: str) -> dict[str, Any]:
        return self.post(f"{V1}/video_data/", {"item_ids": [item_id]})["list"][0]

    def refresh(self) -> None:
        fields = {name: self.credentials[name] for name in ("client_key", "refresh_token")}
        self.token = self.oauth("refresh_token", grant_type="refresh_token", **fields)["data"]["access_token"]

    def oauth(self, name: str, **fields: Any) -> dict[str, Any]:
        return self.http.post(f"/douyin/oauth/{name}/", data=fields).json()


@pytest.fixture
def douyin(http: TestClient, make_film) -> DouyinClient:
    return DouyinClient(http, film=make_film())


@pytest.fixture
def douyin_other(http: TestClient, make_film) -> DouyinClient:
    return DouyinClient(http, "humen", make_film())


@pytest.fixture
def limited(tmp_path: Path, make_film):
    """A client of a sandbox with limits of its own; its user has the further credentials given."""
    worlds = []

    def build(account: dict[str, Any] | None = None, **limits: Any) -> DouyinClient:
        accounts = [{"id": "dongcheng", **(account or {})}]
        seed = build_seed({"derive": True, "ids": ["dongcheng"], "douyin": {"accounts": accounts, "limits": limits}})
        worlds.append(open_world(tmp_path / str(len(worlds)), seed, wall=lambda: START))
        return DouyinClient(TestClient(create_app(worlds[-1]), base_url="http://sandbox.test"), film=make_film())

    yield build
    for world in worlds:
        world.store.close()


def advance(client: DouyinClient, seconds: float) -> None:
    client.http.post("/_sandbox/clock", json={"advance_seconds": seconds})


def code(data: dict[str, Any]) -> int:
    return int(data["error_code"])


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_derivation_is_what_is_documented() -> None:
    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    user = digest("douyin-open:humen")
    assert douyin_credentials("humen") == {
        "client_key": "aw" + digest("douyin:humen")[:14],
        "client_secret": digest("douyin-secret:humen")[:32],
        "open_id": f"{user[:8]}-{user[8:12]}-{user[12:16]}-{user[16:20]}-{user[20:32]}",
        "access_token": "act." + digest("douyin-token:humen")[:40],
        "refresh_token": "rft." + digest("douyin-refresh:humen")[:40],
    }


def test_the_listed_credentials_open_the_platform(http: TestClient) -> None:
    mine = http.get("/_sandbox/credentials").json()["humen/douyin"]
    assert (mine["base_url"], mine["pages_url"]) == ("http://sandbox.test/douyin",) * 2
    answer = http.get(
        f"{mine['base_url']}/api/douyin/v1/video/video_list/",
        params={"open_id": mine["open_id"], "cursor": 0, "count": 10},
        headers={"access-token": mine["access_token"]},
    )
    assert answer.json()["data"] == {"list": [], "cursor": 0, "has_more": False, "error_code": 0, "description": ""}
    assert set(answer.json()["extra"]) == {
        "error_code",
        "description",
        "sub_error_code",
        "sub_description",
        "logid",
        "now",
    }
    assert answer.json()["extra"]["now"] == START * 1000
    assert answer.json()["extra"]["logid"].startswith("20260605180000")


def test_tokens_missing_unknown_of_another_and_expired(douyin, douyin_other, advance) -> None:
    path = f"{V1}/video_list/"
    assert code(douyin.get(path, count=1)) == 0
    douyin.token = ""
    assert code(douyin.get(path, count=1)) == 28001003
    assert code(douyin.get(path, count=1, access_token=douyin.credentials["access_token"])) == 0
    douyin.token = "act.unknown"
    assert code(douyin.get(path, count=1)) == 28001003
    assert code(douyin.get("/video/list/", count=1)) == 2190002
    douyin.token = douyin_other.token
    assert code(douyin.get(path, count=1)) == 28001015
    douyin.token, douyin.open_id = douyin.credentials["access_token"], ""
    assert code(douyin.get(path, count=1)) == 28001007
    douyin.open_id = douyin.credentials["open_id"]
    advance(days=15)
    assert code(douyin.get(path, count=1)) == 28001008
    assert code(douyin.get("/video/list/", count=1)) == 2190008


def test_refreshing_gives_a_new_token(douyin, advance) -> None:
    key, refresh = douyin.credentials["client_key"], douyin.credentials["refresh_token"]
    douyin.get(f"{V1}/video_list/", count=1)
    fields = {"client_key": key, "grant_type": "refresh_token", "refresh_token": refresh}
    answer = douyin.oauth("refresh_token", **fields)
    assert answer["message"] == "success"
    fresh = answer["data"]
    assert (fresh["expires_in"], fresh["refresh_expires_in"]) == (15 * 86_400, 30 * 86_400)
    assert (fresh["open_id"], fresh["refresh_token"]) == (douyin.open_id, refresh)
    assert fresh["access_token"] != douyin.token
    assert "video.create" in fresh["scope"].split(",")
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 0
    advance(days=14)
    later = douyin.oauth("refresh_token", **fields)["data"]
    advance(days=2)
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 28001008
    douyin.token = later["access_token"]
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 0
    advance(days=14)
    assert douyin.oauth("refresh_token", **fields)["data"]["error_code"] == 10010
    for change, expected in (
        ({"client_key": ""}, 10002),
        ({"client_key": "aw0"}, 10003),
        ({"grant_type": "password"}, 10002),
        ({"refresh_token": "rft.0"}, 10002),
    ):
        answer = douyin.oauth("refresh_token", **{**fields, **change})
        assert (answer["data"]["error_code"], answer["message"]) == (expected, "error")
    no_json = douyin.http.post("/douyin/oauth/client_token/", content=b"{")
    assert no_json.json()["data"]["error_code"] == 10002


def test_a_refresh_token_is_renewed_five_times(douyin) -> None:
    key, token = douyin.credentials["client_key"], douyin.credentials["refresh_token"]
    for _ in range(5):
        renewed = douyin.oauth("renew_refresh_token", client_key=key, refresh_token=token)["data"]
        assert code(renewed) == 0
        assert renewed["expires_in"] == 30 * 86_400
        assert code(douyin.oauth("renew_refresh_token", client_key=key, refresh_token=token)["data"]) == 10010
        token = renewed["refresh_token"]
    assert code(douyin.oauth("renew_refresh_token", client_key=key, refresh_token=token)["data"]) == 10020


def test_a_code_becomes_tokens_and_userinfo(douyin) -> None:
    app = {name: douyin.credentials[name] for name in ("client_key", "client_secret")}
    fields = {**app, "code": "code-dongcheng", "grant_type": "authorization_code"}
    tokens = douyin.oauth("access_token", **fields)["data"]
    user = douyin.oauth("userinfo", open_id=tokens["open_id"], access_token=tokens["access_token"])["data"]
    assert (user["open_id"], user["nickname"], code(user)) == (douyin.open_id, "东城", 0)
    assert code(douyin.oauth("access_token", **{**fields, "client_secret": "0"})["data"]) == 10013
    assert code(douyin.oauth("access_token", **{**fields, "code": "code-humen"})["data"]) == 10002
    assert code(douyin.oauth("userinfo", open_id=tokens["open_id"], access_token="act.0")["data"]) == 2190002


def test_two_client_tokens_live_and_the_older_for_five_minutes(http: TestClient, douyin, advance) -> None:
    app = {name: douyin.credentials[name] for name in ("client_key", "client_secret")}

    def fresh() -> str:
        body = {**app, "grant_type": "client_credential"}
        data = http.post("/douyin/oauth/client_token/", json=body).json()["data"]
        assert data["expires_in"] == 7200
        return str(data["access_token"])

    def works(token: str) -> int:
        answer = http.get("/douyin/hotsearch/sentences/", headers={"access-token": token}).json()
        return int(answer["data"]["error_code"])

    first = fresh()
    assert first.startswith("clt.")
    second = fresh()
    advance(seconds=299)
    assert (works(first), works(second)) == (0, 0)
    advance(seconds=1)
    assert (works(first), works(second)) == (2190008, 0)
    third, fourth = fresh(), fresh()
    assert [works(token) for token in (second, third, fourth)] == [2190008, 0, 0]
    advance(seconds=7200)
    assert works(fourth) == 2190008
    assert works(douyin.token) == 2190002
    douyin.token = fresh()
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 28001003


def test_permissions(limited) -> None:
    path = f"{V1}/video_list/"
    assert code(limited(app_scopes=["video.create"]).get(path, count=1)) == 28001018
    assert code(limited({"scopes": "video.create, user_info"}).get(path, count=1)) == 28001012
    assert code(limited({"scopes": "video.list"}).get(path, count=1)) == 0


# --- uploads --------------------------------------------------------------------------------------------------------


def test_a_film_is_uploaded_looked_at_and_can_be_played(http: TestClient, douyin, make_film) -> None:
    video = douyin.upload(make_film(30, (1080, 1920)))["video"]
    assert (video["width"], video["height"]) == (1080, 1920)
    shown = http.get(f"/douyin/play/{video['video_id']}")
    assert (shown.content, shown.headers["content-type"]) == (make_film(30, (1080, 1920)), "video/mp4")
    assert http.get("/douyin/play/v0").status_code == 404
    assert code(douyin.upload(b"GIF89a is no film")) == 28001007
    assert code(douyin.upload(b"")) == 28001007
    assert code(douyin.upload(name="file")) == 28001007
    assert code(douyin.upload(make_film(901))) == 2114006
    assert code(douyin.upload(b"no film", path="/video/upload/")) == 2100005
    assert code(douyin.upload(make_film(data=bytes(41 * MIB)))) == 0


def test_a_film_in_parts(http: TestClient, douyin, make_film, advance) -> None:
    data = make_film(data=bytes(5 * MIB) + b"x" * 4096)
    upload_id = douyin.post(f"{V1}/init_video_part_upload/")["upload_id"]

    def part(number: int, content: bytes) -> int:
        query = {"upload_id": upload_id, "part_number": number}
        return code(douyin.upload(content, path=f"{V1}/upload_video_part/", **query))

    def complete() -> dict[str, Any]:
        return douyin.post(f"{V1}/complete_video_part_upload/", query={"upload_id": upload_id})

    assert code(complete()) == 28001007
    assert part(0, data[:10]) == 28001007
    assert part(2, data[5 * MIB :]) == 0
    assert code(complete()) == 28001007
    # A part that came too small is simply sent again.
    assert part(1, data[:100]) == 0
    assert code(complete()) == 28001007
    assert part(1, data[: 5 * MIB]) == 0
    video = complete()["video"]
    assert (video["width"], video["height"]) == (720, 1280)
    assert http.get(f"/douyin/play/{video['video_id']}").content == data
    assert code(complete()) == 28001007
    assert code(douyin.post(f"{V1}/create_video/", {"video_id": video["video_id"], "text": "分片"})) == 0
    upload_id = douyin.post("/video/part/init/")["upload_id"]
    advance(seconds=7199)
    assert part(1, data[: 5 * MIB]) == 0
    advance(seconds=1)
    assert part(2, data[5 * MIB :]) == 28001007


def test_uploads_are_bounded(limited, make_film) -> None:
    small = limited(direct_max_bytes=200, image_max_bytes=10, video_max_bytes=5000, part_min_bytes=1)
    assert code(small.upload(make_film(data=b"x" * 200))) == 2190005
    assert code(small.upload(make_film(), path=f"{V1}/upload_image/", name="image")) == 28001007
    upload_id = small.post(f"{V1}/init_video_part_upload/")["upload_id"]
    data = make_film(data=b"x" * 6000)
    for number, start in enumerate(range(0, len(data), 4000), start=1):
        query = {"upload_id": upload_id, "part_number": number}
        assert code(small.upload(data[start : start + 4000], path=f"{V1}/upload_video_part/", **query)) == 0
    assert code(small.post(f"{V1}/complete_video_part_upload/", query={"upload_id": upload_id})) == 2190005


def test_pictures_are_judged_by_their_content(http: TestClient, douyin, jpeg: bytes, make_picture) -> None:
    path = f"{V1}/upload_image/"
    image = douyin.upload(jpeg, path=path, name="image")["image"]
    assert (image["width"], image["height"]) == (40, 30)
    assert code(douyin.upload(b"no picture", path=path, name="image")) == 28001007
    assert code(douyin.upload(make_picture("GIF"), path=path, name="image")) == 28001007
    assert code(douyin.upload(jpeg, path=path)) == 28001007


# --- publishing -----------------------------------------------------------------------------------------------------


def test_an_item_is_reviewed_and_then_before_the_public(http: TestClient, douyin, advance, published) -> None:
    made = douyin.create("村超今晚开赛 #村超")
    assert len(made["item_id"]) == 89
    assert made["item_id"].startswith("@")
    item = douyin.item(made["item_id"])
    assert (item["video_status"], item["is_reviewed"], item["media_type"]) == (4, False, 4)
    assert (item["item_id"], item["video_id"]) == (made["item_id"], made["video_id"])
    assert (item["title"], item["create_time"]) == ("村超今晚开赛 #村超", int(START))
    assert set(item["statistics"].values()) == {0}
    assert published() == []
    assert http.get(item["share_url"]).status_code == 404
    advance(seconds=3)
    item = douyin.item(made["item_id"])
    assert (item["video_status"], item["is_reviewed"]) == (1, True)
    row = published(platform="douyin", account="dongcheng")[0]
    assert (row["id"], row["text"], row["requests"]) == (made["item_id"], "村超今晚开赛 #村超", 1)
    assert row["sha256"] == content_hash("", "村超今晚开赛 #村超")
    assert row["url"] == item["share_url"]
    page = http.get(item["share_url"]).text
    assert "村超今晚开赛" in page
    assert "/douyin/play/v0200f" in page
    assert "抖音" in http.get("/").text


def test_pictures_with_text(http: TestClient, douyin, advance, jpeg: bytes, make_picture) -> None:
    path, create = f"{V1}/upload_image/", f"{V1}/create_image_text/"
    images = [douyin.upload(data, path=path, name="image")["image"]["image_id"] for data in (jpeg, make_picture("PNG"))]
    made = douyin.post(create, {"image_list": images, "text": "球场风景"})
    advance(seconds=3)
    item = douyin.item(made["item_id"])
    assert (item["media_type"], item["video_status"]) == (2, 1)
    assert http.get(item["cover"]).content == jpeg
    assert http.get(item["share_url"]).text.count("<img") == 2
    assert code(douyin.post(create, {"image_list": [], "text": "空"})) == 28001007
    assert code(douyin.post(create, {"image_list": images * 7, "text": "多"})) == 28001007
    assert code(douyin.post(create, {"image_list": ["tos-cn-i-0"], "text": "无"})) == 28001007
    assert code(douyin.post("/image/create/", {"image_id": images[0], "text": "旧接口"})) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"video_id": "v0200f0"},
        {"video_id": 7},
        {"text": "长" * 1001},
        {"text": " ".join(f"#话题{number}" for number in range(6))},
        {"text": ["开赛"]},
        {"at_users": "dongcheng"},
        {"private_status": 3},
        {"private_status": "0"},
        {"download_type": 0},
        {"cover_tsp": -1},
        {"custom_cover_image_url": "https://elsewhere.example/cover.jpg"},
    ],
)
def test_rules_of_an_item(douyin, change: dict[str, Any], published) -> None:
    body = {"video_id": douyin.video(), "text": "开赛", **change}
    assert code(douyin.post(f"{V1}/create_video/", body)) == 28001007
    assert code(douyin.get(f"{V1}/video_list/", count=10)) == 0
    assert douyin.get(f"{V1}/video_list/", count=10)["list"] == []


def test_bodies_that_are_no_json(http: TestClient, douyin) -> None:
    for content in (b"", b"{", b"[1]", b"\xff\xfe", b'{"text": "\\ud83d"}', b"[" * 100_000):
        assert code(douyin.call("POST", f"{V1}/create_video/", content=content)["data"]) == 28001007
        assert code(douyin.call("POST", "/video/create/", content=content)["data"]) == 2100005


def test_a_video_id_is_good_for_one_item(douyin, limited, advance, published) -> None:
    body = {"video_id": douyin.video(), "text": "只发一次"}
    assert code(douyin.post(f"{V1}/create_video/", body)) == 0
    assert code(douyin.post(f"{V1}/create_video/", body)) == 28001007
    advance(seconds=3)
    assert [row["requests"] for row in published()] == [2]
    twice = limited(video_id_once=False)
    body = {"video_id": twice.video(), "text": "再发一次"}
    assert [code(twice.post(f"{V1}/create_video/", body)) for _ in range(2)] == [0, 0]


def test_nobody_uses_anothers_film_or_items(douyin, douyin_other) -> None:
    body = {"video_id": douyin.video(), "text": "别人的"}
    assert code(douyin_other.post(f"{V1}/create_video/", body)) == 28001007
    made = douyin.create("自己的")
    assert douyin_other.post(f"{V1}/video_data/", {"item_ids": [made["item_id"]]})["list"] == []
    assert code(douyin_other.post("/video/delete/", {"item_id": made["item_id"]})) == 2100005


def test_a_cover_of_ones_own(http: TestClient, douyin, jpeg: bytes) -> None:
    cover = douyin.upload(jpeg, path=f"{V1}/upload_image/", name="image")["image"]["image_id"]
    made = douyin.create("有封面", custom_cover_image_url=cover, cover_tsp=1.5)
    assert http.get(douyin.item(made["item_id"])["cover"]).content == jpeg
    assert douyin.item(douyin.create("没有封面")["item_id"])["cover"] == ""


def test_what_is_private_is_shown_to_nobody(http: TestClient, douyin, advance, published) -> None:
    made = douyin.create("自己看", private_status=1)
    advance(days=3)
    item = douyin.item(made["item_id"])
    assert (item["video_status"], item["statistics"]["play_count"]) == (1, 0)
    assert published() == []
    assert http.get(item["share_url"]).status_code == 404


def test_deleting(http: TestClient, douyin, advance, published) -> None:
    early, late = douyin.create("审核中就删"), douyin.create("发了再删")
    assert code(douyin.post("/video/delete/", {"item_id": early["item_id"]})) == 0
    advance(seconds=3)
    url = douyin.item(late["item_id"])["share_url"]
    assert code(douyin.post("/video/delete/", {"item_id": late["item_id"]})) == 0
    assert code(douyin.post("/video/delete/", {"item_id": late["item_id"]})) == 2100005
    assert [(row["text"], row["deleted"]) for row in published()] == [("发了再删", True)]
    assert "已被发布者删除" in http.get(url).text
    assert douyin.get(f"{V1}/video_list/", count=10)["list"] == []


def test_pace_quota_risk_and_words(limited) -> None:
    slow = limited(min_interval_seconds=60, risk_words=["外挂"], forbidden_words=["赌球"], review_seconds=0)
    assert code(slow.create("第一条")) == 0
    assert code(slow.create("第二条")) == 28003018
    advance(slow, 60)
    assert code(slow.create("卖外挂")) == 28001052
    made = slow.create("赌球信息")
    advance(slow, 0)
    item = slow.item(made["item_id"])
    assert (item["video_status"], item["is_reviewed"]) == (2, True)
    counted = limited(quotas={f"{V1}/create_video/": 1, "default": 100})
    assert [code(counted.create(text)) for text in ("一", "二")] == [0, 28003017]
    advance(counted, 86_400)
    assert code(counted.create("三")) == 0
    assert code(limited(quotas={"default": 0}).get("/video/list/", count=1)) == 2190001


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_list_is_paged_newest_first(douyin, limited) -> None:
    ids = [douyin.create(f"第{number}条")["item_id"] for number in range(5)]
    first = douyin.get(f"{V1}/video_list/", cursor=0, count=2)
    assert [item["item_id"] for item in first["list"]] == [ids[4], ids[3]]
    assert first["has_more"] is True
    # What comes meanwhile does not shift the pages that follow.
    douyin.create("后来的")
    second = douyin.get(f"{V1}/video_list/", cursor=first["cursor"], count=3)
    assert [item["item_id"] for item in second["list"]] == [ids[2], ids[1], ids[0]]
    assert second["has_more"] is False
    assert douyin.get(f"{V1}/video_list/", cursor=second["cursor"], count=3)["list"] == []
    for query in ({}, {"count": 0}, {"count": "x"}, {"cursor": -1, "count": 1}):
        assert code(douyin.get(f"{V1}/video_list/", **query)) == 28001007
    short = limited(page_max=1)
    for text in ("一", "二"):
        short.create(text)
    assert len(short.get("/video/list/", count=50)["list"]) == 1


def test_data_by_items_and_by_videos(douyin) -> None:
    made = [douyin.create(f"第{number}条") for number in range(2)]
    by_item = douyin.post(f"{V1}/video_data/", {"item_ids": [made[1]["item_id"], "@unknown", made[0]["item_id"]]})
    assert [item["title"] for item in by_item["list"]] == ["第1条", "第0条"]
    basic = douyin.post(f"{V1}/video_basic_info/", {"video_ids": [made[0]["video_id"]]})["list"]
    assert set(basic[0]) == {"item_id", "video_id", "title", "cover", "create_time", "media_type", "video_status"}
    assert basic[0]["item_id"] == made[0]["item_id"]
    for body in ({}, {"item_ids": []}, {"item_ids": "x"}, {"item_ids": ["@x"] * 101}):
        assert code(douyin.post(f"{V1}/video_data/", body)) == 28001007
    assert douyin.post("/video/data/", {"item_ids": [made[0]["item_id"]]})["list"][0]["title"] == "第0条"


def test_figures_grow_and_agree_with_the_days(douyin, advance) -> None:
    item_id = douyin.create("村超决赛今晚打响")["item_id"]
    advance(days=10)
    shown = douyin.item(item_id)["statistics"]
    assert set(shown) == {
        "digg_count",
        "comment_count",
        "share_count",
        "forward_count",
        "download_count",
        "play_count",
    }
    assert shown["play_count"] > shown["digg_count"] > 0
    base = douyin.get("/data/external/item/base/", item_id=item_id)["result"]
    assert (base["total_play"], base["total_like"]) == (shown["play_count"], shown["digg_count"])
    assert (base["total_comment"], base["total_share"]) == (shown["comment_count"], shown["share_count"])
    assert base["avg_play_duration"] == 7.75
    days = douyin.get("/data/external/item/play/", item_id=item_id, date_type=15)["result_list"]
    assert (days[0]["date"], days[-1]["date"]) == ("2026-05-31", "2026-06-14")
    assert 0 < sum(day["play"] for day in days) <= shown["play_count"]
    for name in ("like", "comment", "share"):
        rows = douyin.get(f"/data/external/item/{name}/", item_id=item_id, date_type=7)["result_list"]
        assert [set(row) for row in rows] == [{"date", name}] * 7
    assert code(douyin.get("/data/external/item/like/", item_id=item_id, date_type=30)) == 2100005
    assert code(douyin.get("/data/external/item/base/", item_id="@x")) == 2100005
    advance(days=60)
    douyin.refresh()
    assert douyin.get("/data/external/item/base/", item_id=item_id)["result"]["total_play"] < shown["play_count"]


def test_comments(http: TestClient, make_film, advance) -> None:
    daily = DouyinClient(http, "dongguan-daily", make_film())
    item_id = daily.create("村超决赛今晚打响")["item_id"]
    advance(days=3)
    total = daily.item(item_id)["statistics"]["comment_count"]
    seen, cursor, more = [], 0, True
    while more:
        page = daily.get("/item/comment/list/", item_id=item_id, cursor=cursor, count=15)
        seen += [comment["comment_id"] for comment in page["list"]]
        cursor, more = page["cursor"], page["has_more"]
    assert len(seen) == len(set(seen)) == total > 15
    assert page["list"][-1]["content"]
    assert daily.get("/item/comment/list/", item_id=item_id, cursor=total + 5, count=1)["list"] == []


def test_hot_lists(http: TestClient, douyin) -> None:
    app = {name: douyin.credentials[name] for name in ("client_key", "client_secret")}
    data = http.post("/douyin/oauth/client_token/", json={**app, "grant_type": "client_credential"}).json()["data"]
    headers = {"access-token": data["access_token"]}
    board = http.get("/douyin/hotsearch/sentences/", headers=headers).json()["data"]
    assert (len(board["list"]), board["active_time"]) == (50, "2026-06-05 18:00:00")
    assert any("村超" in row["sentence"] for row in board["list"])
    rows, cursor, more = [], 0, True
    while more:
        query = {"cursor": cursor, "count": 20}
        page = http.get("/douyin/hotsearch/trending/sentences/", params=query, headers=headers).json()["data"]
        rows += page["list"]
        cursor, more = page["cursor"], page["has_more"]
    assert [row["sentence"] for row in rows] == [row["sentence"] for row in board["list"]]
    assert (page["total"], rows[0]["label"]) == (50, 5)


def test_paths_that_are_not_there(http: TestClient) -> None:
    assert http.get(f"/douyin{V1}/nothing/").json()["data"]["error_code"] == 28001017
    assert http.get(f"/douyin{V1}/create_video/").json()["extra"]["error_code"] == 28001017
    assert http.get("/douyin/anything").status_code == 404


# --- faults and webhooks --------------------------------------------------------------------------------------------


def test_faults_speak_douyin(http: TestClient, douyin, order, published) -> None:
    order(platform="douyin", kind="expired_token", path=V1)
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 28001008
    order(platform="douyin", kind="expired_token", path="/data")
    assert code(douyin.get("/data/external/item/base/", item_id="@x")) == 2190008
    order(platform="douyin", kind="expired_token", path="/oauth")
    assert code(douyin.oauth("refresh_token")["data"]) == 10010
    order(platform="douyin", kind="error", code=28003018, message="慢一点", account="dongcheng")
    assert douyin.get(f"{V1}/video_list/", count=1)["description"] == "慢一点"
    order(platform="douyin", kind="error")
    assert code(douyin.get(f"{V1}/video_list/", count=1)) == 28001005


def test_a_refused_review_and_one_that_does_not_end(http: TestClient, douyin, order, advance, published) -> None:
    order(platform="douyin", kind="review_rejected", path=f"{V1}/create_video")
    order(platform="douyin", kind="stay_pending", path=f"{V1}/create_video", after=1)
    refused, held = douyin.create("被拒"), douyin.create("一直审")
    advance(hours=5)
    assert (douyin.item(refused["item_id"])["video_status"], douyin.item(refused["item_id"])["is_reviewed"]) == (
        2,
        True,
    )
    assert (douyin.item(held["item_id"])["video_status"], douyin.item(held["item_id"])["is_reviewed"]) == (4, False)
    assert published() == []
    http.delete("/_sandbox/faults")
    assert douyin.item(held["item_id"])["video_status"] == 1
    assert [row["text"] for row in published()] == ["一直审"]


def test_a_create_without_an_answer_has_happened_once(douyin, order, advance, published) -> None:
    order(platform="douyin", kind="server_error_after", path=f"{V1}/create_video")
    body = {"video_id": douyin.video(), "text": "没有回音"}
    url, query = f"/douyin{V1}/create_video/", {"open_id": douyin.open_id}
    answer = douyin.http.post(url, params=query, headers={"access-token": douyin.token}, json=body)
    assert answer.status_code == 500
    advance(seconds=3)
    assert [item["title"] for item in douyin.get(f"{V1}/video_list/", count=5)["list"]] == ["没有回音"]
    assert [row["requests"] for row in published()] == [1]


class Newsroom:
    """A callback address that writes down what it is sent. ``echo``: whether it answers the platform's check."""

    def __init__(self, *, echo: bool) -> None:
        self.events: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                challenge = json.loads(body)["content"].get("challenge")
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({"challenge": challenge if echo else 0}).encode())
                outer.events.put((dict(self.headers.items()), body))

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def newsroom() -> Iterator[Any]:
    opened: list[Newsroom] = []

    def build(*, echo: bool = True) -> Newsroom:
        opened.append(Newsroom(echo=echo))
        return opened[-1]

    yield build
    for room in opened:
        room.server.shutdown()
        room.server.server_close()


@pytest.mark.net
def test_webhooks_are_signed_and_sent_to_a_checked_address(limited, newsroom) -> None:
    room = newsroom()
    client = limited({"callback_url": room.url})
    made = [client.create("第一条"), client.create("第二条")]
    events = [room.events.get(timeout=10)]
    assert json.loads(events[0][1])["event"] == "verify_webhook"
    while sum(json.loads(body)["event"] == "create_video" for _, body in events) < 2:
        events.append(room.events.get(timeout=10))
    news = [json.loads(body) for _, body in events if json.loads(body)["event"] == "create_video"]
    assert {event["content"]["item_id"] for event in news} == {item["item_id"] for item in made}
    assert {event["content"]["video_id"] for event in news} == {item["video_id"] for item in made}
    assert {(event["client_key"], event["from_user_id"]) for event in news} == {
        (client.credentials["client_key"], client.open_id)
    }
    for headers, body in events:
        secret = client.credentials["client_secret"].encode()
        assert headers["X-Douyin-Signature"] == hashlib.sha1(secret + body).hexdigest()
    assert len({headers["Msg-Id"] for headers, body in events if b"create_video" in body}) == 2


@pytest.mark.net
def test_an_address_that_does_not_pass_the_check_hears_nothing_more(limited, newsroom) -> None:
    room = newsroom(echo=False)
    limited({"callback_url": room.url}).create("第一条")
    assert json.loads(room.events.get(timeout=10)[1])["event"] == "verify_webhook"
    for thread in threading.enumerate():
        if thread.name == "sandbox-hooks":
            thread.join(10)
    assert room.events.empty()

"""Kuaishou's protocol: tokens, the upload gateway on its own host name, films under review, reading and faults."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sandbox.app import create_app, open_world
from sandbox.seed import build_seed, kuaishou_credentials
from sandbox.store import content_hash

MIB = 1024 * 1024
START = 1_780_653_600.0


class KuaishouClient:
    """Just enough of a client: one user, everything in the query."""

    def __init__(self, http: TestClient, account: str, film: bytes, cover: bytes) -> None:
        self.http, self.film, self.cover = http, film, cover
        self.credentials = kuaishou_credentials(account)
        self.app_id = self.credentials["app_id"]
        self.token = self.credentials["access_token"]

    def call(self, method: str, path: str, *, query: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        params = {"app_id": self.app_id, "access_token": self.token, **(query or {})}
        answer = self.http.request(method, f"/kuaishou{path}", params=params, **more)
        assert answer.status_code == 200
        return answer.json()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self.call("GET", path, query=query)

    def refresh(self) -> None:
        fields = {name: self.credentials[name] for name in ("app_id", "app_secret", "refresh_token")}
        params = {**fields, "grant_type": "refresh_token"}
        self.token = self.http.get("/kuaishou/oauth2/refresh_token", params=params).json()["access_token"]

    def start(self) -> tuple[str, str]:
        """The upload token, and the gateway's address as the protocol builds it."""
        answer = self.call("POST", "/openapi/photo/start_upload")
        return answer["upload_token"], f"http://{answer['endpoint']}/api/upload"

    def upload(self, data: bytes | None = None) -> str:
        token, gateway = self.start()
        content = self.film if data is None else data
        answer = self.http.post(gateway, params={"upload_token": token}, content=content)
        assert answer.json() == {"result": 1}
        return token

    def publish(self, caption: str, *, token: str | None = None, **more: Any) -> dict[str, Any]:
        query = {"upload_token": token or self.upload(), **more}
        files = {"cover": ("cover.jpg", self.cover, "image/jpeg")}
        return self.call("POST", "/openapi/photo/publish", query=query, data={"caption": caption}, files=files)

    def photo(self, photo_id: str) -> dict[str, Any]:
        return self.get("/openapi/photo/info", photo_id=photo_id)["video_info"]


@pytest.fixture
def kuaishou(http: TestClient, make_film, jpeg: bytes) -> KuaishouClient:
    return KuaishouClient(http, "dongcheng", make_film(), jpeg)


@pytest.fixture
def kuaishou_other(http: TestClient, make_film, jpeg: bytes) -> KuaishouClient:
    return KuaishouClient(http, "humen", make_film(), jpeg)


@pytest.fixture
def limited(tmp_path: Path, make_film, jpeg: bytes):
    """A client of a sandbox with limits of its own; its user has the further credentials given."""
    worlds = []

    def build(account: dict[str, Any] | None = None, **limits: Any) -> KuaishouClient:
        accounts = [{"id": "dongcheng", **(account or {})}]
        seed = build_seed({"derive": True, "ids": ["dongcheng"], "kuaishou": {"accounts": accounts, "limits": limits}})
        worlds.append(open_world(tmp_path / str(len(worlds)), seed, wall=lambda: START))
        http = TestClient(create_app(worlds[-1]), base_url="http://sandbox.test")
        return KuaishouClient(http, "dongcheng", make_film(), jpeg)

    yield build
    for world in worlds:
        world.store.close()


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_derivation_is_what_is_documented() -> None:
    def digest(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    found = kuaishou_credentials("humen")
    assert found == {
        "app_id": "ks" + str(int(digest("kuaishou:humen")[:14], 16)).zfill(18),
        "app_secret": digest("kuaishou-secret:humen")[:22],
        "open_id": digest("kuaishou-open:humen")[:32],
        "access_token": "ChFvYXV0aC5hY2Nlc3NUb2tlbh" + digest("kuaishou-token:humen"),
        "refresh_token": "ChJvYXV0aC5yZWZyZXNoVG9rZW" + digest("kuaishou-refresh:humen"),
    }
    assert len(found["app_id"]) == 20


def test_the_listed_credentials_open_the_platform(http: TestClient) -> None:
    mine = http.get("/_sandbox/credentials").json()["humen/kuaishou"]
    assert mine["base_url"] == "http://sandbox.test/kuaishou"
    query = {"app_id": mine["app_id"], "access_token": mine["access_token"]}
    user = http.get(f"{mine['base_url']}/openapi/user_info", params=query).json()
    assert user["result"] == 1
    assert (user["user_info"]["name"], user["user_info"]["fan"]) == ("虎门", 20_000)
    assert set(user["user_info"]) == {"name", "sex", "fan", "follow", "head", "bigHead", "city"}


def test_who_may_call(kuaishou, kuaishou_other, limited, advance) -> None:
    path = "/openapi/user_info"
    assert kuaishou.get(path)["result"] == 1
    assert kuaishou.get(path, access_token="")["result"] == 100200100
    assert kuaishou.get(path, app_id="")["result"] == 100200100
    assert kuaishou.get(path, app_id="ks0")["result"] == 100200101
    assert kuaishou.get(path, access_token="0")["result"] == 100200102
    refused = kuaishou.get(path, app_id=kuaishou_other.app_id)
    assert (refused["result"], refused["error"]) == (100200102, "access_denied")
    assert refused["error_msg"]
    assert limited({"scopes": "user_info"}).get("/openapi/photo/list")["result"] == 100200106
    advance(hours=48)
    assert kuaishou.get(path)["result"] == 100200108


def test_refreshing_gives_two_new_tokens(kuaishou, advance) -> None:
    secret = {name: kuaishou.credentials[name] for name in ("app_id", "app_secret")}
    fields = {**secret, "grant_type": "refresh_token", "refresh_token": kuaishou.credentials["refresh_token"]}

    def refresh(**change: str) -> dict[str, Any]:
        return kuaishou.http.get("/kuaishou/oauth2/refresh_token", params={**fields, **change}).json()

    kuaishou.get("/openapi/user_info")
    fresh = refresh()
    assert (fresh["result"], fresh["expires_in"], fresh["refresh_token_expires_in"]) == (1, 172_800, 180 * 86_400)
    assert (fresh["open_id"], len(fresh["scopes"])) == (kuaishou.credentials["open_id"], 4)
    assert kuaishou.get("/openapi/user_info")["result"] == 1
    advance(hours=48)
    assert kuaishou.get("/openapi/user_info")["result"] == 100200108
    kuaishou.token = refresh(refresh_token=fresh["refresh_token"])["access_token"]
    assert kuaishou.get("/openapi/user_info")["result"] == 1
    for change, expected in (
        ({"app_secret": "0"}, 100200101),
        ({"app_secret": ""}, 100200100),
        ({"refresh_token": ""}, 100200100),
        ({"refresh_token": "0"}, 100200102),
        ({"grant_type": "password"}, 100200104),
    ):
        assert refresh(**change)["result"] == expected
    advance(days=178)
    assert refresh()["result"] == 100200113


def test_a_code_becomes_tokens(kuaishou) -> None:
    secret = {name: kuaishou.credentials[name] for name in ("app_id", "app_secret")}
    fields = {**secret, "grant_type": "authorization_code", "code": "code-dongcheng"}
    answer = kuaishou.http.get("/kuaishou/oauth2/access_token", params=fields).json()
    kuaishou.token = answer["access_token"]
    assert kuaishou.get("/openapi/user_info")["user_info"]["name"] == "东城"
    wrong = kuaishou.http.get("/kuaishou/oauth2/access_token", params={**fields, "code": "code-humen"}).json()
    assert wrong["result"] == 100200105


# --- the upload gateway ---------------------------------------------------------------------------------------------


def test_the_endpoint_is_a_bare_host_that_takes_films(http: TestClient, kuaishou) -> None:
    answer = kuaishou.call("POST", "/openapi/photo/start_upload")
    assert answer["endpoint"] == "sandbox.test"
    query = {"upload_token": answer["upload_token"]}
    headers = {"Content-Type": "video/mp4"}
    for url in ("http://sandbox.test/api/upload", "http://sandbox.test/kuaishou/api/upload"):
        assert http.post(url, params=query, content=kuaishou.film, headers=headers).json() == {"result": 1}
    # Only the upload gateway stands at the root.
    assert http.get("/openapi/user_info").status_code == 404
    named = TestClient(http.app, base_url="http://sandbox:8600")
    params = {"app_id": kuaishou.app_id, "access_token": kuaishou.token}
    assert named.post("/kuaishou/openapi/photo/start_upload", params=params).json()["endpoint"] == "sandbox:8600"


def test_a_film_in_a_form(http: TestClient, kuaishou) -> None:
    token, gateway = kuaishou.start()
    files = {"file": ("a.mp4", kuaishou.film, "video/mp4")}
    assert http.post(f"{gateway}/multipart", params={"upload_token": token}, files=files).json() == {"result": 1}
    assert kuaishou.publish("表单上传", token=token)["result"] == 1
    wrong = {"film": ("a.mp4", kuaishou.film, "video/mp4")}
    assert http.post(f"{gateway}/multipart", params={"upload_token": token}, files=wrong).json()["result"] == 100100400


def test_a_film_in_fragments_and_how_far_it_came(http: TestClient, kuaishou, make_film, advance) -> None:
    data = make_film(data=b"x" * 9000)
    cuts = [data[start : start + 4000] for start in range(0, len(data), 4000)]
    token, gateway = kuaishou.start()
    query = {"upload_token": token}

    def fragment(number: int) -> dict[str, Any]:
        return http.post(f"{gateway}/fragment", params={**query, "fragment_id": number}, content=cuts[number]).json()

    def resume() -> tuple[bool, int, list[int]]:
        answer = http.get(f"{gateway}/resume", params=query).json()
        assert answer["result"] == 1
        assert answer["fragment_index_bytes"] == sum(len(cut) for cut in cuts[: answer["fragment_index"] + 1])
        return answer["existed"], answer["fragment_index"], answer["fragment_list"]

    def complete(count: Any) -> int:
        return http.post(f"{gateway}/complete", params={**query, "fragment_count": count}).json()["result"]

    assert resume() == (False, -1, [])
    assert fragment(0) == {"result": 1, "checksum": hashlib.md5(cuts[0]).hexdigest(), "size": 4000}
    fragment(2)
    assert resume() == (True, 0, [0, 2])
    assert complete(3) == 100120002
    assert kuaishou.publish("还没传完", token=token)["result"] == 100120002
    fragment(1)
    assert resume() == (True, 2, [0, 1, 2])
    assert complete(2) == 100120002
    assert complete("x") == 100100400
    assert complete(3) == 1
    assert complete(3) == 1
    photo_id = kuaishou.publish("分片上传", token=token)["video_info"]["photo_id"]
    advance(seconds=3)
    assert http.get(kuaishou.photo(photo_id)["play_url"]).content == data


def test_what_the_gateway_refuses(http: TestClient, kuaishou, limited, advance) -> None:
    token, gateway = kuaishou.start()

    def send(path: str = "", data: bytes = kuaishou.film, **query: Any) -> int:
        return http.post(f"{gateway}{path}", params={"upload_token": token, **query}, content=data).json()["result"]

    assert send(data=b"GIF89a is no film") == 100100400
    assert send(data=b"") == 100100400
    assert send(data=kuaishou.film + bytes(10 * MIB)) == 100100400
    assert send("/fragment", fragment_id=-1) == 100100400
    assert send("/fragment", data=bytes(10 * MIB + 1), fragment_id=0) == 100100400
    assert send("/fragment", fragment_id=10_000) == 100100400
    assert send(upload_token="") == 100200100
    assert send(upload_token="unknown") == 100200102
    advance(days=1)
    assert send() == 100200102
    assert http.get(f"{gateway}/resume", params={"upload_token": token}).json()["result"] == 100200102
    short = limited(video_max_seconds=10)
    token, gateway = short.start()
    answer = short.http.post(gateway, params={"upload_token": token}, content=short.film)
    assert answer.json()["result"] == 100100400


def test_bodies_are_bounded(http: TestClient, kuaishou) -> None:
    token, gateway = kuaishou.start()
    headers = {"Content-Length": str(60 * MIB)}
    assert (
        http.post(gateway, params={"upload_token": token}, headers=headers, content=b"x" * 60 * MIB).status_code == 413
    )
    chunked = (b"x" * MIB for _ in range(60))
    assert http.post(gateway, params={"upload_token": token}, content=chunked).status_code == 413


# --- publishing and reading -----------------------------------------------------------------------------------------


def test_a_film_is_pending_and_then_before_the_public(http: TestClient, kuaishou, advance, published) -> None:
    answer = kuaishou.publish("村超今晚开赛 #村超", stereo_type="NOT_SPHERICAL_VIDEO")
    made = answer["video_info"]
    assert (answer["result"], made["pending"], made["play_url"]) == (1, True, "")
    assert len(made["photo_id"]) == 15
    assert made["create_time"] == START * 1000
    assert http.get(made["cover"]).content == kuaishou.cover
    assert kuaishou.photo(made["photo_id"]) == made
    assert published() == []
    advance(seconds=3)
    shown = kuaishou.photo(made["photo_id"])
    assert shown["pending"] is False
    assert http.get(shown["play_url"]).content == kuaishou.film
    row = published(platform="kuaishou")[0]
    assert (row["id"], row["text"], row["requests"]) == (made["photo_id"], "村超今晚开赛 #村超", 1)
    assert row["sha256"] == content_hash("", "村超今晚开赛 #村超")
    page = http.get(row["url"]).text
    assert "村超今晚开赛" in page
    assert f"/kuaishou/play/{made['photo_id']}.mp4" in page
    assert set(shown) == {
        "photo_id",
        "caption",
        "cover",
        "play_url",
        "create_time",
        "like_count",
        "comment_count",
        "view_count",
        "pending",
    }


@pytest.mark.parametrize(
    ("caption", "cover", "expected"),
    [
        (None, b"", 100200100),
        ("开赛", None, 100200100),
        ("开赛", b"", 100200100),
        ("开赛", b"no picture", 100100400),
        ("长" * 1001, b"\xff", 100100400),
        (" ".join(f"#话题{number}" for number in range(5)), b"\xff", 100100400),
    ],
)
def test_rules_of_a_film(kuaishou, caption: str | None, cover: bytes | None, expected: int, published) -> None:
    data = {} if caption is None else {"caption": caption}
    sent = kuaishou.cover if cover == b"\xff" else cover
    files = {"other": b"x"} if sent is None else {"cover": ("c.jpg", sent, "image/jpeg")}
    query = {"upload_token": kuaishou.upload()}
    answer = kuaishou.call("POST", "/openapi/photo/publish", query=query, data=data, files=files)
    assert answer["result"] == expected
    assert kuaishou.get("/openapi/photo/list")["video_list"] == []


def test_an_upload_token_is_good_for_one_film_of_its_owner(
    kuaishou, kuaishou_other, limited, advance, published
) -> None:
    token = kuaishou.upload()
    assert kuaishou_other.publish("别人的", token=token)["result"] == 100120002
    assert kuaishou.publish("缺令牌", token="", upload_token="")["result"] == 100200100
    assert kuaishou.publish("球面", token=token, stereo_type="CUBE")["result"] == 100100400
    assert kuaishou.publish("只发一次", token=token)["result"] == 1
    assert kuaishou.publish("只发一次", token=token)["result"] == 100120002
    advance(seconds=3)
    assert [(row["text"], row["requests"]) for row in published()] == [("只发一次", 2)]
    twice = limited(upload_token_once=False)
    token = twice.upload()
    assert [twice.publish("再发一次", token=token)["result"] for _ in range(2)] == [1, 1]


def test_pace_and_words(limited) -> None:
    slow = limited(min_interval_seconds=60, posts_per_day=2, forbidden_words=["赌球"])

    def advance(seconds: float) -> None:
        slow.http.post("/_sandbox/clock", json={"advance_seconds": seconds})

    assert slow.publish("第一条")["result"] == 1
    assert slow.publish("第二条")["result"] == 100100402
    advance(60)
    refused = slow.publish("赌球信息")
    assert refused["video_info"]["pending"] is True
    advance(60)
    assert slow.publish("第三条")["result"] == 100100402
    photo_id = refused["video_info"]["photo_id"]
    assert slow.get("/openapi/photo/info", photo_id=photo_id)["result"] == 100120003
    advance(86_400)
    assert slow.publish("第三条")["result"] == 1


def test_lists_counts_and_deleting(http: TestClient, kuaishou, kuaishou_other, advance, published) -> None:
    ids = [kuaishou.publish(f"第{number}条")["video_info"]["photo_id"] for number in range(3)]
    listed = kuaishou.get("/openapi/photo/list", count=2)["video_list"]
    assert [row["photo_id"] for row in listed] == [ids[2], ids[1]]
    rest = kuaishou.get("/openapi/photo/list", cursor=ids[1], count=2)["video_list"]
    assert [row["photo_id"] for row in rest] == [ids[0]]
    assert kuaishou.get("/openapi/photo/list", cursor="3xnothing")["result"] == 100100400
    assert kuaishou.get("/openapi/photo/count")["all_count"] == 0
    advance(seconds=3)
    assert kuaishou.get("/openapi/photo/count") == {
        "result": 1,
        "public_count": 3,
        "friend_count": 0,
        "private_count": 0,
        "all_count": 3,
    }
    delete = "/openapi/photo/delete"
    assert kuaishou_other.call("POST", delete, query={"photo_id": ids[0]})["result"] == 100120001
    assert kuaishou.call("POST", delete, query={"photo_id": ids[0]}) == {"result": 1}
    assert kuaishou.call("POST", delete, query={"photo_id": ids[0]})["result"] == 100120001
    assert kuaishou.get("/openapi/photo/info")["result"] == 100200100
    assert kuaishou.get("/openapi/photo/info", photo_id=ids[0])["result"] == 100120001
    assert [row["deleted"] for row in published()] == [False, False, True]
    assert http.get(f"/kuaishou/short-video/{ids[0]}").status_code == 404


def test_figures_grow(kuaishou, advance) -> None:
    photo_id = kuaishou.publish("村超决赛今晚打响")["video_info"]["photo_id"]
    counts = ("view_count", "like_count", "comment_count")
    assert [kuaishou.photo(photo_id)[name] for name in counts] == [0, 0, 0]
    advance(days=1)
    early = kuaishou.photo(photo_id)
    advance(days=30)
    kuaishou.refresh()
    late = kuaishou.photo(photo_id)
    assert late["view_count"] > early["view_count"] > early["like_count"] > 0
    assert all(late[name] >= early[name] for name in counts)


def test_paths_that_are_not_there(http: TestClient) -> None:
    assert http.get("/kuaishou/openapi/nothing").json()["result"] == 100100400
    assert http.get("/kuaishou/openapi/photo/publish").json()["result"] == 100100400
    assert http.get("/kuaishou/anything").status_code == 404
    assert http.get("/kuaishou/play/3x.mp4").status_code == 404


# --- faults ---------------------------------------------------------------------------------------------------------


def test_faults_speak_kuaishou_at_the_gateway_too(http: TestClient, kuaishou, order) -> None:
    token, gateway = kuaishou.start()
    order(platform="kuaishou", kind="error", path="/api/upload", account="dongcheng")
    sent = http.post(gateway, params={"upload_token": token}, content=kuaishou.film)
    assert sent.json()["result"] == 100200500
    order(platform="kuaishou", kind="expired_token", account="dongcheng")
    assert kuaishou.get("/openapi/user_info")["result"] == 100200108
    order(platform="kuaishou", kind="error", code=100100402, message="慢一点")
    assert kuaishou.get("/openapi/user_info")["error_msg"] == "慢一点"
    calls = {(row["path"], row["account"]) for row in http.get("/_sandbox/calls").json()}
    assert ("/api/upload", "dongcheng") in calls


def test_a_refused_review_and_one_that_does_not_end(http: TestClient, kuaishou, order, advance, published) -> None:
    order(platform="kuaishou", kind="review_rejected")
    refused = kuaishou.publish("被拒")["video_info"]["photo_id"]
    order(platform="kuaishou", kind="stay_pending")
    held = kuaishou.publish("一直审")["video_info"]["photo_id"]
    advance(hours=5)
    assert kuaishou.get("/openapi/photo/info", photo_id=refused)["result"] == 100120003
    assert kuaishou.photo(held)["pending"] is True
    assert [row["photo_id"] for row in kuaishou.get("/openapi/photo/list")["video_list"]] == [held]
    assert published() == []
    http.delete("/_sandbox/faults")
    assert kuaishou.photo(held)["pending"] is False
    assert [row["text"] for row in published()] == ["一直审"]


def test_a_publish_without_an_answer_has_happened_once(http: TestClient, kuaishou, order, advance, published) -> None:
    token = kuaishou.upload()
    order(platform="kuaishou", kind="server_error_after", path="/openapi/photo/publish")
    query = {"app_id": kuaishou.app_id, "access_token": kuaishou.token, "upload_token": token}
    files = {"cover": ("cover.jpg", kuaishou.cover, "image/jpeg")}
    url = "/kuaishou/openapi/photo/publish"
    assert http.post(url, params=query, data={"caption": "没有回音"}, files=files).status_code == 500
    advance(seconds=3)
    assert [row["caption"] for row in kuaishou.get("/openapi/photo/list")["video_list"]] == ["没有回音"]
    assert [row["requests"] for row in published()] == [1]

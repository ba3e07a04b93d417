"""Every kind of fault on every platform: what each says in its own words, and what the review makes of a submission."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sandbox.callers import Caller, Request
from sandbox.connections import ConnectionDroppedError
from sandbox.platforms import PLATFORMS
from sandbox.world import World

pytestmark = pytest.mark.matrix

LINK = "http://rongmei.example/1"
SHARE = "/2/statuses/share.json"
QUERY, PUBLISH = "alipay.open.public.message.query", "alipay.open.public.content.publish"
NAMES = [platform.name for platform in PLATFORMS]
# A call that reads, for each platform.
READING: dict[str, tuple[str, str, dict[str, str]]] = {
    "wechat": ("GET", "/cgi-bin/draft/count", {}),
    "weibo": ("GET", "/2/statuses/user_timeline.json", {}),
    "wordpress": ("GET", "/wp-json/wp/v2/posts", {}),
    "douyin": ("GET", "/api/douyin/v1/video/video_list/", {"open_id": "", "count": "1"}),
    "kuaishou": ("GET", "/openapi/photo/count", {}),
    "bilibili": ("GET", "/arcopen/fn/user/account/info", {}),
    "alipay": ("POST", f"/gateway.do/{QUERY}", {}),
}
WORDS = {
    "wechat": {"duplicate": '"errcode":45065', "sensitive": '"errcode":87014', "quota": '"errcode":45009'},
    "weibo": {"duplicate": '"error_code":20019', "sensitive": '"error_code":20021', "quota": '"error_code":10023'},
    "wordpress": {"duplicate": "rest_post_exists", "sensitive": "rest_forbidden", "quota": "too_many_requests"},
    "douyin": {"duplicate": "28001007", "sensitive": "28001052", "quota": "28003017"},
    "kuaishou": {"duplicate": "100100400", "sensitive": "100120003", "quota": "100100402"},
    "bilibili": {"duplicate": '"code":123015', "sensitive": '"code":123024', "quota": '"code":127009'},
    "alipay": {"duplicate": "MESSAGE_DUPLICATE", "sensitive": "CONTENT_ILLEGAL", "quota": "app-call-limited"},
}
EXPIRED = {
    "wechat": "42001",
    "weibo": "21315",
    "wordpress": "incorrect_password",
    "douyin": "28001008",
    "kuaishou": "100200108",
    "bilibili": "127001",
    "alipay": "aop.app-auth-token-time-out",
}


class Client:
    """One account, on any platform."""

    def __init__(self, http: TestClient, world: World, platform: str, account: str) -> None:
        self.http = http
        self.world = world
        self.platform = platform
        self.credentials = {"access_token": "", **world.seed.platform(platform).accounts[account].credentials}
        if platform == "wechat":
            login = {"grant_type": "client_credential", **self.credentials}
            self.credentials |= http.get("/wechat/cgi-bin/token", params=login).json()

    def send(self, method: str, path: str, files: dict[str, bytes] | None = None, **more: Any) -> Any:
        request = Request(method, path, multipart=files is not None, **more)
        Caller(self.platform, self.credentials).admit(request, self.world.clock.now())
        sent: dict[str, Any] = {"data": request.form} if request.form else {"content": request.body}
        if files is not None:
            sent = {"data": request.form, "files": {name: ("final.mp4", data) for name, data in files.items()}}
        return self.http.request(
            method, f"/{self.platform}{path}", params=request.query, headers=request.headers, **sent
        )

    def read(self) -> Any:
        method, path, query = READING[self.platform]
        form = {"biz_content": '{"message_ids": ["1"]}'} if self.platform == "alipay" else {}
        return self.send(method, path, query=dict(query), form=form)

    def publish(self, text: str, picture: bytes, film: bytes) -> Any:
        return getattr(self, self.platform)(text, picture, film)

    def wechat(self, text: str, picture: bytes, _film: bytes) -> Any:
        query = {"type": "image"}
        cover = self.send("POST", "/cgi-bin/material/add_material", {"media": picture}, query=query).json()["media_id"]
        articles = [{"title": text, "content": text, "thumb_media_id": cover}]
        draft = self.send("POST", "/cgi-bin/draft/add", json={"articles": articles}).json()
        return self.send("POST", "/cgi-bin/freepublish/submit", json=draft)

    def weibo(self, text: str, _picture: bytes, _film: bytes) -> Any:
        return self.send("POST", SHARE, form={"status": f"{text} {LINK}", "rip": "::1"})

    def wordpress(self, text: str, _picture: bytes, _film: bytes) -> Any:
        post = {"title": text, "status": "publish"}
        return self.send("POST", "/wp-json/wp/v2/posts", json=post, headers={"Content-Type": "application/json"})

    def douyin(self, text: str, _picture: bytes, film: bytes) -> Any:
        path, query = "/api/douyin/v1/video", {"open_id": ""}
        video = self.send("POST", f"{path}/upload_video/", {"video": film}, query=dict(query)).json()["data"]["video"]
        return self.send(
            "POST", f"{path}/create_video/", query=query, json={"video_id": video["video_id"], "text": text}
        )

    def kuaishou(self, text: str, picture: bytes, film: bytes) -> Any:
        query = {"upload_token": self.send("POST", "/openapi/photo/start_upload").json()["upload_token"]}
        self.send("POST", "/api/upload", query=dict(query), body=film)
        return self.send("POST", "/openapi/photo/publish", {"cover": picture}, query=query, form={"caption": text})

    def bilibili(self, text: str, _picture: bytes, film: bytes) -> Any:
        path = "/arcopen/fn/archive"
        begun = self.send("POST", f"{path}/video/init", json={"name": "final.mp4", "utype": "1"}).json()["data"]
        self.send("POST", "/openupos/video/v2/upload", query=dict(begun), body=film)
        words = {"title": text, "tid": 249, "tag": "村超", "copyright": 1}
        return self.send("POST", f"{path}/add-by-utoken", query=begun, json=words)

    def alipay(self, text: str, _picture: bytes, _film: bytes) -> Any:
        content = {"article_id": text, "source": "rongmei", "title": text, "content": text}
        return self.send("POST", f"/gateway.do/{PUBLISH}", form={"biz_content": json.dumps(content)})


@pytest.fixture
def client(http: TestClient, world: World) -> Callable[..., Client]:
    return lambda platform, account="dongcheng": Client(http, world, platform, account)


@pytest.fixture
def publish(client, make_picture, make_film) -> Callable[..., Any]:
    """Publishes a text, with whatever else the platform needs."""

    def go(platform: str, text: str, account: str = "dongcheng") -> Any:
        return client(platform, account).publish(text, make_picture(), make_film())

    return go


@pytest.mark.parametrize("word", ["duplicate", "sensitive", "quota"])
@pytest.mark.parametrize("platform", NAMES)
def test_orders_in_words_are_said_by_the_platforms_own_code(platform: str, word: str, client, order) -> None:
    caller = client(platform)
    order(platform=platform, kind=word, account="humen")
    order(platform=platform, kind=word)
    assert WORDS[platform][word] in caller.read().text
    assert not any(code in caller.read().text for code in WORDS[platform].values())
    order(platform=platform, kind=word, message="彩排")
    assert "彩排" in caller.read().text


@pytest.mark.parametrize("platform", NAMES)
def test_a_token_expires_in_the_middle_of_a_run(platform: str, client, order) -> None:
    caller = client(platform)
    order(platform=platform, kind="expired_token", after=2, account="dongcheng")
    assert [EXPIRED[platform] in caller.read().text for _ in range(4)] == [False, False, True, False]


@pytest.mark.parametrize("platform", NAMES)
def test_a_quota_for_publishing_lets_everything_else_through(platform: str, client, publish, order, published) -> None:
    order(platform=platform, kind="quota", publishing=True, times=None)
    answer = publish(platform, "今晚开赛")
    assert WORDS[platform]["quota"] in answer.text
    assert WORDS[platform]["quota"] not in client(platform).read().text
    assert published() == []


@pytest.mark.parametrize("platform", NAMES)
def test_a_review_may_refuse(platform: str, publish, order, published, advance) -> None:
    order(platform=platform, kind="review_rejected", publishing=True)
    publish(platform, "退回的稿")
    advance(hours=1)
    assert [row for row in published() if not row["deleted"]] == []
    publish(platform, "通过的稿")
    advance(hours=1)
    assert len([row for row in published() if not row["deleted"]]) == 1


@pytest.mark.parametrize("platform", NAMES)
def test_a_review_may_take_longer(platform: str, client, publish, order, published, advance) -> None:
    order(platform=platform, kind="stay_pending", publishing=True, seconds=900)
    publish(platform, "慢慢审")
    advance(seconds=850)
    client(platform).read()
    assert published() == []
    advance(seconds=200)
    assert len(published()) == 1


@pytest.mark.parametrize("platform", NAMES)
def test_a_review_may_last_until_the_faults_are_cleared(
    platform: str, publish, order, published, http, advance
) -> None:
    order(platform=platform, kind="stay_pending", publishing=True)
    publish(platform, "一直审")
    advance(days=2)
    assert published() == []
    assert http.delete("/_sandbox/faults").json() == {"cleared": 1}
    advance(seconds=1)
    assert len(published()) == 1


@pytest.mark.parametrize("platform", NAMES)
@pytest.mark.parametrize("perform", [True, False])
def test_an_answer_may_break_off(platform: str, perform: bool, publish, order, published, advance) -> None:
    order(platform=platform, kind="reset", publishing=True, perform=perform)
    with pytest.raises(ConnectionDroppedError):
        publish(platform, "断线")
    advance(hours=1)
    assert len(published()) == int(perform)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "html"}, 200, "<html>"),
        ({"kind": "html", "status": 502}, 502, "502 Bad Gateway"),
        ({"kind": "html", "status": 599}, 599, "系统维护中"),
        ({"kind": "truncated"}, 200, '{"created_at":'),
        ({"kind": "server_error_after", "status": 504}, 504, "Internal Server Error"),
    ],
)
def test_spoiled_answers_with_and_without_effect(fault, status: int, body: str, weibo, order, published) -> None:
    order(platform="weibo", path=SHARE, **fault)
    answer = weibo.share(f"一 {LINK}")
    assert (answer.status_code, body in answer.text, int(answer.headers["content-length"])) == (
        status, True, len(answer.content),
    )  # fmt: skip
    assert len(published()) == 1
    if fault["kind"] != "server_error_after":
        order(platform="weibo", path=SHARE, **fault, perform=False)
        assert body in weibo.share(f"二 {LINK}").text
        assert len(published()) == 1
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_server_error_does_nothing(weibo, order, published) -> None:
    order(platform="weibo", path=SHARE, kind="server_error")
    assert weibo.share(f"一 {LINK}").status_code == 500
    assert published() == []


def test_what_was_pretended_leaves_no_trace(wechat, order, published, http: TestClient) -> None:
    order(platform="wechat", kind="truncated", perform=False, publishing=True)
    draft = wechat.draft("一")
    query = {"access_token": wechat.token}
    cut = http.post("/wechat/cgi-bin/freepublish/submit", params=query, content=json.dumps({"media_id": draft}))
    assert "publish_id" in cut.text
    assert wechat.get("/cgi-bin/draft/count")["total_count"] == 1
    assert wechat.post("/cgi-bin/freepublish/submit", {"media_id": draft})["publish_id"] == 2_650_177_001


@pytest.mark.parametrize("seconds", [900, -900])
@pytest.mark.parametrize("platform", NAMES)
def test_a_wrong_clock_dates_answers_and_refuses_timestamps(platform: str, seconds: int, client, order) -> None:
    caller = client(platform)
    order(platform=platform, kind="clock_skew", seconds=seconds, times=None)
    answer = caller.read()
    shown = {900: "Fri, 05 Jun 2026 10:15:00 GMT", -900: "Fri, 05 Jun 2026 09:45:00 GMT"}
    assert answer.headers.get_list("date") == [shown[seconds]]
    stale = {"bilibili": '"code":4003', "alipay": "isv.invalid-timestamp"}
    assert (stale[platform] in answer.text) if platform in stale else answer.status_code == 200
    assert caller.http.get("/_sandbox/health").headers["date"] == "Fri, 05 Jun 2026 10:00:00 GMT"


def test_a_wrong_clock_goes_with_other_faults(weibo, order) -> None:
    order(platform="weibo", kind="clock_skew", seconds=60, times=None)
    order(platform="weibo", kind="server_error", status=503)
    answer = weibo.get("users/show", screen_name="东城")
    assert (answer.status_code, answer.headers["date"]) == (503, "Fri, 05 Jun 2026 10:01:00 GMT")


def test_an_account_may_be_struck_by_itself(weibo, weibo_other, order) -> None:
    order(platform="weibo", kind="error", code=10001, each_account=True, after=1, times=1)

    def codes(client: Any) -> list[int]:
        return [client.get("users/show", screen_name="东城").json().get("error_code", 0) for _ in range(3)]

    assert codes(weibo) == [0, 10001, 0]
    assert codes(weibo_other) == [0, 10001, 0]


def test_a_method_may_be_struck_by_itself(wordpress, order, published) -> None:
    order(platform="wordpress", path="/wp-json/wp/v2/posts", method="POST", kind="server_error")
    assert wordpress.call("GET", "/posts").status_code == 200
    assert wordpress.call("POST", "/posts", json={"title": "x"}).status_code == 500


def test_chance_does_not_depend_on_what_others_do(weibo, weibo_other, order, http: TestClient) -> None:
    def run(*, crowded: bool) -> list[int]:
        order(platform="weibo", kind="error", code=10001, times=None, probability=0.5, seed="彩排")
        found = []
        for _ in range(40):
            found.append(weibo.get("users/show", screen_name="东城").json().get("error_code", 0))
            if crowded:
                weibo_other.get("users/show", screen_name="东城")
        http.delete("/_sandbox/faults")
        return found

    alone = run(crowded=False)
    assert run(crowded=True) == alone
    assert 10 < alone.count(10001) < 30


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "slow", "seconds": -1},
        {"kind": "timeout", "seconds": 3601},
        {"kind": "clock_skew"},
        {"kind": "stay_pending", "seconds": 3_000_000},
        {"kind": "server_error", "status": 200},
        {"kind": "html", "status": 199},
        {"kind": "refuse", "method": "post"},
    ],
)
def test_orders_that_make_no_sense_are_refused(http: TestClient, body: dict[str, Any]) -> None:
    assert http.post("/_sandbox/faults", json={"platform": "weibo", **body}).status_code == 422

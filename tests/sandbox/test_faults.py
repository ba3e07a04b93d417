"""Faults on order: that each strikes where and as often as it was told, and what has happened when it did."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from sandbox.connections import ConnectionDroppedError
from sandbox.faults import Fault, Target, matches

LINK = "http://rongmei.example/1"
SHARE = "/2/statuses/share.json"


@pytest.mark.parametrize(
    ("order", "hit"),
    [
        ({}, True),
        ({"platform": "weibo"}, True),
        ({"platform": "wechat"}, False),
        ({"path": "/2/statuses"}, True),
        ({"path": "/weibo/2/statuses"}, True),
        ({"path": "/2/*/share.json"}, True),
        ({"path": "/2/comments"}, False),
        ({"account": "humen"}, True),
        ({"account": "dongcheng"}, False),
    ],
)
def test_matching(order: dict, hit: bool) -> None:
    assert matches(Fault(kind="refuse", **order), Target("weibo", SHARE, "humen")) is hit


def test_refuse_does_nothing(weibo, order, published) -> None:
    order(platform="weibo", path=SHARE, kind="refuse")
    with pytest.raises(ConnectionDroppedError):
        weibo.share(f"一 {LINK}")
    assert published() == []
    order(platform="weibo", path=SHARE, kind="refuse", status=503)
    assert weibo.share(f"一 {LINK}").status_code == 503
    assert weibo.share(f"一 {LINK}").status_code == 200


def test_drop_after_has_done_it(weibo, order, published) -> None:
    order(platform="weibo", path=SHARE, kind="drop_after")
    with pytest.raises(ConnectionDroppedError):
        weibo.share(f"一 {LINK}")
    assert [(row["text"], row["requests"]) for row in published()] == [(f"一 {LINK}", 1)]
    assert weibo.share(f"一 {LINK}").json()["error_code"] == 20019
    assert published()[0]["requests"] == 2


def test_server_error_after_has_done_it(wordpress, order, published) -> None:
    order(platform="wordpress", path="/wp-json/wp/v2/posts", kind="server_error_after", status=502)
    assert wordpress.call("POST", "/posts", json={"title": "x", "status": "publish"}).status_code == 502
    assert len(published()) == 1


@pytest.mark.parametrize("perform", [True, False])
def test_timeout_ends_without_an_answer(wordpress, order, published, perform: bool) -> None:
    order(platform="wordpress", kind="timeout", seconds=0, perform=perform)
    with pytest.raises(ConnectionDroppedError):
        wordpress.post(title="x")
    assert len(published()) == int(perform)


def test_slow_answers(wordpress, order) -> None:
    order(platform="wordpress", kind="slow", seconds=0)
    assert wordpress.post(title="x")["id"]


def test_ordered_errors_speak_the_platforms_language(wechat, weibo, wordpress, order, published) -> None:
    order(platform="wechat", kind="error", code=-1)
    order(platform="weibo", kind="error", code="10009")
    order(platform="wordpress", kind="error", code="rest_cannot_create", message="No.")
    assert wechat.get("/cgi-bin/draft/count")["errcode"] == -1
    assert weibo.share(f"一 {LINK}").json()["error_code"] == 10009
    answer = wordpress.call("POST", "/posts", json={"title": "x"})
    assert (answer.status_code, answer.json()["message"]) == (401, "No.")
    assert published() == []
    order(platform="wechat", kind="error", code="no number")
    assert wechat.get("/cgi-bin/draft/count")["errcode"] == -1


def test_expired_token(wechat, weibo, wordpress, order) -> None:
    order(kind="expired_token", times=3)
    assert wechat.get("/cgi-bin/draft/count")["errcode"] == 42001
    assert weibo.share(f"一 {LINK}").json()["error_code"] == 21315
    assert wordpress.call("GET", "/posts").json()["code"] == "incorrect_password"
    assert wordpress.call("GET", "/posts").status_code == 200


def test_review_rejected(wechat, order, published, advance) -> None:
    order(platform="wechat", kind="review_rejected")
    done = wechat.publish("一", "二")
    assert (done["publish_status"], done["fail_idx"]) == (4, [1, 2])
    assert "article_id" not in done
    advance(hours=1)
    assert published() == []
    wechat.token = wechat.login()["access_token"]
    assert wechat.publish("一")["publish_status"] == 0


def test_stay_pending_until_cleared(http: TestClient, wechat, order, published, advance) -> None:
    order(platform="wechat", kind="stay_pending")
    submitted = wechat.publish("一")
    assert submitted["publish_status"] == 1
    advance(seconds=600)
    assert published() == []
    assert http.delete("/_sandbox/faults").json() == {"cleared": 1}
    status = wechat.post("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})
    assert status["publish_status"] == 0
    assert len(published()) == 1


def test_times_after_and_account(weibo, weibo_other, order, http: TestClient) -> None:
    order(platform="weibo", account="dongcheng", kind="error", code=10001, after=1, times=2)
    codes = [weibo.share(f"第{n}条 {LINK}").json().get("error_code", 0) for n in range(5)]
    assert codes == [0, 10001, 10001, 0, 0]
    assert weibo_other.share(f"一 {LINK}").status_code == 200
    listed = http.get("/_sandbox/faults").json()
    assert [(fault["seen"], fault["fired"]) for fault in listed] == [(3, 2)]


def test_probability_is_the_same_every_time(weibo, order) -> None:
    order(platform="weibo", kind="error", code=10001, times=None, probability=0.5)
    codes = [weibo.get("users/show", screen_name="东城").json().get("error_code", 0) for _ in range(60)]
    assert 15 < codes.count(10001) < 45


def test_orders_are_checked(http: TestClient) -> None:
    for body in ({"kind": "explode"}, {"kind": "refuse", "times": 0}, {"kind": "refuse", "platfrom": "weibo"}, {}):
        assert http.post("/_sandbox/faults", json=body).status_code == 422


def test_a_struck_call_is_counted(weibo, order, http: TestClient) -> None:
    order(platform="weibo", kind="refuse", status=503)
    weibo.share(f"一 {LINK}")
    assert [(row["path"], row["account"], row["count"]) for row in http.get("/_sandbox/calls").json()] == [
        (SHARE, "dongcheng", 1)
    ]

"""Weibo's protocol: what may be posted, how refusals look, and the reading interfaces."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from sandbox.app import create_app, open_world
from sandbox.platforms.weibo.posting import status_length
from sandbox.platforms.weibo.reading import weibo_time
from sandbox.seed import build_seed

LINK = "http://rongmei.example/p/1"


def test_a_status_looks_like_weibos(http: TestClient, weibo, published) -> None:
    answer = weibo.share(f"今晚开赛 {LINK}")
    assert answer.status_code == 200
    status = answer.json()
    assert str(status["id"]) == status["idstr"] == status["mid"]
    assert len(status["idstr"]) == 16
    assert status["created_at"] == "Fri Jun 05 18:00:00 +0800 2026"
    assert status["user"]["idstr"] == weibo.credentials["uid"]
    assert weibo.get("statuses/show", id=status["idstr"]).json()["text"] == f"今晚开赛 {LINK}"
    row = published()[0]
    assert (row["id"], row["text"], row["requests"]) == (status["idstr"], f"今晚开赛 {LINK}", 1)
    assert "今晚开赛" in http.get(row["url"]).text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("没有链接", 10017),
        (f"#村超# 开赛 {LINK}", 10017),
        ("开赛 https://elsewhere.example/1", 20018),
        ("开赛 https://notrongmei.example/1", 20018),
        ("长" * 130 + LINK + "长", 20012),
        (f"赌球 {LINK}", 20021),
        ("  ", 20008),
    ],
)
def test_rules_of_a_status(weibo, text: str, code: int) -> None:
    answer = weibo.share(text)
    assert answer.status_code == 400
    assert answer.json()["error_code"] == code
    assert answer.json()["request"] == "/statuses/share.json"
    assert answer.json()["error"]


def test_an_anchor_in_a_link_is_no_topic_and_the_sandbox_is_a_safe_host(weibo) -> None:
    assert weibo.share("开赛 http://www.rongmei.example/a#x#y").status_code == 200
    assert weibo.share("战报 http://sandbox.test/wordpress/archives/1").status_code == 200


def test_length_is_counted_as_the_editor_does() -> None:
    assert status_length("长" * 140) == 140
    assert status_length("ab" * 140) == 140
    assert status_length("abc") == 2
    assert status_length(f"看{LINK}") == 11


def test_the_same_text_twice_is_refused_until_it_is_deleted(weibo, weibo_other, published) -> None:
    first = weibo.share(f"开赛 {LINK}").json()
    assert weibo.share(f"开赛 {LINK}").json()["error_code"] == 20019
    assert weibo_other.share(f"开赛 {LINK}").status_code == 200
    mine = published(account="dongcheng")
    assert [row["requests"] for row in mine] == [2]
    destroy = {"access_token": weibo.token, "id": first["idstr"]}
    assert weibo.http.post("/weibo/2/statuses/destroy.json", data=destroy).status_code == 200
    assert weibo.get("statuses/show", id=first["idstr"]).json()["error_code"] == 20101
    assert weibo.share(f"开赛 {LINK}").status_code == 200
    assert [row["deleted"] for row in published(account="dongcheng")] == [False, True]


def test_only_ones_own_status_can_be_destroyed(weibo, weibo_other) -> None:
    first = weibo.share(f"开赛 {LINK}").json()
    destroy = {"access_token": weibo_other.token, "id": first["idstr"]}
    assert weibo.http.post("/weibo/2/statuses/destroy.json", data=destroy).json()["error_code"] == 20102


def test_pace(tmp_path: Path) -> None:
    limits = {"safe_domains": ["rongmei.example"], "posts_per_hour": 2, "min_interval_seconds": 10}
    seed = build_seed({"derive": True, "ids": ["dongcheng"], "weibo": {"limits": limits}})
    world = open_world(tmp_path, seed, wall=lambda: 1_780_653_600.0)
    http = TestClient(create_app(world))
    token = seed.platform("weibo").accounts["dongcheng"].credentials["access_token"]

    def share(number: int) -> int:
        data = {"access_token": token, "status": f"第{number}条 {LINK}", "rip": "::1"}
        return http.post("/weibo/2/statuses/share.json", data=data).json().get("error_code", 0)

    def advance(seconds: int) -> None:
        http.post("/_sandbox/clock", json={"advance_seconds": seconds})

    assert (share(1), share(2)) == (0, 20016)
    advance(10)
    assert share(2) == 0
    advance(10)
    assert share(3) == 20016
    advance(3600)
    assert share(3) == 0
    world.store.close()


def test_pictures(http: TestClient, weibo, jpeg: bytes, make_picture) -> None:
    shared = weibo.share(f"图 {LINK}", files={"pic": ("a.jpg", jpeg, "image/jpeg")}).json()
    assert http.get(shared["original_pic"]).content == jpeg
    assert "配图" in http.get(f"/weibo/u/{weibo.credentials['uid']}/{shared['idstr']}").text
    bmp = weibo.share(f"图二 {LINK}", files={"pic": ("a.bmp", make_picture("BMP"), "image/bmp")})
    assert bmp.json()["error_code"] == 20005
    large = weibo.share(f"图三 {LINK}", files={"pic": ("a.jpg", jpeg + b"\0" * 5 * 1024 * 1024, "image/jpeg")})
    assert large.json()["error_code"] == 20006


def test_credential_and_method_errors(http: TestClient, weibo, advance) -> None:
    url = "/weibo/2/statuses/share.json"
    assert http.get(url).json()["error_code"] == 10021
    assert http.post(url, data={"status": "x"}).json()["error_code"] == 10006
    unknown = http.post(url, data={"access_token": "2.00", "status": "x"})
    assert (unknown.status_code, unknown.json()["error_code"]) == (403, 21332)
    assert http.get("/weibo/2/nothing.json").json()["error_code"] == 10020
    missing = http.post(url, data={"access_token": weibo.token, "rip": "::1"}).json()
    assert (missing["error_code"], "(status)" in missing["error"]) == (10016, True)
    data = {"access_token": weibo.token, "status": f"x {LINK}"}
    assert "(rip)" in http.post(url, data=data).json()["error"]
    advance(seconds=157_680_000)
    assert weibo.share(f"x {LINK}").json()["error_code"] == 21315


def test_oauth(http: TestClient, weibo) -> None:
    form = {
        "client_id": "2045436852",
        "client_secret": "8b1f4f2c9d0e47a6b35c61d2e7f80a94",
        "grant_type": "authorization_code",
        "code": "code-dongcheng",
        "redirect_uri": "http://rongmei.example/back",
    }
    answer = http.post("/weibo/oauth2/access_token", data=form).json()
    assert answer["access_token"] == weibo.token
    assert answer["uid"] == weibo.credentials["uid"]
    info = http.post("/weibo/oauth2/get_token_info", data={"access_token": weibo.token}).json()
    assert str(info["uid"]) == weibo.credentials["uid"]
    assert info["expire_in"] == answer["expires_in"] == 157679999
    wrong = http.post("/weibo/oauth2/access_token", data={**form, "code": "code-nobody"}).json()
    assert (wrong["error_code"], wrong["error"]) == (21325, "invalid_grant")
    for change, code in (({"client_secret": "x"}, 21324), ({"grant_type": "password"}, 21328)):
        assert http.post("/weibo/oauth2/access_token", data={**form, **change}).json()["error_code"] == code


def test_counts_grow_and_agree(weibo, advance) -> None:
    ids = [weibo.share(f"第{number}条村超消息 {LINK}").json()["idstr"] for number in range(3)]
    at_once = weibo.get("statuses/count", ids=",".join(ids)).json()
    assert [row["attitudes"] for row in at_once] == [0, 0, 0]
    advance(days=30)
    later = weibo.get("statuses/count", ids=",".join([*ids, "1"])).json()
    assert [row["idstr"] for row in later] == ids
    assert sum(row["attitudes"] for row in later) > 0
    assert set(later[0]) == {"id", "idstr", "comments", "reposts", "attitudes"}
    shown = weibo.get("statuses/show", id=ids[0]).json()
    assert shown["attitudes_count"] == later[0]["attitudes"]
    comments = weibo.get("comments/show", id=ids[0], count=2).json()
    assert comments["total_number"] == later[0]["comments"]
    assert len(comments["comments"]) == min(2, comments["total_number"])
    assert all(comment["text"] for comment in comments["comments"])
    assert weibo.get("statuses/count", ids=",".join(["1"] * 101)).json()["error_code"] == 20009
    assert weibo.get("statuses/count").json()["error_code"] == 20001


def test_timeline_and_user(weibo, weibo_other, advance) -> None:
    ids = []
    for number in range(5):
        ids.append(weibo.share(f"第{number}条 {LINK}").json()["id"])
        advance(seconds=60)
    first = weibo.get("statuses/user_timeline", count=2).json()
    assert [status["id"] for status in first["statuses"]] == [ids[4], ids[3]]
    assert first["total_number"] == 5
    second = weibo.get("statuses/user_timeline", count=2, page=2).json()
    assert [status["id"] for status in second["statuses"]] == [ids[2], ids[1]]
    newer = weibo.get("statuses/user_timeline", since_id=ids[3]).json()
    assert [status["id"] for status in newer["statuses"]] == [ids[4]]
    other = weibo_other.get("statuses/user_timeline", uid=weibo.credentials["uid"]).json()
    assert other["total_number"] == 5
    user = weibo.get("users/show", screen_name="东城").json()
    assert (user["idstr"], user["followers_count"], user["statuses_count"]) == (weibo.credentials["uid"], 20_000, 5)
    assert weibo.get("users/show", uid="1").json()["error_code"] == 20003
    assert weibo.get("users/show").json()["error_code"] == 10016
    assert weibo.get("statuses/user_timeline", since_id="x").json()["error_code"] == 10017


def test_a_missing_page_says_so(http: TestClient) -> None:
    answer = http.get("/weibo/u/1/2")
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_time_has_no_locale() -> None:
    assert weibo_time(1_351_093_757) == "Wed Oct 24 23:49:17 +0800 2012"

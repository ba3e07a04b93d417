"""WeChat's protocol: tokens, material, drafts, asynchronous publishing and datacube."""

from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

DAY = "2026-06-05"


def code(answer: dict) -> int:
    return answer.get("errcode", 0)


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_second_token_kills_the_first(wechat) -> None:
    first = wechat.token
    wechat.token = wechat.login()["access_token"]
    assert wechat.token != first
    assert wechat.get("/cgi-bin/draft/count") == {"total_count": 0}
    wechat.token = first
    answer = wechat.get("/cgi-bin/draft/count")
    assert code(answer) == 40001
    assert "rid: " in answer["errmsg"]


def test_token_expires_by_the_sandbox_clock(wechat, advance) -> None:
    assert wechat.login()["expires_in"] == 7200
    wechat.token = wechat.login()["access_token"]
    advance(seconds=7199)
    assert code(wechat.get("/cgi-bin/draft/count")) == 0
    advance(seconds=1)
    assert code(wechat.get("/cgi-bin/draft/count")) == 42001


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx0"}, 40013),
        ({"secret": "0"}, 40125),
    ],
)
def test_token_errors_are_http_200(http: TestClient, wechat, change: dict, expected: int) -> None:
    query = {"grant_type": "client_credential", **wechat.credentials, **change}
    answer = http.get("/wechat/cgi-bin/token", params=query)
    assert (answer.status_code, code(answer.json())) == (200, expected)
    stable = http.post("/wechat/cgi-bin/stable_token", content=json.dumps(query))
    assert code(stable.json()) == expected


def test_business_calls_need_a_token(http: TestClient, wechat) -> None:
    assert code(http.get("/wechat/cgi-bin/draft/count").json()) == 41001
    wechat.token = "nonsense"
    assert code(wechat.get("/cgi-bin/draft/count")) == 40014


def test_stable_token_is_stable_until_its_last_minutes(http: TestClient, wechat, advance) -> None:
    def stable(**more: bool) -> dict:
        body = {"grant_type": "client_credential", **wechat.credentials, **more}
        return http.post("/wechat/cgi-bin/stable_token", content=json.dumps(body)).json()

    first = stable()
    advance(seconds=100)
    again = stable()
    assert again == {"access_token": first["access_token"], "expires_in": 7100}
    # The two kinds of token do not touch each other.
    assert code(wechat.get("/cgi-bin/draft/count")) == 0
    advance(seconds=6900)
    fresh = stable()
    assert fresh["access_token"] != first["access_token"]
    forced = stable(force_refresh=True)
    assert forced["access_token"] != fresh["access_token"]
    assert code(stable(force_refresh=True)) == 45011
    wechat.token = fresh["access_token"]
    assert code(wechat.get("/cgi-bin/draft/count")) == 40001
    for _ in range(19):
        advance(seconds=30)
        assert "access_token" in stable(force_refresh=True)
    advance(seconds=30)
    assert code(stable(force_refresh=True)) == 45009


def test_method_and_path_errors(http: TestClient) -> None:
    assert code(http.post("/wechat/cgi-bin/token").json()) == 43001
    assert code(http.get("/wechat/cgi-bin/draft/add").json()) == 43002
    assert code(http.get("/wechat/cgi-bin/nothing").json()) == 40066


# --- material -------------------------------------------------------------------------------------------------------


def test_uploaded_pictures_can_be_seen(http: TestClient, wechat, jpeg: bytes) -> None:
    url = wechat.upload("/cgi-bin/media/uploadimg", jpeg)["url"]
    assert url.startswith("http://sandbox.test/wechat/mmbiz/")
    shown = http.get(url)
    assert (shown.content, shown.headers["content-type"]) == (jpeg, "image/jpeg")
    added = wechat.upload("/cgi-bin/material/add_material", jpeg, type="image")
    assert set(added) == {"media_id", "url", "item"}
    assert http.get(added["url"]).content == jpeg
    assert wechat.get("/cgi-bin/material/get_materialcount")["image_count"] == 1


def test_pictures_are_judged_by_their_content(wechat, make_picture, jpeg: bytes) -> None:
    uploadimg, material = "/cgi-bin/media/uploadimg", "/cgi-bin/material/add_material"
    assert code(wechat.upload(uploadimg, b"not a picture")) == 40137
    assert code(wechat.upload(uploadimg, make_picture("GIF"))) == 40005
    assert code(wechat.upload(uploadimg, b"")) == 44001
    assert code(wechat.upload(uploadimg, jpeg + b"\0" * 1024 * 1024)) == 40009
    assert code(wechat.upload(material, jpeg, type="film")) == 40004
    assert code(wechat.upload(material, make_picture("GIF"), type="thumb")) == 40005
    assert "media_id" in wechat.upload(material, make_picture("BMP"), type="image")
    assert code(wechat.post(uploadimg, {})) == 41005


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_draft_round_trip(wechat) -> None:
    media_id = wechat.draft("头条", "二条")
    kept = wechat.post("/cgi-bin/draft/get", {"media_id": media_id})
    assert [item["title"] for item in kept["news_item"]] == ["头条", "二条"]
    assert kept["news_item"][0]["digest"] == "街坊们准时到场。"
    assert kept["create_time"] == 1780653600
    assert wechat.get("/cgi-bin/draft/count") == {"total_count": 1}
    listed = wechat.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 20, "no_content": 1})
    assert (listed["total_count"], listed["item_count"]) == (1, 1)
    assert listed["item"][0]["content"]["news_item"][0]["content"] == ""
    assert code(wechat.post("/cgi-bin/draft/batchget", {"offset": 0, "count": 21})) == 40035
    changed = {"title": "新头条", "content": "<p>改</p>", "thumb_media_id": wechat.cover()}
    assert wechat.post("/cgi-bin/draft/update", {"media_id": media_id, "index": 0, "articles": changed}) == {
        "errcode": 0,
        "errmsg": "ok",
    }
    titles = [item["title"] for item in wechat.post("/cgi-bin/draft/get", {"media_id": media_id})["news_item"]]
    assert titles == ["新头条", "二条"]
    assert code(wechat.post("/cgi-bin/draft/delete", {"media_id": media_id})) == 0
    assert code(wechat.post("/cgi-bin/draft/get", {"media_id": media_id})) == 40007


def test_another_account_cannot_see_a_draft(wechat, wechat_daily) -> None:
    assert code(wechat_daily.post("/cgi-bin/draft/get", {"media_id": wechat.draft("头条")})) == 40007


def test_content_is_cleaned(wechat, jpeg: bytes) -> None:
    own = wechat.upload("/cgi-bin/media/uploadimg", jpeg)["url"]
    cover = wechat.upload("/cgi-bin/material/add_material", jpeg, type="image")["url"]
    content = (
        f'<p>一</p><img src="{own}"/><img data-src="{own}"><img src="https://elsewhere.example/a.jpg">'
        f'<img src="{cover}"><script>alert(1)</script><img>'
    )
    media_id = wechat.draft("题", content=content)
    kept = wechat.post("/cgi-bin/draft/get", {"media_id": media_id})["news_item"][0]["content"]
    assert kept == f'<p>一</p><img src="{own}"/><img data-src="{own}">'


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "长" * 33}, 45003),
        ({"title": ""}, 45003),
        ({"content": " "}, 44004),
        ({"content": "字" * 20_000}, 45002),
        ({"author": "名" * 17}, 45110),
        ({"digest": "摘" * 129}, 45004),
        ({"content_source_url": "http://a/" + "a" * 1024}, 45005),
        ({"thumb_media_id": "nothing"}, 40007),
        ({"thumb_media_id": None}, 40007),
        ({"article_type": "film"}, 40035),
        ({"need_open_comment": "many"}, 40035),
    ],
)
def test_article_limits(wechat, change: dict, expected: int) -> None:
    article = {"title": "长" * 32, "content": "<p>正文</p>", "thumb_media_id": wechat.cover(), **change}
    assert code(wechat.post("/cgi-bin/draft/add", {"articles": [article]})) == expected


def test_draft_size_and_picture_posts(wechat) -> None:
    article = {"title": "题", "content": "<p>正文</p>", "thumb_media_id": wechat.cover()}
    assert code(wechat.post("/cgi-bin/draft/add", {"articles": [article] * 9})) == 45008
    assert "media_id" in wechat.post("/cgi-bin/draft/add", {"articles": [article] * 8})
    assert code(wechat.post("/cgi-bin/draft/add", {"articles": []})) == 44003
    images = {"image_list": [{"image_media_id": wechat.cover()}]}
    newspic = {"article_type": "newspic", "title": "组图", "content": "六张图", "image_info": images}
    media_id = wechat.post("/cgi-bin/draft/add", {"articles": [newspic]})["media_id"]
    kept = wechat.post("/cgi-bin/draft/get", {"media_id": media_id})["news_item"][0]
    assert (kept["article_type"], kept["image_info"]) == ("newspic", images)
    assert code(wechat.post("/cgi-bin/draft/add", {"articles": [{**newspic, "image_info": {}}]})) == 40007


def test_body_encoding(http: TestClient, wechat) -> None:
    def add(content: bytes) -> int:
        query = {"access_token": wechat.token}
        return code(http.post("/wechat/cgi-bin/draft/add", params=query, content=content).json())

    assert add(json.dumps({"articles": [{"title": "题"}]}).encode()) == 40033
    assert add(b"") == 44002
    assert add(b"{") == 47001
    assert add(b"[]") == 47001
    # A backslash that is itself escaped is text, not an escape.
    assert add(rb'{"articles":[{"title":"\\u9898","content":"a","thumb_media_id":"x"}]}') == 40007


# --- publishing -----------------------------------------------------------------------------------------------------


def test_publishing_is_asynchronous(http: TestClient, wechat, published) -> None:
    submitted = wechat.submit("今晚开赛", "赛程表")
    assert submitted["errcode"] == 0
    assert isinstance(submitted["publish_id"], int)
    assert wechat.get("/cgi-bin/draft/count") == {"total_count": 0}
    assert published() == []
    pending = wechat.post("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})
    assert pending == {"publish_id": submitted["publish_id"], "publish_status": 1, "fail_idx": []}
    done = wechat.post("/cgi-bin/freepublish/get", {"publish_id": str(submitted["publish_id"])})
    assert done["publish_status"] == 0
    assert done["article_detail"]["count"] == 2
    url = done["article_detail"]["item"][0]["article_url"]
    assert url.startswith("http://sandbox.test/wechat/s?__biz=")
    page = http.get(url).text
    assert "今晚开赛" in page
    assert "街坊们准时到场" in page
    rows = published()
    assert {row["id"] for row in rows} == {f"{submitted['msg_data_id']}_{idx}" for idx in (1, 2)}
    assert {(row["article_id"], row["requests"]) for row in rows} == {(done["article_id"], 1)}
    assert http.get(url.replace("sn=", "sn=0")).status_code == 404


def test_time_alone_ends_the_review(wechat, advance, published) -> None:
    submitted = wechat.submit("开赛")
    advance(seconds=3600)
    assert [row["published_at"] for row in published()] == ["2026-06-05T10:00:03Z"]
    status = wechat.post("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})
    assert status["publish_status"] == 0


@pytest.mark.parametrize(("code_", "places"), [("2", [2]), ("1,3", [1, 3]), (None, [1, 2, 3]), ("9", [1, 2, 3])])
def test_a_review_names_the_articles_it_refuses(http: TestClient, wechat, published, code_, places) -> None:
    order = {"platform": "wechat", "path": "/cgi-bin/freepublish/submit", "kind": "review_rejected", "code": code_}
    assert http.post("/_sandbox/faults", json=order).status_code == 201
    submitted = wechat.submit("头条", "二条", "三条")
    for _ in range(2):
        status = wechat.post("/cgi-bin/freepublish/get", {"publish_id": submitted["publish_id"]})
    assert (status["publish_status"], status["fail_idx"]) == (4, places)
    assert "article_id" not in status
    assert published() == []


def test_article_listing_and_deleting(http: TestClient, wechat, published) -> None:
    done = wechat.publish("一", "二")
    got = wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": done["article_id"]})
    assert [item["is_deleted"] for item in got["news_item"]] == [False, False]
    listed = wechat.post("/cgi-bin/freepublish/batchget", {"offset": 0, "count": 20})
    assert (listed["total_count"], listed["item"][0]["article_id"]) == (1, done["article_id"])
    urls = [item["article_url"] for item in done["article_detail"]["item"]]
    assert [item["url"] for item in listed["item"][0]["content"]["news_item"]] == urls
    wechat.post("/cgi-bin/freepublish/delete", {"article_id": done["article_id"], "index": 1})
    got = wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": done["article_id"]})
    assert [item["is_deleted"] for item in got["news_item"]] == [True, False]
    assert http.get(urls[0]).status_code == 404
    assert code(wechat.post("/cgi-bin/freepublish/delete", {"article_id": done["article_id"], "index": 3})) == 40060
    wechat.post("/cgi-bin/freepublish/delete", {"article_id": done["article_id"]})
    assert all(row["deleted"] for row in published())
    status = wechat.post("/cgi-bin/freepublish/get", {"publish_id": done["publish_id"]})
    assert status["publish_status"] == 5


def test_unknown_ids(wechat) -> None:
    assert code(wechat.post("/cgi-bin/freepublish/submit", {"media_id": "x"})) == 40007
    assert code(wechat.post("/cgi-bin/freepublish/submit", {})) == 41006
    assert code(wechat.post("/cgi-bin/freepublish/get", {"publish_id": 1})) == 53502
    assert code(wechat.post("/cgi-bin/freepublish/getarticle", {"article_id": "x"})) == 53600


def test_published_text_runs_nothing(http: TestClient, wechat) -> None:
    done = wechat.publish("<b>题</b>", content='<p onclick="x()">一</p><iframe src="//a"></iframe>')
    page = http.get(done["article_detail"]["item"][0]["article_url"]).text
    assert "onclick" not in page
    assert "<iframe" not in page
    assert "&lt;b&gt;题&lt;/b&gt;" in page


def test_daily_quota_and_clearing_it(wechat, advance, world) -> None:
    media_id = wechat.draft("题")
    world.store.count_up("quota:wechat:dongcheng:/cgi-bin/draft/get:2026-06-05", start=49_999)
    assert code(wechat.post("/cgi-bin/draft/get", {"media_id": media_id})) == 0
    assert code(wechat.post("/cgi-bin/draft/get", {"media_id": media_id})) == 45009
    assert code(wechat.post("/cgi-bin/clear_quota", {"appid": wechat.credentials["appid"]})) == 0
    assert code(wechat.post("/cgi-bin/draft/get", {"media_id": media_id})) == 0
    for _ in range(9):
        assert code(wechat.post("/cgi-bin/clear_quota", {"appid": wechat.credentials["appid"]})) == 0
    assert code(wechat.post("/cgi-bin/clear_quota", {"appid": wechat.credentials["appid"]})) == 48006
    assert code(wechat.post("/cgi-bin/clear_quota", {"appid": "wx0"})) == 40013


# --- datacube -------------------------------------------------------------------------------------------------------


def cube(wechat, name: str, begin: str = DAY, end: str = DAY) -> dict:
    wechat.token = wechat.login()["access_token"]
    return wechat.post(f"/datacube/{name}", {"begin_date": begin, "end_date": end})


def test_dates_are_checked(wechat, advance) -> None:
    assert code(cube(wechat, "getarticleread")) == 61501
    advance(hours=6)
    assert cube(wechat, "getarticleread") == {"list": [], "is_delay": False}
    assert code(cube(wechat, "getarticleread", "2026-06-04", "2026-06-05")) == 61501
    assert code(cube(wechat, "getarticleread", "2026-06-05", "2026-06-04")) == 61501
    assert code(cube(wechat, "getarticleread", "5 June", "2026-06-05")) == 61500
    assert code(cube(wechat, "getbizsummary", "2026-05-01", "2026-06-05")) == 61501


def test_detail_is_cumulative_and_days_add_up(wechat_daily, advance) -> None:
    done = wechat_daily.publish("村超今晚开赛", "次条")
    advance(days=3)
    detail = cube(wechat_daily, "getarticletotaldetail")["list"]
    by_id = {item["msgid"]: item for item in detail}
    assert set(by_id) == {f"{done['msg_data_id']}_1", f"{done['msg_data_id']}_2"}
    first = by_id[f"{done['msg_data_id']}_1"]
    assert first["content_url"] == done["article_detail"]["item"][0]["article_url"]
    assert [row["stat_date"] for row in first["detail_list"]] == ["2026-06-05", "2026-06-06", "2026-06-07"]
    reads = [row["read_user"] for row in first["detail_list"]]
    assert reads == sorted(reads)
    assert reads[-1] > 1000
    assert reads[-1] > by_id[f"{done['msg_data_id']}_2"]["detail_list"][-1]["read_user"]
    daily = []
    for day in ("2026-06-05", "2026-06-06", "2026-06-07"):
        rows = {item["msgid"]: item for item in cube(wechat_daily, "getarticleread", day, day)["list"]}
        row = rows[first["msgid"]]["detail"]
        daily.append(row["read_user"])
        sources = {source["scene_desc"]: source["user_count"] for source in row["read_user_source"]}
        assert sources.pop("全部") == sum(sources.values()) == row["read_user"]
    assert sum(daily) == reads[-1]


def test_old_interfaces_agree_with_the_new(wechat_daily, advance) -> None:
    wechat_daily.publish("村超今晚开赛")
    advance(days=2)
    new = cube(wechat_daily, "getarticletotaldetail")["list"][0]["detail_list"]
    old = cube(wechat_daily, "getarticletotal")["list"][0]
    assert [row["int_page_read_user"] for row in old["details"]] == [row["read_user"] for row in new]
    assert old["title"] == "村超今晚开赛"
    summary = cube(wechat_daily, "getarticlesummary")["list"][0]
    assert summary["int_page_read_user"] == new[0]["read_user"]
    assert cube(wechat_daily, "getarticleshare")["list"][0]["detail"]["share_user"] == new[0]["share_user"]
    biz = cube(wechat_daily, "getbizsummary", "2026-06-04", "2026-06-06")["list"]
    assert [row["detail"]["read_user"] for row in biz] == [
        0,
        new[0]["read_user"],
        new[1]["read_user"] - new[0]["read_user"],
    ]
    assert [row["detail"]["send_page_count"] for row in biz] == [0, 1, 0]

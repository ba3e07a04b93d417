"""The WordPress REST API: posts, scheduling, lists, media, terms, and the errors clients look at."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from sandbox.platforms.wordpress.base import WordPressLimits

BASE = "/wordpress/wp-json/wp/v2"


def test_a_post_is_published_and_readable(http: TestClient, wordpress, published) -> None:
    answer = wordpress.call(
        "POST", "/posts", json={"title": "战报", "content": "<p>三比二</p>", "status": "publish", "slug": "battle-1"}
    )
    assert answer.status_code == 201
    post = answer.json()
    assert answer.headers["location"].endswith(f"{BASE}/posts/{post['id']}")
    assert post["title"] == {"rendered": "战报", "raw": "战报"}
    assert (post["date"], post["date_gmt"]) == ("2026-06-05T18:00:00", "2026-06-05T10:00:00")
    assert (post["slug"], post["status"], post["type"]) == ("battle-1", "publish", "post")
    assert "三比二" in http.get(post["link"]).text
    assert published()[0]["slug"] == "battle-1"
    public = http.get(f"{BASE}/posts/{post['id']}").json()
    assert "raw" not in public["title"]
    assert "raw" in wordpress.call("GET", f"/posts/{post['id']}", params={"context": "edit"}).json()["title"]
    assert http.get(f"{BASE}/posts/{post['id']}", params={"context": "edit"}).status_code == 401


def test_password_with_and_without_spaces(http: TestClient, wordpress) -> None:
    user, password = wordpress.auth
    for given in (password, password.replace(" ", "")):
        me = http.get(f"{BASE}/users/me", auth=(user, given))
        assert (me.status_code, me.json()["name"]) == (200, "东城")
    assert http.get(f"{BASE}/users/me", auth=(user, "wrong")).json()["code"] == "incorrect_password"
    assert http.get(f"{BASE}/users/me", auth=("nobody", "x")).json()["code"] == "invalid_username"
    assert http.get(f"{BASE}/users/me").json()["code"] == "rest_not_logged_in"
    assert wordpress.call("GET", "/users/me", params={"context": "edit"}).json()["roles"] == ["editor"]
    assert http.get("/wordpress/wp-json/").json()["namespaces"] == ["wp/v2"]


def test_the_public_may_not_write(http: TestClient) -> None:
    answer = http.post(f"{BASE}/posts", json={"title": "x"})
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "rest_cannot_create",
        "message": "Sorry, you are not allowed to create posts as this user.",
        "data": {"status": 401},
    }


def test_scheduling(http: TestClient, wordpress, published, advance) -> None:
    post = wordpress.post(title="预告", content="明天见", date="2026-06-06T09:00:00")
    assert (post["status"], post["date_gmt"]) == ("future", "2026-06-06T01:00:00")
    assert published() == []
    assert http.get(f"{BASE}/posts/{post['id']}").json()["code"] == "rest_forbidden"
    advance(hours=24)
    assert [row["published_at"] for row in published()] == ["2026-06-06T01:00:00Z"]
    assert wordpress.call("GET", f"/posts/{post['id']}").json()["status"] == "publish"
    past = wordpress.call("POST", "/posts", json={"title": "旧", "status": "future"}).json()
    assert past["status"] == "publish"
    zoned = wordpress.post(title="区", status="future", date_gmt="2026-07-01T00:00:00")
    assert zoned["date"] == "2026-07-01T08:00:00"


def test_a_link_that_only_another_app_opens_is_none(http: TestClient, wordpress) -> None:
    text = '<p><a href="alipays://platformapi/startapp">立即办理</a><a href="https://a.example/">看</a></p>'
    page = http.get(wordpress.post(title="票", content=text)["link"]).text
    assert "alipays:" not in page
    assert 'href="https://a.example/"' in page


def test_a_site_without_a_trash_deletes_by_force_only(wordpress, http: TestClient, world, monkeypatch) -> None:
    monkeypatch.setitem(world._limits, WordPressLimits, WordPressLimits(trash=False))
    post = wordpress.post(title="战报", content="三比二")
    answer = wordpress.call("DELETE", f"/posts/{post['id']}")
    assert (answer.status_code, answer.json()["code"]) == (501, "rest_trash_not_supported")
    assert http.get(post["link"]).status_code == 200


def test_draft_update_trash_delete(wordpress, published) -> None:
    draft = wordpress.call("POST", "/posts", json={"title": "稿", "content": "一"}).json()
    assert draft["status"] == "draft"
    assert published() == []
    path = f"/posts/{draft['id']}"
    updated = wordpress.call("POST", path, json={"status": "publish", "content": {"raw": "二"}}).json()
    assert (updated["status"], updated["content"]["raw"]) == ("publish", "二")
    wordpress.call("PUT", path, json={"content": "三"})
    rows = published()
    assert [(row["text"], row["requests"]) for row in rows] == [("三", 1)]
    trashed = wordpress.call("DELETE", path).json()
    assert trashed["status"] == "trash"
    assert published()[0]["deleted"] is True
    assert wordpress.call("DELETE", path).json()["code"] == "rest_already_trashed"
    gone = wordpress.call("DELETE", path, params={"force": "true"}).json()
    assert (gone["deleted"], gone["previous"]["id"]) == (True, draft["id"])
    missing = wordpress.call("GET", path)
    assert (missing.status_code, missing.json()["code"]) == (404, "rest_post_invalid_id")


def test_sites_do_not_see_each_other(wordpress, wordpress_other) -> None:
    mine = wordpress.post(title="东城消息")
    assert wordpress_other.call("GET", f"/posts/{mine['id']}").status_code == 404
    assert wordpress_other.call("GET", "/posts").json() == []
    assert wordpress_other.call("POST", f"/posts/{mine['id']}", json={"title": "x"}).status_code == 404


def test_lists_filter_and_page(wordpress, advance) -> None:
    ids = []
    for number in range(12):
        ids.append(wordpress.post(title=f"第{number}期", content="村超" if number % 2 else "龙舟")["id"])
        advance(hours=1)
    first = wordpress.call("GET", "/posts")
    assert [post["id"] for post in first.json()] == ids[:1:-1]
    assert (first.headers["x-wp-total"], first.headers["x-wp-totalpages"]) == ("12", "2")
    assert 'rel="next"' in first.headers["link"]
    second = wordpress.call("GET", "/posts", params={"page": 2})
    assert [post["id"] for post in second.json()] == ids[1::-1]
    beyond = wordpress.call("GET", "/posts", params={"page": 3})
    assert (beyond.status_code, beyond.json()["code"]) == (400, "rest_post_invalid_page_number")

    def found(**query: object) -> list[int]:
        return [post["id"] for post in wordpress.call("GET", "/posts", params={"per_page": 100, **query}).json()]

    assert found(search="村超", order="asc") == ids[1::2]
    assert found(after="2026-06-05T20:00:00", before="2026-06-05T23:00:00") == [ids[4], ids[3]]
    assert found(after="2026-06-06T04:30:00Z") == []
    assert found(include=f"{ids[0]},{ids[5]}", orderby="id", order="asc") == [ids[0], ids[5]]
    assert found(exclude=ids[0], offset=10) == [ids[1]]
    slim = wordpress.call("GET", "/posts", params={"_fields": "id,title.rendered"}).json()
    assert set(slim[0]) == {"id", "title"}


def test_slugs_are_unique_and_searchable(wordpress) -> None:
    first, second = wordpress.post(title="同题", slug="same"), wordpress.post(title="同题", slug="same")
    assert (first["slug"], second["slug"]) == ("same", "same-2")
    hits = wordpress.call("GET", "/posts", params={"slug": "same"}).json()
    assert [post["id"] for post in hits] == [first["id"]]
    chinese = wordpress.post(title="村超 今晚")
    assert chinese["slug"] == "%e6%9d%91%e8%b6%85-%e4%bb%8a%e6%99%9a"
    hits = wordpress.call("GET", "/posts", params={"slug": chinese["slug"]}).json()
    assert [post["id"] for post in hits] == [chinese["id"]]


def test_statuses_in_lists(http: TestClient, wordpress) -> None:
    draft = wordpress.post(title="稿", status="draft")
    private = wordpress.post(title="私", status="private")
    assert wordpress.call("GET", "/posts").json() == []
    listed = wordpress.call("GET", "/posts", params={"status": "draft,private"}).json()
    assert {post["id"] for post in listed} == {draft["id"], private["id"]}
    assert len(wordpress.call("GET", "/posts", params={"status": "any"}).json()) == 2
    assert http.get(f"{BASE}/posts", params={"status": "draft"}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "x", "status": "shown"}, "rest_invalid_param"),
        ({"title": "x", "date": "tomorrow"}, "rest_invalid_param"),
        ({"title": "x", "categories": ["many"]}, "rest_invalid_param"),
        ({"title": "x", "meta": 3}, "rest_invalid_param"),
        ({"title": "x", "featured_media": 9}, "rest_invalid_featured_media"),
        ({"title": " "}, "empty_content"),
    ],
)
def test_bad_fields(wordpress, fields: dict, code: str) -> None:
    answer = wordpress.call("POST", "/posts", json=fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["data"]["status"] == 400


def test_bad_requests(http: TestClient, wordpress) -> None:
    headers = {"content-type": "application/json"}
    assert wordpress.call("POST", "/posts", content=b"{", headers=headers).json()["code"] == "rest_invalid_json"
    assert wordpress.call("GET", "/posts", params={"per_page": 101}).json()["data"]["params"].keys() == {"per_page"}
    assert http.get(f"{BASE}/nothing").json()["code"] == "rest_no_route"
    assert http.delete(f"{BASE}/posts").status_code == 404


def test_media(http: TestClient, wordpress, wordpress_other, jpeg: bytes) -> None:
    headers = {"content-disposition": 'attachment; filename="cover.jpg"', "content-type": "image/jpeg"}
    raw = wordpress.call("POST", "/media", content=jpeg, headers=headers)
    assert raw.status_code == 201
    media = raw.json()
    assert (media["mime_type"], media["media_type"]) == ("image/jpeg", "image")
    assert (media["media_details"]["width"], media["media_details"]["height"]) == (40, 30)
    assert http.get(media["source_url"]).content == jpeg
    part = wordpress.call("POST", "/media", files={"file": ("b.jpg", jpeg, "image/jpeg")}, data={"alt_text": "球场"})
    assert part.json()["alt_text"] == "球场"
    changed = wordpress.call("POST", f"/media/{media['id']}", json={"caption": "开赛"}).json()
    assert changed["caption"]["rendered"] == "开赛"
    assert len(wordpress.call("GET", "/media").json()) == 2
    assert wordpress.post(title="带图", featured_media=media["id"])["featured_media"] == media["id"]
    foreign = wordpress_other.call("POST", "/posts", json={"title": "x", "featured_media": media["id"]})
    assert foreign.json()["code"] == "rest_invalid_featured_media"
    assert wordpress.call("DELETE", f"/media/{media['id']}").status_code == 501
    assert wordpress.call("DELETE", f"/media/{media['id']}", params={"force": 1}).json()["deleted"] is True


@pytest.mark.parametrize(
    ("content", "headers", "code"),
    [
        (b"", {"content-disposition": "attachment; filename=a.jpg"}, "rest_upload_no_data"),
        (b"x", {}, "rest_upload_no_content_disposition"),
        (b"x", {"content-disposition": "attachment"}, "rest_upload_invalid_disposition"),
        (b"x", {"content-disposition": "attachment; filename=a.jpg"}, "rest_upload_unknown_error"),
        (b"x", {"content-disposition": "attachment; filename=a.exe"}, "rest_upload_unknown_error"),
    ],
)
def test_bad_uploads(wordpress, content: bytes, headers: dict, code: str) -> None:
    assert wordpress.call("POST", "/media", content=content, headers=headers).json()["code"] == code


def test_terms(wordpress, wordpress_other) -> None:
    made = wordpress.call("POST", "/categories", json={"name": "村超", "slug": "cunchao"})
    assert made.status_code == 201
    term = made.json()
    again = wordpress.call("POST", "/categories", json={"name": "村超"}).json()
    assert (again["code"], again["data"]["term_id"]) == ("term_exists", term["id"])
    tag = wordpress.call("POST", "/tags", json={"name": "直播"}).json()
    assert "parent" not in tag
    wordpress.post(title="赛果", categories=[term["id"]], tags=[tag["id"]])
    listed = wordpress.call("GET", "/categories", params={"search": "村超"}).json()
    assert [(row["id"], row["count"]) for row in listed] == [(term["id"], 1)]
    assert len(wordpress.call("GET", "/posts", params={"categories": term["id"]}).json()) == 1
    assert wordpress.call("GET", "/posts", params={"tags": 999}).json() == []
    renamed = wordpress.call("POST", f"/categories/{term['id']}", json={"name": "东莞村超"}).json()
    assert renamed["name"] == "东莞村超"
    assert [row["slug"] for row in wordpress_other.call("GET", "/categories").json()] == ["uncategorized"]
    assert wordpress.call("DELETE", f"/tags/{tag['id']}").status_code == 501
    assert wordpress.call("DELETE", f"/tags/{tag['id']}", params={"force": "true"}).json()["deleted"] is True
    assert wordpress.call("GET", f"/tags/{tag['id']}").json()["code"] == "rest_term_invalid"
    assert wordpress.call("POST", "/tags", json={}).json()["data"]["params"] == ["name"]


def test_reading_figures_and_comments(wordpress, advance) -> None:
    post = wordpress.post(title="村超今晚开赛", content="<p>来</p>", meta={"views": 9, "source": "desk"})
    assert post["meta"] == {"source": "desk", "views": 0, "likes": 0, "comments": 0}
    advance(days=20)
    meta = wordpress.call("GET", f"/posts/{post['id']}").json()["meta"]
    assert meta["views"] > 50
    listed = wordpress.call("GET", "/comments", params={"post": post["id"], "per_page": 1})
    assert int(listed.headers["x-wp-total"]) == meta["comments"]
    assert all(comment["post"] == post["id"] for comment in listed.json())
    assert wordpress.post(title="草", status="draft")["meta"]["views"] == 0

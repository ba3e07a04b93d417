"""Calls as client libraries that others wrote send them, each of which the sandbox once got wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from fastapi.testclient import TestClient

from sandbox.seed import alipay_credentials, douyin_credentials
from sandbox.server import OriginForm
from sandbox.wire import read_call

pytestmark = pytest.mark.matrix

WORDPRESS = "/wordpress/wp-json/wp/v2"
AMR = b"#!AMR\n" + bytes(200)


# --- the request itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "path", "raw_path"),
    [
        ("http://127.0.0.1/alipay/gateway.do", "/alipay/gateway.do", "/alipay/gateway.do"),
        ("HTTPS://host:8600/a%20b", "/a b", "/a%20b"),
        ("http://host", "/", "/"),
        ("/weibo/http://host/x", "/weibo/http://host/x", "/weibo/http://host/x"),
        ("*", "*", "*"),
    ],
)
def test_a_request_line_may_hold_a_whole_address(target: str, path: str, raw_path: str) -> None:
    # alipay-sdk-python asks the gateway itself as if it were a proxy.
    seen: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.update(scope)

    scope = {"type": "http", "path": target, "raw_path": target.encode(), "query_string": b"method=x"}
    asyncio.run(OriginForm(app)(scope, None, None))
    assert (seen["path"], seen["raw_path"], seen["query_string"]) == (path, raw_path.encode(), b"method=x")


def test_a_body_that_is_called_a_form_but_is_none(http: TestClient, world, monkeypatch) -> None:
    # curl's default: the official PHP demo of Bilibili sends the parts of a film so.
    calls = []

    async def kept(*args: Any) -> Any:
        calls.append(await read_call(*args))
        return calls[-1]

    monkeypatch.setattr("sandbox.gateway.read_call", kept)
    data = b"&".join([b"\xff\x00"] * 3000)
    answer = http.post(
        "/bilibili/openupos/video/v2/part/upload",
        params={"upload_token": "x", "part_number": 1},
        content=data,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.json()["code"] == 127022
    assert (calls[0].body, calls[0].form) == (data, {})
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert http.post("/weibo/2/statuses/share.json", content=b"--y", headers=broken).status_code == 400


# --- Alipay ---------------------------------------------------------------------------------------------------------


def _alipay_call(http: TestClient, method: str, **changes: str) -> tuple[dict[str, Any], str]:
    """One call as python-alipay-sdk makes it: GET, everything in the query, compact JSON; the answer and its text."""
    found = alipay_credentials("dongcheng")
    given = {
        "app_id": found["app_id"],
        "method": method,
        "charset": "utf-8",
        "timestamp": "2026-06-05 18:00:00",
        "version": "1.0",
        "sign_type": "RSA2",
        **changes,
    }
    key = load_der_private_key(base64.b64decode(found["private_key"]), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    text = "&".join(f"{name}={given[name]}" for name in sorted(given))
    given["sign"] = base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
    answer = http.get("/alipay/gateway.do", params=given).text
    return json.loads(answer), answer


def test_alipay_takes_a_get(http: TestClient) -> None:
    words = json.dumps(
        {"msg_type": "text", "text": {"title": "台风", "content": "a+b&c=d/ “引号” {括号}"}}, separators=(",", ":")
    )
    answer, text = _alipay_call(http, "alipay.open.public.message.total.send", biz_content=words)
    node = "alipay_open_public_message_total_send_response"
    assert answer[node]["code"] == "10000"
    signed = text[text.index("{", 1) : text.index(',"sign"')]
    public = load_der_public_key(base64.b64decode(alipay_credentials("dongcheng")["alipay_public_key"]))
    public.verify(base64.b64decode(answer["sign"]), signed.encode(), PKCS1v15(), SHA256())


def test_alipay_refuses_an_unknown_app_by_the_interfaces_name(http: TestClient) -> None:
    # Every client library's tracker has this very answer, without a signature.
    answer, _ = _alipay_call(http, "alipay.open.public.message.query", app_id="2021000000000000")
    assert answer == {
        "alipay_open_public_message_query_response": {
            "code": "40002",
            "msg": "Invalid Arguments",
            "sub_code": "isv.invalid-app-id",
            "sub_msg": "无效的AppID参数",
        }
    }


# --- Douyin ---------------------------------------------------------------------------------------------------------


def test_douyin_userinfo_with_the_official_sdks_header(http: TestClient) -> None:
    found = douyin_credentials("dongcheng")
    answer = http.post(
        "/douyin/oauth/userinfo/",
        data={"open_id": found["open_id"]},
        headers={"access_token": found["access_token"], "x-from": "openapi-sdk"},
    ).json()
    assert (answer["data"]["error_code"], answer["data"]["nickname"]) == (0, "东城")


# --- WeChat ---------------------------------------------------------------------------------------------------------


def test_wechat_temporary_media(http: TestClient, wechat, jpeg: bytes, advance) -> None:
    kept = wechat.upload("/cgi-bin/media/upload", jpeg, type="image")
    assert (kept["type"], kept["created_at"]) == ("image", 1_780_653_600)
    query = {"access_token": wechat.token, "media_id": kept["media_id"]}
    shown = http.get("/wechat/cgi-bin/media/get", params=query)
    assert (shown.content, shown.headers["content-type"]) == (jpeg, "image/jpeg")
    assert "cover.jpg" in shown.headers["content-disposition"]
    assert set(wechat.upload("/cgi-bin/media/upload", jpeg, type="thumb")) == {"type", "thumb_media_id", "created_at"}
    advance(seconds=3 * 86_400)
    query["access_token"] = wechat.login()["access_token"]
    assert http.get("/wechat/cgi-bin/media/get", params=query).json()["errcode"] == 40007


def test_wechat_temporary_films_are_told_by_address(http: TestClient, wechat, wechat_daily, make_film) -> None:
    film = make_film()
    media_id = wechat.upload("/cgi-bin/media/upload", film, type="video")["media_id"]

    def get(token: str) -> dict[str, Any]:
        return http.get("/wechat/cgi-bin/media/get", params={"access_token": token, "media_id": media_id}).json()

    assert http.get(get(wechat.token)["video_url"]).content == film
    assert get(wechat_daily.token)["errcode"] == 40007


@pytest.mark.parametrize("place", ["form", "query"])
def test_wechat_films_for_good(http: TestClient, wechat, make_film, place: str) -> None:
    # The documents want the description in the form, as co-wechat-api does it; wechatpy puts it into the query.
    told = json.dumps({"title": "集锦", "introduction": "三比二"}, ensure_ascii=False)
    query = {"access_token": wechat.token, "type": "video", **({"description": told} if place == "query" else {})}
    kept = http.post(
        "/wechat/cgi-bin/material/add_material",
        params=query,
        data={"description": told} if place == "form" else None,
        files={"media": ("a.mp4", make_film(), "video/mp4")},
    ).json()
    assert set(kept) == {"media_id", "item"}
    shown = wechat.post("/cgi-bin/material/get_material", {"media_id": kept["media_id"]})
    assert (shown["title"], shown["description"]) == ("集锦", "三比二")
    assert http.get(shown["down_url"]).content == make_film()
    assert wechat.post("/cgi-bin/material/batchget_material", {"type": "video"})["item"][0]["media_id"]
    counted = {"voice_count": 0, "video_count": 1, "image_count": 0, "news_count": 0}
    assert wechat.get("/cgi-bin/material/get_materialcount") == counted
    article = {"title": "题", "content": "文", "thumb_media_id": kept["media_id"]}
    assert wechat.post("/cgi-bin/draft/add", {"articles": [article]})["errcode"] == 40007


def test_wechat_pictures_and_voices_for_good(http: TestClient, wechat, jpeg: bytes) -> None:
    add, get = "/cgi-bin/material/add_material", "/wechat/cgi-bin/material/get_material"
    for data, kind in ((jpeg, "image"), (AMR, "voice"), (b"ID3" + bytes(50), "voice"), (b"\xff\xfb" + AMR, "voice")):
        body = json.dumps({"media_id": wechat.upload(add, data, type=kind)["media_id"]})
        assert http.post(get, params={"access_token": wechat.token}, content=body).content == data
    assert wechat.get("/cgi-bin/material/get_materialcount")["voice_count"] == 3
    assert wechat.post("/cgi-bin/material/get_material", {"media_id": "nothing"})["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("video", b"no film", 40005),
        ("voice", b"no sound", 40005),
        ("voice", AMR + bytes(2 * 1024 * 1024), 40010),
        ("video", bytes(10 * 1024 * 1024 + 1), 40011),
        ("thumb", bytes(64 * 1024 + 1), 40012),
        ("film", b"x", 40004),
    ],
)
def test_wechat_refuses_what_is_no_medium(wechat, kind: str, data: bytes, expected: int) -> None:
    assert wechat.upload("/cgi-bin/media/upload", data, type=kind)["errcode"] == expected
    if kind != "video":
        assert wechat.upload("/cgi-bin/material/add_material", data, type=kind)["errcode"] == expected


def test_wechat_films_need_a_description(wechat, make_film) -> None:
    add = "/cgi-bin/material/add_material"
    assert wechat.upload(add, make_film(), type="video")["errcode"] == 47001
    assert wechat.upload(add, make_film(), type="video", description="[]")["errcode"] == 47001


def test_wechat_readership_adds_up(wechat_daily, advance) -> None:
    wechat_daily.publish("头条", "二条")
    advance(days=2)
    wechat_daily.token = wechat_daily.login()["access_token"]

    def ask(name: str, begin: str, end: str) -> Any:
        return wechat_daily.post(f"/datacube/{name}", {"begin_date": begin, "end_date": end})

    first, second = "2026-06-05", "2026-06-06"
    rows = ask("getuserread", first, second)["list"]
    articles = [*ask("getarticlesummary", first, first)["list"], *ask("getarticlesummary", second, second)["list"]]
    for field in ("int_page_read_user", "int_page_read_count", "share_user", "add_to_fav_user"):
        every = sum(row[field] for row in rows if row["user_source"] == 99_999_999)
        assert every == sum(article[field] for article in articles) > 0
        if field.startswith("int"):
            assert every == sum(row[field] for row in rows if row["user_source"] != 99_999_999)
    hours = ask("getuserreadhour", first, first)["list"]
    assert min(row["ref_hour"] for row in hours) == 1800
    day = next(row for row in rows if (row["ref_date"], row["user_source"]) == (first, 99_999_999))
    assert day["int_page_read_user"] == sum(
        row["int_page_read_user"] for row in hours if row["user_source"] == 99_999_999
    )
    shares = ask("getusershare", first, second)["list"]
    assert {row["share_scene"] for row in shares} <= {1, 2, 255}
    assert sum(row["share_user"] for row in shares) == sum(article["share_user"] for article in articles)
    assert sum(row["share_count"] for row in ask("getusersharehour", first, first)["list"]) == sum(
        row["share_count"] for row in shares if row["ref_date"] == first
    )


def test_wechat_followers_add_up(wechat_daily, advance) -> None:
    advance(days=10)
    wechat_daily.token = wechat_daily.login()["access_token"]
    span = {"begin_date": "2026-06-06", "end_date": "2026-06-12"}
    totals = [row["cumulate_user"] for row in wechat_daily.post("/datacube/getusercumulate", span)["list"]]
    moves = wechat_daily.post("/datacube/getusersummary", span)["list"]
    assert len(totals) == 7
    grown = sum(row["new_user"] - row["cancel_user"] for row in moves if row["ref_date"] > "2026-06-06")
    assert totals[-1] - totals[0] == grown > 0
    longer = {"begin_date": "2026-06-05", "end_date": "2026-06-12"}
    assert wechat_daily.post("/datacube/getusersummary", longer)["errcode"] == 61501


def test_wechat_address_lists(wechat) -> None:
    for name in ("getcallbackip", "get_api_domain_ip"):
        assert wechat.get(f"/cgi-bin/{name}")["ip_list"] == ["127.0.0.1"]
    wechat.token = "nonsense"
    assert wechat.get("/cgi-bin/getcallbackip")["errcode"] == 40014


# --- Weibo ----------------------------------------------------------------------------------------------------------


def test_weibo_says_whose_token_it_is(weibo) -> None:
    assert weibo.get("account/get_uid").json() == {"uid": weibo.credentials["uid"]}


def test_weibo_short_names(weibo) -> None:
    posted = weibo.share("到此一游 http://rongmei.example/1").json()
    mid = weibo.get("statuses/querymid", id=posted["id"], type=1).json()["mid"]
    signs = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    groups = [mid[max(end - 4, 0) : end] for end in range(len(mid), 0, -4)]
    back = 0
    for group in reversed(groups):
        part = 0
        for sign in group:
            part = part * 62 + signs.index(sign)
        back = back * 10_000_000 + part
    assert back == posted["id"]
    assert weibo.get("statuses/querymid", id=1).json()["error_code"] == 20101
    assert weibo.get("statuses/querymid", id=posted["id"], type=2).json()["error_code"] == 10017


def test_weibo_takes_sinaweibopys_handmade_multipart(weibo, jpeg: bytes) -> None:
    mark = b"----------0x19aa5d1c3f2"
    parts = []
    for name, value in (("access_token", weibo.token), ("status", "有图 http://rongmei.example/1"), ("rip", "::1")):
        parts += [b"--" + mark, f'Content-Disposition: form-data; name="{name}"\r\n'.encode(), value.encode()]
    parts += [
        b"--" + mark,
        b'Content-Disposition: form-data; name="pic"; filename="hidden"',
        b"Content-Length: %d" % len(jpeg),
        b"Content-Type: application/octet-stream\r\n",
        jpeg,
        b"--" + mark + b"--\r\n",
    ]
    headers = {"Content-Type": f"multipart/form-data; boundary={mark.decode()}"}
    posted = weibo.http.post("/weibo/2/statuses/share.json", content=b"\r\n".join(parts), headers=headers).json()
    assert weibo.http.get(posted["original_pic"]).content == jpeg


# --- WordPress ------------------------------------------------------------------------------------------------------


def _ids(answer: Any) -> list[int]:
    return [post["id"] for post in answer.json()]


def test_wordpress_reads_phps_arrays(http: TestClient, wordpress) -> None:
    one, two = wordpress.post(title="一"), wordpress.post(title="二", status="draft")
    # wpapi writes lists so, in the query; other clients in the form.
    lists = "status[]=draft&status[]=publish&exclude[]=" + str(one["id"])
    assert _ids(wordpress.call("GET", f"/posts?{lists}")) == [two["id"]]
    assert _ids(wordpress.call("GET", "/posts?status[0]=draft&status[1]=publish")) == [two["id"], one["id"]]
    form = {"title": "三", "categories[]": ["1", "7"], "status": "publish"}
    assert wordpress.call("POST", "/posts", data=form).json()["categories"] == [1, 7]


def test_wordpress_filters_and_orders(wordpress) -> None:
    pinned = wordpress.post(title="置顶", sticky=True, categories=[5], tags=[6], slug="b")["id"]
    other = wordpress.post(title="平常", slug="a")["id"]

    def found(**query: Any) -> list[int]:
        return _ids(wordpress.call("GET", "/posts", params=query))

    assert found(sticky="true") == [pinned]
    assert found(sticky="false") == [other]
    assert found(categories_exclude=5) == found(tags_exclude="6,9") == [other]
    assert found(author=1) == [other, pinned]
    assert found(author=2) == found(author_exclude=1) == []
    assert found(include=f"{pinned},{other}", orderby="include") == [pinned, other]
    assert found(slug="b,a", orderby="include_slugs") == [pinned, other]
    assert found(search="置顶", orderby="relevance") == [pinned]
    assert wordpress.call("GET", "/posts", params={"orderby": "relevance"}).json()["code"] == "rest_invalid_param"


def test_wordpress_deletions_hidden_in_a_post(wordpress, published, jpeg: bytes) -> None:
    # @wordpress/api-fetch never sends PUT or DELETE.
    post = wordpress.post(title="一")["id"]

    def override(method: str, path: str, **more: Any) -> Any:
        return wordpress.call("POST", path, headers={"X-HTTP-Method-Override": method}, **more).json()

    assert override("PUT", f"/posts/{post}", json={"title": "改"})["title"]["raw"] == "改"
    assert override("DELETE", f"/posts/{post}?force=true")["deleted"] is True
    assert published()[0]["deleted"] is True
    upload = {"content": jpeg, "headers": {"Content-Disposition": 'attachment; filename="a.jpg"'}}
    media = wordpress.call("POST", "/media", **upload).json()["id"]
    assert override("DELETE", f"/media/{media}?force=true")["deleted"] is True
    tag = wordpress.call("POST", "/tags", json={"name": "东城"}).json()["id"]
    assert wordpress.call("POST", f"/tags/{tag}?_method=DELETE&force=true").json()["deleted"] is True


def test_wordpress_without_pretty_addresses(http: TestClient, wordpress) -> None:
    post = wordpress.post(title="一")["id"]
    shown = http.get("/wordpress/", params={"rest_route": f"/wp/v2/posts/{post}"}, auth=wordpress.auth)
    assert shown.json()["id"] == post
    made = http.post("/wordpress/index.php?rest_route=/wp/v2/posts", json={"title": "二"}, auth=wordpress.auth)
    assert made.status_code == 201


def test_wordpress_can_be_discovered(http: TestClient, wordpress) -> None:
    post = wordpress.post(title="<b>一</b>", content="<p>文</p>")
    home = http.get("/wordpress/")
    assert "&lt;b&gt;一&lt;/b&gt;" in home.text
    assert home.headers["link"] == '<http://sandbox.test/wordpress/wp-json/>; rel="https://api.w.org/"'
    assert http.get(post["link"]).headers["link"] == home.headers["link"]
    assert http.get(post["guid"]["rendered"]).url == post["link"]
    routes = http.get("/wordpress/wp-json/").json()["routes"]
    assert routes["/wp/v2/posts"]["methods"] == ["GET", "POST"]
    item = routes[r"/wp/v2/posts/(?P<id>[\d]+)"]
    assert item["namespace"] == "wp/v2"
    assert {method for endpoint in item["endpoints"] for method in endpoint["methods"]} == {
        "DELETE", "GET", "PATCH", "POST", "PUT",
    }  # fmt: skip


def test_wordpress_users(http: TestClient, wordpress) -> None:
    assert [user["name"] for user in wordpress.call("GET", "/users").json()] == ["东城"]
    assert wordpress.call("GET", "/users/1").json()["slug"] == "dongcheng"
    assert wordpress.call("GET", "/users/2").json()["code"] == "rest_user_invalid_id"
    public = http.get(f"{WORDPRESS}/users/1", params={"context": "edit"}).json()
    assert "username" not in public
    assert public["slug"] != "dongcheng"


def test_wordpress_lays_in_what_a_post_points_at(http: TestClient, wordpress, jpeg: bytes) -> None:
    upload = {"content": jpeg, "headers": {"Content-Disposition": 'attachment; filename="a.jpg"'}}
    cover = wordpress.call("POST", "/media", **upload).json()
    tag = wordpress.call("POST", "/tags", json={"name": "东城"}).json()["id"]
    post = wordpress.post(title="一", featured_media=cover["id"], tags=[tag])
    assert post["_links"]["wp:featuredmedia"][0]["href"].endswith(f"/media/{cover['id']}")
    assert "_embedded" not in post
    path = f"/posts/{post['id']}"
    laid_in = wordpress.call("GET", path, params={"_embed": ""}).json()["_embedded"]
    assert laid_in["author"][0]["name"] == "东城"
    assert laid_in["wp:featuredmedia"][0]["source_url"] == cover["source_url"]
    assert [[term["name"] for term in terms] for terms in laid_in["wp:term"]] == [["未分类"], ["东城"]]
    only = wordpress.call("GET", "/posts", params={"_embed": "author"}).json()[0]["_embedded"]
    assert list(only) == ["author"]
    assert set(wordpress.call("GET", f"{path}?_embed[]=author&_embed[]=wp:term").json()["_embedded"]) == {
        "author",
        "wp:term",
    }
    public = http.get(f"{WORDPRESS}{path}", params={"_embed": "1"}).json()["_embedded"]
    assert "username" not in public["author"][0]


def test_wordpress_media_say_all_that_clients_look_for(wordpress, jpeg: bytes) -> None:
    upload = {"content": jpeg, "headers": {"Content-Disposition": 'attachment; filename="a.jpg"'}}
    made = wordpress.call("POST", "/media", **upload).json()
    assert made["guid"] == {"rendered": made["source_url"], "raw": made["source_url"]}
    full = made["media_details"]["sizes"]["full"]
    assert (full["width"], full["height"], full["source_url"]) == (40, 30, made["source_url"])
    seen = wordpress.call("GET", f"/media/{made['id']}").json()
    assert seen["title"] == {"rendered": "a"}
    assert "modified_gmt" in seen


def test_wordpress_texts_of_another_kind(wordpress) -> None:
    post = wordpress.post(title="原题", content="文")["id"]
    kept = wordpress.call("POST", f"/posts/{post}", json={"title": {"rendered": "改"}, "content": ["x"]}).json()
    assert (kept["title"]["raw"], kept["content"]["raw"]) == ("原题", "文")
    assert wordpress.call("POST", "/posts", json={"title": {"rendered": "x"}}).json()["code"] == "empty_content"
    refused = wordpress.call("POST", "/tags", json={"name": {"name": "x"}}).json()
    assert (refused["code"], refused["data"]["params"]["name"]) == ("rest_invalid_param", "name is not of type string.")

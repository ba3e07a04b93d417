"""The sandbox's own interface: clock, health, published, calls, hot boards, feeds and the overview page."""

from __future__ import annotations

from pathlib import Path

import feedparser
from fastapi.testclient import TestClient

from sandbox.app import create_app, open_world
from sandbox.platforms import PLATFORMS
from sandbox.rehearsal import feed_items, hot_board
from sandbox.seed import build_seed, load_seed


def test_clock_goes_forward_only(http: TestClient) -> None:
    assert http.get("/_sandbox/clock").json() == {
        "now": "2026-06-05T10:00:00+00:00",
        "offset_seconds": 0.0,
        "rate": 1.0,
    }
    moved = http.post("/_sandbox/clock", json={"advance_seconds": 90}).json()
    assert moved["now"] == "2026-06-05T10:01:30+00:00"
    assert moved["offset_seconds"] == 90
    assert (
        http.post("/_sandbox/clock", json={"set": "2026-06-06T00:00:00+08:00"})
        .json()["now"]
        .startswith("2026-06-05T16:00:00")
    )
    assert http.post("/_sandbox/clock", json={"advance_seconds": -1}).status_code == 409
    assert http.post("/_sandbox/clock", json={"set": "2026-06-05T15:59:59Z"}).status_code == 409
    assert http.post("/_sandbox/clock", json={}).status_code == 422
    assert http.post("/_sandbox/clock", json={"set": "2026-06-07T00:00:00"}).status_code == 422
    assert http.post("/_sandbox/clock", content=b'{"advance_seconds": 1e999}').status_code == 422
    assert http.post("/_sandbox/clock", json={"set": "9999-12-31T23:59:59Z"}).json()["now"].startswith("2200-01-01")


def test_every_answer_is_dated_by_the_sandbox(http: TestClient) -> None:
    http.post("/_sandbox/clock", json={"set": "2026-06-06T11:30:00Z"})
    for path in ("/_sandbox/health", "/wechat/nowhere", "/weibo/2/nothing.json", "/"):
        assert http.get(path).headers["date"] == "Sat, 06 Jun 2026 11:30:00 GMT"


def test_clock_and_rate_survive_a_restart(tmp_path: Path) -> None:
    wall = {"now": 1_000_000.0}
    first = open_world(tmp_path, wall=lambda: wall["now"])
    TestClient(create_app(first)).post("/_sandbox/clock", json={"advance_seconds": 3600, "rate": 60})
    first.store.close()
    wall["now"] += 10
    second = open_world(tmp_path, wall=lambda: wall["now"])
    assert second.clock.now() == 1_000_000 + 3600 + 600
    wall["now"] -= 500
    assert second.clock.now() == 1_000_000 + 3600
    second.store.close()


def test_health_and_calls(http: TestClient, wordpress) -> None:
    assert http.get("/_sandbox/health").json() == {"status": "ok"}
    wordpress.call("GET", "/posts/1")
    wordpress.call("GET", "/posts/2")
    assert http.get("/_sandbox/calls").json() == [
        {
            "platform": "wordpress",
            "method": "GET",
            "path": "/wp-json/wp/v2/posts/{id}",
            "account": "dongcheng",
            "count": 2,
        }
    ]


def test_published_filters(http: TestClient, weibo, wordpress, advance, published) -> None:
    weibo.share("开赛 http://rongmei.example/1")
    advance(hours=1)
    wordpress.post(title="战报", content="<p>三比二</p>")
    assert [row["platform"] for row in published()] == ["wordpress", "weibo"]
    assert [row["platform"] for row in published(since="2026-06-05T10:30:00Z")] == ["wordpress"]
    assert [row["account"] for row in published(platform="weibo", account="dongcheng")] == ["dongcheng"]
    assert published(account="humen") == []
    row = published(platform="wordpress")[0]
    assert http.get(row["url"]).status_code == 200
    assert row["requests"] == 1
    assert len(row["sha256"]) == 64


def test_overview_is_escaped(http: TestClient, wordpress) -> None:
    assert "还没有任何内容" in http.get("/").text
    wordpress.post(title="<script>alert(1)</script>", content="x")
    page = http.get("/")
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_hot_board_has_fifty_entries_and_cunchao(http: TestClient, advance) -> None:
    first = http.get("/_sandbox/hot/weibo").json()
    assert first["ok"] == 1
    rows = first["data"]["realtime"]
    assert [row["rank"] for row in rows] == list(range(50))
    assert any("村超" in row["word"] for row in rows)
    assert all(row["num"] > 0 and row["category"] for row in rows)
    assert http.get("/_sandbox/hot/weibo").json() == first
    advance(hours=1)
    assert http.get("/_sandbox/hot/weibo").json() != first
    assert http.get("/_sandbox/hot/none").status_code == 404


def test_every_hour_of_a_week_has_cunchao_topics() -> None:
    for hour in range(24 * 7):
        rows = hot_board("weibo", 1_780_000_000 + 3600 * hour)["data"]["realtime"]
        assert len({row["word"] for row in rows}) == 50
        assert sum("村超" in row["word"] for row in rows) >= 1


def test_feeds_are_rss(http: TestClient, advance) -> None:
    url = "/_sandbox/feeds/humen.xml"
    parsed = feedparser.parse(http.get(url).content)
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert 6 <= len(parsed.entries) <= 15
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)
    assert "虎门" in http.get(parsed.entries[0].link).text
    advance(days=1)
    later = feedparser.parse(http.get(url).content)
    assert {entry.id for entry in later.entries} - {entry.id for entry in parsed.entries}
    assert http.get("/_sandbox/feeds/nowhere.xml").status_code == 404
    assert http.get("/_sandbox/feeds/humen/2099-01-01-1").status_code == 404


def test_some_feed_of_the_cluster_is_about_cunchao_each_day() -> None:
    titles = [item["title"] for outlet in load_seed().outlets for item in feed_items(outlet, 1_780_700_000)]
    assert sum("村超" in title for title in titles) >= 10


def test_credentials_are_listed_by_account_and_open_the_platform(http: TestClient) -> None:
    listed = http.get("/_sandbox/credentials").json()
    mine = listed["dongcheng/wordpress"]
    assert {key.split("/")[1] for key in listed} == {platform.name for platform in PLATFORMS}
    answer = http.get(f"{mine['base_url']}/wp-json/wp/v2/users/me", auth=(mine["username"], mine["password"]))
    assert answer.status_code == 200


def test_links_lead_to_the_public_address_and_the_interface_to_where_it_was_reached(tmp_path: Path) -> None:
    seed = build_seed({"derive": True, "ids": [{"id": "humen", "name": "虎门", "followers": 20_000}]})
    world = open_world(tmp_path, seed, public_url="http://127.0.0.1:8600/")
    http = TestClient(create_app(world), base_url="http://sandbox:8600")
    listed = http.get("/_sandbox/credentials").json()
    mine, token = listed["humen/wordpress"], listed["humen/weibo"]["access_token"]
    post = {"status": "publish", "title": "战报", "content": "<p>三比二</p>"}
    auth = (mine["username"], mine["password"])
    link = http.post(f"{mine['base_url']}/wp-json/wp/v2/posts", auth=auth, json=post).json()["link"]
    for address in (link, "http://sandbox:8600/wordpress/"):
        status = {"access_token": token, "status": f"战报 {address}", "rip": "127.0.0.1"}
        world.clock.move(to=world.clock.now() + 3600)
        assert http.post(f"{listed['humen/weibo']['base_url']}/2/statuses/share.json", data=status).status_code == 200
    links = [row["url"] for row in http.get("/_sandbox/published").json()]
    links += [entry.link for entry in feedparser.parse(http.get("/_sandbox/feeds/humen.xml").content).entries]
    world.store.close()
    assert link in links
    assert {address.split("/")[2] for address in links} == {"127.0.0.1:8600"}
    assert listed["humen/weibo"]["pages_url"] == "http://127.0.0.1:8600/weibo"
    assert listed["humen/weibo"]["safe_domain"] == "http://127.0.0.1:8600/"
    assert {account["base_url"].split("/")[2] for account in listed.values()} == {"sandbox:8600"}

"""WordPress against the real wire: column and tags, a correction in place, the trash, and none."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from rongmei.channels import Progress
from rongmei.channels.platforms.wordpress import WordpressChannel
from sandbox.platforms.wordpress.base import WordPressLimits

pytestmark = pytest.mark.net


def site(line: Any, path: str) -> Any:
    auth = (line.credential.fields["username"], line.credential.fields["password"])
    return requests.get(f"{line.client.base_url}/wp-json/wp/v2{path}", auth=auth, timeout=5).json()


def test_a_post_from_draft_to_trash(stand_in, story, picture):
    channel = WordpressChannel()
    line = stand_in.line(channel)
    article = story(column="赛场直击", tags=("村超", "R&B 之夜"), pictures=(picture(),))
    post = stand_in.publish(channel, line, article)
    assert (post.state, post.why) == ("live", "")
    shown = site(line, f"/posts/{post.posted.external_id}")
    assert [term["name"] for term in site(line, f"/categories?include={shown['categories'][0]}")] == ["赛场直击"]
    assert len(shown["tags"]) == 2
    assert shown["featured_media"]

    # Another line finds the terms that this one made.
    other = stand_in.publish(channel, stand_in.line(channel), story(fingerprint="rmother", tags=("R&B 之夜", "村超")))
    assert set(site(line, f"/posts/{other.posted.external_id}")["tags"]) == set(shown["tags"])

    corrected = story(title="更正：比分是二比二", html="<p>更正后的正文。</p>", text="更正后的正文。", tags=("更正",))
    for _ in range(2):
        answer = channel.correct(line, post.posted, corrected, Progress({}, lambda _: None))
        assert (answer.external_id, answer.url, answer.live) == (post.posted.external_id, post.posted.url, True)
    page = requests.get(post.posted.url, timeout=5).text
    assert "更正：比分是二比二" in page
    assert "东城队昨晚获胜" not in page
    now = site(line, f"/posts/{post.posted.external_id}")
    assert (now["slug"], now["date"], now["categories"]) == (article.fingerprint, shown["date"], shown["categories"])
    assert (len(now["tags"]), now["featured_media"]) == (1, 0)

    assert channel.is_gone(line, post.posted) is False
    assert channel.recall(line, post.posted).how == "hidden"
    assert channel.is_gone(line, post.posted) is True
    assert requests.get(post.posted.url, timeout=5).status_code == 404
    assert "已经在回收站" in channel.recall(line, post.posted).said
    assert channel.is_gone(line, other.posted) is False


def test_a_site_without_a_trash_keeps_what_was_taken_down(stand_in, story, monkeypatch):
    monkeypatch.setitem(stand_in.world._limits, WordPressLimits, WordPressLimits(trash=False))
    channel = WordpressChannel()
    line = stand_in.line(channel)
    posted = stand_in.publish(channel, line, story()).posted
    for _ in range(2):
        assert channel.recall(line, posted).said.startswith("网站没有回收站，已改回草稿")
        assert channel.is_gone(line, posted) is True
    assert requests.get(posted.url, timeout=5).status_code == 404
    # An editor can bring it back.
    assert site(line, f"/posts/{posted.external_id}?context=edit")["status"] == "draft"

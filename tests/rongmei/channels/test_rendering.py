"""Markdown to HTML: hostile text stays text, pictures are the story's own, the label is there."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import AI_LABEL, rendering
from rongmei.channels.base import Clip, Picture, ServiceCard
from rongmei.ledger import Media, StoryMedia, StoryVersion

SHA = "a" * 64
OTHER = "b" * 64
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
PICTURE = Picture(SHA, Path("x"), "body", "球场 1.jpg", alt="夜色", credit="陈策")


def version(**changes):
    values = {
        "title": "标题",
        "author": "记者",
        "digest": "",
        "body": "正文",
        "tags": ["村超"],
        "ai_generated": False,
        "content_hash": "c" * 64,
    }
    return StoryVersion(**{**values, **changes})


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[点我](javascript:alert(1))",
        "![x](https://evil.example/pixel.gif)",
        "![x](data:image/png;base64,AAAA)",
        "</a><a href='https://evil.example'>",
        "[x](vbscript:x)",
    ],
)
def test_hostile_text_does_nothing(text):
    made = rendering.body_html(text, [])
    assert "<script" not in made
    assert "<img" not in made
    assert "javascript:" not in made.replace("(javascript:alert(1))", "")
    assert 'href="' not in made


@given(st.text(max_size=200))
def test_no_text_makes_a_script_or_a_foreign_picture(text):
    made = rendering.body_html(text, [PICTURE])
    assert "<script" not in made
    assert all(f'src="rongmei:{SHA}"' in image for image in made.split("<img")[1:])


@pytest.mark.parametrize("source", ["<球场 1.jpg>", "%E7%90%83%E5%9C%BA%201.jpg", "图/球场%201.jpg", SHA])
def test_pictures_are_found_by_name(source):
    made = rendering.body_html(f"开头\n\n![赛后]({source})\n\n结尾", [PICTURE])
    assert made.count(f'src="rongmei:{SHA}"') == 1
    assert made.index("开头") < made.index("<img") < made.index("结尾")
    assert "赛后（图/陈策）" in made


def test_pictures_nobody_placed_follow_the_text_but_the_cover_does_not():
    cover = Picture(OTHER, Path("y"), "cover", "封面.jpg")
    made = rendering.body_html("正文", [cover, PICTURE])
    assert made.endswith("</p>")
    assert f"rongmei:{SHA}" in made
    assert OTHER not in made


def test_addresses_are_put_in_and_escaped():
    made = rendering.body_html("![x](球场%201.jpg)", [PICTURE])
    shown = rendering.place_pictures(made, {SHA: 'https://x.example/a?b=1&c="2'})
    assert 'src="https://x.example/a?b=1&amp;c=&quot;2"' in shown
    assert "<img" not in rendering.place_pictures(made, {})


def test_links_can_be_taken_out():
    made = rendering.body_html("看[这里](https://a.example)和表格\n\n|a|b|\n|-|-|\n|1|2|", [])
    assert '<a href="https://a.example"' in made
    bare = rendering.without_links(made)
    assert "<a" not in bare
    assert "这里" in bare
    assert "<table>" in bare


def test_article_from_a_version(tmp_path):
    use = StoryMedia(sha256=SHA, role="body", position=0, name="球场 1.jpg", alt="夜色", credit="")
    made = rendering.article(
        version(body="# 大标题\n\n第一段\n第二行", media=[use], title=" 多\n行 "),
        tmp_path,
        fingerprint="rm1",
        author="日报",
    )
    assert made.title == "多 行"
    assert made.text.startswith("大标题 第一段 第二行")
    assert made.digest == made.text[:54]
    assert made.author == "记者"
    assert made.pictures[0].path == tmp_path / SHA
    assert AI_LABEL not in made.html


def test_the_outlet_signs_for_nobody_and_machines_are_named(tmp_path):
    made = rendering.article(version(author=" ", ai_generated=True), tmp_path, fingerprint="rm1", author="日报")
    assert made.author == "日报"
    assert AI_LABEL in made.html
    assert AI_LABEL not in made.text


def test_what_the_version_says_beside_its_text_is_in_the_article(tmp_path):
    film = Media(sha256=OTHER, content_type="video/mp4", size_bytes=9, width=360, height=640, seconds=4.0)
    told = version(
        story_id=17,
        number=2,
        filed_at=NOW,
        extras={
            "place": "东城\n体育公园",
            "source": "东城融媒",
            "titles": {"weibo": "夺\n冠"},
            "card": {"title": "预约\u202e", "link": "alipays://platformapi/startapp?appId=1", "benefit": "领票"},
        },
        media=[
            StoryMedia(sha256=SHA, role="body", position=0, name="a.jpg", alt="夜色", credit=""),
            StoryMedia(sha256=OTHER, role="video", position=1, name="a.mp4", alt="", credit="李四", file=film),
        ],
    )
    made = rendering.article(
        told, tmp_path, fingerprint="rm1", author="日报", outlet="东城融媒", column="战报", signed_by=("林初", "王终")
    )
    assert (made.guid, made.version, made.filed_at) == ("rongmei:story:17", 2, NOW)
    assert (made.outlet, made.column, made.signed_by) == ("东城融媒", "战报", ("林初", "王终"))
    assert (made.place, made.source) == ("东城 体育公园", "东城融媒")
    assert (made.title_for("weibo"), made.title_for("wechat")) == ("夺 冠", "标题")
    assert made.card == ServiceCard("预约", "alipays://platformapi/startapp?appId=1", "领票")
    assert made.videos == (Clip(OTHER, tmp_path / OTHER, "a.mp4", "video/mp4", 9, 4.0, 360, 640, "李四"),)
    assert [picture.sha256 for picture in made.pictures] == [SHA]
    assert OTHER not in made.html


def test_a_version_that_says_nothing_beside_its_text(tmp_path):
    made = rendering.article(version(story_id=1), tmp_path, fingerprint="rm1", author="日报")
    assert (made.place, made.source, made.titles, made.videos, made.card) == ("", "", {}, (), None)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "x", ""])
def test_a_card_that_would_lead_astray_is_left_out(tmp_path, link):
    told = version(story_id=1, extras={"card": {"title": "预约", "link": link}})
    assert rendering.article(told, tmp_path, fingerprint="rm1", author="日报").card is None


def test_fingerprints_are_stable_and_different():
    base = {"edition": "cunchao/2026-06-06", "story_id": 1, "content_hash": "c" * 64, "account": "daily/wechat"}
    made = rendering.fingerprint(**base)
    assert len(made) == 20
    assert made == rendering.fingerprint(**base)
    others = {
        rendering.fingerprint(**{**base, **change})
        for change in (
            {"edition": "cunchao/2026-06-06/rehearsal"},
            {"story_id": 2},
            {"content_hash": "d" * 64},
            {"account": "daily/weibo"},
        )
    }
    assert len(others | {made}) == 5
    assert made.isascii()
    assert made.isalnum()

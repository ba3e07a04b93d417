"""The diff of two versions: what an editor reads, that it is right, bounded and harmless."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rongmei.errors import BadInput
from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories import story_diff
from rongmei.stories.diff import MAX_SHOWN, StoryDiff, compare
from rongmei.stories.extras import Card, Extras

PAGE = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
LINES = st.lists(st.text("东城南。，12ab *_|~`<>[]!", max_size=12), max_size=8).map("\n".join)


def version(number: int, body: str = "正文", **said: Any) -> StoryVersion:
    usual = {"title": "东城夺冠", "author": "张三", "digest": "", "column": "match", "tags": ["村超"], "extras": {}}
    return StoryVersion(story_id=3, number=number, body=body, ai_generated=False, media=[], **{**usual, **said})


def media(name: str, sha256: str, **said: str) -> StoryMedia:
    return StoryMedia(**{"role": "body", "name": name, "sha256": sha256, "alt": "", "credit": "", **said})


def diff(old: str, new: str) -> StoryDiff:
    return compare(version(1, old), version(2, new))


def told(made: StoryDiff) -> list[str]:
    return made.text().split("\n")[1:]


def test_words_are_told_apart_in_chinese() -> None:
    assert told(diff("东城队以二比一取胜，观众30000人。", "东城队以三比一取胜，观众32000人。")) == [
        "第 1 段 改动：东城队以[-二-]{+三+}比一取胜，观众[-30000-]{+32000+}人。"
    ]


def test_a_lone_word_between_two_changes_belongs_to_them() -> None:
    assert told(diff("他说了甲的乙。", "他说了丙的丁。")) == ["第 1 段 改动：他说了[-甲的乙-]{+丙的丁+}。"]


def test_paragraphs_are_aligned() -> None:
    old = "导语写得很好。\n\n第一段说比赛经过。\n\n第二段说球迷反应。\n\n最后一段。"
    new = "导语写得很好。\n\n新加的一段完全不同于其他。\n\n第一段说比赛全部经过。\n\n最后一段。"
    assert told(diff(old, new)) == [
        "第 2 段 新增：{+新加的一段完全不同于其他。+}",
        "第 3 段 改动：第一段说比赛{+全部+}经过。",
        "第 4 段 删去：[-第二段说球迷反应。-]",
    ]


def test_fields_and_media() -> None:
    card = Extras(place="东城", titles={"weibo": "夺冠"}, card=Card("预约", "https://a.example", "领票"))
    old = version(1, digest="一句话", column="match")
    new = version(2, title="东城3比1夺冠", digest="", column="people", extras=card.stored())
    old.media = [media("a.jpg", "1", alt="捧杯"), media("b.jpg", "2"), media("c.jpg", "3", credit="李四")]
    new.media = [media("a.jpg", "1", alt="东城队捧杯"), media("b.jpg", "4"), media("d.mp4", "5", role="video")]
    made = compare(old, new, columns={"match": "战报", "people": "人物"})
    assert told(made) == [
        "标题：东城{+3比1+}夺冠",
        "摘要：[-一句话-]",
        "栏目：[-战报-]{+人物+}",
        "地点：{+东城+}",
        "微博标题：{+夺冠+}",
        "服务卡：{+预约 领票 https://a.example+}",
        "图片 a.jpg 的说明：“捧杯”改为“东城队捧杯”",
        "换了图片 b.jpg",
        "新增视频 d.mp4",
        "删去图片 c.jpg（李四）",
    ]
    assert made.summary == "标题、摘要、栏目、地点、微博标题、服务卡有改动；图片、视频和音频 4 处"


def test_nothing_changed() -> None:
    made = diff("同样的话", "同样的话")
    assert (made.same, made.markdown()) == (True, ["- **与第 1 版相比**：没有改动"])


def test_the_page_marks_changes_next_to_punctuation() -> None:
    page = PAGE.render("\n".join(diff("他说“好”。", "他说，“很好”！").markdown()))
    assert "【<strong>，</strong>】" in page
    assert "〔<s>。</s>〕【<strong>！</strong>】" in page


def test_long_words_that_stayed_are_shortened() -> None:
    stayed = "".join(chr(0x4E00 + n) for n in range(300))
    line = diff(f"{stayed}甲{stayed}", f"{stayed}乙{stayed}").markdown()[-1]
    assert len(line) < 120
    assert "…" in line


def test_the_page_is_bounded_and_says_so() -> None:
    made = diff("\n".join(f"旧{n}" * 20 for n in range(900)), "\n".join(f"新{n * 7}" * 20 for n in range(900)))
    page = "\n".join(made.markdown())
    assert len(page) < 2 * MAX_SHOWN
    assert "段改动没有列出，全部改动见 rongmei stories diff 3" in page


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("的" * 50_000, "的" * 49_999),
        ("a\n" * 25_000, "b\n" * 25_000),
        ("东南" * 25_000, "西北" * 25_000),
        ("东。" * 25_000, "西。" * 25_000),
        ("东 " * 25_000, "东\t" * 25_000),
    ],
)
def test_the_longest_bodies_are_compared_in_time(old: str, new: str) -> None:
    began = time.process_time()
    diff(old, new).markdown()
    assert time.process_time() - began < 5


@given(LINES, LINES)
@settings(max_examples=150, deadline=None)
def test_both_versions_can_be_read_out_of_it_and_nothing_becomes_markup(old: str, new: str) -> None:
    made = diff(old, new)
    before, after = ([line.strip() for line in body.split("\n") if line.strip()] for body in (old, new))
    for line in made.lines:
        was = "".join(piece.text for piece in line.pieces if piece.op != "new")
        now = "".join(piece.text for piece in line.pieces if piece.op != "gone")
        assert was in before if line.what != "新增" else was == ""
        assert now in after if line.what != "删去" else now == ""
    assert (not made.lines) == (before == after)
    page = PAGE.parse("\n".join(made.markdown(limit=10**6)))
    kinds = {child.type for token in page for child in token.children or []}
    assert kinds <= {"text", "strong_open", "strong_close", "s_open", "s_close", "text_special", "softbreak"}


def test_hostile_words_are_escaped() -> None:
    page = PAGE.render(
        "\n".join(diff("<script>alert(1)</script> ![x](http://a.example)", "[x](javascript:1) | **a** |").markdown())
    )
    assert "<script" not in page
    assert "<img" not in page
    assert "<a " not in page


# ── of a story in the ledger ─────────────────────────────────────────────────────────────────────────────────────


def test_the_current_version_against_the_one_before(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.file(assignment, body=f"{body}赛后补记。")
    newsroom.file(assignment, body=f"{body}赛后又记。")
    assert told(story_diff(newsroom.ledger, story))[0].endswith("赛后[-补-]{+又+}记。")
    made = story_diff(newsroom.ledger, story, old=1, new=3)
    assert (made.old, made.new, made.summary) == (1, 3, "正文改动 1 段")
    backwards = story_diff(newsroom.ledger, story, old=3, new=1)
    assert "[-赛后又记。-]" in backwards.text()


def test_what_cannot_be_compared_is_told(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    with pytest.raises(BadInput, match="没有更早的可比"):
        story_diff(newsroom.ledger, story)
    with pytest.raises(BadInput, match="没有第 7 版。改法：有的版次：1"):
        story_diff(newsroom.ledger, story, old=7, new=1)
    with pytest.raises(BadInput, match="没有稿件 #99"):
        story_diff(newsroom.ledger, 99)
    assert story_diff(newsroom.ledger, story, old=1, new=1).same


def test_an_embargo_is_told_on_the_newsrooms_clock() -> None:
    new = version(2, extras=Extras(embargo=datetime(2026, 6, 6, 10, tzinfo=UTC)).stored())
    assert told(compare(version(1), new)) == ["解禁：{+2026年6月6日 18:00+}"]

"""A story's words in Bilibili's form and limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import (
    AI_LABEL,
    Article,
    Credential,
)
from rongmei.channels.captions import units
from rongmei.channels.platforms.bilibili import wording


def test_what_bilibili_would_refuse(channel, film, story, clip):
    credential = Credential("https://member.bilibili.com", {})
    assert channel.validate(film(), credential) == ()
    assert "没有视频" in channel.validate(story(), credential)[0]
    assert "80" in channel.validate(film(title="长" * 81), credential)[0]
    assert channel.validate(film(title="长" * 81, titles={"bilibili": "短"}), credential) == ()
    assert channel.validate(film(title="长" * 80), credential) == ()
    assert "5 小时" in channel.validate(film(videos=(clip(seconds=18_001.0),)), credential)[0]
    assert "4 GB" in channel.validate(film(videos=(clip(size_bytes=5 * 1024**3),)), credential)[0]
    assert "tid" in channel.validate(film(), Credential("https://x.example", {"tid": "社会"}))[0]


def test_the_description_keeps_what_stands_below_it(film):
    article = film(digest="长" * 400, ai_generated=True, link="https://daily.example/a/1", source="新华社")
    text = wording.description(article)
    assert units(text) <= wording.DESC_UNITS
    ending = f"…\n记者 林初\n来源：新华社\n全文：https://daily.example/a/1\n（{AI_LABEL}）"
    assert text.endswith(ending)
    assert wording.description(film(digest="短。")) == "短。\n记者 林初"


def test_a_digest_that_is_only_the_beginning_makes_room_for_the_text(film):
    assert wording.description(film(text="东城队昨晚获胜，三万人到场。", digest="东城队昨晚", author="")) == (
        "东城队昨晚获胜，三万人到场。"
    )


def test_an_endless_by_line_does_not_push_the_label_out(film):
    text = wording.description(film(author="记者" * 200, ai_generated=True))
    assert text == f"全场观众超过三万人。\n（{AI_LABEL}）"


@given(
    digest=st.text(max_size=400),
    author=st.text(max_size=60),
    ai=st.booleans(),
    emoji=st.sampled_from(["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301"]),
)
def test_no_description_is_too_long_or_ends_in_half_a_sign(digest, author, ai, emoji):
    article = Article("rm0", "题", author, digest + emoji * 120, "", "x", ai_generated=ai)
    text = wording.description(article)
    assert units(text) <= wording.DESC_UNITS
    assert (AI_LABEL in text) == ai or AI_LABEL in digest + author
    head = text.partition("…")[0]
    assert not head.endswith("\u200d")


def test_tags_fit_and_there_is_always_one(film):
    assert wording.tags(film(tags=("#村超#", "东 莞", "村超", "a,b", "长" * 21))) == ("村超", "东莞", "ab")
    many = wording.tags(film(tags=tuple(f"这是一个有二十个字的话题标签第{n:02}" for n in range(30))))
    assert len(many) <= wording.MAX_TAGS
    assert units(",".join(many)) <= wording.TAGS_UNITS
    assert wording.tags(film(tags=(), column="逐梦他乡", place="莞城")) == ("逐梦他乡", "莞城")
    assert wording.tags(film(tags=())) == ("新闻",)


def test_another_ones_work_is_declared_with_its_source(film):
    own = wording.submission(film(outlet="东城", source="东城"), cover="c", tid=1)
    assert (own["copyright"], own["no_reprint"]) == (1, 1)
    assert "source" not in own
    theirs = wording.submission(film(outlet="东城", source="新华社"), cover="c", tid=1)
    assert (theirs["copyright"], theirs["no_reprint"], theirs["source"]) == (2, 0, "新华社")


def test_the_preview_measures(channel, film):
    post = channel.render(film(), Credential("https://x.example", {}), {})
    assert (post.form, post.tags) == ("text", ("村超", "东莞"))
    assert [(measure.name, measure.limit) for measure in post.measures] == [("标题", 80), ("简介", 250), ("标签", 200)]

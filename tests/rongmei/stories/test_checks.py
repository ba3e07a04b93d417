"""预检: what is remarked on, and that only unlabelled AI content blocks."""

from __future__ import annotations

import pytest

from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories import blocking, check


def version(**parts: object) -> StoryVersion:
    given = {
        "title": "东城夺冠",
        "author": "张三",
        "digest": "摘要",
        "body": "东城队赢了。",
        "column": "match",
        "tags": [],
        "ai_generated": False,
        "media": [StoryMedia(role="body", position=0, name="a.jpg", alt="捧杯", credit="李四")],
    }
    return StoryVersion(**{**given, **parts})


def codes(found: StoryVersion, channels: tuple[str, ...] = ("wechat",)) -> set[str]:
    return {finding.code for finding in check(found, channels)}


def test_a_good_story_has_no_findings() -> None:
    assert codes(version()) == set()


def test_missing_fields_are_remarked_on() -> None:
    bare = version(digest="", author="", column=None, media=[])
    assert codes(bare) == {"no_digest", "no_author", "no_column", "no_picture", "wechat_cover"}
    assert not blocking(bare)


def test_limits_of_wechat_count_only_where_it_is_published_to() -> None:
    long = version(title="长" * 33, author="名" * 17, digest="摘" * 129)
    assert codes(long) == {"wechat_title", "wechat_author", "wechat_digest"}
    assert codes(long, ("weibo",)) == set()
    assert codes(version(title="长" * 32, author="名" * 16, digest="摘" * 128)) == set()


def test_pictures_without_credit_or_description_are_named() -> None:
    media = [StoryMedia(role="body", position=n, name=f"{n}.jpg", alt="", credit="") for n in range(7)]
    messages = [finding.message for finding in check(version(media=media), ())]
    assert messages == [
        "图片没有署名：0.jpg、1.jpg、2.jpg、3.jpg、4.jpg 等 7 张",
        "图片没有说明：0.jpg、1.jpg、2.jpg、3.jpg、4.jpg 等 7 张",
    ]


def test_a_video_is_no_picture_and_wants_a_credit() -> None:
    bare = StoryMedia(role="video", position=0, name="a.mp4", alt="", credit="")
    assert codes(version(media=[bare])) == {"no_picture", "wechat_cover", "no_video_credit"}
    [message] = [one.message for one in check(version(media=[bare]), ()) if one.code == "no_video_credit"]
    assert message == "视频没有署名：a.mp4"


def test_the_title_for_the_channel_counts() -> None:
    assert codes(version(title="长" * 33, extras={"titles": {"wechat": "短"}})) == set()
    assert codes(version(title="短", extras={"titles": {"wechat": "长" * 33}})) == {"wechat_title"}
    assert codes(version(title="短", extras={"titles": {"weibo": "长" * 33}})) == set()


def test_markup_that_will_not_work_is_remarked_on() -> None:
    assert "odd_markup" in codes(version(body="<script>x</script>"))


@pytest.mark.parametrize(
    "label",
    [
        "本文由人工智能生成。",
        "（AI生成）",
        "【 数字人播报 】",
        "AI 生成",
        "配图由AI绘制。",
        "以上内容使用大模型辅助创作",
    ],
)
def test_labelled_ai_content_passes(label: str) -> None:
    assert blocking(version(ai_generated=True, body=f"东城队赢了。\n\n{label}")) == ()


@pytest.mark.parametrize("body", ["东城队赢了。", "东城队赢了。![AI生成](a.jpg)", "我市发布人工智能规划。"])
def test_ai_content_without_a_label_in_the_text_is_blocked(body: str) -> None:
    assert [finding.code for finding in blocking(version(ai_generated=True, body=body))] == ["ai_unlabelled"]


@pytest.mark.parametrize(
    "parts",
    [
        {"body": "东城队赢了。\n\n本文由AI生成。"},
        {"media": [StoryMedia(role="body", position=0, name="a", alt="捧杯", credit="AI绘图")]},
        {"media": [StoryMedia(role="body", position=0, name="a", alt="Midjourney 生成的海报", credit="")]},
        {"media": [StoryMedia(role="video", position=0, name="a", alt="片头", credit="AI制作")]},
    ],
)
def test_ai_content_that_is_not_declared_is_blocked(parts: dict[str, object]) -> None:
    found = check(version(**parts), ())
    assert (found[0].code, found[0].blocks) == ("ai_undeclared", True)


@pytest.mark.parametrize(
    "body",
    [
        "我市出台人工智能生成合成内容标识办法，九月起施行。",
        "大会上，数字人亮相，人工智能企业签约。",
        "赛场启用 AI 裁判系统。",
    ],
)
def test_news_about_ai_is_not_taken_for_ai_content(body: str) -> None:
    assert blocking(version(body=body)) == ()

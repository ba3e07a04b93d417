"""The sheet a reviewer reads: its stories, its text, and who may decide."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from rongmei.errors import BadInput
from rongmei.stories import start_review
from rongmei.stories.pages import spoken_length


def test_the_first_sheet_hands_over_what_is_filed(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    sheet = newsroom.sheet("first_review")
    assert newsroom.story(story).state == "first_review"
    assert sheet.subject == "【初审】村超 2026-06-06 待审 1 篇"
    content_hash = newsroom.current(story).content_hash
    assert [asdict(item) for item in sheet.items] == [
        {
            "story_id": story,
            "content_hash": content_hash,
            "label": f"#{story} 东城融媒｜东城夺冠 [{content_hash[:8]}]",
            "blocked": False,
            "to_confirm": (),
        }
    ]
    assert sheet.reviewers == ("lin", "chen")
    assert f"| {story} | 一般 | 东城夺冠 | 东城融媒 | 张三 | 1 |" in sheet.body
    assert "没有摘要" in sheet.body
    assert newsroom.sheet("first_review") == sheet


def test_starting_twice_moves_once(newsroom: Any) -> None:
    newsroom.file(newsroom.assignment())
    assert start_review(newsroom.ledger, newsroom.plan, newsroom.key, now=newsroom.now) == 1
    assert start_review(newsroom.ledger, newsroom.plan, newsroom.key, now=newsroom.now) == 0


def test_an_empty_sheet(newsroom: Any) -> None:
    for stage, people in (("first_review", 2), ("second_review", 2), ("final_review", 2)):
        sheet = newsroom.sheet(stage)
        assert (sheet.items, len(sheet.reviewers)) == ((), people)
        assert "没有等待" in sheet.body


def test_an_unknown_stage(newsroom: Any) -> None:
    with pytest.raises(BadInput, match="没有审级"):
        newsroom.sheet("fourth_review")


def test_a_rehearsal_says_so(newsroom: Any) -> None:
    key = f"{newsroom.key}/rehearsal"
    newsroom.edition(key, rehearsal=True)
    assert replace(newsroom, key=key).sheet("first_review").subject.startswith("【彩排】【初审】")


def test_long_titles_and_texts_are_cut_with_a_note(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment(), body="很长的正文。" * 1000)
    sheet = newsroom.sheet("first_review")
    assert len(sheet.body) < 6_000
    assert "以上只是前 4000 字，后面还有 2000 字" in sheet.body
    assert newsroom.story(story).state == "first_review"


def test_nothing_a_story_says_becomes_markup(newsroom: Any, body: str) -> None:
    hostile = "<img src=x onerror=alert(1)> [点](https://evil.example) | # 伪造"
    assignment = newsroom.assignment()
    head = f"digest: '{hostile}'\ntags: ['{hostile[:28]}']"
    newsroom.file(assignment, head=head, body=f"{body}\n\n{hostile}\n\n![x](javascript:alert)\n")
    shown = newsroom.sheet("first_review").body
    assert "<img" not in shown.replace("\\<img", "")
    assert "](https" not in shown
    assert "![" not in shown


def test_earlier_opinions_are_shown_with_names_and_version(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", opinions={story: "比分<有误>"})
    newsroom.file(assignment, body=body + "已改。")
    hashes = {item.story_id: item.content_hash for item in newsroom.sheet("first_review").items}
    newsroom.review("first_review", "lin", passed=hashes, opinions={story: "可以"}, seen=hashes)
    shown = newsroom.sheet("second_review").body
    assert "第 1 版 初审 林初：退回，比分\\<有误\\>" in shown
    assert "第 2 版 初审 林初：通过，可以" in shown


def test_blocked_stories_are_marked(newsroom: Any) -> None:
    newsroom.file(newsroom.assignment(), head="ai_generated: true")
    sheet = newsroom.sheet("first_review")
    assert sheet.items[0].blocked
    assert "⛔ 不能通过" in sheet.body


def test_who_reviewed_before_is_left_out(newsroom: Any) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "chen")
    assert newsroom.sheet("second_review").reviewers == ("zhao",)
    newsroom.pass_all("second_review", "zhao")
    assert newsroom.sheet("final_review").reviewers == ("wang", "lin")


def test_someone_is_left_for_the_stages_after(newsroom: Any, campaign_with: Any) -> None:
    campaign = campaign_with(first=("lin", "chen"), second=("zhao", "wang"), final=("wang", "lin"))
    newsroom.plan = newsroom.plan._replace(campaign=campaign)
    newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "lin")
    # Were wang to do the second review, nobody would be left for the final one.
    assert newsroom.sheet("second_review").reviewers == ("zhao",)


def test_nobody_left_is_a_clear_error(newsroom: Any, campaign_with: Any) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "lin")
    newsroom.pass_all("second_review", "zhao")
    newsroom.plan = newsroom.plan._replace(
        campaign=campaign_with(first=("chen", "wang"), second=("lin", "chen"), final=("lin", "zhao"))
    )
    with pytest.raises(BadInput, match=r"终审没有人可以审 #1.*改法.*三个不同的人"):
        newsroom.sheet("final_review")


def test_stories_with_different_reviewers_are_split_over_sheets(newsroom: Any, campaign_with: Any) -> None:
    campaign = campaign_with(first=("lin", "chen"), second=("lin", "chen"), final=("wang", "zhao"))
    newsroom.plan = newsroom.plan._replace(campaign=campaign)
    one, two, three = (newsroom.file(newsroom.assignment(), name=f"{n}.md") for n in range(3))
    hashes = {item.story_id: item.content_hash for item in newsroom.sheet("first_review").items}
    for story, by in ((one, "lin"), (two, "chen"), (three, "lin")):
        seen = {story: hashes[story]}
        newsroom.review("first_review", by, passed=seen, seen=seen)
    sheet = newsroom.sheet("second_review")
    assert [item.story_id for item in sheet.items] == [one, three]
    assert (sheet.reviewers, sheet.held_over) == (("chen",), 1)
    assert "另有 1 篇" in sheet.body
    newsroom.pass_all("second_review", "chen")
    assert newsroom.sheet("second_review").reviewers == ("lin",)


def test_people_and_outlets_who_left_are_shown_by_id(newsroom: Any, campaign_with: Any) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "lin")
    cluster = newsroom.plan.cluster.model_copy(update={"outlets": (), "people": ()})
    newsroom.plan = newsroom.plan._replace(cluster=cluster)
    shown = newsroom.sheet("second_review").body
    assert "dongcheng" in shown
    assert "初审 lin：通过" in shown


def test_what_the_story_says_beside_its_text_is_shown(newsroom: Any, film: Any) -> None:
    newsroom.drop("集锦.mp4", film())
    head = "地点: 东城体育公园\n来源: 东城融媒\n渠道标题: {微博: 夺冠, wechat: 昨夜夺冠}\n解禁: 2026-06-06 18:00"
    head += "\n服务卡: {标题: 预约看球, 链接: 'https://a.example/x?a=1', 权益: 免费领票}"
    head += "\n视频: {文件: 集锦.mp4, 说明: 全场集锦, 署名: 李四}"
    newsroom.file(newsroom.assignment(), head=head)
    lines = newsroom.sheet("first_review").body.split("\n")
    assert "- **地点**：东城体育公园" in lines
    assert "- **来源**：东城融媒" in lines
    assert "- **渠道标题**：微信公众号“昨夜夺冠”；微博“夺冠”" in lines
    assert "- **服务卡**：预约看球（权益：免费领票），链接 https\\:\\/\\/a\\.example\\/x\\?a\\=1" in lines
    assert "- **解禁**：2026年6月6日 18:00 之前不发" in lines
    assert lines[lines.index("- **视频**") + 1] == "  - 集锦\\.mp4（3.2 秒，640×360，0.0 MB）：全场集锦／李四"
    assert "- **图片**" not in lines
    assert "| 1 | 一般 | 东城夺冠 | 东城融媒 | 张三 | 1 | 200 | 0 |" in newsroom.sheet("first_review").body


def test_nothing_said_beside_the_text_takes_no_room(newsroom: Any) -> None:
    newsroom.file(newsroom.assignment())
    shown = newsroom.sheet("first_review").body
    assert not any(
        word in shown for word in ("**地点**", "**来源**", "**渠道标题**", "**服务卡**", "**解禁**", "**视频**")
    )


def test_extras_never_become_markup(newsroom: Any, film: Any) -> None:
    hostile = "<b>x</b>[点](https://evil.example)|*粗*"
    newsroom.drop("a.mp4", film())
    head = f"地点: '{hostile}'\n来源: '{hostile}'\n渠道标题: {{微博: '{hostile}'}}\n"
    head += "服务卡: {标题: '[点](x)<b>', 链接: 'https://a.example/[x](y)*z*', 权益: '<i>|'}\n"
    head += f"视频: {{文件: a.mp4, 说明: '{hostile}', 署名: '<s>'}}"
    newsroom.file(newsroom.assignment(), head=head)
    shown = newsroom.sheet("first_review").body
    for markup in ("<b>", "<i>", "<s>", "](", "*粗", "*z"):
        assert markup not in shown.replace(f"\\{markup}", "").replace("\\]\\(", "")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "时长不明"),
        (0.04, "0.04 秒"),
        (3.2, "3.2 秒"),
        (59.96, "60 秒"),
        (60, "1 分 00 秒"),
        (65.4, "1 分 05 秒"),
        (3599.7, "1 小时 00 分"),
        (3725, "1 小时 02 分"),
    ],
)
def test_lengths_as_a_newsroom_says_them(seconds: float | None, said: str) -> None:
    assert spoken_length(seconds) == said

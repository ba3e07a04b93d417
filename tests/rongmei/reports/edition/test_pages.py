import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from rongmei.reports import gather
from rongmei.reports.edition.context import (
    ChannelLine,
    Decision,
    EditionReport,
    PitchLine,
    PostLine,
    ReviewLine,
    StoryLine,
)
from rongmei.reports.edition.pages import opening, render_html, render_text, subject
from rongmei.reports.lines import RankLine, Task
from rongmei.reports.render import Picture

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
EMPTY = EditionReport("cunchao/2026-06-06", "村超比赛日", "东莞融媒体集群", date(2026, 6, 6), False, "", "", NOW)
PITCH = PitchLine("选题", "茶山融媒", "books", "已报", None, NOW)
POST = PostLine(
    "wechat", "微信公众号", "chashan/wechat", "茶山融媒", "live", "已发布", "https://example.com/1", NOW, NOW
)
STORY = StoryLine("绝杀", "茶山融媒", "赛场直击", "signed_off", (POST,))
CHANNEL = ChannelLine("微信公众号", 1, 1, None, None, 1)


class Page(HTMLParser):
    """What a browser would make of a page: its elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes, self.alts, self.text = set(), set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.alts += [value for name, value in attrs if name == "alt"]

    def handle_data(self, data):
        self.text += data


EVIL = "<script>alert('x')</script>\"'&{{7*7}}"


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (EMPTY, "本期还没有任何数据：没有选题、没有稿件，也没有发布。"),
        (replace(EMPTY, pitches=(PITCH, PITCH)), "本期收到 2 条选题、0 篇稿件，还没有一次成功的发布。"),
        (
            replace(EMPTY, stories=(STORY,), channels=(CHANNEL,)),
            "本期 1 篇稿件在 1 个渠道发布 1 次，平台还没有给出阅读数。",
        ),
        (
            replace(EMPTY, stories=(STORY,), channels=(replace(CHANNEL, reads=0, silent=0),)),
            "本期 1 篇稿件在 1 个渠道发布 1 次，累计阅读 0。",
        ),
    ],
    ids=["nothing", "pitches only", "no numbers yet", "read by nobody"],
)
def test_the_opening_says_plainly_what_there_is(report, said):
    assert opening(report) == said
    assert said in render_html(report)
    assert said in render_text(report)


def test_tied_leaders_are_named_together():
    lines = tuple(RankLine(1, name, 80.0, True, "") for name in ("茶山", "石排"))
    report = replace(EMPTY, stories=(STORY,), channels=(CHANNEL,), ranking=lines)
    assert opening(report).endswith("茶山、石排并列考核第一。")


def test_an_empty_edition_has_no_empty_tables():
    html = render_html(EMPTY)
    assert "<h2" not in html
    assert "未提供" not in html


def test_what_is_unknown_is_never_zero():
    report = replace(EMPTY, stories=(STORY,), channels=(CHANNEL,))
    html, text = render_html(report), render_text(report)
    assert "未提供" in html
    assert "1 次发布里有 1 次平台没有给出阅读数" in html
    assert "微信公众号：发布 1/1，阅读 未提供，互动 未提供" in text
    assert report.best == ()


def test_hostile_text_stays_text():
    evil_post = replace(POST, account_name=EVIL, channel_name=EVIL, state="failed", state_name=EVIL)
    report = EditionReport(
        key=EVIL,
        campaign=EVIL,
        cluster=EVIL,
        day=date(2026, 6, 6),
        rehearsal=True,
        note=EVIL,
        rules=EVIL,
        made_at=NOW,
        channels=(replace(CHANNEL, name=EVIL, reads=5),),
        stories=(StoryLine(EVIL, EVIL, EVIL, "signed_off", (evil_post, replace(POST, account_name=EVIL, reads=5))),),
        ranking=(RankLine(1, EVIL, 1.0, False, EVIL),),
        pitches=(replace(PITCH, title=EVIL),),
        tasks=(Task(EVIL, EVIL, EVIL, EVIL),),
        reviews=(ReviewLine(EVIL, (Decision(EVIL, EVIL, EVIL, EVIL, NOW),)),),
    )
    html = render_html(report, [Picture("reads-by-channel", EVIL, "cid:x", EVIL, 460, 100)])
    page = Page()
    page.feed(html)
    assert "script" not in page.tags
    assert not {name for name in page.attributes if name.startswith("on")}
    assert page.alts == [EVIL]
    assert page.text.count(EVIL) >= 15


def test_a_lively_report_says_everything(lively, plan):
    report = gather(lively, plan, "cunchao/2026-06-06", now=NOW)
    html, text = render_html(report), render_text(report)
    for said in (
        "茶山村超夜：三万人挤爆泥地球场，阿婆把锅铲当鼓槌",
        "结果不明",
        "陈策（制片）",
        "WCI V14.2",
        "制片留言：今晚有雨",
        "终审 孙终（总编辑）",
        "比上期（5月30日）同期的",
        "数据不齐全",
    ):
        assert said in html
    assert "报题 7 → 入围 5 → 通过 5 → 派单 5 → 交稿 4 → 签发 3 → 发布 3" in text
    assert "\n\n\n" not in text


def test_the_page_is_fit_for_mail_programs(lively, plan):
    html = render_html(gather(lively, plan, "cunchao/2026-06-06", now=NOW))
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 520px)" in html
    assert "max-width: 640px" in html
    assert "<img" not in html
    assert re.findall(r"(?:src|href)=\"(?!https://example\.com/)", html) == []
    assert min(int(size) for size in re.findall(r"font-size: (\d+)px", html) if size != "5") >= 14


def test_pictures_have_words_beside_them():
    report = replace(EMPTY, channels=(replace(CHANNEL, reads=5),))
    html = render_html(report, [Picture("reads-by-channel", "各渠道阅读", "cid:a", "各渠道阅读：微信 5", 460, 100)])
    (image,) = re.findall(r"<img[^>]*>", html)
    assert 'src="cid:a"' in image
    assert 'alt="各渠道阅读：微信 5"' in image


def test_long_lists_point_to_the_workbook():
    tasks = tuple(Task("发布失败", f"第{number}件", "", "某人", True) for number in range(30))
    html = render_html(replace(EMPTY, pitches=(PITCH,), tasks=tasks))
    assert "第11件" in html
    assert "第12件" not in html
    assert "另有 18 项，见附件工作簿" in html


def test_the_subject_counts_what_waits():
    assert subject(EMPTY) == "村超比赛日 6月6日 考核报告"
    assert subject(replace(EMPTY, tasks=(Task("", "", "", ""),))) == "村超比赛日 6月6日 考核报告｜1 件事待处理"

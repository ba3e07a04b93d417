"""Pitches in mails as outlets write them."""

import io

import pytest
from openpyxl import Workbook

from rongmei.mail import Attachment, Received
from rongmei.pitches.sources.mailbox import MOST_PITCHES, is_for, is_story, read_mail


def mail(text="", subject="报题", *files: Attachment) -> Received:
    return Received(1, "<a@b>", "shilong@example.com", "石龙融媒", subject, None, text, attachments=files)


def sheet(*rows) -> Attachment:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return Attachment("报题表.xlsx", "application/octet-stream", packed.getvalue())


TEXT = """编辑部老师好，今天报两条：

1. 标题：醒狮少年上阵
内容：12 岁的张同学第一次登梅花桩，
采访他和教练。
栏目：村味人情
渠道：微信、抖音
地点： 石龙镇

2、【标题】：夜市里的球迷
链接：https://a.example/1
李四

> 标题：引用的旧邮件
------------------ 原始邮件 ------------------
标题：更旧的
"""


def test_each_title_begins_a_pitch_and_quoted_mails_are_none():
    first, second = read_mail(mail(TEXT), "mail", "shilong").pitches
    assert (first.title, first.summary) == ("醒狮少年上阵", "12 岁的张同学第一次登梅花桩，\n采访他和教练。")
    assert (first.column, first.channels, first.place, first.outlet) == (
        "村味人情",
        ("微信", "抖音"),
        "石龙镇",
        "shilong",
    )
    assert (second.title, second.url, second.summary) == ("夜市里的球迷", "https://a.example/1", "")


@pytest.mark.parametrize("subject", ["报题：醒狮少年上阵", "回复：【报题】醒狮少年上阵", "选题: 醒狮少年上阵"])
def test_a_subject_alone_may_be_the_title(subject):
    (pitch,) = read_mail(mail("采访他和教练。", subject), "mail", "shilong").pitches
    assert (pitch.title, pitch.summary) == ("醒狮少年上阵", "采访他和教练。")


def test_a_sheet_needs_no_outlet_and_its_faults_are_told():
    rows = sheet(["选题", "内容", "媒体"], ["醒狮少年上阵", "x", None], ["球衣摊", None, "虎门"])
    broken = Attachment("坏.xlsx", "x", b"PK\x03\x04nonsense")
    reading = read_mail(mail(TEXT, "报题", rows, broken, Attachment("a.jpg", "image/jpeg", b"x")), "mail", "shilong")
    assert [(one.title, one.outlet) for one in reading.pitches] == [
        ("醒狮少年上阵", "shilong"),
        ("夜市里的球迷", "shilong"),
        ("球衣摊", "虎门"),
    ]
    assert [one.where for one in reading.rejected] == ["坏.xlsx"]


def test_mails_without_pitches_stories_and_floods():
    assert read_mail(mail("收到，谢谢", "你好"), "mail", "shilong").pitches == ()
    assert is_story(mail("标题：开赛\n任务：12\n正文"))
    assert is_story(mail("正文", "任务 #12 交稿"))
    assert not is_story(mail(TEXT))
    flood = read_mail(mail("\n".join(f"标题：第 {n} 条" for n in range(MOST_PITCHES + 9))), "mail", "shilong")
    assert (len(flood.pitches), "只收前" in flood.rejected[0].reason) == (MOST_PITCHES, True)


def test_which_campaign_a_mail_is_for():
    assert is_for(mail(), ())
    assert is_for(mail("活动：村超比赛日\n标题：x", "报题"), ("村超",))
    assert is_for(mail("", "【村超】报题：x"), ("村超",))
    assert not is_for(mail("标题：村超开赛", "报题"), ("村超",))

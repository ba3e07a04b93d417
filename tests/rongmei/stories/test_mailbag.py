"""Stories by mail: from whom, once, into the right folder, with a receipt; hostile and forged ones not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rongmei.mail import Attachment, Received
from rongmei.stories.mailbag import MailedSummary, post_receipts, take_mail, task_of

MAIL = Received(
    uid=1,
    message_id="<1@dongcheng.example>",
    sender="dongcheng@example.com",
    sender_name="东城",
    subject="交稿：任务 1 东城夺冠",
    sent_at=None,
    text="见附件",
)


class Box:
    """A mailbox that gives everything until it is marked."""

    def __init__(self, *mails: Received) -> None:
        self.mails = [replace(mail, uid=number) for number, mail in enumerate(mails)]
        self.marked: set[int] = set()

    def messages(self) -> Iterator[Received]:
        yield from [mail for mail in self.mails if mail.uid not in self.marked]

    def done(self, received: Received) -> None:
        self.marked.add(received.uid)


def take(room: Any, *mails: Received) -> MailedSummary:
    box = Box(*mails)
    plan = room.plan
    made = take_mail(room.ledger, plan.cluster, [plan.campaign], box, settings=room.settings, now=room.now)
    assert box.marked == set(range(len(mails)))
    return made


@pytest.fixture
def story(body: str) -> Attachment:
    return Attachment(
        "东城夺冠.html", "text/html", f"<html><body><h1>东城夺冠</h1><p>{body}</p></body></html>".encode()
    )


class Post:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, message: Any, recipient: str) -> None:
        self.sent.append((recipient, message))


def receipts(room: Any) -> list[str]:
    post = Post()
    post_receipts(room.ledger, transport=post, clock=lambda: room.now)  # type: ignore[arg-type]
    return [mail.get_body(("plain",)).get_content().replace("\r\n", "\n") for _, mail in post.sent]


def test_a_mailed_story_is_filed_and_acknowledged_once(newsroom: Any, story: Attachment, picture: Any) -> None:
    assignment = newsroom.assignment()
    shot = Attachment("捧杯（李四 摄）.jpg", "image/jpeg", picture())
    mail = replace(MAIL, attachments=(story, shot))
    assert take(newsroom, mail) == MailedSummary(filed=2, queued=1)
    assert newsroom.take_in().filed == 1, newsroom.notes()
    version = newsroom.current(newsroom.story_of(assignment).id)
    assert (version.title, [use.credit for use in version.media]) == ("东城夺冠", ["李四"])
    assert take(newsroom, mail) == MailedSummary()
    assert newsroom.take_in().unchanged == 0
    [told] = receipts(newsroom)
    assert "放进了收稿文件夹，等收稿：\n  捧杯（李四 摄）.jpg\n  东城夺冠.html" in told
    assert receipts(newsroom) == []


def test_what_cannot_be_taken_is_said_in_the_receipt(newsroom: Any) -> None:
    files = (
        Attachment("稿.docx", "application/msword", b"MZ\x90\x00 program"),
        Attachment("图.jpg", "image/jpeg", b"<svg onload=alert(1)>"),
        Attachment(".htaccess", "text/plain", b"x"),
    )
    made = take(newsroom, replace(MAIL, attachments=files, problems=("附件 大.mp4 超过 20 MB，没有读",)))
    assert (made.filed, made.refused) == (0, 5)
    [told] = receipts(newsroom)
    for said in ("收不了程序", "不是完好的 JPEG", ".htaccess", "超过 20 MB", "没有收到文稿"):
        assert said in told
    assert not any(path.is_file() for path in newsroom.folder().rglob("*"))


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "stranger@example.net"},
        {"automatic": True},
        {"subject": "报题：东城夺冠"},
        {"subject": "你好"},
    ],
)
def test_what_is_not_ours_is_left_alone(newsroom: Any, story: Attachment, change: dict[str, Any]) -> None:
    assert take(newsroom, replace(MAIL, attachments=(story,), **change)) == MailedSummary()
    assert receipts(newsroom) == []


def test_a_sender_that_failed_the_servers_check_gets_nothing_in_and_no_answer(newsroom: Any, story: Attachment) -> None:
    made = take(newsroom, replace(MAIL, attachments=(story,), authentic=False))
    assert (made.filed, made.queued) == (0, 0)
    assert "可能是冒名" in made.problems[0]
    assert receipts(newsroom) == []


def test_another_outlets_task_is_refused_by_intake(newsroom: Any, story: Attachment) -> None:
    newsroom.assignment()
    take(newsroom, replace(MAIL, sender="nancheng@example.com", attachments=(story,)))
    assert newsroom.take_in().refused == 1
    assert "这个任务派给的是“东城融媒”" in newsroom.notes("nancheng")


@pytest.mark.parametrize(
    ("subject", "text", "task"),
    [
        ("交稿：任务 12 夺冠", "", 12),
        ("Re: 交稿 #7", "", 7),
        ("东城夺冠", "你好\n任务：12\n标题：夺冠", 12),
        ("东城夺冠", "完成任务 12 的同志辛苦了", None),
        ("2026 年比赛", "", None),
    ],
)
def test_which_task_a_mail_answers(subject: str, text: str, task: int | None) -> None:
    assert task_of(replace(MAIL, subject=subject, text=text)) == task

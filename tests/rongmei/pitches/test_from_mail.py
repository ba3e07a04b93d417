"""Mails of outlets become pitches once; strangers, forgers and machines are counted and not read in."""

from dataclasses import replace
from datetime import date

import pytest

from rongmei.config import MailboxSource
from rongmei.errors import CredentialRefused, TryLater
from rongmei.ledger import Pitch, Submission
from rongmei.mail import Received
from rongmei.pitches import collect
from rongmei.pitches.from_mail import senders

MAIL = Received(7, "<m1@example.com>", "shilong@example.com", "石龙", "报题", None, "标题：醒狮少年上阵\n地点：石龙镇")


class Box:
    """A mailbox in memory; `breaks` is raised after its mails."""

    def __init__(self, *mails: Received, breaks: Exception | None = None, forgets: bool = False) -> None:
        self.mails, self.breaks, self.forgets, self.done_ids = list(mails), breaks, forgets, []

    def messages(self):
        yield from [one for one in self.mails if one.message_id not in self.done_ids or self.forgets]
        if self.breaks:
            raise self.breaks

    def done(self, received):
        self.done_ids.append(received.message_id)


@pytest.fixture
def plan(plan):
    source = MailboxSource(kind="mailbox", id="mail", name="报题邮箱", words=())
    outlets = [
        one.model_copy(update={"senders": ("Zhang@QQ.example",)}) if one.id == "humen" else one
        for one in plan.cluster.outlets
    ]
    return plan._replace(
        campaign=plan.campaign.model_copy(update={"sources": (*plan.campaign.sources, source)}),
        cluster=plan.cluster.model_copy(update={"outlets": tuple(outlets)}),
    )


@pytest.fixture
def read(ledger, plan, settings, now):
    def go(key, box):
        return collect(ledger, plan, key, "mail", settings=settings, now=now, mailbox=box)

    return go


def test_a_mail_becomes_a_pitch_once_even_if_the_mailbox_forgets(read, key, open_day, rows):
    box = Box(MAIL, replace(MAIL, message_id="<m2@x>", sender="zhang@qq.example", text="标题：球衣摊"), forgets=True)
    summary = read(key, box)
    assert (summary.new, summary.rejected, box.done_ids) == (2, 0, ["<m1@example.com>", "<m2@x>"])
    assert [(one.title, one.outlet, one.place) for one in rows(Pitch)] == [
        ("醒狮少年上阵", "shilong", "石龙镇"),
        ("球衣摊", "humen", None),
    ]
    assert read(key, box).new == 0
    assert read(open_day(date(2026, 6, 7)), box).new == 0, "nor in the next edition"
    assert {(row.kind, row.state) for row in rows(Submission)} == {("mail", "taken")}


def test_strangers_forgers_and_machines_are_not_read_in(read, key, rows):
    others = {
        "stranger": {"sender": "who@evil.example"},
        "nobody": {"sender": ""},
        "forged": {"authentic": False},
        "automatic": {"automatic": True, "sender": "who@evil.example"},
        "story": {"subject": "任务 #3 交稿"},
        "empty": {"text": "收到，谢谢", "subject": "你好"},
        "other": {"text": "媒体：x\n标题：y", "problems": ("附件“a”超过 20 MB，没有读",)},
    }
    box = Box(*(replace(MAIL, message_id=f"<{name}@x>", **how) for name, how in others.items()))
    summary = read(key, box)
    assert (summary.new, summary.unmatched, len(box.done_ids)) == (1, 2, 7)
    assert [one.title for one in rows(Pitch)] == ["y"]
    said = "\n".join(summary.problems)
    assert "2 封邮件的发件人不是已知的媒体地址，没有读：who@evil.example、（没有写发件人）" in said
    assert "可能是冒名" in said
    assert "你好”：没有找到选题" in said
    assert "附件“a”超过 20 MB" in said


def test_a_mailbox_that_breaks_loses_nothing(read, key, rows):
    with pytest.raises(TryLater, match="断了"):
        read(key, Box(MAIL, breaks=TryLater("断了")))
    assert [one.title for one in rows(Pitch)] == ["醒狮少年上阵"]
    assert "授权码" in read(key, Box(breaks=CredentialRefused("不接受"))).problems[0]


def test_without_a_mailbox_it_is_said_and_a_rehearsal_asks_for_none(read, key, open_day):
    assert "RONGMEI_IMAP" in read(key, None).problems[0]
    assert read(open_day(rehearsal=True), None).problems == ()


def test_an_address_of_two_outlets_is_nobodys(plan):
    shared = [one.model_copy(update={"contact_email": "desk@example.com"}) for one in plan.cluster.outlets[:2]]
    known = senders(plan.cluster.model_copy(update={"outlets": (*shared, *plan.cluster.outlets[2:])}))
    assert "desk@example.com" not in known
    assert known["zhang@qq.example"] == "humen"

"""Reminders of packages that nobody has reported: in time, once each, three at most."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from rongmei.errors import TryLater
from rongmei.ledger import Mail, StoryVersion
from rongmei.mail import NotConnected
from rongmei.publishing import (
    ChaseSummary,
    awaiting_editions,
    cancel_handoff,
    chase,
    hand_over,
    plan_publications,
    publish,
)

KEY = "cunchao/2026-06-06"


class Carrier:
    """Mails that were taken, by recipient."""

    def __init__(self):
        self.sent = {}
        self.away = False

    def send(self, message, recipient):
        if self.away:
            raise NotConnected("连不上邮件服务器")
        self.sent.setdefault(recipient, []).append(message)


@pytest.fixture
def carrier():
    return Carrier()


@pytest.fixture
def house(newsroom, planned, connect, by_hand):
    """Two packages of one outlet and one of another, laid ready at noon."""
    plan = planned(on=["toutiao"], accounts="author", chase_hours=2)
    newsroom.sign_off("石龙夜赛")
    newsroom.sign_off("荔枝上市")
    newsroom.sign_off("市里的", outlet="daily")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    publish(newsroom.ledger, plan, KEY, "toutiao", connect=connect, settings=newsroom.settings, clock=newsroom.time)
    assert newsroom.states() == ["awaiting_operator"] * 3
    return plan


@pytest.fixture
def remind(newsroom, house, carrier):
    return lambda: chase(newsroom.ledger, house, KEY, transport=carrier, clock=newsroom.time)


def sides(message):
    return [message.get_body((kind,)).get_content() for kind in ("html", "plain")]


def test_nobody_is_chased_too_early(newsroom, remind, carrier):
    newsroom.time.pass_(hours=1, minutes=59)
    assert remind() == ChaseSummary()
    assert carrier.sent == {}


def test_one_mail_an_outlet_lists_what_is_missing(newsroom, remind, carrier):
    newsroom.time.pass_(hours=2)
    assert remind() == ChaseSummary(queued=2, reminded=3, sent=2)
    (mail,) = carrier.sent["dongcheng@example.com"]
    assert mail["Subject"] == "待人工发布：村超比赛日 06-06，2 条还没有登记网址"
    for side in sides(mail):
        assert "发布单 #1　石龙夜赛" in side
        assert "发布单 #2　荔枝上市" in side
        assert "市里的" not in side
        assert "渠道：今日头条" in side
        assert "handoff/dongcheng/toutiao/1" in side
        assert "6月6日 12:00 备好" in side
        assert f"rongmei publish hand-over {KEY} 2 --url 网址" in side
        assert f"rongmei publish cancel-handoff {KEY} 2 --why" in side
        assert "第 1 次提醒，共 3 次" in side


def test_the_same_reminder_is_sent_once(newsroom, remind, carrier):
    newsroom.time.pass_(hours=2)
    remind()
    assert remind() == ChaseSummary()
    assert len(carrier.sent["dongcheng@example.com"]) == 1


def test_three_times_and_no_more(newsroom, remind, carrier):
    for _ in range(10):
        newsroom.time.pass_(hours=2)
        remind()
    assert len(carrier.sent["dongcheng@example.com"]) == 3
    assert "第 3 次提醒" in sides(carrier.sent["dongcheng@example.com"][2])[0]


def test_what_is_done_is_not_mentioned_again(newsroom, remind, carrier):
    hand_over(newsroom.ledger, 1, url="https://www.toutiao.com/a1", by="lin-chu", now=newsroom.time.now)
    cancel_handoff(newsroom.ledger, 3, why="不发了", by="lin-chu", now=newsroom.time.now)
    newsroom.time.pass_(hours=2)
    assert remind().reminded == 1
    assert list(carrier.sent) == ["dongcheng@example.com"]
    assert "石龙夜赛" not in sides(carrier.sent["dongcheng@example.com"][0])[0]


def test_a_mail_that_could_not_leave_leaves_later(newsroom, remind, carrier):
    newsroom.time.pass_(hours=2)
    carrier.away = True
    assert remind() == ChaseSummary(queued=2, reminded=3, pending=2)
    carrier.away = False
    newsroom.time.pass_(minutes=5)
    assert remind() == ChaseSummary(sent=2)
    assert [len(mails) for mails in carrier.sent.values()] == [1, 1]


def test_hostile_titles_stay_text(newsroom, house, remind, carrier):
    with newsroom.ledger.begin() as session:
        session.scalars(select(StoryVersion)).first().title = "<script>alert(1)</script>\nBcc: x@example.com"
    newsroom.time.pass_(hours=2)
    remind()
    mail = carrier.sent["dongcheng@example.com"][0]
    html = sides(mail)[0]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert mail["Bcc"] is None


def test_every_reminder_has_a_key_of_its_own(newsroom, remind):
    for _ in range(3):
        newsroom.time.pass_(hours=2)
        remind()
    with newsroom.ledger.read() as session:
        keys = session.scalars(select(Mail.key)).all()
    assert len(keys) == len(set(keys)) == 6
    assert all(key.startswith(f"handoff:{KEY}:") for key in keys)


def test_the_sweep_knows_where_to_chase(newsroom, house):
    assert awaiting_editions(newsroom.ledger, rehearsal=False) == (("cunchao", KEY),)
    assert awaiting_editions(newsroom.ledger, rehearsal=True) == ()
    for number in (1, 2, 3):
        cancel_handoff(newsroom.ledger, number, why="不发了", by="x", now=newsroom.time.now)
    assert awaiting_editions(newsroom.ledger, rehearsal=False) == ()


def test_an_outlet_that_left_the_cluster_stops_nobody(newsroom, planned, house, carrier):
    rest = planned(outlets=["daily"], on=["toutiao"], chase_hours=2)
    newsroom.time.pass_(hours=2)
    done = chase(newsroom.ledger, rest, KEY, transport=carrier, clock=newsroom.time)
    assert (done.reminded, list(carrier.sent)) == (1, ["daily@example.com"])


def test_a_mail_the_server_puts_off_is_not_lost(newsroom, house, carrier, monkeypatch):
    def busy(message, recipient):
        raise TryLater("稍后再来")

    newsroom.time.pass_(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr(carrier, "send", busy)
        assert chase(newsroom.ledger, house, KEY, transport=carrier, clock=newsroom.time).pending == 2
    newsroom.time.now += timedelta(hours=1)
    assert chase(newsroom.ledger, house, KEY, transport=carrier, clock=newsroom.time).sent == 2

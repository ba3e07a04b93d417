"""Who is reminded of a waiting review, when, how often; and that nothing but a person ever decides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from rongmei.config import Deputy
from rongmei.ledger import Mail, Review, StoryEvent
from rongmei.mail import NotConnected
from rongmei.stories import RemindSummary, mail_due, post_returns, remind
from rongmei.stories.reminders import review_page


class Carrier:
    """Mails that were taken, by recipient."""

    def __init__(self) -> None:
        self.sent: dict[str, list[Any]] = {}
        self.away = False

    def send(self, message: Any, recipient: str) -> None:
        if self.away:
            raise NotConnected("连不上邮件服务器")
        self.sent.setdefault(recipient, []).append(message)

    def take(self) -> dict[str, list[str]]:
        """Subjects by recipient since the last time."""
        taken = {who.partition("@")[0]: [mail["Subject"] for mail in mails] for who, mails in self.sent.items()}
        self.sent = {}
        return taken


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture(autouse=True)
def _no_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__API__BASE_URL", raising=False)


@pytest.fixture
def sweep(newsroom: Any, carrier: Carrier) -> Any:
    def run(**passed: float) -> RemindSummary:
        newsroom.now += timedelta(**passed)
        return remind(newsroom.ledger, newsroom.plan, rehearsal=False, transport=carrier, clock=lambda: newsroom.now)

    return run


def production(room: Any, **changes: Any) -> None:
    campaign = room.plan.campaign
    made = campaign.production.model_copy(update=changes)
    room.plan = room.plan._replace(campaign=campaign.model_copy(update={"production": made}))


def sides(mail: Any) -> tuple[str, str]:
    return mail.get_body(("html",)).get_content(), mail.get_body(("plain",)).get_content()


def decide(room: Any, stage: str, by: str, **how: Any) -> None:
    shown = {item.story_id: item.content_hash for item in room.sheet(stage).items}
    room.review(stage, by, seen=shown, **(how or {"passed": shown}))


def test_nothing_waits(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    assert sweep() == RemindSummary()
    assert carrier.take() == {}


def test_a_sheet_is_announced_once_to_each_who_may_review(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    for _ in range(2):
        newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    assert sweep(minutes=5) == RemindSummary(queued=2, reminded=2, sent=2)
    (mail,) = carrier.sent["lin@example.com"]
    for side in sides(mail):
        assert "2 篇稿件等初审" in side
        assert "东城夺冠" in side
        assert "林初、陈二" in side
        assert "待响应的任务实例" in side
        assert "不会自动通过" in side
    assert carrier.take() == {"lin": ["待初审：村超 06-06，2 篇"], "chen": ["待初审：村超 06-06，2 篇"]}
    assert sweep(minutes=5) == RemindSummary()


def test_again_then_the_owner_then_never(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    production(newsroom, deadline_hours=16, remind_hours=4)
    story = newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    carrier.take()
    assert sweep(hours=3, minutes=59) == RemindSummary()
    assert sweep(minutes=1) == RemindSummary(queued=2, reminded=1, sent=2)
    again = "再次提醒，待初审：村超 06-06，1 篇"
    assert carrier.take() == {"lin": [again], "chen": [again]}
    assert sweep(hours=3, minutes=59) == RemindSummary()
    assert sweep(minutes=1) == RemindSummary(queued=1, escalated=1, sent=1)
    text = sides(carrier.sent["lin@example.com"][0])[1]
    assert "已等 8 小时" in text
    assert "清除“初审”任务" in text
    assert carrier.take() == {"lin": ["请督办，初审没有人审：村超 06-06，1 篇"]}
    for _ in range(20):
        assert sweep(hours=6) == RemindSummary()
    assert newsroom.story(story).state == "first_review"
    with newsroom.ledger.read() as session:
        assert session.scalar(select(func.count(Review.id))) == 0


def test_every_reminder_is_in_the_log(newsroom: Any, sweep: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    for hours in (0, 4, 0):
        sweep(hours=hours)
    with newsroom.ledger.read() as session:
        of_story = select(StoryEvent.why).where(StoryEvent.thing_id == story).order_by(StoryEvent.id)
        assert session.scalars(of_story).all()[2:] == [
            "初审通知待审：林初、陈二",
            "初审再次提醒：林初、陈二",
            "初审报请督办：林初",
        ]


def test_who_comes_late_is_told_once(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    """The sweep was off for six hours: one mail a reviewer, not two."""
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    assert sweep(hours=6) == RemindSummary(queued=3, reminded=1, escalated=1, sent=3)
    assert len(carrier.take()["chen"]) == 1


def test_what_has_lain_for_days_is_not_dug_out(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    assert sweep(days=3) == RemindSummary()


def test_a_story_that_joins_later_is_told_of_alone(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    carrier.take()
    assert sweep(minutes=5) == RemindSummary(queued=2, reminded=1, sent=2)
    assert "，1 篇" in carrier.take()["chen"][0]


def test_each_stage_has_reminders_of_its_own(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    decide(newsroom, "first_review", "lin")
    carrier.take()
    assert sweep(minutes=5).sent == 2
    assert set(carrier.take()) == {"chen", "zhao"}
    decide(newsroom, "second_review", "zhao")
    # 林初 made the first review of this version and may not make the last.
    assert sweep(minutes=5).sent == 1
    assert carrier.take() == {"wang": ["待终审：村超 06-06，1 篇"]}


def test_what_is_decided_is_not_reminded_of(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    story = newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    decide(newsroom, "first_review", "lin", opinions={story: "改"})
    carrier.take()
    sweep(hours=5)
    assert set(carrier.take()) == {"dongcheng"}


def test_a_new_version_begins_anew(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sheet("first_review")
    sweep()
    decide(newsroom, "first_review", "lin", opinions={story: "改"})
    newsroom.file(assignment, body="改过的正文，" * 30)
    newsroom.sheet("first_review")
    carrier.take()
    sweep(minutes=5)
    assert set(carrier.take()) == {"dongcheng", "lin", "chen"}


def test_the_deputy_is_told_too(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    away = Deputy.model_validate({"person": "sun", "from": "2026-06-06", "to": "2026-06-06"})
    people = tuple(
        one.model_copy(update={"deputies": (away,)}) if one.id == "lin" else one for one in newsroom.plan.cluster.people
    )
    newsroom.plan = newsroom.plan._replace(cluster=newsroom.plan.cluster.model_copy(update={"people": people}))
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    assert set(carrier.take()) == {"lin", "chen", "sun"}


def test_mails_that_could_not_leave_leave_later(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    """Those about returned stories with them: the server was away when the decision was recorded."""
    one, two = newsroom.file(newsroom.assignment()), newsroom.file(newsroom.assignment())
    shown = {item.story_id: item.content_hash for item in newsroom.sheet("first_review").items}
    carrier.away = True
    newsroom.review("first_review", "lin", passed={two: shown[two]}, opinions={one: "改"}, seen=shown)
    assert post_returns(newsroom.ledger, newsroom.key, transport=carrier, clock=lambda: newsroom.now).pending == 1
    assert sweep() == RemindSummary(queued=2, reminded=1, pending=3)
    carrier.away = False
    assert sweep(minutes=5) == RemindSummary(sent=3)
    assert set(carrier.take()) == {"dongcheng", "chen", "zhao"}
    assert sweep() == RemindSummary()


def test_rehearsals_and_other_campaigns_are_left_alone(newsroom: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    clock = lambda: newsroom.now  # noqa: E731
    other = newsroom.plan._replace(campaign=newsroom.plan.campaign.model_copy(update={"id": "other"}))
    assert remind(newsroom.ledger, newsroom.plan, rehearsal=True, transport=carrier, clock=clock) == RemindSummary()
    assert remind(newsroom.ledger, other, rehearsal=False, transport=carrier, clock=clock) == RemindSummary()
    assert carrier.take() == {}


def test_one_bad_address_keeps_nobody_else_from_being_told(newsroom: Any, sweep: Any, carrier: Carrier) -> None:
    people = tuple(
        one.model_copy(update={"email": "l..n@example.com"}) if one.id == "lin" else one
        for one in newsroom.plan.cluster.people
    )
    newsroom.plan = newsroom.plan._replace(cluster=newsroom.plan.cluster.model_copy(update={"people": people}))
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    (problem,) = sweep().problems
    assert problem.startswith("林初收不到通知待审的邮件：")
    assert set(carrier.take()) == {"chen"}
    assert sweep() == RemindSummary()


def test_two_sweeps_at_once_remind_once(newsroom: Any, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks before the first has written, and writes after it."""
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")

    def run() -> RemindSummary:
        return remind(newsroom.ledger, newsroom.plan, rehearsal=False, transport=carrier, clock=lambda: newsroom.now)

    begin, others = newsroom.ledger.begin, []

    def late() -> Any:
        if not others:
            others.append(None)
            others.append(run())
        return begin()

    monkeypatch.setattr(newsroom.ledger, "begin", late)
    assert run().queued == 0
    assert others[1].sent == 2
    with newsroom.ledger.read() as session:
        assert session.scalar(select(func.count(Mail.id))) == 2


@pytest.mark.parametrize("base", ["https://air.example.com", "http://10.1.2.3:8080/"])
def test_the_link_leads_to_the_page(
    newsroom: Any, sweep: Any, carrier: Carrier, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    sweep()
    for side in sides(carrier.sent["lin@example.com"][0]):
        assert f"{base.rstrip('/')}/required_actions?response_received=false" in side


@pytest.mark.parametrize(
    "base", ["", "air.example.com", "javascript:alert(1)", "http://u:p@air.example.com", "http://a\nb"]
)
def test_no_link_leads_elsewhere(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert review_page() is None


def test_a_mail_server_is_needed_only_when_there_is_something_to_send(
    newsroom: Any, sweep: Any, carrier: Carrier
) -> None:
    def due(rehearsal: bool = False) -> bool:
        return mail_due(newsroom.ledger, newsroom.plan, rehearsal=rehearsal, now=newsroom.now)

    newsroom.file(newsroom.assignment())
    assert not due()
    newsroom.sheet("first_review")
    assert due()
    assert not due(rehearsal=True)
    carrier.away = True
    sweep()
    assert due()
    carrier.away = False
    sweep()
    assert not due()
    newsroom.now += timedelta(hours=4)
    assert due()

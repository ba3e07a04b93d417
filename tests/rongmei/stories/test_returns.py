"""What an outlet reads when its stories come back: one mail a sheet, all opinions, once, whatever fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rongmei.config import Deputy
from rongmei.errors import CredentialRefused
from rongmei.ledger import Mail, Review
from rongmei.mail import DeliverySummary, NotConnected
from rongmei.stories import post_returns, waiting

SAID = "比分有误：<b>2 比 1</b>\n导语太长 & 拗口"


class Carrier:
    """Mails that were taken, by recipient."""

    def __init__(self) -> None:
        self.sent: dict[str, list[Any]] = {}
        self.problem: Exception | None = None

    def send(self, message: Any, recipient: str) -> None:
        if self.problem:
            raise self.problem
        self.sent.setdefault(recipient, []).append(message)


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def post(newsroom: Any, carrier: Carrier) -> Any:
    return lambda: post_returns(newsroom.ledger, newsroom.key, transport=carrier, clock=lambda: newsroom.now)


def sides(mail: Any) -> tuple[str, str]:
    html, text = (mail.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("html", "plain"))
    return html, text


def seen(room: Any, stage: str) -> dict[int, str]:
    return {item.story_id: item.content_hash for item in room.sheet(stage).items}


def queued(room: Any) -> list[str]:
    with room.ledger.read() as session:
        return list(session.scalars(select(Mail.subject).order_by(Mail.id)))


def test_what_passes_is_not_written_about(newsroom: Any, post: Any, carrier: Carrier) -> None:
    newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "lin")
    assert queued(newsroom) == []
    assert post() == DeliverySummary()


def test_a_returned_story_says_what_to_do(newsroom: Any, post: Any, carrier: Carrier) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.review("first_review", "lin", opinions={story: SAID}, seen=seen(newsroom, "first_review"))
    assert post() == DeliverySummary(sent=1)
    (mail,) = carrier.sent["dongcheng@example.com"]
    assert mail["Subject"] == "审稿意见：村超 06-06，1 篇退回修改"
    assert mail["Reply-To"] == "lin@example.com"
    html, text = sides(mail)
    for side in (html, text):
        assert f"稿件 #{story}　东城夺冠" in side
        assert "初审　退回" in side.replace("<strong>", "").replace("</strong>", "")
        assert "林初" in side
        assert "inbox/stories/dongcheng/" in side
        assert "6月6日 20:00（北京时间）" in side
    assert "&lt;b&gt;2 比 1&lt;/b&gt;" in html
    assert "<b>" not in html
    assert "<b>2 比 1</b>\n    导语太长 & 拗口" in text
    assert f"稿头“任务”仍写 {assignment}" in text


def test_stories_of_one_sheet_are_in_one_mail_an_outlet(newsroom: Any, post: Any, carrier: Carrier) -> None:
    one, two = newsroom.file(newsroom.assignment()), newsroom.file(newsroom.assignment())
    other = newsroom.file(newsroom.assignment("nancheng"), outlet="nancheng")
    opinions = {one: "甲", two: "乙", other: "丙"}
    newsroom.review("first_review", "lin", opinions=opinions, rejected=(two,), seen=seen(newsroom, "first_review"))
    assert post().sent == 2
    (mine,), (theirs,) = carrier.sent["dongcheng@example.com"], carrier.sent["nancheng@example.com"]
    assert mine["Subject"] == "审稿意见：村超 06-06，1 篇退回修改，1 篇否决"
    assert "不再收新版本" in sides(mine)[1]
    assert theirs["Subject"] == "审稿意见：村超 06-06，1 篇退回修改"
    assert "甲" not in sides(theirs)[1]


def test_the_opinions_of_every_stage_are_in_it(newsroom: Any, post: Any, carrier: Carrier) -> None:
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")
    newsroom.review("first_review", "lin", passed=shown, opinions={story: "标题可再短"}, seen=shown)
    newsroom.now += timedelta(hours=1)
    newsroom.review("second_review", "zhao", opinions={story: "缺现场"}, seen=shown)
    post()
    text = sides(carrier.sent["dongcheng@example.com"][0])[1]
    assert (
        text.index("初审　通过　林初　6月6日 12:00")
        < text.index("标题可再短")
        < text.index("复审　退回　赵审　6月6日 13:00")
    )
    assert "缺现场" in text


def test_deciding_again_writes_no_second_mail(newsroom: Any, post: Any, carrier: Carrier) -> None:
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")
    for _ in range(3):
        newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown)
        post()
    assert len(queued(newsroom)) == len(carrier.sent["dongcheng@example.com"]) == 1


def test_a_new_version_that_comes_back_too_is_written_about_again(newsroom: Any, post: Any, carrier: Carrier) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.review("first_review", "lin", opinions={story: "改一"}, seen=seen(newsroom, "first_review"))
    newsroom.file(assignment, body="改过的正文，" * 30)
    newsroom.review("first_review", "chen", opinions={story: "改二"}, seen=seen(newsroom, "first_review"))
    post()
    first, second = carrier.sent["dongcheng@example.com"]
    assert "改一" in sides(first)[1]
    assert "第 2 版" in sides(second)[1]
    assert "改一" not in sides(second)[1]


def test_a_mail_server_that_is_away_loses_neither_decision_nor_mail(newsroom: Any, post: Any, carrier: Carrier) -> None:
    story = newsroom.file(newsroom.assignment())
    newsroom.review("first_review", "lin", opinions={story: "改"}, seen=seen(newsroom, "first_review"))
    carrier.problem = NotConnected("连不上邮件服务器")
    assert post() == DeliverySummary(pending=1)
    carrier.problem = CredentialRefused("密码不对")
    with pytest.raises(CredentialRefused):
        post()
    assert newsroom.story(story).state == "returned"
    carrier.problem = None
    assert post() == DeliverySummary(sent=1)
    assert post() == DeliverySummary()


def test_a_decision_that_fails_leaves_no_mail(newsroom: Any, post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("断电")

    with monkeypatch.context() as patched:
        patched.setattr("rongmei.stories.returns.render", broken)
        with pytest.raises(RuntimeError):
            newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown)
    with newsroom.ledger.read() as session:
        assert session.scalars(select(Review)).all() == []
    assert queued(newsroom) == []
    assert newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown).returned == (story,)
    assert len(queued(newsroom)) == 1


def test_who_is_no_longer_there_is_named_and_the_decision_stands(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")
    rest = newsroom.plan.cluster.outlets[1:]
    newsroom.plan = newsroom.plan._replace(cluster=newsroom.plan.cluster.model_copy(update={"outlets": rest}))
    summary = newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown)
    assert summary.returned == (story,)
    assert summary.problems == (f"“dongcheng”已不在集群文件里，稿件 #{story} 的审稿意见无处可寄，请制片转告",)


def test_an_address_that_mail_does_not_know_is_told(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")
    outlets = tuple(
        one.model_copy(update={"contact_email": "a..b@example.com"}) for one in newsroom.plan.cluster.outlets
    )
    newsroom.plan = newsroom.plan._replace(cluster=newsroom.plan.cluster.model_copy(update={"outlets": outlets}))
    (problem,) = newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown).problems
    assert problem.startswith(f"稿件 #{story} 的审稿意见没能寄给东城融媒（")
    assert newsroom.story(story).state == "returned"


@pytest.mark.parametrize(
    ("rounds", "said"),
    [(1, "原定 6月6日 20:00 已过，请尽快交来，并告诉制片林初"), (2, "时限：6月6日 23:00（北京时间）")],
)
def test_past_the_deadline_there_is_time_to_rework_only_where_another_round_follows(
    newsroom: Any, campaign_with: Any, post: Any, carrier: Carrier, rounds: int, said: str
) -> None:
    newsroom.plan = newsroom.plan._replace(campaign=campaign_with(rounds=rounds))
    story = newsroom.file(newsroom.assignment())
    shown = seen(newsroom, "first_review")
    newsroom.now += timedelta(hours=9)
    newsroom.review("first_review", "lin", opinions={story: "改"}, seen=shown)
    post()
    assert said in sides(carrier.sent["dongcheng@example.com"][0])[1]
    rework = newsroom.plan.campaign.production.rework
    assert waiting(newsroom.ledger, newsroom.key, now=newsroom.now, rework=rework) == rounds - 1
    assert waiting(newsroom.ledger, newsroom.key, now=newsroom.now + timedelta(hours=2), rework=rework) == 0


def test_a_rehearsal_says_so_and_names_its_own_folder(newsroom: Any, post: Any, carrier: Carrier) -> None:
    newsroom.key = "cunchao/2026-06-06/rehearsal"
    newsroom.edition(newsroom.key, rehearsal=True)
    assignment = newsroom.assignment(key=newsroom.key)
    folder = newsroom.folder(rehearsal=True)
    (folder / "稿.md").write_text(f"---\n任务: {assignment}\n标题: 彩排\n---\n{'正文。' * 60}\n", encoding="utf-8")
    newsroom.take_in()
    story = newsroom.story_of(assignment).id
    newsroom.review("first_review", "lin", opinions={story: "改"}, seen=seen(newsroom, "first_review"))
    post()
    (mail,) = carrier.sent["dongcheng@example.com"]
    assert mail["Subject"].startswith("【彩排】审稿意见")
    assert "放进 rehearsal/inbox/stories/dongcheng/" in sides(mail)[1]


def test_the_deputy_signs_in_the_place_of_the_absent_one(newsroom: Any, post: Any, carrier: Carrier) -> None:
    away = Deputy.model_validate({"person": "sun", "from": "2026-06-06", "to": "2026-06-06"})
    people = tuple(
        one.model_copy(update={"deputies": (away,)}) if one.id == "lin" else one for one in newsroom.plan.cluster.people
    )
    newsroom.plan = newsroom.plan._replace(cluster=newsroom.plan.cluster.model_copy(update={"people": people}))
    story = newsroom.file(newsroom.assignment())
    newsroom.review("first_review", "sun", opinions={story: "改"}, seen=seen(newsroom, "first_review"))
    post()
    assert "初审　退回　孙审（代 林初）" in sides(carrier.sent["dongcheng@example.com"][0])[1]

"""What a review task does with an answer: the decision is kept, and the outlets are told if at all possible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException, DownstreamTasksSkipped

from rongmei import stories
from rongmei.errors import BadInput, CredentialRefused
from rongmei.mail import DeliverySummary
from rongmei.stories import ReviewItem, ReviewSheet, ReviewSummary
from rongmei_airflow import operators
from rongmei_airflow.operators import Review

ASKED = {"#3 东城": [3, "a" * 64], "#4 东城": [4, "b" * 64]}


class Desk(SimpleNamespace):
    """As far as a review looks at a desk; without a mail server when `problem` is set."""

    problem: Exception | None = None

    @property
    def transport(self) -> str:
        if self.problem:
            raise self.problem
        return "post"

    def now(self) -> datetime:
        return datetime(2026, 6, 6, 4, tzinfo=UTC)


@pytest.fixture
def desk() -> Desk:
    return Desk(ledger="ledger", plan="plan", key="cunchao/2026-06-06")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the stage's functions were given, and what the post says."""
    made: dict[str, Any] = {"mails": DeliverySummary(sent=1)}

    def record(*args: Any, **how: Any) -> ReviewSummary:
        made["recorded"] = (args, how)
        return ReviewSummary(passed=(3,), returned=(4,))

    def post(ledger: Any, key: str, **how: Any) -> DeliverySummary:
        assert "recorded" in made
        made["posted"] = key
        return made["mails"]

    monkeypatch.setattr(stories, "record_reviews", record)
    monkeypatch.setattr(stories, "post_returns", post)
    return made


@pytest.fixture
def answer(desk: Desk, calls: dict[str, Any]) -> Callable[[], Any]:
    review = Review(task_id="first_review", stage="first_review")
    return lambda: review.record(desk, ASKED, ["#3 东城"], {"opinions": "4 比分有误"}, "lin-chu")


def test_the_outlets_are_told_after_the_decision(
    answer: Callable[[], Any], calls: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer() == ReviewSummary(passed=(3,), returned=(4,))
    args, how = calls["recorded"]
    assert args == ("ledger", "plan", "cunchao/2026-06-06", "first_review")
    assert how["passed"] == {3: "a" * 64}
    assert how["opinions"] == {4: "比分有误"}
    assert how["seen"] == {3: "a" * 64, 4: "b" * 64}
    assert calls["posted"] == "cunchao/2026-06-06"
    assert "warning" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "problem",
    [
        CredentialRefused("邮件服务器不认密码"),
        BadInput("没有邮件服务器"),
        AirflowNotFoundException("The conn_id `smtp_default` isn't defined"),
    ],
)
def test_without_a_mail_server_the_decision_stands(
    answer: Callable[[], Any], desk: Desk, capsys: pytest.CaptureFixture[str], problem: Exception
) -> None:
    desk.problem = problem
    assert answer().returned == (4,)
    assert "审稿意见的邮件还在发件箱，巡检会接着发" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mails", "said"),
    [
        (DeliverySummary(pending=2), "还有 2 封审稿意见没有发出"),
        (DeliverySummary(failed=1, unknown=3), "有 1 封审稿意见对方服务器不收、3 封不知道收到没有"),
    ],
)
def test_mails_that_did_not_arrive_are_told(
    answer: Callable[[], Any],
    calls: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    mails: DeliverySummary,
    said: str,
) -> None:
    calls["mails"] = mails
    assert answer().returned == (4,)
    assert said in capsys.readouterr().out


LABELS = ("#3 东城", "#4 东城")


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Review:
    """A review that has put its question about one ordinary and one sensitive story."""
    items = (
        ReviewItem(3, "a" * 64, LABELS[0], False),
        ReviewItem(4, "b" * 64, LABELS[1], False, ("facts", "sources")),
    )
    sheet = ReviewSheet("终审", "表", items, ("sun-zhong",))
    monkeypatch.setattr(stories, "review_sheet", lambda *args, **how: sheet)
    desk.plan = SimpleNamespace(cluster=SimpleNamespace(person=lambda person: SimpleNamespace(name=person)))
    review = Review(task_id="final_review", stage="final_review")
    assert review.ask(desk) == {LABELS[0]: [3, "a" * 64], LABELS[1]: [4, "b" * 64]}
    return review


def test_what_a_grade_asks_for_can_be_ticked_and_only_that(asking: Review) -> None:
    assert set(asking.params) == {"opinions", "facts", "sources"}
    schema = asking.params.get_param("facts").schema
    assert (schema["title"], schema["examples"]) == ("事实核查：核对过的稿件", [LABELS[1]])
    assert schema["type"] == ["array", "null"]


def test_ticks_are_recorded_by_story(asking: Review, desk: Desk, calls: dict[str, Any]) -> None:
    params = {"opinions": "", "facts": [LABELS[1]], "sources": [LABELS[1]]}
    asking.record(desk, ASKED, list(LABELS), params, "sun-zhong")
    assert calls["recorded"][1]["confirmed"] == {4: ["facts", "sources"]}


@pytest.mark.parametrize("ticked", [["#9 别的"], "#9 别的", [["#3 东城"]], [7]])
def test_a_tick_for_what_was_not_asked_is_no_tick(asking: Review, desk: Desk, calls: Any, ticked: Any) -> None:
    with pytest.raises(BadInput, match="不在审稿单上"):
        asking.record(desk, ASKED, [], {"facts": ticked}, "sun-zhong")
    assert "recorded" not in calls


class Ledger:
    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("left", [True, False])
def test_a_round_with_nothing_to_review_is_skipped_in_one_go(monkeypatch: pytest.MonkeyPatch, left: bool) -> None:
    monkeypatch.setattr(operators, "open_desk", lambda context: SimpleNamespace(ledger=Ledger()))
    again = operators.AnotherRound(
        task_id="await_stories",
        step=lambda desk: stories.IntakeSummary(revised=int(left)),
        needed=lambda desk: left,
        round_tasks=["production.again_2.first_review"],
    )
    if left:
        assert again.execute({})["revised"] == 1
        return
    with pytest.raises(DownstreamTasksSkipped) as skipped:
        again.execute({})
    assert skipped.value.tasks == ["production.again_2.first_review"]

"""What a review task does with an answer: the decision is kept, and the outlets are told if at all possible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from rongmei import stories
from rongmei.errors import BadInput, CredentialRefused
from rongmei.mail import DeliverySummary
from rongmei.stories import ReviewSummary
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

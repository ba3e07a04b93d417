"""投稿初筛 as a task: what an answer does, and that no answer decides nothing and holds nothing up."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import pitches
from rongmei.errors import BadInput
from rongmei.pitches.moderation import ModerationOption, ModerationSheet, ModerationSummary
from rongmei_airflow.moderation import Moderation

ASKED = {"#3 市民｜修鞋摊": 3, "#4 市民｜加微信": 4, "#5 市民｜看台": 5}
NOW = datetime(2026, 6, 6, 4, tzinfo=UTC)


@pytest.fixture
def desk() -> Any:
    campaign = SimpleNamespace(id="zhumeng_taxiang")
    person = SimpleNamespace(name="林初")
    plan = SimpleNamespace(campaign=campaign, cluster=SimpleNamespace(person=lambda _: person))
    return SimpleNamespace(ledger="ledger", plan=plan, key="k", rehearsal=True, now=lambda: NOW)


@pytest.fixture
def step() -> Moderation:
    return Moderation(task_id="moderate")


def test_the_question_is_put_to_the_moderators(step: Moderation, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    options = tuple(ModerationOption(number, label) for label, number in ASKED.items())
    sheet = ModerationSheet("题", "正文", options, ("lin-chu",))
    monkeypatch.setattr(pitches, "moderation_sheet", lambda *_, **__: sheet)
    assert step.ask(desk) == ASKED
    assert (step.subject, step.body) == ("题", "正文")
    assert step.assigned_users == [{"id": "lin-chu", "name": "林初"}]
    monkeypatch.setattr(pitches, "moderation_sheet", lambda *_, **__: ModerationSheet("", "", (), ()))
    assert step.ask(desk) == {}


def test_an_answer_is_written_down_with_what_was_asked(
    step: Moderation, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, Any] = {}

    def moderate(ledger: Any, door: Any, **how: Any) -> ModerationSummary:
        told.update(how, door=door)
        return ModerationSummary(1, 1, 0, 1)

    monkeypatch.setattr(pitches, "moderate", moderate)
    summary = step.record(desk, ASKED, ["#3 市民｜修鞋摊"], {"reasons": "4 广告"}, "lin-chu")
    assert summary == ModerationSummary(1, 1, 0, 1)
    assert told == {
        "door": pitches.Door("zhumeng_taxiang", True),
        "passed": {3},
        "refused": {4: "广告"},
        "asked": {3, 4, 5},
        "by": "lin-chu",
        "now": NOW,
    }
    with pytest.raises(BadInput, match="#3 既选了通过"):
        step.record(desk, ASKED, ["#3 市民｜修鞋摊"], {"reasons": "3 广告"}, "lin-chu")


def test_without_an_answer_in_time_nothing_is_decided_and_the_edition_goes_on(step: Moderation) -> None:
    with pytest.raises(AirflowSkipException, match="留到下一期"):
        step.execute_complete({}, {"error": "timed out", "error_type": "timeout"})  # type: ignore[arg-type]

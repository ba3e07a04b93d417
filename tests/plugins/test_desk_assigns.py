"""值班台指派 as a task: what it asks, what it writes down, and that time decides nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import assignments
from rongmei.config import load_campaign
from rongmei.errors import BadInput, CredentialRefused
from rongmei.ledger import Assignment, Ledger, Mail, Pitch, PitchEvent, open_edition
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG, load_settings
from rongmei_airflow.operators import ASKED, NOTHING, DeskAssigns
from rongmei_airflow.waiting import READY, Wait

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
KEY = "cunchao/2026-06-06"


class Desk(SimpleNamespace):
    """As far as the task looks at one; without a mail server."""

    @property
    def transport(self) -> Any:
        raise CredentialRefused("邮件服务器不认密码")

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """An edition with two accepted pitches, one of them with an outlet."""
    monkeypatch.setenv("RONGMEI_BASE_URL", "https://rm.example")
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(ledger.engine)
    plan = load_campaign(PACKAGE_CONFIG, "cunchao")
    with ledger.begin() as session:
        edition = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=False, options={}, now=NOW)
        for title in ("万江龙舟夜训", "虎门制衣"):
            pitch = Pitch(edition_id=edition.id, source="desk", ref=title, title=title, state="accepted")
            pitch.channels, pitch.score_terms, pitch.submitted_at = [], {}, NOW
            session.add(pitch)
    made = Desk(settings=load_settings(), ledger=ledger, plan=plan, key=KEY, moment=NOW)
    yield made
    ledger.close()
    shutil.rmtree(tmp_path / "keys", ignore_errors=True)


@pytest.fixture
def task(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> DeskAssigns:
    made = DeskAssigns(task_id="desk_assigns", response_timeout=timedelta(hours=2))
    monkeypatch.setattr(made, "open", lambda context: desk)
    monkeypatch.setattr(desk.ledger, "close", lambda: None)
    return made


def answered(task: DeskAssigns, asked: dict[str, Any], chosen: list[str], reasons: str = "") -> Any:
    context = {"ti": SimpleNamespace(xcom_pull=lambda **_: asked)}
    by = {"id": "chen-ce", "name": "chen-ce"}
    event = {"chosen_options": chosen, "params_input": {"reasons": reasons}, "responded_by_user": by}
    return task.execute_complete(context, event)


def test_nothing_to_place_is_skipped(task: DeskAssigns, desk: Desk) -> None:
    assignments.assign(desk.ledger, desk.plan, KEY, now=NOW)
    with pytest.raises(AirflowSkipException):
        task.execute({})


def test_what_was_forgotten_by_everybody_is_asked_for(task: DeskAssigns, desk: Desk) -> None:
    """Offers that expired are nobody's, whatever rounds are left."""
    assignments.assign(desk.ledger, desk.plan, KEY, now=NOW)
    desk.moment = NOW + timedelta(hours=4)
    assert READY["answers"](desk, Wait("answers"))
    asked = task.ask(desk)
    assert {pitch_id for pitch_id, _ in asked.values()} == {1, 2}
    assert {person["id"] for person in task.assigned_users} >= {"chen-ce", desk.plan.campaign.owner}


def test_the_decision_stands_and_the_mail_waits_for_its_server(
    task: DeskAssigns, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = task.ask(desk)
    place = next(label for label, (pitch_id, outlet) in asked.items() if pitch_id == 1 and outlet)
    drop = next(label for label, (pitch_id, outlet) in asked.items() if pitch_id == 2 and not outlet)
    told = answered(task, asked, [place, drop], "2 赛事取消")
    assert (told["ordered"], told["dropped"], told["left"]) == ([1], [2], [])
    with desk.ledger.read() as session:
        assert session.get_one(Assignment, 1).state == "accepted"
        assert session.query(PitchEvent).one().why == "值班台撤下：赛事取消"
        assert session.query(Mail).one().state == "pending"
    assert "巡检会接着发" in capsys.readouterr().out


def test_an_answer_that_cannot_be_taken_changes_nothing(task: DeskAssigns, desk: Desk) -> None:
    asked = task.ask(desk)
    mine = [label for label, (pitch_id, _) in asked.items() if pitch_id == 1]
    with pytest.raises(BadInput, match="不止一项"):
        answered(task, asked, mine)
    with pytest.raises(BadInput, match="没有写理由"):
        answered(task, asked, mine[-1:])
    assert answered(task, asked, [NOTHING])["left"] == [1, 2]


def test_time_places_nothing_and_the_edition_goes_on(task: DeskAssigns, desk: Desk) -> None:
    assert task.defaults is None
    assert task.execute_complete({}, {"error": "timeout", "error_type": "timeout"}) == {}
    with desk.ledger.read() as session:
        assert session.query(Assignment).count() == 0


def test_what_was_asked_is_kept_beside_the_question(
    task: DeskAssigns, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = {}
    monkeypatch.setattr(DeskAssigns.__mro__[2], "execute", lambda self, context: self.options)
    options = task.execute({"ti": SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))})
    assert options == [*pushed[ASKED], NOTHING]
    assert options[0].startswith("#1 ")

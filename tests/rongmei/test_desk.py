"""A step's desk: the right clock and the right accounts for a rehearsal and for the real thing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from tests.rongmei.migrated import migrated

from rongmei.accounts import SandboxCredentials
from rongmei.config import ConfigErrors
from rongmei.desk import Desk, SandboxClock, desk_of, sandbox_now
from rongmei.errors import BadInput, TryLater
from rongmei.ledger import open_edition
from rongmei.settings import Settings

SANDBOX = "http://sandbox.test:8088"
NOW = datetime(2026, 6, 6, 12, 0, tzinfo=UTC)


class Answers:
    """Stands in for `requests.get`: gives one answer, and keeps what it was asked."""

    def __init__(self, body: bytes | Exception, status: int = 200) -> None:
        self.body, self.status = body, status
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, url: str, *, timeout: Any) -> requests.Response:
        self.asked.append((url, timeout))
        if isinstance(self.body, Exception):
            raise self.body
        answer = requests.Response()
        answer.status_code, answer._content = self.status, self.body
        return answer


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch):
    def give(body: bytes | Exception, status: int = 200) -> Answers:
        answers = Answers(body, status)
        monkeypatch.setattr("rongmei.desk.requests.get", answers)
        return answers

    return give


@pytest.fixture
def settings(tmp_path: Path, house: Path) -> Settings:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrated(url)
    return Settings(tmp_path, url, house, SANDBOX, None, None)


def no_accounts(outlet: Any, account: Any) -> Any:
    raise AssertionError("no account is needed here")


class Post:
    """Counts how often the way out is opened."""

    def __init__(self) -> None:
        self.opened = 0

    def __call__(self) -> Any:
        self.opened += 1
        return object()


@pytest.fixture
def desk(settings: Settings):
    """Opens an edition and gives its desk."""
    made: list[Desk] = []

    def sit(*, rehearsal: bool, settings: Settings = settings, post: Any = None) -> Desk:
        one = Desk(settings, None, "", rehearsal, no_accounts, post or Post())  # type: ignore[arg-type]
        with one.ledger.begin() as session:
            key = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=rehearsal, options={}, now=NOW).key
        made.append(one)
        found = desk_of(settings, "cunchao", key, accounts=no_accounts, post=post or Post())
        made.append(found)
        return found

    yield sit
    for one in made:
        one.ledger.close()


# ── the clock ────────────────────────────────────────────────────────────────────────────────────────────────────


@time_machine.travel(NOW, tick=False)
def test_the_real_thing_lives_in_real_time(desk, answer) -> None:
    answers = answer(AssertionError("nobody asks the sandbox"))
    assert desk(rehearsal=False).now() == NOW
    assert answers.asked == []


def test_a_rehearsal_lives_in_the_sandboxs_time(desk, answer) -> None:
    answers = answer(b'{"now": "2026-06-07T02:30:00+08:00"}')
    assert desk(rehearsal=True).now() == datetime(2026, 6, 6, 18, 30, tzinfo=UTC)
    ((url, timeout),) = answers.asked
    assert url == f"{SANDBOX}/_sandbox/clock"
    assert all(seconds > 0 for seconds in timeout)


def test_the_sandboxs_time_is_utc(answer) -> None:
    answer(b'{"now": "2026-06-07T02:30:00+08:00"}')
    assert sandbox_now(SANDBOX).tzinfo is UTC


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (requests.ConnectionError("http://user:geheim@sandbox.test refused"), 0),
        (requests.ReadTimeout("too slow"), 0),
        (b"not found", 404),
        (b'{"now": "2026-06-07T02:30:00+08:00"}', 500),
        (b"<html>", 200),
        (b"", 200),
        (b"{}", 200),
        (b"[]", 200),
        (b"null", 200),
        (b'{"now": 1780000000}', 200),
        (b'{"now": null}', 200),
        (b'{"now": "soon"}', 200),
        (b'{"now": "2026-06-07T02:30:00"}', 200),  # of which zone?
    ],
)
def test_a_sandbox_that_does_not_tell_the_time_is_tried_later(answer, body: Any, status: int) -> None:
    answer(body, status)
    with pytest.raises(TryLater, match="沙箱没有应答") as told:
        sandbox_now(SANDBOX)
    assert "geheim" not in str(told.value)
    assert told.value.__cause__ is None


# ── accounts and post ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rehearsals_clock_goes_on_while_the_sandbox_is_away(desk, answer) -> None:
    with time_machine.travel(NOW, tick=False) as traveller:
        answer(b'{"now": "2026-06-13T12:00:00+00:00"}')
        sitting = desk(rehearsal=True)
        sitting.now()
        answer(requests.ConnectionError("gone"))
        traveller.shift(60)
        assert sitting.now() == datetime(2026, 6, 13, 12, 1, tzinfo=UTC)
        with pytest.raises(TryLater):
            desk(rehearsal=True).now()


def test_the_sandboxs_clock_is_not_asked_for_every_post(answer) -> None:
    moment = [NOW]
    clock = SandboxClock(SANDBOX, wall=lambda: moment[0])
    answers = answer(b'{"now": "2026-06-13T12:00:00+00:00"}')
    clock()
    moment[0] += timedelta(milliseconds=150)
    assert clock() == datetime(2026, 6, 13, 12, 0, 0, 150_000, tzinfo=UTC)
    assert len(answers.asked) == 1
    moment[0] += timedelta(milliseconds=60)
    clock()
    assert len(answers.asked) == 2


def test_a_rehearsal_only_ever_gets_the_sandboxs_accounts(desk) -> None:
    assert isinstance(desk(rehearsal=True).connect, SandboxCredentials)
    assert desk(rehearsal=False).connect is no_accounts


def test_a_rehearsal_without_a_sandbox_is_refused(desk, settings: Settings) -> None:
    bare = Settings(settings.home, settings.ledger_url, settings.config, None, None, None)
    one = desk(rehearsal=True, settings=bare)
    with pytest.raises(BadInput, match=r"彩排没有可用的沙箱。改法：.*RONGMEI_SANDBOX"):
        one.now()
    with pytest.raises(BadInput, match="彩排没有可用的沙箱"):
        _ = one.connect


def test_the_post_is_opened_once_and_only_when_wanted(desk) -> None:
    post = Post()
    one = desk(rehearsal=False, post=post)
    assert post.opened == 0
    assert one.transport is one.transport
    assert post.opened == 1


def test_one_ledger_a_desk(desk, settings: Settings) -> None:
    one = desk(rehearsal=False)
    assert one.ledger is one.ledger
    assert one.ledger.engine.url.render_as_string() == settings.ledger_url


# ── finding it ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_edition_says_whether_it_is_a_rehearsal(desk) -> None:
    rehearsal, real = desk(rehearsal=True), desk(rehearsal=False)
    assert (rehearsal.rehearsal, rehearsal.key) == (True, "cunchao/2026-06-06/rehearsal")
    assert (real.rehearsal, real.key) == (False, "cunchao/2026-06-06")
    assert real.plan.campaign.id == "cunchao"
    assert real.plan.cluster.id == "dongguan"


def test_no_such_edition(settings: Settings) -> None:
    with pytest.raises(BadInput, match="没有期次 cunchao/2026-06-07"):
        desk_of(settings, "cunchao", "cunchao/2026-06-07", accounts=no_accounts, post=Post())


@pytest.mark.parametrize("campaign", ["nothing", "", "../clusters/dongguan"])
def test_no_such_campaign(settings: Settings, campaign: str) -> None:
    with pytest.raises(ConfigErrors, match="没有活动"):
        desk_of(settings, campaign, f"{campaign}/2026-06-06", accounts=no_accounts, post=Post())


# ── the scenario ─────────────────────────────────────────────────────────────────────────────────────────────────


class Stage:
    """Takes the order of a scenario and answers with one status, or not at all."""

    def __init__(self, answer: int | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, url: str, **_: object) -> requests.Response:
        self.asked.append(url)
        if isinstance(self.answer, Exception):
            raise self.answer
        response = requests.Response()
        response.status_code = self.answer
        return response


def test_a_rehearsal_has_its_scenario_played(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(200)
    monkeypatch.setattr("rongmei.desk.requests.post", stage)
    desk(rehearsal=True).play("flaky")
    desk(rehearsal=False).play("flaky")
    assert stage.asked == [f"{SANDBOX}/_sandbox/scenarios/flaky"]


@pytest.mark.parametrize(
    ("answer", "error"), [(404, BadInput), (500, TryLater), (requests.ConnectionError("gone"), TryLater)]
)
def test_a_scenario_that_cannot_be_played(desk, monkeypatch: pytest.MonkeyPatch, answer: Any, error: type) -> None:
    monkeypatch.setattr("rongmei.desk.requests.post", Stage(answer))
    with pytest.raises(error):
        desk(rehearsal=True).play("flaky")

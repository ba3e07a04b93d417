"""`rongmei assignments link`, `extend` and `remind`, as a person types them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rongmei import assignments, cli
from rongmei.access import links_of
from rongmei.cli import common
from rongmei.clock import local_date, utcnow
from rongmei.config import load_campaign
from rongmei.ledger import Assignment, AssignmentEvent, Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base
from rongmei.settings import load_settings


class Carrier:
    """A mail server that takes everything."""

    sent = 0

    def send(self, message: object, recipient: str) -> None:
        self.sent += 1


@pytest.fixture
def carrier(monkeypatch: pytest.MonkeyPatch) -> Carrier:
    made = Carrier()
    monkeypatch.setattr(common, "smtp", lambda: made)
    return made


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs `rongmei …` in this process for a ledger with one open offer; what it printed, both ways."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "CREDENTIALS", "BASE_URL", "LINK_KEY"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 220)
    ledger, now = Ledger(load_settings().ledger_url), utcnow()
    Base.metadata.create_all(ledger.engine)
    with ledger.begin() as session:
        edition = open_edition(session, "cunchao", local_date(now), rehearsal=False, options={}, now=now)
        pitch = Pitch(edition_id=edition.id, source="desk", ref="1", title="万江龙舟夜训", state="accepted")
        pitch.channels, pitch.score_terms, pitch.submitted_at = [], {}, now
        session.add(pitch)
    assignments.assign(ledger, load_campaign(house, "cunchao"), edition.key, now=now)

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["rongmei", "assignments", *map(str, arguments)])
        with pytest.raises(SystemExit):
            cli.main()
        printed = capsys.readouterr()
        return printed.out + printed.err

    yield run
    ledger.close()


def test_a_new_link_is_printed_and_the_old_one_void(
    rongmei: Callable[..., str], monkeypatch: pytest.MonkeyPatch, house: Path
) -> None:
    assert "RONGMEI_BASE_URL" in rongmei("link", 1, "--by", "chen-ce")
    monkeypatch.setenv("RONGMEI_BASE_URL", "https://rm.example")
    tokens = [re.search(r"/rongmei/answers/\?token=(\S+)", rongmei("link", 1, "--by", "chen-ce"))[1] for _ in range(2)]
    assert "没有这条任务" in rongmei("link", 99, "--by", "chen-ce")
    assert "nobody" in rongmei("link", 1, "--by", "nobody")
    ledger, sealer = Ledger(load_settings().ledger_url), links_of(load_settings()).sealer
    plan, now = load_campaign(house, "cunchao"), utcnow()
    closed = [assignments.offer_by_link(ledger, plan, sealer, token, now=now).closed for token in tokens]
    ledger.close()
    assert "作废" in closed[0]
    assert closed[1] == ""


def test_more_time_for_somebody_on_the_telephone(rongmei: Callable[..., str]) -> None:
    assert "的答复截止改为" in rongmei("extend", 1, 2, "--reason", "等记者回话", "--by", "李主任")
    assert "已经延过一次" in rongmei("extend", 1, 1, "--reason", "再等等")
    ledger = Ledger(load_settings().ledger_url)
    with ledger.read() as session:
        assert session.query(AssignmentEvent).order_by(AssignmentEvent.id.desc()).first().by == "李主任"
    ledger.close()


def test_a_reminder_by_hand(rongmei: Callable[..., str], carrier: Carrier) -> None:
    ledger = Ledger(load_settings().ledger_url)
    with ledger.begin() as session:
        offer = session.get_one(Assignment, 1)
        offer.answer_by = utcnow() + timedelta(minutes=30)
        key = f"cunchao/{local_date(offer.offered_at)}"
    ledger.close()
    assert "reminded=1" in rongmei("remind", key)
    assert "reminded=0" in rongmei("remind", key)
    assert carrier.sent == 1

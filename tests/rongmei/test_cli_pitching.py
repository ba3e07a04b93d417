"""The desk's commands about pitches: pin, veto, order from above, and the sheet that outlets fill in."""

import io

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from rongmei.cli import app
from rongmei.clock import local_date, utcnow
from rongmei.ledger import Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.setenv("RONGMEI_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
    for name in ("RONGMEI_CONFIG", "RONGMEI_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def ledger(home):
    made = Ledger(f"sqlite:///{home / 'ledger.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def now_today():
    return utcnow()


def say(*words: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, ["pitches", *words])
    return result.output, result.exception


def test_the_sheet_of_an_outlet(home):
    said, problem = say("template", "--campaign", "cunchao", "--outlet", "shilong", "-o", str(home / "a.xlsx"))
    assert problem is None, said
    book = load_workbook(io.BytesIO((home / "a.xlsx").read_bytes()))
    assert book["报题"]["A1"].value.startswith("村超比赛日 报题表（石龙")
    assert len(list(book["选项"]["A"])) == 38


def test_order_pin_and_veto(ledger, now_today):
    with ledger.begin() as session:
        edition = open_edition(session, "cunchao", local_date(now_today), rehearsal=False, options={}, now=now_today)
        pitch = Pitch(
            edition_id=edition.id,
            source="workbooks",
            ref="x",
            outlet="shilong",
            title="醒狮少年",
            channels=[],
            score_terms={},
            submitted_at=now_today,
        )
        session.add(pitch)
        session.flush()
        pitch_id = str(pitch.id)
    order = ("direct", "cunchao", "--title", "防汛值守", "--why", "市里部署", "--by", "chen-ce")
    said, problem = say(*order)
    assert problem is None, said
    assert "，选题 #2" in said
    said, _ = say("pin", pitch_id, "--by", "chen-ce", "--why", "重要")
    assert "选题 #1：置顶" in said
    said, _ = say("veto", pitch_id, "--by", "chen-ce", "--why", "没有核实")
    assert "否决，不在名单上" in said
    said, _ = say("unmark", pitch_id, "--by", "chen-ce", "--why", "核实了")
    assert "没有置顶也没有否决" in said
    _, problem = say("pin", "99", "--by", "chen-ce", "--why", "x")
    assert "没有这条选题" in str(problem)

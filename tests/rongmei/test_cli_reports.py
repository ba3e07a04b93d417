"""rongmei reports …: made, listed and read without Airflow."""

from datetime import UTC, date, datetime

import pytest
from tests.rongmei.migrated import migrated
from typer.testing import CliRunner

from rongmei.cli import app, common
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, open_edition


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 240)
    for name in ("RONGMEI_LEDGER", "RONGMEI_SMTP", "RONGMEI_SANDBOX"):
        monkeypatch.delenv(name, raising=False)
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger.begin() as session:
        now = datetime(2026, 6, 5, 10, tzinfo=UTC)
        open_edition(session, "cunchao", date(2026, 6, 5), rehearsal=False, options={}, now=now)
    ledger.close()
    return tmp_path


def run(*args):
    return CliRunner().invoke(app, ["reports", *args])


def test_reports_are_made_listed_and_read(home):
    for command in (("daily", "dongguan", "--day", "2026-06-05"), ("wrapup", "cunchao", "--day", "2026-06-05")):
        made = run(*command)
        assert made.exit_code == 0, made.output
    listed = run("list").output
    assert "daily:dongguan:2026-06-05" in listed
    assert "wrapup:cunchao:2026-12-31" in listed
    assert "wrapup" not in run("list", "--kind", "daily").output
    assert "没有新的选题、稿件和发布" in run("open", "daily:dongguan:2026-06-05", "--text").output
    (home / "reports" / "index.html").unlink()
    # The desk's and the leaders' brief, and the wrap-up.
    assert "目录里有 3 份报告" in run("reindex").output
    assert "活动总结" in (home / "reports" / "index.html").read_text()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("open", "nothing"), "没有报告“nothing”"),
        (("list", "--kind", "yearly"), "没有“yearly”这种报告"),
        (("daily", "dongguan", "--day", "2026-06-05", "--mail"), "没有邮件服务器"),
    ],
)
def test_what_cannot_be_done_is_said(home, args, said):
    with pytest.raises(BadInput, match=said):
        CliRunner().invoke(app, ["reports", *args], catch_exceptions=False)

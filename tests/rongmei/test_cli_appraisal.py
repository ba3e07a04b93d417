"""周期考核 as a newsroom types it, from the freeze to the answered appeal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from tests.rongmei.appraisal.conftest import NOW, Room
from tests.rongmei.config.conftest import Folder

from rongmei import cli
from rongmei.cli import appraisal, common
from rongmei.ledger import Ledger
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG

KEY = "period:town:2026-06-01..2026-06-07:dongguan-cluster-v1"


@pytest.fixture
def rongmei(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Runs `rongmei appraisal …` in this process, in a small town; what it printed, and its exit code before it."""
    folder = Folder(tmp_path / "include")
    for rules in ("dongguan-cluster-v1", "county-centre-v1"):
        shutil.copy(PACKAGE_CONFIG / "appraisal" / f"{rules}.yaml", folder.root / "appraisal")
    home = tmp_path / "home"
    home.mkdir()
    ledger = Ledger(f"sqlite:///{home / 'ledger.db'}")
    Base.metadata.create_all(ledger.engine)
    room = Room(ledger, "cup")
    for outlet, reads in (("east", 500), ("daily", 5000)):
        story = room.story(outlet, author="张三", late=outlet == "east")
        room.post(story, f"{outlet}/wechat", (20, {"reads": reads, "likes": 9}))
    ledger.close()
    monkeypatch.delenv("RONGMEI_LEDGER", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(home))
    monkeypatch.setenv("RONGMEI_CONFIG", str(folder.root))
    monkeypatch.setattr(appraisal, "utcnow", lambda: NOW)
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 400)

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["rongmei", "appraisal", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        printed = capsys.readouterr()
        return (code if isinstance(code, int) else int(code is not None)), printed.out + printed.err

    run.ledger = lambda: Ledger(f"sqlite:///{home / 'ledger.db'}")
    return run


def test_a_period_from_freeze_to_answered_appeal(rongmei, tmp_path):
    days = ("--from", "2026-06-01", "--to", "2026-06-07")
    added = ("credit", "add", "town", "adoption", "--level", "province", "--date", "2026-06-03")
    code, said = rongmei(
        *added, "--evidence", "https://news.example/1", "--outlet", "east", "--title", "村超夜", "--by", "an"
    )
    assert (code, said.strip()) == (0, "已登记 #1")
    assert "东街" not in rongmei("credit", "list", "town", *days)[1]
    assert "村超夜" in rongmei("credit", "list", "town", *days)[1]

    code, said = rongmei("freeze", "town", *days, "--rules", "dongguan-cluster-v1", "--by", "pan")
    assert code == 0
    assert KEY in said
    assert "outlets=2" in said
    assert list((tmp_path / "home" / "reports" / "periods").glob("*.xlsx"))
    assert "frozen=True" in rongmei("freeze", "town", *days, "--rules", "dongguan-cluster-v1", "--by", "x")[1]

    assert KEY in rongmei("periods")[1]
    assert "东街融媒" in rongmei("show", KEY)[1]
    said = rongmei("explain", KEY, "east", "guidance.adoption")[1]
    assert "上级采用 #1 省级《村超夜》" in said
    assert "证据：https://news.example/1" in said
    assert "重算结果与账本逐字节一致" in rongmei("verify", KEY)[1]

    late = (KEY, "east", "deductions.late")
    assert "申诉 #1 已登记" in rongmei("appeal", *late, "--why", "断电", "--by", "east")[1]
    assert "断电" in rongmei("appeals", KEY, "--open")[1]
    answer = ("answer", "town", 1, "--words", "属实", "--by", "pan")
    assert rongmei(*answer)[0] == 1
    assert "申诉 #1 成立，更正 +0.5" in rongmei(*answer, "--points", 0.5)[1]
    assert "已更正" in rongmei("amend", *late, "--points", -1, "--why", "另一次", "--by", "pan")[1]
    assert "更正" in rongmei("explain", KEY, "east")[1]

    assert "county-centre-v1 名次" in rongmei("whatif", KEY, "--rules", "county-centre-v1")[1]
    assert "浮动 10%" in rongmei("fairness", KEY)[1]
    assert "张三：" in rongmei("mine", KEY, "--person", "east/张三")[1]
    code, said = rongmei("mine", KEY, "--person", "east/张三", "--of", "daily/张三")
    assert (code, "只能看自己的成绩" in said) == (1, True)
    file = tmp_path / "people.xlsx"
    assert rongmei("workbook", KEY, file, "--people")[0] == 0
    assert file.stat().st_size > 5000
    assert "已撤销 #1" in rongmei("credit", "withdraw", "town", 1, "--why", "登错", "--by", "an")[1]

    with rongmei.ledger().begin() as session:
        session.connection().exec_driver_sql("UPDATE period_score SET total = 99 WHERE subject = 'east'")
    assert rongmei("verify", KEY)[0] == 1
    code, said = rongmei("explain", KEY, "east")
    assert (code, "账本里是 99.00" in said) == (1, True)
    code, said = rongmei("explain", "period:none", "east")
    assert (code, "没有考核周期" in said) == (1, True)

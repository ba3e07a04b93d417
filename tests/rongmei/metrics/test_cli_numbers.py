"""`rongmei metrics show`, `rebuild` and `collect` without an edition, as a person sees them."""

import re
import sys
from datetime import date, timedelta

import pytest
from sqlalchemy import delete

from rongmei import cli
from rongmei.channels import Numbers
from rongmei.cli import common
from rongmei.clock import at_local
from rongmei.ledger import SnapshotDay
from rongmei.ledger.numbers import days
from rongmei.metrics.keeping import Heard, keep
from rongmei.metrics.planning import plan_readings
from rongmei.settings import PACKAGE_CONFIG

NOON = at_local(date(2026, 6, 6), "12:00")


@pytest.fixture
def rongmei(monkeypatch, tmp_path, capsys):
    for name in ("LEDGER", "SANDBOX", "CREDENTIALS"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.setenv("RONGMEI_CONFIG", str(PACKAGE_CONFIG))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 200)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["rongmei", "metrics", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out + printed.err

    return run


@pytest.fixture
def told(ledger, put):
    """A publication with a history: rises, rounds, falls, goes."""
    key = put(external_id="A")
    history = (
        Numbers(reads=1200, likes=3),
        Numbers(reads=1200, likes=3),
        Numbers(reads=31_500, upper={"reads": 32_999}, likes=2),
        Numbers(reads=100_001, upper={"reads": None}, likes=2),
        Numbers(gone=True),
    )
    for hour, numbers in enumerate(history):
        at = NOON + timedelta(hours=hour)
        heard = [Heard(key, NOON, numbers)]
        plan_readings(ledger, heard, keep(ledger, heard, at), at, by_day=False)
    return key


def test_a_series_tells_what_is_known_and_what_happened(rongmei, told):
    code, out = rongmei("show", told)
    assert code == 0
    head, titles, *rows, last = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    assert head == ["发布单 #1 第 1 条（daily/wechat），时间为北京时间"]
    assert titles == ["截至", "首次见到", "最后见到", "阅读", "点赞", "说明"]
    assert rows == [
        ["06-06 12:00", "06-06 12:00", "06-06 13:00", "1,200", "3", "—"],
        ["06-06 14:00", "06-06 14:00", "06-06 14:00", "31,500 到 32,999", "2", "比上次少"],
        ["06-06 15:00", "06-06 15:00", "06-06 15:00", "至少 100,001", "2", "—"],
        ["06-06 16:00", "06-06 16:00", "06-06 16:00", "至少 100,001", "2", "已删除，保留最后的数据"],
    ]
    assert last == ["最近一次读是 6月6日 16:00，不再读"]
    assert "前面还有 2 行" in rongmei("show", told, "--limit", 2)[1]


def test_figures_by_day_are_told_as_such(rongmei, ledger, put):
    key = put(external_id="A")
    numbers = Numbers(reads=5, about=date(2026, 6, 6))
    keep(ledger, [Heard(key, NOON, numbers)], NOON + timedelta(hours=21))
    row = re.split(r"\s{2,}", rongmei("show", key)[1].splitlines()[2].strip())
    assert row == ["06-06 24:00", "06-07 09:00", "06-07 09:00", "5", "按天"]


def test_nothing_yet_and_no_such_publication(rongmei, put):
    assert "平台还没有给出数据。还没有读过" in rongmei("show", put(external_id="A"))[1]
    code, out = rongmei("show", 99)
    assert code == 1
    assert "没有发布单 #99" in out


def test_the_days_can_be_made_anew(rongmei, ledger, told):
    with ledger.begin() as session:
        session.execute(delete(SnapshotDay))
    assert rongmei("rebuild") == (0, "重算了 1 条发布单的日汇总\n")
    with ledger.read() as session:
        found = days(session, [told], date(2026, 6, 6), date(2026, 6, 6))[told]
    assert [(row.reads, row.reads_gain, row.likes) for row in found] == [(100_001, 100_001, 2)]


def test_collecting_what_is_due_names_a_wrong_channel_and_is_quiet_with_nothing_out(rongmei, ledger):
    code, out = rongmei("collect", "--channel", "xuexi")
    assert code == 1
    assert "不报数据" in out
    assert rongmei("collect") == (0, "")


def test_collecting_without_credentials_says_what_is_missing(rongmei, put):
    put(external_id="A", account="dongguan-daily/weibo", at=NOON + timedelta(days=3650))
    code, out = rongmei("collect", "--channel", "weibo")
    assert code == 1
    assert "没有账号凭据" in out

"""`rongmei boards …` and `rongmei metrics anomalies …`, as a person types them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.rongmei.metrics.conftest import _version
from tests.rongmei.migrated import migrated

from rongmei import cli
from rongmei.cli import common
from rongmei.clock import local_date
from rongmei.ledger import Anomaly, Ledger, Publication, Snapshot, open_edition

HEADER = "date,hour,position,title,category,hot,ads,readCount,discussCount,origin,display_time,description"
NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Told:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def rongmei(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Runs `rongmei …` in this process, with a home of its own."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "CREDENTIALS", "CONFIG"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 240)

    def run(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["rongmei", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Told(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return run


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrated(url)
    made = Ledger(url)
    yield made
    made.close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    lines = [HEADER]
    for hour in range(8, 14):
        for rank in range(1, 31):
            title = "贵州村超[red]开赛" if rank == 20 - hour and hour < 11 else f"别的第{rank}条"
            lines.append(f"2024-06-01,{hour:02d},{rank},{title},体育,{10_000 * (40 - rank)},0,,,,0,")
    file = tmp_path / "board.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_an_archive_is_imported_replayed_and_shown(rongmei: Callable[..., Told], archive: Path) -> None:
    assert rongmei("boards", "replay", "cunchao").err.startswith("没有成功")
    rongmei("boards", "import", archive)
    told = rongmei("boards", "replay", "cunchao", "--to", "2024-06-01")
    assert (told.code, "stays=1  promoted=0  topped=1" in told.out) == (0, True), told.out
    shown = rongmei("boards", "show", "cunchao", "--day", "2024-06-01").out
    for said in (
        "上榜 1 次",
        "微博热搜",
        "贵州村超[red]开赛",
        "第 10 位（6月1日 10:00）",
        "2 小时",
        "30.0 万",
        "命中「贵州村超」",
    ):
        assert said in shown, said
    assert "没有上榜记录" in rongmei("boards", "show", "cunchao").out
    assert "removed=0" in rongmei("boards", "thin", "--all").out


def test_boards_that_nobody_knows_and_days_the_wrong_way_round(rongmei: Callable[..., Told], ledger: Ledger) -> None:
    assert "没有热榜“fax”" in rongmei("boards", "watch", "fax").err
    assert "账本里没有热榜" in rongmei("boards", "replay").err
    assert "没有可读的地址" in rongmei("boards", "watch", "weibo").out
    assert "没有沙箱" in rongmei("boards", "watch", "--rehearsal").err
    wrong = rongmei("boards", "show", "cunchao", "--from", "2024-06-02", "--to", "2024-06-01").err
    assert "2024-06-01 早于 2024-06-02" in wrong


@pytest.fixture
def odd(ledger: Ledger) -> int:
    """A publication with a leap, two hours ago; its id."""
    with ledger.begin() as session:
        edition = open_edition(session, "cunchao", local_date(NOW), rehearsal=False, options={}, now=NOW)
        version = _version(session, edition, 1)
        publication = Publication(
            edition_id=edition.id,
            story_id=version.story_id,
            version_id=version.id,
            outlet="humen",
            channel="wechat",
            account="humen/wechat",
            state="live",
            fingerprint="rm1",
            scheduled_at=NOW,
            external_id="A1",
            accepted_at=NOW,
            live_at=NOW,
            progress={},
        )
        session.add(publication)
        session.flush()
        reads = [100, 190, 270, 340, 400, 450, 9_450, 9_460, 9_467, 9_472]
        for hour, value in enumerate(reads):
            moment = NOW - timedelta(hours=12 - hour)
            session.add(Snapshot(publication_id=publication.id, observed_at=moment, reads=value))
        return publication.id


def test_anomalies_are_found_listed_and_decided_by_people_alone(
    rongmei: Callable[..., Told], ledger: Ledger, odd: int
) -> None:
    assert "checked=1  flagged=1" in rongmei("metrics", "anomalies", "check").out
    listed = rongmei("metrics", "anomalies", "list", "--state", "flagged").out
    for said in ("异常 1 条", "#1  突增无互动（阅读）  待人判断", "humen", f"发布单 #{odd}", "阅读增加 9,000"):
        assert said in listed, said
    assert "没有人员“nobody”" in rongmei("metrics", "anomalies", "exclude", "1", "--by", "nobody", "--why", "x").err
    assert "没有写理由" in rongmei("metrics", "anomalies", "exclude", "1", "--by", "chen-ce", "--why", " ").err
    told = rongmei("metrics", "anomalies", "exclude", "1", "--by", "chen-ce", "--why", "媒体承认投放了推广").out
    for said in ("9,472", "472", "不计"):
        assert said in told, said
    assert "媒体承认投放了推广" in rongmei("metrics", "anomalies", "list").out
    assert "照计" in rongmei("metrics", "anomalies", "clear", "1", "--by", "lin-chu", "--why", "首页推荐").out
    assert "没有异常 #7" in rongmei("metrics", "anomalies", "clear", "7", "--by", "lin-chu", "--why", "x").err
    assert "没有状态“odd”" in rongmei("metrics", "anomalies", "list", "--state", "odd").err
    with ledger.read() as session:
        assert session.get_one(Anomaly, 1).decided_by == "lin-chu"

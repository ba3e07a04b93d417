"""The command line: what it prints, how it ends, and that a mistake is one Chinese paragraph and no traceback."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import func, select
from tests.rongmei.migrated import migrated

from rongmei import cli
from rongmei.cli import common
from rongmei.cli import house as house_commands
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, BoardEntry, Edition, Ledger, Pitch, open_edition

NOW = datetime(2026, 6, 6, 12, 0, tzinfo=UTC)
CHINESE = re.compile(r"[一-鿿]")


@dataclass(frozen=True)
class Told:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[list[str]]:
        """The words of each line."""
        return [line.split() for line in self.out.splitlines() if line.strip()]


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Runs `rongmei …` in this process, with a home and a configuration of its own."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "CREDENTIALS"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
    monkeypatch.setattr(common.out, "_width", 200)
    monkeypatch.setattr(common.err, "_width", 200)

    def run(*arguments: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["rongmei", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Told(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return run


@pytest.fixture
def ready(rongmei: Callable[..., Told], tmp_path: Path) -> Ledger:
    """The ledger of that home, up to date."""
    url = f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    migrated(url)
    return Ledger(url)


def assert_one_paragraph(told: Told, *words: str) -> None:
    assert told.code == 1
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert CHINESE.search(told.err)
    assert "Traceback" not in told.err
    for word in words:
        assert word in told.err


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_house(rongmei) -> None:
    told = rongmei("check")
    assert (told.code, told.out) == (0, "全部配置有效\n")


def test_every_problem_at_once_with_file_and_line(rongmei, house: Path) -> None:
    campaign = house / "campaigns" / "cunchao.yaml"
    text = campaign.read_text(encoding="utf-8")
    campaign.write_text(text.replace("cluster: dongguan", "cluster: dongwan"), encoding="utf-8")
    broken = house / "clusters" / "second.yaml"
    broken.write_text("id: second\n  name: [\n", encoding="utf-8")
    told = rongmei("check")
    assert told.code == 1
    line = text.splitlines().index("cluster: dongguan") + 1
    assert f"include/campaigns/cunchao.yaml:{line}：cluster：" in told.out
    assert re.search(r"include/clusters/second\.yaml:\d+：", told.out)
    assert "改法：" in told.out
    *problems, total = told.out.splitlines()
    assert total == f"共 {len(problems)} 处问题"
    assert len(problems) >= 2


def test_brackets_in_a_file_are_no_markup(rongmei, house: Path) -> None:
    campaign = house / "campaigns" / "cunchao.yaml"
    text = campaign.read_text(encoding="utf-8")
    campaign.write_text(text.replace("cluster: dongguan", 'cluster: "[/red][bold]x"'), encoding="utf-8")
    told = rongmei("check")
    assert told.code == 1
    assert "[/red][bold]x" in told.out


def test_no_configuration_at_all(rongmei, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RONGMEI_CONFIG", str(tmp_path / "nowhere"))
    told = rongmei("check")
    assert told.code == 1
    assert told.out.count("没有这个文件夹") == 3


# ── usage ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "arguments",
    [
        ("dance",),
        ("editions", "dance"),
        ("editions", "open"),
        ("editions", "open", "cunchao", "--date", "6月6日"),
        ("assignments", "answer", "1", "perhaps"),
        ("stories", "sheet", "cunchao/2026-06-06", "fourth_review"),
        ("check", "--fast"),
    ],
)
def test_what_cannot_be_understood_ends_with_two(rongmei, arguments: tuple[str, ...]) -> None:
    told = rongmei(*arguments)
    assert told.code == 2
    assert told.out == ""
    assert "Usage" in told.err
    assert "Traceback" not in told.err


def test_help_is_chinese(rongmei) -> None:
    told = rongmei("--help")
    assert told.code == 0
    for word in ("融媒活动编排", "选题征集", "跨媒体派单", "采编送审", "发布分发", "效果采集", "考核报告", "热榜"):
        assert word in told.out


@pytest.mark.parametrize("command", cli.app.registered_groups, ids=lambda one: one.name)
def test_every_command_explains_itself_in_chinese(command) -> None:
    assert command.typer_instance.registered_commands
    for one in command.typer_instance.registered_commands:
        assert CHINESE.search(one.callback.__doc__)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_open_and_list(rongmei, ready: Ledger) -> None:
    assert rongmei("db", "upgrade").out == "账本已是最新\n"
    command = ("editions", "open", "cunchao", "--no-rehearsal")
    with time_machine.travel(NOW, tick=False):
        told = rongmei(*command, "--date", "2026-06-06", "--stories", "3", "--channel", "weibo", "--note", "[b]决赛")
    assert (told.code, told.out) == (0, "cunchao/2026-06-06\n")
    with ready.read() as session:
        (found,) = session.scalars(select(Edition)).all()
    assert (found.day, found.rehearsal, found.opened_at) == (date(2026, 6, 6), False, NOW)
    assert found.options == {"stories": 3, "channels": ["weibo"], "note": "[b]决赛", "scenario": "calm"}

    assert rongmei(*command, "--date", "2026-06-06", "--stories", "9").out == "cunchao/2026-06-06\n"
    rongmei("editions", "open", "zhumeng_taxiang", "--no-rehearsal", "--date", "2026-06-07")
    listed = rongmei("editions", "list")
    assert listed.code == 0
    assert listed.lines[0] == ["期次", "状态", "开出", "结束"]
    assert [line[:2] for line in listed.lines[1:]] == [
        ["cunchao/2026-06-06", "open"],
        ["zhumeng_taxiang/2026-06-07", "open"],
    ]
    assert listed.lines[1][2:] == ["6月6日", "20:00", "—"]
    only = rongmei("editions", "list", "cunchao")
    assert [line[0] for line in only.lines] == ["期次", "cunchao/2026-06-06"]
    with ready.read() as session:
        assert session.scalar(select(Edition.options).where(Edition.campaign == "cunchao"))["stories"] == 3


def test_the_day_is_shanghais(rongmei, ready: Ledger) -> None:
    with time_machine.travel(datetime(2026, 6, 6, 16, 30, tzinfo=UTC), tick=False):
        assert rongmei("editions", "open", "cunchao", "--no-rehearsal").out == "cunchao/2026-06-07\n"


def test_a_rehearsal_takes_the_sandboxs_day(rongmei, ready: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGMEI_SANDBOX", "http://sandbox.test")
    monkeypatch.setattr("rongmei.desk.sandbox_now", lambda url: NOW + timedelta(days=7))
    played = []
    monkeypatch.setattr("rongmei.desk.Desk.play", lambda self, scenario: played.append(scenario))
    assert rongmei("editions", "open", "cunchao", "--rehearsal").out == "cunchao/2026-06-13/rehearsal\n"


def test_a_rehearsal_without_a_sandbox(rongmei, ready: Ledger) -> None:
    assert_one_paragraph(rongmei("editions", "open", "cunchao", "--rehearsal"), "没有成功：彩排没有可用的沙箱", "改法")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--stories", "999"), ("本期选项", "采用条数")),
        (("--stories", "0"), ("本期选项", "采用条数")),
        (("--channel", "fax"), ("本期选项", "发布渠道")),
        (("--note", "长" * 501), ("本期选项", "制片留言")),
    ],
)
def test_options_are_checked(rongmei, ready: Ledger, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert_one_paragraph(rongmei("editions", "open", "cunchao", "--no-rehearsal", *options), *words)
    with ready.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 0


def test_an_unknown_campaign_and_an_unknown_edition(rongmei, ready: Ledger) -> None:
    told = rongmei("editions", "open", "spring", "--no-rehearsal")
    assert (told.code, "没有活动“spring”" in told.err, "cunchao" in told.err) == (1, True, True)
    told = rongmei("pitches", "shortlist", "cunchao/2026-06-06")
    assert_one_paragraph(told, "没有成功：没有期次 cunchao/2026-06-06", "rongmei editions open")


def test_a_broken_campaign_says_where(rongmei, ready: Ledger, house: Path) -> None:
    campaign = house / "campaigns" / "cunchao.yaml"
    campaign.write_text(campaign.read_text(encoding="utf-8") + "colour: red\n", encoding="utf-8")
    told = rongmei("editions", "open", "cunchao", "--no-rehearsal")
    assert told.code == 1
    assert re.search(r"include/campaigns/cunchao\.yaml:\d+：colour：", told.err)
    assert "Traceback" not in told.out + told.err


# ── the ledger is not what it should be ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments", [("editions", "list"), ("editions", "open", "cunchao", "--no-rehearsal")])
def test_a_ledger_without_tables(rongmei, arguments: tuple[str, ...]) -> None:
    assert_one_paragraph(rongmei(*arguments), "没有成功：账本用不了", "rongmei db upgrade")


def test_an_address_that_is_none(rongmei, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGMEI_LEDGER", "oracle-of-delphi://user:geheim@host/db")
    told = rongmei("db", "upgrade")
    assert_one_paragraph(told, "没有成功：账本用不了", "RONGMEI_LEDGER")
    assert "geheim" not in told.out + told.err


def test_any_other_error_is_a_bug_and_not_hidden(rongmei, ready: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(house_commands, "open_edition", broken)
    monkeypatch.setattr(sys, "argv", ["rongmei", "editions", "open", "cunchao", "--no-rehearsal"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


# ── the stages ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def edition(ready: Ledger) -> str:
    """An edition with a pitch in it that somebody else wants to be markup, and an offer of it."""
    with ready.begin() as session:
        made = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=False, options={}, now=NOW)
        pitch = Pitch(
            **{"edition_id": made.id, "source": "workbooks", "ref": "row-1", "outlet": "humen"},
            **{"title": "[/bold]决赛[link=x]夜", "state": "accepted", "score": 0.5, "submitted_at": NOW},
        )
        session.add(pitch)
        session.flush()
        session.add(
            Assignment(
                **{"edition_id": made.id, "pitch_id": pitch.id, "outlet": "humen", "state": "offered"},
                **{"offered_at": NOW, "answer_by": NOW + timedelta(hours=3), "deadline_at": NOW + timedelta(hours=8)},
            )
        )
        return made.key


def test_lists_show_titles_as_they_are(rongmei, edition: str) -> None:
    told = rongmei("pitches", "list", edition)
    assert told.code == 0
    assert told.lines[1] == ["1", "accepted", "—", "0.5", "workbooks", "humen", "[/bold]决赛[link=x]夜"]
    told = rongmei("assignments", "list", edition)
    assert told.code == 0
    assert told.lines[1] == ["1", "offered", "humen", "1", "6月6日", "23:00", "[/bold]决赛[link=x]夜"]


def test_the_meetings_sheet(rongmei, edition: str, ready: Ledger) -> None:
    with ready.begin() as session:
        session.scalars(select(Pitch)).one().state = "shortlisted"
    told = rongmei("pitches", "meeting", edition)
    assert told.code == 0
    assert "决赛" in told.out
    assert "村超" in told.out


@pytest.fixture
def merged(edition: str, ready: Ledger) -> int:
    """The id of a pitch that was merged into the edition's first one."""
    with ready.begin() as session:
        first = session.scalars(select(Pitch)).one()
        made = Pitch(
            **{"edition_id": first.edition_id, "source": "workbooks", "ref": "row-2", "outlet": "humen"},
            **{"title": "同一件事", "state": "merged", "merged_into_id": first.id, "submitted_at": NOW},
        )
        session.add(made)
        session.flush()
        return made.id


@time_machine.travel(NOW, tick=False)
def test_a_merged_pitch_is_listed_and_taken_apart(rongmei, edition: str, merged: int, ready: Ledger) -> None:
    assert ["2", "merged", "→", "#1"] in [line[:4] for line in rongmei("pitches", "list", edition).lines]
    told = rongmei("pitches", "unmerge", str(merged), "--by", "chen-ce", "--why", "两件事")
    assert (told.code, told.err) == (0, "")
    assert "was_into=1" in told.out
    with ready.read() as session:
        pitch = session.get_one(Pitch, merged)
        assert (pitch.merged_into_id, pitch.state) == (None, "held")  # the meeting has decided in this edition


def test_only_what_was_merged_is_taken_apart_by_somebody_known_with_a_reason(
    rongmei, edition: str, merged: int
) -> None:
    assert_one_paragraph(rongmei("pitches", "unmerge", "99", "--by", "chen-ce", "--why", "两件事"), "没有这条选题")
    assert_one_paragraph(rongmei("pitches", "unmerge", str(merged), "--by", "nobody", "--why", "两件事"), "没有人员")
    assert_one_paragraph(rongmei("pitches", "unmerge", str(merged), "--by", "chen-ce", "--why", " "), "没有写理由")
    assert_one_paragraph(rongmei("pitches", "unmerge", "1", "--by", "chen-ce", "--why", "两件事"), "accepted")


@time_machine.travel(NOW, tick=False)
def test_an_answer_for_an_outlet(rongmei, edition: str, ready: Ledger) -> None:
    told = rongmei("assignments", "answer", "1", "accept", "--by", "虎门值班")
    assert told.code == 0
    with ready.read() as session:
        assert session.scalars(select(Assignment.state)).all() == ["accepted"]


@pytest.fixture
def unassigned(edition: str, ready: Ledger) -> int:
    """The id of an accepted pitch that no outlet holds."""
    with ready.begin() as session:
        made = Pitch(
            **{"edition_id": session.scalars(select(Edition)).one().id, "source": "workbooks", "ref": "row-3"},
            **{"title": "[b]石龙夜赛", "place": "石龙", "state": "accepted", "submitted_at": NOW},
        )
        session.add(made)
        session.flush()
        return made.id


@time_machine.travel(NOW, tick=False)
def test_a_pitch_placed_by_hand_and_why(rongmei, edition: str, unassigned: int, ready: Ledger) -> None:
    by_hand = ("assignments", "hand-out", edition, str(unassigned), "nancheng", "--by", "chen-ce")
    told = rongmei(*by_hand, "--partner", "shilong", "--partner", "humen")
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "选题 #2 已派给南城融媒体中心，任务 #2",
        "通知它：rongmei assignments notify cunchao/2026-06-06",
    ]
    with ready.read() as session:
        assert session.get_one(Assignment, 2).partners == ["humen", "shilong"]
    told = rongmei("assignments", "why", "2")
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines()[0] == "任务 #2 [b]石龙夜赛 → 南城融媒体中心（第 2 轮）"
    assert told.out.splitlines()[1].startswith("理由：chen-ce 指定")


@time_machine.travel(NOW, tick=False)
def test_a_limit_passed_by_hand_is_said(rongmei, edition: str, unassigned: int, ready: Ledger) -> None:
    with ready.begin() as session:
        session.get_one(Pitch, unassigned).title = "南城融媒体中心搬新家"
    told = rongmei("assignments", "hand-out", edition, str(unassigned), "nancheng", "--by", "chen-ce")
    assert "· 注意：南城融媒体中心选题说的就是它自己，本应回避" in told.out.splitlines()


def test_what_cannot_be_placed_by_hand(rongmei, edition: str, unassigned: int) -> None:
    def refused(pitch_id: object, outlet: str, by: str, *words: str) -> None:
        told = rongmei("assignments", "hand-out", edition, str(pitch_id), outlet, "--by", by)
        assert_one_paragraph(told, *words)

    refused(unassigned, "nobody", "chen-ce", "没有媒体")
    refused(unassigned, "humen", "nobody", "没有人员")
    refused(99, "humen", "chen-ce", "不是本期已采用的选题")
    refused(1, "nancheng", "chen-ce", "已派给 humen")
    assert_one_paragraph(rongmei("assignments", "why", "99"), "没有这条任务")


@time_machine.travel(NOW, tick=False)
def test_an_answer_to_nothing(rongmei, edition: str) -> None:
    assert_one_paragraph(rongmei("assignments", "answer", "99", "accept"), "没有成功")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("assignments", "notify"), ("没有邮件服务器", "RONGMEI_SMTP")),
        (("report", "email"), ("没有邮件服务器", "RONGMEI_SMTP")),
    ],
)
def test_mail_without_a_server(rongmei, edition: str, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    assert_one_paragraph(rongmei(*arguments, edition), *words)


def test_reviewing_what_is_not_on_the_list(rongmei, edition: str) -> None:
    told = rongmei("stories", "review", edition, "first_review", "--by", "lin-chu", "--pass", "7")
    assert_one_paragraph(told, "稿件 [7] 不在", f"rongmei stories sheet {edition} first_review")


def test_an_account_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RONGMEI_CREDENTIALS", raising=False)
    with pytest.raises(BadInput, match="RONGMEI_CREDENTIALS"):
        common.file_credentials(SimpleNamespace(id="humen"), SimpleNamespace(channel="wechat"))  # type: ignore[arg-type]


def test_publishing_nothing_prints_each_channel(rongmei, edition: str) -> None:
    told = rongmei("publish", "send", edition)
    assert told.code == 0
    assert {line[0] for line in told.lines} >= {"微信公众号", "微博"}
    only = rongmei("publish", "send", edition, "--channel", "weibo")
    assert only.lines[0] == ["微博"]
    assert len(only.lines) < len(told.lines)


def test_the_demo_runs_the_stack_and_hands_its_end_on(rongmei, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], *, check: bool) -> SimpleNamespace:
        ran.append(command)
        return SimpleNamespace(returncode=3)

    monkeypatch.setattr(house_commands.subprocess, "run", run)
    assert rongmei("demo").code == 3
    assert ran == [[sys.executable, "-m", "stack", "demo", "--without-airflow"]]


# ── boards ───────────────────────────────────────────────────────────────────────────────────────────────────────

BOARD = """\
date,hour,position,title,category,hot,ads,readCount,discussCount,origin
2024-06-01,09,1,村超开赛,体育,1865009,0,1910000000,12,3
2024-06-01,09,2,[/red]荔枝上市,民生,900000,0,,,
2024-06-01,25,3,没有这个钟点,民生,1,0,,,
"""


@pytest.fixture
def archive(tmp_path: Path) -> str:
    file = tmp_path / "weibo.csv"
    file.write_text(BOARD, encoding="utf-8")
    return str(file)


def test_a_board_is_imported_once(rongmei, archive: str, tmp_path: Path) -> None:
    first = rongmei("boards", "import", archive, "--board", "weibo")
    assert first.code == 0
    assert first.lines[0] == ["read=3", "added=2", "known=0", "skipped=0", "bad=1"]
    assert first.lines[1] == ["problems:"]
    assert " ".join(first.lines[2]).startswith("· 第 4 行：")
    assert rongmei("boards", "import", archive).lines[0] == ["read=3", "added=0", "known=2", "skipped=0", "bad=1"]
    one = Ledger(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}")
    with one.read() as session:
        rows = session.scalars(select(BoardEntry).order_by(BoardEntry.position)).all()
    one.close()
    assert [(row.board, row.title, row.heat) for row in rows] == [
        ("weibo", "村超开赛", 1_865_009),
        ("weibo", "[/red]荔枝上市", 900_000),
    ]
    assert rows[0].observed_at == datetime(2024, 6, 1, 1, 0, tzinfo=UTC)


def test_boards_that_cannot_be_imported(rongmei, archive: str, tmp_path: Path) -> None:
    assert_one_paragraph(rongmei("boards", "import", str(tmp_path / "nothing.csv")), "nothing.csv：没有这个文件")
    assert_one_paragraph(rongmei("boards", "import", archive, "--board", "fax"), "没有热榜“fax”", "weibo")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert_one_paragraph(rongmei("boards", "import", str(tmp_path / "other.csv")), "other.csv：不是认得的热榜文件")

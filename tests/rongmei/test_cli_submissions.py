"""`rongmei pitches link`, `public-link` and `rongmei submissions`: as a producer and a moderator use them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rongmei import cli
from rongmei.cli import common
from rongmei.ledger import Ledger, Link, Submission
from rongmei.ledger.tables import Base

NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(f"sqlite:///{tmp_path / 'home' / 'ledger.db'}")
    Base.metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str], ledger: Ledger
) -> Run:
    """Runs `rongmei …` in this process; how it ended, and what it printed on both."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "LINK_KEY"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
    monkeypatch.setenv("RONGMEI_BASE_URL", "https://desk.example")
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 160)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["rongmei", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def number(ledger: Ledger) -> int:
    """A citizen's submission that waits."""
    with ledger.begin() as session:
        row = Submission(
            kind="citizen",
            campaign="zhumeng_taxiang",
            ref="r",
            title="[b]修鞋摊",
            body="巷口二十年",
            author="市民·阿强",
        )
        row.fields, row.media, row.received_at = {"age": "adult", "contact": "13900001111"}, [], NOON
        session.add(row)
        session.flush()
        return row.id


def links(text: str) -> list[str]:
    return re.findall(r"https://\S+", text)


def test_links_are_printed_drawn_taken_back_and_given_anew(rongmei: Run, ledger: Ledger, tmp_path: Path) -> None:
    code, told, _ = rongmei("pitches", "link", "humen", "--campaign", "zhumeng_taxiang", "--qr", tmp_path / "a.svg")
    assert code == 0
    assert "逐梦他乡 · 虎门融媒体中心报题" in told
    (first,) = links(told)
    assert first.startswith("https://desk.example/rongmei/pitches/?token=")
    assert "虎门融媒体中心报题" in (tmp_path / "a.svg").read_text("utf-8")
    assert "作废了虎门融媒体中心的 1 个链接" in rongmei("pitches", "link", "humen", "--revoke")[1]
    assert first not in rongmei("pitches", "link", "humen")[1]
    code, told, _ = rongmei("pitches", "public-link", "zhumeng_taxiang", "--rehearsal", "--qr", tmp_path / "b.svg")
    assert code == 0
    assert "/rongmei/submissions/?token=" in told
    with ledger.read() as session:
        assert {link.subject for link in session.query(Link)} == {
            "campaign:zhumeng_taxiang",
            "rehearsal:zhumeng_taxiang",
        }


def test_what_cannot_be_is_said_in_chinese(rongmei: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, told in (
        (("pitches", "link", "nobody"), "没有开放网上报题"),
        (("pitches", "public-link", "zhumeng_taxiang", "--qr", tmp_path / "a.pdf"), "SVG 或 PNG"),
        (("submissions", "show", 9), "没有这条线索"),
    ):
        code, _, problem = rongmei(*arguments)
        assert code == 1
        assert told in problem
    monkeypatch.delenv("RONGMEI_BASE_URL")
    assert "RONGMEI_BASE_URL" in rongmei("pitches", "link", "humen")[2]


def test_a_moderator_looks_and_decides(rongmei: Run, ledger: Ledger, number: int) -> None:
    told = rongmei("submissions", "list", "--state", "waiting")[1]
    assert "[b]修鞋摊" in told
    assert "13900001111" not in told
    assert "电话：13900001111" in rongmei("submissions", "show", number)[1]
    code, _, problem = rongmei("submissions", "pass", number, "--by", "zhao-fu")
    assert code == 1
    assert "不是初筛人员" in problem
    assert rongmei("submissions", "refuse", number, "--by", "chen-ce", "--why", "重复")[0] == 0
    assert rongmei("submissions", "pass", number, "--by", "lin-chu", "--why", "再看可用")[0] == 0
    assert "lin-chu" in rongmei("submissions", "show", number)[1]
    with ledger.read() as session:
        row = session.get_one(Submission, number)
    assert (row.state, row.decided_by, row.why) == ("passed", "lin-chu", "再看可用")
    assert [one["why"] for one in row.fields["before"]] == ["重复"]

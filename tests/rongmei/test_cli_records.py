"""`rongmei history` and `rongmei stories record`, as a person types them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from tests.rongmei.migrated import migrated
from tests.rongmei.stories.conftest import KEY, Newsroom

from rongmei import cli
from rongmei.cli import common
from rongmei.config import load_campaign
from rongmei.ledger import Ledger, Publication, Snapshot, Story, log
from rongmei.settings import Settings

STAGES = (("first_review", "lin-chu"), ("second_review", "zhao-fu"), ("final_review", "sun-zhong"))


@dataclass(frozen=True)
class Told:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each line of the table."""
        return [re.split(r"\s{2,}", line.strip()) for line in self.out.splitlines()[1:] if line.strip()]


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Runs `rongmei …` in this process, with a home and a configuration of its own."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "CREDENTIALS"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 220)

    def run(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["rongmei", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Told(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return run


@pytest.fixture
def room(tmp_path: Path, house: Path) -> Iterator[Newsroom]:
    """The shipped newsroom with one story that came back once and is signed off and planned now."""
    home = tmp_path / "home"
    home.mkdir()
    url = f"sqlite:///{home / 'ledger.db'}"
    migrated(url)
    settings = Settings(home=home, ledger_url=url, config=house, sandbox_url=None, sources_base=None, smtp_url=None)
    made = Newsroom(Ledger(url), settings, load_campaign(house, "cunchao"))
    made.edition(KEY)
    assignment = made.assignment()
    story = made.file(assignment)
    seen = {item.story_id: item.content_hash for item in made.sheet("first_review").items}
    made.review("first_review", "lin-chu", opinions={story: "比分有误\x1b[31m"}, seen=seen)
    made.now += timedelta(hours=1)
    made.file(assignment, body="改过的正文，" * 30)
    for stage, by in STAGES:
        made.now += timedelta(minutes=10)
        made.pass_all(stage, by)
    with made.ledger.begin() as session:
        version = made.current(story)
        post = Publication(
            edition_id=1,
            story_id=story,
            version_id=version.id,
            outlet="dongcheng",
            channel="wechat",
            account="dongcheng/wechat",
            fingerprint="f",
            scheduled_at=made.now,
        )
        session.add(post)
        session.flush()
        log(session, post, by="rongmei", why="按时段排期", now=made.now)
        session.add(Snapshot(publication_id=post.id, observed_at=made.now + timedelta(days=1), reads=12345, raw={}))
    yield made
    made.ledger.close()


def test_a_storys_life_in_chinese_with_names(rongmei: Callable[..., Told], room: Newsroom) -> None:
    told = rongmei("history", "story:1")
    assert told.code == 0
    assert told.out.startswith("稿件 #1 东城夺冠，期次 cunchao/2026-06-06，时间为北京时间\n")
    heads, *rows = told.rows
    assert heads == ["时间", "事物", "谁", "做了什么", "为什么"]
    by_people = [row[2] for row in rows if row[1] == "稿件 #1" and row[2] != "系统"]
    assert by_people == ["东城融媒体中心", "林初", "东城融媒体中心", "林初", "赵复", "孙终"]
    text = told.out
    for words in (
        "东城融媒体中心",
        "系统",
        "送初审",
        "退回 [",
        "初审退回：比分有误",
        "交来第 2 版",
        "孙终",
        "签发 [",
    ):
        assert words in text, words
    assert "发布单 #1（东城融媒体中心 微信公众号）" in text
    assert rows[-1][-1] == "阅读 12,345"
    assert "\x1b" not in text
    assert "lin-chu" not in text


@pytest.mark.parametrize("key", ["assignment:1", "publication:1", KEY])
def test_other_lives(rongmei: Callable[..., Told], room: Newsroom, key: str) -> None:
    told = rongmei("history", key)
    assert (told.code, told.err) == (0, "")
    assert "签发" in told.out


def test_a_long_life_says_how_much_is_left(rongmei: Callable[..., Told], room: Newsroom) -> None:
    told = rongmei("history", KEY, "--limit", 3)
    assert len(told.rows) == 1 + 3 + 1
    assert re.search(r"只列出了最早的 3 条，后面还有 \d+ 条，要看更多就用 --limit", told.out)


def test_what_comes_from_outside_is_cut_and_no_markup(rongmei: Callable[..., Told], room: Newsroom) -> None:
    with room.ledger.begin() as session:
        story = session.get_one(Story, 1)
        log(session, story, by="[bold]谁[/]", why="[red]" + "长" * 1000 + "\n\x1b]0;t\x07", now=room.now)
    told = rongmei("history", "story:1")
    assert "[bold]谁[/]" in told.out
    assert "[red]" in told.out
    assert "\x1b" not in told.out
    assert told.out.count("长") < 170


def test_without_the_campaigns_file_the_life_has_ids(rongmei: Callable[..., Told], room: Newsroom, house: Path) -> None:
    (house / "campaigns" / "cunchao.yaml").unlink()
    told = rongmei("history", "story:1")
    assert told.code == 0
    assert "lin-chu" in told.out
    assert "系统" in told.out


@pytest.mark.parametrize(("key", "word"), [("story:7", "没有稿件 #7"), ("mail:1", "不认得“mail”"), ("x", "没有期次 x")])
def test_what_is_not_there(rongmei: Callable[..., Told], room: Newsroom, key: str, word: str) -> None:
    told = rongmei("history", key)
    assert (told.code, told.out) == (1, "")
    assert word in told.err


def test_the_review_sheet_is_written(rongmei: Callable[..., Told], room: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "审稿单.html"
    told = rongmei("stories", "record", 1, "--out", file)
    assert (told.code, told.out) == (0, f"稿件 #1 的审稿单已写到 {file}\n")
    page = file.read_text(encoding="utf-8")
    for words in ("林初", "赵复", "孙终", room.current(1).content_hash, "比分有误"):
        assert words in page, words


def test_the_review_sheet_as_pdf(rongmei: Callable[..., Told], room: Newsroom, tmp_path: Path) -> None:
    file = tmp_path / "审稿单.PDF"
    assert rongmei("stories", "record", 1, "--out", file).code == 0
    assert file.read_bytes().startswith(b"%PDF-")


def test_a_sheet_that_cannot_be_written(rongmei: Callable[..., Told], room: Newsroom, tmp_path: Path) -> None:
    told = rongmei("stories", "record", 1, "--out", tmp_path / "no" / "where.html")
    assert told.code == 1
    assert "写不进去" in told.err
    assert rongmei("stories", "record", 9, "--out", tmp_path / "x.html").code == 1
    assert not (tmp_path / "x.html").exists()

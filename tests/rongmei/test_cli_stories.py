"""`rongmei stories list`: which stories there are, as a person finds the number that other commands ask for."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.rongmei.migrated import migrated

from rongmei import cli
from rongmei.cli import common
from rongmei.cli.stories import STATES
from rongmei.ledger import Assignment, Ledger, Pitch, Story, StoryVersion, log, open_edition
from rongmei.ledger.tables import STORY_STATES

NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
HEADINGS = ["编号", "期次", "题目", "媒体", "状态", "版本", "变动"]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    migrated(url)
    made = Ledger(url)
    yield made
    made.close()


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str], ledger: Ledger
) -> Run:
    """Runs `rongmei …` in this process; how it ended, and what it printed on both."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP", "CREDENTIALS"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
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
def file(ledger: Ledger) -> Callable[..., int]:
    """Puts a story into the ledger; its id."""

    def make(title: str, *, campaign: str = "cunchao", state: str = "filed", hours: int = 0, versions: int = 1) -> int:
        at = NOON + timedelta(hours=hours)
        with ledger.begin() as session:
            edition = open_edition(session, campaign, date(2026, 6, 6), rehearsal=False, options={}, now=NOON)
            pitch = Pitch(edition_id=edition.id, source="desk", ref=title[:99], title="选题", submitted_at=NOON)
            session.add(pitch)
            session.flush()
            told = {"state": "done", "answer_by": NOON, "deadline_at": NOON, "offered_at": NOON}
            assignment = Assignment(edition_id=edition.id, pitch_id=pitch.id, outlet="humen", **told)
            session.add(assignment)
            session.flush()
            story = Story(
                edition_id=edition.id, assignment_id=assignment.id, outlet="humen", state=state, filed_at=NOON
            )
            session.add(story)
            session.flush()
            for number in range(1, versions + 1):
                content_hash = f"{story.id}-{number}"
                session.add(
                    StoryVersion(
                        story_id=story.id,
                        number=number,
                        content_hash=content_hash,
                        title=title if number == versions else "旧题目",
                        body="",
                        filed_at=NOON,
                    )
                )
                story.current_hash = content_hash
            if hours:
                log(session, story, by="chen-ce", why="动过", now=at)
            return story.id

    return make


def rows(printed: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in printed.splitlines()]


def test_the_last_that_changed_comes_first(rongmei: Run, file: Callable[..., int]) -> None:
    first = file("东城队获胜", versions=3, state="signed_off")
    second = file("荔枝上市", campaign="zhumeng_taxiang", hours=2, state="returned")
    third = file("球场夜市", hours=1)
    code, printed, err = rongmei("stories", "list")
    assert (code, err) == (0, "")
    assert rows(printed) == [
        HEADINGS,
        [str(second), "zhumeng_taxiang/2026-06-06", "荔枝上市", "humen", "returned 退回修改", "1", "6月6日 14:00"],
        [str(third), "cunchao/2026-06-06", "球场夜市", "humen", "filed 已交稿", "1", "6月6日 13:00"],
        [str(first), "cunchao/2026-06-06", "东城队获胜", "humen", "signed_off 已签发", "3", "6月6日 12:00"],
    ]


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (("--campaign", "cunchao"), ["三", "一"]),
        (("--edition", "zhumeng_taxiang/2026-06-06"), ["二"]),
        (("cunchao/2026-06-06",), ["三", "一"]),
        (("cunchao/2026-06-06", "--edition", "cunchao/2026-06-06", "--state", "signed_off"), ["一"]),
        (("--state", "recalled"), []),
        (("--campaign", "nobody"), []),
    ],
)
def test_some_of_them(rongmei: Run, file: Callable[..., int], options: tuple[str, ...], titles: list[str]) -> None:
    file("一", state="signed_off")
    file("二", campaign="zhumeng_taxiang")
    file("三", hours=1)
    code, printed, _ = rongmei("stories", "list", *options)
    assert code == 0
    assert [row[2] for row in rows(printed)[1:]] == titles


def test_no_more_than_asked_for(rongmei: Run, file: Callable[..., int]) -> None:
    for number in range(4):
        file(f"第{number}篇", hours=number)
    _, printed, _ = rongmei("stories", "list", "--limit", 2)
    *listed, hint = printed.splitlines()
    assert [row[2] for row in rows("\n".join(listed))[1:]] == ["第3篇", "第2篇"]
    assert hint == "只列出了最近有变动的 2 篇，要看更多就用 --limit"
    assert "--limit" not in rongmei("stories", "list", "--limit", 4)[1]


def test_a_title_is_no_markup_and_a_story_without_version_is_shown(rongmei: Run, file: Callable[..., int]) -> None:
    file("[/bold]决赛[link=x]夜")
    file("还没有稿", versions=0)
    listed = rows(rongmei("stories", "list")[1])
    assert listed[1][2:6] == ["—", "humen", "filed 已交稿", "—"]
    assert listed[2][2] == "[/bold]决赛[link=x]夜"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--state", "gone"), ("没有稿件状态“gone”", "signed_off")),
        (("cunchao/1999-01-01",), ("没有期次 cunchao/1999-01-01",)),
        (("a/2026-06-06", "--edition", "b/2026-06-06"), ("两个不同的期次",)),
    ],
)
def test_what_there_is_not(rongmei: Run, ledger: Ledger, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    code, printed, err = rongmei("stories", "list", *options)
    assert (code, printed, len(err.splitlines())) == (1, "", 1)
    assert all(word in err for word in (*words, "改法"))


def test_every_state_has_a_word() -> None:
    assert tuple(STATES) == STORY_STATES


def test_a_grade_is_changed_and_a_major_topic_reported(rongmei: Run, file: Callable[..., int]) -> None:
    story = str(file("一"))

    def said(*arguments: str) -> str:
        return "".join(map(str, rongmei("stories", *arguments)))

    by = ("--by", "lin-chu")
    assert f"稿件 #{story} 级别由一般改为重大选题：涉及边界" in said("grade", story, "major", *by, "--why", "涉及边界")
    assert "已交稿（重大选题）" in said("list")
    assert "没有写向谁备案" in said("备案", story, "applied", *by)
    assert "备案已申报，等答复：市委宣传部" in said("备案", story, "applied", *by, "--authority", "市委宣传部")
    answer = said("file-topic", story, "approved", "--by", "chen-ce", "--number", "宣〔2026〕1号")
    assert "备案已获准：市委宣传部，文号 宣〔2026〕1号" in answer
    assert "赵复不能降级" in said("grade", story, "ordinary", "--by", "zhao-fu", "--why", "误判")


def test_a_token_is_given_listed_and_taken_back(rongmei: Run) -> None:
    def said(*arguments: str) -> str:
        return "".join(map(str, rongmei("stories", "token", *arguments)))

    assert "没有写谁发的" in said("humen")
    assert "没有媒体“nobody”" in said("nobody", "--by", "chen-ce")
    given = said("humen", "--by", "chen-ce")
    token = given.splitlines()[1]
    assert re.fullmatch(r"[0-9a-f]{32}\.[\w-]+", token)
    assert "/rongmei/stories/稿件.docx" in given
    listed = said("humen", "--list")
    assert token[:8] in listed
    assert token not in listed
    assert "作废了 1 个令牌" in said("humen", "--revoke")
    assert "作废了 0 个令牌" in said("humen", "--revoke")

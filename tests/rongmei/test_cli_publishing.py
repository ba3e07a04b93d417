"""`rongmei publish …` for one story: the preview, recalls and corrections, as a person types them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import feedparser
import pytest
import time_machine
from sqlalchemy import select
from tests.rongmei.migrated import migrated
from tests.rongmei.publishing.amending import Amending, Fault, walls
from tests.rongmei.publishing.conftest import Newsroom, Time

from rongmei import cli
from rongmei.channels import reading
from rongmei.cli import common
from rongmei.config import account_key, load_campaign
from rongmei.errors import Refused
from rongmei.ledger import Ledger, Mail, Publication, StoryVersion, open_edition
from rongmei.publishing import Preview
from rongmei.publishing.amended import amendments_of
from rongmei.settings import Settings

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
SECRET = "app-secret-1234567"
CHINESE = re.compile(r"[一-鿿]")


@dataclass(frozen=True)
class Told:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


class Post:
    """Takes every mail."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: EmailMessage, recipient: str) -> None:
        self.sent.append(f"{recipient} {message['Subject']}")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Post:
    made = Post()
    monkeypatch.setattr("rongmei.cli.publishing.smtp", lambda: made)
    return made


@pytest.fixture
def rongmei(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, house: Path, capsys: pytest.CaptureFixture[str], post: Post
) -> Callable[..., Told]:
    """Runs `rongmei …` in this process at noon of the sixth of June, with a home and accounts of its own."""
    for name in ("LEDGER", "SANDBOX", "SOURCES_BASE", "SMTP"):
        monkeypatch.delenv(f"RONGMEI_{name}", raising=False)
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RONGMEI_CONFIG", str(house))
    monkeypatch.setenv("RONGMEI_CREDENTIALS", str(tmp_path / "credentials.json"))
    for console in (common.out, common.err):
        monkeypatch.setattr(console, "_width", 240)
    # Nobody out there is asked.
    monkeypatch.setattr(reading, "resolved", lambda host, port: [])

    def run(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["rongmei", *map(str, arguments)])
        with time_machine.travel(NOW, tick=False), pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        printed = capsys.readouterr()
        return Told(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return run


@pytest.fixture
def desk(tmp_path: Path, house: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Amending]:
    """A story's newsroom in the shipped campaign, on platforms in memory."""
    url = f"sqlite:///{tmp_path / 'home' / 'ledger.db'}"
    migrated(url)
    ledger = Ledger(url)
    plan = load_campaign(house, "cunchao")
    fields = {"base_url": "https://api.example.com", "appid": "wx1", "secret": SECRET}
    accounts = {account_key(outlet, account): fields for outlet, account in plan.cluster.accounts()}
    (tmp_path / "credentials.json").write_text(json.dumps(accounts), encoding="utf-8")
    home = tmp_path / "home"
    newsroom = Newsroom(ledger, Settings(home, url, house, None, None, None), plan, Time(NOW))
    yield Amending(newsroom, *walls(monkeypatch))
    ledger.close()


@pytest.fixture
def story(desk: Amending) -> int:
    """A story that is out on the author's accounts."""
    return out(desk)


def out(desk: Amending, *, state: str = "live", **given: Any) -> int:
    outlet = desk.plan.cluster.outlets[0].id
    story_id = desk.newsroom.sign_off(outlet=outlet, **given)
    with desk.ledger.begin() as session:
        edition = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=False, options={}, now=NOW)
        version = session.scalars(select(StoryVersion).where(StoryVersion.story_id == story_id)).one()
        for channel in ("wordpress", "wechat", "weibo"):
            public = {"external_id": f"{channel}-{story_id}", "live_at": NOW, "accepted_at": NOW}
            session.add(
                Publication(
                    edition_id=edition.id,
                    story_id=story_id,
                    version_id=version.id,
                    outlet=outlet,
                    channel=channel,
                    account=f"{outlet}/{channel}",
                    state=state,
                    fingerprint=f"rm{story_id}{channel}",
                    scheduled_at=NOW,
                    url=f"https://{channel}.example/{story_id}",
                    progress={},
                    **(public if state == "live" else {}),
                )
            )
    return story_id


def assert_one_paragraph(told: Told, *words: str) -> None:
    assert told.code == 1
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
    assert CHINESE.search(told.err)
    assert "Traceback" not in told.err
    for word in words:
        assert word in told.err


# ── preview ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_preview_is_written_where_it_says(rongmei, story: int, tmp_path: Path) -> None:
    told = rongmei("publish", "preview", story)
    assert told.code == 0
    first, *problems = told.out.splitlines()
    assert first == str(tmp_path / "home" / "previews" / f"story-{story}.html")
    html = Path(first).read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>")
    assert "东城队二比一战胜南城队" in html
    assert SECRET not in html + told.out
    assert all(line.startswith("· ") for line in problems)


def test_a_preview_somewhere_else(rongmei, story: int, tmp_path: Path) -> None:
    path = tmp_path / "新的文件夹" / "[b]预览.html"
    told = rongmei("publish", "preview", story, "--out", path)
    assert told.out.splitlines()[0] == str(path)
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_strict_ends_with_one_where_something_is_to_be_mended(rongmei, desk: Amending) -> None:
    story = out(desk, title="很" * 150)
    desk.wechat.problems = ("标题太长",)
    told = rongmei("publish", "preview", story)
    assert told.code == 0
    assert "标题太长" in told.out
    strict = rongmei("publish", "preview", story, "--strict")
    assert (strict.code, strict.out) == (1, told.out)


def test_strict_ends_with_nothing_where_nothing_is(rongmei, desk: Amending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "rongmei.cli.publishing.publishing.preview_story", lambda *_, **__: Preview("<!doctype html>", ())
    )
    assert rongmei("publish", "preview", out(desk), "--strict").code == 0


def test_a_preview_that_cannot_be_written(rongmei, story: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    told = rongmei("publish", "preview", story, "--out", tmp_path / "file" / "preview.html")
    assert_one_paragraph(told, "写不进文件", "--out")


# ── feeds ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_feeds_are_written_where_it_says(rongmei, desk: Amending, story: int, tmp_path: Path) -> None:
    outlet = desk.plan.cluster.outlets[0]
    told = rongmei("publish", "feeds")
    folder = tmp_path / "home" / "feeds"
    assert told.code == 0
    assert told.out.splitlines() == [str(folder), "feeds=4  written=4  unchanged=0"]
    (entry,) = feedparser.parse((folder / f"{outlet.id}.rss.xml").read_bytes()).entries
    assert entry.link == f"https://wordpress.example/{story}"
    assert rongmei("publish", "feeds", "--campaign", "cunchao").out.endswith("feeds=4  written=0  unchanged=4\n")
    rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "写错")
    rongmei("publish", "feeds")
    assert feedparser.parse((folder / "campaigns" / "cunchao.atom.xml").read_bytes()).entries == []


def test_feeds_of_nothing_and_of_no_campaign(rongmei, desk: Amending) -> None:
    assert "feeds=0" in rongmei("publish", "feeds").out
    told = rongmei("publish", "feeds", "--campaign", "nobody")
    assert (told.code, told.out) == (1, "")
    assert "没有活动“nobody”" in told.err


# ── recall ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_looking_first(rongmei, desk: Amending, story: int) -> None:
    told = rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "写错", "--look")
    assert told.code == 0
    heading, *rows = told.out.splitlines()
    assert heading.split() == ["发布单", "状态", "账号", "版本", "网址"]
    assert [row.split()[1] for row in rows] == ["live"] * 3
    assert f"https://wechat.example/{story}" in told.out
    assert amendments_of(desk.ledger, story) == []
    assert desk.story(story).state == "signed_off"


def test_a_recall_from_order_to_receipt(rongmei, desk: Amending, story: int, post: Post) -> None:
    told = rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "当事人姓名[b]写错")
    assert told.code == 0
    assert told.out.startswith("ordered=3  noted=0  cancelled=0  known=0")
    assert f"rongmei publish amend {story}" in told.out
    assert "known=3" in rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "再说一遍").out

    desk.wechat.recall_faults = [Fault(Refused("没有删除的权限"))]
    told = rongmei("publish", "amend", story, "--mail")
    assert told.code == 0
    assert "done=2  by_hand=1  waiting=0" in told.out
    assert post.sent == [line for line in post.sent if "撤稿进展：还有 1 处" in line]
    assert len(post.sent) == len(desk.plan.campaign.reporting.recipients)

    listed = rongmei("publish", "amendments", story)
    assert listed.code == 0
    assert "当事人姓名[b]写错" in listed.out
    assert "待人工处理" in listed.out
    assert "没有删除的权限" in listed.out
    assert listed.out.count("平台已删除") == 2
    (number,) = [line.id for line in amendments_of(desk.ledger, story) if line.state == "by_hand"]

    told = rongmei("publish", "amended", number, "--by", "lin-chu", "--note", "在后台删了")
    assert (told.code, told.out) == (0, f"#{number} 已登记\n")
    assert {one.state for one in desk.of(story)} == {"recalled"}
    assert "lin-chu" not in rongmei("publish", "amendments", story).err
    again = rongmei("publish", "amend", story, "--mail")
    assert "done=0  by_hand=0  waiting=0" in again.out
    assert "撤稿回执" in post.sent[-1]
    with desk.ledger.read() as session:
        assert {mail.state for mail in session.scalars(select(Mail))} == {"sent"}


def test_what_waits_says_until_when(rongmei, desk: Amending, story: int, tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{}", encoding="utf-8")
    rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "写错")
    told = rongmei("publish", "amend", story)
    assert told.code == 0
    assert "waiting=3" in told.out
    assert "refused_accounts:" in told.out
    assert "6月6日 12:01 以后再试一次" in told.out


# ── correction ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_correction(rongmei, desk: Amending, story: int) -> None:
    desk.revise(story)
    told = rongmei("publish", "correct", story, "--by", "chen-ce", "--why", "比分写错", "--look")
    assert told.out.count("live") == 3
    told = rongmei("publish", "correct", story, "--by", "chen-ce", "--why", "比分写错")
    assert told.out.startswith("ordered=3  noted=2")
    desk.site.up[f"wordpress-{story}"] = "old"  # type: ignore[assignment]
    told = rongmei("publish", "amend", story)
    assert "done=3" in told.out
    assert desk.story(story).state == "corrected"
    listed = rongmei("publish", "amendments", story).out
    assert listed.count("已发更正说明") == 2
    assert listed.count("已改成新版本") == 1


def test_a_correction_without_a_new_version(rongmei, story: int) -> None:
    told = rongmei("publish", "correct", story, "--by", "chen-ce", "--why", "比分写错")
    assert_one_paragraph(told, "没有旧版本在外面")


# ── what cannot be done ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "command",
    [
        ("preview", 999),
        ("recall", 999, "--by", "a", "--why", "b"),
        ("correct", 999, "--by", "a", "--why", "b"),
        ("correct", 999, "--by", "a", "--why", "b", "--look"),
        ("amend", 999),
        ("amendments", 999),
    ],
)
def test_no_such_story(rongmei, desk: Amending, command: tuple[object, ...]) -> None:
    assert_one_paragraph(rongmei("publish", *command), "没有稿件 #999", "改法：")
    assert desk.newsroom.publications() == []


def test_no_such_amendment(rongmei, desk: Amending, story: int) -> None:
    assert_one_paragraph(rongmei("publish", "amended", 999, "--by", "a", "--note", "b"), "没有撤稿或更正 #999")
    rongmei("publish", "recall", story, "--by", "chen-ce", "--why", "写错")
    rongmei("publish", "amend", story)
    done = amendments_of(desk.ledger, story)[0]
    assert_one_paragraph(
        rongmei("publish", "amended", done.id, "--by", "a", "--note", "b"), f"没有待办的撤稿或更正 #{done.id}"
    )


def test_no_mail_of_what_was_never_ordered(rongmei, story: int, post: Post) -> None:
    told = rongmei("publish", "amend", story, "--mail")
    assert told.code == 1
    assert f"稿件 #{story} 没有撤稿或更正" in told.err
    assert post.sent == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("recall", "1", "--why", "写错"),
        ("recall", "1", "--by", "chen-ce"),
        ("correct", "1"),
        ("preview",),
        ("preview", "0"),
        ("amended", "一"),
        ("amend", "cunchao/2026-06-06"),
    ],
)
def test_what_cannot_be_understood_ends_with_two(rongmei, arguments: tuple[str, ...]) -> None:
    told = rongmei("publish", *arguments)
    assert (told.code, told.out) == (2, "")
    assert "Usage" in told.err


def test_help_says_that_readers_see_the_reason(rongmei) -> None:
    told = rongmei("publish", "correct", "--help").out
    assert "说明里写着理由" in re.sub(r"\s", "", told)

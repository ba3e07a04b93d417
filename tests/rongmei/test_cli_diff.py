"""`rongmei stories diff`: what it prints, and that a mistake is a Chinese sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.rongmei.migrated import migrated

from rongmei import cli
from rongmei.cli import common
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, Story, StoryVersion

NOW = datetime(2026, 6, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def diff(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs the command on a ledger with a story of two versions; what it printed."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setenv("RONGMEI_LEDGER", url)
    monkeypatch.setattr(common.out, "_width", 200)
    monkeypatch.setattr(common.err, "_width", 200)
    migrated(url)
    ledger = Ledger(url)
    with ledger.begin() as session:
        edition = Edition(
            key="cunchao/2026-06-06",
            campaign="cunchao",
            day=date(2026, 6, 6),
            rehearsal=False,
            state="open",
            opened_at=NOW,
        )
        session.add(edition)
        session.flush()
        pitch = Pitch(
            edition_id=edition.id, source="x", ref="1", outlet="a", title="x", state="accepted", submitted_at=NOW
        )
        session.add(pitch)
        session.flush()
        task = Assignment(
            edition_id=edition.id,
            pitch_id=pitch.id,
            outlet="a",
            state="filed",
            answer_by=NOW,
            deadline_at=NOW,
            offered_at=NOW,
        )
        session.add(task)
        session.flush()
        story = Story(
            edition_id=edition.id, assignment_id=task.id, outlet="a", state="filed", filed_at=NOW, current_hash="2" * 64
        )
        session.add(story)
        session.flush()
        for number, body in ((1, "以二比一取胜[bold]"), (2, "以三比一取胜[bold]")):
            session.add(
                StoryVersion(
                    story_id=story.id,
                    number=number,
                    content_hash=str(number) * 64,
                    title="夺冠",
                    body=body,
                    filed_at=NOW,
                )
            )
    ledger.close()

    def run(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["rongmei", "stories", "diff", *arguments])
        with pytest.raises(SystemExit):
            cli.main()
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


def test_two_versions(diff: Callable[..., str]) -> None:
    assert diff("1").splitlines() == [
        "稿件 #1 第 1 版 → 第 2 版：正文改动 1 段",
        "第 1 段 改动：以[-二-]{+三+}比一取胜[bold]",
    ]
    assert "第 2 版 → 第 1 版" in diff("1", "--from", "2", "--to", "1")
    assert "没有第 9 版" in diff("1", "--from", "9")
    assert "没有稿件 #7" in diff("7")

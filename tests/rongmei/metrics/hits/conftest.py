"""A board that shows what it is told to, a post that keeps what it is given, and a house around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from rongmei.boards import BOARDS
from rongmei.ledger.boards import BoardLine
from rongmei.settings import PACKAGE_CONFIG, Settings

T = datetime(2026, 6, 6, 10, 0, tzinfo=UTC)
FILLING = tuple(BoardLine(position, f"别的话题第{position}条", heat=1000 - position) for position in range(20, 40))


class Shown:
    """What the boards show, and where they were asked."""

    def __init__(self) -> None:
        self.lines: list[BoardLine] = []
        self.asked: list[str] = []
        self.error: Exception | None = None

    def show(self, *lines: BoardLine, filling: bool = True) -> None:
        self.lines = [*lines, *(FILLING if filling else ())]


class Post:
    """Keeps (recipient, message)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, EmailMessage]] = []

    def send(self, message: EmailMessage, recipient: str) -> None:
        self.sent.append((recipient, message))


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = T

    def __call__(self) -> datetime:
        return self.now

    def go(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    made = Shown()

    def read(self: Any, session: Any, *, url: str | None = None, **how: Any) -> list[BoardLine]:
        made.asked.append(str(url))
        if made.error is not None:
            raise made.error
        return list(made.lines)

    for board in BOARDS.values():
        monkeypatch.setattr(type(board), "read", read)
    return made


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        ledger_url="sqlite://",
        config=PACKAGE_CONFIG,
        sandbox_url="http://sandbox.invalid",
        sources_base="https://boards.example",
        smtp_url=None,
    )

"""Ledgers with all their tables for tests that need a file of their own: made once a process, copied after that."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from rongmei.ledger import upgrade

SQLITE = "sqlite:///"


def migrated(url: str) -> None:
    """Put a new ledger at `url` of SQLite, as `upgrade` would; the five migrations take longer than most tests."""
    file = Path(url.removeprefix(SQLITE))
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_template(), file)


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="rongmei-ledger-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    upgrade(f"{SQLITE}{folder / 'ledger.db'}")
    return folder / "ledger.db"

"""The board watch's own wiring: both sides are looked at whatever ails one, and thinning keeps to its hour."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from tests.rongmei.migrated import migrated

from rongmei.errors import TryLater
from rongmei.metrics import hits
from rongmei.settings import PACKAGE_CONFIG

pytestmark = pytest.mark.airflow


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.setenv("RONGMEI_SANDBOX", "http://sandbox.invalid")
    monkeypatch.delenv("RONGMEI_LEDGER", raising=False)
    monkeypatch.delenv("RONGMEI_CONFIG", raising=False)
    spec = importlib.util.spec_from_file_location("board_watch", PACKAGE_CONFIG.parent / "dags" / "board_watch.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_it_maps_over_the_boards_that_campaigns_name(module: ModuleType) -> None:
    assert module.boards_to_watch() == ["weibo", "zhihu", "douyin"]


def test_what_ails_the_real_board_does_not_stop_the_rehearsals(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bool] = []

    def watch(*_: Any, rehearsal: bool, **__: Any) -> hits.WatchSummary:
        looked.append(rehearsal)
        if not rehearsal:
            raise TryLater("微博没有给出榜单")
        return hits.WatchSummary("weibo", lines=50)

    monkeypatch.setattr(hits, "watch_board", watch)
    with pytest.raises(TryLater, match="微博没有给出榜单"):
        module.watch.function("weibo")
    assert looked == [False, True]


def test_old_lines_are_thinned_in_the_small_hours_only(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    monkeypatch.setattr(module, "utcnow", lambda: datetime(2026, 6, 6, 12, 0, tzinfo=UTC))
    with pytest.raises(AirflowSkipException):
        module.thin.function()
    monkeypatch.setattr(module, "utcnow", lambda: datetime(2026, 6, 5, 20, 10, tzinfo=UTC))
    assert module.thin.function()["removed"] == 0

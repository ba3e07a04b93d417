"""The store's transactions: what is to follow a commit follows it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "store.sqlite3")
    yield found
    found.close()


def test_work_after_a_commit_sees_what_was_committed(store: Store) -> None:
    seen: list[str | None] = []
    with store.transaction():
        with store.transaction():
            store.after_commit(lambda: seen.append(store.meta("key")))
        store.set_meta("key", "committed")
        assert seen == []
    assert seen == ["committed"]
    with store.transaction():
        pass
    assert seen == ["committed"]


def test_nothing_follows_a_rollback(store: Store) -> None:
    seen: list[str] = []

    def fail() -> None:
        with store.transaction():
            store.after_commit(lambda: seen.append("rolled back"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.transaction():
        store.after_commit(lambda: seen.append("committed"))
    assert seen == ["committed"]

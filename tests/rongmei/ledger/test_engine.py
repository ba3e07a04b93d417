"""Transactions hold or vanish as a whole; many processes share the ledger without getting in each other's way."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from rongmei.ledger import BoardEntry, Edition, Ledger, Mail
from rongmei.ledger.engine import BUSY_TIMEOUT_MS, open_engine

# A wait for a lock would last the whole busy timeout; these tests must not come near it.
QUICK = pytest.mark.timeout(BUSY_TIMEOUT_MS / 1000 - 5)


def note(ledger: Ledger) -> dict[str, object]:
    with ledger.read() as session:
        return dict(session.scalars(select(Edition).order_by(Edition.id)).first().options)  # type: ignore[union-attr]


def test_a_transaction_is_kept_at_the_end(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.begin() as session:
        session.execute(update(Edition).values(options={"note": "改"}))
    assert note(ledger) == {"note": "改"}


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger, world: SimpleNamespace) -> None:
    class Oops(Exception):
        pass

    def half() -> None:
        with ledger.begin() as session:
            session.execute(update(Edition).values(options={"note": "改"}))
            raise Oops

    with pytest.raises(Oops):
        half()
    assert note(ledger) == {}


def test_what_was_read_stays_readable_after_the_block(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.read() as session:
        rows = session.scalars(select(Edition).order_by(Edition.id)).all()
    assert [row.key for row in rows] == ["cunchao/2026-06-06", "cunchao/2026-06-13"]
    with ledger.begin() as session:
        made = session.get_one(Mail, world.mail[0])
        made.attempts = 3
    assert (made.attempts, made.key) == (3, "mail-1")


def test_a_reading_session_throws_its_changes_away(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.read() as session:
        session.scalars(select(Edition)).first().options = {"note": "改"}  # type: ignore[union-attr]
        session.flush()
    assert note(ledger) == {}
    with ledger.read() as session:
        session.execute(delete(BoardEntry))
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(BoardEntry)) == 2


@QUICK
def test_a_reader_does_not_hold_up_a_writer(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.read() as reading:
        assert reading.scalar(select(func.count()).select_from(Edition)) == 2
        with ledger.begin() as session:
            session.execute(update(Edition).values(options={"note": "改"}))
        assert note(ledger) == {"note": "改"}


@QUICK
def test_a_writer_does_not_hold_up_a_reader(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.begin() as session:
        session.execute(update(Edition).values(options={"note": "改"}))
        session.flush()
        assert note(ledger) == {}  # nothing is committed yet
    assert note(ledger) == {"note": "改"}


def test_a_closed_ledger_opens_again(ledger: Ledger, world: SimpleNamespace) -> None:
    ledger.close()
    assert note(ledger) == {}


def test_sqlite_is_set_up_for_many_processes(sqlite_ledger: Ledger) -> None:
    with sqlite_ledger.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    assert found == {"journal_mode": "wal", "busy_timeout": BUSY_TIMEOUT_MS, "foreign_keys": 1, "synchronous": 1}


def test_sqlite_writers_queue_at_the_start_of_the_transaction(sqlite_ledger: Ledger, sqlite_url: str) -> None:
    impatient = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0, isolation_level=None)
    try:
        with sqlite_ledger.begin() as session:
            session.connection()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                impatient.execute("BEGIN IMMEDIATE")
        impatient.execute("BEGIN IMMEDIATE")
        with sqlite_ledger.read() as session:
            assert session.scalar(select(func.count()).select_from(Edition)) == 0
    finally:
        impatient.close()


def test_a_new_sqlite_file_that_somebody_writes_to_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself does not wait here; the wait is the ledger's, and in this test the writer ends during it."""
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("CREATE TABLE note (text)")
    other.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr("rongmei.ledger.engine.sleep", wait)
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
    other.close()
    assert len(waits) == 3


def test_a_new_sqlite_file_that_stays_locked_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("CREATE TABLE note (text)")
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("rongmei.ledger.engine.sleep", lambda _seconds: None)
    ticks = iter(range(0, 10_000, 10))
    monkeypatch.setattr("rongmei.ledger.engine.monotonic", lambda: next(ticks))
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(OperationalError, match="locked"):
        engine.connect()
    engine.dispose()
    other.close()


WRITER = """
from datetime import UTC, datetime
from sqlalchemy import func, select
ledger, name = Ledger(sys.argv[1]), sys.argv[2]
for number in range(50):
    with ledger.begin() as session:
        # Read, then write: in the middle of a deferred transaction this would fail at once when another one wrote.
        seen = session.scalar(select(func.count()).select_from(BoardEntry))
        session.add(BoardEntry(board=name, observed_at=datetime.now(UTC), position=number, title=str(seen)))
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(BoardEntry)) > seen
"""


def test_four_processes_write_fifty_times_each(url: str, ledger: Ledger, runners) -> None:
    for number in range(4):
        runners.start(WRITER, url, f"board-{number}")
    runners.go()
    with ledger.read() as session:
        rows = session.execute(select(BoardEntry.board, func.count()).group_by(BoardEntry.board)).all()
        seen = session.scalars(select(BoardEntry.title)).all()
    assert sorted(map(tuple, rows)) == [(f"board-{number}", 50) for number in range(4)]
    if ledger.engine.dialect.name == "sqlite":  # one after the other: each saw a different number of rows
        assert sorted(map(int, seen)) == list(range(200))


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError, match="file"):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, but long enough to look like one" * 40)
    one = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(Exception, match="not a database"), one.read() as session:
        session.scalar(select(func.count()).select_from(Edition))
    one.close()


def test_rows_of_a_refused_transaction_do_not_haunt_the_next(ledger: Ledger, world: SimpleNamespace, make) -> None:
    with pytest.raises(IntegrityError), ledger.begin() as session:
        session.add_all([make.mail(key="new", message_id="<new>"), make.mail(key="mail-1", message_id="<other>")])
    with ledger.begin() as session:
        session.add(make.mail(key="new", message_id="<new>"))
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Mail)) == 3


def test_an_absent_table_is_the_databases_own_error(empty_url: str) -> None:
    one = Ledger(empty_url)
    with pytest.raises(Exception, match="edition") as told, one.read() as session:
        session.scalar(select(Edition))
    assert type(told.value).__name__ in {OperationalError.__name__, "ProgrammingError"}
    one.close()

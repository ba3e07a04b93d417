"""Figures survive the way from the first ledger's snapshots to those that keep only change, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from alembic import command
from alembic.config import Config
from sqlalchemy import text

import rongmei.ledger.engine
from rongmei.ledger import Ledger, Publication, Snapshot, SnapshotDay, upgrade
from rongmei.ledger.months import ensure_months
from rongmei.ledger.numbers import latest, series
from rongmei.metrics import rebuild_days

NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


def down_to(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(rongmei.ledger.engine.__file__).parent / "migrations"))
    config.attributes["url"] = url
    command.downgrade(config, revision)


def days(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.read() as session:
        rows = session.query(SnapshotDay).order_by(SnapshotDay.publication_id, SnapshotDay.day).all()
        return [(row.publication_id, row.day, row.reads, row.reads_gain, row.likes, row.likes_gain) for row in rows]


def test_figures_survive_the_way_back_and_forth(own_url: str, settle) -> None:
    ledger = Ledger(own_url)
    world: SimpleNamespace = settle(ledger)
    live, daily = world.publication
    with ledger.begin() as session:
        for table in (Snapshot, SnapshotDay):
            session.query(table).delete()
        ensure_months(session, [date(2026, 6, 1)])
        for hours, reads, likes in ((0, 10, None), (11, 30, 2), (13, 40, None), (40 * 24, 35, 5)):
            at = NOON + timedelta(hours=hours)
            session.add(Snapshot(publication_id=live, observed_at=at, reads=reads, likes=likes, raw={"coin": 1}))
        for day, reads in ((5, 7), (6, 9)):
            about = date(2026, 6, day)
            session.add(
                Snapshot(publication_id=daily, about_day=about, observed_at=NOON + timedelta(days=1), reads=reads)
            )
    rebuild_days(ledger)
    before = days(ledger)
    ledger.close()

    down_to(own_url, "0003")
    engine = rongmei.ledger.engine.open_engine(own_url)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT publication_id, reads, likes FROM snapshot ORDER BY observed_at, id"))
        # Of two days told of in one look the later one stays.
        assert [tuple(row) for row in kept] == [
            (live, 10, None),
            (live, 30, 2),
            (live, 40, None),
            (daily, 9, None),
            (live, 35, 5),
        ]
    engine.dispose()

    upgrade(own_url)
    ledger = Ledger(own_url)
    with ledger.read() as session:
        rows = series(session, [live])[live]
        assert [(row.reads, row.likes, row.raw, row.about_day.day) for row in rows] == [
            (10, None, {"coin": 1}, 6),
            (30, 2, {"coin": 1}, 6),
            (40, None, {"coin": 1}, 7),
            (35, 5, {"coin": 1}, 16),
        ]
        assert all(row.last_seen_at == row.observed_at for row in rows)
        assert latest(session, [live], until=NOON + timedelta(days=99))[live].reads == 35
        assert session.get(Publication, live) is not None
        if ledger.engine.dialect.name == "postgresql":
            found = session.scalars(text("SELECT DISTINCT tableoid::regclass::text FROM snapshot ORDER BY 1")).all()
            assert found == ["snapshot_months.snapshot_2026_06", "snapshot_months.snapshot_2026_07"]
    mine = [row for row in before if row[0] == live]
    assert [row for row in days(ledger) if row[0] == live] == mine
    rebuild_days(ledger)
    assert [row for row in days(ledger) if row[0] == live] == mine
    ledger.close()

"""Writing the figures of a collection into the ledger, against the database's own fastest way of adding the same rows.

Against: COPY on PostgreSQL, `executemany` on SQLite, of the finished rows into a table of the same definition, keys and
partitions included, without looking at what is there already. Ours finds out for each publication what was said last,
extends what has not changed, adds what has, flags what fell and brings the days up to date.

Two figures a database: a collection in which every figure is new, as in the first hours; and `calm`, for information,
one in which nine of ten have not changed, where ours writes less and still has to look (against: the same COPY of all).
Environment: RONGMEI_BENCH_PUBLICATIONS, 50,000 by default.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, text
from tests.benchmarks.numbers import START, add_publications, ledger_on

from rongmei.channels import Numbers
from rongmei.clock import local_date
from rongmei.ledger import Ledger, Snapshot
from rongmei.ledger.bulk import insert_rows
from rongmei.ledger.months import ensure_months
from rongmei.metrics.keeping import Heard, Row, keep

LIMIT = 2.0
ROUNDS = 5
PUBLICATIONS = int(os.environ.get("RONGMEI_BENCH_PUBLICATIONS", "50000"))


def run() -> list[dict[str, Any]]:
    """{"name", "ours", "against", "ratio", "limit"} for each database and case; seconds, medians of rounds by turns."""
    return [figure for kind in ("sqlite", "postgresql") for figure in _on(kind)]


def _on(kind: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, ledger_on(kind, Path(folder)) as ledger:
        if ledger is None:
            return [{"name": f"metrics_write_{kind}", "skipped": "no PostgreSQL server programs here"}]
        times = [one["live_at"] for one in add_publications(ledger, PUBLICATIONS)]
        found = []
        for case, calm in (("", 0.0), ("_calm", 0.9)):
            ours, against = _rounds(ledger, times, calm)
            found.append(
                {
                    "name": f"metrics_write_{kind}{case}",
                    "ours": round(ours, 3),
                    "against": round(against, 3),
                    "ratio": round(ours / against, 3),
                    **({"limit": LIMIT} if not case else {}),
                    "rows": PUBLICATIONS,
                }
            )
        return found


def _rounds(ledger: Ledger, times: Sequence[datetime], calm: float) -> tuple[float, float]:
    """Seconds of both ways: a collection every hour, the first one to have something to compare with."""
    # What a year of hours would have made of it is not there: neither way looks at more than the last row of each.
    ours, against = [], []
    keep(ledger, _heard(times, 0, calm), _hour(0))
    for number in range(1, ROUNDS + 1):
        heard = _heard(times, number, calm)
        started = time.perf_counter()
        keep(ledger, heard, _hour(number))
        ours.append(time.perf_counter() - started)
        against.append(_bare(ledger, times, number))
    with ledger.begin() as session:
        session.execute(delete(Snapshot))
        session.execute(text("DELETE FROM snapshot_day"))
        session.execute(text("DELETE FROM due_reading"))
    return statistics.median(ours), statistics.median(against)


def _hour(number: int) -> datetime:
    return START + timedelta(days=370, hours=number)


def _heard(times: Sequence[datetime], number: int, calm: float) -> list[Heard]:
    return [
        Heard(key, at, Numbers(reads=_reads(key, number, calm), likes=key % 97, comments=key % 13, shares=7))
        for key, at in enumerate(times, 1)
    ]


def _reads(key: int, number: int, calm: float) -> int:
    return 100 * key % 9973 + (0 if key % 100 < 100 * calm else number * 10)


def _bare(ledger: Ledger, times: Sequence[datetime], number: int) -> float:
    """The same rows, finished, straight into a table like the ledger's."""
    at = _hour(number)
    rows = [
        Row(
            key,
            local_date(at),
            at,
            at,
            _reads(key, number, 0),
            key % 97,
            key % 13,
            7,
            None,
            None,
            None,
            False,
            False,
            None,
        )
        for key, _ in enumerate(times, 1)
    ]
    with ledger.begin() as session:
        ensure_months(session, [local_date(at)])
        if ledger.engine.dialect.name == "sqlite":
            sql = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'snapshot'"))
            session.execute(text(str(sql).replace("TABLE snapshot", "TABLE bare", 1)))
        else:
            session.execute(text("CREATE TABLE bare (LIKE snapshot INCLUDING ALL) PARTITION BY RANGE (about_day)"))
            session.execute(text("CREATE TABLE bare_part PARTITION OF bare DEFAULT"))
            session.execute(text("ALTER TABLE bare ADD FOREIGN KEY (publication_id) REFERENCES publication (id)"))
    started = time.perf_counter()
    with ledger.begin() as session:
        insert_rows(session, Snapshot, Row._fields, rows, into="bare")
    took = time.perf_counter() - started
    with ledger.begin() as session:
        session.execute(text("DROP TABLE bare"))
    return took


if __name__ == "__main__":
    for one in run():
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")

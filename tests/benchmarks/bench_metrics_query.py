"""The weekly review's question over a year of snapshots, against DuckDB asking the same rows in a Parquet file.

The question: what every outlet gained on every channel this week and the week before, in all six measures, and which
twenty publications gained most readers. Ours asks the roll-up by day, which the collector keeps beside the snapshots;
DuckDB asks the snapshots themselves. Both answers are compared, to the last figure.

Ours runs in a process of its own, whose greatest memory is a figure too (on SQLite that is the database's as well).
For information: how long the roll-up takes to be made anew from all snapshots.
Environment: RONGMEI_BENCH_SNAPSHOTS, ten million by default, of 50,000 publications; RONGMEI_BENCH_DATABASES.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import text
from tests.benchmarks.numbers import START, add_publications, ledger_on

from rongmei.ledger import Ledger, Publication
from rongmei.ledger.months import ensure_months
from rongmei.ledger.numbers import gains
from rongmei.ledger.tables import COUNTS
from rongmei.metrics import rebuild_days

LIMIT = 3.0
MEMORY_MB = 1024
ROUNDS = 5
EACH = 200
"""Snapshots of a publication: every hour for three days, every six for the next 32."""
BEST = 20
SNAPSHOTS = int(os.environ.get("RONGMEI_BENCH_SNAPSHOTS", "10000000"))
MONDAY = date(2026, 12, 7)
ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ("publication_id", "about_day", "observed_at", "last_seen_at", *COUNTS, "fell", "gone")
INVENTED = f"""
    SELECT p.id AS publication_id,
        ((seen + INTERVAL 8 HOUR)::DATE) AS about_day, seen AS observed_at, seen AS last_seen_at,
        (size * (1 - exp(-age / 20)))::BIGINT AS reads,
        (size * (1 - exp(-age / 20)) * 0.02)::BIGINT AS likes,
        (size * (1 - exp(-age / 30)) * 0.004)::BIGINT AS comments,
        (size * (1 - exp(-age / 15)) * 0.018)::BIGINT AS shares,
        (size * (1 - exp(-age / 25)) * 0.008)::BIGINT AS watching,
        (size * (1 - exp(-age / 40)) * 0.006)::BIGINT AS favourites,
        0 AS fell, 0 AS gone, outlet, channel
    FROM (
        SELECT p.*, CASE WHEN n < 72 THEN n + 1 ELSE 72 + (n - 71) * 6 END AS age,
            500 + hash(p.id) % 20000 AS size,
            published_at + INTERVAL 1 HOUR * (CASE WHEN n < 72 THEN n + 1 ELSE 72 + (n - 71) * 6 END) AS seen
        FROM publication AS p, range({EACH}) AS steps (n)
    ) AS p
    ORDER BY p.id, seen
"""


def run() -> list[dict[str, Any]]:
    """{"name", "ours", "against", "ratio", "limit", "memory_mb", …} for each database; seconds, medians."""
    kinds = os.environ.get("RONGMEI_BENCH_DATABASES", "sqlite,postgresql").split(",")
    return [one for kind in kinds for one in _on(kind)]


def _on(kind: str) -> Iterator[dict[str, Any]]:
    name = f"metrics_query_{kind}"
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, ledger_on(kind, Path(folder)) as ledger:
        if ledger is None:
            yield {"name": name, "skipped": "no PostgreSQL server programs here"}
            return
        times = [one["live_at"] for one in add_publications(ledger, SNAPSHOTS // EACH)]
        parquet = _invent(ledger, times, Path(folder))
        _load(ledger, parquet)
        started = time.perf_counter()
        rebuild_days(ledger)
        rebuilt = time.perf_counter() - started
        url = ledger.engine.url.render_as_string(hide_password=False)
        ours = _asked("ours", url)
        against = _asked("against", str(parquet))
        if ours["answer"] != against["answer"]:
            raise AssertionError("the two answers differ")
        yield {
            "name": name,
            "ours": round(ours["seconds"], 4),
            "against": round(against["seconds"], 4),
            "ratio": round(ours["seconds"] / against["seconds"], 3),
            "limit": LIMIT,
            "snapshots": len(times) * EACH,
            "rebuild_seconds": round(rebuilt, 1),
        }
        memory = ours["memory_mb"]
        yield {
            "name": f"{name}_memory_mb",
            "ours": memory,
            "against": MEMORY_MB,
            "ratio": round(memory / MEMORY_MB, 3),
        } | {"limit": 1.0}


def _invent(ledger: Ledger, times: list[Any], folder: Path) -> Path:
    """The snapshots as a Parquet file, with what is asked of their publications beside them."""
    path = folder / "snapshots.parquet"
    with closing(duckdb.connect()) as duck, ledger.read() as session:
        duck.execute("SET TimeZone = 'UTC'")
        duck.execute("SET preserve_insertion_order = false")
        duck.execute(f"SET temp_directory = '{folder / 'duck'}'")
        duck.execute("SET memory_limit = '2GB'")
        listed = folder / "publications.csv"
        with listed.open("w", newline="", encoding="utf-8") as file:
            rows = session.execute(text("SELECT id, outlet, channel FROM publication ORDER BY id")).all()
            csv.writer(file).writerows((*row, at.replace(tzinfo=None)) for row, at in zip(rows, times, strict=True))
        columns = "{'id': 'INTEGER', 'outlet': 'VARCHAR', 'channel': 'VARCHAR', 'published_at': 'TIMESTAMP'}"
        duck.execute(f"CREATE TABLE publication AS SELECT * FROM read_csv('{listed}', columns = {columns})")
        duck.execute(f"COPY ({INVENTED}) TO '{path}' (FORMAT parquet)")
    return path


def _load(ledger: Ledger, parquet: Path) -> None:
    """The same rows into the ledger, the quickest way there is."""
    listed = parquet.with_suffix(".csv")
    postgres = ledger.engine.dialect.name == "postgresql"
    with closing(duckdb.connect()) as duck:
        moment = "strftime({}, '%Y-%m-%d %H:%M:%S.000000')".format
        chosen = {name: f"{moment(name)} AS {name}" for name in ("observed_at", "last_seen_at")}
        wanted = ", ".join(chosen.get(name, name) for name in COLUMNS)
        duck.execute(f"COPY (SELECT {wanted} FROM '{parquet}') TO '{listed}' (FORMAT csv, HEADER false)")
        days = [row[0] for row in duck.execute(f"SELECT DISTINCT about_day FROM '{parquet}'").fetchall()]
    with ledger.begin() as session:
        ensure_months(session, [day for day in days if START.date() <= day])
        driver = session.connection().connection.driver_connection
        assert driver is not None
        with listed.open(encoding="utf-8", newline="") as file:
            if postgres:
                session.execute(text("SET LOCAL session_replication_role = replica"))
                session.execute(text("SET LOCAL timezone = 'UTC'"))
                with driver.cursor().copy(f"COPY snapshot ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as copy:
                    while block := file.read(1 << 20):
                        copy.write(block)
            else:
                marks = ", ".join("?" * len(COLUMNS))
                driver.cursor().executemany(
                    f"INSERT INTO snapshot ({', '.join(COLUMNS)}) VALUES ({marks})", csv.reader(file)
                )
    listed.unlink()
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _asked(who: str, where: str) -> dict[str, Any]:
    """One way in a process of its own: {"seconds", "memory_mb", "answer"}."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_metrics_query", who, where]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


def _ask_ours(url: str) -> Any:
    week = timedelta(days=7)
    with closing(Ledger(url)) as ledger, ledger.read() as session:
        by = (Publication.outlet, Publication.channel)
        weeks = [gains(session, by, first, first + 6 * timedelta(days=1)) for first in (MONDAY - week, MONDAY)]
        mine = gains(session, (Publication.id,), MONDAY, MONDAY + 6 * timedelta(days=1), counts=("reads",))
    return [
        *([[*key, *(values[name] for name in COUNTS)] for key, values in sorted(week.items())] for week in weeks),
        sorted(([-(values["reads"] or 0), *key] for key, values in mine.items()))[:BEST],
    ]


def _ask_duck(path: str) -> Any:
    ends = ", ".join(
        f"arg_max({name}, observed_at) FILTER (about_day < $after)"
        f" - coalesce(arg_max({name}, observed_at) FILTER (about_day < $first), 0) AS {name}"
        for name in COUNTS
    )
    gained = (
        f"SELECT publication_id, any_value(outlet) AS outlet, any_value(channel) AS channel, {ends} FROM '{path}'"
        " GROUP BY publication_id HAVING bool_or(about_day >= $first AND about_day < $after)"
    )
    sums = ", ".join(f"sum({name})::BIGINT" for name in COUNTS)
    week = timedelta(days=7)
    with closing(duckdb.connect()) as duck:
        answer: list[Any] = [
            duck.execute(
                f"SELECT outlet, channel, {sums} FROM ({gained}) GROUP BY ALL ORDER BY ALL",
                {"first": first, "after": first + week},
            ).fetchall()
            for first in (MONDAY - week, MONDAY)
        ]
        best = f"SELECT -reads, publication_id FROM ({gained}) ORDER BY ALL LIMIT {BEST}"
        answer.append(duck.execute(best, {"first": MONDAY, "after": MONDAY + week}).fetchall())
    return [[list(row) for row in part] for part in answer]


def ask(who: str, where: str) -> dict[str, Any]:
    """What `_asked` tells, from inside the process."""
    way = _ask_ours if who == "ours" else _ask_duck
    answer, seconds = way(where), []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        way(where)
        seconds.append(time.perf_counter() - started)
    return {"seconds": statistics.median(seconds), "memory_mb": round(peak_mb()), "answer": answer}


def peak_mb() -> float:
    """The most memory this process ever held. `getrusage` would count what its parent held when it began."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not say how much memory a process has held")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps(ask(*sys.argv[1:])))
    else:
        for one in run():
            sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")

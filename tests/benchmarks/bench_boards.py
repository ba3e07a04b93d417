"""How long importing an archive of a hot board takes, against the plainest way of getting it into the same table.

Against: `pandas.read_csv` and one `executemany` of the same columns into a table of the same definition, without any
check, conversion or guard against doing it twice. Prints one JSON line.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from rongmei.ledger import Ledger
from rongmei.ledger.tables import Base
from rongmei.metrics import import_board

LIMIT = 1.5
ROUNDS = 5
ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared"))
REAL = SHARED / "data/weibo_hot_hourly/weibo_hourly_2024-05-20_to_2024-06-30.csv.gz"
COLUMNS = {
    "date": "observed_at",
    "position": "position",
    "title": "title",
    "category": "category",
    "hot": "heat",
    "readCount": "reads",
    "discussCount": "discussions",
    "origin": "originals",
    "ads": "is_ad",
    "description": "description",
}


def run() -> dict[str, Any]:
    """Both ways on the same file, alternating, medians compared.

    Returns:
        {"name", "ours", "against", "ratio", "limit"}; times in seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = REAL if REAL.is_file() else invented(Path(folder) / "invented.csv.gz")
        ours, against = [], []
        for number in range(ROUNDS):
            against.append(_plainly(path, Path(folder) / f"plain{number}.db"))
            ours.append(_imported(path, Path(folder) / f"ours{number}.db"))
    mine, other = statistics.median(ours), statistics.median(against)
    return {
        "name": "boards",
        "ours": round(mine, 4),
        "against": round(other, 4),
        "ratio": round(mine / other, 3),
        "limit": LIMIT,
    }


def invented(path: Path, rows: int = 50_000) -> Path:
    """A file in the hourly Weibo form, for machines without the real one."""
    draw = random.Random(20240520)
    lines = ["date,hour,position,title,category,hot,ads,readCount,discussCount,origin,display_time,description"]
    for number in range(rows):
        day, hour, position = number // 1200, number // 50 % 24, number % 50 + 1
        title = "".join(chr(draw.randrange(0x4E00, 0x9000)) for _ in range(12))
        lines.append(
            f"2024-{5 + day // 28:02d}-{day % 28 + 1:02d},{hour:02d},{position},{title},社会,{draw.randrange(10**6)},0,"
            f"{draw.randrange(10**8)},{draw.randrange(10**5)},{draw.randrange(10**3)},0,{title * 3}"
        )
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


def _imported(path: Path, database: Path) -> float:
    ledger = Ledger(f"sqlite:///{database}")
    Base.metadata.create_all(ledger.engine)
    started = time.perf_counter()
    import_board(ledger, path)
    took = time.perf_counter() - started
    ledger.close()
    return took


def _plainly(path: Path, database: Path) -> float:
    ledger = Ledger(f"sqlite:///{database}")
    Base.metadata.create_all(ledger.engine)
    ledger.close()
    started = time.perf_counter()
    frame = pd.read_csv(path)
    frame["date"] = frame["date"] + " " + frame["hour"].astype(str)
    rows = [("weibo", *row) for row in frame[list(COLUMNS)].itertuples(index=False, name=None)]
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous = NORMAL")
    marks = ", ".join("?" * (len(COLUMNS) + 1))
    with connection:
        connection.executemany(f"INSERT INTO board_entry (board, {', '.join(COLUMNS.values())}) VALUES ({marks})", rows)
    connection.close()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), ensure_ascii=False) + "\n")

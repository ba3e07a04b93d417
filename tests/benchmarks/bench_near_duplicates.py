"""Near-duplicate pitches: how long 500 new ones against 100,000 titles of the past take, how much memory, how well.

Measured is what `shortlist` does: read the past from the ledger, build the index, compare. Each round is a process of
its own that has imported everything and computed nothing. Against: the limits of 2 s and 1 GB. The AUCs have no limit;
their `against` is rapidfuzz's plain ratio on the same pairs. As a program it also prints the operating points.
"""

from __future__ import annotations

import csv
import gzip
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import insert, select
from tests.benchmarks.labelled import BOARDS, DATA, REVISED, SETS, auc, pairs, points

from rongmei.config import Plan, load_campaign
from rongmei.ledger import Edition, Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base
from rongmei.pitches.alike import precedents
from rongmei.settings import PACKAGE_CONFIG
from rongmei.text.similarity import CERTAIN, SIMILAR, compare, likeness

NEW, PAST = 500, 100_000
LIMIT_SECONDS, LIMIT_MB = 2.0, 1_000.0
ROUNDS = 5
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
DAY = date(2026, 6, 6)
NOW = datetime(2026, 6, 6, 10, tzinfo=UTC)
PER_EDITION = 400


def run() -> list[dict[str, Any]]:
    """Seconds and peak MB of a run against their limits; the AUC of each labelled set that is there.

    The quickest round counts: whatever made the others slower was not this program. `cpu` is its processor time.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'ledger.db'}"
        key = fill(url)
        measured = [_alone(url, key) for _ in range(ROUNDS)]
    seconds, cpu, _ = min(measured)
    peak = max(one[2] for one in measured)
    figures = [
        {**_limited("near_duplicates_seconds", seconds, LIMIT_SECONDS), "cpu": round(cpu, 3)},
        _limited("near_duplicates_peak_mb", peak, LIMIT_MB),
    ]
    for name in (*SETS, REVISED):
        if given := pairs(name):
            ours, plain = auc(given, likeness), auc(given, fuzz.ratio)
            figures.append({"name": f"near_duplicates_auc_{name}", "ours": round(ours, 4), "against": round(plain, 4)})
    return figures


def _limited(name: str, ours: float, limit: float) -> dict[str, Any]:
    return {"name": name, "ours": round(ours, 3), "against": limit, "ratio": round(ours / limit, 3), "limit": 1.0}


def fill(url: str) -> str:
    """A ledger with `PAST` pitches in earlier editions and `NEW` in the last one, whose key is returned."""
    titles = list(headlines(PAST + NEW))
    random.Random(20260606).shuffle(titles)
    with closing(Ledger(url)) as ledger:
        Base.metadata.create_all(ledger.engine)
        with ledger.begin() as session:
            for number, start in enumerate(range(NEW, PAST + NEW, PER_EDITION), start=1):
                day = DAY - timedelta(days=number)
                edition = open_edition(session, "cunchao", day, rehearsal=False, options={}, now=NOW)
                session.execute(insert(Pitch), _rows(edition.id, titles[start : start + PER_EDITION], "declined"))
            last = open_edition(session, "cunchao", DAY, rehearsal=False, options={}, now=NOW)
            session.execute(insert(Pitch), _rows(last.id, titles[:NEW], "submitted"))
            return last.key


def _rows(edition_id: int, titles: list[str], state: str) -> list[dict[str, Any]]:
    common = {"edition_id": edition_id, "source": "workbooks", "outlet": "humen", "state": state, "submitted_at": NOW}
    made = {"channels": [], "score_terms": {}, "summary": ""}
    return [{**common, **made, "ref": str(n), "title": title[:300]} for n, title in enumerate(titles)]


def headlines(count: int) -> Iterator[str]:
    """Different headlines: real ones as far as they go, then halves of different ones put together."""
    real = list(dict.fromkeys(title for title in _real() if title.strip())) or [
        f"{place}{what}第{n}场{how}"
        for n in range(50)
        for place in "东西南北中"
        for what in "赛会展"
        for how in "开锣收官"
    ]
    yield from real[:count]
    draw, seen = random.Random(7), set(real)
    left = count - len(real)
    while left > 0:
        one, other = draw.choice(real), draw.choice(real)
        made = one[: len(one) // 2] + other[len(other) // 2 :] + ("" if len(real) > NEW else str(left))
        if made not in seen:
            seen.add(made)
            left -= 1
            yield made


def _real() -> Iterator[str]:
    if BOARDS.is_file():
        with gzip.open(BOARDS, "rt", encoding="utf-8", newline="") as lines:
            yield from (row["title"] for row in csv.DictReader(lines))
    folder = DATA / "zh_headlines"
    if folder.is_dir():
        with (folder / "thucnews_dev.txt").open(encoding="utf-8") as lines:
            yield from (line.split("\t")[0] for line in lines)
        with gzip.open(folder / "tnews_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
            yield from (json.loads(line)["text_a"].rpartition(" ")[0] for line in lines)


def _alone(url: str, key: str) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak MB of one comparison in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_compare, (url, key))


def _compare(url: str, key: str) -> tuple[float, float, float]:
    plan: Plan = load_campaign(PACKAGE_CONFIG, "cunchao")
    with closing(Ledger(url)) as ledger, ledger.read() as session:
        edition = session.scalars(select(Edition).where(Edition.key == key)).one()
        pitches = session.scalars(select(Pitch).where(Pitch.edition_id == edition.id)).all()
        started, busy = time.perf_counter(), time.process_time()
        found = precedents(session, plan, edition, pitches, until=NOW)
        took, cpu = time.perf_counter() - started, time.process_time() - busy
    if not found:
        raise RuntimeError("nothing resembled anything")
    return took, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / 1e6


def operating_points() -> str:
    """For each set: what showing from each threshold on does, and the tiers as `compare` gives them."""
    lines = [f"similar from {SIMILAR}, certain from {CERTAIN} where nothing speaks against it"]
    for name in (*SETS, REVISED):
        given = pairs(name)
        same = sum(pair.same for pair in given)
        lines.append(f"{name}: {len(given)} pairs, {same} the same")
        lines += [
            f"  from {point.threshold:.2f}  {point.shown:6}  {point.precision:.3f}  {point.recall:.3f}"
            for point in (points(given, likeness, THRESHOLDS) if given else ())
        ]
        tiers = [(verdict.tier, pair.same) for pair in given if (verdict := compare(pair.a, pair.b))]
        for tier in ("certain", "similar"):
            all_of = [right for found, right in tiers if found == tier]
            lines.append(f"  {tier}: {len(all_of)}, of which {sum(all_of)} are labelled the same")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    for figure in run():
        sys.stdout.write(json.dumps(figure, ensure_ascii=False) + "\n")
    sys.stdout.write(operating_points())

"""From trigger to report e-mail: the demo's edition against a DAG of the same graph in which nothing is done."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from rongmei.ledger import Ledger
from stack.demo import CAMPAIGN, STORIES, driver, stopping, wait_for_dag
from stack.driver import free_day
from stack.embedded import Stack, prepare, start
from stack.layout import REPO

LIMIT = 1.5
ROUNDS = 2
PATIENCE = timedelta(minutes=10)


def run() -> dict[str, Any]:
    """Both on one Airflow, in turns; the faster of each is compared, seconds."""
    root = Path(tempfile.mkdtemp(prefix="rongmei-bench-"))
    dags = root / "dags"
    shutil.copytree(REPO / "dags", dags, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(Path(__file__).parent / "dags" / "empty_edition.py", dags)
    stack = prepare(root / "stack")
    stack.services.env["AIRFLOW__CORE__DAGS_FOLDER"] = str(dags)
    ours, against = [], []
    with stopping(stack):
        start(stack, lambda _: None)
        for name in ("empty_edition", CAMPAIGN):
            wait_for_dag(driver(stack, name))
        for _ in range(ROUNDS):
            against.append(seconds(stack, "empty_edition", {}))
            ours.append(seconds(stack, CAMPAIGN, campaign_conf(stack)))
    shutil.rmtree(root)
    return {
        "name": "edition_wall_time",
        "ours": round(min(ours), 1),
        "against": round(min(against), 1),
        "ratio": round(min(ours) / min(against), 2),
        "limit": LIMIT,
    }


def campaign_conf(stack: Stack) -> dict[str, Any]:
    """As the demo triggers it."""
    with closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
        day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
    return {"edition_date": day.isoformat(), "stories": STORIES, "rehearsal": True}


def seconds(stack: Stack, dag: str, conf: dict[str, Any]) -> float:
    """Wall time of one run, human steps answered at once."""
    drive = driver(stack, dag)
    began = time.monotonic()
    drive.trigger(conf)
    drive.to_the_end(watch=lambda _: None, tell=lambda _: None, patience=PATIENCE)
    return time.monotonic() - began

"""An edition's thousand publications as a mapped task for each channel, against a mapped task for each publication.

Both on the embedded stack, one after the other, with the same platforms (50 ms ± 20 an answer), the same stories and
the same function that publishes. Ours is the whole run, from the trigger to its end. Of the other way a hundred are
run, in the same proportions of channels, and only what grows with their number is extrapolated: from the start of the
first mapped task to the end of the last one.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.benchmarks.newsrooms import Newsrooms, Work, edition_of_a_thousand, lay_out, small_photograph, thousand
from tests.benchmarks.platforms import Platforms, platforms

from stack.demo import driver, stopping, wait_for_dag
from stack.embedded import START_SECONDS as START
from stack.embedded import Stack, airflow_ready, prepare
from stack.services import StackError, python

LIMIT = 0.05
MEAN_MS, SPREAD_MS = 50.0, 20.0
SAMPLE = 100
PATIENCE = timedelta(minutes=15)
OURS, AGAINST = "publish_by_channel", "publish_one_by_one"


def run() -> dict[str, Any]:
    """{"name", "ours", "against", "ratio", "limit", "a_task"}: seconds for a thousand, and for one mapped task."""
    root = Path(tempfile.mkdtemp(prefix="rongmei-bench-"))
    dags = root / "dags"
    dags.mkdir()
    shutil.copy(Path(__file__).parent / "dags" / "publications.py", dags)
    stack = prepare(root / "stack")
    stack.services.env["AIRFLOW__CORE__DAGS_FOLDER"] = str(dags)
    with platforms(root / "there") as there, stopping(stack):
        now = datetime.now(UTC)
        whole = edition_of_a_thousand(root / "whole", sandbox_url=there.url, now=now)
        sample = lay_out(
            root / "sample", sample_of(thousand()), draw=small_photograph, now=now, sandbox_url=there.url, apart=True
        )
        stack.services.start("airflow", *python("-m", "airflow", "standalone"))
        stack.services.wait("airflow", lambda: airflow_ready(stack.layout), START)
        for name in (OURS, AGAINST):
            wait_for_dag(driver(stack, name))
        there.slow_down(MEAN_MS, SPREAD_MS)
        ours, _ = seconds(stack, OURS, whole, there)
        _, mapped = seconds(stack, AGAINST, sample, there)
    shutil.rmtree(root)
    against = mapped / SAMPLE * whole.publications
    return {
        "name": "publish_vs_mapped_tasks",
        "ours": round(ours, 1),
        "against": round(against, 1),
        "ratio": round(ours / against, 4),
        "limit": LIMIT,
        "a_task": round(mapped / SAMPLE, 2),
    }


def sample_of(work: Work) -> Work:
    """A hundred publications on as many accounts, each channel with its share of them."""
    counts = {channel: round(sum(each) * SAMPLE / sum(map(sum, work.values()))) for channel, each in work.items()}
    first = next(iter(counts))
    counts[first] += SAMPLE - sum(counts.values())
    return {channel: [1] * count for channel, count in counts.items()}


def seconds(stack: Stack, dag: str, rooms: Newsrooms, there: Platforms) -> tuple[float, float]:
    """How long a run takes, and how long its mapped tasks do.

    Raises:
        StackError: not everything went out.
    """
    write_plan(rooms)
    drive = driver(stack, dag)
    conf = {"home": str(rooms.settings.home), "sandbox": there.url, "over": list(rooms.due())}
    began = time.monotonic()
    drive.trigger(conf)
    drive.to_the_end(watch=lambda _: None, tell=lambda _: None, patience=PATIENCE)
    took = time.monotonic() - began
    tasks = [task for task in drive.users[drive.producer].tasks(dag, drive.run) if task["task_id"] == "publish"]
    if left := rooms.left("accepted", "live"):
        raise StackError(f"{dag}: {dict(left)}")
    return took, span(tasks)


def span(tasks: list[Mapping[str, Any]]) -> float:
    """From the start of the first to the end of the last."""
    begun = min(datetime.fromisoformat(task["start_date"]) for task in tasks)
    ended = max(datetime.fromisoformat(task["end_date"]) for task in tasks)
    return (ended - begun).total_seconds()


def write_plan(rooms: Newsrooms) -> None:
    """Where the DAG reads it."""
    text = json.dumps([part.model_dump(mode="json", exclude_unset=True) for part in rooms.plan[:3]], ensure_ascii=False)
    (rooms.settings.home / "plan.json").write_text(text, encoding="utf-8")

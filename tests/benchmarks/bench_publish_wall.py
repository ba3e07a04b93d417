"""How long an edition's thousand publications take, against what the platforms alone would take for their answers.

Each platform answers a call after 50 ms ± 20. All channels go out at once (`publish_all`), with `WORKERS` threads over
three hundred accounts, one account in one thread. Nothing can be quicker then than the larger of

* the latency of all calls, divided by the threads, and
* the latency of the calls of the slowest account, which has one thread.

A call's latency is what the sandbox orders, times what this machine makes of it: the wire, the sandbox's own work and
its waiting for a processor, which is no platform's. That factor is measured, in turns with ours, by a process that
makes as many bare calls of the same latencies with as many threads and does nothing else. `ordered` is the same ideal
without the factor. With more threads than the machine can feed, its processors would be measured and not the fan-out:
a publication takes about ten milliseconds of one, and the sandbox has to be fed from the same two.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.newsrooms import edition_of_a_thousand
from tests.benchmarks.platforms import platforms
from tests.benchmarks.publishers import make_calls, publish_edition

LIMIT = 1.15
ROUNDS = 3
MEAN_MS, SPREAD_MS = 50.0, 20.0
WORKERS = 4


def run() -> dict[str, Any]:
    """{"name", "ours", "against", "ratio", "limit", "threads", "ordered", "rounds"}: seconds of the median round.

    `rounds` is the ratios of all of them.
    """
    rounds = sorted((measure() for _ in range(ROUNDS)), key=lambda one: one["ratio"])
    return {
        "name": "publish_wall",
        **rounds[ROUNDS // 2],
        "limit": LIMIT,
        "rounds": [one["ratio"] for one in rounds],
    }


def measure() -> dict[str, Any]:
    """One edition, and the bare calls beside it."""
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, platforms(Path(folder) / "there") as there:
        rooms = edition_of_a_thousand(Path(folder) / "home", sandbox_url=there.url, now=datetime.now(UTC))
        there.slow_down(MEAN_MS, SPREAD_MS)
        ours = publish_edition(rooms, workers=WORKERS).seconds
        taken = there.taken()
        there.slow_down(MEAN_MS, SPREAD_MS)
        bare = make_calls(there.url, taken.calls, workers=WORKERS)
        factor = bare / (there.taken().ordered / WORKERS)
    ordered = max(taken.ordered / WORKERS, taken.longest)
    return {
        "ours": round(ours, 2),
        "against": round(ordered * factor, 2),
        "ratio": round(ours / (ordered * factor), 3),
        "threads": WORKERS,
        "ordered": round(ordered, 2),
    }

"""How long an edition's thousand publications take, against what the platforms alone would take for their answers.

Each platform answers a call after 50 ms ± 20; each channel has a process of its own, as Airflow would give it, and
`WORKERS` accounts at a time. Of one channel nothing can be quicker than the larger of

* the latency of all its calls, divided by the threads, and
* the latency of the calls of its slowest account, which has one thread;

the edition is as slow as its slowest channel, because threads of one process cannot help another one.

The latency of a call is what the sandbox orders, times what the machine makes of it: the wire, the sandbox's own work
and its waiting for a processor, which is no platform's. That factor is measured, in turns with ours, by processes that
make as many bare calls of the same latencies at the same time and do nothing else. `ordered` in the figure is the same
ideal without it. With more threads than two processors can feed it would be the processors that are measured.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.newsrooms import edition_of_a_thousand
from tests.benchmarks.platforms import platforms
from tests.benchmarks.publishers import call_side_by_side, publish_side_by_side

LIMIT = 1.15
ROUNDS = 3
MEAN_MS, SPREAD_MS = 50.0, 20.0
WORKERS = 1


def run() -> dict[str, Any]:
    """{"name", "ours", "against", "ratio", "limit", "threads", "ordered", "spread"}: seconds of the median round.

    `spread` is the ratios of all rounds.
    """
    rounds = sorted((measure() for _ in range(ROUNDS)), key=lambda one: one["ratio"])
    return {
        "name": "publish_wall",
        **rounds[ROUNDS // 2],
        "limit": LIMIT,
        "spread": [one["ratio"] for one in rounds],
    }


def measure() -> dict[str, Any]:
    """One edition, and the bare calls beside it."""
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, platforms(Path(folder) / "there") as there:
        rooms = edition_of_a_thousand(Path(folder) / "home", sandbox_url=there.url, now=datetime.now(UTC))
        there.slow_down(MEAN_MS, SPREAD_MS)
        done = publish_side_by_side(rooms, workers=WORKERS)
        taken = {channel: there.taken(channel) for channel in rooms.work}
        there.slow_down(MEAN_MS, SPREAD_MS)
        calls = {channel: one.calls for channel, one in taken.items() if one.calls}
        bare = call_side_by_side(there.url, calls, workers=WORKERS)
        alone = {channel: there.taken(channel).ordered / WORKERS for channel in calls}
    factors = {channel: seconds / alone[channel] for channel, seconds in bare.items()}
    ideal = {channel: max(taken[channel].ordered / WORKERS, taken[channel].longest) for channel in calls}
    slowest = max(ideal, key=lambda channel: ideal[channel] * factors[channel])
    ours = max(one.ended for one in done) - min(one.began for one in done)
    against = ideal[slowest] * factors[slowest]
    return {
        "ours": round(ours, 2),
        "against": round(against, 2),
        "ratio": round(ours / against, 3),
        "threads": len(rooms.work) * WORKERS,
        "ordered": round(ideal[slowest], 2),
        "channels": {
            one.channel: [round(one.ended - one.began, 2), round(ideal[one.channel] * factors[one.channel], 2)]
            for one in done
            if one.channel in calls
        },
    }

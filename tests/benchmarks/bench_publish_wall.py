"""How long an edition's thousand publications take, against what the platforms themselves take for their answers."""

from __future__ import annotations

import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.newsrooms import Newsrooms, Work, lay_out, photograph, shares
from tests.benchmarks.platforms import platforms
from tests.benchmarks.publishers import publish_side_by_side

LIMIT = 1.15
ROUNDS = 3
MEAN_MS, SPREAD_MS = 50.0, 20.0
WORKERS = 1
BIG, SMALL = 38, 37
PUBLICATIONS = 1000


def work() -> Work:
    """A thousand publications on three hundred accounts of eight channels."""
    # Bilibili takes an account's next film 30 seconds after the last one, so there is one an account.
    films = [1] * SMALL
    rest = PUBLICATIONS - len(films)
    others = {"wechat": BIG, "weibo": BIG, "wordpress": BIG, "douyin": BIG, "kuaishou": SMALL, "alipay": SMALL}
    each = rest // (len(others) + 1)
    found = {channel: shares(each, accounts) for channel, accounts in others.items()}
    found["ninjs"] = shares(rest - each * len(others), SMALL)
    return {**found, "bilibili": films}


def run() -> dict[str, Any]:
    rounds = [measure() for _ in range(ROUNDS)]
    rounds.sort(key=lambda one: one["ratio"])
    return {**statistics.median_low([(one["ratio"], n) for n, one in enumerate(rounds)])} if False else rounds[ROUNDS // 2]


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as name:
        folder = Path(name)
        with platforms(folder / "platforms", BIG) as there:
            rooms = lay_out(
                folder / "home",
                work(),
                pictures=2,
                draw=lambda number: photograph(number, (960, 540)),
                now=datetime.now(UTC),
                sandbox_url=there.url,
            )
            there.slow_down(MEAN_MS, SPREAD_MS)
            done = publish_side_by_side(rooms, workers=WORKERS)
            wall = max(one.ended for one in done) - min(one.began for one in done)
            detail = {}
            ideal = 0.0
            for one in done:
                (channel,) = one.channels
                t = there.taken(channel)
                best = max(t.ordered / WORKERS, t.longest)
                ideal = max(ideal, best)
                detail[channel] = (round(one.ended-one.began, 2), round(best, 2), round((one.ended-one.began)/best, 3) if best else None, round(one.cpu,1), round(t.took-t.ordered,2), round(one.peak_mb))
    return {"name": "publish_wall", "ours": round(wall, 2), "against": round(ideal, 2), "ratio": round(wall / ideal, 3), "limit": LIMIT, "detail": detail}

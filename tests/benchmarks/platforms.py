"""The sandbox as a process of its own, for the publishing benchmarks: it answers when told to and counts what it hears.

Nothing is under review there for longer than it takes to ask once, and no account of it is ever in the way of another.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from tests.benchmarks.newsrooms import BIG, outlet_name

PATIENCE = 30.0
AT_ONCE: dict[str, dict[str, Any]] = {
    "wechat": {"publish_polls": 0, "publish_seconds": 0},
    "weibo": {"safe_domains": ["127.0.0.1"]},
    "douyin": {"review_seconds": 0},
    "kuaishou": {"review_seconds": 0},
    "bilibili": {"review_polls": 0, "review_seconds": 0},
    "alipay": {"send_polls": 0, "send_seconds": 0},
}


@dataclass(frozen=True)
class Taken:
    """What the platforms were to take for their answers.

    Attributes:
        calls: by channel.
        ordered: seconds of all calls.
        longest: seconds of the account that had to wait longest.
    """

    calls: dict[str, int]
    ordered: float
    longest: float


@dataclass(frozen=True)
class Platforms:
    """A running sandbox."""

    url: str
    process: subprocess.Popen[bytes]

    def slow_down(self, mean_ms: float, spread_ms: float) -> None:
        """Every answer takes so long from now on; counting begins anew."""
        self._call("POST", "/_sandbox/latency", {"mean_ms": mean_ms, "spread_ms": spread_ms, "seed": "bench"})

    def taken(self) -> Taken:
        """Since `slow_down`."""
        tallies = self._call("GET", "/_sandbox/latency")["accounts"]
        calls: Counter[str] = Counter()
        for account, tally in tallies.items():
            calls[account.partition("/")[2]] += tally["calls"]
        seconds = [tally["ordered_ms"] / 1000 for tally in tallies.values()]
        return Taken(dict(calls), sum(seconds), max(seconds))

    def calls(self) -> Counter[str]:
        """All calls there were, by channel."""
        heard: Counter[str] = Counter()
        for row in self._call("GET", "/_sandbox/calls"):
            heard[row["platform"]] += row["count"]
        return heard

    def credentials(self) -> dict[str, dict[str, str]]:
        """By `outlet/channel`."""
        return dict(self._call("GET", "/_sandbox/credentials"))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def platforms(
    folder: Path, outlets: int = BIG, furnish: Callable[[Path], None] = lambda _: None
) -> Iterator[Platforms]:
    """A sandbox with accounts for the first outlets, stopped in the end.

    Args:
        furnish: may lay things into its state folder before it starts.

    Raises:
        RuntimeError: it does not come up.
    """
    folder.mkdir(parents=True)
    seed, port = folder / "seed.json", folder / "port"
    # A seed file is YAML, which JSON is.
    ids = [outlet_name(number) for number in range(outlets)]
    furnish(folder / "state")
    limits = {name: {"limits": known} for name, known in AT_ONCE.items()}
    seed.write_text(json.dumps({"derive": True, "ids": ids, **limits}), encoding="utf-8")
    command = (sys.executable, "-m", "sandbox", "--port", "0", "--port-file", str(port), "--seed", str(seed))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen((*command, "--state", str(folder / "state")), stdout=log, stderr=log)
    try:
        give_up = time.monotonic() + PATIENCE
        while not port.exists():
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"the sandbox does not come up:\n{(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield Platforms(f"http://127.0.0.1:{port.read_text()}", process)
    finally:
        process.terminate()
        process.wait(PATIENCE)

"""The platforms' side: the sandbox as a process that can be killed and started again, and its own interface."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from tests.chaos.house import OUTLETS
from tests.chaos.publisher import PART_BYTES, READ_SECONDS

from rongmei.clock import aware

PATIENCE = 30.0
PORTS = range(20_000, 32_000)
"""Below the ports that systems hand out to callers: one who knocks while nobody listens could else meet himself."""

RARE, OFTEN = 0.01, 0.06
FAULTS: tuple[dict[str, Any], ...] = (
    # The calls that decide: the post is out, or is not, and the answer does not say so.
    {"publishing": True, "kind": "drop_after", "probability": OFTEN},
    {"publishing": True, "kind": "server_error_after", "probability": OFTEN},
    {"publishing": True, "kind": "refuse", "probability": OFTEN},
    {"publishing": True, "kind": "server_error", "probability": OFTEN},
    {"publishing": True, "kind": "timeout", "seconds": 2 * READ_SECONDS, "probability": OFTEN / 2},
    {"publishing": True, "kind": "timeout", "seconds": 2 * READ_SECONDS, "perform": False, "probability": OFTEN / 2},
    {"publishing": True, "kind": "reset", "probability": OFTEN},
    {"publishing": True, "kind": "truncated", "probability": OFTEN},
    {"publishing": True, "kind": "html", "probability": OFTEN / 2},
    {"publishing": True, "kind": "html", "perform": False, "probability": OFTEN / 2},
    {"publishing": True, "kind": "expired_token", "probability": OFTEN / 2},
    # Every call, those that read what became of a post too.
    {"kind": "refuse", "probability": RARE},
    {"kind": "refuse", "status": 503, "probability": RARE},
    {"kind": "drop_after", "probability": RARE},
    {"kind": "server_error_after", "probability": RARE},
    {"kind": "reset", "probability": RARE},
    {"kind": "truncated", "probability": RARE},
    {"kind": "html", "probability": RARE},
    {"kind": "timeout", "seconds": 2 * READ_SECONDS, "probability": RARE / 2},
    {"kind": "slow", "seconds": READ_SECONDS / 4, "probability": RARE},
    {"kind": "expired_token", "probability": RARE / 2},
)


class Platforms:
    """One sandbox on one port and one state folder, through all its deaths."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self._state, self._seed, self._log = folder / "state", folder / "seed.yaml", folder / "sandbox.log"
        folder.mkdir(parents=True)
        # A seed file is YAML, which JSON is.
        self._seed.write_text(json.dumps(seed()), encoding="utf-8")
        self.port = _free_port(rng)
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `is_up` tells when it answers."""
        command = (sys.executable, "-m", "sandbox", "--port", str(self.port), "--state", str(self._state))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                (*command, "--seed", str(self._seed)), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(PATIENCE)
            self._process = None

    def is_up(self) -> bool:
        """Whether it answers.

        Raises:
            RuntimeError: it has ended by itself.
        """
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"the sandbox has ended by itself:\n{self._log.read_text(encoding='utf-8')[-4000:]}")
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/_sandbox/health", timeout=1).ok
        return False

    def wait(self) -> None:
        """Return when it answers."""
        give_up = time.monotonic() + PATIENCE
        while not self.is_up():
            if time.monotonic() > give_up:
                raise RuntimeError("the sandbox does not answer")
            time.sleep(0.02)

    def order_faults(self, seed: str) -> None:
        """Everything of `FAULTS`, until it is cleared."""
        for number, fault in enumerate(FAULTS):
            self._call("POST", "/_sandbox/faults", {**fault, "times": None, "seed": f"{seed}/{number}"})

    def clear_faults(self) -> None:
        """No more faults."""
        self._call("DELETE", "/_sandbox/faults")

    def run_clock(self, rate: float) -> None:
        """From now on sandbox time passes so much faster than real time."""
        self._call("POST", "/_sandbox/clock", {"rate": rate})

    def advance(self, seconds: float) -> None:
        """Push the clock forward."""
        self._call("POST", "/_sandbox/clock", {"advance_seconds": seconds})

    def now(self) -> datetime:
        """Sandbox time, aware UTC."""
        return aware(datetime.fromisoformat(self._call("GET", "/_sandbox/clock")["now"]))

    def posts(self) -> list[dict[str, Any]]:
        """Everything that readers were ever shown."""
        return list(self._call("GET", "/_sandbox/published"))

    def strikes(self) -> int:
        """How often a fault has struck."""
        return sum(fault["fired"] for fault in self._call("GET", "/_sandbox/faults"))

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, self.url + path, json=body, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()


def seed() -> dict[str, Any]:
    """The shipped seed's accounts; films go up in small parts, so that a kill comes between two of them."""
    return {
        "derive": True,
        "ids": [{"id": outlet, "name": f"{outlet}编辑部"} for outlet in OUTLETS],
        "weibo": {"limits": {"safe_domains": ["127.0.0.1"]}},
        "douyin": {"limits": {"part_min_bytes": PART_BYTES // 2}},
        "bilibili": {"limits": {"part_bytes": PART_BYTES}},
    }


def _free_port(rng: random.Random) -> int:
    """A port that nobody listens on; it stays the same over all restarts."""
    for _ in range(200):
        port = rng.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"no free port between {PORTS.start} and {PORTS.stop} (process {os.getpid()})")

"""Starts the stack's programs, waits until each answers, and stops every process it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from rongmei.errors import RongmeiError
from stack.layout import REPO, Layout, write_private

PATIENCE = 10.0
"""Seconds that a program has to end by itself."""


class StackError(RongmeiError):
    """The stack cannot start or an edition did not come through."""


@dataclass
class Services:
    """The running programs of one stack, in the order they were started."""

    layout: Layout
    env: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start `command` in a process group of its own, its output in `logs/<name>.log`."""
        log = (self.layout.logs / f"{name}.log").open("wb")
        with log:
            self.running[name] = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env=self.env, cwd=REPO, start_new_session=True,
            )  # fmt: skip

    def wait(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `ready` says so.

        Raises:
            StackError: the program ended or did not get ready in time; the end of its log is quoted.
        """
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            if self.running[name].poll() is not None:
                raise StackError(f"{name} 没有启动成功，日志末尾：\n{self.tail(name)}")
            if ready():
                return
            time.sleep(0.2)
        raise StackError(f"{name} 在 {seconds:.0f} 秒内没有就绪，日志末尾：\n{self.tail(name)}")

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of a program's log."""
        text = (self.layout.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def stop(self) -> None:
        """Stop everything, last started first; what does not go in ten seconds is killed."""
        groups = [process.pid for process in reversed(self.running.values())]
        ask_to_stop(groups)
        give_up = time.monotonic() + PATIENCE
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, give_up - time.monotonic()))
        kill(groups)
        for process in self.running.values():
            process.wait(timeout=PATIENCE)
        self.running.clear()

    def kill(self, name: str) -> None:
        """End one program at once, as a power cut would."""
        process = self.running.pop(name)
        kill([process.pid])
        process.wait(timeout=PATIENCE)

    def keep(self, extra: dict[str, object]) -> None:
        """Write down what is running, for `down`."""
        state = {"pids": [p.pid for p in self.running.values()], "ports": self.layout.ports, **extra}
        write_private(self.layout.pidfile, json.dumps(state))


def ask_to_stop(groups: list[int]) -> None:
    """Ask the process groups led by these ids to end."""
    _signal(groups, signal.SIGTERM)


def kill(groups: list[int]) -> None:
    """End whatever is left of these process groups."""
    _signal(groups, signal.SIGKILL)


def alive(group: int) -> bool:
    """Whether a process group has a member left."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _signal(groups: list[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def answers(url: str) -> bool:
    """Whether `url` gives a good answer now."""
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def said(log: Path, word: str) -> bool:
    """Whether a program's log holds `word`."""
    return log.exists() and word in log.read_text(encoding="utf-8", errors="replace")


def python(*arguments: str) -> tuple[str, ...]:
    """A command line for this interpreter."""
    return (sys.executable, *arguments)

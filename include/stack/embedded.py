"""Brings the embedded stack up: ledger, sandbox, mail catcher, the played newsrooms and Airflow standalone."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import requests

from rongmei.config import Cluster, load_house
from rongmei.ledger import upgrade
from stack.layout import REPO, Layout, environment, make_layout, make_passwords
from stack.services import Services, StackError, alive, answers, ask_to_stop, kill, python, said

START_SECONDS = 180
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stack:
    """A stack that is up.

    Attributes:
        passwords: user name → password.
    """

    services: Services
    cluster: Cluster
    passwords: dict[str, str]

    @property
    def layout(self) -> Layout:
        """Its folders and addresses."""
        return self.services.layout


def prepare(root: Path) -> Stack:
    """Folders, free ports, passwords and the ledger's tables; nothing runs yet.

    Raises:
        StackError: a stack is already up in `root`.
    """
    if is_up(root):
        raise StackError(f"{root} 里已经有一套在运行，先运行 make down")
    layout = make_layout(root)
    cluster = next(iter(load_house(REPO / "include").clusters.values()))
    people = {person.id: person.role for person in cluster.people}
    passwords = make_passwords(layout.passwords, list(people))
    services = Services(layout, environment(layout, people))
    upgrade(services.env["RONGMEI_LEDGER"])
    return Stack(services, cluster, passwords)


def start(stack: Stack, tell: Tell) -> None:
    """Start every program and wait until it answers."""
    services, layout = stack.services, stack.layout
    # Airflow takes longest, so it begins first and the small ones come up beside it.
    services.start("airflow", *python("-m", "airflow", "standalone"))
    start_companions(stack, tell)
    services.start("newsroom", *python("-m", "stack", "newsroom"))
    tell("启动 Airflow（首次约一分钟）")
    services.wait("airflow", lambda: airflow_ready(layout), START_SECONDS)


def start_companions(stack: Stack, tell: Tell) -> None:
    """Start what stands in for the world outside: the platforms and the mail server."""
    services, layout = stack.services, stack.layout
    tell("启动平台沙箱与邮件接收器")
    services.start("sandbox", *sandbox_command(layout))
    services.start("mail", *mail_command(layout))
    services.wait("sandbox", lambda: answers(f"{layout.sandbox_url}/_sandbox/health"), 60)
    services.wait("mail", lambda: said(layout.logs / "mail.log", "smtp://"), 30)


def sandbox_command(layout: Layout) -> tuple[str, ...]:
    """The platform sandbox, on the stack's port and state."""
    return python("-m", "sandbox", "--port", str(layout.ports["sandbox"]), "--state", str(layout.root / "sandbox"))


def mail_command(layout: Layout) -> tuple[str, ...]:
    """The mail catcher, on the stack's port and folder."""
    return python("-m", "sandbox.mailbox", "--smtp-port", str(layout.ports["smtp"]), "--dir", str(layout.mail))


def airflow_ready(layout: Layout) -> bool:
    """Whether scheduler, triggerer and DAG processor report themselves healthy."""
    try:
        health = requests.get(f"{layout.airflow_url}/api/v2/monitor/health", timeout=2).json()
    except (requests.RequestException, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all((health.get(part) or {}).get("status") == "healthy" for part in parts)


def is_up(root: Path) -> bool:
    """Whether a stack that was left running in `root` still lives."""
    return any(alive(pid) for pid in _pids(root / "stack.json"))


def down(root: Path) -> bool:
    """Stop the stack that `up` left running in `root`; False when there was none."""
    pidfile = root / "stack.json"
    pids = _pids(pidfile)
    living = [pid for pid in reversed(pids) if alive(pid)]
    ask_to_stop(living)
    _wait_until_gone(living)
    kill(living)
    pidfile.unlink(missing_ok=True)
    return bool(living)


def _wait_until_gone(pids: list[int], seconds: float = 15.0) -> None:
    give_up = monotonic() + seconds
    while monotonic() < give_up and any(alive(pid) for pid in pids):
        sleep(0.2)


def _pids(pidfile: Path) -> list[int]:
    with suppress(FileNotFoundError, ValueError, KeyError):
        return [int(pid) for pid in json.loads(pidfile.read_text(encoding="utf-8"))["pids"]]
    return []

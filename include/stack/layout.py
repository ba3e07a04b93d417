"""Where the embedded stack keeps its things, which ports it uses, and the environment its programs run in."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
USUAL_PORTS = {"airflow": 8080, "sandbox": 8600, "smtp": 1025}
ROLES = {"producer": "user", "editor": "user", "leader": "viewer", "admin": "admin"}


@dataclass(frozen=True)
class Layout:
    """The folders and addresses of one embedded stack.

    Attributes:
        root: everything the stack writes; one stack at a time in one root.
        ports: airflow, sandbox, smtp and two log servers, all on 127.0.0.1.
    """

    root: Path
    ports: dict[str, int]

    @property
    def airflow_url(self) -> str:
        """Address of Airflow's UI and API."""
        return f"http://127.0.0.1:{self.ports['airflow']}"

    @property
    def sandbox_url(self) -> str:
        """Address of the platform sandbox."""
        return f"http://127.0.0.1:{self.ports['sandbox']}"

    @property
    def logs(self) -> Path:
        """One log file a program."""
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        """Messages that the mail catcher has received, as .eml files."""
        return self.root / "mail"

    @property
    def home(self) -> Path:
        """RONGMEI_HOME: inbox, media, reports and the ledger."""
        return self.root / "home"

    @property
    def passwords(self) -> Path:
        """User name → password of the embedded stack, readable by its owner only."""
        return self.root / "passwords.json"

    @property
    def pidfile(self) -> Path:
        """Process ids and ports of a stack that stays up."""
        return self.root / "stack.json"


def make_layout(root: Path) -> Layout:
    """The folders, made; the usual ports where they are free, others where not."""
    root = root.resolve()
    for name in ("logs", "mail", "home", "airflow", "sandbox"):
        (root / name).mkdir(parents=True, exist_ok=True)
    taken: set[int] = set()
    ports = {}
    for name in (*USUAL_PORTS, "worker_log", "trigger_log"):
        ports[name] = free_port(USUAL_PORTS.get(name, 0), taken)
        taken.add(ports[name])
    return Layout(root, ports)


def free_port(usual: int, taken: set[int]) -> int:
    """`usual` if nobody listens there, else one that the system offers."""
    for candidate in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            port: int = probe.getsockname()[1]
            if port not in taken:
                return port
    return free_port(0, taken)


def make_passwords(path: Path, people: list[str]) -> dict[str, str]:
    """A password for each of `people`, made once and kept with mode 0600."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [person for person in people if person not in known]
    if missing:
        known.update({person: secrets.token_urlsafe(9) for person in missing})
        write_private(path, json.dumps(known, indent=1) + "\n")
    return {person: known[person] for person in people}


def write_private(path: Path, text: str) -> None:
    """Write `text` so that at no moment anybody but the owner can read it."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def secret(layout: Layout, name: str) -> str:
    """A random secret that stays the same as long as the root does."""
    path = layout.root / f"{name}.secret"
    if not path.exists():
        write_private(path, secrets.token_hex(32))
    return path.read_text(encoding="utf-8")


def environment(layout: Layout, people: Mapping[str, str]) -> dict[str, str]:
    """What every program of the stack runs with.

    Args:
        people: user name → role in the cluster file.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "RONGMEI_"))}
    # A hundred task processes that compile the same modules again would double the time of an edition.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    # `airflow standalone` starts `airflow` by name, so the programs of this interpreter come first.
    inherited["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return inherited | _rongmei(layout) | _airflow(layout, people)


def _rongmei(layout: Layout) -> dict[str, str]:
    return {
        "RONGMEI_HOME": str(layout.home),
        "RONGMEI_LEDGER": f"sqlite:///{layout.home / 'ledger.db'}",
        "RONGMEI_CONFIG": str(REPO / "include"),
        "RONGMEI_SANDBOX": layout.sandbox_url,
        "RONGMEI_SOURCES_BASE": f"{layout.sandbox_url}/_sandbox",
        "RONGMEI_SMTP": f"smtp://127.0.0.1:{layout.ports['smtp']}",
        "RONGMEI_BASE_URL": layout.airflow_url,
        "RONGMEI_REHEARSAL": "1",
        "RONGMEI_POLL_SECONDS": "1",
    }


def _airflow(layout: Layout, people: Mapping[str, str]) -> dict[str, str]:
    smtp = {"disable_ssl": True, "disable_tls": True, "from_email": "rongmei@dgrm.example"}
    connection = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": layout.ports["smtp"],
        "extra": smtp,
    }
    settings = {
        "CORE__DAGS_FOLDER": str(REPO / "dags"),
        "CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__FERNET_KEY": "",
        "CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
        "CORE__EXECUTION_API_SERVER_URL": f"{layout.airflow_url}/execution/",
        "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{ROLES[role]}" for name, role in people.items()),
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(layout.passwords),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(layout.ports["airflow"]),
        "API__BASE_URL": layout.airflow_url,
        "API__WORKERS": "1",
        "API__INSTANCE_NAME": "融媒 · 彩排",
        "API__SECRET_KEY": secret(layout, "api"),
        "API_AUTH__JWT_SECRET": secret(layout, "jwt"),
        "LOGGING__WORKER_LOG_SERVER_PORT": str(layout.ports["worker_log"]),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(layout.ports["trigger_log"]),
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
        # A supervisor that misses the end of its task by a moment looks again after this long (3.3: 5 s by default),
        # and keeps the slot until then.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        "AIRFLOW_HOME": str(layout.root / "airflow"),
        "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(connection),
        "NO_COLOR": "1",
        **{f"AIRFLOW__{name}": value for name, value in settings.items()},
    }

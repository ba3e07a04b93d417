"""docker-compose.yaml as an operator runs it: a whole rehearsal on Celery, with services killed in the middle.

It wants a container engine: one that answers, else that of `containers/engine.sh` in the shared folder, which is
started for the test and stopped after it.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import requests

from rongmei.clock import local_date
from rongmei.config import load_campaign
from rongmei.ledger import edition_key
from stack.airflow_api import AirflowUser
from stack.demo import CAMPAIGN, STORIES, wait_for_dag
from stack.driver import Drive, Progress
from stack.layout import REPO, free_port
from stack.services import StackError

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3000)]

BUILD_SECONDS = 1200
"""The image, from nothing; with its layers in the cache it takes one minute."""
WHOLE = timedelta(minutes=12)
"""From the first container to the last assertion."""
BASE = "apache/airflow:3.3.2"


# ── the engine ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def engine() -> Iterator[dict[str, str]]:
    """The environment in which `docker compose` answers; the engine is left as it was found."""
    foreign = ("AIRFLOW", "RONGMEI_", "COMPOSE_", "SANDBOX_", "MAIL_UI_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    if answers(env):
        yield env
        return
    script = Path(os.environ.get("RONGMEI_SHARED") or REPO.parent / "shared") / "containers" / "engine.sh"
    if not script.exists() or os.geteuid() != 0:
        pytest.skip("no container engine answers here, and none can be started (containers/engine.sh, as root)")
    env = environment_of(script, env)
    found = answers(env)
    if not found:
        try:
            # A machine may have the client without an engine.
            if shutil.which("dockerd", path=env["PATH"]) is None:
                run("bash", str(script), "install", env=env, seconds=900)
            run("bash", str(script), "start", env=env, seconds=300)
        except (RuntimeError, subprocess.TimeoutExpired) as problem:
            pytest.skip(f"no container engine can be started on this machine: {problem}")
    try:
        if run("docker", "image", "inspect", BASE, env=env, check=False).returncode:
            run("bash", str(script), "standins", env=env, seconds=BUILD_SECONDS)
        yield env
    finally:
        if not found:
            run("bash", str(script), "stop", env=env, seconds=180)


def answers(env: Mapping[str, str]) -> bool:
    """Whether an engine with compose is there."""
    if shutil.which("docker", path=env.get("PATH")) is None:
        return False
    asked = [("docker", "info"), ("docker", "compose", "version")]
    return all(run(*command, env=env, check=False).returncode == 0 for command in asked)


def environment_of(script: Path, env: Mapping[str, str]) -> dict[str, str]:
    """`env` with what the engine's own script adds to it."""
    command = f'eval "$(bash {str(script)!r} env)"; env -0'
    pairs = run("bash", "-c", command, env=env).stdout.split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def run(
    *command: str, env: Mapping[str, str], seconds: float = 60, check: bool = True, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program in the repository; where it fails, the end of what it said is the error."""
    done = subprocess.run(
        command, check=False, env=dict(env), cwd=REPO, input=given, timeout=seconds,
        text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command[:8])} … ended with {done.returncode}:\n{done.stdout[-3000:]}")
    return done


# ── one project ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Project:
    """One compose project with an env file of its own.

    Attributes:
        values: the env file's lines.
        give_up: `time.monotonic()` after which nothing is waited for.
    """

    name: str
    env: Mapping[str, str]
    values: Mapping[str, str]
    file: Path
    give_up: float

    @property
    def left(self) -> float:
        """Seconds left of the whole."""
        return max(1.0, self.give_up - time.monotonic())

    @property
    def passwords(self) -> dict[str, str]:
        """User name → password."""
        return dict(json.loads(self.values["RONGMEI_PASSWORDS"]))

    @property
    def secrets(self) -> list[str]:
        """Every value that nobody may find in a log."""
        return [self.values[name] for name in self.values if is_secret(name)] + list(self.passwords.values())

    def url(self, port: str) -> str:
        """Address of a published port."""
        return f"http://127.0.0.1:{self.values[port]}"

    def compose(self, *arguments: str, seconds: float = 120, **more: Any) -> str:
        """Run `docker compose` for this project."""
        command = ("docker", "compose", "--project-name", self.name, "--env-file", str(self.file))
        return run(*command, *arguments, env=self.env, seconds=seconds, **more).stdout

    def sql(self, database: str, query: str) -> str:
        """One value from one of the two databases."""
        return self.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-Atc", query).strip()

    def containers(self) -> list[dict[str, Any]]:
        """What the engine knows of each container."""
        ids = self.compose("ps", "--all", "--quiet").split()
        return list(json.loads(run("docker", "inspect", *ids, env=self.env).stdout))

    def kill(self, service: str) -> None:
        """Every process of a service's container at once, as when memory runs out; nobody gets to tidy up."""
        self.compose("exec", "-T", service, "sh", "-c", "kill -9 -1", check=False)


MADE_WHEN_MISSING = {"RONGMEI_LINK_KEY"}
"""Secrets that the house makes and keeps by itself."""


def is_secret(name: str) -> bool:
    return name.endswith(("_PASSWORD", "_KEY", "_SECRET"))


def env_file(path: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """.env.example filled in as it tells the operator to."""
    lines = (REPO / ".env.example").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    for name in values:
        if is_secret(name):
            values[name] = secrets.token_hex(32)
    values["AIRFLOW_FERNET_KEY"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    people = json.loads(values["RONGMEI_PASSWORDS"])
    values["RONGMEI_PASSWORDS"] = json.dumps({person: secrets.token_urlsafe(12) for person in people})
    values.update({name: str(port) for name, port in ports.items()})
    values["AIRFLOW_BASE_URL"] = f"http://127.0.0.1:{ports['AIRFLOW_PORT']}"
    values["SANDBOX_PUBLIC_URL"] = f"http://127.0.0.1:{ports['SANDBOX_PORT']}"
    values["AIRFLOW_LOST_TASK_SECONDS"] = "60"
    values["RONGMEI_IMAGE"] = f"rongmei:{path.parent.name}"
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    return values


@contextmanager
def project(folder: Path, env: Mapping[str, str]) -> Iterator[Project]:
    """Build, start, hand out, take down with volumes and image; when it fails, say what the services said."""
    taken: set[int] = set()
    ports: dict[str, int] = {}
    for name in ("AIRFLOW_PORT", "SANDBOX_PORT", "MAIL_UI_PORT"):
        ports[name] = free_port(0, taken)
        taken.add(ports[name])
    name = f"rongmei-e2e-{secrets.token_hex(3)}"
    (folder / name).mkdir()
    file = folder / name / ".env"
    values = env_file(file, ports)
    made = Project(name, env, values, file, time.monotonic() + BUILD_SECONDS)
    try:
        made.compose("build", seconds=BUILD_SECONDS)
        made = Project(name, env, values, file, time.monotonic() + WHOLE.total_seconds())
        made.compose("up", "--detach", seconds=made.left)
        yield made
    except BaseException:
        sys.stdout.write(made.compose("ps", "--all", check=False))
        sys.stdout.write(made.compose("logs", "--no-color", "--tail", "40", check=False))
        raise
    finally:
        made.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", seconds=180, check=False)
        run("docker", "image", "rm", values["RONGMEI_IMAGE"], env=env, check=False)


def wait(condition: Callable[[], bool], what: str, project: Project, seconds: float) -> None:
    give_up = min(time.monotonic() + seconds, project.give_up)
    while not condition():
        assert time.monotonic() < give_up, f"{what}: not in {seconds:.0f} s"
        time.sleep(2)


def all_well(project: Project) -> bool:
    """Every service runs and is healthy where it says how it is; the one that prepares has ended well."""
    return all(
        (state["Status"] == "running" and state.get("Health", {}).get("Status", "healthy") == "healthy")
        or (state["Status"], state["ExitCode"]) == ("exited", 0)
        for state in (container["State"] for container in project.containers())
    )


# ── the edition ──────────────────────────────────────────────────────────────────────────────────────────────────


def driver(project: Project) -> Drive:
    users = {name: AirflowUser(project.url("AIRFLOW_PORT"), name, word) for name, word in project.passwords.items()}
    # A killed worker costs its tasks a try.
    return Drive(users, {name: name for name in users}, "chen-ce", CAMPAIGN, wanted=STORIES, tries=5)


def asked(drive: Drive) -> dict[str, Any] | None:
    """The human step that waits now."""
    return next(iter(drive.users[drive.producer].questions(drive.dag, drive.run)), None)


def others_may_not_answer(drive: Drive) -> None:
    """What is put to some people cannot be answered by somebody else, who may log in as well."""
    question = asked(drive)
    assert question is not None
    invited = {user["id"] for user in question["assigned_users"]}
    outsider = next(name for name in drive.users if name not in invited)
    with pytest.raises(StackError, match="403"):
        drive.users[outsider].answer(question, question["options"][:1], {})


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


class Trouble:
    """Does each thing once, the first time its moment is there."""

    def __init__(self, *moments: tuple[Callable[[Progress], bool], Callable[[], None]]) -> None:
        self.coming = list(moments)

    def __call__(self, progress: Progress) -> None:
        for moment in [one for one in self.coming if one[0](progress)]:
            self.coming.remove(moment)
            moment[1]()


def test_an_edition_survives_killed_services(engine: dict[str, str], tmp_path: Path) -> None:
    with project(tmp_path, engine) as stack:
        wait(lambda: all_well(stack), "healthy", stack, 400)
        only_loopback_and_nobody_root(stack)
        drive = driver(stack)
        wait_for_dag(drive)
        drive.users[drive.producer].call("PATCH", f"/dags/{CAMPAIGN}", json={"is_paused": False})
        now = requests.get(f"{stack.url('SANDBOX_PORT')}/_sandbox/clock", timeout=30).json()["now"]
        day = local_date(datetime.fromisoformat(now))
        trouble = Trouble(
            (lambda _: asked(drive) is not None, lambda: others_may_not_answer(drive)),
            (lambda progress: progress.done["assignment"] > 0, lambda: stack.kill("airflow-scheduler")),
            (lambda progress: progress.now["publishing"] == "发布", lambda: stack.kill("airflow-worker")),
        )
        drive.trigger({"edition_date": day.isoformat(), "stories": STORIES, "rehearsal": True})
        drive.to_the_end(watch=trouble, tell=tell, patience=timedelta(seconds=stack.left))
        assert not trouble.coming
        every_post_is_out_once(stack)
        every_reader_has_one_report(stack, edition_key(CAMPAIGN, day, rehearsal=True))
        the_databases_are_two(stack)
        no_secret_is_in_a_log(stack)
        wait(lambda: all_well(stack), "healthy again", stack, 180)
        restarted = {
            one["Config"]["Labels"]["com.docker.compose.service"] for one in stack.containers() if one["RestartCount"]
        }
        assert restarted == {"airflow-scheduler", "airflow-worker"}


def only_loopback_and_nobody_root(stack: Project) -> None:
    for container in stack.containers():
        published = [one for ports in container["NetworkSettings"]["Ports"].values() for one in ports or []]
        assert {one["HostIp"] for one in published} <= {"127.0.0.1"}, container["Name"]
        if container["State"]["Running"]:
            listed = run("docker", "top", container["Id"], "-eo", "pid,uid", env=stack.env).stdout
            users = {line.split()[1] for line in listed.splitlines()[1:]}
            assert users, container["Name"]
            assert "0" not in users, f"{container['Name']} runs as root"


def every_post_is_out_once(stack: Project) -> None:
    posts = requests.get(f"{stack.url('SANDBOX_PORT')}/_sandbox/published", timeout=30).json()
    seen = Counter((post["platform"], post["account"], post["sha256"]) for post in posts)
    assert set(seen.values()) == {1}
    assert {post["requests"] for post in posts} == {1}
    states = stack.sql("rongmei", "SELECT state, count(*) FROM publication GROUP BY state ORDER BY state")
    # 视频号 has no interface: one package a story lies ready for a person.
    assert states.split() == [f"awaiting_operator|{STORIES}", f"live|{len(posts)}"]
    assert {post["platform"] for post in posts} == {"wechat", "weibo", "wordpress", "douyin"}
    # Links are for people: they lead where a browser on this machine reaches the sandbox.
    assert all(post["url"].startswith(stack.url("SANDBOX_PORT")) for post in posts)
    assert requests.get(posts[0]["url"], timeout=30).ok


def every_reader_has_one_report(stack: Project, key: str) -> None:
    campaign, cluster, *_ = load_campaign(REPO / "include", CAMPAIGN)
    caught = received(stack)
    reports = [message for message in caught if "考核报告" in str(message["Subject"])]
    assert Counter(one.addr_spec for message in reports for one in message["To"].addresses) == Counter(
        cluster.person(reader).email for reader in campaign.reporting.recipients
    )
    assert len({message["Message-ID"] for message in caught}) == len(caught)
    for report in reports:
        text = "".join(part.get_content() for part in report.walk() if part.get_content_type() == "text/html")
        assert stack.url("SANDBOX_PORT") in text
        assert "//sandbox:" not in text
    assert stack.sql("rongmei", f"SELECT count(*) FROM mail WHERE key LIKE 'report:{key}:%' AND state = 'sent'") == str(
        len(reports)
    )


def received(stack: Project) -> list[EmailMessage]:
    """Everything in the mail catcher."""
    api = f"{stack.url('MAIL_UI_PORT')}/api/v1"
    rows = requests.get(f"{api}/messages", timeout=30).json()["messages"]
    raw = [requests.get(f"{api}/message/{row['ID']}/raw", timeout=30).content for row in rows]
    return [message_from_bytes(one, policy=policy.default) for one in raw]


def the_databases_are_two(stack: Project) -> None:
    """Airflow's has the run, the ledger the edition, and neither the other's tables."""
    live = int(stack.sql("rongmei", "SELECT count(*) FROM publication WHERE state = 'live'"))
    assert int(stack.sql("rongmei", "SELECT count(*) FROM snapshot")) >= live > 0
    assert int(stack.sql("rongmei", "SELECT count(*) FROM score")) > 0
    assert stack.sql("rongmei", "SELECT count(*) FROM report") == "1"
    assert (
        stack.sql("airflow", f"SELECT state FROM dag_run WHERE dag_id = '{CAMPAIGN}' AND run_type = 'manual'")
        == "success"
    )
    assert stack.sql("rongmei", "SELECT to_regclass('dag_run') IS NULL") == "t"
    assert stack.sql("airflow", "SELECT to_regclass('publication') IS NULL") == "t"


def no_secret_is_in_a_log(stack: Project) -> None:
    said = stack.compose("logs", "--no-color")
    assert CAMPAIGN in said
    assert [secret for secret in stack.secrets if secret in said] == []
    grep = ("exec", "-T", "airflow-worker", "grep", "--recursive", "--fixed-strings", "--file=-")
    folder = "/opt/airflow/logs"
    assert "dag_id=" in stack.compose(*grep, "--files-with-matches", folder, given=CAMPAIGN + "\n")
    assert (
        stack.compose(*grep, "--count", "--no-filename", folder, given="\n".join(stack.secrets), check=False).strip(
            "0\n"
        )
        == ""
    )


# ── without .env ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_starts_on_a_password_that_somebody_could_know(engine: dict[str, str], tmp_path: Path) -> None:
    values = env_file(tmp_path / "all.env", {"AIRFLOW_PORT": 1, "SANDBOX_PORT": 2, "MAIL_UI_PORT": 3})
    needed = [name for name in values if is_secret(name) and name not in MADE_WHEN_MISSING]
    assert len(needed) >= 7
    for missing in (*needed, "RONGMEI_PASSWORDS", "AIRFLOW_CONN_SMTP_DEFAULT"):
        path = tmp_path / "some.env"
        path.write_text("".join(f"{name}={value}\n" for name, value in values.items() if name != missing))
        done = run("docker", "compose", "--env-file", str(path), "config", env=engine, check=False)
        assert done.returncode != 0
        assert missing in done.stdout

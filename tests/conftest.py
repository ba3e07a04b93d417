"""What every test may rely on: no sockets unless it says so, and a throw-away PostgreSQL for those that want one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts
from sqlalchemy.engine import URL, make_url

LOOPBACK = ["127.0.0.1", "localhost", "::1"]
MAY_OPEN_SOCKETS = ("net", "airflow", "e2e", "postgres")

# Nothing in these databases has to survive a power cut.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@pytest.fixture(autouse=True)
def _sockets(request: pytest.FixtureRequest) -> None:
    """No sockets in a test without one of the marks; with one, this machine only. pytest-socket lifts it afterwards."""
    if any(request.node.get_closest_marker(mark) for mark in MAY_OPEN_SOCKETS):
        enable_socket()
        socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    else:
        # Event loops make themselves a pair of unix sockets.
        disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL server for this session: `RONGMEI_TEST_POSTGRES`, else a cluster of its own, else skipped.

    A URL in the environment (`postgresql+psycopg://…`) names a database whose user may create others.
    """
    with postgres() as server:
        if server is None:
            pytest.skip("no PostgreSQL server programs here: install postgresql or set RONGMEI_TEST_POSTGRES")
        yield server


@pytest.fixture
def postgres_database(postgres_server: URL) -> Iterator[Callable[[], str]]:
    """Makes empty databases and gives their URLs; dropped after the test."""
    with databases(postgres_server) as make:
        yield make


@pytest.fixture(scope="session")
def postgres_lasting_database(postgres_server: URL) -> Iterator[Callable[[], str]]:
    """As `postgres_database`, for databases that serve several tests; dropped at the end of the session."""
    with databases(postgres_server) as make:
        yield make


@contextmanager
def postgres() -> Iterator[URL | None]:
    """A server: that of `RONGMEI_TEST_POSTGRES`, else one of our own while this lasts; None without its programs."""
    if given := os.environ.get("RONGMEI_TEST_POSTGRES"):
        yield make_url(given)
        return
    programs = _server_programs()
    if programs is None:
        yield None
        return
    # Not pytest's folder: that is closed to other users and too long a name for a unix socket.
    folder = Path(tempfile.mkdtemp(prefix="rongmei-pg-", dir="/tmp"))
    try:
        yield from _cluster(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def databases(server: URL) -> Iterator[Callable[[], str]]:
    """Makes empty databases on a server and gives their URLs; dropped at the end."""
    made: list[str] = []

    def make() -> str:
        name = f"rongmei_test_{uuid.uuid4().hex}"
        _administer(server, "CREATE DATABASE {}", name)
        made.append(name)
        return _shown(server.set(database=name))

    try:
        yield make
    finally:
        for name in made:
            _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


def _server_programs() -> Path | None:
    """The folder of initdb and pg_ctl: Debian keeps it off the PATH, one a version; the newest is taken."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(4), reverse=True)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True)
        found.append(Path(asked.stdout.strip()))
    if initdb := shutil.which("initdb"):
        found.append(Path(initdb).parent)
    return next((path for path in found if (path / "initdb").exists() and (path / "pg_ctl").exists()), None)


def _cluster(programs: Path, folder: Path) -> Iterator[URL]:
    """Run a cluster in `folder`, reachable through a unix socket there; stopped at the end."""
    owner = _make_over(folder)
    data, log = folder / "data", folder / "log"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        done = subprocess.run(
            command, check=False, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **owner
        )
        if done.returncode:
            told = log.read_text() if log.exists() else ""
            raise RuntimeError(f"{program} failed:\n{done.stdout}{told}")

    run(
        "initdb", f"--pgdata={data}", "--username=rongmei", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
    )
    settings = " ".join(f"-c {one}" for one in CARELESS)
    run(
        *("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={log}"),
        f"--options=-c listen_addresses='' -c unix_socket_directories='{folder}' {settings}",
    )
    try:
        yield URL.create("postgresql+psycopg", "rongmei", database="postgres", query={"host": str(folder)})
    finally:
        run("pg_ctl", "stop", "--wait", f"--pgdata={data}", "--mode=immediate")


def _make_over(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: give the folder to somebody else then; how to start programs as that user."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    found = pwd.getpwnam(user)
    os.chown(folder, found.pw_uid, found.pw_gid)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


def _administer(server: URL, statement: str, name: str) -> None:
    """Run a statement that no transaction may hold, with the name put in safely."""
    address = _shown(server.set(drivername="postgresql"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)

"""The real server on a real socket: restarts, kills, dropped connections, clean stops."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from sandbox.seed import weibo_credentials, wordpress_credentials

pytestmark = pytest.mark.net

LINK = "http://rongmei.example/1"


@contextmanager
def running(state: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("sandbox: http://127.0.0.1:"), process.stderr.read()
            yield line.split(" ", 1)[1].strip(), process
        finally:
            if process.poll() is None:
                process.kill()


def share(url: str, text: str) -> requests.Response:
    data = {"access_token": weibo_credentials("humen")["access_token"], "status": text, "rip": "::1"}
    return requests.post(f"{url}/weibo/2/statuses/share.json", data=data, timeout=10)


def published(url: str) -> list[dict]:
    return requests.get(f"{url}/_sandbox/published", timeout=10).json()


def test_state_survives_kill_and_stop(tmp_path: Path) -> None:
    with running(tmp_path, "--port-file", str(tmp_path / "port")) as (url, process):
        assert (tmp_path / "port").read_text() == url.rsplit(":", 1)[1]
        assert share(url, f"一 {LINK}").status_code == 200
        requests.post(f"{url}/_sandbox/clock", json={"advance_seconds": 86400}, timeout=10)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with running(tmp_path) as (url, process):
        assert [row["text"] for row in published(url)] == [f"一 {LINK}"]
        assert requests.get(f"{url}/_sandbox/clock", timeout=10).json()["offset_seconds"] == pytest.approx(86400, abs=1)
        process.terminate()
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


def test_faults_really_drop_the_connection(tmp_path: Path) -> None:
    with running(tmp_path) as (url, process):

        def order(kind: str, **more: object) -> None:
            fault = {"platform": "weibo", "path": "/2/statuses/share.json", "kind": kind, **more}
            requests.post(f"{url}/_sandbox/faults", json=fault, timeout=10).raise_for_status()

        order("refuse")
        with pytest.raises(requests.ConnectionError):
            share(url, f"一 {LINK}")
        assert published(url) == []

        order("drop_after")
        with pytest.raises(requests.ConnectionError):
            share(url, f"一 {LINK}")
        assert [row["text"] for row in published(url)] == [f"一 {LINK}"]

        order("timeout", seconds=20)
        with pytest.raises(requests.ReadTimeout):
            requests.post(
                f"{url}/weibo/2/statuses/share.json",
                data={**weibo_credentials("humen"), "status": f"二 {LINK}", "rip": "::1"},
                timeout=0.5,
            )
        assert len(published(url)) == 2
        assert share(url, f"三 {LINK}").status_code == 200
        process.terminate()
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()


def until_reset(connection: socket.socket) -> bytes:
    """What comes before the connection is reset; one that is closed in order fails the test."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        return received
    pytest.fail(f"closed in order after {len(received)} bytes")


@pytest.mark.parametrize("perform", [True, False])
def test_an_answer_breaks_off_with_a_reset(tmp_path: Path, perform: bool) -> None:
    with running(tmp_path) as (url, process):
        fault = {"platform": "weibo", "kind": "reset", "perform": perform}
        requests.post(f"{url}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
        form = {"access_token": weibo_credentials("humen")["access_token"], "status": f"一 {LINK}", "rip": "::1"}
        body = urlencode(form).encode()
        host = url.removeprefix("http://")
        with socket.create_connection(host.split(":"), timeout=10) as connection:
            connection.sendall(
                f"POST /weibo/2/statuses/share.json HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
                + body
            )
            head, _, rest = until_reset(connection).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        assert len(rest) == length // 2
        assert len(published(url)) == int(perform)
        process.terminate()
        assert process.wait(10) == 0
        assert "Traceback" not in process.stderr.read()


def test_a_reused_connection_can_be_dropped(tmp_path: Path) -> None:
    found = wordpress_credentials("humen")
    with running(tmp_path) as (url, _), requests.Session() as session:
        session.auth = (found["username"], found["password"])
        posts = f"{url}/wordpress/wp-json/wp/v2/posts"
        assert session.post(posts, json={"title": "一", "status": "publish"}, timeout=10).status_code == 201
        fault = {"platform": "wordpress", "kind": "drop_after"}
        session.post(f"{url}/_sandbox/faults", json=fault, timeout=10)
        with pytest.raises(requests.ConnectionError):
            session.post(posts, json={"title": "二", "status": "publish"}, timeout=10)
        assert {row["title"] for row in published(url)} == {"一", "二"}
        dates = session.get(posts, timeout=10).raw.headers.getlist("date")
        assert len(dates) == 1


def test_a_whole_address_in_the_request_line(tmp_path: Path) -> None:
    with running(tmp_path) as (url, _):
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            request = f"GET {url}/_sandbox/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            assert connection.recv(64).startswith(b"HTTP/1.1 200")

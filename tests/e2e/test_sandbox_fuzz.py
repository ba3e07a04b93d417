"""Schemathesis against a running sandbox, by its own OpenAPI document: no failure of the server, no lost connection.

Some requests keep to the document, some break it on purpose. Most carry valid credentials and signatures, ids that
earlier answers have told, and real pictures and films; so what is tried is the handlers, not the door.
"""

from __future__ import annotations

import json
import random
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from PIL import Image
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from sandbox.callers import Caller, Memory, Request
from sandbox.platforms import PLATFORMS

pytestmark = [pytest.mark.e2e, pytest.mark.net, pytest.mark.timeout(1200)]

CONTROL = "_sandbox"
ACCOUNT = "dongcheng"
EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 4}
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
# What WordPress itself says with a status of 500 and more.
WORDPRESS_5XX = {"rest_trash_not_supported", "rest_upload_unknown_error"}


@contextmanager
def running(state: Path) -> Iterator[str]:
    """A sandbox of its own; it has to be alive and to have complained of nothing in the end."""
    log = state / "stderr"
    with log.open("w") as errors:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("sandbox: "), log.read_text()
            yield line.split(" ", 1)[1].strip()
            assert process.poll() is None
        except BaseException as error:
            error.add_note(f"the sandbox's log ends with:\n{log.read_text()[-4000:]}")
            raise
        finally:
            process.kill()
            process.wait(10)
    assert "Traceback" not in log.read_text()


def picture(size: tuple[int, int]) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, "#b4232a").save(buffer, "JPEG")
    return buffer.getvalue()


def film() -> bytes:
    """The smallest MP4 that says how long it plays: twelve seconds."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    header = struct.pack(">IIIII", 0, 0, 0, 1000, 12_000) + bytes(80)
    return box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", header)) + box(b"mdat", bytes(64))


FILES = (film(), picture((40, 30)), picture((996, 600)), picture((996, 450)))


class Fuzzer:
    """One account on one platform: sends schemathesis's cases as its client would."""

    def __init__(self, base: str, platform: str) -> None:
        self.base = base
        self.platform = platform
        self.session = requests.Session()
        self.session.trust_env = False
        listed = self.session.get(f"{base}/_sandbox/credentials", timeout=10).json()[f"{ACCOUNT}/{platform}"]
        self.credentials = {"access_token": "", **listed}
        self.memory = Memory(platform, self.credentials)
        self.dice = random.Random(platform)
        if platform == "wechat":
            login = {"grant_type": "client_credential", **{name: listed[name] for name in ("appid", "secret")}}
            self.credentials |= self.session.get(f"{base}/wechat/cgi-bin/token", params=login, timeout=10).json()

    def send(self, case: Case) -> requests.Response:
        request, files = self.request(case)
        self.fill(request)
        if self.dice.random() < 0.9:
            Caller(self.platform, self.credentials).admit(request, time.time())
        elif request.json is not None:
            request.body = json.dumps(request.json).encode()
        answer = self.session.request(
            request.method,
            f"{self.base}{self.prefix(case)}{request.path}",
            params=request.query,
            headers=request.headers,
            data=request.form if files or request.form else request.body,
            files=files or None,
            timeout=30,
            allow_redirects=False,
        )
        if "json" in answer.headers.get("content-type", ""):
            self.memory.learn(case.path, answer.json())
        return answer

    def prefix(self, case: Case) -> str:
        return f"/{self.platform}" if case.path.startswith(f"/{self.platform}/") else ""

    def request(self, case: Case) -> tuple[Request, list[tuple[str, tuple[str, bytes]]]]:
        """A case as the platform's client would write it: objects in queries and forms are JSON."""
        sent = case.as_transport_kwargs(base_url=self.base)
        made = Request(
            sent["method"],
            urlsplit(sent["url"]).path.removeprefix(self.prefix(case)),
            query={str(name): text(value) for name, value in (sent.get("params") or {}).items()},
            headers={name: str(value) for name, value in sent["headers"].items() if name.lower() != "content-length"},
            json=sent.get("json"),
        )
        files: list[tuple[str, tuple[str, bytes]]] = []
        if case.media_type in FORMS and isinstance(case.body, dict):
            made.headers.pop("Content-Type", None)
            made.multipart = case.media_type == FORMS[0]
            for name, value in case.body.items():
                if isinstance(value, bytes):
                    files.append((str(name), ("final.mp4", self.file(value))))
                else:
                    made.form[str(name)] = text(value)
        elif isinstance(sent.get("data"), bytes):
            made.body = self.file(sent["data"]) if case.media_type not in ("application/json", *FORMS) else sent["data"]
        if made.multipart and not files:
            files.append(("", ("", b"")))
        return made, files

    def file(self, generated: bytes) -> bytes:
        return self.dice.choice(FILES) if self.dice.random() < 0.7 else generated

    def fill(self, request: Request) -> None:
        """Put ids that are known where a field of that name may have one."""
        for fields in (request.query, request.form):
            for name in fields:
                known = self.memory.known(name)
                if known and self.dice.random() < 0.8:
                    fields[name] = text(self.dice.choice(known))
        content = request.form.get("biz_content", "")
        if content.startswith("{"):
            request.form["biz_content"] = text(self.filled("", json.loads(content)))
        request.json = self.filled("", request.json)

    def filled(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.filled(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.filled(name, inner) for inner in value]
        known = self.memory.known(name)
        return self.dice.choice(known) if known and self.dice.random() < 0.8 else value


def text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def play(base: str, prefixes: tuple[str, ...], send: Any) -> None:
    """Send cases of all operations below these prefixes, and look at every answer."""
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    chosen = [operation for operation in operations if operation.path.startswith(prefixes)]
    assert chosen
    for mode, most in EXAMPLES.items():
        for operation in chosen:

            @settings(
                max_examples=most,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.generate],
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def try_it(case: Case) -> None:
                answer = send(case)
                if answer.status_code >= 500:
                    assert WORDPRESS_5XX & set(re.findall(r"\w+", answer.text)), f"{answer.url}: {answer.text}"
                    return
                case.validate_response(answer, checks=[content_type_conformance, response_schema_conformance])

            try:
                try_it()
            except Unsatisfiable:
                # An operation that takes nothing cannot be asked wrongly.
                assert mode is GenerationMode.NEGATIVE


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_a_platform_never_fails(platform, tmp_path: Path) -> None:
    with running(tmp_path) as base:
        fuzzer = Fuzzer(base, platform.name)
        play(base, (f"/{platform.name}/", *platform.also_at), fuzzer.send)
        called = fuzzer.session.get(f"{base}/_sandbox/calls", timeout=10).json()
        mine = {row["path"] for row in called if row["account"] == ACCOUNT}
        templates = [route.template for route in platform.routes]
        assert len(mine & set(templates)) > 0.5 * len(templates)


def test_the_control_interface_never_fails(tmp_path: Path) -> None:
    with running(tmp_path) as base, requests.Session() as session:
        session.trust_env = False
        play(base, (f"/{CONTROL}/",), lambda case: case.call(base_url=base, session=session))
        assert session.get(f"{base}/_sandbox/health", timeout=10).json() == {"status": "ok"}

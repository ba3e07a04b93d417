"""Whatever a client sends, a platform answers in its own words: walks through all calls, in process.

A request is made from the description of its call: one that fits it, one with a strange value in one place, or one with
strange values everywhere. Ids that answers have told are used again, so the handlers behind the checks are reached.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.app import create_app, open_world
from sandbox.callers import Caller, Memory, Request
from sandbox.descriptions import DESCRIPTIONS, Described, Description
from sandbox.platforms.weibo.base import WeiboLimits
from sandbox.seed import build_seed
from sandbox.world import World

pytestmark = pytest.mark.matrix

START = 1_780_653_600.0
SEED = {"derive": True, "ids": [{"id": "dongcheng", "name": "东城", "followers": 20_000}]}
APPS = {"weibo": {"client_id": WeiboLimits().app_key, "client_secret": WeiboLimits().app_secret}}

# What WordPress itself says with a status of 500 and more.
WORDPRESS_5XX = {"rest_trash_not_supported", "rest_upload_unknown_error"}
WORDS = {"title", "status", "text", "caption"}
REMOVES = re.compile("delete|destroy|recall|cancel|del_")
STRANGE = (
    None, True, 0, -1, 10**30, -(10**30), 1.5, float("inf"), float("nan"), "", "0", "-1", "1e999", "NaN", "９９",
    "9" * 400, "9" * 5000, "0001-01-01", "9999-12-31", "00010101", "99991231", "0001-01-01T00:00:00", "[", "http://[",
    "看 http://[ 和 http://localhost/", "//", "code-", "%00", "\x00", "\ud800", "a" * 3000, "'\"<>", [], {}, [None],
    [[]], [{}], [1e400], {"raw": {}}, {"": None},
)  # fmt: skip
BROKEN = (
    b"",
    b"null",
    b"[]",
    b"NaN",
    b"\xff\xfe",
    b'{"a":',
    b"[" * 40_000,
    b'{"a":' * 20_000,
    b'"\\ud800"',
    b"9" * 5000,
)


class Maker:
    """Makes requests from descriptions: tame ones, which should succeed, or wilder ones.

    ``wild`` is how likely a value is one that nobody asked for; ``odd`` counts down to the one that is in any case.
    """

    def __init__(self, platform: str, dice: random.Random, memory: Memory, files: dict[str, bytes]) -> None:
        self._dice = dice
        self._memory = memory
        self._files = files
        self._platform = platform
        self._tame = True
        self._wild = 0.0
        self._odd = -1

    def request(self, call: Described, *, tame: bool) -> tuple[Request, dict[str, bytes]]:
        mood = "tame" if tame else self._dice.choice(("odd", "odd", "loose", "wild"))
        self._tame = mood in ("tame", "odd")
        self._wild = 0.4 if mood == "wild" else 0.0
        self._odd = self._dice.randrange(8) if mood == "odd" else -1
        files = {
            name.rstrip("?"): self._file(name)
            for name in call.files
            if not name.endswith("?") or self._dice.random() < 0.5
        }
        made = Request(
            call.method,
            re.sub(r"\{(\w+)\}", lambda name: quote(_text(self._value(name[1], {})), safe="") or "0", call.path),
            query={name: _text(value) for name, value in self._fields(call.query).items()},
            headers={name.rstrip("?"): 'attachment; filename="a.jpg"' for name in call.headers},
            form={name: _text(value) for name, value in self._fields(call.form).items()},
            json=None if call.json is None else self._value("", call.json),
            body=self._file(call.raw) if call.raw else b"",
            multipart=bool(call.files),
        )
        if call.raw or call.json is not None:
            made.headers["Content-Type"] = call.raw or "application/json"
        if not tame and self._dice.random() < 0.05:
            made.body = self._dice.choice(BROKEN)
        return made, files

    def _fields(self, fields: Any) -> dict[str, Any]:
        wanted = [name for name in fields if not name.endswith("?") or self._wants(name.rstrip("?"), fields[name])]
        found = {name.rstrip("?"): self._value(name.rstrip("?"), fields[name]) for name in wanted}
        return {name: value for name, value in found.items() if not self._wild or self._dice.random() < 0.95}

    def _wants(self, name: str, schema: Any) -> bool:
        """Whether an optional field is given: in a tame request only what is known to fit."""
        if self._tame:
            fits = schema.get("type") == "object" or bool({"enum", "examples"} & set(schema))
            return fits or bool(self._memory.known(name))
        return self._dice.random() < 0.5

    def _value(self, name: str, schema: Any) -> Any:
        self._odd -= 1
        if self._odd == -1 or self._dice.random() < self._wild:
            return self._dice.choice(STRANGE)
        known = self._memory.known(name)
        if known and schema.get("type") != "array":
            return known[-1] if self._tame or self._dice.random() < 0.6 else self._dice.choice(known)
        if "enum" in schema:
            return schema["enum"][0] if self._tame else self._dice.choice(schema["enum"])
        if "examples" in schema:
            # What is published must not be the same again and again.
            return f"{self._dice.randint(0, 999)} {schema['examples'][0]}" if name in WORDS else schema["examples"][0]
        return self._typed(name, schema)

    def _typed(self, name: str, schema: Any) -> Any:
        kind = schema.get("type")
        if kind == "object":
            needed = schema.get("required", ())
            return self._fields({n if n in needed else f"{n}?": s for n, s in schema.get("properties", {}).items()})
        if kind == "array":
            low = schema.get("minItems", 0)
            return [self._value(name, schema["items"]) for _ in range(self._dice.randint(low, max(low, 2)))]
        if kind == "integer":
            low = schema.get("minimum", 0)
            return low if self._tame else self._dice.randint(low, min(schema.get("maximum", low + 3), low + 3))
        if kind == "boolean":
            return self._dice.random() < 0.5
        if schema.get("format"):
            return {"date": "2026-06-04", "date-time": "2026-06-05T12:00:00"}[schema["format"]]
        return f"字{self._dice.randint(0, 10**9)}"

    def _file(self, name: str) -> bytes:
        if not self._tame:
            kind = self._dice.choice(list(self._files))
            return self._dice.randbytes(40) if self._dice.random() < self._wild else self._files[kind]
        if name in ("video", "video/mp4", "application/octet-stream") or (self._platform, name) == ("kuaishou", "file"):
            return self._files["film"]
        return self._files["banner" if self._platform == "alipay" else "wide"]


JSON_CALLS = {
    "wechat": ("/cgi-bin/draft/add", {}),
    "wordpress": ("/wp-json/wp/v2/posts", {}),
    "douyin": ("/api/douyin/v1/video/video_data/", {"open_id": ""}),
    "bilibili": ("/arcopen/fn/archive/video/init", {}),
}


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()


@dataclass
class Watch:
    """The wall clock of a walk, which goes on by itself."""

    seconds: float = START


@dataclass
class Driver:
    """One account on one platform of a running sandbox, and the ids its answers have told."""

    http: TestClient
    world: World
    watch: Watch
    platform: str
    credentials: dict[str, str]
    files: dict[str, bytes]
    done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.memory = Memory(self.platform, self.credentials)

    def walk(self, calls: tuple[Described, ...], dice: random.Random, *, tame: bool = False) -> None:
        maker = Maker(self.platform, dice, self.memory, self.files)
        for call in sorted(calls, key=_removes) if tame else calls:
            if _removes(call) and not tame and dice.random() < 0.6:
                continue
            request, files = maker.request(call, tame=tame)
            # Time goes on, so that what may be done only now and then can be done again.
            self.watch.seconds += 40
            if tame or dice.random() < 0.95:
                Caller(self.platform, self.credentials).admit(request, self.world.clock.now())
            try:
                self.send(call, request, files)
            except Exception as error:
                error.add_note(f"{request!r:.2000}")
                raise

    def send(self, call: Described, request: Request, files: dict[str, bytes]) -> None:
        sent: dict[str, Any] = (
            {"data": request.form} if request.form and not request.body else {"content": request.body}
        )
        if request.multipart:
            parts = {name: ("film.mp4", data) for name, data in files.items()}
            sent = {"data": request.form, "files": parts or {"": ("", b"")}}
        answer = self.http.request(
            request.method, f"/{self.platform}{request.path}", params=request.query, headers=request.headers, **sent
        )
        if answer.status_code >= 500:
            assert answer.json()["code"] in WORDPRESS_5XX, answer.text
        if "json" in answer.headers.get("content-type", ""):
            document = answer.json()
            self.memory.learn(call.path, document)
            if answer.status_code < 400 and self.is_done(document):
                self.done.add(f"{call.method} {call.path}")

    def is_done(self, document: Any) -> bool:
        codes = re.findall(r'"(?:errcode|error_code|result|code)": "?([^",}]*)', json.dumps(document))
        return not codes or codes[0] in ("0", "1", "10000")


def _removes(call: Described) -> bool:
    return bool(REMOVES.search(f"{call.method} {call.path}".lower()))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def world(tmp_path: Path, watch: Watch) -> Iterator[World]:
    found = open_world(tmp_path, build_seed(SEED), wall=lambda: watch.seconds)
    yield found
    found.store.close()


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda description: description.platform)
def test_platforms_answer_whatever_comes(
    description: Description, world: World, watch: Watch, make_picture, make_film
) -> None:
    platform = description.platform
    credentials = APPS.get(platform, {}) | dict(world.seed.platform(platform).accounts["dongcheng"].credentials)
    files = {"jpeg": make_picture(), "wide": make_picture(size=(996, 600)), "banner": make_picture(size=(996, 450))}
    with TestClient(create_app(world), base_url="http://sandbox.test") as http:
        known = {"access_token": "", **credentials}
        driver = Driver(http, world, watch, platform, known, {**files, "film": make_film()})
        for seed in range(2):
            driver.walk(description.calls, random.Random(seed), tame=True)
        named = [call for call in description.calls if not isinstance(call.gives, str)]
        assert len(driver.done) > 0.7 * len(named)
        assert world.store.posts(platform)

        @settings(max_examples=3, derandomize=True, database=None, deadline=None)
        @given(seed=st.integers(0, 2**32))
        def play(seed: int) -> None:
            driver.walk(description.calls, random.Random(seed))

        play()


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: f"{body[:8]}")
@pytest.mark.parametrize("platform", JSON_CALLS)
def test_broken_json_is_refused(platform: str, body: bytes, world: World) -> None:
    path, query = JSON_CALLS[platform]
    credentials = {"access_token": "", **world.seed.platform(platform).accounts["dongcheng"].credentials}
    with TestClient(create_app(world), base_url="http://sandbox.test") as http:
        if platform == "wechat":
            login = {"grant_type": "client_credential", **credentials}
            credentials |= http.get("/wechat/cgi-bin/token", params=login).json()
        headers = {"Content-Type": "application/json"}
        request = Request("POST", path, query=dict(query), headers=headers, body=body)
        Caller(platform, credentials).admit(request, world.clock.now())
        answer = http.post(f"/{platform}{path}", params=request.query, headers=request.headers, content=body)
    said = {"wechat": ("44002", "47001", "40033"), "wordpress": ("rest_invalid_json", "empty_content")}
    expected = said.get(platform, ("28001007", "123008"))
    assert any(code in answer.text for code in expected), answer.text


def test_what_once_broke(world: World) -> None:
    account = world.seed.platform("weibo").accounts["dongcheng"]
    with TestClient(create_app(world), base_url="http://sandbox.test") as http:
        status = {"access_token": account.credentials["access_token"], "status": "http://[", "rip": "::1"}
        assert http.post("/weibo/2/statuses/share.json", data=status).json()["error_code"] == 20018
        assert http.get("/wordpress/wp-json/wp/v2/users/1%0A2").json()["code"] == "rest_user_invalid_id"
        kuaishou = Request("POST", "/openapi/photo/start_upload")
        Caller("kuaishou", world.seed.platform("kuaishou").accounts["dongcheng"].credentials).admit(kuaishou, START)
        token = http.post("/kuaishou/openapi/photo/start_upload", params=kuaishou.query).json()["upload_token"]
        many = {"upload_token": token, "fragment_count": str(10**15)}
        assert http.post("/kuaishou/api/upload/complete", params=many).json()["result"] == 100120002
        wechat = world.seed.platform("wechat").accounts["dongcheng"].credentials
        login = {"grant_type": "client_credential", **wechat}
        query = {"access_token": http.get("/wechat/cgi-bin/token", params=login).json()["access_token"]}
        body = {"begin_date": "0001-01-01", "end_date": "0001-01-02"}
        answer = http.post("/wechat/datacube/getusersummary", params=query, json=body)
        assert answer.json()["errcode"] == 61501
        days = json.dumps({"begin_date": "00010101", "end_date": "00010103"})
        request = Request("POST", "/gateway.do/alipay.open.public.user.data.batchquery", form={"biz_content": days})
        Caller("alipay", world.seed.platform("alipay").accounts["dongcheng"].credentials).admit(request, START)
        assert "INVALID_PARAMETER" in http.post(f"/alipay{request.path}", data=request.form).text

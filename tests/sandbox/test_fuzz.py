"""Whatever a client sends, a platform answers in its own words: walks through all calls, in process.

A request is made from the description of its call: one that fits it, one with a strange value in one place, or one with
strange values everywhere. Ids that answers have told are used again, so the handlers behind the checks are reached.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
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
from sandbox.callers import Caller, Request
from sandbox.descriptions import DESCRIPTIONS, Described, Description
from sandbox.platforms.weibo.base import WeiboLimits
from sandbox.seed import build_seed
from sandbox.world import World

START = 1_780_653_600.0
SEED = {"derive": True, "ids": [{"id": "dongcheng", "name": "东城", "followers": 20_000}]}
APPS = {"weibo": {"client_id": WeiboLimits().app_key, "client_secret": WeiboLimits().app_secret}}

# What WordPress itself says with a status of 500 and more.
WORDPRESS_5XX = {"rest_trash_not_supported", "rest_upload_unknown_error"}
WORDS = {"title", "status", "text", "caption"}
REMOVES = re.compile("delete|destroy|recall|cancel|del_")
# Where an id has another name than in the answer that told it.
ALSO = {
    "wechat": {"thumb_media_id": "add_material.media_id", "image_media_id": "add_material.media_id"},
    "weibo": {"id": "mid", "ids": "mid"},
    "wordpress": {"post": "id"},
    "douyin": {"custom_cover_image_url": "image_id", "item_ids": "item_id", "image_list": "image_id"},
    "kuaishou": {"photo": "photo_id", "cursor": "photo_id"},
    "bilibili": {"cover": "url", "bvid": "resource_id"},
    "alipay": {"cover": "image_url", "cover_img": "image_url", "url": "content_url", "message_ids": "message_id"},
}

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

    def __init__(self, platform: str, dice: random.Random, told: dict[str, list[Any]], files: dict[str, bytes]) -> None:
        self._also = ALSO[platform]
        self._dice = dice
        self._told = told
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
            return bool(self._known(name)) or schema.get("type") == "object" or bool({"enum", "examples"} & set(schema))
        return self._dice.random() < 0.5

    def _known(self, name: str) -> list[Any]:
        return self._told.get(self._also.get(name, name)) or []

    def _value(self, name: str, schema: Any) -> Any:
        self._odd -= 1
        if self._odd == -1 or self._dice.random() < self._wild:
            return self._dice.choice(STRANGE)
        known = self._known(name)
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
    told: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    done: set[str] = field(default_factory=set)

    def walk(self, calls: tuple[Described, ...], dice: random.Random, *, tame: bool = False) -> None:
        maker = Maker(self.platform, dice, self.told, self.files)
        for call in sorted(calls, key=_removes) if tame else calls:
            if _removes(call) and not tame and dice.random() < 0.6:
                continue
            request, files = maker.request(call, tame=tame)
            # Time goes on, so that what may be done only now and then can be done again.
            self.watch.seconds += 40
            if tame or dice.random() < 0.95:
                Caller(self.platform, self.credentials).admit(request, self.world.clock.now())
            self.send(call, request, files)

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
            self.learn(call.path.rpartition("/")[2], document)
            if answer.status_code < 400 and self.is_done(document):
                self.done.add(f"{call.method} {call.path}")

    def is_done(self, document: Any) -> bool:
        said = list(_leaves(document))
        codes = [value for name, value in said if name in ("errcode", "error_code", "result", "code")]
        return not codes or str(codes[0]) in ("0", "1", "10000")

    def learn(self, call: str, document: Any) -> None:
        """Keep the ids of an answer, the newest twenty of each name; and the token that is the only valid one now."""
        for name, value in _leaves(document):
            if name.endswith(("id", "url", "token")) and value:
                for key in (name, f"{call}.{name}"):
                    self.told[key] = [*[known for known in self.told[key] if known != value][-19:], value]
            if name == "access_token" and (self.platform == "wechat" or str(value).startswith("clt.")):
                self.credentials["client_token" if self.platform == "douyin" else name] = str(value)


def _removes(call: Described) -> bool:
    return bool(REMOVES.search(f"{call.method} {call.path}".lower()))


def _leaves(document: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(document, dict):
        for name, value in document.items():
            if isinstance(value, str | int):
                yield name, value
            yield from _leaves(value)
    elif isinstance(document, list):
        for item in document:
            yield from _leaves(item)


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

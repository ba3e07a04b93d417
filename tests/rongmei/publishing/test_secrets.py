"""Secrets planted in every field of every account: none of them comes out anywhere, whatever the platforms do.

Twice: against the platforms' stand-in with everything it can do to a caller, and against a server that throws back at
the caller whatever it was told, in the shape of each platform's errors.
"""

from __future__ import annotations

import base64
import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from sqlalchemy import select
from tests.rongmei.publishing import test_sandbox as wire
from tests.rongmei.publishing.test_chasing import Carrier

from rongmei.accounts import SandboxCredentials
from rongmei.channels import Credential, all_channels, client, registry
from rongmei.channels.platforms import bilibili, douyin, kuaishou, wechat, weibo, wordpress
from rongmei.ledger.tables import Base
from rongmei.publishing import (
    carry_out,
    chase,
    confirm,
    mail_evidence,
    order_recall,
    plan_publications,
    preview_story,
    publish,
    settle,
    sweep,
    write_feeds,
)
from rongmei.publishing.sweep import OPEN
from sandbox.keys import alipay_keys

pytestmark = pytest.mark.net

sandbox = wire.sandbox
KEY = "cunchao/2026-06-06"
METHODS = (
    *("validate", "prepare", "send", "assemble", "send_together", "confirm", "confirm_together", "find"),
    *("recall", "is_gone", "correct", "package"),
)
PLATFORMS = [name for name, one in all_channels().items() if one.capabilities.kind == "platform"]
EXPORTS = [name for name, one in all_channels().items() if one.capabilities.kind == "export"]
PUBLIC = frozenset({"uid", "open_id", "public_id", "username", "appid", "app_id", "client_id", "client_key"})
"""Names and numbers of accounts; platforms put some into addresses that readers see."""


class Watch:
    """Everything that comes out: records of all loggers, exceptions, summaries; and hands to look through it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self.raised: list[str] = []
        self.told: list[str] = []
        self.secrets: dict[str, str] = {}

    def plant(self, name: str, secret: str) -> str:
        self.secrets[name] = secret
        return secret

    def saw(self, error: BaseException) -> None:
        """As a log would show it, and with all that hangs on it."""
        chain: list[BaseException] = []
        links: list[BaseException | None] = [error]
        while links:
            one = links.pop()
            if one is not None and one not in chain:
                chain.append(one)
                links += [one.__cause__, one.__context__]
        shown = [f"{one!r} {one} {one.args!r} {vars(one)!r}" for one in chain]
        self.raised.append("".join(traceback.format_exception(error)) + "\n".join(shown))

    def tell(self, summary: Any) -> Any:
        """What would become an XCom."""
        self.told.append(f"{summary!r} {json.dumps(asdict(summary), ensure_ascii=False, default=str)}")
        return summary

    def look_through(self, newsroom: Any, *more: Iterable[str]) -> None:
        """No secret, in no form, in anything."""
        places = {
            "logs": [f"{one.getMessage()} {one.args!r} {one.exc_text} {one.msg!r}" for one in self._caplog.records],
            "errors": self.raised,
            "summaries": self.told,
            "ledger": dump(newsroom.ledger),
            "files": files(newsroom.settings.home),
            "pages": [text for texts in more for text in texts],
        }
        found = []
        for place, texts in places.items():
            whole = "\n".join(texts)
            assert whole, place
            for name, secret in sorted(self.secrets.items()):
                found += [(place, name, excerpt(whole, form)) for form in forms(secret) if form in whole]
        assert not found


def forms(secret: str) -> set[str]:
    """The secret, parts of it that would be enough, and what it becomes on its way."""
    raw = secret.encode()
    made = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1], raw.hex()}
    for lead in range(3):
        # Base64 of something that has the secret in it, wherever it begins.
        inside = base64.b64encode(b"x" * lead + raw + b"x" * (-(lead + len(raw)) % 3)).decode()
        made.add(inside[4:-4])
        made.add(base64.urlsafe_b64encode(base64.b64decode(inside)).decode()[4:-4])
    if len(secret) >= 24:
        made |= {secret[:16], secret[-16:]}
    return made


def excerpt(text: str, form: str) -> str:
    at = text.index(form)
    return text[max(0, at - 80) : at + 20]


def dump(ledger: Any) -> Iterator[str]:
    with ledger.read() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                yield " ".join(
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else f"{value} {value!r}"
                    for value in row
                )


def files(home: Path) -> Iterator[str]:
    for path in home.rglob("*"):
        if path.is_file():
            yield f"{path} {path.read_bytes().decode('utf-8', 'replace')}"


@pytest.fixture
def watch(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """All loggers at their most talkative; channels without anything of an earlier test, each call of them watched."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "paramiko", "rongmei", "sqlalchemy.engine"):
        caplog.set_level(logging.DEBUG, logger=name)
    made = Watch(caplog)
    for module in (bilibili, douyin, kuaishou, wechat, weibo, wordpress):
        for one in module.CHANNELS:
            monkeypatch.setitem(registry.all_channels(), one.name, type(one)())
    for channel in all_channels().values():
        for method in METHODS:
            if hasattr(channel, method):
                monkeypatch.setattr(channel, method, partial(watched, made, getattr(channel, method)), raising=False)
    return made


def watched(watch: Watch, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
    try:
        return call(*args, **more)
    except Exception as error:
        watch.saw(error)
        raise


class House:
    """One story on every channel there is, from plan to recall."""

    def __init__(self, newsroom: Any, plan: Any, watch: Watch, connect: Any, clock: Any) -> None:
        self.newsroom, self.rules, self.watch, self.connect, self.clock = newsroom, plan, watch, connect, clock
        self.sides = {"connect": connect, "clock": clock}
        self.key = newsroom.open(rehearsal=True)
        self.story = newsroom.sign_off(
            outlet="daily", key=self.key, picture=True, video=True, extras={"place": "东莞", "source": "东莞日报社"}
        )
        self.pages: list[str] = []

    def go(self, rounds: int) -> None:
        ledger, tell = self.newsroom.ledger, self.watch.tell
        tell(plan_publications(ledger, self.rules, self.key, now=self.clock()))
        self.preview()
        for _ in range(rounds):
            for channel in sorted({one.channel for one in self.newsroom.publications() if one.state in OPEN}):
                given = (ledger, self.rules, self.key, channel)
                tell(publish(*given, settings=self.newsroom.settings, **self.sides))
                tell(settle(*given, **self.sides))
                tell(confirm(*given, **self.sides))
            self.newsroom.time.pass_(minutes=21)
        tell(sweep(ledger, self.rules, rehearsal=True, **self.sides))
        self.feeds()

    def take_down(self, rounds: int) -> None:
        ledger, tell = self.newsroom.ledger, self.watch.tell
        tell(chase(ledger, self.rules, self.key, transport=Carrier(), clock=self.clock))
        tell(order_recall(ledger, self.rules, self.story, by="chen-ce", why="写错", now=self.clock()))
        for _ in range(rounds):
            media = self.newsroom.settings.media
            tell(carry_out(ledger, self.rules, rehearsal=True, media=media, **self.sides))
            self.newsroom.time.pass_(minutes=61)
        tell(mail_evidence(ledger, self.rules, self.story, transport=Carrier(), clock=self.clock))
        self.preview()
        self.feeds()

    def preview(self) -> None:
        media = self.newsroom.settings.media
        made = preview_story(
            self.newsroom.ledger, self.rules, self.story, media=media, connect=self.connect, now=self.clock()
        )
        self.pages += [made.html, *made.problems]

    def feeds(self) -> None:
        self.watch.tell(write_feeds(self.newsroom.ledger, lambda _: self.rules, self.newsroom.settings, rehearsal=True))


def rules_for(planned: Any) -> Any:
    return planned(outlets=["daily"], on=list(all_channels()), accounts="author", late_after_hours=168, chase_hours=1)


# ── the stand-in ─────────────────────────────────────────────────────────────────────────────────────────────────

FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "expired_token", "after": 1},
    {"kind": "html"},
    {"kind": "html", "status": 403, "after": 2},
    {"kind": "server_error_after", "after": 3},
    {"kind": "drop_after", "after": 4},
    {"kind": "truncated", "after": 5},
    {"kind": "reset", "after": 6},
    {"kind": "refuse", "after": 2},
)


def test_nothing_comes_out_of_the_stand_in(newsroom, planned, sandbox, watch: Watch) -> None:
    known = SandboxCredentials(sandbox.base, newsroom.settings.home / "exports")

    def connect(outlet: Any, account: Any) -> Credential:
        credential = known(outlet, account)
        # What no platform asks for is there all the same: people put more into a connection than is needed.
        extra = {
            name: watch.plant(f"{account.channel} {name}", f"planted-{account.channel}-{name}-0123456789")
            for name in ("refresh_token", "callback_token", "callback_secret", "passphrase", "note")
            if name not in credential.fields
        }
        for name, value in credential.fields.items():
            if name not in PUBLIC and not value.startswith("http") and value != alipay_keys().alipay_public_key:
                watch.plant(f"{account.channel} {name}", value)
        return Credential(credential.base_url, {**credential.fields, **extra}, sandbox=True)

    house = House(newsroom, rules_for(planned), watch, connect, sandbox)
    for platform in PLATFORMS:
        for fault in FAULTS:
            sandbox.order(platform=platform, path="*", **fault)
    # The one fault that is waited for.
    sandbox.order(platform="wordpress", path="*", kind="timeout", seconds=0.6, after=7)
    house.go(12)
    live = {one.channel for one in newsroom.publications() if one.state == "live"}
    assert {"wechat", "weibo", "wordpress"} <= live
    for platform in PLATFORMS:
        for fault in FAULTS[:5]:
            sandbox.order(platform=platform, path="*", **fault)
    house.take_down(5)
    for document in sandbox.world.store.find("wechat", "token", account="daily"):
        watch.plant("wechat token that was issued", document.id)
    assert {"wechat secret", "weibo access_token", "wordpress password", "alipay private_key"} <= set(watch.secrets)
    watch.look_through(newsroom, house.pages)


# ── a server that throws everything back ─────────────────────────────────────────────────────────────────────────


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was told: address, headers and body, in the words of each platform's errors."""

    protocol_version = "HTTP/1.1"
    turns = count()
    STATUSES = (400, 401, 200, 403, 404, 200, 409, 500, 302, 429, 200)

    def answer(self) -> None:
        turn = next(self.turns)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        heard = f"{self.path} {dict(self.headers)} {body[:3000].decode('utf-8', 'replace')}"
        if turn % 13 == 12:
            self.connection.close()
            self.close_connection = True
            return
        status = self.STATUSES[turn % len(self.STATUSES)]
        page = f"<html><title>{heard}</title>".encode() if turn % 4 == 3 else self.shaped(heard)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Location", f"{self.path}&said={quote(heard[:500])}")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - the library calls them by these names

    def shaped(self, heard: str) -> bytes:
        said = {"error_code": 21332, "description": heard, "sub_description": heard, "status": 401, "term_id": heard}
        errors = {"errcode": 40001, "errmsg": heard, "error": heard, "code": "rest_forbidden", "message": heard}
        more = {"result": 100200100, "error_msg": heard, "msg": heard, "sub_msg": heard, "sub_code": heard}
        return json.dumps({**errors, **more, "data": said, "extra": said, "request": heard}).encode()

    def log_message(self, format: str, *args: Any) -> None:
        """The server says nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


FIELDS: dict[str, tuple[str, ...]] = {
    "wechat": ("appid", "secret", "callback_token", "callback_secret"),
    "weibo": ("uid", "access_token"),
    "wordpress": ("username", "password"),
    "douyin": ("client_key", "client_secret", "open_id", "access_token", "refresh_token"),
    "kuaishou": ("app_id", "app_secret", "open_id", "access_token", "refresh_token"),
    "bilibili": ("client_id", "client_secret", "access_token", "refresh_token"),
    "alipay": ("app_id", "app_auth_token"),
    "ninjs": ("token",),
    "rundown": ("username", "password"),
    "newsml": ("password", "passphrase"),
}


def test_every_channel_with_credentials_is_planted() -> None:
    assert set(FIELDS) == {*PLATFORMS, *EXPORTS}


@pytest.fixture
def private_key() -> str:
    made = ed25519.Ed25519PrivateKey.generate()
    return made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    ).decode()


def test_nothing_comes_back_from_a_server_that_repeats_what_it_hears(
    newsroom, planned, echo: str, private_key: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 2.0)

    def connect(outlet: Any, account: Any) -> Credential:
        channel = account.channel
        fields = {
            # With a space and signs that are escaped on their way.
            name: watch.plant(f"{channel} {name}", f"S3cr+t/{channel} {name}&=%ü<0123456789>".replace("ü", "u"))
            for name in FIELDS[channel]
        }
        if channel == "alipay":
            keys = alipay_keys()
            fields |= {"private_key": keys.app_private_key, "alipay_public_key": keys.alipay_public_key}
            watch.plant("alipay private_key", keys.app_private_key)
        if channel == "newsml":
            # Nobody listens there.
            fields |= {"username": "daily", "private_key": watch.plant("newsml private_key", private_key)}
            return Credential("sftp://127.0.0.1:9/in", fields, sandbox=True)
        return Credential(echo, {"readback": "get", **fields} if channel in EXPORTS else fields, sandbox=True)

    house = House(newsroom, rules_for(planned), watch, connect, newsroom.time)
    house.go(6)
    with newsroom.ledger.begin() as session:
        # Some are out all the same, so that there is something to confirm, to measure and to take down.
        for number, row in enumerate(session.scalars(select(wire.Publication)), start=1):
            if row.channel not in {"shipinhao", "xiaohongshu", "toutiao", "xuexi"}:
                row.state, row.claim, row.live_at, row.accepted_at = "live", None, newsroom.time.now, newsroom.time.now
                row.external_id, row.url = str(number), f"https://posts.example/{number}"
    house.take_down(4)
    assert len(watch.raised) > 20
    watch.look_through(newsroom, house.pages)

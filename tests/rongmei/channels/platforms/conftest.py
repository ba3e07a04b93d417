"""The platforms' stand-in over loopback, and an outbox small enough to read, for contract tests of single channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from tests.rongmei.serving import served

from rongmei.accounts.credentials import read_credentials
from rongmei.channels import Absent, Accepted, Article, Channel, Line, Posted, Progress, Rejected, client, open_line
from rongmei.channels.quotas import Quota
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater
from sandbox.world import World

START = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


@dataclass
class Counter:
    """A meter that keeps the time between two uses."""

    last: dict[str, datetime] = field(default_factory=dict)

    def take(self, account: str, quota: Quota, now: datetime) -> None:
        free_at = self.last.get(quota.name, now - quota.apart) + quota.apart
        if free_at > now:
            raise QuotaGone("间隔太短", now=now, resets_at=free_at)
        self.last[quota.name] = now


@dataclass
class StandIn:
    """A running sandbox, and hands on it."""

    base: str
    world: World
    monkeypatch: pytest.MonkeyPatch
    now: Callable[[], datetime]
    move: Callable[..., None]

    def line(self, channel: Channel, **fields: str) -> Line:
        """The account `daily` of the channel, as the sandbox hands out its connection."""
        given = requests.get(f"{self.base}/_sandbox/credentials", timeout=5).json()[f"daily/{channel.name}"]
        known = read_credentials({"daily": {**given, **fields}}, "沙箱", sandbox=True)["daily"]
        quotas = {quota.name: quota for quota in channel.capabilities.quotas}
        return open_line(f"daily/{channel.name}", known, self.now, quotas, Counter())

    def order(self, **fault: Any) -> None:
        if fault["kind"] == "timeout":  # the one fault that is waited for
            self.monkeypatch.setattr(client, "READ_SECONDS", 0.5)
        assert requests.post(f"{self.base}/_sandbox/faults", json=fault, timeout=5).status_code == 201

    def published(self) -> list[dict[str, Any]]:
        return list(requests.get(f"{self.base}/_sandbox/published", timeout=5).json())

    def calls(self) -> dict[str, int]:
        return {call["path"]: call["count"] for call in requests.get(f"{self.base}/_sandbox/calls", timeout=5).json()}

    def publish(self, channel: Channel, line: Line, article: Article, *, rounds: int = 30) -> Post:
        """A publication, sent on its way."""
        post = self.post(channel, line, article)
        self.until_quiet(post, rounds=rounds)
        return post

    def post(self, channel: Channel, line: Line, article: Article) -> Post:
        """A publication that has not moved yet."""
        return Post(channel, line, article)

    def until_quiet(self, post: Post, *, rounds: int = 30) -> None:
        """Prepare, send, settle and confirm as the outbox does, until nothing moves any more."""
        for _ in range(rounds):
            post.step(self.now())
            if post.state in ("live", "failed"):
                return
            self.move(minutes=7)


@dataclass
class Post:
    """One publication on its way: scheduled, unknown, accepted, live or failed."""

    channel: Channel
    line: Line
    article: Article
    state: str = "scheduled"
    kept: dict[str, Any] = field(default_factory=dict)
    left_at: datetime = START
    posted: Posted | None = None
    why: str = ""

    def step(self, now: datetime) -> None:
        try:
            getattr(self, f"_{self.state}")(now)
        except OutcomeUnknown as error:
            self.state, self.why = "unknown", str(error)
        except (TryLater, CredentialRefused) as error:
            self.why = str(error)
        except Refused as error:
            self.state, self.why = "failed", str(error)

    @property
    def progress(self) -> Progress:
        def keep(values: dict[str, Any]) -> None:
            self.kept = dict(values)

        return Progress(self.kept, keep)

    def _scheduled(self, now: datetime) -> None:
        progress = self.progress
        self.channel.prepare(self.line, self.article, progress)
        self.left_at = now
        self._accept(self.channel.send(self.line, self.article, progress), now)

    def _unknown(self, now: datetime) -> None:
        seen = self.channel.find(self.line, self.article.fingerprint, self.left_at, self.kept)
        if isinstance(seen, Accepted):
            self._accept(seen, now)
        elif isinstance(seen, Absent) and now - self.left_at >= self.channel.capabilities.settle_after:
            self.state = "scheduled"
        else:
            self.why = seen.why

    def _accept(self, accepted: Accepted, now: datetime) -> None:
        self.kept = {**self.kept, **accepted.keep}
        title = self.article.title
        self.posted = Posted(
            accepted.external_id, accepted.url, title, self.article.fingerprint, now, now, dict(self.kept)
        )
        self.state = "live" if accepted.live else "accepted"

    def _accepted(self, now: datetime) -> None:
        assert self.posted is not None
        seen = self.channel.confirm(self.line, self.posted)
        if isinstance(seen, Rejected):
            self.state, self.why = "failed", seen.why
        elif isinstance(seen, Accepted) and seen.live:
            self._accept(seen, now)


@pytest.fixture
def sandbox_limits() -> dict[str, dict[str, Any]]:
    """Limits of the sandbox's platforms, by platform; modules set their own."""
    return {}


@pytest.fixture
def stand_in(tmp_path, monkeypatch, sandbox_limits) -> Iterator[StandIn]:
    """A sandbox of the test's own, whose clock stands still until it is moved."""
    moment = [START]
    platforms = {name: {"limits": limits} for name, limits in sandbox_limits.items()}
    seed = {"derive": True, "ids": [{"id": "daily", "name": "日报"}], **platforms}

    def wall() -> float:
        return moment[0].timestamp()

    def move(**span: float) -> None:
        moment[0] += timedelta(**span)

    with served(tmp_path / "sandbox", seed, wall) as (base, world):

        def now() -> datetime:
            return datetime.fromtimestamp(world.clock.now(), UTC)

        yield StandIn(base, world, monkeypatch, now, move)

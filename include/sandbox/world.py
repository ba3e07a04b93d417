"""What every platform of one sandbox shares: the store, the clock, the accounts, their limits and the audience."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from sandbox import audience
from sandbox.clock import Clock
from sandbox.latency import Latency
from sandbox.seed import Account, Seed
from sandbox.store import Post, Store

if TYPE_CHECKING:
    from sandbox.wire import Platform

LimitsT = TypeVar("LimitsT", bound=BaseModel)


class World:
    """The state behind one running sandbox."""

    def __init__(
        self, store: Store, clock: Clock, seed: Seed, platforms: Iterable[Platform], public_url: str | None = None
    ) -> None:
        self.store = store
        self._public_url = public_url.rstrip("/") if public_url else None
        self.clock = clock
        self.latency = Latency(store)
        self.seed = seed
        self.platforms = {platform.name: platform for platform in platforms}
        self._limits = {
            platform.limits: platform.limits.model_validate(dict(seed.platform(platform.name).limits))
            for platform in self.platforms.values()
        }
        self._by_credential = {
            (name, field, value): account
            for name in self.platforms
            for account in seed.platform(name).accounts.values()
            for field, value in account.credentials.items()
        }

    def home(self, reached: str) -> str:
        """Where the links that the sandbox shows lead: its public address, or without one the one it was reached by.

        Inside a container network programs reach the sandbox by a name that no browser outside knows.
        """
        return self._public_url or reached.rstrip("/")

    def limits(self, model: type[LimitsT]) -> LimitsT:
        """A platform's limits, as its own model."""
        found = self._limits[model]
        assert isinstance(found, model)  # noqa: S101 - the mapping is built so; this tells the type checker
        return found

    def account(self, platform: str, account_id: str) -> Account | None:
        return self.seed.platform(platform).accounts.get(account_id)

    def account_by(self, platform: str, field: str, value: str) -> Account | None:
        """The account with this credential, or None."""
        return self._by_credential.get((platform, field, value))

    def subject(self, post: Post) -> audience.Subject:
        return audience.Subject(
            seed=self.seed.audience,
            platform=post.platform,
            account=post.account,
            post_id=post.id,
            followers=post.followers,
            position=post.position,
            quality=float(post.extra.get("quality", 1.0)),
        )

    def figures(self, post: Post, at: float) -> audience.Figures:
        """A post's cumulative figures at an epoch second."""
        return audience.figures_at(self.subject(post), at - post.published_at)

    def settle(self, now: float) -> None:
        """Let everything happen whose time has come: finished reviews, scheduled posts."""
        for platform in self.platforms.values():
            platform.settle(self, now)

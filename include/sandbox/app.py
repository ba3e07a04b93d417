"""Puts one sandbox together: the state directory, the platforms, its own interface, and the clock in every answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock, http_date
from sandbox.control import control_router
from sandbox.gateway import Gateway
from sandbox.platforms import PLATFORMS
from sandbox.seed import Seed, load_seed
from sandbox.store import Store
from sandbox.world import World

DATABASE = "sandbox.sqlite3"


def open_world(
    state: Path, seed: Seed | None = None, *, wall: Callable[[], float] = time.time, public_url: str | None = None
) -> World:
    """The world kept in a state directory, which is made if it is not there."""
    state.mkdir(parents=True, exist_ok=True)
    store = Store(state / DATABASE)
    return World(store, Clock(store, wall), seed or load_seed(), PLATFORMS, public_url)


def create_app(world: World) -> FastAPI:
    """The ASGI application of a world."""
    app = FastAPI(title="Rongmei sandbox", docs_url="/_sandbox/docs", openapi_url="/_sandbox/openapi.json")
    app.include_router(control_router(world))
    for platform in world.platforms.values():
        for path in (f"/{platform.name}", *platform.also_at):
            app.mount(path, Gateway(world, platform))
    app.add_middleware(PlatformDate, clock=world.clock)
    return app


class PlatformDate:
    """Gives every response a ``Date`` header of sandbox time."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = http_date(self._clock.now()).encode("ascii")
                message["headers"] = [*message.get("headers", ()), (b"date", date)]
            await send(message)

        await self._app(scope, receive, dated)

"""Puts one sandbox together: the state directory, the platforms, its own interface, and the clock in every answer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount
from starlette.types import ASGIApp

from sandbox.clock import Clock
from sandbox.control import add_control
from sandbox.dating import PlatformDate
from sandbox.descriptions import describe
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


class Sandbox(FastAPI):
    """The application, whose OpenAPI document tells of the platforms too."""

    def __init__(self, world: World) -> None:
        super().__init__(title="Rongmei sandbox", docs_url="/_sandbox/docs", redoc_url=None)
        self._world = world

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            describe(super().openapi(), self._world.platforms.values())
        return super().openapi()


class Below(Mount):
    """A mount for every path below its own, those with a line break too, which the router would not find."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app=app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def create_app(world: World) -> FastAPI:
    """The ASGI application of a world."""
    app = Sandbox(world)
    add_control(app, world)
    for platform in world.platforms.values():
        for path in (f"/{platform.name}", *platform.also_at):
            app.router.routes.append(Below(path, Gateway(world, platform)))
    app.add_middleware(PlatformDate, clock=world.clock)
    return app

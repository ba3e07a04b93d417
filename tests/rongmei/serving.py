"""A sandbox served from a thread of the test's own, for tests that publish through real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.app import create_app, open_world
from sandbox.connections import TrackedProtocol
from sandbox.seed import build_seed
from sandbox.world import World


@contextmanager
def served(folder: Path, seed: Mapping[str, Any], wall: Callable[[], float]) -> Iterator[tuple[str, World]]:
    """The address and the world of a sandbox; nobody waits for it to shut down, which takes a server its time.

    Args:
        folder: where it keeps its state.
        wall: its wall clock, seconds of the epoch.
    """
    world = open_world(folder, build_seed(dict(seed)), wall=wall)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(world),
            host="127.0.0.1",
            port=0,
            http=TrackedProtocol,
            ws="none",
            lifespan="off",
            log_level="error",
            timeout_graceful_shutdown=1,
        )
    )

    def run() -> None:
        server.run()
        world.store.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", world
    finally:
        server.should_exit = True

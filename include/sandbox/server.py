"""Serves a sandbox over HTTP until it is told to stop, and says where it listens."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.app import create_app
from sandbox.connections import TrackedProtocol
from sandbox.world import World


class OriginForm:
    """Takes a request line with a whole address in it (RFC 9112, 3.2.2) like one with a path.

    Servers have to, and Alipay's official Python SDK relies on it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            target = urlsplit(scope["raw_path"].decode("latin-1"))
            if target.scheme in ("http", "https"):
                raw_path = target.path or "/"
                scope = {**scope, "path": unquote(raw_path), "raw_path": raw_path.encode("latin-1")}
        await self._app(scope, receive, send)


class AnnouncingServer(uvicorn.Server):
    """uvicorn's server, which tells its address once it accepts connections."""

    def __init__(self, config: uvicorn.Config, address: str, port_file: Path | None) -> None:
        super().__init__(config)
        self._address = address
        self._port_file = port_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._port_file is not None:
            write_whole(self._port_file, self._address.rpartition(":")[2])
        sys.stdout.write(f"sandbox: {self._address}\n")
        sys.stdout.flush()


def serve(world: World, *, host: str, port: int, port_file: Path | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Port 0 takes a free one."""
    listener = socket.create_server((host, port))
    actual = listener.getsockname()[1]
    # Every interface is not an address one can open.
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - compared, not bound
    config = uvicorn.Config(
        OriginForm(create_app(world)),
        http=TrackedProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        # The app dates its answers by sandbox time. Client addresses must stay as they are: they name connections.
        date_header=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    # uvicorn raises the signal again once it has shut down; by then the work is done and nothing should follow.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    AnnouncingServer(config, f"http://{shown}:{actual}", port_file).run(sockets=[listener])


def write_whole(path: Path, text: str) -> None:
    """Write a small file so that a reader sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)

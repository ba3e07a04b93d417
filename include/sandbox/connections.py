"""Closing a client's connection for real, which ASGI has no word for.

The server speaks HTTP through ``TrackedProtocol``, which lays the transport of its connection into the state of every
request's scope; ``drop`` aborts it, so the client sees the connection end without an answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_STATE_KEY = "sandbox.transport"


class ConnectionDroppedError(ConnectionResetError):
    """Raised in place of a closed connection where there is none: an in-process test client."""


class TrackedProtocol(H11Protocol):
    """uvicorn's h11 protocol, whose requests know the transport they came on."""

    def connection_made(self, transport: Any) -> None:
        # The server shares one state among its connections; each of ours gets its own copy.
        self.app_state = {**self.app_state, _STATE_KEY: transport}
        super().connection_made(transport)


async def drop(scope: Scope, receive: Receive, _send: Send) -> None:
    """Close the connection this request came on, without an answer."""
    _transport(scope).abort()
    await _gone(receive)


async def reset(scope: Scope, receive: Receive) -> None:
    """Reset the connection (RST), whatever part of an answer has gone out."""
    transport = _transport(scope)
    wire = transport.get_extra_info("socket")
    if wire is not None:
        # To linger for no time is how TCP is told to reset instead of closing in order.
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _gone(receive)


def _transport(scope: Scope) -> Any:
    transport = scope.get("state", {}).get(_STATE_KEY)
    if transport is None:
        raise ConnectionDroppedError("the sandbox dropped this connection on order")
    return transport


async def _gone(receive: Receive) -> None:
    # uvicorn would answer 500 for a request that ends without a response before it has noticed the disconnect.
    await _hung_up(receive)


async def hold(receive: Receive, seconds: float) -> None:
    """Keep the client waiting; ends early when it hangs up."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_hung_up(receive), seconds)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

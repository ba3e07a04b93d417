"""The ``Date`` of every answer: sandbox time, or what a platform's own clock takes for it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.clock import Clock, http_date


class PlatformDate:
    """Gives every response a ``Date`` header of sandbox time."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, dated(send, self._clock.now))


def dated(send: Send, now: Callable[[], float]) -> Send:
    """``send`` that dates an answer (``now`` in epoch seconds) unless it has a date already."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            if all(name.lower() != b"date" for name, _ in headers):
                message["headers"] = [*headers, (b"date", http_date(now()).encode("ascii"))]
        await send(message)

    return sending

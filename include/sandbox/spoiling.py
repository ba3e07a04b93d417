"""Answers that arrive spoiled: cut off in the middle, truncated, or replaced by some server's web page."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.connections import drop, reset
from sandbox.faults import Fault

_PAGE = (
    "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    "<hr><center>openresty</center>\r\n</body>\r\n</html>\r\n"
)


def spoiled(answer: Response, fault: Fault) -> ASGIApp:
    """What reaches the client of an answer that an order strikes."""
    if fault.kind == "server_error_after":
        return PlainTextResponse("Internal Server Error", fault.status or 500)
    if fault.kind == "html":
        return web_page(fault.status or 200)
    if fault.kind == "reset":
        return CutOff(answer)
    if fault.kind == "truncated":
        return Truncated(answer)
    return drop


def web_page(status: int) -> Response:
    """What a proxy in front of a platform says for itself."""
    known = status in list(HTTPStatus)
    title = f"{status} {HTTPStatus(status).phrase}" if known and status >= 400 else "系统维护中"
    return HTMLResponse(_PAGE.format(title=title), status)


class CutOff:
    """An answer whose head comes whole, its body by half; then the connection is reset."""

    def __init__(self, answer: Response) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await _written(self._answer, scope, receive)
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await reset(scope, receive)


class Truncated:
    """An answer that HTTP takes for whole, with half the body it should have."""

    def __init__(self, answer: Response) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await _written(self._answer, scope, receive)
        half = body[: len(body) // 2]
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        length = (b"content-length", str(len(half)).encode("ascii"))
        await send({**start, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": half})


async def _written(answer: Response, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """The head and the whole body of an answer."""
    written: list[Message] = []

    async def keep(message: Message) -> None:
        written.append(message)

    await answer(scope, receive, keep)
    return written[0], b"".join(message.get("body", b"") for message in written[1:])

"""Makes Airflow's UI the newsroom's own: who never chose gets 简体中文 and 北京时间, whatever the browser says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rongmei.clock import SHANGHAI

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Airflow's UI keeps the language as a bare word and the time zone as JSON.
CHOICES = {"i18nextLng": "zh-CN", "timezone": f'"{SHANGHAI.key}"'}
CHOOSE = "".join(
    f"<script>localStorage.getItem('{name}')||localStorage.setItem('{name}','{value}')</script>"
    for name, value in CHOICES.items()
).encode()
MARK = b"<head>"


class ChineseFirst:
    """ASGI middleware that puts a little script at the head of the UI's page; other answers pass untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the head of each answer; only `text/html` with a <head> is changed."""
        if scope["type"] != "http" or scope["path"].startswith(("/api/", "/execution/", "/static/")):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message):
                held.append(message)
                return
            if held and message["type"] == "http.response.body":
                await self._insert(held.pop(), message, send)
                return
            await send(message)

        await self.app(scope, receive, watch)

    async def _insert(self, start: Message, body: Message, send: Send) -> None:
        page: bytes = body.get("body", b"")
        if MARK in page:
            body["body"] = page.replace(MARK, MARK + CHOOSE, 1).replace(b'lang="en"', b'lang="zh-CN"', 1)
            grown = len(body["body"]) - len(page)
            start["headers"] = [_longer(name, value, grown) for name, value in start["headers"]]
        await send(start)
        await send(body)


def _is_page(message: Message) -> bool:
    headers: list[tuple[bytes, bytes]] = message.get("headers", [])
    kinds = [value for name, value in headers if name.lower() == b"content-type"]
    packed = any(name.lower() == b"content-encoding" for name, _ in headers)
    return not packed and any(kind.startswith(b"text/html") for kind in kinds)


def _longer(name: bytes, value: bytes, grown: int) -> tuple[bytes, Any]:
    return (name, str(int(value) + grown).encode()) if name.lower() == b"content-length" else (name, value)

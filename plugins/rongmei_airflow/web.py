"""What the house's own pages and endpoints on Airflow's web server have in common.

Airflow puts no login before a plugin's app, so each of them says itself whom it answers. Bodies are read no further
than they may be long; every page goes out with headers that let nothing in and nothing out: no script, no frame, no
path or query in a referrer (addresses hold tokens), no copy in a cache.

Every process of Airflow loads plugins and only the API server is ever called: the web framework is imported, and the
ledger opened, for the first request.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from rongmei.clock import spoken

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

BODY_SECONDS = 5.0
PLAIN = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""For answers that are no pages."""
PAGES = Path(__file__).parent / "pages"

_STYLE = (PAGES / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_CLOSED = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    **PLAIN,
    "Content-Security-Policy": _CLOSED,
    # Scheme and host only: with no referrer at all, browsers call the origin of our own forms "null".
    "Referrer-Policy": "strict-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FRAMED = {
    **HEADERS,
    "Content-Security-Policy": _CLOSED.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For pages that stand inside Airflow's own."""

_templates = Environment(
    loader=FileSystemLoader(PAGES),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["spoken"] = spoken
_templates.globals["style"] = _STYLE


class Turned(Exception):
    """A request is not taken.

    Args:
        status: HTTP status.
        told: what the sender may know, in Chinese; strangers are told nothing.
    """

    def __init__(self, status: int, told: str = "") -> None:
        super().__init__(status)
        self.status, self.told = status, told


class LazyApp:
    """An ASGI app as Airflow mounts it, made whole by the first request.

    Args:
        make: builds the real app.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = self._make()
        await self._app(scope, receive, send)


async def read_body(request: Request, most: int, *, seconds: float = BODY_SECONDS) -> bytes:
    """The body, read no further than `most` bytes.

    Raises:
        Turned: 413 when it is longer, 408 when it takes longer than `seconds`.
    """
    refuse_longer(request, most)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise Turned(413, too_long(most))
    except TimeoutError:
        raise Turned(408, "发送得太慢，请检查网络后重试") from None
    return bytes(body)


def refuse_longer(request: Request, most: int) -> None:
    """Refuse at once what says itself that it is too long.

    Raises:
        Turned: 413.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise Turned(413, too_long(most))


def too_long(most: int) -> str:
    """Said of a body of more than `most` bytes."""
    size = f"{most / 2**20:.3g} MB" if most >= 2**20 else f"{most // 1024} KB"
    return f"内容超过 {size}"


def from_elsewhere(request: Request) -> bool:
    """Whether a browser says that another site made it send this request (a forged form).

    Links prove themselves, so nobody can forge one without its token; this is the second lock.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return False
    return origin == "null" or origin.partition("://")[2] != request.headers.get("host", "")


def page(template: str, status: int = 200, *, framed: bool = False, **context: Any) -> Response:
    """A page of the house from a template in `pages/`; whatever is put in is escaped.

    Args:
        framed: it is shown inside Airflow's own pages.
    """
    from starlette.responses import HTMLResponse

    html = _templates.get_template(template).render(context)
    return HTMLResponse(html, status_code=status, headers=FRAMED if framed else HEADERS)


def message_page(title: str, told: str, status: int = 200, *, framed: bool = False) -> Response:
    """A page that says one thing."""
    return page("message.html", status, framed=framed, title=title, told=told)


class Throttle:
    """So many in so many seconds for each sender; what came longest ago is forgotten first.

    One process's memory: the first hurdle before anything is read. What must hold for all processes together is counted
    in the ledger.

    Args:
        most: requests allowed within `seconds`.
        senders: how many senders are remembered.
        clock: seconds that only go forward.
    """

    def __init__(
        self, most: int, seconds: float, *, senders: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._senders, self._clock = most, seconds, senders, clock
        self._seen: OrderedDict[str, list[float]] = OrderedDict()
        self._turn = Lock()

    def allows(self, sender: str) -> bool:
        """Whether `sender` may come in now; if so it is counted."""
        with self._turn:
            now = self._clock()
            times = [at for at in self._seen.pop(sender, []) if now - at < self._seconds]
            allowed = len(times) < self._most
            if allowed:
                times.append(now)
            self._seen[sender] = times
            while len(self._seen) > self._senders:
                self._seen.popitem(last=False)
        return allowed


def sender_address(request: Request) -> str:
    """Where a request comes from, as the web server says it (behind a proxy: set its trusted addresses there)."""
    return request.client.host if request.client else ""

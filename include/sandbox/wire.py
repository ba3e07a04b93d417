"""How a platform module meets HTTP: a parsed call, a table of routes, and what a platform must be able to say."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from sandbox import faults
from sandbox.seed import Account
from sandbox.world import World

MAX_BODY_BYTES = 40 * 1024 * 1024


class Refusal(Exception):
    """A platform says no; carries the answer it says it with. What the call changed before stays changed."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    mime: str
    data: bytes


@dataclass
class Call:
    """One request, read to its end. ``path`` is below the platform's prefix; ``now`` is sandbox time.

    ``base_url`` is how the caller reached the sandbox; ``route`` is the template its path matches, or the path where it
    matches none; ``publishing``: it puts something before the public; ``skew``: how fast the platform's clock is.
    """

    world: World
    platform: str
    method: str
    path: str
    base_url: str
    now: float
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    route: str = ""
    publishing: bool = False
    skew: float = 0.0
    # Query and form fields in the order they came, repeated ones too; ``query`` and ``form`` keep the last of a name.
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def clock(self) -> float:
        """What the platform's own clock says, which an order may have put wrong: for comparing timestamps only."""
        return self.now + self.skew

    def value(self, name: str) -> str | None:
        """A parameter from the form or the query string."""
        return self.form.get(name, self.query.get(name))

    def fault(self, *kinds: faults.Kind) -> faults.Fault | None:
        """A fault of these kinds ordered for this call, used up by asking."""
        return faults.take(self.world.store, self._target(), kinds)

    def review(self, seconds: float, polls: int = 0) -> faults.Review:
        """The review of what this call submits, usually ``seconds`` or ``polls`` looks long; uses up its orders."""
        return faults.review(self.world.store, self._target(), self.now, seconds=seconds, polls=polls)

    def _target(self) -> faults.Target:
        account = self.account.id if self.account else None
        return faults.Target(self.platform, self.path, account, self.method, self.route, self.publishing)

    def url(self, path: str) -> str:
        """An absolute address on this sandbox, that the people who see it can open."""
        return self.world.home(self.base_url) + path


Handler = Callable[[Call], Response]


@dataclass(frozen=True)
class Route:
    template: str
    pattern: re.Pattern[str]
    handlers: dict[str, Handler]


class Routes:
    """A platform's table of paths. ``{name}`` in a template matches one path segment."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}

    def on(self, methods: str, template: str) -> Callable[[Handler], Handler]:
        """Register a handler for space-separated methods."""

        def register(handler: Handler) -> Handler:
            route = self._routes.setdefault(template, Route(template, _pattern(template), {}))
            route.handlers.update(dict.fromkeys(methods.split(), handler))
            return handler

        return register

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes.values())

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self._routes.values():
            match = route.pattern.fullmatch(path)
            if match:
                return route, match.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/]+)" for i, part in enumerate(parts)) + "/?"
    )


@dataclass(frozen=True)
class Platform:
    """One platform: what a module in ``sandbox.platforms`` offers to the rest."""

    name: str
    title: str
    routes: Routes
    limits: type[BaseModel]
    # Who is calling, as far as the credentials tell; refuses nobody.
    identify: Callable[[Call], Account | None]
    # Makes happen what was due by now (epoch seconds).
    settle: Callable[[World, float], None]
    # The platform's way of saying an error code, and that a credential has expired.
    refuse: Callable[[Call, str | None, str | None], Response]
    expired: Callable[[Call], Response]
    # The answer to an unknown path (None) or to a known one with another method (the methods it has).
    unrouted: Callable[[Call, frozenset[str] | None], Response]
    # What it says for orders that are given in words: its code, and a text where the code's own is too general.
    words: Mapping[faults.Word, tuple[str, str | None]]
    # The calls that put something before the public, as "POST /template".
    publishing: frozenset[str]
    # The path by which routes, faults and the call log know a call, where its address alone does not tell.
    locate: Callable[[Call], str] = lambda call: call.path
    # What a connection needs beside the account's credentials; the text is the platform's address on this sandbox.
    connection: Callable[[Account, str], dict[str, str]] = lambda _account, _address: {}
    max_body_bytes: int = MAX_BODY_BYTES
    # Paths at the sandbox's own root that it answers too, because it tells its clients a bare host name.
    also_at: tuple[str, ...] = ()


def code_number(code: str | None, default: int) -> int:
    """A fault's error code as the number most platforms use; the default where it is missing or no number."""
    try:
        return int(code) if code is not None else default
    except ValueError:
        return default


def parse_json(text: bytes | str) -> Any:
    """A JSON document that can be kept and answered again. Raises ValueError for any other.

    JSON may nest deeper than Python reads, name numbers that are none, and escape half of a surrogate pair.
    """
    try:
        document = json.loads(
            text if isinstance(text, str) else text.decode(), parse_constant=_finite, parse_float=_finite
        )
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as cause:
        raise ValueError("nested too deeply") from cause
    return document


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


async def read_call(request: Request, world: World, platform: str) -> Call:
    """Read a request's body and forms. Raises starlette's HTTPException on a broken multipart body."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.body()
    form: dict[str, str] = {}
    files: dict[str, Upload] = {}
    pairs = request.query_params.multi_items()
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        try:
            async with request.form(max_part_size=MAX_BODY_BYTES) as parsed:
                for name, item in parsed.multi_items():
                    if isinstance(item, UploadFile):
                        files[name] = Upload(item.filename or "", item.content_type or "", await item.read())
                    else:
                        form[name] = item
                        pairs.append((name, item))
        except HTTPException:
            # curl calls whatever it sends a form, a piece of a film too; what is none is just a body.
            if kind == "multipart/form-data":
                raise
    return Call(
        world=world,
        platform=platform,
        method="GET" if request.method == "HEAD" else request.method,
        path=request.scope["path"].removeprefix(f"/{platform}") or "/",
        base_url=f"{request.scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
        now=world.clock.now(),
        query=dict(request.query_params),
        headers=headers,
        body=body,
        form=form,
        files=files,
        pairs=tuple(pairs),
    )


class BodyTooLargeError(Exception):
    """The request is larger than any platform takes."""


def bounded(receive: Receive, most: int) -> Receive:
    """``receive`` that raises BodyTooLargeError once a body has grown beyond ``most`` bytes, whatever it announced."""
    seen = 0

    async def read() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise BodyTooLargeError
        return message

    return read


def image_format(data: bytes) -> str | None:
    """``"JPEG"``, ``"PNG"`` … by the file's real content; None if it is no picture."""
    try:
        with Image.open(BytesIO(data)) as picture:
            picture.verify()
            return picture.format
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height of a picture that ``image_format`` accepted."""
    with Image.open(BytesIO(data)) as picture:
        return picture.size

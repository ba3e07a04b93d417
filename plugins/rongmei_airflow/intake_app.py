"""`/rongmei/stories/`: where outlets' own systems file stories, on Airflow's web server.

    curl -T 稿件.docx -H 'Authorization: Bearer 令牌' https://host/rongmei/stories/稿件.docx
    curl -F file=@图1.jpg -F file=@稿件.docx -F folder='12 东城夺冠' -H 'Authorization: …' https://host/rongmei/stories/

PUT and POST of raw bytes to the name that the file is to have, or a multipart form of files to the address itself. Each
lands in the drop folder of the token's outlet exactly as if copied there by hand (`rongmei.stories.arrivals`): under a
name that intake does not see until it is whole, texts last. What a text says, and whether it answers an assignment of
this outlet, is intake's to judge. The same bytes again change nothing.

A token opens one outlet's folder (`rongmei stories token`), travels in a header only, and is looked up for every
request, so that taking it back works at once. It is checked before a byte of the body is read.

Answers, as JSON in Chinese: 201 landed; 200 the same bytes waited there already; 400 for a name that cannot be used or
a form that cannot be read; 401 without a token, or with one that is none of ours, expired or taken back; 403 for an
outlet that has left its cluster; 405, 408, 409 and 413 for another method, too slow, a name that is taken by a folder,
and too long; 415 for a kind of file that is not taken, told by its bytes; 429 for too many from one address or at
once; 503 where the house cannot look now; 507 for no room. The log has outlet and size, never a token or a text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import SQLAlchemyError

from rongmei.access import BadLink, Sealer, SpentLink, link_key
from rongmei.clock import utcnow
from rongmei.config import Campaign, ConfigErrors, House, load_house
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Ledger
from rongmei.settings import Settings, load_settings
from rongmei.stories.arrivals import (
    TEXTS,
    Arrival,
    Full,
    Landed,
    Limits,
    TooLong,
    WrongKind,
    arrival_name,
    arriving,
    limits_of,
)
from rongmei.stories.tokens import Door, door
from rongmei_airflow.uploads import MULTIPART, Bounds, Slots, read_upload
from rongmei_airflow.web import PLAIN, LazyApp, Throttle, Turned, refuse_longer, sender_address, too_long

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

PREFIX = "/rongmei/stories"
SECONDS, IDLE_SECONDS = 1800.0, 30.0
"""For a whole file, and until the next piece of it comes: a video over a slow line takes its time."""
SELDOM, STRANGERS = 600, 20
"""Requests a minute from one address: of all kinds, and without a token that is good."""
AT_ONCE, EACH = 12, 4
"""Files that are taken in at one moment, and those of one outlet."""
MOST_FILES: Final = 60
"""In one form."""
_PIECE: Final = 1024 * 1024
_SAID: Final = {"new": "已收下，等收稿", "replaced": "已收下，替换了还没收走的同名文件", "same": "已经收到过同样的文件"}

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gate:
    """What the endpoint needs.

    Attributes:
        house: the configuration as it is now.
        clock: the present moment, aware UTC.
    """

    ledger: Ledger
    sealer: Sealer
    settings: Settings
    house: Callable[[], House]
    clock: Callable[[], datetime] = utcnow
    everybody: Throttle = field(default_factory=lambda: Throttle(SELDOM, 60))
    strangers: Throttle = field(default_factory=lambda: Throttle(STRANGERS, 60))
    slots: Slots = field(default_factory=lambda: Slots(AT_ONCE, EACH))


@dataclass(frozen=True)
class Way:
    """Where the files of a request go."""

    outlet: str
    root: Path
    limits: Limits


def intake() -> LazyApp:
    """The app as Airflow mounts it."""
    return LazyApp(lambda: make_app(open_gate()))


def open_gate() -> Gate:
    """The endpoint's gate from the settings of this process.

    Raises:
        BadInput: the key that signs tokens cannot be used.
    """
    settings = load_settings()
    house = partial(load_house, settings.config)
    return Gate(Ledger(settings.ledger_url), Sealer(link_key(settings.home)), settings, house)


def make_app(gate: Gate) -> FastAPI:
    """The web app."""
    from fastapi import FastAPI
    from starlette.routing import Route

    routes = [
        Route("/", partial(take, gate), methods=["POST"]),
        Route("/{name:path}", partial(take, gate), methods=["PUT", "POST"]),
    ]
    return FastAPI(title="融媒的收稿口", openapi_url=None, docs_url=None, redoc_url=None, routes=list(routes))


async def take(gate: Gate, request: Request) -> Response:
    """Let one file, or the files of a form, in; see the module."""
    from starlette.requests import ClientDisconnect

    try:
        if not gate.everybody.allows(sender_address(request)):
            raise Turned(429, "太频繁了，请过一分钟再传")
        way = await asyncio.to_thread(_way, gate, request)
        with gate.slots.taken(way.outlet) as free:
            if not free:
                raise Turned(429, "同时传的文件太多，请等前面的传完")
            landed = await (_form(way, request) if _is_form(request) else _raw(way, request))
    except Turned as turned:
        return _answer(turned.status, {"message": turned.told})
    except ClientDisconnect:
        return _answer(400, {"message": "连接断开了，没有收全，请重传"})
    for one in landed:
        _logger.info("%s 由接口交来%s，%d 字节（%s）", way.outlet, one.what, one.size_bytes, one.outcome)
    files = [
        {
            "file": one.name,
            "kind": one.what,
            "sha256": one.sha256,
            "bytes": one.size_bytes,
            "message": _SAID[one.outcome],
        }
        for one in landed
    ]
    told = _SAID[landed[0].outcome] if len(landed) == 1 else f"共 {len(landed)} 个文件"
    status = 200 if all(one.outcome == "same" for one in landed) else 201
    return _answer(status, {"message": told, "files": files})


def _answer(status: int, said: dict[str, Any]) -> Response:
    from starlette.responses import JSONResponse

    headers = {**PLAIN, **({"WWW-Authenticate": 'Bearer realm="rongmei"'} if status == 401 else {})}
    return JSONResponse({"ok": status < 300, **said}, status_code=status, headers=headers)


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _way(gate: Gate, request: Request) -> Way:
    """Where the request's files go, by its token.

    Raises:
        Turned: 401, 403, 429 or 503.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token.strip():
            raise BadLink("没有令牌", mend="请求头写 Authorization: Bearer 令牌，令牌向制片人要")
        with gate.ledger.read() as session:
            found = door(session, gate.sealer, token.strip(), now=gate.clock())
        return _way_of(gate, found)
    except (BadLink, SpentLink) as problem:
        if not gate.strangers.allows(sender_address(request)):
            raise Turned(429, "太频繁了，请过一分钟再传") from None
        told = str(problem) if isinstance(problem, SpentLink) or not token else "令牌不对，请向制片人要新的"
        raise Turned(401, told.replace("链接", "令牌")) from None
    except (RongmeiError, ConfigErrors, SQLAlchemyError) as problem:
        _logger.warning("收稿口暂时开不了：%s", type(problem).__name__)
        raise Turned(503, "系统暂时收不了，请过几分钟再传") from None


def _way_of(gate: Gate, found: Door) -> Way:
    house = gate.house()
    clusters = {one.id for one in house.clusters.values() if any(outlet.id == found.outlet for outlet in one.outlets)}
    if not clusters:
        raise Turned(403, "这家媒体已不在集群里，请联系制片人")
    campaigns: Iterable[Campaign] = (one for one in house.campaigns.values() if one.cluster in clusters)
    root = gate.settings.inbox(rehearsal=found.rehearsal) / "stories" / found.outlet
    return Way(found.outlet, root, limits_of(campaigns))


# ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART


async def _raw(way: Way, request: Request) -> list[Landed]:
    """The one file that the body is.

    Raises:
        Turned: it is not taken.
    """
    name = _name(request.path_params.get("name", ""))
    most = way.limits.text * 2**20 if name.suffix.lower() in TEXTS else way.limits.most
    refuse_longer(request, most)
    declared = request.headers.get("content-length", "")
    expected = int(declared) if declared.isdecimal() else 0
    with ExitStack() as stack:
        arrival = await _doing(partial(_entered, stack, way, name, expected))
        try:
            async with asyncio.timeout(SECONDS):
                async for piece in _pieces(request, most):
                    await _doing(partial(arrival.write, piece))
        except TimeoutError:
            raise Turned(408, "传得太慢，没有收全，请检查网络后重传") from None
        await _doing(arrival.look)
        return [await _doing(arrival.land)]


async def _pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body in pieces of about a megabyte; TimeoutError where it stops coming."""
    read, held = 0, bytearray()
    stream = request.stream()
    while True:
        async with asyncio.timeout(IDLE_SECONDS):
            try:
                piece = await anext(stream)
            except StopAsyncIteration:
                break
        read += len(piece)
        if read > most:
            raise Turned(413, too_long(most))
        held += piece
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def _form(way: Way, request: Request) -> list[Landed]:
    """The files of a form: all of them or, where one is not taken, none; texts are the last to be seen.

    Raises:
        Turned: it is not taken.
    """
    bounds = Bounds(way.limits.most + 2**20, MOST_FILES, SECONDS, IDLE_SECONDS)
    async with read_upload(request, bounds) as (fields, files):
        if not files:
            raise Turned(400, "表单里没有文件")
        folder = (fields.get("folder") or [""])[-1].strip("/")
        with ExitStack() as stack:
            arrivals: list[Arrival] = []
            for file in files:
                name = _name(f"{folder}/{file.filename}" if folder else file.filename or "")
                arrival = await _doing(partial(_entered, stack, way, name, file.size or 0))
                while piece := await file.read(_PIECE):
                    await _doing(partial(arrival.write, piece))
                await _doing(arrival.look)
                arrivals.append(arrival)
            arrivals.sort(key=lambda one: one.name.suffix.lower() in TEXTS)
            return [await _doing(arrival.land) for arrival in arrivals]


def _entered(stack: ExitStack, way: Way, name: PurePosixPath, expected: int) -> Arrival:
    return stack.enter_context(arriving(way.root, name, way.limits, expected=expected))


def _name(name: str) -> PurePosixPath:
    try:
        return arrival_name(name)
    except BadInput as problem:
        raise Turned(400, str(problem)) from None


async def _doing(work: Callable[[], Any]) -> Any:
    """Disk work beside the event loop.

    Raises:
        Turned: 413, 415, 409 or 507.
    """
    try:
        return await asyncio.to_thread(work)
    except TooLong as problem:
        raise Turned(413, str(problem)) from None
    except WrongKind as problem:
        raise Turned(415, str(problem)) from None
    except Full as problem:
        _logger.warning("收稿口收不下：%s", problem)
        raise Turned(507, str(problem)) from None
    except BadInput as problem:
        raise Turned(409, str(problem)) from None

"""The addresses that platforms call: a small web app beside Airflow's own, mounted by its API server.

`/rongmei/callbacks/{outlet}/{channel}` takes the letters of one account; where there is a sandbox,
`/rongmei/callbacks/rehearsal/{outlet}/{channel}` takes its own. Airflow puts no login before a plugin's app (3.3: its
middlewares refresh cookies, compress and log), and platforms could not log in: a letter counts by its signature alone,
see `rongmei.publishing.heard`. Airflow's access log has path and query of every request, never a body.

Answers: 200 with what the platform wants to read; 403 for a wrong signature; 404 where nobody listens, whether there is
no such account, the platform has no callbacks or the connection no secret for them; 413, 415, 408 and 400 for what is
too long, of the wrong kind, too slow or unreadable; 503 where the house cannot look it up now, so that it comes again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from rongmei.accounts import Connect, SandboxCredentials
from rongmei.channels import Heard, Letter, WrongSignature
from rongmei.clock import utcnow
from rongmei.config import Cluster, load_house
from rongmei.desk import SandboxClock
from rongmei.errors import BadInput, Refused, RongmeiError
from rongmei.ledger import Ledger
from rongmei.publishing import WrongKind, hear
from rongmei.settings import load_settings
from rongmei_airflow.desk import account_connection
from rongmei_airflow.web import PLAIN, LazyApp, Turned, read_body

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

PREFIX = "/rongmei/callbacks"
MAX_BYTES = 64 * 1024

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Office:
    """Where letters are taken in: real ones, or a rehearsal's.

    Attributes:
        clusters: the house's clusters as the configuration has them now.
        clock: the present moment where the letters come from, aware UTC.
    """

    ledger: Ledger
    clusters: Callable[[], Iterable[Cluster]]
    connect: Connect
    clock: Callable[[], datetime]
    rehearsal: bool = False


def callbacks() -> LazyApp:
    """The app as Airflow mounts it."""
    return LazyApp(lambda: make_app(*open_offices()))


def open_offices() -> tuple[Office, Office | None]:
    """The office for real letters, and where there is a sandbox the one for its own."""
    settings = load_settings()
    ledger = Ledger(settings.ledger_url)

    def clusters() -> Iterable[Cluster]:
        return load_house(settings.config).clusters.values()

    real = Office(ledger, clusters, account_connection, utcnow)
    if settings.sandbox_url is None:
        return real, None
    sandbox = SandboxCredentials(settings.sandbox_url)
    return real, Office(ledger, clusters, sandbox, SandboxClock(settings.sandbox_url), rehearsal=True)


def make_app(real: Office, rehearsal: Office | None = None) -> FastAPI:
    """The web app over one office or both."""
    from fastapi import FastAPI
    from starlette.routing import Route

    routes: list[BaseRoute] = [Route("/{outlet}/{channel}", partial(answer, real), methods=["GET", "POST"])]
    if rehearsal is not None:
        path = "/rehearsal/{outlet}/{channel}"
        routes.append(Route(path, partial(answer, rehearsal), methods=["GET", "POST"]))
    # No pages about itself: the address is open to everybody.
    return FastAPI(title="融媒的平台回调", openapi_url=None, docs_url=None, redoc_url=None, routes=routes)


async def answer(office: Office, request: Request) -> Response:
    """Answer one letter, see the module."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    account = f"{request.path_params['outlet']}/{request.path_params['channel']}"
    try:
        body = await read_body(request, MAX_BYTES)
        letter = Letter(request.method, dict(request.query_params), dict(request.headers), body)
        heard = await asyncio.to_thread(take, office, account, letter)
    except Turned as turned:
        return Response(status_code=turned.status, headers=PLAIN)
    except ClientDisconnect:
        return Response(status_code=400)
    return Response(heard.answer, media_type=heard.kind, headers=PLAIN)


def take(office: Office, account: str, letter: Letter) -> Heard:
    """Verify a letter and take in what it says.

    Raises:
        Turned: it is not taken; why stands in the log, without a word of the letter.
    """
    try:
        heard, _ = hear(
            office.ledger,
            office.clusters(),
            account,
            letter,
            connect=office.connect,
            rehearsal=office.rehearsal,
            now=office.clock(),
        )
    except (RongmeiError, OperationalError) as problem:
        status = _status(problem)
        # Strangers try addresses; only what somebody of the house should mend is a warning.
        level = logging.INFO if status == 404 else logging.WARNING
        why = problem if isinstance(problem, RongmeiError) else type(problem).__name__
        _logger.log(level, "没有收下平台回调 %r（%d）：%s", account[:100], status, why)
        raise Turned(status) from None
    return heard


def _status(problem: Exception) -> int:
    kinds = ((Refused, 404), (WrongSignature, 403), (WrongKind, 415), (BadInput, 400))
    return next((status for kind, status in kinds if isinstance(problem, kind)), 503)

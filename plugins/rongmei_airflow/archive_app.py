"""The archive of past reports on Airflow's web server, for everybody of the cluster files who is logged in.

`/rongmei/reports/` is the folder of rendered reports as it stands on disk: pages, charts, workbooks, print versions.
Only known kinds of files are served, from inside that folder, with headers that keep a page from running anything.

Answers: 303 to Airflow's login for nobody; 403 for a login that is of nobody in the cluster files; 404 for what is not
there or not to be served; 200 with the file.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from rongmei.config import Cluster, load_house
from rongmei.settings import load_settings
from rongmei_airflow.login import person_of, to_login, user_name
from rongmei_airflow.web import PLAIN, LazyApp, Turned, message_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

PREFIX = "/rongmei/reports"
INDEX = "index.html"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# Reports carry their style in themselves, as mails do; they are shown inside Airflow's own page.
HEADERS = {
    **PLAIN,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; "
        "frame-ancestors 'self'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}

_logger = logging.getLogger(__name__)

WhoIs = Callable[["Request"], Awaitable[str]]


@dataclass(frozen=True)
class Archive:
    """Where reports lie and who may read them.

    Attributes:
        folder: `Settings.reports`.
        clusters: the house's clusters as the configuration has them now.
        who: the user name behind a request; raises Turned(401).
    """

    folder: Path
    clusters: Callable[[], Iterable[Cluster]]
    who: WhoIs = user_name


def archive() -> LazyApp:
    """The app as Airflow mounts it."""
    return LazyApp(_open)


def _open() -> ASGIApp:
    settings = load_settings()

    def clusters() -> Iterable[Cluster]:
        return load_house(settings.config).clusters.values()

    return make_app(Archive(settings.reports, clusters))


def make_app(of: Archive) -> ASGIApp:
    """The web app over one archive."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    async def answer(request: Request) -> Response:
        return await _answer(of, request)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET"])])


async def _answer(of: Archive, request: Request) -> Response:
    from starlette.responses import FileResponse

    try:
        name = await of.who(request)
        await asyncio.to_thread(person_of, name, of.clusters())
        found = await asyncio.to_thread(find, of.folder, request.path_params["path"])
    except Turned as turned:
        if turned.status == 401:
            return to_login(request)
        if turned.status == 404 and not request.path_params["path"]:
            return message_page("报告", "还没有报告。期次走完、到了简报和周考核的时候，这里会列出来。", framed=True)
        return message_page("打不开", turned.told or "没有这份报告，可能已被移走。", turned.status, framed=True)
    headers = dict(HEADERS)
    if found.suffix == ".xlsx":
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name)}"
    return FileResponse(found, media_type=KINDS[found.suffix], headers=headers)


def find(folder: Path, wanted: str) -> Path:
    """The file that an address names; a folder's is its index.

    Raises:
        Turned: 404, it is not there, not of a known kind, hidden, or outside the archive (also by a link).
    """
    parts = [part for part in wanted.split("/") if part]
    if any(part.startswith(".") or "\\" in part or "\x00" in part for part in parts) or len(wanted) > 500:
        raise Turned(404)
    root = folder.resolve()
    try:
        file = root.joinpath(*parts).resolve()
        if file.is_dir():
            file = (file / INDEX).resolve()
        if not file.is_relative_to(root) or file.suffix not in KINDS or not file.is_file():
            raise Turned(404)
    except OSError as problem:
        _logger.info("报告打不开（%s）", type(problem).__name__)
        raise Turned(404) from None
    return file

"""The web forms of 选题征集 on Airflow's web server: an outlet's own pitch form, and the one for everybody.

`/rongmei/pitches/?token=…` is the form of the outlet that the link was given to, `/rongmei/submissions/?token=…` the
one for citizens; `/rongmei/submissions/desk/…` shows people who are logged in what citizens sent. The first two ask for
no login: a link counts by its signature, see `rongmei.access`. A GET never changes anything.

Answers of the forms: 200; 400 with the form again where something is to be mended; 403 for a link that is none of ours,
or a form that another site sent; 404 where the campaign takes nothing (any more); 408, 413, 415 for what comes too
slowly, is too long or of the wrong kind; 410 for a link whose time is over; 429 with Retry-After for too many; 503 with
Retry-After when the house is too busy or cannot be looked up.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import OperationalError

from rongmei.access import BadLink, Sealer, SpentLink, link_key, look
from rongmei.clock import utcnow
from rongmei.config import ConfigErrors, Lists, Outlet, Plan, load_campaign, load_lists
from rongmei.desk import SandboxClock
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Ledger, Link
from rongmei.pitches import invitations
from rongmei.pitches.invitations import Door
from rongmei.settings import load_settings
from rongmei_airflow.login import user_name
from rongmei_airflow.uploads import Slots
from rongmei_airflow.web import LazyApp, Throttle, Turned, from_elsewhere, message_page, sender_address

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

PITCHES: Final = "/rongmei/pitches"
SUBMISSIONS: Final = "/rongmei/submissions"
UPLOADS: Final = (8, 4)
"""Uploads that are read at one moment, in all and for one address: each may take 60 MB of the disk while it comes."""
RETRY_SECONDS: Final = 30
LOOKS: Final = (300, 60.0)
POSTS: Final = (60, 600.0)
"""Requests and seconds for each address, in this process: the first hurdle; the ledger counts for all of them."""

_logger = logging.getLogger(__name__)

Answer = Callable[["Office", "Request"], Awaitable["Response"]]


class Later(Turned):
    """A request that may be made again.

    Args:
        seconds: after how long.
    """

    def __init__(self, status: int, told: str, seconds: float = RETRY_SECONDS) -> None:
        super().__init__(status, told)
        self.seconds = max(1, round(seconds))


@dataclass(frozen=True)
class Office:
    """What the forms work with.

    Attributes:
        media: folder for photographs.
        plan_of: a campaign's plan by its id; raises ConfigErrors for what is none.
        clock: the present moment of real editions (False) or rehearsals (True), aware UTC.
        wall: the present moment outside, by which links end and forms are timed.
        who: the user name behind a request, for the desk's pages; raises Turned(401).
    """

    ledger: Ledger
    media: Path
    sealer: Sealer
    plan_of: Callable[[str], Plan]
    clock: Callable[[bool], datetime]
    wall: Callable[[], datetime] = utcnow
    who: Callable[[Request], Awaitable[str]] = user_name
    looks: Throttle = field(default_factory=lambda: Throttle(*LOOKS))
    posts: Throttle = field(default_factory=lambda: Throttle(*POSTS))
    uploads: Slots = field(default_factory=lambda: Slots(*UPLOADS))

    def lists(self, plan: Plan) -> Lists:
        """The centre's lists as they are now."""
        return load_lists(plan.folder)


@dataclass(frozen=True)
class Entry:
    """A request whose link opens a form.

    Attributes:
        outlet: whose form it is; None for everybody's.
    """

    token: str
    link: Link
    door: Door
    plan: Plan
    outlet: Outlet | None


def pitch_form() -> LazyApp:
    """The app of the outlets' form as Airflow mounts it."""
    return LazyApp(lambda: make_pitches(open_office()))


def submission_form() -> LazyApp:
    """The app of the public form as Airflow mounts it."""
    return LazyApp(lambda: make_submissions(open_office()))


def open_office() -> Office:
    """The office over this installation."""
    settings = load_settings()
    sandbox = SandboxClock(settings.sandbox_url) if settings.sandbox_url else utcnow

    def plan_of(campaign: str) -> Plan:
        return load_campaign(settings.config, campaign)

    def clock(rehearsal: bool) -> datetime:
        return sandbox() if rehearsal else utcnow()

    return Office(
        Ledger(settings.ledger_url), settings.media, Sealer(link_key(settings.home)), plan_of=plan_of, clock=clock
    )


def make_pitches(office: Office) -> ASGIApp:
    """The app of the outlets' form over an office."""
    from rongmei_airflow import forms_outlet

    return _app(office, {("/", "GET"): forms_outlet.show, ("/", "POST"): forms_outlet.take})


def make_submissions(office: Office) -> ASGIApp:
    """The app of the public form, and of what the desk sees of it, over an office."""
    from rongmei_airflow import forms_desk, forms_public

    return _app(
        office,
        {
            ("/", "GET"): forms_public.show,
            ("/", "POST"): forms_public.take,
            ("/desk/{campaign}", "GET"): forms_desk.show,
            ("/desk/{campaign}/{number:int}/{photo:int}", "GET"): forms_desk.photo,
        },
    )


def _app(office: Office, answers: dict[tuple[str, str], Answer]) -> ASGIApp:
    from starlette.applications import Starlette
    from starlette.routing import Route

    def route(path: str, method: str, answer: Answer) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _answered(office, request, answer)

        return Route(path, endpoint, methods=[method])

    return Starlette(routes=[route(path, method, answer) for (path, method), answer in answers.items()])


async def _answered(office: Office, request: Request, answer: Answer) -> Response:
    """One answer, whatever happens: what a stranger may know, and nothing of what is inside."""
    from starlette.requests import ClientDisconnect
    from starlette.responses import Response

    try:
        _first_hurdle(office, request)
        return await answer(office, request)
    except Turned as turned:
        page = message_page(_title(turned.status), turned.told or "没有这个页面。", turned.status)
        if isinstance(turned, Later):
            page.headers["Retry-After"] = str(turned.seconds)
        return page
    except ClientDisconnect:
        return Response(status_code=400)
    except (RongmeiError, ConfigErrors, OperationalError, OSError) as problem:
        _logger.warning(
            "网上表单暂时用不了：%s", problem if isinstance(problem, RongmeiError) else type(problem).__name__
        )
        page = message_page("暂时用不了", "系统暂时用不了，请过一会儿再试；您填的内容还没有收下。", 503)
        page.headers["Retry-After"] = str(RETRY_SECONDS)
        return page


def _first_hurdle(office: Office, request: Request) -> None:
    if request.method == "POST" and from_elsewhere(request):
        raise Turned(403, "这次提交来自别的网站，没有收下。请从收到的链接打开表单再填。")
    throttle = office.posts if request.method == "POST" else office.looks
    if not throttle.allows(sender_address(request)):
        raise Later(429, "操作太频繁，请过几分钟再试。", POSTS[1] / 2)


def _title(status: int) -> str:
    return {403: "打不开", 404: "打不开", 410: "链接已失效", 429: "请稍后再试", 503: "请稍后再试"}.get(
        status, "没有收下"
    )


async def enter(office: Office, request: Request, purpose: str) -> Entry:
    """What the request's link opens.

    Raises:
        Turned: nothing.
    """
    return await asyncio.to_thread(_enter, office, purpose, request.query_params.get("token", ""))


def _enter(office: Office, purpose: str, token: str) -> Entry:
    try:
        with office.ledger.read() as session:
            link = look(session, office.sealer, purpose, token, now=office.wall())
            session.expunge(link)
    except BadLink:
        raise Turned(403, "链接不对或不完整。请从收到的消息里重新打开，或向发给您链接的人要新的。") from None
    except SpentLink as spent:
        raise Turned(410, f"{spent.what}。请向发给您链接的人要新的。") from None
    door = invitations.door_of(link.subject)
    if door is None:
        raise Turned(403, "链接不对。请向发给您链接的人要新的。")
    try:
        plan = office.plan_of(door.campaign)
        invitations.open_forms(plan.campaign, public=purpose == invitations.SUBMISSION)
        outlet = plan.cluster.outlet(link.outlet) if link.outlet else None
    except (BadInput, ConfigErrors) as closed:
        _logger.info("表单关着：%s", closed)
        raise Turned(404, "这个活动现在不在网上征集。") from None
    if (outlet is None) == (purpose == invitations.PITCH):
        raise Turned(403, "链接不对。请向发给您链接的人要新的。")
    return Entry(token, link, door, plan, outlet)


# ── one filled-in form ───────────────────────────────────────────────────────────────────────────────────────────

_EPOCH_DIGITS: Final = 8


def new_form(office: Office, entry: Entry) -> str:
    """A name for one form to be filled in, signed, with when it was handed out: 32 hexadecimal digits, sealed."""
    begun = int(office.wall().timestamp())
    return office.sealer.seal(_form_purpose(entry), f"{begun:0{_EPOCH_DIGITS}x}{secrets.token_hex(12)}")


def form_age(office: Office, entry: Entry, form_id: str) -> timedelta | None:
    """How long ago the form was handed out; None for what this link never handed out."""
    opened = office.sealer.open(_form_purpose(entry), form_id)
    if opened is None:
        return None
    return office.wall() - datetime.fromtimestamp(int(opened[:_EPOCH_DIGITS], 16), UTC)


def _form_purpose(entry: Entry) -> str:
    return f"form.{entry.link.id}"

"""`/rongmei/answers/`: where outlets answer offers by the link in their mail, on Airflow's web server.

GET and HEAD show the offer and never change anything, since mail scanners open every link. The page's form is sent by
POST, with the token in its body; it accepts, declines or asks for more time, see `rongmei.assignments.bylink`. A link
counts by its signature alone and opens one assignment of one outlet.

Answers: 200; 400 for a form that cannot be taken, with the page and what was filled in; 403 for a form that another
site sent; 404 for a link that is none of ours, whatever is wrong with it; 405, 408 and 413 for another method, too slow
and too long; 410 for a link that opens nothing any more, saying why; 415 for a form that is none; 429 for too many from
one address; 503 where the house cannot look it up now. The log has the assignment's number, never a token or a form.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError

from rongmei import assignments
from rongmei.access import PATHS, BadLink, Sealer, SpentLink, link_key
from rongmei.assignments import Offer, Reply
from rongmei.clock import utcnow
from rongmei.config import ConfigErrors, Plan, load_campaign
from rongmei.desk import SandboxClock
from rongmei.errors import BadInput, RongmeiError, WrongState
from rongmei.ledger import Ledger
from rongmei.settings import load_settings
from rongmei_airflow.web import (
    LazyApp,
    Throttle,
    Turned,
    from_elsewhere,
    message_page,
    page,
    read_body,
    sender_address,
)

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

PREFIX = "/rongmei/answers"
MAX_BYTES = 16 * 1024
MAX_FIELDS = 10
FORM = "application/x-www-form-urlencoded"
REPLIES: tuple[Reply, ...] = ("accept", "decline", "extend")
SELDOM, STRANGERS = 300, 20
"""Requests a minute from one address: of all kinds (newsrooms may share one), and with links that are none of ours."""
TURNED = {403: "请从邮件里的链接打开再提交", 408: "发送得太慢", 413: "内容太长", 415: "不是本页的表单", 429: "太频繁了"}

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """What the pages need.

    Attributes:
        plan: a campaign as the configuration has it now.
        clock: the present moment, aware UTC, in real editions (False) and in rehearsals (True).
    """

    ledger: Ledger
    sealer: Sealer
    plan: Callable[[str], Plan]
    clock: Callable[[bool], datetime]
    everybody: Throttle = field(default_factory=lambda: Throttle(SELDOM, 60))
    strangers: Throttle = field(default_factory=lambda: Throttle(STRANGERS, 60))


def answers() -> LazyApp:
    """The app as Airflow mounts it."""
    return LazyApp(lambda: make_app(open_house()))


def open_house() -> House:
    """The pages' house from the settings of this process.

    Raises:
        BadInput: the key that signs links cannot be used.
    """
    settings = load_settings()
    rehearsal = SandboxClock(settings.sandbox_url) if settings.sandbox_url else utcnow
    return House(
        Ledger(settings.ledger_url),
        Sealer(link_key(settings.home)),
        partial(load_campaign, settings.config),
        lambda in_rehearsal: rehearsal() if in_rehearsal else utcnow(),
    )


def make_app(house: House) -> FastAPI:
    """The web app."""
    from fastapi import FastAPI
    from starlette.routing import Route

    routes = [
        Route("/", partial(show, house), methods=["GET"]),
        Route("/", partial(take, house), methods=["POST"]),
    ]
    return FastAPI(title="融媒的派单答复", openapi_url=None, docs_url=None, redoc_url=None, routes=list(routes))


async def show(house: House, request: Request) -> Response:
    """The page of a link; asking for it changes nothing."""
    try:
        _not_too_often(house, request)
        token = request.query_params.get("token", "")
        return await asyncio.to_thread(_guarded, house, request, lambda: _page(house, token))
    except Turned as turned:
        return _turned(turned)


async def take(house: House, request: Request) -> Response:
    """Do what the form says, see the module."""
    from starlette.requests import ClientDisconnect

    try:
        _not_too_often(house, request)
        if from_elsewhere(request):
            raise Turned(403)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise Turned(415)
        form = _fields(await read_body(request, MAX_BYTES))
        return await asyncio.to_thread(_guarded, house, request, lambda: _reply(house, form))
    except Turned as turned:
        return _turned(turned)
    except ClientDisconnect:
        return message_page("没有收到", "连接断开了，请重新打开链接", 400)


def _not_too_often(house: House, request: Request) -> None:
    if not house.everybody.allows(sender_address(request)):
        raise Turned(429)


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MAX_FIELDS,
            errors="strict",
            strict_parsing=True,
        )
    except ValueError:
        raise Turned(415) from None
    return dict(pairs)


def _turned(turned: Turned) -> Response:
    told = turned.told or TURNED.get(turned.status, "")
    return message_page("没有收下", f"{told}。请稍后从邮件里的链接重新打开", turned.status)


def _guarded(house: House, request: Request, work: Callable[[], Response]) -> Response:
    """What `work` answers, or the page that says why there is none."""
    try:
        return work()
    except BadLink as problem:
        if not house.strangers.allows(sender_address(request)):
            raise Turned(429) from None
        return message_page("链接打不开", f"{problem.what}。{problem.mend}", 404)
    except (RongmeiError, ConfigErrors, SQLAlchemyError) as problem:
        why = problem if isinstance(problem, RongmeiError) else type(problem).__name__
        _logger.warning("答复页面暂时打不开：%s", why)
        return message_page("暂时打不开", "系统暂时看不到这项任务，请过几分钟再试；急的话请直接联系制片人", 503)


def _look(house: House, token: str) -> tuple[Plan, datetime, Offer]:
    """What a token leads to, and when and by which plan it is looked at.

    Raises:
        BadLink: it is none of ours.
    """
    found = assignments.ticket(house.ledger, house.sealer, token)
    plan, now = house.plan(found.campaign), house.clock(found.rehearsal)
    return plan, now, assignments.offer_by_link(house.ledger, plan, house.sealer, token, now=now)


def _page(house: House, token: str, *, problem: str = "", filled: Mapping[str, str] | None = None) -> Response:
    """The offer with its form; without the form, when there is nothing to answer any more."""
    _, _, offer = _look(house, token)
    if offer.closed:
        return page("answered.html", 410, offer=offer, told=offer.closed, title="不用再答复")
    return page(
        "answer.html",
        400 if problem else 200,
        offer=offer,
        token=token,
        action=PATHS["answer"],
        problem=problem,
        filled={name: (filled or {}).get(name, "") for name in ("name", "reason", "hours", "why")},
    )


def _reply(house: House, form: Mapping[str, str]) -> Response:
    token, reply = form.get("token", ""), form.get("do", "")
    plan, now, _ = _look(house, token)
    if reply not in REPLIES:
        return _page(house, token, problem="请选择接受、推辞或延时", filled=form)
    hours = form.get("hours", "")
    try:
        done = assignments.answer_by_link(
            house.ledger,
            plan,
            house.sealer,
            token,
            reply,
            name=form.get("name", ""),
            reason=form.get("reason", "") if reply == "decline" else form.get("why", ""),
            hours=int(hours) if hours.isascii() and hours.isdecimal() and len(hours) < 4 else 0,
            now=now,
        )
    except (SpentLink, WrongState):
        # Somebody was here before: the page says what they did.
        return _page(house, token)
    except BadLink:
        raise
    except BadInput as problem:
        return _page(house, token, problem=f"{problem.what}。{problem.mend}", filled=form)
    _logger.info("任务 #%d 由链接答复：%s", done.assignment_id, reply)
    title = "已延时" if reply == "extend" else "已收到答复"
    return page("answered.html", offer=_look(house, token)[2], told=done.told, title=title)

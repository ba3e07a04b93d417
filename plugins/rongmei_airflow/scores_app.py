"""Appraisal scores on Airflow's web server: everybody who is logged in sees their own, the desk sees all.

`/rongmei/scores/` lists the periods that were scored, `/rongmei/scores/{id}` opens one into its arithmetic. Nothing can
be changed here.

Answers: 303 to Airflow's login for nobody; 403 for a login that is of nobody in the cluster files; 404 for a period
that there is none of, or that is of a cluster one is not in; 200 with the page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from rongmei import appraisal
from rongmei.config import Cluster, Person, load_house
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Period
from rongmei.ledger.periods import OUTLET, PERSON, PeriodRead, ScoredSubject, read_period
from rongmei.settings import load_settings
from rongmei_airflow.login import person_of, to_login, user_name
from rongmei_airflow.web import LazyApp, Turned, message_page, page

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

PREFIX = "/rongmei/scores"
SHOWN = 26
"""Periods on the list: half a year of weeks."""


@dataclass(frozen=True)
class Board:
    """What the pages need.

    Attributes:
        clusters: the house's clusters as the configuration has them now.
        who: the user name behind a request; raises Turned(401).
    """

    ledger: Ledger
    clusters: Callable[[], Iterable[Cluster]]
    who: Callable[[Request], Awaitable[str]] = user_name


def scores() -> LazyApp:
    """The app as Airflow mounts it."""
    return LazyApp(_open)


def _open() -> ASGIApp:
    settings = load_settings()

    def clusters() -> Iterable[Cluster]:
        return load_house(settings.config).clusters.values()

    return make_app(Board(Ledger(settings.ledger_url), clusters))


def make_app(board: Board) -> ASGIApp:
    """The web app."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    async def everything(request: Request) -> Response:
        return await _answer(board, request, _list)

    async def one(request: Request) -> Response:
        return await _answer(board, request, lambda *who: _detail(*who, request.path_params["period"]))

    return Starlette(routes=[Route("/", everything), Route("/{period:int}", one)])


Show = Callable[["Session", Cluster, Person], "Response"]


async def _answer(board: Board, request: Request, show: Show) -> Response:
    try:
        name = await board.who(request)
        return await asyncio.to_thread(_shown, board, name, show)
    except Turned as turned:
        if turned.status == 401:
            return to_login(request)
        return message_page("打不开", turned.told or "没有这个考核周期。", turned.status, framed=True)


def _shown(board: Board, name: str, show: Show) -> Response:
    clusters = list(board.clusters())
    person = person_of(name, clusters)
    home = next(cluster for cluster in clusters if person in cluster.people)
    with board.ledger.read() as session:
        return show(session, home, person)


def _list(session: Session, cluster: Cluster, person: Person) -> Response:
    keys = session.scalars(
        select(Period.key)
        .where(Period.cluster == cluster.id, Period.rehearsal.is_(False))
        .order_by(Period.last_day.desc(), Period.id.desc())
        .limit(SHOWN)
    )
    rows = []
    for key in keys:
        people = read_period(session, key, kind=PERSON)
        mine = _mine(session, cluster, key, person)
        rows.append({**_about(people), "mine": mine, "of": len(people.subjects)})
    return page("scores.html", framed=True, person=person, periods=rows)


def _detail(session: Session, cluster: Cluster, person: Person, period_id: int) -> Response:
    found = session.get(Period, period_id)
    if found is None or found.cluster != cluster.id:
        raise Turned(404)
    people = read_period(session, found.key, kind=PERSON)
    others = []
    if person.role in appraisal.DESK:
        others = [("媒体", read_period(session, found.key, kind=OUTLET).subjects), ("人员", people.subjects)]
    return page(
        "score.html",
        framed=True,
        person=person,
        period={**_about(people), "rules": people.rules, "notes": people.notes},
        mine=_mine(session, cluster, found.key, person),
        people=len(people.subjects),
        others=[(heading, subjects) for heading, subjects in others if subjects],
    )


def _about(period: PeriodRead) -> dict[str, Any]:
    return {
        "id": period.id,
        "days": f"{period.first_day:%Y-%m-%d} 至 {period.last_day:%m-%d}",
        "rules_name": period.rules_name,
        "frozen_at": period.frozen_at,
        "frozen_by": period.frozen_by,
    }


def _mine(session: Session, cluster: Cluster, key: str, person: Person) -> ScoredSubject | None:
    """One's own score; None when one was not scored."""
    try:
        own, _ = appraisal.mine(session, cluster, key, person.id, viewer=person.id)
    except BadInput:
        return None
    return own

"""The sandbox's own interface under ``/_sandbox``: clock, faults, what was published, hot boards and feeds."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from urllib.parse import quote
from xml.sax.saxutils import escape

from fastapi import APIRouter, FastAPI, HTTPException, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from sandbox import faults, hotboards, pages, rehearsal, scenarios
from sandbox.clock import BackwardsError, http_date, iso, utc
from sandbox.latency import Pace
from sandbox.seed import Outlet
from sandbox.world import World


class ClockOrder(BaseModel):
    """Where the clock is to go; ``rate`` alone changes only how fast it runs."""

    model_config = ConfigDict(extra="forbid")

    advance_seconds: float | None = Field(default=None, allow_inf_nan=False)
    set: AwareDatetime | None = None
    rate: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.advance_seconds is None and self.set is None and self.rate is None:
            raise ValueError("one of advance_seconds, set and rate is needed")
        return self


class SeedOrder(BaseModel):
    """What decides where a scenario leaves something to chance; the same seed, the same faults."""

    model_config = ConfigDict(extra="forbid")

    seed: str = Field(default="", max_length=200)


def add_control(app: FastAPI, world: World) -> None:
    """All routes of the sandbox itself."""
    # Into the app at once: a router that is included has every route made twice.
    router = app.router
    _add_clock(router, world)
    _add_latency(router, world)
    _add_faults(router, world)
    _add_scenarios(router, world)
    _add_records(router, world)
    _add_rehearsal(router, world)


def _add_clock(router: APIRouter, world: World) -> None:
    @router.get("/_sandbox/clock")
    def read_clock() -> dict[str, Any]:
        now = world.clock.now()
        return {
            "now": utc(now).isoformat(),
            "offset_seconds": max(0.0, round(world.clock.offset_seconds, 3)),
            "rate": world.clock.rate,
        }

    @router.post("/_sandbox/clock")
    def move_clock(order: ClockOrder) -> dict[str, Any]:
        target = None
        if order.set is not None:
            target = order.set.timestamp()
        elif order.advance_seconds is not None:
            target = world.clock.now() + order.advance_seconds
        try:
            with world.store.transaction():
                world.clock.move(to=target, rate=order.rate)
                world.settle(world.clock.now())
        except BackwardsError as cause:
            raise HTTPException(409, str(cause)) from cause
        return read_clock()


def _add_latency(router: APIRouter, world: World) -> None:
    @router.get("/_sandbox/latency")
    def read_latency() -> dict[str, Any]:
        return world.latency.report()

    @router.post("/_sandbox/latency")
    def order_latency(pace: Pace) -> dict[str, Any]:
        """How long every platform takes for an answer; counting begins anew."""
        world.latency.order(pace)
        return world.latency.report()


def _add_faults(router: APIRouter, world: World) -> None:
    @router.get("/_sandbox/faults")
    def list_faults() -> list[dict[str, Any]]:
        return [fault.model_dump() for fault in faults.orders(world.store)]

    @router.post("/_sandbox/faults", status_code=201)
    def order_fault(fault: faults.Fault) -> dict[str, Any]:
        return faults.place(world.store, fault.model_copy(update={"scenario": ""})).model_dump()

    @router.delete("/_sandbox/faults")
    def clear_faults() -> dict[str, int]:
        """Take back all orders, those of the scenario that is played too."""
        with world.store.transaction():
            scenarios.end(world.store)
            return {"cleared": faults.clear(world.store)}


def _add_scenarios(router: APIRouter, world: World) -> None:
    known = {scenario.id: scenario for scenario in scenarios.shipped()}

    def shown(scenario: scenarios.Scenario) -> dict[str, Any]:
        placed = [fault for fault in faults.orders(world.store) if fault.scenario == scenario.id]
        return {
            **scenario.model_dump(include={"id", "name", "description"}),
            "faults": [fault.model_dump(exclude_unset=True) for fault in scenario.faults],
            "active": scenarios.active(world.store) == scenario.id,
            "seen": sum(fault.seen for fault in placed),
            "fired": sum(fault.fired for fault in placed),
        }

    @router.get("/_sandbox/scenarios")
    def list_scenarios() -> list[dict[str, Any]]:
        """What can be played, in the order to show it; ``active``: it is being played, and how often it has struck."""
        return [shown(scenario) for scenario in known.values()]

    @router.post("/_sandbox/scenarios/{scenario_id}", responses={404: {"description": "no such scenario"}})
    def play_scenario(scenario_id: str, seed: SeedOrder | None = None) -> dict[str, Any]:
        """Place a scenario's orders in place of those of the one before; orders given by themselves stay."""
        if scenario_id not in known:
            raise HTTPException(404, f"no such scenario; there are {', '.join(known)}")
        salt = seed.seed if seed else ""
        scenarios.play(world.store, known[scenario_id], salt or world.seed.audience)
        return shown(known[scenario_id])


def _add_records(router: APIRouter, world: World) -> None:
    @router.get("/_sandbox/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/_sandbox/published")
    def published(
        request: Request,
        platform: str | None = None,
        account: str | None = None,
        since: Annotated[datetime | None, Query(description="ISO 8601; naive is UTC")] = None,
    ) -> list[dict[str, Any]]:
        _settle(world)
        start = None if since is None else (since if since.tzinfo else since.replace(tzinfo=UTC)).timestamp()
        attempts = world.store.attempts()
        base = world.home(str(request.base_url))
        return [
            {
                "platform": post.platform,
                "account": post.account,
                "id": post.id,
                "title": post.title,
                "text": post.text,
                "url": base + post.path,
                "position": post.position,
                "published_at": iso(post.published_at),
                "deleted": post.deleted,
                "sha256": post.sha256,
                "requests": attempts.get((post.platform, post.account, post.sha256), 0),
                **{key: value for key, value in post.extra.items() if key in ("article_id", "publish_id", "slug")},
            }
            for post in world.store.posts(platform, account, start)
        ]

    @router.get("/_sandbox/credentials")
    def credentials(request: Request) -> dict[str, dict[str, str]]:
        """Every test account's credentials by ``outlet/platform``: they are good for nothing outside this sandbox."""
        base = str(request.base_url).rstrip("/")
        return {
            f"{account.id}/{platform}": {
                "base_url": f"{base}/{platform}",
                # What readers open, and what programs speak to, may be two addresses of one platform.
                "pages_url": f"{world.home(base)}/{platform}",
                "safe_domain": f"{world.home(base)}/",
                **world.platforms[platform].connection(account, f"{base}/{platform}"),
                **account.credentials,
            }
            for platform in world.platforms
            for account in world.seed.platform(platform).accounts.values()
        }

    @router.get("/_sandbox/calls")
    def calls() -> list[dict[str, Any]]:
        return world.store.calls()

    @router.get("/", response_model=None, include_in_schema=False)
    def overview() -> Response:
        now = _settle(world)
        return pages.overview(world, world.store.posts(), at=now)


def _add_rehearsal(router: APIRouter, world: World) -> None:
    @router.get("/_sandbox/hot/{board}")
    def hot(board: str) -> dict[str, Any]:
        if board not in hotboards.BOARDS:
            raise HTTPException(404, f"no such board; there are {', '.join(hotboards.BOARDS)}")
        return hotboards.served(board, world.clock.now())

    @router.get("/_sandbox/feeds/{outlet_id}.xml", response_model=None)
    def feed(outlet_id: str, request: Request) -> Response:
        outlet = _outlet(world, outlet_id)
        base = f"{world.home(str(request.base_url))}/_sandbox/feeds/{quote(outlet.id)}"
        return Response(_rss(outlet, base, world.clock.now()), media_type="application/rss+xml; charset=utf-8")

    @router.get("/_sandbox/feeds/{outlet_id}/{key}", response_model=None)
    def feed_page(outlet_id: str, key: str) -> Response:
        outlet = _outlet(world, outlet_id)
        item = rehearsal.feed_item(outlet, key)
        if item is None or item["at"] > world.clock.now():
            return pages.render("missing.html", status=404, reason="没有找到这篇内容", source=outlet.name)
        return pages.render("item.html", item=item, source=outlet.name or outlet.id)


def _settle(world: World) -> float:
    now = world.clock.now()
    with world.store.transaction():
        world.settle(now)
    return now


def _outlet(world: World, outlet_id: str) -> Outlet:
    for outlet in world.seed.outlets:
        if outlet.id == outlet_id:
            return outlet
    raise HTTPException(404, "no such outlet in the seed")


def _rss(outlet: Outlet, base: str, now: float) -> str:
    """RSS 2.0 of the outlet's last three days; the guid is the item's address."""
    name = escape(outlet.name or outlet.id)
    items = "".join(
        f"<item><title>{escape(item['title'])}</title><link>{base}/{item['key']}</link>"
        f'<guid isPermaLink="true">{base}/{item["key"]}</guid>'
        f"<category>{escape(item['category'])}</category>"
        f"<description>{escape(html.escape(item['text']))}</description>"
        f"<pubDate>{http_date(item['at'])}</pubDate></item>\n"
        for item in rehearsal.feed_items(outlet, now)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{name}</title><link>{base}.xml</link><description>{name}最新消息（彩排）</description>\n"
        f"<language>zh-cn</language><lastBuildDate>{http_date(now)}</lastBuildDate>\n{items}</channel></rss>\n"
    )

"""The whole way of a letter: posted over the wire, reviewed by the stand-in, heard by the app, live without a poll."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import requests
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount

from rongmei.accounts import SandboxCredentials
from rongmei.channels import registry
from rongmei.channels.platforms.bilibili import BilibiliChannel
from rongmei.publishing import confirm, next_poll, plan_publications, publish
from sandbox.app import create_app, open_world
from sandbox.connections import TrackedProtocol
from sandbox.seed import build_seed
from stack.films import film

# Airflow, which the app belongs to, reads its environment when it is first imported.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rongmei-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from rongmei_airflow.callbacks import PREFIX, Office, make_app

pytestmark = pytest.mark.net

VIEW = "/arcopen/fn/archive/view"


@contextmanager
def served(app: Any, **config: Any) -> Iterator[str]:
    """The app on a port of its own, while this lasts."""
    given = {"host": "127.0.0.1", "port": 0, "ws": "none", "lifespan": "off", "log_level": "error", **config}
    server = uvicorn.Server(uvicorn.Config(app, timeout_graceful_shutdown=1, **given))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


class House:
    """A newsroom that publishes to the stand-in and listens to it."""

    def __init__(self, newsroom, planned) -> None:
        self.newsroom, self.planned = newsroom, planned
        self.connect: Any = None
        self.world: Any = None
        self.base = ""
        self.office = Office(newsroom.ledger, lambda: [self.plan.cluster], self.credential, self.clock, rehearsal=True)

    def credential(self, outlet: Any, account: Any) -> Any:
        """The stand-in's own, which does not run yet when the app does."""
        return self.connect(outlet, account)

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def accept(self, channel: str) -> None:
        """A story with a film, taken by the platform."""
        self.channel = channel
        self.plan = self.planned(on=[channel], channels=[channel], accounts="author", late_after_hours=168)
        self.key = self.newsroom.open(rehearsal=True)
        self.newsroom.sign_off(outlet="daily", key=self.key, video=True, picture=True)
        plan_publications(self.newsroom.ledger, self.plan, self.key, now=self.clock())
        publish(self.newsroom.ledger, self.plan, self.key, channel, settings=self.newsroom.settings, **self.given)
        assert self.newsroom.states() == ["accepted"], self.newsroom.publications()[0].last_error

    @property
    def given(self) -> dict[str, Any]:
        return {"connect": self.connect, "clock": self.clock}

    def confirm(self) -> Any:
        return confirm(self.newsroom.ledger, self.plan, self.key, self.channel, **self.given)

    def review(self) -> None:
        requests.post(f"{self.base}/_sandbox/clock", json={"advance_seconds": 120}, timeout=5).raise_for_status()

    def calls(self) -> dict[str, int]:
        return {one["path"]: one["count"] for one in requests.get(f"{self.base}/_sandbox/calls", timeout=5).json()}

    def heard(self) -> Any:
        """The publication, once a letter about it has been taken in."""
        moment = threading.Event()
        for _ in range(500):
            (publication,) = self.newsroom.publications()
            if publication.progress.get("heard"):
                return publication
            moment.wait(0.02)
        raise AssertionError("no letter has come")


@pytest.fixture
def house(tmp_path, newsroom, planned, monkeypatch) -> Iterator[House]:
    monkeypatch.setitem(registry.all_channels(), "bilibili", BilibiliChannel())
    house = House(newsroom, planned)
    buffer = BytesIO()
    Image.effect_noise((960, 600), 40).convert("RGB").save(buffer, "JPEG")
    pictured = buffer.getvalue()
    monkeypatch.setattr(
        newsroom, "add_video", lambda: newsroom._keep_media(film(pictured, seconds=5), "video/mp4", (960, 600))
    )
    monkeypatch.setattr(newsroom, "add_picture", lambda: newsroom._keep_media(pictured, "image/jpeg", (960, 600)))
    with served(Starlette(routes=[Mount(PREFIX, make_app(house.office, house.office))])) as app:
        seed = {
            "derive": True,
            "ids": [{"id": "daily", "name": "日报"}],
            "bilibili": {"limits": {"callback_url": f"{app}{PREFIX}/rehearsal/daily/bilibili", "review_polls": 0}},
        }
        house.world = open_world(tmp_path / "sandbox", build_seed(seed), wall=lambda: newsroom.time().timestamp())
        with served(create_app(house.world), http=TrackedProtocol) as house.base:
            house.connect = SandboxCredentials(house.base)
            yield house
        house.world.store.close()


def test_an_archive_that_passes_its_review_is_live_without_a_poll(house):
    house.accept("bilibili")
    house.review()
    publication = house.heard()
    assert publication.state == "live"
    assert house.calls().get(VIEW, 0) == 0
    assert requests.get(publication.url, timeout=5).status_code == 200
    assert house.confirm().live == 0
    assert house.newsroom.events(publication.id)[-1] == ("accepted", "live", "读者可见")


def test_one_that_is_returned_is_asked_about_at_once_and_the_reason_read(house):
    faults = f"{house.base}/_sandbox/faults"
    requests.post(faults, json={"platform": "bilibili", "kind": "review_rejected"}, timeout=5).raise_for_status()
    house.accept("bilibili")
    house.review()
    publication = house.heard()
    assert publication.state == "accepted"
    assert next_poll(house.newsroom.ledger, house.key, "bilibili") <= house.clock()
    assert house.confirm().failed == 1
    (publication,) = house.newsroom.publications()
    assert publication.last_error.startswith("平台收下后又退回：")
    assert house.calls()[VIEW] == 1

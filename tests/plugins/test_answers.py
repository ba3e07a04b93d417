"""The answer pages: what outlets see, what strangers get, what a scanner, a replay or a forged form can do: nothing."""

from __future__ import annotations

import asyncio
import html
import logging
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from airflow.api_fastapi.common import http_access_log
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from rongmei import assignments
from rongmei.access import Links, Sealer
from rongmei.assignments.handles import answer_link
from rongmei.config import load_campaign
from rongmei.errors import TryLater
from rongmei.ledger import Assignment, AssignmentEvent, Ledger, Pitch, open_edition
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow import answers_app
from rongmei_airflow.answers_app import MAX_BYTES, PREFIX, STRANGERS, House, make_app
from rongmei_airflow.plugin import RongmeiPlugin
from rongmei_airflow.web import HEADERS, LazyApp

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}"
PAGE = f"{PREFIX}/"


class Newsroom:
    """A newsroom with one offer, and a browser."""

    def __init__(self, file: Path) -> None:
        self.ledger = Ledger(f"sqlite:///{file}")
        self.plan = load_campaign(PACKAGE_CONFIG, "cunchao")
        self.links = Links("https://rm.example", Sealer(b"k" * 32))
        self.now, self.fault = NOW, None
        self.house = House(self.ledger, self.links.sealer, self.read_plan, self.clock)
        outer = FastAPI()
        outer.mount(PREFIX, make_app(self.house))
        outer.get("/{rest:path}")(lambda rest: "Airflow's own pages")
        self.http = TestClient(outer, base_url="https://rm.example")

    def read_plan(self, campaign: str) -> Any:
        if self.fault:
            raise self.fault
        return self.plan

    def clock(self, rehearsal: bool) -> datetime:
        return self.now + timedelta(days=100) if rehearsal else self.now

    def offer(self, title: str = "万江龙舟夜训", *, rehearsal: bool = False, **values: Any) -> str:
        """Offer a pitch; the token of its link."""
        moment = self.clock(rehearsal)
        with self.ledger.begin() as session:
            options = {"note": values.pop("note", "")}
            edition = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=rehearsal, options=options, now=NOW)
            pitch = Pitch(edition_id=edition.id, source="desk", ref=title, title=title, state="accepted", **values)
            pitch.channels, pitch.score_terms, pitch.submitted_at = [], {}, NOW
            session.add(pitch)
        assignments.assign(self.ledger, self.plan, edition.key, now=moment)
        with self.ledger.begin() as session:
            made = session.query(Assignment).order_by(Assignment.id.desc()).first()
            address = answer_link(session, self.links, made, by="rongmei", now=moment)
        return address.partition("token=")[2]

    def get(self, token: str, **how: Any) -> Any:
        return self.http.get(PAGE, params={"token": token}, **how)

    def send(self, token: str, do: str = "accept", *, headers: dict[str, str] | None = None, **form: str) -> Any:
        return self.http.post(PAGE, data={"token": token, "do": do, **form}, headers=headers)

    def events(self) -> list[AssignmentEvent]:
        with self.ledger.read() as session:
            return list(session.query(AssignmentEvent).order_by(AssignmentEvent.id))

    def state(self, number: int = 1) -> str:
        with self.ledger.read() as session:
            return session.get_one(Assignment, number).state


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ledger") / "empty.db"
    made = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    made.close()
    return file


@pytest.fixture
def room(tmp_path: Path, empty: Path) -> Iterator[Newsroom]:
    made = Newsroom(shutil.copyfile(empty, tmp_path / "ledger.db"))
    yield made
    made.ledger.close()


def words(answer: Any) -> str:
    """What a reader sees of a page."""
    return " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", answer.text, flags=re.DOTALL)).split())


class TestOutlet:
    def test_the_page_says_what_where_why_and_until_when(self, room: Newsroom) -> None:
        token = room.offer(
            summary="第一行\n第二行", place="万江", column=room.plan.campaign.columns[0].id, note="带雨具"
        )
        answer = room.get(token)
        assert answer.status_code == 200
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        said = words(answer)
        for part in ("任务 #1 万江龙舟夜训", "万江", "第一行 第二行", "带雨具", "6月6日 15:00", "归它报道", "推辞必填"):
            assert part in said
        assert room.plan.campaign.columns[0].name in said
        assert "延几小时" in said
        assert answer.text.count('name="do"') == 3
        # A line break in a field presses the first button of a form.
        assert answer.text.index("disabled hidden") < answer.text.index('value="accept"')
        assert 'action="/rongmei/answers/"' in answer.text

    def test_a_yes(self, room: Newsroom) -> None:
        token = room.offer()
        answer = room.send(token, name="李主任")
        assert (answer.status_code, room.state()) == (200, "accepted")
        assert "已接受任务 #1，请在 6月6日 20:00 前交稿" in words(answer)
        assert "李主任" in room.events()[-1].by
        for again in (room.get(token), room.send(token), room.send(token, "decline", reason="改主意")):
            assert again.status_code == 410
            assert "6月6日 12:00 已接受这项任务" in words(again)
        assert len(room.events()) == 2

    def test_a_no_and_what_was_filled_in_stays_when_the_reason_is_missing(self, room: Newsroom) -> None:
        token = room.offer()
        answer = room.send(token, "decline", name="李主任", why="写错了地方")
        assert (answer.status_code, room.state()) == (400, "offered")
        assert "推辞请写明理由" in words(answer)
        assert 'value="李主任"' in answer.text
        assert room.send(token, "decline", reason="人手不够").status_code == 200
        assert (room.state(), room.events()[-1].why) == ("declined", "人手不够")
        assert "已推辞这项任务（人手不够）" in words(room.get(token))

    def test_more_time_and_then_a_yes_by_the_same_link(self, room: Newsroom) -> None:
        token = room.offer()
        for hours in ("0", "99", "-1", "１", "1e1", "", "9" * 500):
            assert room.send(token, "extend", hours=hours, why="等记者").status_code == 400
        answer = room.send(token, "extend", hours="2", why="等记者")
        assert "请在 6月6日 17:00 前用原来的链接答复" in words(answer)
        room.now = NOW + timedelta(hours=4)
        assert "延几小时" not in words(room.get(token))
        assert room.send(token, "extend", hours="1", why="等记者").status_code == 400
        assert room.send(token).status_code == 200
        assert room.state() == "accepted"

    def test_too_late(self, room: Newsroom) -> None:
        token = room.offer()
        room.now = NOW + timedelta(hours=3)
        for answer in (room.get(token), room.send(token)):
            assert answer.status_code == 410
            assert "答复到 6月6日 15:00 截止" in words(answer)
        assert room.state() == "offered"

    def test_gone_to_another_outlet(self, room: Newsroom) -> None:
        token = room.offer()
        room.now = NOW + timedelta(hours=4)
        assignments.reassign(room.ledger, room.plan, "cunchao/2026-06-06", now=room.now)
        for answer in (room.get(token), room.send(token)):
            assert answer.status_code == 410
            assert "另行安排给别的媒体" in words(answer)

    def test_a_rehearsal_lives_in_its_own_time_and_says_what_it_is(self, room: Newsroom) -> None:
        token = room.offer(rehearsal=True)
        assert "（彩排）" in words(room.get(token))
        assert room.send(token).status_code == 200


class TestStrangers:
    def test_whoever_only_looks_changes_nothing(self, room: Newsroom) -> None:
        token = room.offer()
        scanners = [room.get(token), room.http.head(PAGE, params={"token": token}), room.get(token)]
        scanners += [room.http.get(PAGE, params={"token": token, "do": "accept"})]
        assert [answer.status_code for answer in scanners] == [200] * 4
        assert (room.state(), len(room.events())) == ("offered", 1)
        assert room.send(token).status_code == 200

    def test_links_that_are_none_of_ours(self, room: Newsroom) -> None:
        token = room.offer()
        with room.ledger.begin() as session:
            other = {"outlet": "dongguan-daily", "by": "x", "now": NOW, "expires_at": NOW + timedelta(hours=1)}
            doors = [
                room.links.give(session, purpose, "assignment:1", **other).partition("token=")[2]
                for purpose in ("pitch", "submission", "intake", "answer")
            ]
        forged = ["", "x", token[:-2], "0" * 32 + token[32:], token + "\n", "锁", "a" * 10_000, *doors]
        answers = [ask(one) for one in forged for ask in (room.get, room.send)]
        assert {answer.status_code for answer in answers[:STRANGERS]} == {404}
        assert len({answer.text for answer in answers[:STRANGERS]}) == 1
        # From then on nobody is told whether a link is good, and good ones still open.
        assert {answer.status_code for answer in answers[STRANGERS:]} == {429}
        assert (room.state(), room.get(token).status_code) == ("offered", 200)

    def test_one_outlets_link_never_opens_anothers(self, room: Newsroom) -> None:
        mine, theirs = room.offer("万江龙舟夜训"), room.offer("虎门制衣")
        assert "虎门制衣" not in room.get(mine).text
        assert room.http.post(f"{PAGE}?token={theirs}", data={"token": mine, "do": "accept"}).status_code == 200
        assert (room.state(1), room.state(2)) == ("accepted", "offered")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "https://rm.example.evil.example"},
        ],
    )
    def test_a_form_of_another_site(self, room: Newsroom, headers: dict[str, str]) -> None:
        token = room.offer()
        assert room.send(token, headers=headers).status_code == 403
        assert room.state() == "offered"

    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://rm.example"}, {}])
    def test_the_pages_own_form(self, room: Newsroom, headers: dict[str, str]) -> None:
        assert room.send(room.offer(), headers=headers).status_code == 200

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_other_methods_and_other_paths(self, room: Newsroom, method: str) -> None:
        token = room.offer()
        assert room.http.request(method, PAGE, params={"token": token}).status_code == 405
        for path in ("docs", "openapi.json", "redoc", token):
            assert room.http.get(PAGE + path).status_code == 404
        # Why addresses end in a slash: without it they are Airflow's, not the app's.
        assert "Airflow's own" in room.http.get(PREFIX, params={"token": token}).text

    def test_bodies_too_long_of_another_kind_or_unreadable(self, room: Newsroom) -> None:
        token = room.offer()
        form = f"token={token}&do=accept&reason=".encode()
        kinds = {"content-type": "application/x-www-form-urlencoded"}
        post = partial(room.http.post, PAGE)
        assert post(content=form + b"x" * MAX_BYTES, headers=kinds).status_code == 413
        assert post(content=iter([form, b"x" * MAX_BYTES]), headers=kinds).status_code == 413
        assert post(json={"token": token, "do": "accept"}).status_code == 415
        assert post(files={"token": (None, token), "do": (None, "accept")}).status_code == 415
        assert post(content=form, headers={"content-type": "text/plain"}).status_code == 415
        assert post(content=b"\xff\xfe=1", headers=kinds).status_code == 415
        assert post(content=b"&".join([b"a=1"] * 1000), headers=kinds).status_code == 415
        assert post(content=b"", headers=kinds).status_code == 404
        for do in ("", "delete", "ACCEPT"):
            assert room.send(token, do).status_code == 400
        assert room.state() == "offered"

    def test_slow_ones_are_not_waited_for_nor_those_that_break_off(
        self, room: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(answers_app, "read_body", partial(answers_app.read_body, seconds=0.01))

        async def never() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        async def gone() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        assert [status(room, receive) for receive in (never, gone)] == [408, 400]

    def test_too_many_from_one_address(self, room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room.house.everybody, "_most", 5)
        token = room.offer()
        last = [room.http.head(PAGE, params={"token": token}).status_code for _ in range(6)][-1]
        assert last == room.send(token).status_code == 429
        assert room.state() == "offered"

    def test_what_others_wrote_is_text_on_every_page(self, room: Newsroom) -> None:
        token = room.offer(HOSTILE[:60], summary=HOSTILE, place=HOSTILE[:60], note=HOSTILE)
        pages = [room.get(token), room.send(token, "decline", name=HOSTILE, why=HOSTILE)]
        pages += [room.send(token, "decline", reason=HOSTILE, name=HOSTILE), room.get(token)]
        assert [page.status_code for page in pages] == [200, 400, 200, 410]
        for page in pages:
            assert "<script" not in page.text
            assert "<img" not in page.text
            assert "49" not in re.sub(r"<style>.*?</style>", "", page.text, flags=re.DOTALL)
            assert "script-src" not in page.headers["Content-Security-Policy"]
            assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "&lt;script&gt;" in pages[0].text


class TestHouse:
    def test_the_log_has_numbers_and_nothing_that_somebody_sent(
        self, room: Newsroom, caplog: pytest.LogCaptureFixture
    ) -> None:
        token = room.offer()
        with caplog.at_level(logging.DEBUG):
            room.get(token[:-2])
            room.send(token, "decline")
            room.send(token, "decline", reason="家里有事", name="李主任")
            room.send(token)
            room.fault = TryLater("读不到配置")
            assert room.get(token).status_code == 503
            room.fault = OperationalError("SELECT the-statement", {}, Exception("locked"))
            assert room.send(token).status_code == 503
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("rongmei")]
        assert ours[0] == "任务 #1 由链接答复：decline"
        for secret in (token[:32], token[33:], "家里有事", "李主任", "the-statement"):
            assert all(secret not in line for line in ours)

    def test_airflows_access_log_hides_the_token_of_an_address(self, room: Newsroom) -> None:
        token = room.offer()
        query = str(room.get(token).request.url.query, "ascii")
        assert token in query
        assert token[:20] not in http_access_log._redact_query_string(query)

    def test_the_plugin_brings_the_app_without_the_web_framework(self) -> None:
        (registered,) = (one for one in RongmeiPlugin.fastapi_apps if one["url_prefix"] == PREFIX)
        assert type(registered["app"]) is LazyApp
        of = [getattr(value, "__module__", "") or "" for value in vars(answers_app).values()]
        assert not [module for module in of if module.partition(".")[0] in ("fastapi", "starlette")]

    def test_the_first_request_opens_the_house(
        self, room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RONGMEI_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
        monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
        monkeypatch.setenv("RONGMEI_LINK_KEY", "k" * 32)
        monkeypatch.delenv("RONGMEI_SANDBOX", raising=False)
        token = room.offer()
        outer = FastAPI()
        outer.mount(PREFIX, answers_app.answers())
        # The offer is of June 2026, and by the real clock long over or still to come.
        assert TestClient(outer).get(PAGE, params={"token": token}).status_code in (200, 410)
        assert TestClient(outer).get(PAGE, params={"token": "x"}).status_code == 404


def status(room: Newsroom, receive: Any) -> int:
    """What a form gets whose body comes from `receive`."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": PAGE,
        "raw_path": PAGE.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"rm.example")],
        "client": ("10.0.0.1", 1),
        "server": ("rm.example", 443),
        "scheme": "https",
        "http_version": "1.1",
    }
    asyncio.run(room.http.app(scope, receive, send))
    return next(message["status"] for message in sent if message["type"] == "http.response.start")
